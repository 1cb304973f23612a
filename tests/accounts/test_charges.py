"""Charges over billing periods settled by hand, to the cent. A machine draws one MW and earns one USD per hour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.accounts.settlement import settle
from tests.accounts.schedules import ACROSS, across_two_periods, settled

MONTH = "2026-02-01 00:00+00:00"
DAYS = {"hours": 24.0, "start": MONTH}

BY_HAND = {
    "hash_revenue": (8, 10, 4, 2),
    # of 10, 12.5, 5 and 2.5 MW billed, losses included, the supplier gives 4, 5, 1 and 0
    "energy": (-6 * 1.5, -7.5 * 0.5, -4 * 2.0, -2.5 * 2.0),
    "supply_cost": (-4 * 0.25, -5 * 0.25, -1 * 0.25, 0),
    "adders": (-10 * 0.2, -12.5 * 0.2, -5 * 0.2, -2.5 * 0.2),
    # February has 744 - 732 = 12 MWh left below the tier, March two of its 744 hours: 2 MWh
    "energy_tiers": (0, -(22.5 - 12) * 1.5, -(5 - 2) * 1.5, -2.5 * 1.5),
    # February is billed 4 MW anyway (so far, and half of December's 8), the plan's 10 are 6 more; March 3 MW anyway,
    # and the plan half of February's 10, more than its own 4
    "demand_charge": (0, -6 * 3, -2 * 3, 0),
    # two peaks a year, 4 USD a MW beyond 2. February's counts for two thirds, March's for one, by their chances. With
    # February's peak at 23:00 the tag is (10 + 0.25 x 4 + 0.75 x 2) / 2, outside the plan (2 + 1 + 1.5) / 2; with
    # March's at 00:00 (4 + 0.5 x 10 + 0.5 x 2) / 2, outside the plan (2 + 5 + 1) / 2
    "coincident_peak": (0, -4 * (4.25 * 2 / 6 + 2 * 3 / 12), -4 * (3 / 12 + 0.25 * 2 / 6), 0),
    # 12 MWh less the 9 taken, 2 less 1, charged as each period ends
    "take_shortfall_penalty": (0, -3 * 0.75, 0, -1 * 0.75),
    "fixed_charges": (-1, -1, -672 / 744, -672 / 744),
    # 55 USD lacked in February, of which energy, adders, tier and demand are 51; two hours' share of March is 30
    "minimum_bill": (0, -(55 - 12.75 - 4.5 - 15.75 - 18), 0, -(30 - 13 - 1.5 - 8.25 - 6)),
}


def test_two_billing_periods_line_by_line() -> None:
    account = settle(*across_two_periods())
    for name, usd in account.usd.items():
        assert usd.tolist() == pytest.approx(BY_HAND.get(name, (0, 0, 0, 0)), abs=1e-9), name
    assert set(BY_HAND) <= set(account.usd)
    assert account.flows.spot_mw.tolist() == [6, 7.5, 4, 2.5]


def test_the_totals_to_the_cent() -> None:
    cents = {name: round(usd, 2) for name, usd in settle(*across_two_periods()).lines.items() if usd}
    assert cents == {
        "hash_revenue": 24.00,
        "energy": -25.75,
        "supply_cost": -2.50,
        "adders": -6.00,
        "energy_tiers": -24.00,
        "demand_charge": -24.00,
        "coincident_peak": -9.00,
        "take_shortfall_penalty": -3.00,
        "fixed_charges": -3.81,
        "minimum_bill": -5.25,
    }
    assert round(settle(*across_two_periods()).profit, 2) == -79.31


def demand(**more: Any) -> dict[str, Any]:
    return {"demand": ({"name": "D", "usd_per_mw": 100.0, **more},)}


@pytest.mark.parametrize(
    ("more", "usd"),
    [
        ({}, 700),
        ({"usd_per_mw": None, "usd_per_kw": 0.1}, 700),
        ({"minimum_mw": 2.0}, 700),
        ({"minimum_mw": 9.0}, 900),
        ({"above_mw": 5.0}, 200),
        ({"above_mw": 8.0}, 0),
        ({"when": {"days": ("sat", "sun")}}, 400),
        ({"expected_peak_mw": 99.0}, 700),
    ],
)
def test_a_whole_month_of_demand(more: dict[str, Any], usd: float) -> None:
    """Four machines all month, seven on Wednesday the 18th: 100 USD for each of 7 MW, on that day."""
    on = [4.0] * 17 + [7.0] + [4.0] * 10
    charge = settled(demand(**more), on, **DAYS).usd["demand_charge"]
    assert charge.sum() == pytest.approx(-usd)
    at = 0 if "when" in more else 17  # the first of February is a Sunday
    assert charge[at] == charge.sum()


def test_the_first_of_equal_peaks_is_charged() -> None:
    charge = settled(demand(), [4.0, 7.0, 7.0] + [0.0] * 25, **DAYS).usd["demand_charge"]
    assert np.flatnonzero(charge).tolist() == [1]


@pytest.mark.parametrize(
    ("ratchet", "past", "billed"),
    [
        ({"share": 0.5, "months": 1}, {"2026-01": 20.0}, 10.0),
        ({"share": 0.5, "months": 1}, {"2026-01": 10.0}, 7.0),
        ({"share": 0.5, "months": 2}, {"2026-01": 10.0, "2025-12": 24.0}, 12.0),
        ({"share": 0.5, "months": 12, "of_months": (7,)}, {"2026-01": 99.0, "2025-07": 18.0}, 9.0),
    ],
)
def test_a_ratchet_over_months_before_the_plan(ratchet: dict[str, Any], past: dict[str, float], billed: float) -> None:
    """A whole month is the plan's to pay, what past peaks bill included."""
    bill = {"past_peaks_mw": {"D": past}}
    month = settled(demand(ratchet=ratchet), [7.0] * 28, bill=bill, **DAYS)
    assert month.lines["demand_charge"] == pytest.approx(-100 * billed)


