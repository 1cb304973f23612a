"""What is mutated, and the tests that are to notice it: what notices most comes first."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from optimizer.mechanisms.contents import MECHANISMS
from tests.mutations.operators import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
KINDS = {
    "rules": (
        "mechanisms/*/program.py",
        "mechanisms/*/numbers.py",
        "conversion/rules/*.py",
        "engine/choices.py",
        "plan/formulation.py",
        "mechanisms/fleet/windows.py",
        "mechanisms/*/facts.py",
        "mechanisms/demand/later.py",
        "accounts/conditions.py",
        "accounts/limits.py",
    ),
    "accounts": (
        "mechanisms/*/account.py",
        "mechanisms/*/state.py",
        "plan/state.py",
        "accounts/settlement.py",
        "accounts/bill.py",
        "accounts/flows.py",
        "accounts/billing.py",
        "accounts/thresholds.py",
        "conversion/account.py",
    ),
    "checks": ("plan/checker.py", "accounts/cohorts.py", "plan/checking.py"),
}
_EXAMPLES = "worked_examples"
_CHARGES = (f"{_EXAMPLES}/test_charges.py", "test_carry.py", "accounts", _EXAMPLES)
_CONVERSION = (
    f"{_EXAMPLES}/test_conversion.py",
    "conversion/test_investment.py",
    "conversion/test_storm.py",
    "conversion/test_flips.py",
    "conversion/test_history.py",
    "conversion/test_uncertain.py",
    "conversion/test_returns.py",
)
_CHECKED = (
    "scenario/test_files",
    "tariff/test_contract_files",
    "config/test_sample_farms",
    "commands/test_tail",
    "plan/test_in_place",
)
_PLANS = (_EXAMPLES, "accounts", "plan", "engine", "mechanisms", "properties")


def _has_tests(mechanism: str) -> bool:
    """Whether a mechanism has a folder of tests of its own."""
    return (ROOT / "tests" / "mechanisms" / mechanism).is_dir()


_CARRIED = ("test_carry.py", "test_month_by_days.py", "daily/test_written.py", "daily/test_record.py")
# the first that a file's name begins with
TESTS = (
    *((f"mechanisms/{name}/state.py", (*_CARRIED, f"mechanisms/{name}", *_PLANS)) for name in MECHANISMS),
    ("conversion/rules/weeks.py", ("conversion/test_weeks.py", "conversion/test_selection.py")),
    ("conversion/", _CONVERSION),
    *((f"mechanisms/{name}/", (f"mechanisms/{name}", *_PLANS)) for name in MECHANISMS if _has_tests(name)),
    ("mechanisms/fleet/", (f"{_EXAMPLES}/test_machines.py", *_PLANS)),
    ("mechanisms/calls/", (f"{_EXAMPLES}/test_events.py", f"{_EXAMPLES}/test_offers.py", *_PLANS)),
    ("mechanisms/site/", (f"{_EXAMPLES}/test_site.py", *_PLANS)),
    ("mechanisms/onsite/", (f"{_EXAMPLES}/test_site.py", *_PLANS)),
    ("mechanisms/demand/", (*_CHARGES, *_PLANS)),
    ("mechanisms/tiers/", (*_CHARGES, *_PLANS)),
    ("mechanisms/tags/", (*_CHARGES, *_PLANS)),
    ("mechanisms/bill/", (*_CHARGES, *_PLANS)),
    ("mechanisms/energy/", (f"{_EXAMPLES}/test_supplies.py", f"{_EXAMPLES}/test_blocks.py", *_PLANS)),
    ("mechanisms/blocks/", (f"{_EXAMPLES}/test_supplies.py", f"{_EXAMPLES}/test_blocks.py", *_PLANS)),
    ("mechanisms/suppliers/", (f"{_EXAMPLES}/test_supplies.py", f"{_EXAMPLES}/test_blocks.py", *_PLANS)),
    ("mechanisms/ramps/", (f"{_EXAMPLES}/test_outages.py", *_PLANS)),
    ("mechanisms/announced/", (f"{_EXAMPLES}/test_replanning.py", *_PLANS)),
    ("mechanisms/whole/", ("plan/test_whole_units.py", *_PLANS)),
    ("engine/choices.py", ("engine/test_boundaries.py", "plan/test_whole_units.py", *_PLANS)),
    ("plan/formulation.py", ("engine/test_boundaries.py", *_PLANS)),
    (
        "accounts/limits.py",
        (f"{_EXAMPLES}/test_site.py", f"{_EXAMPLES}/test_events.py", "plan/test_nearest.py", *_PLANS),
    ),
    ("accounts/billing.py", (*_CHARGES, *_PLANS)),
    ("plan/state.py", (*_CARRIED, *_PLANS)),
    ("accounts/bill.py", ("accounts/test_bill.py", "accounts", *_PLANS)),
    ("plan/checker.py", ("plan/test_checker.py", "plan", *_PLANS)),
    ("accounts/cohorts.py", ("plan", "../optimizer/accounts/cohorts.py", *_PLANS)),
    ("plan/checking.py", tuple(f"{name}.py" for name in _CHECKED)),
    ("accounts/", ("accounts", *_PLANS)),
    ("", _PLANS),
)


def noticed_by(file: str) -> tuple[str, ...]:
    """Paths of tests from the project's folder, each once."""
    chosen = next(tests for name, tests in TESTS if file.startswith(f"optimizer/{name}"))
    paths = dict.fromkeys(f"tests/{name}".replace("tests/../", "") for name in chosen)
    return tuple(path for path in paths if (ROOT / path).exists())


@cache
def all_mutants() -> tuple[tuple[str, Mutant], ...]:
    """Every mutant there is, with its kind."""
    return tuple(_made())


def _made() -> Iterator[tuple[str, Mutant]]:
    for kind, patterns in KINDS.items():
        for pattern in patterns:
            for path in sorted((ROOT / "optimizer").glob(pattern)):
                file = path.relative_to(ROOT).as_posix()
                rule = "/rules/" in file or path.name == "program.py"
                for mutant in mutants(file, path.read_text(encoding="utf-8"), rule=rule):
                    yield kind, mutant
