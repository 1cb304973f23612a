"""The mutants that `make mutants` runs: made as said, every kind in a sample, and the list of equivalents fits."""

from __future__ import annotations

import argparse

from tests.commands.running import ROOT
from tests.mutations.equivalent import EQUIVALENT
from tests.mutations.operators import mutants
from tests.mutations.run import chosen
from tests.mutations.targets import KINDS, TESTS, all_mutants, noticed_by

RULE = '''
@RULES.family(("LATER",), "a - b")
def change(m: Any, t: Any) -> Any:
    """Units change by :math:`a - b <= c`."""
    return m.units[t] - m.units[m.previous[t]] <= 2.0 * m.limit[t]
@RULES.term(("LATER",), money=False)
def none(m: Any, t: Any) -> Any:
    return m.units[t]
OF_A_PERIOD = (change, other)
'''
ACCOUNT = """
def cost(c: F, total: F) -> F:
    if c.first is None and c.paid > _NOTHING:
        raise ValueError(f"{c.a + c.b}")
    total += np.maximum(c.mw[1:], -c.least)
    return [one for one in total if one < 0]
"""


def changes(text: str, *, rule: bool = False) -> list[str]:
    return [f"{mutant.old} -> {mutant.new}" for mutant in mutants("a.py", text, rule=rule)]


def test_wrongs_done_to_a_rule() -> None:
    """Proves which terms, signs, indices, bounds and rows are tried; by hand from the text above."""
    row, rise, bound = (
        "m.units[t] - m.units[m.previous[t]] <= 2.0 * m.limit[t]",
        "m.units[t] - m.units[m.previous[t]]",
        "2.0 * m.limit[t]",
    )
    assert changes(RULE, rule=True) == [
        "RULES.family(('LATER',), 'a - b') -> lambda rule: rule",
        f"{row} -> {rise} >= {bound}",
        f"{row} -> {rise} <= 2.0 * ({bound})",
        f"{rise} -> m.units[t]",
        f"{rise} -> -m.units[m.previous[t]]",
        f"{rise} -> m.units[t] + m.units[m.previous[t]]",
        "m.previous[t] -> t",
        f"{bound} -> 2.0",
        f"{bound} -> m.limit[t]",
        "RULES.term(('LATER',), money=False) -> lambda rule: rule",
        "RULES.term(('LATER',), money=False) -> RULES.term(('LATER',))",
        "change -> *()",
        "other -> *()",
    ]


def test_wrongs_done_to_an_account() -> None:
    """Proves which conditions, comparisons, slices and sums are tried, but nothing that is raised."""
    both = "c.first is None and c.paid > _NOTHING"
    most = "np.maximum(c.mw[1:], -c.least)"
    kept = "[one for one in total if one < 0]"
    assert changes(ACCOUNT) == [
        f"{both} -> c.first is None or c.paid > _NOTHING",
        f"{both} -> c.paid > _NOTHING",
        f"{both} -> c.first is None",
        "c.first is None -> c.first is not None",
        "c.paid > _NOTHING -> c.paid < _NOTHING",
        f"total += {most} -> total -= {most}",
        f"total += {most} -> pass",
        f"{most} -> np.minimum(c.mw[1:], -c.least)",
        "c.mw[1:] -> c.mw[:]",
        "-c.least -> c.least",
        f"{kept} -> [one for one in total]",
        "one < 0 -> one > 0",
        "one < 0 -> one <= 0",
    ]


def test_a_mutant_is_the_module_with_one_change() -> None:
    """Proves that brackets are set where they are needed: by hand, ``a - (b - c)`` becomes ``a - (b + c)``."""
    texts = [mutant.text for mutant in mutants("a.py", "x = 'Δ', a - (b - c)\n")]
    assert "x = 'Δ', a - ((b + c))\n" in texts
    assert "x = 'Δ', (a + (b - c))\n" in texts


def test_every_mutant_compiles_and_is_noticed_by_tests_that_exist() -> None:
    found = list(all_mutants())
    assert {kind for kind, _ in found} == set(KINDS)
    for _, mutant in found:
        compile(mutant.text, mutant.file, "exec")
    for name, _ in TESTS:
        assert all((ROOT / test).exists() for test in noticed_by(f"optimizer/{name}"))


def test_a_sample_holds_every_kind_and_is_the_same_again() -> None:
    arguments = argparse.Namespace(part=[], sample=40, seed=1)
    sample = chosen(arguments)
    assert len(sample) == 40
    assert sample == chosen(arguments)
    assert {kind for kind, mutant in all_mutants() if mutant in sample} == set(KINDS)
    assert sample != chosen(argparse.Namespace(part=[], sample=40, seed=2))


def test_every_equivalent_mutant_is_one_that_is_made() -> None:
    assert set(EQUIVALENT) <= {mutant.key for _, mutant in all_mutants()}
