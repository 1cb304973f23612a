"""Schedules with batteries: checked, executed, carried on, and followed without a plan."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.settlement import settle
from optimizer.arrays import F
from optimizer.config.state import State
from optimizer.daily.kept import planned_record
from optimizer.daily.record import record_of, sealed
from optimizer.mechanisms.storage.account import follow, there
from optimizer.mechanisms.storage.state import StorageState
from optimizer.plan.checker import check
from optimizer.plan.planning import plan_conditions
from optimizer.plan.state import fitted_state, state_after
from optimizer.report.kit.power import power_text
from optimizer.through_time.policies import always_on, strike_rule
from optimizer.through_time.step import executed, replanned
from tests.farms import call, conditions, farm, group
from tests.mechanisms.storage.batteries import battery, powers, schedule, site, with_battery

FULL, NONE = [10.0, 10.0], [0.0, 0.0]


@pytest.mark.parametrize(
    ("charge", "discharge", "broken"),
    [
        ([2.0, 0.0], [0.0, 1.2], []),
        ([2.5, 0.0], NONE, ["charge limit"]),
        ([-0.5, 0.0], NONE, ["charge below zero"]),
        ([0.5, 0.5], [0.0, 0.4], ["charge or discharge"]),
        (NONE, [0.5, 0.0], []),
        (NONE, [0.9, 0.0], ["least level", "least level"]),
        (NONE, [0.0, 2.5], ["discharge limit", "least level"]),
        (NONE, [0.0, -0.5], ["discharge below zero", "export from on-site only"]),
    ],
)
def test_the_checker_refuses_what_a_battery_cannot(charge: Any, discharge: Any, broken: list[str]) -> None:
    """It holds 2 MWh, of which one is the least: 0.8 MWh may come out."""
    c = with_battery([0.2, 0.8], 2.0, least_mwh=1.0)
    assert [breach.rule for breach in check(c, schedule(FULL, charge, discharge))] == broken


def test_the_checker_refuses_more_than_it_can_hold() -> None:
    c = with_battery([0.2, 0.8], 3.0)
    breach, _ = check(c, schedule(FULL, [2.0, 0.0], NONE))
    assert str(breach) == "capacity of storage broken by B in interval 0: 0.5 MWh"
    assert check(with_battery([0.2, 0.8], 3.0, standing_loss_share_per_day=0.9), schedule(FULL, [1.5, 0.0], NONE)) == []


def test_the_money_of_a_schedule_that_no_program_made() -> None:
    """By hand: 12 MWh at 0.2, 8.4 at 0.8, 1.6 MWh out wear 0.16, and 1.5 in and 2 out leave 0.5 MWh less, at 0.9."""
    c = with_battery([0.2, 0.8], 1.0, left_usd_per_mwh=0.9)
    lines = settle(c, schedule(FULL, [2.0, 0.0], [0.0, 1.6])).lines
    assert lines["energy"] == pytest.approx(-12 * 0.2 - 8.4 * 0.8)
    assert (lines["storage_wear"], lines["stored_energy"]) == (pytest.approx(-0.16), pytest.approx(-0.45))


def test_power_is_shown_by_interval_and_so_is_the_level() -> None:
    rows = power_text(with_battery([0.2, 0.8], 1.0), schedule(FULL, [2.0, 0.0], [0.0, 1.6])).splitlines()
    shown = [dict(zip(rows[0].split(","), row.split(","), strict=True)) for row in rows[1:]]
    keys = ("load_mw", "import_mw", "B/charge_mw", "B/discharge_mw", "B/level_mwh")
    assert [[row[key] for key in keys] for row in shown] == [
        ["10", "12", "2", "0", "2.5"],
        ["10", "8.4", "0", "1.6", "0.5"],
    ]


@given(
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3), st.booleans()), min_size=4, max_size=4),
    st.floats(0, 4),
    st.sampled_from([0.0, 0.5]),
    st.sampled_from([0.0, 1.0]),
)
@settings(max_examples=60, deadline=None)
def test_whatever_was_planned_is_executed_within_its_bounds(
    powers: Any, held: float, lost: float, least: float
) -> None:
    out = {"start": "2026-02-11 08:00", "end": "2026-02-11 09:00"}
    more = {"standing_loss_share_per_day": lost, "least_mwh": least, "outages": (out,)}
    c = with_battery([0.5] * 4, held, **more)
    charge, discharge = ([one if taken is up else 0.0 for one, taken in pairs] for up, pairs in _ways(powers))
    kept = there(c, schedule([4.0] * 4, charge, discharge))
    assert check(c, kept) == []
    few = follow(c, kept.with_(units_on={("G", "normal"): np.array([1.0, 0.0, 0.0, 1.0])}))
    assert check(c, few) == []
    assert (grid_import_mw(c, few) >= -1e-9).all()


def _ways(powers: Any) -> tuple[tuple[bool, list[tuple[float, bool]]], ...]:
    return (True, [(c, up) for c, _, up in powers]), (False, [(d, up) for _, d, up in powers])


def test_less_is_charged_before_machines_are_shed() -> None:
    """An unforeseen limit of 11 MW: a plan of ten machines and 2 MW of charging runs ten and charges 1 MW."""
    plan = plan_conditions(with_battery([0.2, 0.9]))
    assert powers(plan.dispatch)[0] == [2.0, 0.0]
    really = with_battery([0.2, 0.9], limit_mw=11.0)
    done = executed(really, plan)
    assert (done.units_on["G", "normal"].tolist(), powers(done)) == (FULL, ([1.0, 0.0], [0.0, 0.6]))
    assert check(really, done) == []


def test_of_two_batteries_the_first_gives_way_and_no_more_than_is_needed() -> None:
    """Ten machines and 4 MW of charging against 13 MW: 1 MW less, of the first. One machine and 3 MW out: 2 MW less."""
    c = conditions(site(battery(), battery("C"), held=2.0, limit_mw=13.0), [0.2])
    two = [np.array([2.0]), np.array([2.0])]
    planned = schedule([10.0]).with_(charge_mw=dict(zip("BC", two, strict=True)), discharge_mw={})
    kept = there(c, planned)
    assert (powers(kept), powers(kept, "C")) == (([1.0], [0.0]), ([2.0], [0.0]))
    both = site(battery(), battery("C"), state={"storage": {"level_mwh": {"B": 4.0, "C": 4.0}}})
    out = schedule([1.0]).with_(charge_mw={}, discharge_mw={"B": np.array([1.5]), "C": np.array([1.5])})
    few = follow(conditions(both, [0.2]), out)
    assert (powers(few)[1], powers(few, "C")[1]) == ([0.0], [1.0])


def test_a_battery_the_plan_does_not_know_stands_idle_and_one_that_is_gone_is_left_out() -> None:
    plan, without = plan_conditions(with_battery([0.2, 0.9])), conditions(site(), [0.2, 0.9])
    done = executed(without, plan)
    assert (check(without, done), done.table["charge_mw"]) == ([], {})
    other = conditions(site(battery("C")), [0.2, 0.9])
    assert powers(executed(other, plan), "C") == (NONE, NONE)


def test_what_is_planned_again_at_every_hour_comes_to_the_same() -> None:
    """Eight hours of prices known ahead, level and worth carried from plan to plan."""
    prices = np.random.default_rng(5).uniform(-0.4, 1.6, 8)
    c = with_battery(prices, 1.0, left_usd_per_mwh=0.5)
    schedule, proved = replanned(c, lambda _t: c, range(8))
    assert (proved, check(c, schedule)) == (True, [])
    assert max(powers(schedule)[1]) > 0.0
    assert settle(c, schedule).profit == pytest.approx(plan_conditions(c).settled.profit, abs=1e-4)


def test_it_is_carried_and_fitted() -> None:
    c = with_battery([0.2, 0.8], 1.0)
    state = state_after(c, schedule(FULL, [2.0, 0.0], [0.0, 1.6]))
    assert state.section(StorageState).level_mwh == {"B": pytest.approx(0.5)}
    assert state_after(c, strike_rule(c)).section(StorageState).level_mwh == {"B": 1.0}
    full = State(storage=StorageState(level_mwh={"B": 4.0, "Gone": 3.0}))  # type: ignore[call-arg]
    assert fitted_state(full, site(battery(capacity_mwh=3.0))).section(StorageState).level_mwh == {"B": 3.0}


@pytest.mark.parametrize("rule", [always_on, strike_rule])
def test_rules_without_a_plan_leave_it_idle(rule: Any) -> None:
    c = with_battery([0.2, 0.8], 4.0, standing_loss_share_per_day=0.5)
    followed = rule(c)
    assert check(c, followed) == []
    assert settle(c, followed).lines["storage_wear"] == 0.0
    assert grid_import_mw(c, followed).tolist() == FULL


def test_records_keep_it_and_those_of_before_are_read() -> None:
    c = with_battery([0.2, 0.8], 1.0)
    record = planned_record(plan_conditions(c), nearest=False)
    again = record_of(record.text(), "test")
    assert (again.text(), again.state) == (record.text(), c.state)
    data = json.loads(record.text())
    del data["farm"]["storage"], data["state"]["storage"], data["sha256"]
    data["decisions"] = [rows for rows in data["decisions"] if rows[0] not in ("charge_mw", "discharge_mw")]
    before = record_of(sealed(json.dumps(data, separators=(",", ":")) + "\n"), "test")
    assert settle(before.conditions, before.dispatch).lines["energy"] == pytest.approx(-10.0)
    met = replace(before.conditions, farm=c.farm)  # a battery that came since
    assert state_after(met, before.dispatch).section(StorageState).level_mwh == {"B": 0.0}


def test_whole_machines_run_on_it() -> None:
    """By hand, at 9 USD/MWh 1.2 MW would run 1.2 machines: one runs, and no more is charged than it takes."""
    for units in ("rounded", "exact"):
        plan = plan_conditions(with_battery([0.2, 9.0]), units=units)  # type: ignore[arg-type]
        assert plan.dispatch.units_on["G", "normal"].tolist() == [10, 1]
        assert powers(plan.dispatch) == ([pytest.approx(1 / 0.6, abs=1e-6), 0.0], [0.0, 1.0])
        assert plan.settled.profit == pytest.approx(10 - 2 - 0.2 / 0.6 + 1 - 0.1)


def test_a_plan_may_be_extended() -> None:
    """Held to what is charged at most in an hour: 1 MW, 0.6 MWh out."""

    def slow(model: Any) -> None:
        model.slow = pyo.Constraint(expr=model.charge_mw["B", 0] <= 1.0)

    plan = plan_conditions(with_battery([0.2, 0.8]), extend=slow)
    assert plan.extended
    assert powers(plan.dispatch) == ([1.0, 0.0], [0.0, 0.6])


def test_machines_off_have_the_reasons_they_have_without_it() -> None:
    """Through a spike what does not run is off for the price; under a call that it helps to meet, for the call."""
    spike = plan_conditions(with_battery([0.2, 9.0]))
    assert {str(reason): off.tolist() for reason, off in spike.explanation.off.items()} == {"price": [[0, 9]]}
    called = plan_conditions(with_battery([0.5], 2.5, events=(call("06:00", "07:00"),)))
    assert {str(reason): off.tolist() for reason, off in called.explanation.off.items()} == {"event": [[4]]}


@given(st.lists(st.integers(-16, 48), min_size=2, max_size=8), st.integers(0, 4), st.sampled_from([0.0, 0.25, 1.0]))
@settings(max_examples=25, deadline=None)
def test_a_battery_never_costs_money(prices: list[int], held: int, left: float) -> None:
    """Beside the worth of what it held, which standing idle keeps; and the plan passes its own check."""
    usd: F = np.array(prices, dtype=np.float64) / 16
    c = with_battery(usd, float(held), left_usd_per_mwh=left, fleet=(group(units=10, wear_usd_per_start=0.25),))
    without = conditions(farm(group(units=10, wear_usd_per_start=0.25)), usd)
    assert plan_conditions(c).settled.profit >= plan_conditions(without).settled.profit - 1e-3
