"""The fewest changes of mode: what the account counts, against every way in which single machines could do it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations_with_replacement, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.settlement import settle
from optimizer.config.state import GroupState, State
from optimizer.engine import choices
from optimizer.engine.program import compile_program
from optimizer.mechanisms.tuning.count import changes
from optimizer.plan.checker import check
from optimizer.plan.formulation import build_problem
from optimizer.plan.whole_units import dispatch_of
from tests.farms import conditions, farm, farms, group, outage

TH = {"eco": 600.0, "normal": 1_000.0, "turbo": 1_200.0, "off": 0.0}
MODES = ("normal", "eco", "turbo")
OTHERS = {"eco": (600.0, 0.5e6), "turbo": (1_200.0, 0.99e6)}


def before_and_after(one: tuple[str, ...], other: tuple[str, ...], **more: Any) -> tuple[Conditions, Dispatch]:
    """Machines of a group in some modes before a plan, and in others in its one interval."""
    fleet = group("G", len(one), other_modes=OTHERS, modes=MODES, tuning={"minutes": 30.0}, **more)
    return between(conditions(farm(fleet), [0.0]), one, other)


def between(c: Conditions, one: tuple[str, ...], other: tuple[str, ...]) -> tuple[Conditions, Dispatch]:
    """As `before_and_after`, of conditions that are there."""
    told, runs = Counter(one), Counter(other)
    running = {mode: told[mode] for mode in MODES}
    state = State(groups={"G": GroupState(running=sum(running.values()), modes=running)})
    units = {("G", mode): np.array([float(runs[mode])]) for mode in MODES}
    return replace(c, state=state), Dispatch.of(units, np.zeros(1), np.zeros(1))


def cheapest(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[int, int, float]:
    """Starts, changes of mode and TH/s tuned for, of the best way to take single machines from one to the other."""

    def made(after: tuple[str, ...]) -> tuple[int, int, float]:
        pairs = list(zip(one, after, strict=True))
        starts = sum(a == "off" != b for a, b in pairs)
        tuned = [TH[b] for a, b in pairs if "off" not in (a, b) and a != b]
        return starts, len(tuned), sum(tuned)

    return min(map(made, set(permutations(other))))


@pytest.mark.parametrize("units", [1, 2, 3, 4])
def test_the_account_counts_the_fewest_changes(units: int) -> None:
    """Every state of up to four machines before and after, and every way of taking them from one to the other.

    Of those with the fewest starts, for a machine that is stopped while another starts is a change got around.
    """
    every = list(combinations_with_replacement((*MODES, "off"), units))
    of, _ = before_and_after(every[0], every[0])
    for one in every:
        for other in every:
            c, dispatch = between(of, one, other)
            counted = changes(c, dispatch)
            _, least, th = cheapest(one, other)
            assert sum(float(row[0]) for row in counted.values()) == least, (one, other)
            assert sum(float(counted["G", mode][0]) * TH[mode] for mode in MODES) == th, (one, other)


@pytest.mark.parametrize(
    ("one", "other", "changed"),
    [
        (("normal", "normal"), ("eco", "off"), {"eco": 1}),  # one changes, one stops
        (("normal", "off"), ("eco", "turbo"), {"eco": 1}),  # the start comes up in turbo, dearest to tune for
        (("normal", "off"), ("off", "eco"), {"eco": 1}),  # none is started in the place of one that runs
        (("off", "off"), ("eco", "turbo"), {}),
    ],
)
def test_starts_and_stops_are_no_changes(one: tuple[str, ...], other: tuple[str, ...], changed: dict[str, int]) -> None:
    counted = changes(*before_and_after(one, other))
    assert {mode: units[0] for (_, mode), units in counted.items() if units[0]} == changed


def test_an_outage_is_no_change() -> None:
    """Of three in normal and one in eco an outage takes two; one in each is left: none was changed."""
    out = {"outages": (outage("06:00", "07:00", 2),)}
    c, dispatch = before_and_after(("normal", "normal", "normal", "eco"), ("normal", "eco", "off", "off"), **out)
    assert not any(units.any() for units in changes(c, dispatch).values())


@st.composite
def tuned(draw: st.DrawFn) -> Conditions:
    """A random farm whose groups of several modes are tuned."""
    c = draw(farms(most_groups=2, most_intervals=8))
    fleet = []
    for one in c.farm.fleet:
        tuning = {
            "minutes": draw(st.sampled_from([0.0, 7.5, 30.0])),
            "hash_share": draw(st.sampled_from([0.0, 0.5])),
            "wear_usd_per_change": draw(st.sampled_from([0.0, 0.25, 4.0])),
            "changes_per_day": draw(st.sampled_from([None, None, 0.5])),
        }
        given = any(tuning[key] for key in ("minutes", "wear_usd_per_change", "changes_per_day"))
        plain = one.model_dump(exclude_unset=True)
        fleet.append(plain | {"tuning": tuning} if len(one.modes) > 1 and given else plain)
    built = c.farm.model_validate(c.farm.model_dump(exclude_unset=True) | {"fleet": tuple(fleet)})
    return Conditions(built, c.market, built.state)


@settings(max_examples=150, deadline=None)
@given(tuned())
def test_the_program_counts_what_the_account_counts(c: Conditions) -> None:
    """The optimum earns what its machines alone say, and breaks no rule, whatever else binds."""
    program = compile_program(build_problem(c))
    found = choices.optimum(program)
    dispatch = dispatch_of(found)
    profit = sum(program.profit_by_term(found.x).values())
    assert settle(c, dispatch).profit == pytest.approx(profit, rel=1e-7, abs=1e-6)
    assert check(c, dispatch, whole=False) == []
