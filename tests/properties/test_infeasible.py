"""A farm without a schedule is told which limit is too tight, when, and by how much; giving that much is enough."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optimizer.accounts.conditions import Conditions
from optimizer.errors import InfeasibleError
from optimizer.plan.planning import plan_conditions
from tests.farms import conditions, farm, farms, group
from tests.properties.changes import with_farm, with_market
from tests.sampling import examples

DEMAND = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d) to \d\d:\d\d: (.*), which is ([\d.e+-]+) (MW|machines) short")


def demands(c: Conditions) -> list[tuple[int, str, float, str]]:
    """What an infeasible plan asks for: interval, the limit in words, amount, unit."""
    with pytest.raises(InfeasibleError) as caught:
        plan_conditions(c)
    text = str(caught.value)
    found = []
    for time, words, amount, unit in DEMAND.findall(text):
        start = pd.Timestamp(time).tz_localize(c.farm.timezone).tz_convert("UTC")
        found.append((int(c.grid.starts.get_loc(start)), words, float(amount), unit))
    assert found, text
    return found


EIGHTHS = st.integers(1, 7).map(lambda i: i / 8)


@given(farms(coupled=False, most_intervals=6), st.data())
@examples(25)
def test_an_interconnection_too_small_for_what_always_runs(c: Conditions, data: st.DataObject) -> None:
    """Auxiliary load above the hard import limit: the plan names each interval, the limit and the megawatts."""
    short = np.array([data.draw(st.one_of(st.just(0.0), EIGHTHS)) for _ in range(len(c.grid))])
    assume(0 < np.count_nonzero(short) <= 5)
    quiet = with_farm(c, lambda d: [g.update(standby_w=0.0) for g in d["fleet"]])
    loaded = with_market(quiet, auxiliary_load_mw=2.0 + short, import_limit_mw=np.full(len(short), 2.0))
    asked = demands(loaded)
    assert {(t, amount) for t, _, amount, _ in asked} == {(t, short[t]) for t in np.flatnonzero(short).tolist()}
    assert all(words == "the interconnection allows 2 MW" and unit == "MW" for _, words, _, unit in asked)
    given_it = loaded.market.import_limit_mw.copy()
    for t, _, amount, _ in asked:
        given_it[t] += amount
    plan_conditions(with_market(loaded, import_limit_mw=given_it))


def bound_on(units: int, **more: Any) -> Any:
    """Ten machines, of which so many were started at 05:00 and must run until 09:00."""
    state = {"groups": {"G": {"running": 10, "started": ({"at": "2026-02-11 05:00", "units": units},)}}}
    return farm(group(minimum_on_hours=4.0), state=state, **more)


@given(st.integers(2, 10), EIGHTHS, st.sampled_from(["event", "import limit"]))
@examples(15)
def test_machines_that_must_run_against_a_hard_cap(units: int, cap: float, kind: str) -> None:
    """Machines bound on draw more than a call, or the interconnection, allows in the plan's second hour."""

    def with_cap(mw: float) -> Conditions:
        call = {
            "name": "call 7",
            "start": "2026-02-11 07:00",
            "end": "2026-02-11 08:00",
            "cut": {"form": "to_level", "mw": mw},
        }
        if kind == "event":
            return conditions(bound_on(units, events=(call,)), [0.4] * 3)
        return conditions(bound_on(units), [0.4] * 3, import_limit=[20.0, mw, 20.0])

    asked = demands(with_cap(cap))
    said = f'event "call 7" allows {cap:.4g} MW' if kind == "event" else f"the interconnection allows {cap:.4g} MW"
    assert [(t, words, unit) for t, words, _, unit in asked] == [(1, said, "MW")]
    amount = asked[0][2]
    assert amount == pytest.approx(units - cap, rel=5e-3)
    # the amount is told to three digits: give the last of them in full
    plan_conditions(with_cap(cap + amount + 10.0 ** (np.floor(np.log10(amount)) - 2)))


def test_what_stands_against_the_limit_is_named() -> None:
    c = conditions(bound_on(8), [0.4] * 3, import_limit=[20.0, 5.0, 20.0])
    with pytest.raises(InfeasibleError) as caught:
        plan_conditions(c)
    assert "started machines of group G must run their minimum time" in str(caught.value)
    assert "3 MW short" in str(caught.value)


def test_a_ramp_from_the_state_carried_in() -> None:
    """Import stood at 30 MW, may fall by 5 MW an hour, and the farm draws ten at most: 15 MW short at once."""
    site = {"ramp_down_mw_per_hour": 5.0}
    asked = demands(conditions(farm(site=site, state={"grid_import_mw": 30.0}), [0.4]))
    assert asked == [(0, "import may fall by 5 MW from the 30 MW before the plan", 15.0, "MW")]


def test_two_conflicts_far_apart_are_both_told() -> None:
    c = conditions(farm(site={"auxiliary_load_mw": 3.0}), [0.4] * 6, import_limit=[9, 2.5, 9, 9, 9, 2.0])
    assert [(t, amount) for t, _, amount, _ in demands(c)] == [(1, 0.5), (5, 1.0)]
