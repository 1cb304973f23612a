"""Charges over a billing period. A machine draws one MW and earns one USD per hour; energy prices are in USD/MWh.

Plans begin on 11 February 2026 at 06:00, or two hours before March, where the billing period ends with the plan.
"""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.settlement import settle
from optimizer.mechanisms.demand.later import later_bills
from tests.accounts.schedules import machines
from tests.farms import conditions, farm, group
from tests.worked_examples.optimum import optimum, usd

LAST_HOURS = "2026-02-28 22:00+00:00"  # in UTC, the farms' clock


def demand(**more: Any) -> dict[str, Any]:
    """A demand charge of 3 USD/MW that expects nothing of the rest of the month."""
    return {"name": "demand", "usd_per_mw": 3.0, "expected_peak_mw": 0.0, **more}


def with_demand(*charges: dict[str, Any], bill: Any = None, **energy: Any) -> Any:
    state = {"bill": {"peaks_mw": {"demand": 4.0}, **(bill or {})}}
    return farm(group(units=10), energy={"demand": charges, **energy}, state=state)


def test_demand_charge() -> None:
    """Proves that a plan pays for raising the month's peak, and uses what is billed already.

    By hand, two free hours, 4 MW metered before: a machine beyond the fourth earns 2 USD and costs 3: four run, 8 USD.
    Without the charge, or without its rows, the optimum would be ten machines and 20 USD.
    """
    c = conditions(with_demand(demand()), [0.0, 0.0])
    assert (optimum(c).on(), optimum(c).profit) == ([4, 4], usd(8))
    assert optimum(c, "demand_charge").profit == usd(20)
    assert optimum(c, "peak_measured").profit == usd(20)
    assert optimum(c, "peak_billed").profit == usd(20)


def test_a_peak_that_pays_is_paid_for_once() -> None:
    """Proves that three hours under one peak pay for it: by hand 30 USD of hash less 6 MW at 2.5 USD."""
    c = conditions(with_demand(demand(usd_per_mw=2.5)), [0.0] * 3)
    assert (optimum(c).on(), optimum(c).profit) == ([10] * 3, usd(30 - 6 * 2.5))


def test_kilowatts_are_megawatts() -> None:
    """Proves that 0.003 USD/kW is 3 USD/MW."""
    c = conditions(with_demand(demand(usd_per_mw=None, usd_per_kw=0.003)), [0.0, 0.0])
    assert optimum(c).profit == usd(8)


def test_only_the_window_counts() -> None:
    """Proves that import outside the charge's hours is free: by hand ten machines at 06:00, four at 07:00."""
    c = conditions(with_demand(demand(when={"hours": ({"start": 7, "end": 8},)})), [0.0, 0.0])
    assert (optimum(c).on(), optimum(c).profit) == ([10, 4], usd(14))


@pytest.mark.parametrize(
    ("more", "bill", "on"),
    [
        ({"minimum_mw": 6.0}, {}, 6),
        ({"expected_peak_mw": 7.0}, {}, 7),
        ({"above_mw": 5.0}, {}, 5),
        ({"ratchet": {"share": 0.5, "months": 1}}, {"past_peaks_mw": {"demand": {"2026-01": 16.0}}}, 8),
        ({"ratchet": {"share": 0.5, "months": 1, "first_month": "2026-02"}}, {}, 4),
        (
            {"ratchet": {"share": 0.5, "months": 12, "of_months": (7, 8)}},
            {"past_peaks_mw": {"demand": {"2025-07": 10.0, "2025-08": 18.0, "2026-01": 20.0}}},
            9,
        ),
    ],
)
def test_what_is_billed_anyway_is_used(more: dict[str, Any], bill: dict[str, Any], on: int) -> None:
    """Proves each floor under the billed peak: contract minimum, expectation, lower tier, ratchet over past months."""
    c = conditions(with_demand(demand(**more), bill=bill), [0.0, 0.0])
    assert (optimum(c).on(), optimum(c).profit) == ([on, on], usd(2 * on))


def test_rising_demand_tiers() -> None:
    """Proves that a second rate above 6 MW adds to the first: at 1.5 USD/MW and 1 more above 6 MW, six run."""
    first, second = demand(usd_per_mw=1.5), demand(name="more", usd_per_mw=1.0, above_mw=6.0)
    c = conditions(with_demand(first, second, bill={"peaks_mw": {"demand": 0.0, "more": 0.0}}), [0.0, 0.0])
    assert (optimum(c).on(), optimum(c).profit) == ([6, 6], usd(6 * 2 - 6 * 1.5))


