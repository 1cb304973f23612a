"""What the contract says of a plan's billing periods, by hand. The farms' clock is UTC unless told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from optimizer.accounts.billing import NO_REST, Rest
from optimizer.accounts.conditions import Conditions
from optimizer.errors import MissingDataError
from optimizer.mechanisms.bill.facts import fixed_usd_per_hour, least_usd
from optimizer.mechanisms.demand.config import Ratchet
from optimizer.mechanisms.demand.facts import looked_back, peak_bills, ratchets
from optimizer.mechanisms.demand.later import later_bills, unknown_peaks
from optimizer.mechanisms.suppliers.facts import takes
from optimizer.mechanisms.tags.facts import tags
from optimizer.mechanisms.tiers.facts import tiers_left
from tests.farms import conditions, farm

MORNING = "2026-02-11 06:00+00:00"  # 426 hours before March
LAST_HOURS = "2026-02-28 22:00+00:00"
MONTH = "2026-02-01 00:00+00:00"
FEBRUARY = {"D": {"2026-01": 6.0, "2025-12": 8.0}}  # past peaks that a plan in February may look back to


FACTS: dict[str, Callable[[Conditions], Any]] = {
    "peak_bills": peak_bills,
    "ratchets": ratchets,
    "later_bills": later_bills,
    "remarks": lambda c: tuple(unknown_peaks(c)),
    "tiers": tiers_left,
    "takes": takes,
    "tags": tags,
    "least_usd": least_usd,
    "fixed_usd_per_hour": fixed_usd_per_hour,
}


class Facts:
    """What the mechanisms make of a contract in a plan, and its billing periods."""

    def __init__(self, c: Conditions) -> None:
        self.c = c

    def __getattr__(self, name: str) -> Any:
        return FACTS[name](self.c) if name in FACTS else getattr(self.c.billing, name)


def billing(
    energy: dict[str, Any], hours: list[float], start: str = MORNING, *, rest: Rest = NO_REST, **more: Any
) -> Facts:
    """The billing of a plan with intervals of so many hours; ``bill`` is the bill so far."""
    state = {"bill": more.pop("bill", {})}
    series = {"probability": more.pop("probability", {})}
    built = farm(energy=energy, state=state, **more)
    market = conditions(built, [0.0] * len(hours), hours=hours, start=start, **series).market
    return Facts(Conditions(built, market, built.state, rest))


def demand(**more: Any) -> dict[str, Any]:
    return {"demand": ({"name": "D", "usd_per_mw": 3.0, **more},)}


def test_periods_begun_before_the_plan_and_going_on_after_it() -> None:
    february, march = (across := billing({}, [1.0] * 4, LAST_HOURS)).periods
    assert (across.begun_before(february), across.goes_on(february)) == (True, False)
    assert (across.begun_before(march), across.goes_on(march)) == (False, True)
    whole = billing({}, [24.0] * 28, MONTH)
    (month,) = whole.periods
    assert (whole.begun_before(month), whole.goes_on(month)) == (False, False)


@pytest.mark.parametrize(("start", "counted"), [("2026-02-01 06:00Z", False), ("2026-02-02 06:00Z", True)])
def test_whether_hours_that_count_lie_before_the_plan(start: str, counted: bool) -> None:
    """The last hour of a day: none before the first morning of February, one before the second."""
    late = billing(demand(when={"hours": ({"start": 23, "end": 24},)}), [1.0] * 20, start)
    assert late.counted_before(late.farm.energy.demand[0].when, late.periods[0]) is counted


@pytest.mark.parametrize(("start", "floor"), [(LAST_HOURS, 4.0), (MONTH, 7.0)])
def test_a_bill_whose_hours_lie_outside_the_plan_is_owed_all_the_same(start: str, floor: float) -> None:
    """Hours from 8:00 to 9:00, of two at the end or the beginning of February: 4 MW so far, 7 expected later."""
    outside = demand(expected_peak_mw=7.0, when={"hours": ({"start": 8, "end": 9},)})
    (found,) = billing(outside, [1.0] * 2, start, bill={"peaks_mw": {"D": 4.0}}).peak_bills
    assert (found.intervals.tolist(), found.floor_mw, found.owed_mw) == ([], floor, floor)


def test_the_share_of_what_remains_of_a_period() -> None:
    """Two hours of February's last two, two of March's 744; two of the 426 that are left on the eleventh."""
    across = billing({}, [1.0] * 4, LAST_HOURS)
    assert [across.share_of_remainder(period) for period in across.periods] == [1.0, pytest.approx(2 / 744)]
    within = billing({}, [0.5] * 4)
    assert within.share_of_remainder(within.periods[0]) == pytest.approx(2 / 426)


def test_the_fixed_charge_is_spread_over_the_hours_of_each_period() -> None:
    across = billing({"fixed_usd_per_month": 672.0}, [1.0] * 4, LAST_HOURS)
    assert across.fixed_usd_per_hour.tolist() == pytest.approx([1.0, 1.0, 672 / 744, 672 / 744])


def test_a_month_with_a_change_of_clocks_has_its_own_hours() -> None:
    texas = billing({"fixed_usd_per_month": 743.0}, [1.0], "2026-03-02 06:00+00:00", timezone="America/Chicago")
    assert texas.fixed_usd_per_hour.tolist() == pytest.approx([1.0])


def test_another_billing_day() -> None:
    """With the 15th as billing day the eleventh of February belongs to January's period, of which 90 hours are left."""
    energy = {**demand(expected_peak_mw=5.0), "billing_day": 15, "fixed_usd_per_month": 744.0}
    mid = billing(energy, [45.0], bill={"peaks_mw": {"D": 4.0}})
    (period,) = mid.periods
    assert period.label == "2026-01"
    assert mid.share_of_remainder(period) == pytest.approx(45 / 90)
    assert mid.fixed_usd_per_hour.tolist() == pytest.approx([1.0])
    assert mid.peak_bills[0].floor_mw == 5.0


