"""Other suppliers and purchases of the day before. A machine draws one MW and earns one USD per hour."""

from __future__ import annotations

from typing import Any

from optimizer.config.rates import Rates
from optimizer.market.calendars import rates_on
from tests.farms import conditions, farm, group
from tests.worked_examples.optimum import optimum, usd
from tests.worked_examples.test_charges import LAST_HOURS


def supplier(**more: Any) -> dict[str, Any]:
    """Up to 6 MW at 0.25 USD/MWh."""
    return {"name": "supplier", "limit_mw": 6.0, "price_usd_per_mwh": 0.25, **more}


def with_supplies(*supplies: dict[str, Any], **more: Any) -> Any:
    energy = {"supplies": supplies, **more.pop("energy", {})}
    return farm(group(units=10), energy=energy, **more)


def test_supply_cost() -> None:
    """Proves that a supplier is drawn on to its limit and paid: at 3 USD/MWh spot six run, 6 - 6 x 0.25 USD.

    Without the supplier nothing would run; without supply_cost six would run for nothing.
    """
    c = conditions(with_supplies(supplier()), [3.0])
    assert (optimum(c).on(), optimum(c).profit) == ([6], usd(6 - 6 * 0.25))
    assert optimum(c, "supply_cost").profit == usd(6)
    assert optimum(conditions(with_supplies(), [3.0])).profit == usd(0)


def test_the_cheapest_come_first() -> None:
    """Proves the order of two suppliers and spot: 6 MW at 0.25, 3 MW at 0.5, the tenth at spot, 0.75 USD/MWh."""
    second = supplier(name="second", limit_mw=3.0, price_usd_per_mwh=0.5)
    c = conditions(with_supplies(second, supplier()), [0.75])
    assert optimum(c).profit == usd(10 - 6 * 0.25 - 3 * 0.5 - 0.75)


def test_losses_are_drawn_too() -> None:
    """Proves that a limit is at the hub: with losses of a quarter 6 MW there feed 4.8 machines."""
    c = conditions(with_supplies(supplier(), energy={"loss_share": 0.25}), [3.0])
    assert optimum(c).profit == usd(4.8 - 6 * 0.25)


def test_a_supplier_is_there_when_the_contract_says() -> None:
    """Proves that a window limits it: from 07:00 on."""
    c = conditions(with_supplies(supplier(when={"hours": ({"start": 7, "end": 24},)})), [3.0, 3.0])
    assert optimum(c).on() == [0, 6]


def test_minimum_take() -> None:
    """Proves that a minimum is taken where falling short costs more.

    By hand, two hours to the end of the month, 12 MWh left to take at 1.5 USD/MWh: each loses 0.5 USD, each not taken
    costs 0.75: all are taken, -6 USD. Without minimum_take or take_shortfall_penalty nothing would run: 0 USD.
    """
    take = {"mwh_per_month": 100.0, "shortfall_usd_per_mwh": 0.75}
    bill = {"bill": {"taken_mwh": {"supplier": 88.0}}}
    dear = with_supplies(supplier(price_usd_per_mwh=1.5, minimum_take=take), state=bill)
    c = conditions(dear, [3.0, 3.0], start=LAST_HOURS)
    assert (optimum(c).on(), optimum(c).profit) == ([6, 6], usd(12 - 12 * 1.5))
    assert optimum(c, "minimum_take").profit == usd(0)
    assert optimum(c, "take_shortfall_penalty").profit == usd(0)


def test_a_cheap_shortfall_is_paid() -> None:
    """Proves that the minimum is not a hard limit: at 0.25 USD/MWh for what is not taken, 12 x 0.25 USD are paid."""
    take = {"mwh_per_month": 12.0, "shortfall_usd_per_mwh": 0.25}
    bill = {"bill": {"taken_mwh": {"supplier": 0.0}}}
    dear = with_supplies(supplier(price_usd_per_mwh=1.5, minimum_take=take), state=bill)
    assert optimum(conditions(dear, [3.0, 3.0], start=LAST_HOURS)).profit == usd(-12 * 0.25)


def test_a_day_ahead_purchase_is_settled_against_real_time() -> None:
    """Proves a mix of day-ahead and real-time: a block at the day-ahead price that may be sold back, for no fee.

    By hand, 6 MW bought at 0.5 USD/MWh: at 3 USD real-time they are sold and nothing runs; at 0.2 all ten run, four of
    them on real-time power: 6 x 3 + 10 - 4 x 0.2 - 12 x 0.5 USD. Without the purchase: 10 - 10 x 0.2 USD.
    """
    purchase = {"name": "day-ahead", "mw": 6.0, "price_usd_per_mwh": 0.5, "resale": {}}
    mixed = farm(group(units=10), energy={"blocks": (purchase,)})
    best = optimum(conditions(mixed, [3.0, 0.2]))
    assert (best.on(), best.profit) == ([0, 10], usd(6 * 3 + 10 - 4 * 0.2 - 12 * 0.5))
    assert optimum(conditions(farm(group(units=10)), [3.0, 0.2])).profit == usd(10 - 10 * 0.2)


def test_rates_by_time_of_use() -> None:
    """Proves that a rate holds in its hours: on-peak at 1.5 USD/MWh from 07:00 nothing runs, before it all do."""
    rates = {
        "rates": ({"name": "On-peak", "usd_per_mwh": 1.5, "when": {"hours": ({"start": 7, "end": 22},)}},),
        "otherwise_usd_per_mwh": 0.25,
    }
    timed = farm(group(units=10), energy={"price_usd_per_mwh": rates})
    price = timed.energy.price_usd_per_mwh
    assert isinstance(price, Rates)
    c = conditions(timed, rates_on(conditions(timed, [0.0, 0.0]).grid, price, None))
    assert (optimum(c).on(), optimum(c).profit) == ([10, 0], usd(10 - 2.5))