def test_peak_ratchet() -> None:
    """Proves that a peak is reckoned with where it will be billed again.

    By hand, two hours of February at no price, two of March at 0.5 USD/MWh, 1.5 USD/MW in each month, half of
    February's peak billed in March at least. A megawatt in February earns 2 - 1.5; half a megawatt of March is then
    billed anyway, 0.75 USD, and earns 2 x 0.5 x 0.5: 0.25 USD each, ten run, then five. Beyond those five a megawatt in
    March earns 1 for 1.5. Without peak_ratchet the optimum would be ten, then none: 5 USD.
    """
    ratchet = {"share": 0.5, "months": 1, "first_month": "2026-02"}
    both = with_demand(demand(usd_per_mw=1.5, ratchet=ratchet), bill={"peaks_mw": {"demand": 0.0}})
    c = conditions(both, [0.0, 0.0, 0.5, 0.5], start=LAST_HOURS)
    best = optimum(c, uncut="a plan of March owes what a peak of February holds up there, whatever it does")
    assert (best.on(), best.profit) == ([10, 10, 5, 5], usd(20 - 10 * 1.5 + 5 - 5 * 1.5))
    without = optimum(c, "peak_ratchet")
    assert (without.on(), without.profit) == ([10, 10, 0, 0], usd(20 - 15))


@pytest.mark.parametrize(
    ("expected", "on", "profit"),
    [
        (2.0, 4, 8.0),
        (5.0, 10, 20.0 - 6.0),
        ({"2026-03": 5.0, "2026-04": 5.0, "2026-05": 2.0}, 10, 20.0 - 6.0 - 2.5),
        (None, 8, 16.0 - 4.0),
    ],
)
def test_later_ratchet(expected: Any, on: int, profit: float) -> None:
    """Proves that a peak is charged with what it holds up in the months after the plan, beyond what they bill anyway.

    By hand, two free hours, 4 MW so far and in January, 1 USD/MW in a month, half of a peak in the three months after
    it. A MW above the fourth earns 2 and costs 1 in February, and half a dollar in each month in which 2 MW are
    expected, which half of 4 MW hold up anyway: 2.5, so four run. Where 5 MW are expected, half of 10 MW adds nothing.
    In May, where 2 MW are expected and half of April's 5 are billed anyway, it adds 5 - 2.5 MW. Without a key 4 MW are
    expected, as in January: half of eight adds nothing.
    """
    ratchet = {"share": 0.5, "months": 3, "first_month": "2026-01"}
    past = {"past_peaks_mw": {"demand": {"2026-01": 4.0}}}
    charge = demand(usd_per_mw=1.0, ratchet=ratchet, **({} if expected is None else {"expected_peaks_mw": expected}))
    c = conditions(with_demand(charge, bill=past), [0.0, 0.0])
    assert (optimum(c).on(), optimum(c).profit) == ([on, on], usd(profit))
    if expected == 2.0:
        assert optimum(c, "later_ratchet").profit == usd(14)
        assert optimum(c, "later_demand_charge").profit == usd(14)


def test_months_that_the_plan_covers_are_not_charged_twice() -> None:
    """Proves that a peak of February is charged with March once: in the plan's own March, not as a later month.

    By hand, the two months of `test_peak_ratchet` with 0 MW expected later and a ratchet of two months: April is held
    up by half of both months' peaks. A MW in February earns 2, costs 1.5 for itself, 0.75 for March and 0.75 for April,
    and brings 0.5 in March: none of it pays.
    """
    ratchet = {"share": 0.5, "months": 2, "first_month": "2026-02"}
    charge = demand(usd_per_mw=1.5, ratchet=ratchet, expected_peaks_mw=0.0)
    c = conditions(with_demand(charge, bill={"peaks_mw": {"demand": 0.0}}), [0.0, 0.0, 0.5, 0.5], start=LAST_HOURS)
    assert [(b.label, len(b.earlier)) for b in later_bills(c)] == [("2026-04", 2), ("2026-05", 1)]
    assert optimum(c).profit == usd(0)


def whole_month(rate: float, price: float, **more: Any) -> Conditions:
    """February in days of 24 hours each, in one plan."""
    charge = {"name": "demand", "usd_per_mw": rate, **more}
    return conditions(
        farm(group(units=10), energy={"demand": (charge,)}), [price] * 28, hours=24.0, start="2026-02-01 00:00+00:00"
    )


def test_a_plan_of_a_whole_month_pays_the_whole_charge() -> None:
    """Proves that nothing is owed before a month begins: 672 hours at 0.25 less 100 USD/MW; 2 MW by contract."""
    assert optimum(whole_month(100.0, 0.75)).profit == usd(10 * (672 * 0.25 - 100))
    least = "of a month that goes on, the minimum by contract is owed anyway"
    idle = optimum(whole_month(1000.0, 0.75, minimum_mw=2.0), uncut=least)
    assert (idle.on()[0], idle.profit) == (2, usd(2 * 672 * 0.25 - 2 * 1000))