@pytest.mark.parametrize(
    ("more", "bill", "floor"),
    [
        ({}, {}, 4.0),
        ({"minimum_mw": 6.0}, {}, 6.0),
        ({"minimum_mw": 2.0}, {}, 4.0),
        ({"above_mw": 5.0}, {}, 5.0),
        ({"expected_peak_mw": 7.0}, {}, 7.0),
        ({"ratchet": {"share": 0.75, "months": 1}}, {"past_peaks_mw": FEBRUARY}, 0.75 * 6),
        ({"ratchet": {"share": 0.75, "months": 2}}, {"past_peaks_mw": FEBRUARY}, 0.75 * 8),
        ({"ratchet": {"share": 0.75, "months": 2, "of_months": (1,)}}, {"past_peaks_mw": FEBRUARY}, 0.75 * 6),
        ({"ratchet": {"share": 1.0, "months": 9, "first_month": "2025-12"}}, {"past_peaks_mw": FEBRUARY}, 8.0),
    ],
)
def test_the_floor_is_owed_where_the_period_reaches_beyond_the_plan(
    more: dict[str, Any], bill: dict[str, Any], floor: float
) -> None:
    """4 MW metered so far; contract minimum, lower tier, what is expected later, past peaks."""
    charge = demand(**{"expected_peak_mw": 0.0, **more})
    (found,) = billing(charge, [1.0], bill={"peaks_mw": {"D": 4.0}, **bill}).peak_bills
    so_far = 4.0 if "expected_peak_mw" in more else floor
    assert (found.floor_mw, found.owed_mw, found.so_far_mw) == pytest.approx((floor, floor, so_far))
    assert (found.rate_usd_per_mw, found.intervals.tolist()) == (3.0, [0])


