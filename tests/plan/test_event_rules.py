"""Calls beyond the program: the checker, the settlement by hand, and what an operator is told of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from optimizer.accounts.breach import Breach
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.settlement import settle
from optimizer.config.check import check_file
from optimizer.config.schema import schema
from optimizer.errors import InfeasibleError
from optimizer.market.remarks import remarks
from optimizer.mechanisms.calls.account import misses
from optimizer.mechanisms.calls.config import Event, FullStop
from optimizer.mechanisms.calls.facts import caps
from optimizer.mechanisms.calls.obligations import obligations
from optimizer.plan.checker import check
from optimizer.plan.planning import plan_conditions
from optimizer.report.plan.figures import figures
from tests.farms import call, conditions, farm, group

PAYS = 0.4


def on(*units: float) -> Dispatch:
    """A schedule of the one group's machines."""
    nothing = np.zeros(len(units))
    return Dispatch.of(MappingProxyType({("G", "normal"): np.array(units, dtype=np.float64)}), nothing, nothing)


def refused(c: Conditions) -> str:
    with pytest.raises(InfeasibleError) as caught:
        plan_conditions(c)
    return str(caught.value)


# a call, a schedule that keeps it, one that does not, and the breach: rule, interval, MW
RULES: dict[str, tuple[dict[str, Any], list[float], list[float], tuple[str, int, float]]] = {
    "response": (call("06:00", "08:00", respond_minutes=60.0), [10, 4], [10, 5], ("event cap", 1, 1)),
    "restore": (
        call("06:00", "07:00", restore_mw_per_hour=2.0), [4, 6, 8, 10], [4, 6, 10, 10], ("event cap", 2, 2),
    ),
    "baseline": (
        call("06:00", "07:00", 9.0, payment={"usd_per_mwh": 1.0, "baseline_mw": 7.0}),
        [7, 10], [9, 10], ("baseline of a paid event", 0, 2),
    ),
    "excused": (
        call("06:00", "09:00", excused=({"start": "2026-02-11 07:00", "end": "2026-02-11 08:00"},)),
        [4, 10, 4], [4, 10, 10], ("event cap", 2, 6),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_the_checker_finds_the_rule_that_is_broken(name: str) -> None:
    event, good, bad, (rule, interval, mw) = RULES[name]
    c = conditions(farm(events=(event,)), [0.0] * len(good))
    assert check(c, on(*good)) == []
    assert check(c, on(*bad)) == [Breach(rule, "call", interval, mw, "MW")]


def test_a_cap_with_either_price_may_be_broken() -> None:
    for price in ("violation_usd_per_mwh", "violation_usd_per_mw"):
        c = conditions(farm(events=(call("06:00", "07:00", **{price: 1.0}),)), [0.0])
        assert check(c, on(10)) == []


def test_penalties_and_payments_settled_by_hand() -> None:
    """7, 9 and 6 MW under a call to 4: 3, 5 and 2 above over an hour, half an hour and an hour.

    At 10 USD/MWh that is 30, 25 and 20 USD, and at 100 USD/MW 500 in the second interval. Below 20 MW 13, 11 and 14 are
    cut, of them 5, 3 and 6 below 12: the best paid 4 MW, fewer in the second, at 2, the rest at 1 USD/MWh.
    """
    most = {"payment": {"usd_per_mwh": 2.0, "baseline_mw": 12.0, "most_mw": 4.0}}
    rest = call("06:00", "08:30", None, name="rest", payment={"usd_per_mwh": 1.0, "baseline_mw": 20.0})
    priced = call("06:00", "08:30", violation_usd_per_mwh=10.0, violation_usd_per_mw=100.0, **most)
    c = conditions(farm(events=(rest, priced)), [0.0] * 3, hours=[1, 0.5, 1])
    settled = settle(c, on(7, 9, 6)).usd
    assert settled["event_penalty"].tolist() == [-30, -25, -20]
    assert settled["event_miss_penalty"].tolist() == [0, -500, 0]
    assert settled["event_payment"].tolist() == [4 * 2 + 9 * 1, 0.5 * (3 * 2 + 8 * 1), 4 * 2 + 10 * 1]


def test_above_the_baseline_nothing_is_paid_nor_charged() -> None:
    paid = call("06:00", "07:00", None, payment={"usd_per_mwh": 1.0, "baseline_mw": 7.0})
    assert settle(conditions(farm(events=(paid,)), [0.0]), on(9)).lines["event_payment"] == 0.0


def bound(*events: dict[str, Any]) -> Conditions:
    """Eight of ten machines were started at 05:00 and must run until 09:00."""
    state = {"groups": {"G": {"running": 10, "started": ({"at": "2026-02-11 05:00", "units": 8},)}}}
    return conditions(farm(group(minimum_on_hours=4.0), state=state, events=events), [PAYS] * 4)


def test_a_restore_that_cannot_be_kept_is_told() -> None:
    """The call is over when the plan begins; at 07:00 import may have risen to 6 MW, and eight machines must run."""
    told = refused(bound(call("04:00", "05:00", 2.0, restore_mw_per_hour=2.0)))
    assert '2026-02-11 06:00 to 07:00: event "call" has restored 6 MW, which is 2 MW short' in told
    assert "started machines of group G must run their minimum time" in told
    assert "07:00 to 08:00" not in told


def test_a_response_that_comes_too_soon_is_told() -> None:
    told = refused(bound(call("06:00", "09:00", 3.0, respond_minutes=60.0)))
    assert '2026-02-11 07:00 to 08:00: event "call" allows 3 MW, which is 5 MW short' in told
    assert '2026-02-11 08:00 to 09:00: event "call" allows 3 MW, which is 5 MW short' in told
    assert "06:00 to 07:00" not in told


def test_a_baseline_below_what_must_run_is_told() -> None:
    """Where the call owes a cut; a voluntary one below it is declined, and is no part of what collides."""
    high = call("06:00", "07:00", 10.0, name="high", payment={"usd_per_mwh": 1.0, "baseline_mw": 9.0})
    free = call("06:00", "07:00", None, name="free", payment={"usd_per_mwh": 9.0, "baseline_mw": 3.0})
    low = call("06:00", "07:00", 10.0, payment={"usd_per_mwh": 2.0, "baseline_mw": 6.5})
    assert plan_conditions(bound(high, free)).dispatch.units_on["G", "normal"].tolist() == [8, 10, 10, 10]
    told = refused(bound(high, free, low))
    assert "free" not in told
    assert (
        '2026-02-11 06:00 to 07:00: event "call" pays for cuts below 6.5 MW, above which nothing may be drawn, '
        "which is 1.5 MW short"
    ) in told


def test_a_priced_violation_says_which_call_is_missed_when_and_by_how_much() -> None:
    """Eight must run under 4 MW until 09:00: of two calls both are missed, one by 4 MW and one by 2 in its restore."""
    first = call("06:00", "07:00", violation_usd_per_mw=50.0)
    second = call("06:00", "07:00", 2.0, name="grid", violation_usd_per_mwh=20.0, restore_mw_per_hour=4.0)
    plan = plan_conditions(bound(first, second))
    found = [(p.sentence, p.usd, p.hours, p.worst) for p in figures(plan).penalties]
    said = 'The plan exceeds the limit of curtailment event "{}" by up to {} MW and pays for it'
    assert found == [
        (said.format("call", 4), pytest.approx(-200), 1, "2026-02-11 06:00"),
        (said.format("grid", 6), pytest.approx(-20 * (6 + 2)), 2, "2026-02-11 06:00"),
    ]


def test_a_call_that_is_kept_is_not_missed() -> None:
    c = conditions(farm(events=(call("06:00", "07:00", violation_usd_per_mw=50.0),)), [PAYS])
    assert misses(c, np.array([4.0])) == ()


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (
            {"calls_per_season": 0},
            ['event "call" is no obligation: program "P" has no call left in the season (limit 0)'],
        ),
        (
            {"hours_per_season": 2.0, "hours_used": 0.5},
            [
                'event "call" is owed until 2026-02-11 01:30 only: program "P" has no hours left in the season then '
                "(limit 2)"
            ],
        ),
        (
            {"hours_per_season": 2.0, "hours_used": 2.0},
            ['event "call" is no obligation: program "P" has no hours left in the season (limit 2)'],
        ),
        ({"season_months": (6, 7)}, ['event "call" is no obligation: it begins outside the season of program "P"']),
        ({"calls_per_season": 1}, []),
    ],
)
def test_an_operator_is_told_what_is_no_obligation(limits: dict[str, Any], said: list[str]) -> None:
    """Of a call from midnight to 02:00 on Chicago's clock; none of one after the plan."""
    first, later = call("00:00", "02:00", program="P"), call("23:00", "23:30", name="later", program="P")
    built = farm(events=(first, later), programs=({"name": "P", **limits},), timezone="America/Chicago")
    c = conditions(built, [PAYS] * 3)
    assert [text for text in remarks(c.farm, c.grid, ()) if "event" in text] == said


