"""What the storm does, worked by hand: ten MW of machines that earn 60 USD/MWh, and 100 hours at 500."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.conversion.case import StudySite, case_of
from optimizer.conversion.choices import VariantRules
from optimizer.conversion.paths import central
from optimizer.conversion.solving import solve_case
from optimizer.conversion.storm import StormWeek, storm_of
from tests.sites import HOURS, offer, site

RENT = 8 * 12 * 200_000.0  # of 8 critical MW in the second of two years
POWER: dict[str, Any] = {
    "blocks": (
        {"name": "all", "hours_per_year": HOURS, "usd_per_mwh": 40.0},
        {"name": "storm", "hours_per_year": 100.0, "usd_per_mwh": 500.0, "storm": True},
    )
}
CALL = {"name": "emergency", "hours_per_year": 40.0, "to_share": 0.2}


def stormy(converted: dict[int, float], power: dict[str, Any] = POWER, **terms: Any) -> StormWeek:
    made: StudySite = site(power=power, offers=(offer(**terms),))
    found = storm_of(solve_case(case_of(made, central(made.timeline)), VariantRules(converted=converted)).account)
    assert found is not None
    return found


def test_machines_stop_in_the_storm_and_lose_nothing() -> None:
    """Had they not, 10 MW would have lost (500 - 60) x 100 hours each."""
    found = stormy({})
    assert (found.hours, found.machines, found.tenants) == pytest.approx((100.0, 0.0, 0.0))
    assert found.never_stopping == pytest.approx(-10 * 440 * 100)


def test_a_call_in_the_storm_pays_for_load_that_is_cut() -> None:
    """10 MW are enrolled, which run on average, and are paid 300 USD for each MWh of 40 hours."""
    pays = {"capacity_usd_per_kw_month": 0.0, "cut_usd_per_mwh": 300.0, "most_mw": 8.0}
    found = stormy({}, {**POWER, "calls": (CALL,), "flexibility": pays})
    assert found.machines == pytest.approx(8 * 40 * 300)
    assert found.hours == pytest.approx(100.0)


def test_tenants_pay_rent_in_the_storm_and_are_owed_for_the_call() -> None:
    """By hand, of two years the second is let: rent of 100 hours of 8,766; the call leaves 2 of 10 MW, of the other 8
    backup serves half the load, 5, at 400 and 3 are owed 1,000, for 40 hours.
    """
    service = {"credit_usd_per_mwh": 1_000.0, "backup_share": 0.5, "backup_usd_per_mwh": 400.0}
    found = stormy({0: 8.0}, {**POWER, "calls": (CALL,)}, service=service)
    assert found.tenants == pytest.approx((RENT * 100 / HOURS - 40 * (5 * 400 + 3 * 1_000)) / 2)


def test_who_pays_the_tenants_power_pays_it_in_the_storm() -> None:
    """10 MW at 500 for 100 hours; in the call neither 8 MW unserved draw nor are bought."""
    found = stormy({0: 8.0}, power_paid_by="farm")
    assert found.tenants == pytest.approx((RENT * 100 / HOURS - 10 * 500 * 100) / 2)
    called = stormy({0: 8.0}, {**POWER, "calls": (CALL,)}, power_paid_by="farm")
    assert called.tenants == pytest.approx((RENT * 100 / HOURS - 10 * 500 * 100 - 8 * 40 * (1_000 - 500)) / 2)


def test_a_year_without_a_storm_says_nothing_of_it() -> None:
    made = site()
    assert storm_of(solve_case(case_of(made, central(made.timeline)), VariantRules(converted={})).account) is None
