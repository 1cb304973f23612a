"""Calls as grids make them: response, restore, payment, penalties, limits. A machine draws one MW, earns one USD/h."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.ledger import offered
from optimizer.config.composed import calls_in
from optimizer.mechanisms.calls.facts import caps, paid_spans
from tests.farms import call, conditions, farm, group, span
from tests.worked_examples.optimum import optimum, usd

PAYS = 0.4  # USD/MWh: a machine gains 0.6 USD in an hour
GAIN = 0.6


def called(*calls: dict[str, Any], intervals: int, hours: Any = 1.0, **more: Any) -> Conditions:
    """Ten machines from 06:00 on under these calls."""
    return conditions(farm(events=calls, **more), [PAYS] * intervals, hours=hours)


@pytest.mark.parametrize(
    ("hours", "on"), [(0.5, [10, 10, 10, 4, 4, 4]), (1.0, [10, 4, 4]), ([1, 0.25, 0.75, 1], [10, 10, 4, 4])]
)
def test_time_to_respond(hours: Any, on: list[float]) -> None:
    """Proves that a call from 07:00 to 09:00 binds from 07:30 on, and every interval that lies after that in part.

    Without it the optimum would be ten machines throughout.
    """
    c = called(call("07:00", "09:00", respond_minutes=30.0), intervals=len(on), hours=hours)
    assert optimum(c).on() == on
    assert optimum(c).profit == usd(GAIN * float(c.grid.hours @ on))
    assert optimum(c, "event_cap").profit == usd(GAIN * 10 * float(c.grid.hours.sum()))


def test_staged_restore() -> None:
    """Proves that import rises by 3 MW an hour from the 2 MW of a call that ends at 08:00.

    By hand: 5 and 8 machines, then all ten. Without the rate it would be ten from 08:00 on.
    """
    c = called(call("07:00", "08:00", 2.0, restore_mw_per_hour=3.0), intervals=5)
    assert optimum(c).on() == [10, 2, 5, 8, 10]
    assert optimum(c).profit == usd(GAIN * 35)
    assert optimum(called(call("07:00", "08:00", 2.0), intervals=5)).profit == usd(GAIN * 42)
    assert optimum(c, "event_cap").profit == usd(GAIN * 50)


def test_staged_restore_over_intervals_of_mixed_length() -> None:
    """Proves that the rate counts from the end of the call to the end of an interval, as ramps do.

    By hand: the call holds 2 MW until 07:15, so in its whole interval; at 4 MW an hour that allows 5 MW by 08:00, 9 MW
    by 09:00. Without it ten.
    """
    c = called(call("07:00", "07:15", 2.0, restore_mw_per_hour=4.0), intervals=4, hours=[1, 0.5, 0.5, 1])
    assert optimum(c).on() == [10, 2, 5, 9]
    assert optimum(c).profit == usd(GAIN * (10 + 2 * 0.5 + 5 * 0.5 + 9))
    assert optimum(c, "event_cap").profit == usd(GAIN * 30)


def test_a_call_before_the_plan_still_restores() -> None:
    """Proves that the restore of a call that ended at 05:00 holds import to 8 MW until 07:00. Without it ten."""
    c = called(call("04:00", "05:00", 2.0, restore_mw_per_hour=3.0), intervals=2)
    assert optimum(c).on() == [8, 10]
    assert optimum(c).profit == usd(GAIN * 18)
    assert optimum(c, "event_cap").profit == usd(GAIN * 20)


def test_a_full_stop_restores_from_the_load_that_is_left() -> None:
    """Proves that the restore begins at the auxiliary 0.5 MW: four machines, eight, ten. Without it ten throughout."""
    stop = {**call("06:00", "07:00", restore_mw_per_hour=4.0), "cut": {"form": "full_stop"}}
    c = called(stop, intervals=4, site={"auxiliary_load_mw": 0.5})
    assert optimum(c).on() == [0, 4, 8, 10]
    assert optimum(c).profit == usd(GAIN * 22 - 4 * 0.5 * PAYS)
    assert optimum(c, "event_cap").profit == usd(GAIN * 40 - 4 * 0.5 * PAYS)


def test_repeated_and_overlapping_calls() -> None:
    """Proves that every cap holds: a call within the restore of another, and one that outlasts it.

    By hand: 2 MW, then 5 of the first restore under 4 of the second call, then 4 under 8, then ten. Without them ten.
    """
    first = call("06:00", "07:00", 2.0, "first", restore_mw_per_hour=3.0)
    second = call("06:30", "09:00", 4.0, "second")
    c = called(first, second, intervals=4)
    assert optimum(c).on() == [2, 4, 4, 10]
    assert optimum(c).profit == usd(GAIN * 20)
    assert optimum(called(second, intervals=4)).on() == [4, 4, 4, 10]
    assert optimum(called(first, intervals=4)).on() == [2, 5, 8, 10]
    assert optimum(c, "event_cap").profit == usd(GAIN * 40)


@pytest.mark.parametrize(
    ("payment", "on", "paid"),
    [
        ({"usd_per_mwh": 0.9}, [10, 0, 10], 10 * 0.9),
        ({"usd_per_mwh": 0.5}, [10, 10, 10], 0.0),
        ({"usd_per_mwh": 0.9, "most_mw": 4.0}, [10, 6, 10], 4 * 0.9),
    ],
)
def test_event_payment(payment: dict[str, float], on: list[float], paid: float) -> None:
    """Proves that a voluntary call is followed where it pays more than the 0.6 USD/MWh that hash gains, and no further.

    Without the payment the optimum would be ten machines.
    """
    c = called(call("07:00", "08:00", None, payment={"baseline_mw": 10.0, **payment}), intervals=3)
    assert optimum(c).on() == on
    assert optimum(c).profit == usd(GAIN * sum(on) + paid)
    assert optimum(c, "event_payment").profit == usd(GAIN * 30)


def test_a_mandatory_call_is_paid_for_what_it_cuts() -> None:
    """Proves that the cut to 4 MW of a baseline of 9 earns 5 x 0.5 USD; none more is cut for so little.

    Without the payment it is the same schedule for less.
    """
    paid = call("07:00", "08:00", payment={"usd_per_mwh": 0.5, "baseline_mw": 9.0})
    c = called(paid, intervals=3)
    assert optimum(c).on() == [10, 4, 10]
    assert optimum(c).profit == usd(GAIN * 24 + 5 * 0.5)
    assert optimum(c, "event_payment").profit == usd(GAIN * 24)


def test_a_cut_is_paid_for_as_long_as_the_call_lasts() -> None:
    """Proves that calls one after the other within an interval may both be sold the same megawatts.

    By hand: a quarter of an hour at 1.2 and three quarters at 0.6 USD/MWh are 0.75 USD for each MW, more than 0.6. The
    first alone would be 0.3. Without payments ten machines.
    """
    first = call("06:00", "06:15", None, "first", payment={"usd_per_mwh": 1.2, "baseline_mw": 10.0})
    second = call("06:15", "07:00", None, "second", payment={"usd_per_mwh": 0.6, "baseline_mw": 10.0})
    c = called(first, second, intervals=2)
    assert optimum(c).on() == [0, 10]
    assert optimum(c).profit == usd(GAIN * 10 + 10 * (0.25 * 1.2 + 0.75 * 0.6))
    assert optimum(called(first, intervals=2)).on() == [10, 10]
    assert optimum(c, "event_payment").profit == usd(GAIN * 20)


@pytest.mark.parametrize(
    ("prices", "over_mw"),
    [
        ({"violation_usd_per_mw": 1.0}, 6),
        ({"violation_usd_per_mw": 1.3}, 0),
        ({"violation_usd_per_mw": 1.0, "violation_usd_per_mwh": 0.05}, 6),
        ({"violation_usd_per_mw": 1.0, "violation_usd_per_mwh": 0.2}, 0),
    ],
)
def test_event_miss_penalty(prices: dict[str, float], over_mw: float) -> None:
    """Proves that a penalty per MW is charged once for a call of two hours, beside one per MWh.

    By hand: a machine above the cap gains 2 x 0.6 USD over the call, and pays 1, or 1.3, or 1 and 2 x 0.05, or 1 and
    2 x 0.2. Without the penalty, or what ties it to the worst interval, ten machines would run for what a MWh costs.
    """
    c = called(call("06:00", "08:00", **prices), intervals=3)
    mwh_usd = prices.get("violation_usd_per_mwh", 0.0)
    each = 2 * GAIN - prices["violation_usd_per_mw"] - 2 * mwh_usd
    assert optimum(c).on() == [4 + over_mw, 4 + over_mw, 10]
    assert optimum(c).profit == usd(GAIN * 18 + over_mw * each)
    free = usd(GAIN * 30 - 6 * 2 * mwh_usd)
    assert optimum(c, "event_miss_penalty").profit == free
    assert optimum(c, "event_miss").profit == free


def test_a_miss_goes_by_the_worst_interval() -> None:
    """Proves that of two hours, one missed by 6 MW and one by 2, only the first is charged.

    By hand: at 0.5 USD per MW an hour's 0.6 is worth a miss of 6; the second hour has only six machines. Without it
    nothing is charged.
    """
    c = conditions(
        farm(events=(call("06:00", "08:00", violation_usd_per_mw=0.5),)),
        [PAYS] * 2,
        availability={"G": [1.0, 0.6]},
    )
    assert optimum(c).on() == [10, 6]
    assert optimum(c).profit == usd(GAIN * 16 - 6 * 0.5)
    assert optimum(c, "event_miss").profit == usd(GAIN * 16)


def test_a_miss_before_the_plan_is_not_charged_again() -> None:
    """Proves that of a call that was missed by 3 MW before, at 1.3 USD per MW, only what goes beyond 3 MW costs.

    By hand: two hours of 0.6 USD repay no 1.3, so seven machines run, for nothing. At 1.0 all ten run, and three more
    are charged. Without the rule ten run for nothing.
    """
    for usd_per_mw, machines, charged in ((1.3, 7, 0.0), (1.0, 10, 3.0)):
        c = called(
            call("05:00", "08:00", violation_usd_per_mw=usd_per_mw), intervals=2, state={"missed_mw": {"call": 3.0}}
        )
        assert optimum(c).on() == [machines] * 2
        assert optimum(c).profit == usd(GAIN * 2 * machines - charged)
        assert optimum(c, "event_miss").profit == usd(GAIN * 20)


@pytest.mark.parametrize(
    ("more", "series", "baseline"),
    [
        ({"limit_mw": 6.0}, {}, [6, 6]),
        ({"energy": {"onsite": {"available_mw": 4.0, "cost_usd_per_mwh": 0.0}}}, {}, [6, 6]),
        ({"energy": {"onsite": {"available_mw": 4.0, "cost_usd_per_mwh": 0.0}}}, {"onsite": [7.0, 12.0]}, [3, 0]),
        ({"limit_mw": 9.0}, {"import_limit": [9.0, 2.0]}, [9, 2]),
    ],
)
def test_a_baseline_that_is_left_out_is_what_could_be_drawn(
    more: dict[str, Any], series: dict[str, Any], baseline: list[float]
) -> None:
    """Proves that nothing is paid for MW that the import limit or on-site power keep the site from drawing.

    By hand: all of the baseline is sold at 2 USD/MWh, and on-site power runs machines that earn one USD an hour each.
    With the full load as the baseline ten MW would be paid for in each hour.
    """
    paid = call("06:00", "08:00", None, payment={"usd_per_mwh": 2.0})
    c = conditions(farm(events=(paid,), **more), [PAYS] * 2, **series)
    own = sum(min(10.0, mw) for mw in c.market.onsite_available_mw)
    assert [c.full_import_mw[t] for t in range(2)] == baseline
    assert all(span.holds is None for span in paid_spans(c))
    assert optimum(c).profit == usd(2.0 * sum(baseline) + own)
    half = {**call("06:00", "08:00"), "cut": {"form": "to_share", "share": 0.5}}
    capped = conditions(farm(events=(half,), **more), [PAYS] * 2, **series)
    assert [cap.cap_mw for cap in caps(capped)] == [mw / 2 for mw in baseline]


def test_the_time_to_respond_runs_from_the_start_and_nothing_is_paid_in_it() -> None:
    """Proves that an excused start does not put the response off, and that a cut is paid once it must be made.

    By hand: from 06:00 with an hour to respond, excused until 06:30: held and paid from 07:00 on, and with 30 minutes
    more to respond from 07:30 on, so all of that hour. Counted from 06:30 the first would begin at 07:30 as well.
    """
    paid = {"payment": {"usd_per_mwh": 0.5, "baseline_mw": 10.0}, "excused": (span("06:00", "06:30"),)}
    for minutes, on, hours in ((60.0, [10, 10, 4, 4], 1.0), (90.0, [10, 10, 10, 4], 0.5)):
        c = called(call("06:00", "08:00", respond_minutes=minutes, **paid), intervals=4, hours=0.5)
        assert optimum(c).on() == on
        assert optimum(c).profit == usd(GAIN * sum(on) * 0.5 + 6 * 0.5 * hours)


OVERLAPPING = (
    call("06:00", "08:00", name="first", program="P"),
    call("07:00", "09:00", name="prolonged", program="P"),
    call("09:00", "10:00", name="next", program="P"),
)


@pytest.mark.parametrize(
    ("limits", "on"),
    [
        ({"calls_per_season": 1}, [4, 4, 4, 10]),
        ({"calls_per_season": 1, "calls_used": 1}, [10, 10, 10, 10]),
        ({"calls_per_season": 2}, [4, 4, 4, 4]),
        ({"hours_per_season": 2.0}, [4, 4, 10, 10]),
        ({"hours_per_season": 3.0}, [4, 4, 4, 10]),
        ({"hours_per_season": 4.0}, [4, 4, 4, 4]),
        ({"hours_per_season": 4.0, "hours_used": 3.0}, [4, 10, 10, 10]),
    ],
)
def test_a_call_within_another_prolongs_it(limits: dict[str, Any], on: list[float]) -> None:
    """Proves that an hour two calls share counts once, and that what begins within a call is no further one.

    By hand: 06:00 to 08:00 and 07:00 to 09:00 are one call of three hours; that from 09:00 on is another.
    """
    c = called(*OVERLAPPING, intervals=4, programs=({"name": "P", **limits},))
    assert optimum(c).on() == on
    assert optimum(c).profit == usd(GAIN * sum(on))


TWICE = (
    call("06:00", "07:00", name="first", program="P"),
    call("08:00", "10:00", name="second", program="P"),
)


@pytest.mark.parametrize(
    ("limits", "on"),
    [
        ({}, [4, 10, 4, 4]),
        ({"calls_per_season": 1}, [4, 10, 10, 10]),
        ({"calls_per_season": 2, "calls_used": 1}, [4, 10, 10, 10]),
        ({"calls_per_season": 2, "calls_used": 2}, [10, 10, 10, 10]),
        ({"hours_per_season": 2.0}, [4, 10, 4, 10]),
        ({"hours_per_season": 3.0, "hours_used": 2.5}, [4, 10, 10, 10]),
        ({"hours_per_season": 3.0}, [4, 10, 4, 4]),
        ({"calls_per_season": 1, "season_months": (3, 4)}, [10, 10, 10, 10]),
        ({"calls_per_season": 1, "season_months": (12, 1, 2)}, [4, 10, 10, 10]),
    ],
)
def test_limits_of_a_program(limits: dict[str, Any], on: list[float]) -> None:
    """Proves that calls, hours within a call, and calls out of season that exceed a program's limits bind nobody.

    By hand: two calls to 4 MW, of one hour and of two. Half an hour that is left of a limit holds its whole interval.
    Without events ten machines throughout.
    """
    c = called(*TWICE, intervals=4, programs=({"name": "P", **limits},))
    assert optimum(c).on() == on
    assert optimum(c).profit == usd(GAIN * sum(on))
    assert optimum(c, "event_cap").profit == usd(GAIN * 40)


def test_limits_count_in_the_order_of_time_and_by_season() -> None:
    """Proves that the call that comes first is owed wherever it stands in the file, and that a new season counts anew.

    By hand: one call a season of January and February; the later of two in February is excused. Without events ten.
    """
    later, sooner = call("08:00", "09:00", name="b", program="P"), call("06:00", "07:00", name="a", program="P")
    last_year = {**sooner, "name": "z", "start": "2025-02-11 06:00", "end": "2025-02-11 07:00"}
    c = called(
        later, sooner, last_year, intervals=3,
        programs=({"name": "P", "calls_per_season": 1, "season_months": (1, 2)},),
    )  # fmt: skip
    assert optimum(c).on() == [4, 10, 10]
    assert optimum(c).profit == usd(GAIN * 24)
    assert optimum(c, "event_cap").profit == usd(GAIN * 30)


def test_excused_stretches() -> None:
    """Proves that a call from 06:00 to 10:00 does not bind where it is excused as a whole interval, nor is paid there.

    By hand: excused from 07:00 to 08:00 and from 08:30 to 09:00; 08:00 is held for its first half, and paid for that.
    Without the excuse four machines throughout.
    """
    excused = (span("07:00", "08:00"), span("08:30", "09:00"))
    paid = {"payment": {"usd_per_mwh": 0.5, "baseline_mw": 10.0}}
    c = called(call("06:00", "10:00", excused=excused, **paid), intervals=4)
    assert optimum(c).on() == [4, 10, 4, 4]
    assert optimum(c).profit == usd(GAIN * 22 + 6 * 0.5 * (1 + 0.5 + 1))
    assert optimum(called(call("06:00", "10:00"), intervals=4)).profit == usd(GAIN * 16)


@pytest.mark.parametrize(("cold_minutes", "on", "profit"), [(60.0, [10, 10], 10 * (2 - 1)), (105.0, [0, 10], 10 * 0.5)])
def test_cold_restart(cold_minutes: float, on: list[float], profit: float) -> None:
    """Proves that a start at -20 C loses an hour of hash where one at 0 C loses half of one, and is put off if dearer.

    By hand: two hours of hash less one; less 1.75 it is worth less than the half hour left of a start in the second
    hour. Without the cold it would be two less a half, without any loss two.
    """
    machines = group(restart_minutes=30.0, cold_restart={"below_c": -10.0, "minutes": cold_minutes})
    off = {"state": {"groups": {"G": {"running": 0}}}}
    c = conditions(farm(machines, **off), [0.0, 0.0], temperature=[-20.0, 0.0])
    assert optimum(c).on() == on
    assert optimum(c).profit == usd(profit)
    assert optimum(conditions(farm(machines, **off), [0.0, 0.0], temperature=-10.0)).profit == usd(10 * 1.5)
    assert optimum(c, "restart_loss").profit == usd(20)


def test_without_a_baseline_it_is_the_full_load() -> None:
    """Proves that a paid event suits any farm: ten machines of 1 MW are paid for as a cut of 10 MW, at 3 USD/MWh.

    By hand: nothing runs and 30 USD are paid, against 10 USD of hash. Half of the full load is a cap of 5 MW.
    """
    paid = call("06:00", "07:00", None, payment={"usd_per_mwh": 3.0})
    c = conditions(farm(group(units=10), events=(paid,)), [0.0])
    assert (optimum(c).on(), optimum(c).profit) == ([0], usd(30))
    half = call("06:00", "07:00", cut={"form": "to_share", "share": 0.5})
    assert optimum(conditions(farm(group(units=10), events=(half,)), [0.0])).profit == usd(5)


def test_where_calls_bind_or_pay_is_offered_by_name() -> None:
    """The hours of calls, all or those of a name or a program; others can go by them."""
    paid = call("08:00", "09:00", None, "paid", payment={"usd_per_mwh": 1.0, "baseline_mw": 5.0})
    calls = (call("06:00", "07:00", 4.0, "stop", program="P"), paid)
    c = called(*calls, intervals=4, programs=({"name": "P"},))
    asked = (None, ("stop",), ("P", "paid"), ("other",))
    assert [(offered("called", c, names) > 0).tolist() for names in asked] == [
        [True, False, True, False],
        [True, False, False, False],
        [True, False, True, False],
        [False] * 4,
    ]
    assert calls_in(c.farm) == ["stop", "paid", "P"]