@pytest.mark.parametrize(("minimum", "due"), [(6.0, 6.0), (0.0, 2.0)])
def test_nothing_but_the_lower_tier_is_owed_before_a_whole_month(minimum: float, due: float) -> None:
    """What was metered in January, and what is expected of a month that goes on, is no matter of February's bill."""
    charge = demand(minimum_mw=minimum, above_mw=2.0, expected_peak_mw=9.0)
    (found,) = billing(charge, [24.0] * 28, MONTH, bill={"peaks_mw": {"D": 8.0}}).peak_bills
    assert (found.floor_mw, found.owed_mw, found.so_far_mw) == (due, 2.0, 2.0)


def test_what_the_rest_of_the_month_is_planned_to_draw_stands_for_what_is_expected() -> None:
    rest = Rest({"peaks_mw": {("D", "2026-02"): 8.0}})
    (found,) = billing(demand(expected_peak_mw=1.0), [1.0], bill={"peaks_mw": {"D": 4.0}}, rest=rest).peak_bills
    assert found.floor_mw == 8.0


def test_only_hours_of_the_window_count_and_periods_without_any_have_no_bill() -> None:
    """Hours from 23:00 on, of March only those on weekends: the first, a Sunday, is over before."""
    energy = demand(expected_peak_mw=0.0, when={"months": (2,), "hours": ({"start": 23, "end": 24},)})
    (found,) = billing(energy, [1.0] * 4, LAST_HOURS, bill={"peaks_mw": {"D": 4.0}}).peak_bills
    assert (found.period, found.intervals.tolist()) == (0, [1])


def test_what_is_missing_is_told_all_at_once() -> None:
    """A month begun, of which nothing is known, that goes on, and a ratchet over a month nobody has given."""
    past = {"past_peaks_mw": {"D": {"2026-01": 6.0}}}
    incomplete = billing(demand(ratchet={"share": 0.5, "months": 3}), [1.0], bill=past)
    with pytest.raises(MissingDataError) as told:
        _ = incomplete.peak_bills
    assert set(str(told.value).splitlines()) == {
        "state.bill.past_peaks_mw: the ratchet of D looks back over 3 billing periods; the peaks of 2025-12, 2025-11 "
        "are missing (or say ratchet.first_month)",
        "energy.demand[0]: the billing period 2026-02 goes on after the plan: give expected_peak_mw, or horizon.tail "
        "with a price forecast, else a month's charge falls on this plan alone",
        "state.bill.peaks_mw: the plan begins within the billing period 2026-02: give the highest import so far that "
        "D counts, as `state: {at: 2026-02-11 06:00, bill: {peaks_mw: {D: ...}}}`",
    }


def test_no_peak_is_missing_before_the_first_month_of_a_connection() -> None:
    ratchet = {"share": 0.5, "months": 3, "first_month": "2026-01"}
    known = {"peaks_mw": {"D": 1.0}, "past_peaks_mw": {"D": {"2026-01": 6.0}}}
    (found,) = billing(demand(expected_peak_mw=0.0, ratchet=ratchet), [1.0], bill=known).peak_bills
    assert found.floor_mw == 3.0


def test_a_peak_is_missing_from_the_first_month_of_a_connection_on() -> None:
    ratchet = {"share": 0.5, "months": 9, "first_month": "2025-11"}
    known = {"peaks_mw": {"D": 1.0}, "past_peaks_mw": {"D": {"2026-01": 6.0}}}
    with pytest.raises(MissingDataError, match="the peaks of 2025-12, 2025-11 are missing"):
        _ = billing(demand(expected_peak_mw=0.0, ratchet=ratchet), [1.0], bill=known).peak_bills


