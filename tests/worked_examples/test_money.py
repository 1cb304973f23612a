"""What each term of the objective is worth. A machine draws one MW and earns one USD per hour."""

from __future__ import annotations

import pytest

from tests.farms import conditions, farm, group
from tests.worked_examples.optimum import optimum, usd

OFF = {"state": {"groups": {"G": {"running": 0}}}}


def test_hash_revenue() -> None:
    """Proves that hash earns its price less the pool's fee.

    By hand: 12.5 % go to the pool, so a machine earns 0.875 USD and stops at 0.9 USD/MWh. Without it the optimum would
    be nothing on.
    """
    c = conditions(farm(revenue={"pool_fee_share": 0.125}), [0.4, 0.9])
    assert optimum(c).profit == usd(10 * (0.875 - 0.4))
    assert optimum(c).on() == [10, 0]
    assert optimum(c, "hash_revenue").profit == usd(0.0)


def test_a_group_may_have_a_pool_fee_of_its_own() -> None:
    """Proves that the group's fee takes the place of the farm's: by hand 0.75 USD against 0.875 USD an hour."""
    c = conditions(farm(group("A", pool_fee_share=0.25), group("B"), revenue={"pool_fee_share": 0.125}), [0.8])
    assert optimum(c).profit == usd(10 * (0.875 - 0.8))
    assert (optimum(c).on("A"), optimum(c).on("B")) == ([0], [10])


def test_hash_revenue_follows_hashprice_and_hours() -> None:
    """Proves the units: by hand 48 USD/PH/day is 2 USD an hour for 1,000 TH/s; half an hour of it, less 0.4 USD/MWh."""
    c = conditions(farm(), [0.4, 0.4], hours=[0.5, 1.0], hashprice=[48.0, 24.0])
    assert optimum(c).profit == usd(10 * (0.5 * (2 - 0.4) + 1.0 * (1 - 0.4)))


def test_hosting_revenue() -> None:
    """Proves that a customer's machines earn their fee per MWh, and none of the hash.

    By hand: 0.8 USD/MWh less 0.5; off at 0.9. Without it the optimum would be nothing on.
    """
    c = conditions(farm(group(hosting={"fee_usd_per_mwh": 0.8})), [0.5, 0.9])
    assert optimum(c).profit == usd(10 * (0.8 - 0.5))
    assert optimum(c).on() == [10, 0]
    assert optimum(c, "hosting_revenue").profit == usd(0.0)


@pytest.mark.parametrize(("price", "gain", "on"), [(0.4, 0.1, 10), (0.6, 0.0, 0)])
def test_restart_loss(price: float, gain: float, on: int) -> None:
    """Proves that a start loses the hash of its thirty minutes while it draws power.

    By hand: at 0.4 USD/MWh an hour gains 0.6 - 0.5 USD; at 0.6 it would lose 0.1 USD. Without it the optimum would be
    ten machines either way.
    """
    c = conditions(farm(group(restart_minutes=30.0), **OFF), [price])
    assert optimum(c).profit == usd(10 * gain)
    assert optimum(c).on() == [on]
    assert optimum(c, "restart_loss").profit == usd(10 * (1 - price))


def test_restart_loss_is_priced_where_the_start_is() -> None:
    """Proves that the hash lost has the hashprice of the starting interval, whatever the interval's length.

    By hand: starting in the first half hour loses half an hour at 1 USD, in the second at 2 USD. Started first, a
    machine earns (0.5 - 0.5) + 1 USD; at power for nothing.
    """
    c = conditions(farm(group(restart_minutes=30.0), **OFF), [0.0, 0.0], hours=0.5, hashprice=[24.0, 48.0])
    assert optimum(c).profit == usd(10 * (0.5 - 0.5 + 0.5 * 2))
    assert optimum(c).on() == [10, 10]


def test_restart_loss_is_that_of_the_first_mode_after_the_pool_fee() -> None:
    """Proves that the listed first mode comes up: by hand 0.875 x 0.75 USD for eco, half an hour of it."""
    eco = group(restart_minutes=30.0, other_modes={"eco": (750.0, 0.5e6)}, modes=("eco", "normal"))
    c = conditions(farm(eco, revenue={"pool_fee_share": 0.125}, **OFF), [0.0])
    assert optimum(c).profit == usd(10 * 0.875 * (1.0 - 0.5 * 0.75))