def tier(**more: Any) -> dict[str, Any]:
    """Energy above 100 MWh costs 1.5 USD/MWh more."""
    return {"name": "tier", "above_mwh_per_month": 100.0, "adds_usd_per_mwh": 1.5, **more}


def test_energy_tier() -> None:
    """Proves that energy beyond a tier costs more, what was metered before counted.

    By hand, 88 MWh metered, two hours to the end of the month, the second at 0.5 USD/MWh: 12 MWh are left below the
    tier, beyond it a MWh costs 1.5 and earns 1: 10 + 2 x 0.5 USD. Without energy_tier or energy_tiers the optimum would
    be 15 USD.
    """
    month_end = farm(group(units=10), energy={"tiers": (tier(),)}, state={"bill": {"tier_mwh": {"tier": 88.0}}})
    c = conditions(month_end, [0.0, 0.5], start=LAST_HOURS)
    assert optimum(c).profit == usd(11)
    assert optimum(c, "energy_tier").profit == usd(15)
    assert optimum(c, "energy_tiers").profit == usd(15)


def test_a_tier_of_a_month_that_goes_on_is_shared_by_time() -> None:
    """Proves that two of the 426 hours left of February have two 426ths of what is left of the tier: 6 MWh."""
    c = conditions(farm(group(units=10), energy={"tiers": (tier(above_mwh_per_month=426 * 3.0),)}), [0.0, 0.0])
    assert optimum(c, uncut="an hour has a share of its own of what is left").profit == usd(6)


def test_a_tier_counts_energy_as_billed() -> None:
    """Proves that with losses of a quarter 12 MWh as billed are 9.6 MWh metered."""
    month_end = farm(
        group(units=10),
        energy={"tiers": (tier(above_mwh_per_month=12.0),), "loss_share": 0.25},
        state={"bill": {"tier_mwh": {"tier": 0.0}}},
    )
    assert optimum(conditions(month_end, [0.0, 0.0], start=LAST_HOURS)).profit == usd(9.6)


def coincident(**more: Any) -> Any:
    rule = {"months": (2,), "count": 1, "per": "month", "interval_minutes": 60, "source": "made up for a test"}
    peak = {"name": "peak", "rule": rule, "usd_per_mw_year": 4.0, "probability": 0.5, **more}
    return farm(group(units=10), energy={"coincident_peaks": (peak,)})


def test_coincident_peak() -> None:
    """Proves that import in an interval that may be the grid's peak costs its probability times the rate.

    By hand, half a chance of 4 USD/MW at 07:00 is 2 USD/MWh against 1 of hash: ten machines, then none. Without
    peak_tag or coincident_peak the optimum would be 20 USD.
    """
    c = conditions(coincident(), [0.0, 0.0], probability={"peak": [0.0, 0.5]})
    assert (optimum(c).on(), optimum(c).profit) == ([10, 0], usd(10))
    assert optimum(c, "peak_tag").profit == usd(20)
    assert optimum(c, "coincident_peak").profit == usd(20)


def test_next_years_money_is_worth_less() -> None:
    """Proves the discount: at three quarters off the chance costs 0.5 USD/MWh, and all run."""
    c = conditions(coincident(next_year_discount_share=0.75), [0.0, 0.0], probability={"peak": [0.0, 0.5]})
    assert optimum(c).profit == usd(20 - 10 * 0.5)


@pytest.mark.parametrize(("more", "on"), [({"minimum_mw": 2.0}, 2), ({"elsewhere_mw": 8.0}, 0)])
def test_a_minimum_share_makes_a_part_of_the_peak_free(more: dict[str, Any], on: int) -> None:
    """Proves that a tag billed at least is used: should the peak come, 2 MW of it are free. What is elsewhere is not.

    Half a chance of 4 USD for a MW above them is 2 USD against 1 of hash. With the floor taken from the expectation
    half a chance of 4 MW would pass for free, and half a chance of 2 MW more is charged.
    """
    c = conditions(coincident(**more), [0.0, 0.0], probability={"peak": [0.0, 0.5]})
    assert (optimum(c).on(), optimum(c).profit) == ([10, on], usd(10 + on))


TWO_MONTHS = {"months": (2, 3), "count": 1, "per": "month", "interval_minutes": 60, "source": "made up for a test"}


