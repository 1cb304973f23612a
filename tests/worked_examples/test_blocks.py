"""Blocks bought in advance. A machine draws one MW and earns one USD per hour; energy prices are in USD/MWh."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.engine.program import compile_program
from optimizer.plan.formulation import build_problem
from tests.farms import call, conditions, farm, group
from tests.worked_examples.optimum import optimum, usd


def block(**more: Any) -> dict[str, Any]:
    """A block of 6 MW at 0.5 USD/MWh."""
    return {"name": "block", "mw": 6.0, "price_usd_per_mwh": 0.5, **more}


def with_block(*blocks: dict[str, Any], **energy: Any) -> Any:
    return farm(group(units=10), energy={"blocks": blocks, **energy})


def test_the_resale_flag_flips_the_schedule() -> None:
    """Proves that a block changes the schedule only where it cannot be resold.

    Same prices, same farm: spot at 3 USD/MWh, hash at 1. By hand, with resale: stop, sell 6 MWh for 18 USD, pay 3 USD
    for the block: 15 USD. Without resale: six machines run on the block, 6 USD of hash less 3 USD: 3 USD. Without the
    block the optimum would be nothing on and nothing earned.
    """
    sold = optimum(conditions(with_block(block(resale={})), [3.0]))
    assert (sold.on(), sold.profit) == ([0], usd(6 * 3.0 - 6 * 0.5))
    kept = optimum(conditions(with_block(block()), [3.0]))
    assert (kept.on(), kept.profit) == ([6], usd(6 * 1.0 - 6 * 0.5))
    none = optimum(conditions(with_block(), [3.0]))
    assert (none.on(), none.profit) == ([0], usd(0.0))


def test_block_size() -> None:
    """Proves that a block feeds no more than it holds.

    By hand: six machines on the block, none beyond it at 3 USD/MWh: 6 - 3 USD. Without block_size the optimum would be
    ten machines on the block: 10 - 3 USD.
    """
    c = conditions(with_block(block()), [3.0])
    assert optimum(c).profit == usd(6 - 6 * 0.5)
    assert optimum(c, "block_size").profit == usd(10 - 6 * 0.5)


def test_block_settled() -> None:
    """Proves that a resalable block is settled whole, below zero too.

    By hand, at -2 USD/MWh with two machines that work: 2 MWh of the block run them, 4 MWh are given back for 8 USD:
    2 - 8 - 3 USD. Buying at spot beside it would pay as much less. Without block_settled the block would be left alone
    and 2 MWh bought at spot: 2 + 4 - 3 USD.
    """
    two = farm(group(units=2), energy={"blocks": (block(resale={"fee_usd_per_mwh": 0.25}),)})
    c = conditions(two, [-2.0])
    assert optimum(c).profit == usd(2 - 4 * 2.25 - 6 * 0.5)
    assert optimum(c, "block_settled").profit == usd(2 + 2 * 2.0 - 6 * 0.5)


def test_supply() -> None:
    """Proves that import beyond the blocks is bought at spot, losses included.

    By hand, at 0.4 USD/MWh with 25 % losses: ten machines need 12.5 MWh, six from the block: 10 - 3 - 6.5 x 0.4 USD.
    Without supply the optimum would be ten machines for the price of the block.
    """
    c = conditions(with_block(block(), loss_share=0.25), [0.4])
    assert optimum(c).profit == usd(10 - 6 * 0.5 - 6.5 * 0.4)
    assert optimum(c, "supply").profit == usd(10 - 6 * 0.5)


def test_block_cost() -> None:
    """Proves that a block is paid for whether it is used or not: at 0 USD/MWh ten machines run and it costs 3 USD."""
    c = conditions(with_block(block()), [0.0])
    assert optimum(c).profit == usd(10 - 3)
    assert optimum(c, "block_cost").profit == usd(10)


def test_resale_revenue() -> None:
    """Proves that the fee is taken off what is sold: 6 MWh at 3 less 1 USD. Without it nothing would be earned."""
    c = conditions(with_block(block(resale={"fee_usd_per_mwh": 1.0})), [3.0])
    assert optimum(c).profit == usd(6 * (3 - 1) - 3)
    assert optimum(c, "resale_revenue").profit == usd(6 - 3)


def test_a_fee_opens_a_gap_in_which_the_farm_runs() -> None:
    """Proves that at 1.5 USD/MWh less a fee of 0.75 a MWh sold brings 0.75, less than the hash it would make."""
    c = conditions(with_block(block(resale={"fee_usd_per_mwh": 0.75})), [1.5])
    assert (optimum(c).on(), optimum(c).profit) == ([6], usd(6 - 3))


def test_a_cap_on_resale_keeps_the_farm_running() -> None:
    """Proves that what is resold is paid at most at the cap: the schedule flips where the cap is below the hash.

    By hand, spot at 3 USD/MWh, hash at 1, a fee of 0.25. Without a cap the farm stops and sells 6 MWh at 3 less 0.25:
    16.5 less 3 USD. With a cap of 1.2 a MWh sold brings 0.95: six machines run on the block, 6 less 3 USD. With a cap
    of 2 it brings 1.75, and the farm stops: 10.5 less 3 USD. At 0.4 USD/MWh no cap is reached: ten machines run, four
    of them at spot, 10 - 4 x 0.4 - 3 USD.
    """
    fee = {"fee_usd_per_mwh": 0.25}
    for cap, on, profit in ((None, 0, 16.5 - 3), (1.2, 6, 6 - 3), (2.0, 0, 10.5 - 3)):
        c = conditions(with_block(block(resale={**fee, "cap_usd_per_mwh": cap})), [3.0, 0.4])
        assert (optimum(c).on(), optimum(c).profit) == ([on, 10], usd(profit + 10 - 4 * 0.4 - 3))


def test_what_is_capped_lower_is_used_first() -> None:
    """Proves that the load takes what its cap makes bring least, in the account as in the program.

    By hand, at 3 USD/MWh four machines run at 4 USD/MWh of hash: on 3 MW that sell at a cap of 1 and 1 of 3 MW that
    sell at 3 less 0.5; 2 MWh are sold: 16 + 2 x 2.5 - 6 x 0.5 USD. By the fee alone the block without a cap would be
    used first: 16 + 1 x 2.5 + 1 less 3 USD.
    """
    blocks = (
        {"name": "free", "mw": 3.0, "price_usd_per_mwh": 0.5, "resale": {"fee_usd_per_mwh": 0.5}},
        {"name": "capped", "mw": 3.0, "price_usd_per_mwh": 0.5, "resale": {"cap_usd_per_mwh": 1.0}},
    )
    c = conditions(farm(group(units=4, th=4000.0), energy={"blocks": blocks}), [3.0])
    assert (optimum(c).on(), optimum(c).profit) == ([4], usd(16 + 2 * 2.5 - 6 * 0.5))


def test_a_cap_on_resale_below_zero() -> None:
    """Proves that a cap does not help where giving energy back costs money: at -2 less 0.25, as without one."""
    resale = {"fee_usd_per_mwh": 0.25, "cap_usd_per_mwh": 0.5}
    c = conditions(farm(group(units=2), energy={"blocks": (block(resale=resale),)}), [-2.0])
    assert optimum(c).profit == usd(2 - 4 * 2.25 - 6 * 0.5)


def test_two_blocks_and_spot() -> None:
    """Proves the order: the load takes what would bring least if it were sold.

    By hand, at 0.5 USD/MWh: ten machines take 2 MW that cannot be resold, 3 MW that sell at 0.3, 5 of 6 MW that sell at
    0.5; 1 MWh is sold: 10 - 2 x 0.1 - 3 x 0.2 - 6 x 0.3 + 0.5 USD.
    """
    blocks = (
        {"name": "dear to sell", "mw": 3.0, "price_usd_per_mwh": 0.2, "resale": {"fee_usd_per_mwh": 0.2}},
        {"name": "free to sell", "mw": 6.0, "price_usd_per_mwh": 0.3, "resale": {}},
        {"name": "kept", "mw": 2.0, "price_usd_per_mwh": 0.1},
    )
    c = conditions(with_block(*blocks), [0.5])
    assert optimum(c).profit == usd(10 - 2 * 0.1 - 3 * 0.2 - 6 * 0.3 + 1 * 0.5)


def test_spot_beyond_kept() -> None:
    """Proves that no money is made by refusing a block: at -2 USD/MWh ten machines take 4 MWh beyond it.

    By hand: 10 + 4 x 2 - 3 USD. Without spot_beyond_kept the optimum would be 10 + 10 x 2 - 3, and so it would without
    kept_first, were the block left empty.
    """
    c = conditions(with_block(block()), [-2.0])
    assert optimum(c).profit == usd(10 + 4 * 2 - 3)
    assert optimum(c, "spot_beyond_kept").profit == usd(10 + 10 * 2 - 3)
    assert optimum(c, "kept_first").profit == usd(10 + 10 * 2 - 3)


def test_below_zero_and_below_full_load_the_block_is_filled_first() -> None:
    """Proves that a farm that is kept from full load is paid for what lies beyond the block alone.

    By hand, at -2 USD/MWh: called to 5 MW five machines run on the block, 5 - 3 USD; called to 8 MW two of eight run at
    spot, 8 + 2 x 2 - 3 USD. Then ten on either block or spot: at half a USD below zero too.
    """
    for mw, machines, spot in ((5.0, 5, 0), (8.0, 8, 2)):
        c = conditions(farm(energy={"blocks": (block(),)}, events=(call("06:00", "07:00", mw),)), [-2.0, -0.5])
        assert optimum(c).on() == [machines, 10]
        assert optimum(c).profit == usd(machines + spot * 2 - 3 + 10 + 4 * 0.5 - 3)


def test_below_zero_a_block_beyond_full_load_leaves_no_spot_and_no_choice() -> None:
    """Proves that a linear program is left where all that can be drawn is kept: 10 of 12 MW, 10 - 6 USD."""
    c = conditions(with_block(block(mw=12.0)), [-2.0])
    assert not compile_program(build_problem(c)).integer.any()
    assert (optimum(c).on(), optimum(c).profit) == ([10], usd(10 - 12 * 0.5))
    assert compile_program(build_problem(conditions(with_block(block()), [-2.0, 1.0]))).integer.sum() == 1


def test_below_zero_a_machine_that_loses_money_runs_for_what_spot_pays() -> None:
    """Proves the choice: idle on the block for nothing, or all of it filled at a loss to be paid for what lies beyond.

    By hand, hosted at a fee of nothing with a wear of 1 USD a start: 10 starts for 4 MWh beyond the block, 8 USD at
    -2 USD/MWh and 12 at -3.
    """
    idle = group(units=10, wear_usd_per_start=1.0, hosting={"fee_usd_per_mwh": 0.0})
    built = farm(idle, energy={"blocks": (block(),)}, state={"groups": {"G": {"running": 0}}})
    for price, machines, profit in ((-2.0, 0, -3.0), (-3.0, 10, 4 * 3 - 10 - 3)):
        c = conditions(built, [price])
        assert (optimum(c).on(), optimum(c).profit) == ([machines], usd(profit))


def test_below_zero_beside_a_block_that_is_sold() -> None:
    """Proves that both blocks are used first, since selling costs: 2 MWh beyond 5 kept and 3 that may be sold."""
    blocks = (
        {"name": "kept", "mw": 5.0, "price_usd_per_mwh": 0.5},
        {"name": "sold", "mw": 3.0, "price_usd_per_mwh": 0.5, "resale": {}},
    )
    assert optimum(conditions(with_block(*blocks), [-2.0])).profit == usd(10 + 2 * 2 - 8 * 0.5)


def test_below_zero_beside_a_supplier_with_a_minimum() -> None:
    """Proves that what is taken from a supplier is not bought at spot too.

    By hand, 4 MW kept, at most 6 from the supplier for nothing, 6 MWh to take or 5 USD each: all are taken, spot has
    none of ten: 10 - 2 USD. Were spot counted apart, its 6 MWh at -2 would be earned besides.
    """
    kept = {"name": "kept", "mw": 4.0, "price_usd_per_mwh": 0.5}
    take = {"mwh_per_month": 100.0, "shortfall_usd_per_mwh": 5.0}
    supplier = {"name": "S", "limit_mw": 6.0, "price_usd_per_mwh": 0.0, "minimum_take": take}
    both = farm(
        group(units=10),
        energy={"blocks": (kept,), "supplies": (supplier,)},
        state={"bill": {"taken_mwh": {"S": 94.0}}},
    )
    c = conditions(both, [-2.0], start="2026-02-28 23:00+00:00")
    assert optimum(c).profit == usd(10 - 2)


def test_below_zero_above_a_soft_limit_there_is_a_schedule() -> None:
    """Proves that what may lie beyond the block goes by full load where the import limit is priced.

    By hand, at -2 USD/MWh ten machines and 3 MW of auxiliary load draw 13 MW, 12 beyond the block, 11 above the limit
    at 0.5 USD: 10 + 24 - 5.5 - 0.5 USD. Held to the limit there would be no schedule at all.
    """
    loaded = farm(
        group(units=10),
        limit_mw=2.0,
        site={"auxiliary_load_mw": 3.0, "import_violation_usd_per_mwh": 0.5},
        energy={"blocks": (block(mw=1.0),)},
    )
    assert optimum(conditions(loaded, [-2.0])).profit == usd(10 + 12 * 2 - 11 * 0.5 - 0.5)


@pytest.mark.parametrize(("when", "on"), [({"hours": ({"start": 7, "end": 8},)}, [0, 6]), ({"days": ("sat",)}, [0, 0])])
def test_a_block_is_there_when_the_contract_says(when: dict[str, Any], on: list[int]) -> None:
    """11 February 2026 was a Wednesday; the plan begins at 06:00."""
    assert optimum(conditions(with_block(block(when=when)), [3.0, 3.0])).on() == on
