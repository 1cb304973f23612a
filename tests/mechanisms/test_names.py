"""What a mechanism declares is named in its folder and its tests alone, but for what is listed here with a reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

from optimizer.config.composed import Own
from optimizer.mechanisms import contents

PRODUCT = Path(__file__).resolve().parents[2] / "optimizer"
TRUNK = ("fleet", "site", "energy")
"""Machines, the meter and the price at it are what every plan, rule, record and page is about."""
EXCEPTIONS = {
    "calls": (
        {"daily", "signals", "market/plausible.py", "plan/collisions.py", "report/plan", "report/compare/summary.py"},
        "the job reads calls from damaged files, signals become calls, remarks tell of late ones, pages draw them",
    ),
    "hosting": (
        {"plan/breakeven.py", "through_time/policies", "report/plan", "mechanisms/fleet"},
        "what a customer's machine earns is not the farm's hash",
    ),
    "tags": (
        {"through_time/backtest", "plan/alarms.py"},
        "alarms and misses are told of coincident peaks alone",
    ),
    "onsite": (
        {"through_time/policies/walk.py", "accounts/dispatch.py", "daily/record.py", "plan/explain.py"},
        "policies feed the site from it first; records of forms 1 and 2 have it beside machines",
    ),
    "suppliers": ({"daily/record.py"}, "records of forms 1 and 2 have it beside machines"),
    "blocks": (
        {"plan/explain.py", "mechanisms/suppliers", "mechanisms/energy"},
        "a block is filled before spot and beside suppliers, and its resale keeps machines off",
    ),
}
WORDS = {"demand", "tiers", "blocks", "adders", "hosting", "onsite", "change_usd", "most_mw"}
"""Words of the language that are keys too: names of reasons, of columns and of locals in other senses."""


@cache
def declared() -> dict[str, set[str]]:
    """Every key, parameter, variable, term and family, with the mechanisms that declare it."""
    names: dict[str, set[str]] = {}

    def note(name: str, module: ModuleType) -> None:
        names.setdefault(name, set()).add(module.__name__.split(".")[2])

    for program in contents.parts("program"):
        for one in (*program.PARAMETERS, *program.VARIABLES, *program.RULES.terms, *program.RULES.families):
            note(one.name, program)
    for module in contents.parts("config"):
        for kind in vars(module).values():
            own = isinstance(kind, type) and issubclass(kind, Own) and kind.__module__ == module.__name__
            if own and hasattr(kind, "KEY"):
                note(kind.KEY, module)
    return names


def named(path: Path) -> Iterator[tuple[str, str]]:
    """Mechanisms that a file outside their folders names, and by what."""
    inside = path.relative_to(PRODUCT).parts
    own = inside[1] if inside[0] == "mechanisms" and len(inside) > 2 else ""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("optimizer.mechanisms."):
            of = (node.module or "").split(".")[2]
            if of in contents.MECHANISMS and of != own:
                yield of, node.module or ""
        name = (
            node.attr
            if isinstance(node, ast.Attribute)
            else node.arg
            if isinstance(node, ast.keyword)
            else node.value
            if isinstance(node, ast.Constant)
            else None
        )
        if isinstance(name, str) and name not in WORDS and own not in (owners := declared().get(name, set())):
            yield from ((of, name) for of in owners)


def excused(mechanism: str, path: Path) -> bool:
    at = path.relative_to(PRODUCT).as_posix()
    places, _ = EXCEPTIONS.get(mechanism, (set[str](), ""))
    return mechanism in TRUNK or any(at == place or at.startswith(f"{place}/") for place in places)


def others() -> Iterator[Path]:
    """Files that speak of plans: not conversion, a product of its own, nor tariffs, which write contract files."""
    for path in sorted(PRODUCT.rglob("*.py")):
        first = path.relative_to(PRODUCT).parts[0]
        if first not in ("conversion", "tariff") and path.name not in ("reasons.py", "contents.py"):
            yield path


def test_nobody_else_names_what_a_mechanism_declares() -> None:
    found = [
        f"{path.relative_to(PRODUCT)}: {of}, by {name}"
        for path in others()
        for of, name in named(path)
        if not excused(of, path)
    ]
    assert found == []


def test_no_exception_is_left_over() -> None:
    used = {
        (of, place)
        for path in others()
        for of, _ in named(path)
        if of in EXCEPTIONS
        for place in EXCEPTIONS[of][0]
        if (at := path.relative_to(PRODUCT).as_posix()) == place or at.startswith(f"{place}/")
    }
    assert used == {(of, place) for of, (places, _) in EXCEPTIONS.items() for place in places}
    assert len(TRUNK) + len(EXCEPTIONS) < 10


def test_a_name_in_another_file_is_found() -> None:
    assert "units_on" in declared()
    assert ("suppliers", "supply_mw") in set(named(PRODUCT / "daily" / "record.py"))
