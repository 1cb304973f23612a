"""What counts towards minimum bill and minimum take: an example for each part, with the optimum were it left out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.farms import conditions, farm, group
from tests.worked_examples.optimum import optimum, usd

LAST_HOURS = "2026-02-28 22:00+00:00"  # two hours before the billing period ends


@pytest.mark.parametrize(
    ("energy", "price"),
    [
        ({}, 1.5),
        ({"adders_usd_per_mwh": 1.5}, 0.0),
        ({"tiers": ({"name": "T", "above_mwh_per_month": 0.0, "adds_usd_per_mwh": 1.5},)}, 0.0),
    ],
)
def test_energy_adders_and_tiers_count(energy: dict[str, Any], price: float) -> None:
    """15 USD are due anyway; for them 10 MWh at 1.5 USD earn 10. Were that not counted, nothing would run: -15 USD."""
    c = conditions(
        farm(group(units=10), energy={"minimum_bill_usd_per_month": 15.0, **energy}), [price] * 2, start=LAST_HOURS
    )
    assert optimum(c).profit == usd(10 - 15)


def test_a_contract_minimum_of_demand_counts() -> None:
    """February in days: 2 MW at 1,000 USD/MW are billed at least, and 3,000 USD in all, so a third MW costs nothing.

    Three machines earn 672 USD each. Were what is billed at least not counted, five would run for a dearer bill.
    """
    charge = {"name": "D", "usd_per_mw": 1000.0, "minimum_mw": 2.0}
    energy = {"minimum_bill_usd_per_month": 3000.0, "demand": (charge,)}
    c = conditions(farm(group(units=10), energy=energy), [0.0] * 28, hours=24.0, start="2026-02-01 00:00Z")
    best = optimum(c, uncut="of a month that goes on, the minimum by contract is owed anyway")
    assert (best.on()[0], best.profit) == (3, usd(3 * 672 - 3000))


def test_a_minimum_take_counts_the_energy_of_its_own_supplier() -> None:
    """In two half hours 4 MWh are left to take of the second supplier, at 1.5 USD/MWh; 3 USD/MWh is spot.

    Two machines run on the first supplier, four on the second: -0.5 USD/MWh instead of the -0.75 for what is not taken.
    Were megawatts counted, two would do; were the first supplier's energy counted, half of it would be there already.
    """
    take = {"mwh_per_month": 100.0, "shortfall_usd_per_mwh": 0.75}
    supplies = (
        {"name": "plain", "limit_mw": 2.0, "price_usd_per_mwh": 0.25},
        {"name": "S", "limit_mw": 6.0, "price_usd_per_mwh": 1.5, "minimum_take": take},
    )
    built = farm(group(units=10), energy={"supplies": supplies}, state={"bill": {"taken_mwh": {"S": 96.0}}})
    best = optimum(conditions(built, [3.0] * 2, hours=0.5, start="2026-02-28 23:00+00:00"))
    assert sum(best.on()) * 0.5 == pytest.approx(2 + 4)
    assert best.profit == usd(2 * 0.75 - 4 * 0.5)