def test_a_season_is_a_run_of_months_on_the_farms_clock() -> None:
    """At 23:30 on 31 May in Chicago it is June in UTC: the call comes a month before the season of June."""
    late = {**call("06:00", "07:00", program="P"), "start": "2026-05-31 23:30", "end": "2026-06-01 01:00"}
    program = {"name": "P", "calls_per_season": 1, "season_months": (6,)}
    built = farm(events=(late,), programs=(program,), timezone="America/Chicago")
    assert obligations(built.events, built.programs, built.timezone)[0].spans == ()
    utc = built.model_copy(update={"timezone": "UTC"})
    assert obligations(utc.events, utc.programs, "UTC")[0].spans == ()
    june = Event.model_validate({**late, "start": "2026-06-01 00:00"})
    assert obligations((june,), built.programs, built.timezone)[0].hours == 1.0


STOP = FullStop(form="full_stop")


def test_when_a_call_is_known() -> None:
    """By minutes before its start, by a time on the farm's clock, or always."""
    start, end = datetime(2026, 1, 25, 6), datetime(2026, 1, 25, 9)
    always = Event(name="call", start=start, end=end, cut=STOP)
    assert always.known_at("America/New_York") is None
    half_an_hour = always.model_copy(update={"notice_minutes": 30.0})
    assert half_an_hour.known_at("America/New_York") == datetime(2026, 1, 25, 10, 30, tzinfo=UTC)
    the_day_before = always.model_copy(update={"notice": datetime(2026, 1, 24, 18)})
    assert the_day_before.known_at("America/New_York") == datetime(2026, 1, 24, 23, tzinfo=UTC)


