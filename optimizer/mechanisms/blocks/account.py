"""Blocks bought in advance: what they cost, what of them is used, and what the rest brings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.accounts.bill import BillLine, by_energy
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.ledger import Account, Kind
from optimizer.accounts.settlement import Books
from optimizer.arrays import F
from optimizer.mechanisms.blocks.config import Block, Resale

ACCOUNT = Account()
ACCOUNT.words |= {
    "Resale": "What a block leaves over is sold at the interval's energy price, or at the contract's cap where that "
    "is lower, less a fee; without the right to resell it is lost.",
}
_NOTHING_USD_PER_MWH = 1e-9


def _brings(c: Conditions, resale: Resale) -> F:
    r"""What a MWh that is resold brings, USD/MWh, (intervals,).

    The price, or at most the cap, less the fee: :math:`\min(\pi_t, \bar\pi_k) - f_k`.
    """
    paid, cap = c.market.energy_price_usd_per_mwh, resale.cap_usd_per_mwh
    return (paid if cap is None else np.minimum(paid, cap)) - resale.fee_usd_per_mwh


def left_mw(c: Conditions, open_mw: F) -> F:
    """MW left of each block when they fill what is open, (blocks, intervals).

    Those are used first that would bring least if they were sold: blocks that cannot be resold bring nothing.
    """
    price, blocks = c.market.energy_price_usd_per_mwh, c.farm.sections(Block)
    left = np.array([c.market.block_mw[block.name] for block in blocks]).reshape(len(blocks), len(price))
    brings = np.array([0.0 * price if block.resale is None else _brings(c, block.resale) for block in blocks])
    brings = brings.reshape(left.shape)
    columns, wanted = np.arange(len(price)), np.maximum(open_mw, 0.0)
    for position in np.argsort(brings, axis=0, kind="stable"):
        taken = np.minimum(left[position, columns], wanted)
        left[position, columns] -= taken
        wanted = wanted - taken
    return left


def _sizes_mw(c: Conditions) -> F:
    """All blocks together, MW, (intervals,)."""
    sizes = [c.market.block_mw[block.name] for block in c.farm.sections(Block)]
    return np.asarray(np.sum([np.zeros(len(c.grid)), *sizes], axis=0))


@ACCOUNT.offer("paid_to_draw")
def resold_at_a_loss(c: Conditions) -> F:
    """Where what is left of a block costs money to sell."""
    costs = np.zeros(len(c.grid))
    for block in c.farm.sections(Block):
        if block.resale is not None:
            costs += _brings(c, block.resale) + c.market.adders_usd_per_mwh < 0.0
    return costs


@ACCOUNT.offer("filled")
def used_mw(c: Conditions, open_mw: F) -> F:
    """What blocks fill of what is open, MW, (intervals,)."""
    return np.minimum(_sizes_mw(c), np.maximum(open_mw, 0.0))


@ACCOUNT.offer("supplied")
def paid_for_mw(c: Conditions, _: Books) -> F:
    """What is paid for, used or not, MW, (intervals,)."""
    return _sizes_mw(c)


@ACCOUNT.offer("sold")
def resold_mw(c: Conditions, b: Books) -> F:
    """What is left of blocks that may be resold, MW, (intervals,)."""
    blocks = zip(c.farm.sections(Block), left_mw(c, b.flows.open_mw), strict=True)
    return sum((left for block, left in blocks if block.resale is not None), np.zeros(len(c.grid)))


@ACCOUNT.offer("stop_later_usd_per_mwh")
def by_how_much_later(c: Conditions, marginal: F, worth: F) -> F:
    r"""Where the next MWh comes from a block that is resold: the fee, or no end where the cap pays less than its worth.

    It is :math:`f_k`, or infinite where :math:`w_t + f_k \ge \bar\pi_k`, of the block that brings most of those that
    bring no more than the marginal price; nothing where the price itself is the marginal one.
    """
    later, most = np.zeros(len(c.grid)), np.full(len(c.grid), -np.inf)
    apart = c.market.energy_price_usd_per_mwh > marginal + _NOTHING_USD_PER_MWH
    for block in c.farm.sections(Block):
        if block.resale is not None:
            brings, fee, cap = _brings(c, block.resale), block.resale.fee_usd_per_mwh, block.resale.cap_usd_per_mwh
            next_one = apart & (brings <= marginal + _NOTHING_USD_PER_MWH) & (brings > most)
            capped = worth + fee >= (np.inf if cap is None else cap)
            later = np.where(next_one, np.where(capped, np.inf, fee), later)
            most = np.where(next_one, brings, most)
    return later


@ACCOUNT.line("Blocks bought in advance", Kind.POWER, place=60)
def block_cost(b: Books) -> F:
    """MWh of every block, used or not, times its price."""
    cost, market = np.zeros(len(b.c.grid)), b.c.market
    for block in b.c.farm.sections(Block):
        cost -= market.block_mw[block.name] * b.c.grid.hours * market.block_price_usd_per_mwh[block.name]
    return cost


@ACCOUNT.line("Resale of what blocks leave over", Kind.SALE, place=70)
def resale_revenue(b: Books) -> F:
    """MWh left over, times the price, or the cap where that is lower, less the fee."""
    resale = np.zeros(len(b.c.grid))
    for _, _, usd in _resold(b):
        resale += usd
    return resale


def _resold(b: Books) -> Iterator[tuple[str, F, F]]:
    """The name of each block that may be resold, MWh left of it and what they bring, USD, (intervals,) each."""
    for block, left in zip(b.c.farm.sections(Block), left_mw(b.c, b.flows.open_mw), strict=True):
        if block.resale is not None:
            mwh = left * b.c.grid.hours
            yield block.name, mwh, mwh * _brings(b.c, block.resale)


@ACCOUNT.bill
def bought_and_sold(b: Books, p: int) -> Iterator[BillLine]:
    """The blocks of a billing period, and what is sold of them."""
    period, market = b.c.billing.periods[p], b.c.market
    for block in b.c.farm.sections(Block):
        mwh = market.block_mw[block.name] * b.c.grid.hours
        usd = mwh * market.block_price_usd_per_mwh[block.name]
        yield from by_energy(period, "block_cost", block.name, mwh, usd)
    for name, mwh, usd in _resold(b):
        yield from by_energy(period, "resale_revenue", f"Resale of {name}", mwh, -usd)


@ACCOUNT.columns("")
def used_and_sold(b: Books) -> dict[str, F]:
    """What is used of each block, and what is sold of it."""
    columns: dict[str, F] = {}
    for block, left in zip(b.c.farm.sections(Block), left_mw(b.c, b.flows.open_mw), strict=True):
        columns[f"{block.name}/used_mw"] = b.c.market.block_mw[block.name] - left
        columns[f"{block.name}/sold_mw"] = np.zeros(len(left)) if block.resale is None else left
    return columns
