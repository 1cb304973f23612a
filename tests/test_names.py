"""One thing, one name, and that of the field: read off the syntax tree."""

from __future__ import annotations

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer.conversion.rules import financing, hosting, machines, money, weeks
from optimizer.mechanisms import contents

PRODUCT = Path(__file__).resolve().parents[1] / "optimizer"
RETIRED = {"told", "said", "found", "reckoned"}
"""Words for how a thing came to be known; a name says what it is: messages, rows, notice, solution."""
NOT_YET = ("portfolio",)
"""Rooms and files whose names are still of before."""
ROLES = {"account.py", "program.py", "config.py", "state.py", "numbers.py", "market.py", "issues.py", "scenario.py"}
"""Files of a mechanism in which names are those of roles, or of lines that rule and account both have."""
MOST_LINES = 250
ONE_LONG_THING = {
    "optimizer/config/yaml12.py": "one walk over the events of a YAML text, whose steps share one stack",
    "optimizer/mechanisms/fleet/program.py": "the rules of the machines, read from first to last like a paper",
}
"""Files above that, with the reason."""
EXCEPTIONS = {"main": "where a process begins"}


def files() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PRODUCT.rglob("*.py")):
        at = path.relative_to(PRODUCT).as_posix()
        if not at.startswith(NOT_YET):
            yield at, ast.parse(path.read_text(encoding="utf-8"))


def bound(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Names that a tree gives to variables, fields, arguments, functions, classes and imports, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.alias | ast.ExceptHandler | ast.MatchAs):
            name = node.asname if isinstance(node, ast.alias) else node.name
            if name is not None:
                yield name, node.lineno


def retired(tree: ast.AST) -> list[tuple[str, int]]:
    return [(name, line) for name, line in bound(tree) if dialect(name)]


def dialect(words: str) -> bool:
    return bool(RETIRED & set(re.split(r"[/._]", words.lower())))


def has_a_role(at: str, node: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether others ask for a function under this very name: of a mechanism, a reader, a firmware, a command."""
    *above, file = at.split("/")
    role = above[:1] == ["mechanisms"] and file in ROLES
    return isinstance(node, ast.FunctionDef) and (
        role or above in (["cli"], ["market", "readers"], ["simulated", "firmware"])
    )


def shared() -> dict[str, list[str]]:
    """Public classes and functions of one name, by it: where they are."""
    places: dict[str, list[str]] = defaultdict(list)
    for at, tree in files():
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not has_a_role(at, node):
                places[node.name].append(at)
    return {name: where for name, where in places.items() if len(where) > 1}


def test_names_say_what_a_thing_is() -> None:
    assert [at for at, _ in files() if dialect(at)] == []
    assert [f"{at}:{line}: {name}" for at, tree in files() for name, line in retired(tree)] == []


@pytest.mark.parametrize(
    "text",
    [
        "told = 1",
        "def f(x, *, most_told=2): pass",
        "class Found: pass",
        "class A:\n    said: tuple[str, ...] = ()",
        "self._said = 1",
        "from a import b as found",
        "f = lambda found: 1",
        "(found := 1)",
    ],
)
def test_a_retired_name_is_seen(text: str) -> None:
    """However it is bound; one that is only read, or a key in quotes, is not ours to name."""
    assert len(retired(ast.parse(text))) == 1
    assert retired(ast.parse("x = a.found['told'] + 'said'")) == []
    assert dialect("execution/told.py") and not dialect("execution/messages.py")


def test_a_file_holds_one_thing() -> None:
    """At most 250 lines, but where a thing is longer than that and would not be read better in two."""
    lengths = {
        path.relative_to(PRODUCT.parent).as_posix(): path.read_text(encoding="utf-8").count("\n")
        for folder in (PRODUCT, PRODUCT.parent / "tools")
        for path in folder.rglob("*.py")
    }
    assert {at for at, lines in lengths.items() if lines > MOST_LINES} == set(ONE_LONG_THING)


def test_no_two_public_classes_or_functions_have_one_name() -> None:
    assert {name: where for name, where in shared().items() if name not in EXCEPTIONS} == {}


def test_every_family_says_what_its_shadow_price_is() -> None:
    programs = (*contents.parts("program"), financing, hosting, machines, money, weeks)
    families = [family for program in programs for family in program.RULES.families]
    assert len(families) > 90
    silent = [one.name for one in families if "shadow price" not in " ".join((inspect.getdoc(one.rule) or "").split())]
    assert silent == []