def test_a_plan_knows_of_every_call() -> None:
    """Notice is a matter of planning anew: it changes nothing of one plan."""
    known, unknown = (
        conditions(farm(events=(call("07:00", "08:00", **notice),)), [PAYS] * 3)
        for notice in ({}, {"notice_minutes": 5.0})
    )
    assert caps(known) == caps(unknown)


FARM = """name: faulty
timezone: America/Chicago
site: {import_limit_mw: 18}
fleet:
  - name: Hall
    units: 10
    restart_minutes: 20
    COLD
    machine: {model: m, hashrate_th: 200, power_w: 3500, cooling: air, source: made up for a test, confidence: low}
revenue: {hashprice_usd_per_ph_day: 33}
energy: {price_usd_per_mwh: 30}
programs: [{name: ERS, calls_per_season: 2}]
events:
  - {name: E, start: 2026-02-11 06:00, end: 2026-02-11 08:00, CALL}
"""
CUT = "cut: {form: full_stop}"
PAYMENT = "payment: {usd_per_mwh: 50, baseline_mw: 9}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("respond_minutes: 5", ["events[0].cut: is missing; only an event with `voluntary: true` owes no cut"]),
        ("voluntary: true", ["events[0].payment: is missing; without it a voluntary event says nothing"]),
        (
            f"voluntary: true, {PAYMENT}, {CUT}, respond_minutes: 5, program: ERS",
            [
                f"events[0].{key}: a voluntary event owes no cut: leave this out"
                for key in ("cut", "program", "respond_minutes")
            ],
        ),
        (
            f"{CUT}, program: ERZ, respond_minutes: 120",
            [
                "events[0].program: no program has this name; did you mean `ERS`?",
                "events[0].respond_minutes: must be less than 120, the minutes of the event (got 120)",
            ],
        ),
        (
            f"{CUT}, notice: 2026-02-11 05:00, notice_minutes: 5",
            ["events[0].notice: give `notice` or `notice_minutes`, not both"],
        ),
        (
            f"{CUT}, notice: 2026-02-11 06:30",
            ["events[0].notice: 2026-02-11 06:30:00 is later than the event's start, 2026-02-11 06:00:00"],
        ),
        (
            f"{CUT}, excused: [{{start: 2026-02-11 05:00, end: 2026-02-11 09:00}}]",
            [
                "events[0].excused[0].start: lies before the event, which starts 2026-02-11 06:00:00",
                "events[0].excused[0].end: lies after the event, which ends 2026-02-11 08:00:00",
            ],
        ),
        (
            f"{CUT}, excused: [{{start: 2026-02-11 07:00, end: 2026-02-11 06:30}}]",
            ["events[0].excused[0].end: the stretch ends (2026-02-11 06:30:00) before it starts (2026-02-11 07:00:00)"],
        ),
        (f"{CUT}, notice: 2026-03-08 02:30", ["events[0].notice: 2026-03-08 02:30 does not exist in America/Chicago"]),
    ],
)
def test_faults_of_a_call_are_told_at_their_place(text: str, said: list[str], tmp_path: Path) -> None:
    path = tmp_path / "farm.yaml"
    path.write_text(FARM.replace("CALL", text).replace("    COLD\n", ""), encoding="utf-8")
    faults = [f"{fault.path}: {fault.message}" for fault in check_file(path)]
    assert len(faults) == len(said), faults
    for sentence in said:
        assert any(fault.startswith(sentence) for fault in faults), faults