def test_a_ratchet_over_months_of_the_plan() -> None:
    """8 MW in February, none in March, 3 in April: March is billed half of 8, April its own 3, more than 0 of March."""
    charge = demand(ratchet={"share": 0.5, "months": 1, "first_month": "2026-02"})
    on = [8.0] * 28 + [0.0] * 31 + [3.0] * 30
    quarter = settled(charge, on, **DAYS).usd["demand_charge"]
    assert [quarter[:28].sum(), quarter[28:59].sum(), quarter[59:].sum()] == pytest.approx([-800, -400, -300])


def test_a_ratchet_goes_by_what_was_measured() -> None:
    """A month billed by a ratchet does not hold up the one after it: 8 MW, then half of 8, then nothing of nothing."""
    charge = demand(ratchet={"share": 0.5, "months": 1, "first_month": "2026-02"})
    quarter = settled(charge, [8.0] * 28 + [0.0] * 61, **DAYS).usd["demand_charge"]
    assert quarter[59:].sum() == 0


def test_a_new_peak_is_charged_with_the_months_it_holds_up() -> None:
    """8 MW over a peak of 5 so far: 300 USD now; half of 8 in March and April, in which 3 MW are expected, 100 each."""
    ratchet = {"share": 0.5, "months": 2, "first_month": "2026-02"}
    charge = demand(ratchet=ratchet, expected_peaks_mw=3.0)
    account = settled(charge, [2.0, 8.0], start="2026-02-28 22:00Z", bill={"peaks_mw": {"D": 5.0}})
    assert account.usd["demand_charge"].tolist() == [0, -300]
    assert account.usd["later_demand_charge"].tolist() == [0, -200]


@pytest.mark.parametrize("expected", [1.0, 3.0, 9.0])
def test_later_months_are_billed_what_the_new_peak_was_charged_with(expected: float) -> None:
    """March, April and May as they come, at the peak that was expected of them: their bills with 8 MW and with 5.

    A ratchet over three months bills three quarters of the highest before them.
    """
    ratchet = {"share": 0.75, "months": 3, "first_month": "2026-02"}
    charge = demand(ratchet=ratchet, expected_peaks_mw=expected)
    account = settled(charge, [2.0, 8.0], start="2026-02-28 22:00Z", bill={"peaks_mw": {"D": 5.0}})
    more = 0.0
    for month, days in ((3, 31), (4, 30), (5, 31)):
        for sign, february in ((1.0, 8.0), (-1.0, 5.0)):
            past = {"2026-02": february, **{f"2026-{m:02d}": expected for m in range(3, month)}}
            bill = {"past_peaks_mw": {"D": past}}
            start = f"2026-{month:02d}-01 00:00Z"
            then = settled(charge, [expected] * days, hours=24.0, start=start, bill=bill)
            more -= sign * then.lines["demand_charge"]
    assert account.lines["later_demand_charge"] == pytest.approx(-more)
    assert (more > 0) == (expected < 9.0)


@pytest.mark.parametrize(("so_far", "usd"), [(5.0, 300), (8.0, 0), (11.0, 0)])
def test_a_month_to_date_peak_is_paid_already(so_far: float, usd: float) -> None:
    bill = {"peaks_mw": {"D": so_far}}
    assert settled(demand(), [8.0, 3.0], start="2026-02-28 22:00Z", bill=bill).lines["demand_charge"] == -usd