def test_a_ratchet_over_past_months_and_those_of_the_plan() -> None:
    """Of January 6, of February 4 MW so far; the plan ends in March, which is expected to see 1 MW later.

    February looks back to January; March to January and to February's peak so far, the plan's own left to the plan.
    """
    charge = demand(expected_peak_mw=1.0, ratchet={"share": 0.5, "months": 2, "first_month": "2026-01"})
    known = {"peaks_mw": {"D": 8.0}, "past_peaks_mw": {"D": {"2026-01": 6.0}}}
    across = billing(charge, [1.0] * 4, LAST_HOURS, bill=known)
    assert [(b.period, b.floor_mw, b.owed_mw) for b in across.peak_bills] == [(0, 8.0, 8.0), (1, 4.0, 4.0)]
    assert across.ratchets == ((1, 0, 0.5),)


def test_a_ratchet_counts_the_peaks_of_its_months_alone() -> None:
    """February, March and April in a plan of days: May's bill would count February's and March's, April's as well."""
    charge = demand(expected_peak_mw=0.0, ratchet={"share": 0.5, "months": 2, "of_months": (2, 4)})
    known = {"past_peaks_mw": {"D": {"2025-12": 2.0}}}
    days = billing(charge, [24.0] * (28 + 31 + 30 + 1), MONTH, bill=known)
    assert [bill.period for bill in days.peak_bills] == [0, 1, 2, 3]
    assert days.ratchets == ((1, 0, 0.5), (2, 0, 0.5), (3, 2, 0.5))
    assert [bill.floor_mw for bill in days.peak_bills] == [0.0, 0.0, 0.0, 0.0]


def test_no_peak_of_the_plan_itself_is_asked_for() -> None:
    """A plan from the first of February on: March looks back to February, which nobody can know yet."""
    charge = demand(expected_peak_mw=0.0, ratchet={"share": 0.5, "months": 1, "first_month": "2026-02"})
    assert [bill.floor_mw for bill in billing(charge, [24.0] * 29, MONTH).peak_bills] == [0.0, 0.0]


def test_months_looked_back_over() -> None:
    assert looked_back(Ratchet(share=0.5, months=1), "2026-01") == ["2025-12"]
    summer = Ratchet(share=0.5, months=12, of_months=(7, 8))
    assert looked_back(summer, "2026-02") == ["2025-08", "2025-07"]


TIER = {"tiers": ({"name": "T", "above_mwh_per_month": 744.0, "adds_usd_per_mwh": 2.0},)}


def test_what_is_left_of_a_tier() -> None:
    """732 MWh used in February leave 12 of its 744; March has two of its 744 hours in the plan, so 2 MWh."""
    tiers = billing(TIER, [1.0] * 4, LAST_HOURS, bill={"tier_mwh": {"T": 732.0}}).tiers
    assert [(q.item, q.period, q.intervals.tolist(), q.amount) for q in tiers] == [
        (0, 0, [0, 1], 12.0),
        (0, 1, [2, 3], pytest.approx(2.0)),
    ]


def test_what_is_left_of_a_tier_is_never_below_zero() -> None:
    (used_up,) = billing(TIER, [1.0] * 2, LAST_HOURS, bill={"tier_mwh": {"T": 800.0}}).tiers
    assert used_up.amount == 0.0


def test_what_the_rest_takes_of_a_tier_is_not_left_for_the_plan() -> None:
    rest = Rest({"tier_mwh": {("T", "2026-02"): 700.0}})
    (within,) = billing(TIER, [1.0], bill={"tier_mwh": {"T": 40.0}}, rest=rest).tiers
    assert within.amount == 744 - 40 - 700


def test_a_tier_counts_the_part_of_an_interval_in_its_window_as_billed() -> None:
    """Of hours from 06:00 on half an hour lies before 06:30; with losses of a quarter 0.625 MWh per MW are billed."""
    timed = {"tiers": ({**TIER["tiers"][0], "when": {"hours": ({"start": 6.5, "end": 8},)}},), "loss_share": 0.25}
    (within,) = billing(timed, [1.0, 1.0, 1.0], bill={"tier_mwh": {"T": 0.0}}).tiers
    assert within.intervals.tolist() == [0, 1]
    assert within.mwh_per_mw.tolist() == [0.625, 1.25]