def test_start_wear() -> None:
    """Proves that a start costs its wear, at any price of hash.

    By hand: ten starts at 0.25 USD and an hour of 0.6 USD. Without it the optimum would be 6 USD.
    """
    c = conditions(farm(group(wear_usd_per_start=0.25), **OFF), [0.4])
    assert optimum(c).profit == usd(10 * (0.6 - 0.25))
    assert optimum(c, "start_wear").profit == usd(10 * 0.6)


def test_energy() -> None:
    """Proves that energy is bought at its price, grossed up for losses.

    By hand: 1.0625 MWh are billed per MWh metered; at 0.95 USD/MWh that is more than the hash earns. Without it the
    optimum would be 10 USD in both hours.
    """
    c = conditions(farm(energy={"loss_share": 0.0625}), [0.4, 0.95])
    assert optimum(c).profit == usd(10 * (1 - 1.0625 * 0.4))
    assert optimum(c).on() == [10, 0]
    assert optimum(c, "energy").profit == usd(2 * 10)


def test_energy_below_zero_is_paid_for() -> None:
    """Proves that a negative price earns: by hand 1 + 0.5 USD a machine."""
    assert optimum(conditions(farm(), [-0.5])).profit == usd(10 * 1.5)


def test_adders() -> None:
    """Proves that adders come on top of the price, losses included.

    By hand: 1.5 x (0.4 + 0.2) leaves 0.1 USD, 1.5 x (0.5 + 0.2) leaves nothing. Without it the optimum would be
    1 - 1.5 x 0.4 and 1 - 1.5 x 0.5 USD a machine.
    """
    c = conditions(farm(energy={"adders_usd_per_mwh": 0.2, "loss_share": 0.5}), [0.4, 0.5])
    assert optimum(c).profit == usd(10 * (1 - 1.5 * 0.6))
    assert optimum(c).on() == [10, 0]
    assert optimum(c, "adders").profit == usd(10 * (1 - 1.5 * 0.4) + 10 * (1 - 1.5 * 0.5))


def test_onsite_cost() -> None:
    """Proves that generation is used where it is cheaper than the grid.

    By hand: 5 MW at 0.3 replace power at 0.4, and stand still at 0.2 USD/MWh. Without it the optimum would use them in
    both hours.
    """
    c = conditions(farm(energy={"onsite": {"available_mw": 5.0, "cost_usd_per_mwh": 0.3}}), [0.4, 0.2])
    assert optimum(c).profit == usd((10 - 5 * 0.3 - 5 * 0.4) + (10 - 10 * 0.2))
    assert optimum(c).onsite_mw.tolist() == [5, 0]
    assert optimum(c, "onsite_cost").profit == usd((10 - 5 * 0.4) + (10 - 5 * 0.2))


@pytest.mark.parametrize(("price", "profit", "on"), [(0.4, 10 + 5 * 1.5 - 5 * 0.3 - 10 * 0.4, 10), (3.0, 5 * 1.2, 0)])
def test_export_revenue(price: float, profit: float, on: int) -> None:
    """Proves that power is sold where that earns more than hash.

    By hand: 5 MW generated at 0.3 sell at 1.5 USD/MWh; machines run on grid power at 0.4 and not at all at 3 USD/MWh.
    Without it the optimum would be machines on their own power.
    """
    own = {
        "available_mw": 5.0,
        "cost_usd_per_mwh": 0.3,
        "export_limit_mw": 5.0,
        "export_price_usd_per_mwh": 1.5,
    }
    c = conditions(farm(energy={"onsite": own}), [price])
    assert optimum(c).profit == usd(profit)
    assert optimum(c).on() == [on]
    on_own_power = 5 * (1 - 0.3)
    assert optimum(c, "export_revenue").profit == usd(on_own_power + 5 * max(1 - price, 0))


def test_every_family_and_term_has_a_worked_example() -> None:
    """Proves that nothing is added to the formulation without a number here."""
    from pathlib import Path

    from optimizer.plan.formulation import FAMILIES, TERMS

    here = Path(__file__).parent
    text = "".join(path.read_text() for path in here.glob("test_*.py"))
    of_mechanisms = "".join(path.read_text() for path in (here.parent / "mechanisms").glob("*/test_*.py"))
    names = {rule.name for rule in (*FAMILIES, *TERMS) if getattr(rule, "money", True)}
    shown = {name for name in names if f', "{name}"' in text or f'"{name}"' in of_mechanisms}
    assert sorted(names - shown) == []