def test_tag_excess() -> None:
    """Proves that the excess above a floor is weighed by its chance, not the floor met by the chance's mean.

    By hand, two peaks a year, 3 MW at the other one, 4 MW billed at least: with the peak at 07:00 the tag is
    (3 + i) / 2, so 5 MW are free there; a MW above them adds half a MW with half a chance, 2 USD for 1 of hash. The
    mean tag is 2.25 + i / 4: by that 7 machines would run, and the charge for them is 0.5 x 8 USD x 1 MW = 4 USD.
    """
    floored = coincident(rule=TWO_MONTHS, usd_per_mw_year=8.0, minimum_mw=4.0, elsewhere_mw=3.0)
    c = conditions(floored, [0.0, 0.0], probability={"peak": [0.0, 0.5]})
    assert (optimum(c).on(), optimum(c).profit) == ([10, 5], usd(15))
    assert settle(c, machines([10.0, 7.0])).profit == usd(17 - 4)
    assert optimum(c, "tag_case").profit == usd(20)
    assert optimum(c, "tag_excess").profit == usd(20)
    assert optimum(c, "coincident_peak").profit == usd(20)


def test_other_peaks() -> None:
    """Proves that a plan over two months takes the other month's peak at its expectation.

    By hand, a sure peak in the last hour of February and one in the first of March, 3 MW billed at least, 8 USD a MW:
    the tag is the mean of both hours. 6 MW of the two are free, a MW more costs 4 USD for 1 of hash. Without
    other_peaks each of them alone would have them free: 12 machine-hours.
    """
    c = conditions(
        coincident(rule=TWO_MONTHS, usd_per_mw_year=8.0, minimum_mw=3.0, elsewhere_mw=9.0),
        [0.0, 0.0],
        start="2026-02-28 23:00+00:00",
        probability={"peak": [1.0, 1.0]},
    )
    assert optimum(c, uncut="a peak outside the plan is expected elsewhere").profit == usd(6)
    assert sum(optimum(c).on()) == 6
    assert optimum(c, "other_peaks").profit == usd(12)


def test_a_peak_longer_than_an_interval_is_a_mean() -> None:
    """Proves that two half hours of a peak's hour share it: a mean of 4 MW is free, 8 in one of them and 0 beside it.

    By hand, power is dear in the second half hour: 8 machines for half an hour earn 4 USD, and a MW more costs 2.
    """
    c = conditions(coincident(minimum_mw=4.0, usd_per_mw_year=8.0), [0.0, 3.0], hours=0.5, probability={"peak": 0.25})
    best = optimum(c, uncut="half of a peak's hour has a mean of its own")
    assert (best.on(), best.profit) == ([8, 0], usd(4))


def test_an_interval_longer_than_a_peak_draws_as_much_in_it_as_all_along() -> None:
    """By hand, two hours in one: 4 MW are free and earn 8 USD, a MW more earns 2 USD and costs a quarter of 12."""
    c = conditions(coincident(minimum_mw=4.0, usd_per_mw_year=12.0), [0.0], hours=2.0, probability={"peak": 0.25})
    assert (optimum(c).on(), optimum(c).profit) == ([4], usd(8))


def test_fixed_charges() -> None:
    """Proves that the customer charge falls on the hours of its month: 672 USD over 672 hours of February."""
    c = conditions(farm(group(units=10), energy={"fixed_usd_per_month": 672.0}), [0.0, 0.0])
    assert optimum(c).profit == usd(20 - 2)
    assert optimum(c, "fixed_charges").profit == usd(20)


def test_minimum_bill() -> None:
    """Proves that energy below the minimum bill is free on the margin.

    By hand, two hours at 1.5 USD/MWh to the end of the month, 8 USD charged before, 27 at least with a fixed charge of
    4: 15 USD fall due anyway; 10 MWh for it earn 10 USD. Without least_bill nothing would run, for the fixed charge
    alone; without minimum_bill as well.
    """
    energy = {"minimum_bill_usd_per_month": 27.0, "fixed_usd_per_month": 4.0}
    month_end = farm(group(units=10), energy=energy, state={"bill": {"charged_usd": 8.0}})
    c = conditions(month_end, [1.5, 1.5], start=LAST_HOURS)
    fixed = 4.0 * 2 / 672
    assert optimum(c).profit == usd(10 - 15 - fixed)
    assert optimum(c, "least_bill").profit == usd(-fixed)
    assert optimum(c, "minimum_bill").profit == usd(-fixed)


def test_demand_and_tiers_count_towards_the_minimum_bill() -> None:
    """Proves that a billed peak takes the place of a top-up.

    By hand, 6 USD at least: ten machines under a charge of 0.5 USD/MW are 5 USD, and 1 USD is topped up: 20 - 6 USD.
    """
    energy = {"minimum_bill_usd_per_month": 6.0, "demand": (demand(usd_per_mw=0.5),)}
    month_end = farm(group(units=10), energy=energy, state={"bill": {"peaks_mw": {"demand": 0.0}}})
    assert optimum(conditions(month_end, [0.0, 0.0], start=LAST_HOURS)).profit == usd(20 - 6)