def supply(**more: Any) -> dict[str, Any]:
    take = {"mwh_per_month": 744.0, "shortfall_usd_per_mwh": 1.0}
    plain = {"name": "plain", "limit_mw": 5.0, "price_usd_per_mwh": 1.0}
    return {"supplies": (plain, {**plain, "name": "S", "minimum_take": take, **more}), "loss_share": 0.25}


def test_what_is_left_of_a_minimum_take() -> None:
    """At the hub, so without losses, and whatever hours the supplier delivers in; a plain supplier has none."""
    takes = billing(supply(), [1.5, 0.5, 1.0], LAST_HOURS, bill={"taken_mwh": {"S": 732.0}}).takes
    assert [(q.item, q.period, q.intervals.tolist(), q.mwh_per_mw.tolist(), q.amount) for q in takes] == [
        (1, 0, [0, 1], [1.5, 0.5], 12.0),
        (1, 1, [2], [1.0], pytest.approx(1.0)),
    ]


def test_what_the_rest_takes_counts_towards_the_minimum_take() -> None:
    rest = Rest({"taken_mwh": {("S", "2026-02"): 700.0}})
    (within,) = billing(supply(), [1.0], bill={"taken_mwh": {"S": 40.0}}, rest=rest).takes
    assert within.amount == 4.0


LEAST = {"minimum_bill_usd_per_month": 844.0, "fixed_usd_per_month": 100.0}


def test_what_the_plan_has_to_come_to_for_the_minimum_bill() -> None:
    """844 less the fixed 100 and what was charged in February; of March two hours of 744."""
    across = billing(LEAST, [1.0] * 4, LAST_HOURS, bill={"charged_usd": 732.0})
    assert across.least_usd == (12.0, pytest.approx(2.0))
    rest = Rest({"charged_usd": {("", "2026-03"): 700.0}})
    assert billing(LEAST, [1.0] * 4, LAST_HOURS, bill={"charged_usd": 732.0}, rest=rest).least_usd == (12.0, 44.0)


def test_a_demand_that_is_owed_anyway_counts_towards_the_minimum_bill() -> None:
    """4 MW metered, 8 expected later at 3 USD/MW: 12 USD. Of the 426 that then lack, an hour of 426 has one."""
    energy = {**LEAST, **demand(expected_peak_mw=8.0)}
    within = billing(energy, [1.0], bill={"charged_usd": 306.0, "peaks_mw": {"D": 4.0}})
    assert within.least_usd == (pytest.approx((744 - 306 - 12) / 426),)


def test_without_a_minimum_bill_there_is_none() -> None:
    assert billing({"fixed_usd_per_month": 100.0}, [1.0]).least_usd == ()


def peak(**more: Any) -> dict[str, Any]:
    rule = {"months": (12, 1), "count": 2, "per": "month", "interval_minutes": 60, "source": "made up for a test"}
    return {"coincident_peaks": ({"name": "P", "rule": rule, "usd_per_mw_year": 8.0, "probability": 0.0, **more},)}


def test_a_tag_for_every_year_with_a_chance_of_a_peak() -> None:
    """Four peaks a year; of 2025's half a peak is in the plan, so seven eighths of 16 MW are expected elsewhere."""
    chance = {"P": [0.0, 0.5, 0.25, 0.25]}
    found = billing(
        peak(elsewhere_mw=16.0, next_year_discount_share=0.5), [1.0] * 4, "2025-12-31 22:00Z", probability=chance
    ).tags
    assert [(tag.year, tag.weight.tolist()) for tag in found] == [
        (2025, [0.0, 0.125, 0.0, 0.0]),
        (2026, [0.0, 0.0, 0.0625, 0.0625]),
    ]
    assert [(tag.floor_mw, tag.rate_usd_per_mw, tag.cases) for tag in found] == [(14.0, 4.0, ())] * 2
    (one,) = billing(peak(), [1.0] * 4, "2025-12-31 22:00Z", probability={"P": [0.0, 0.5, 0.0, 0.0]}).tags
    assert one.year == 2025


