"""Planning as notice arrives: the value of knowing by hand, and what is there other than was known."""

from __future__ import annotations

import pytest

from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import settle
from optimizer.compare.running import Outcome, met
from optimizer.compare.ways import Way
from optimizer.plan.planning import plan_conditions
from optimizer.through_time.step import replanned
from tests.compare.cases import ALL_OFF, SPIKE, THREE_HOURS, case, scenario
from tests.farms import call, conditions, farm, group


def test_the_value_of_knowing() -> None:
    """By hand: nothing runs at 06:00, power costs 0.5 and 3 USD/MWh from 08:00, what starts runs three hours.

    Knowing that, all start at 09:00 and earn 5 USD. Not knowing, they start at 06:00 and earn 5 + 5, cannot stop at
    08:00 and lose 20, and earn 5 more.
    """
    found = met(case(THREE_HOURS, state=ALL_OFF), SPIKE)
    knowing, noticed = found.outcome(Way.KNOWING), found.outcome(Way.NOTICED)
    assert knowing.profit == pytest.approx(5)
    assert noticed.profit == pytest.approx(5 + 5 - 20 + 5)


def test_notice_before_the_plan_is_knowing() -> None:
    early = scenario(
        "[{kind: price, set_usd_per_mwh: 3, from: 2026-02-11 08:00, to: 2026-02-11 09:00, notice: 2026-02-11 06:00}]"
    )
    found = met(case(THREE_HOURS, state=ALL_OFF), early)
    assert found.ways[Way.NOTICED] == found.ways[Way.KNOWING]


def test_a_hard_call_is_kept_in_the_interval_that_was_planned_without_it() -> None:
    """Called at 07:30 to 2 MW until 09:00: the hour from 07:00 was planned without it, and 8 machines are shed."""
    call = scenario(
        "[{kind: event, event: {name: call, start: 2026-02-11 07:30, end: 2026-02-11 09:00, notice_minutes: 0, "
        "cut: {form: to_level, mw: 2}}}]"
    )
    found = met(case(), call)
    knowing, noticed = found.outcome(Way.KNOWING), found.outcome(Way.NOTICED)
    assert (knowing.profit, knowing.breaches) == (pytest.approx(0.5 * (10 + 2 + 2 + 10)), {})
    assert (noticed.profit, noticed.breaches) == (pytest.approx(0.5 * (10 + 2 + 2 + 10)), {})
    assert noticed.off_mwh == {str(Reason.EVENT): pytest.approx(8.0 + 8.0)}


def test_a_soft_call_is_paid_for_in_the_interval_that_was_planned_without_it() -> None:
    """The same call with 0.75 USD/MWh for what exceeds it: 8 MWh in the hour from 07:00, nothing after."""
    call = scenario(
        "[{kind: event, event: {name: call, start: 2026-02-11 07:30, end: 2026-02-11 09:00, notice_minutes: 0, "
        "violation_usd_per_mwh: 0.75, cut: {form: to_level, mw: 2}}}]"
    )
    noticed = met(case(), call).outcome(Way.NOTICED)
    assert noticed.profit == pytest.approx(0.5 * (10 + 10 + 2 + 10) - 0.75 * 8)


def test_an_event_of_the_farm_itself_is_unknown_before_its_notice() -> None:
    """The same call in the farm file: without any scenario, planning as noticed meets it planned otherwise, too.

    The hour that touches it before anybody plans for it loses 8 machines; the plan would have shed none of them.
    """
    found = met(case(events=(call("07:30", "09:00", 2, notice_minutes=0),)), scenario("[]"))
    noticed = found.outcome(Way.NOTICED)
    assert (noticed.profit, noticed.breaches) == (pytest.approx(0.5 * (10 + 2 + 2 + 10)), {})


def test_machines_that_are_out_without_notice_do_not_run() -> None:
    """6 of 10 fail at 07:00, which is known at 08:00: 4 run from 07:00 on, whatever the plan says."""
    outage = scenario(
        "[{kind: outage, units: 6, from: 2026-02-11 07:00, to: 2026-02-11 09:00, notice: 2026-02-11 08:00}]"
    )
    found = met(case(), outage)
    noticed = found.outcome(Way.NOTICED)
    assert noticed.usd["hash_revenue"] == pytest.approx(10 + 4 + 4 + 10)
    assert noticed.off_mwh == {str(Reason.OUTAGE): pytest.approx(12.0)}
    assert noticed.breaches == {}


def test_machines_run_in_the_modes_they_have_before_anybody_knows() -> None:
    """Re-flashed to eco, known at 08:00: ten at 0.75 USD and 0.6 MW each for four hours, planned as normal for two."""
    flashed = scenario("[{kind: fleet, modes: {G: [eco]}, notice: 2026-02-11 08:00}]")
    found = met(case(group(other_modes={"eco": (750.0, 0.6e6)}, modes=("normal",))), flashed)
    for way in (Way.KNOWING, Way.NOTICED):
        outcome = found.outcome(way)
        assert outcome.profit == pytest.approx(4 * 10 * (0.75 - 0.5 * 0.6))
        assert outcome.off_mwh == {}


def test_machines_that_are_not_known_of_do_not_run() -> None:
    """5 of 15 machines are there without anybody knowing until 08:00."""
    more = scenario("[{kind: fleet, units: {G: 15}, notice: 2026-02-11 08:00}]")
    found = met(case(), more)
    knowing, noticed = found.outcome(Way.KNOWING), found.outcome(Way.NOTICED)
    assert knowing.usd["hash_revenue"] == pytest.approx(60)
    assert noticed.usd["hash_revenue"] == pytest.approx(10 + 10 + 15 + 15)
    assert noticed.off_mwh == {str(Reason.OUTAGE): pytest.approx(10.0)}


def test_reasons_are_those_of_the_plan_that_was_followed() -> None:
    """Off for the price in the second hour, as the plan made there says; the first hour's plan knew nothing of it."""
    known, real = conditions(farm(), [0.5, 0.5, 0.5]), conditions(farm(), [0.5, 3.0, 0.5])
    followed, proved = replanned(real, lambda t: real if t >= 1 else known, [1])
    assert proved
    assert {reason: off.tolist() for reason, off in followed.off.items()} == {Reason.PRICE: [[0, 10, 0]]}


def test_the_plan_and_its_reasons_where_nothing_comes_late() -> None:
    c = conditions(farm(), [0.5, 3.0, 0.5])
    followed, _ = replanned(c, lambda _t: c, [])
    plan = plan_conditions(c)
    assert settle(c, followed).profit == plan.settled.profit
    assert {r: off.tolist() for r, off in followed.off.items()} == {
        r: off.tolist() for r, off in plan.explanation.off.items()
    }
    assert isinstance(met(case(), SPIKE).ways[Way.NOTICED], Outcome)