@pytest.mark.parametrize(
    ("keys", "valid"),
    [
        ({"cut": {"form": "full_stop"}}, True),
        ({"voluntary": True, "payment": {"usd_per_mwh": 50, "baseline_mw": 9}}, True),
        ({"voluntary": False, "payment": {"usd_per_mwh": 50, "baseline_mw": 9}}, False),
        ({"voluntary": True}, False),
        ({}, False),
    ],
)
def test_the_schema_asks_for_a_cut_or_a_payment(keys: dict[str, Any], valid: bool) -> None:
    whole = schema("farm")
    event = {"name": "E", "start": "2026-02-11 06:00", "end": "2026-02-11 08:00", **keys}
    assert Draft202012Validator({**whole["$defs"]["Event"], "$defs": whole["$defs"]}).is_valid(event) is valid


def test_faults_of_a_cold_restart(tmp_path: Path) -> None:
    """It needs the weather, and is never quicker than a warm one."""
    path = tmp_path / "farm.yaml"
    path.write_text(FARM.replace("CALL", CUT).replace("COLD", "cold_restart: {below_c: -10, minutes: 15}"), "utf-8")
    faults = [f"{fault.path}: {fault.message}" for fault in check_file(path)]
    assert faults == [
        "fleet[0].cold_restart: goes by temperature: the farm needs `weather: temperature_c` besides it",
        "fleet[0].cold_restart.minutes: must be at least restart_minutes, 20 (got 15)",
    ]