def test_a_tag_is_billed_its_minimum_at_least() -> None:
    """Two sure peaks of four: the two of 6 MW outside make a tag of 3 MW, and 5 MW are billed without the plan."""
    chance = {"P": [1.0, 1.0, 0.0]}
    (tag,) = billing(peak(elsewhere_mw=6.0, minimum_mw=5.0), [1.0] * 3, "2026-01-05 22:00Z", probability=chance).tags
    assert (tag.floor_mw, tag.count) == (5.0, 4)
    assert [(case.first, case.chance, case.elsewhere_mw, case.floor_mw) for case in tag.cases if case.chance] == [
        (0, 0.5, 12.0, 5.0),
        (1, 0.5, 12.0, 5.0),
    ]


def test_a_floor_below_what_is_expected_elsewhere_never_binds() -> None:
    """Three other peaks of 16 MW make a tag of 12 MW by themselves: nothing is left of a minimum of 11."""
    chance = {"P": [0.5]}
    for minimum, floored in ((11.0, False), (12.0, False), (13.0, True)):
        energy = peak(elsewhere_mw=16.0, minimum_mw=minimum)
        (tag,) = billing(energy, [1.0], "2026-01-05 22:00Z", probability=chance).tags
        assert bool(tag.cases) == floored


def test_the_peaks_of_a_month_are_told_apart_in_their_order() -> None:
    """Two peaks a month: the first is sure by the third hour, what is left of that hour's chance is the second's."""
    chance = {"P": [0.5, 0.0, 0.75, 0.25]}
    (tag,) = billing(peak(minimum_mw=1.0), [1.0] * 4, "2026-01-05 20:00Z", probability=chance).tags
    assert tag.chances.tolist() == [[0.5, 0.0, 0.5, 0.0], [0.0, 0.0, 0.25, 0.25]]
    assert tag.others(0).tolist() == tag.chances[1].tolist()
    assert sum(case.chance for case in tag.cases) == pytest.approx(1.0)


RATCHET = {"share": 0.5, "months": 2, "first_month": "2026-01"}


@pytest.mark.parametrize(
    ("more", "bill", "floors"),
    [
        ({"expected_peaks_mw": 3.0}, {"D": 4.0}, {"2026-03": 3.0, "2026-04": 3.0}),
        ({"expected_peaks_mw": 1.0}, {"D": 4.0}, {"2026-03": 3.0, "2026-04": 2.0}),  # half of January's 6, of 4 so far
        ({"expected_peaks_mw": 1.0, "expected_peak_mw": 5.0}, {"D": 4.0}, {"2026-03": 3.0, "2026-04": 2.5}),
        ({"expected_peaks_mw": 1.0, "minimum_mw": 7.0}, {"D": 4.0}, {"2026-03": 7.0, "2026-04": 7.0}),
        ({"expected_peaks_mw": {"2026-04": 9.0}}, {"D": 4.0}, {"2026-03": 6.0, "2026-04": 9.0}),
        ({"expected_peaks_mw": {"2026-03": 9.0, "2026-04": 1.0}}, {"D": 4.0}, {"2026-03": 9.0, "2026-04": 4.5}),
        ({}, {"D": 4.0}, {"2026-03": 6.0, "2026-04": 6.0}),
        ({}, {"D": 8.0}, {"2026-03": 8.0, "2026-04": 8.0}),
        ({"when": {"months": (2, 4)}}, {"D": 8.0}, {"2026-04": 8.0}),
        ({"ratchet": {**RATCHET, "of_months": (1,)}}, {"D": 8.0}, {}),
    ],
)
def test_what_later_periods_bill_anyway(more: dict[str, Any], bill: dict[str, Any], floors: dict[str, float]) -> None:
    """January had 6 MW; without a key the highest past peak is expected in the two months a ratchet reaches."""
    energy = demand(**{"expected_peak_mw": 0.0, "ratchet": RATCHET, **more})
    past = {"D": {"2026-01": 6.0, "2025-12": 2.0}}
    later = billing(energy, [1.0], bill={"peaks_mw": bill, "past_peaks_mw": past}).later_bills
    assert {one.label: one.floor_mw for one in later} == floors