def peak(**more: Any) -> dict[str, Any]:
    rule = {"months": (2,), "count": 2, "per": "month", "interval_minutes": 60, "source": "made up for a test"}
    return {"coincident_peaks": ({"name": "P", "rule": rule, "usd_per_mw_year": 10.0, "probability": 0.0, **more},)}


@pytest.mark.parametrize(
    ("more", "usd"),
    [
        ({}, (5, 20)),
        ({"usd_per_mw_year": None, "usd_per_kw_year": 0.01}, (5, 20)),
        ({"next_year_discount_share": 0.25}, (3.75, 15)),
        ({"minimum_mw": 1.5}, (1.25, 12.5)),  # (4 / 2 - 1.5) x 1/4, (8 / 2 - 1.5) x 1/2
        ({"minimum_mw": 4.0}, (0, 0)),
        ({"elsewhere_mw": 16.0}, (5, 20)),
        ({"elsewhere_mw": 16.0, "minimum_mw": 10.5}, (0, 7.5)),  # (4 + 16) / 2 is below it, (8 + 16) / 2 is not
    ],
)
def test_a_coincident_peak_and_its_minimum(more: dict[str, Any], usd: tuple[float, float]) -> None:
    """4 and 8 MW with chances of 1/4 and 1/2 of two peaks: 0.5 and 2 MW. Elsewhere 5/8 of 16 MW are expected."""
    charge = settled(peak(**more), [4.0, 8.0, 9.0], probability={"P": [0.25, 0.5, 0.0]}).usd["coincident_peak"]
    assert charge.tolist() == pytest.approx([-usd[0], -usd[1], 0])


def test_peaks_that_came_are_charged_exactly() -> None:
    """8 and 4 MW at the two peaks of a season make a tag of 6 MW: 2.5 MW above the minimum, whatever is said of others.

    The load between them, and a chance of nothing, change nothing. Each answers for its part of the mean.
    """
    came = {"P": [1.0, 0.0, 1.0]}
    charged = settled(peak(minimum_mw=3.5, elsewhere_mw=20.0), [8.0, 99.0, 4.0], probability=came)
    assert charged.lines["coincident_peak"] == pytest.approx(-25)
    season = {"months": (2,), "count": 2, "per": "season", "interval_minutes": 60, "source": "made up for a test"}
    charged = settled(peak(minimum_mw=3.5, rule=season), [8.0, 99.0, 4.0], probability=came)
    assert charged.lines["coincident_peak"] == pytest.approx(-25)


def test_a_tag_nobody_draws_for_costs_nothing() -> None:
    assert settled(peak(), [0.0, 0.0], probability={"P": [0.5, 0.5]}).lines["coincident_peak"] == 0


def test_two_tiers_and_a_window() -> None:
    """12 MWh a month and 20, of which the second adds 1 USD/MWh to the 2 of the first, and only from 23:00 on.

    10 and 14 MWh in February's last hours, nothing before: 12 beyond the first, none of the hour's 14 beyond the other.
    """
    first = {"name": "first", "above_mwh_per_month": 12.0, "adds_usd_per_mwh": 2.0}
    late = {"hours": ({"start": 23, "end": 24},)}
    second = {"name": "second", "above_mwh_per_month": 20.0, "adds_usd_per_mwh": 1.0}
    tiers = settled({"tiers": (first, second)}, [10.0, 14.0], start=ACROSS).usd["energy_tiers"]
    assert tiers.tolist() == pytest.approx([0, -12 * 2 - 4 * 1])
    timed = settled({"tiers": (first, {**second, "when": late})}, [10.0, 14.0], start=ACROSS).usd["energy_tiers"]
    assert timed.tolist() == pytest.approx([0, -12 * 2])


@pytest.mark.parametrize(("price", "usd"), [(0.25, 15 - 4.5), (1.5, 0)])
def test_a_minimum_bill_is_reached_or_topped_up(price: float, usd: float) -> None:
    """15 USD are lacking; 18 MWh cost 4.5 or 27. Charged as the period ends."""
    energy = {"minimum_bill_usd_per_month": 27.0, "fixed_usd_per_month": 4.0}
    topped = settled(energy, [10.0, 8.0], price, start=ACROSS, bill={"charged_usd": 8.0}).usd["minimum_bill"]
    assert topped.tolist() == pytest.approx([0, -usd])


def test_what_a_supplier_costs_does_not_count_towards_the_minimum_bill() -> None:
    energy = {
        "minimum_bill_usd_per_month": 15.0,
        "supplies": ({"name": "S", "limit_mw": 9.0, "price_usd_per_mwh": 1.0},),
    }
    bought = settled(energy, [9.0, 9.0], 0.25, start=ACROSS, supply={"S": [9.0, 0.0]})
    assert bought.lines["supply_cost"] == -9
    assert bought.lines["minimum_bill"] == -(15 - 9 * 0.25)