def test_a_month_that_the_plan_begins_with_is_no_past_one() -> None:
    """February's peak is the plan's to make, whatever was written down of it: March is held by half of January's 6."""
    energy = demand(expected_peaks_mw=1.0, ratchet=RATCHET)
    past = {"D": {"2026-01": 6.0, "2026-02": 9.0}}
    later = billing(energy, [24.0] * 28, MONTH, bill={"past_peaks_mw": past}).later_bills
    assert {one.label: one.floor_mw for one in later} == {"2026-03": 3.0, "2026-04": 1.0}


@pytest.mark.parametrize("past", [{}, {"D": {"2025-12": 0.0}}])
def test_without_past_peaks_full_load_is_expected(past: dict[str, Any]) -> None:
    """A new connection is not held down by the peak of its first hour."""
    ratchet = {"share": 1.0, "months": 11, "first_month": "2026-02"}
    energy = demand(expected_peak_mw=0.0, ratchet=ratchet)
    assert billing(energy, [1.0], bill={"peaks_mw": {"D": 0.5}, "past_peaks_mw": past}).later_bills == ()


WEEKDAYS = {"days": ("mon", "tue", "wed", "thu", "fri")}


def test_a_charge_whose_hours_lie_outside_the_plan_is_owed_all_the_same() -> None:
    """On Saturday, 14 February 2026, a weekday charge of 10 MW expected counts towards the minimum bill."""
    charge = {"name": "D", "usd_per_mw": 3.0, "when": WEEKDAYS, "expected_peak_mw": 10.0}
    energy = {"demand": (charge,), "minimum_bill_usd_per_month": 50.0}
    c = conditions(farm(energy=energy), [0.0, 0.0], start="2026-02-14 06:00Z")
    (bill,) = Facts(c).peak_bills
    assert (len(bill.intervals), bill.floor_mw, bill.owed_mw, bill.so_far_mw) == (0, 10.0, 10.0, 0.0)
    assert Facts(c).least_usd == pytest.approx((20.0 * c.billing.share_of_remainder(c.billing.periods[0]),))


def test_a_charge_out_of_season_is_not_owed() -> None:
    charge = {"name": "D", "usd_per_mw": 3.0, "when": {"months": (7,)}, "expected_peak_mw": 10.0}
    assert Facts(conditions(farm(energy={"demand": (charge,)}), [0.0])).peak_bills == ()


def test_a_threshold_is_shared_by_the_hours_that_count() -> None:
    """From Friday, 27 February, at 12:00 twelve hours of Friday count, six of them the plan's; none of Saturday."""
    tier = {"name": "T", "above_mwh_per_month": 12.0, "adds_usd_per_mwh": 1.0, "when": WEEKDAYS}
    c = conditions(farm(energy={"tiers": (tier,)}), [0.0] * 6, start="2026-02-27 12:00Z")
    (left,) = Facts(c).tiers
    assert left.amount == pytest.approx(12.0 * 6 / 12)


def test_nothing_is_asked_about_a_charge_whose_hours_lie_outside_the_plan() -> None:
    """Neither the peak so far nor the one to expect matters to a Saturday."""
    charge = {"name": "D", "usd_per_mw": 3.0, "when": WEEKDAYS}
    c = conditions(farm(energy={"demand": (charge,)}), [0.0], start="2026-02-14 06:00Z")
    assert [bill.floor_mw for bill in Facts(c).peak_bills] == [0.0]
