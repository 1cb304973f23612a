r"""Blocks bought in advance (family 13): used, resold, and below zero taken before spot.

Symbols: :math:`\sigma_t` bought at spot, :math:`b_{kt}` used and :math:`z_{kt}` resold of block k of size
:math:`B_{kt}`, MW; :math:`\rho_{kt}` what is paid for a MWh of it: :math:`\min(\pi_t, \bar\pi_k)`, its cap on top.
"""

from __future__ import annotations

from optimizer.engine.language import Expression, Index, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.offer("delivered")
def blocks_used(m: Model, t: Index) -> Expression:
    """What is used of the blocks, MW."""
    return m.sum(m.BLOCKS, lambda k: m.block_used[k, t])


@RULES.family(("KEPT_BLOCKS", "INTERVALS"), "block {KEPT_BLOCKS} holds {block_mw:.4g} MW", unit="MW")
def block_size(m: Model, k: Index, t: Index) -> Relation:
    r"""A block is used or, where the contract allows it, resold: :math:`b_{kt} + z_{kt} \le B_{kt}`.

    Its shadow price is what one more MW of the block would bring in the interval, its own price left out, USD per MW.
    """
    return m.block_used[k, t] + m.block_resold[k, t] <= m.block_mw[k, t]


@RULES.family(("RESALE_BLOCKS", "INTERVALS"), "block {RESALE_BLOCKS} holds {block_mw:.4g} MW", unit="MW")
def block_settled(m: Model, k: Index, t: Index) -> Relation:
    r"""What of a resalable block is not used is sold, whatever the price: :math:`b_{kt} + z_{kt} = B_{kt}`.

    A seller settles the whole block: below zero, giving energy back costs money. Its shadow price is what one more MW
    of the block would bring in the interval, its own price left out, USD per MW.
    """
    return m.block_used[k, t] + m.block_resold[k, t] == m.block_mw[k, t]


@RULES.family(("KEPT_BELOW_ZERO",), "below zero the blocks are taken before spot", unit="MW")
def kept_first(m: Model, n: Index) -> Relation:
    r"""Below zero the blocks that are kept are full where spot is bought: :math:`\sum_k b_{kt} \ge B_t f_t`.

    Refusing a block that is kept to be paid for spot is allowed by no seller: it is one or the other, :math:`f_t` one
    or zero. That the blocks hold no more than :math:`B_t` keeps it to that. Its shadow price is what one more MW that
    must be taken costs, USD per MW, with the choice made.
    """
    used = m.sum(m.KEPT_BLOCKS, lambda k: m.block_used[k, m.interval_of_kept[n]])
    return used >= m.kept_mw[n] * m.blocks_full[n]


@RULES.family(("KEPT_BELOW_ZERO",), "below zero spot is bought beyond the blocks", unit="MW")
def spot_beyond_kept(m: Model, n: Index) -> Relation:
    r"""Below zero spot is bought beyond the blocks that are kept, never beside them: :math:`\sigma_t \le S_t f_t`.

    :math:`S_t` is what full load draws beyond them, and a little more. Its shadow price is what one more MW at spot
    would bring, USD per MW, with the choice made.
    """
    return m.spot_mw[m.interval_of_kept[n]] <= m.beyond_kept_mw[n] * m.blocks_full[n]


@RULES.term(("BLOCKS", "INTERVALS"))
def block_cost(m: Model, k: Index, t: Index) -> Expression:
    r"""A block is paid for whether it is used or not: :math:`-h_t c_{kt} B_{kt}`, a constant."""
    return -m.hours[t] * m.block_usd_per_mwh[k, t] * m.block_mw[k, t]


@RULES.term(("BLOCKS", "INTERVALS"))
def resale_revenue(m: Model, k: Index, t: Index) -> Expression:
    r"""What resold energy brings at the price or at the cap, less the fee: :math:`h_t (\rho_{kt} - f_k) z_{kt}`."""
    return m.hours[t] * (m.resale_usd_per_mwh[k, t] - m.resale_fee_usd_per_mwh[k]) * m.block_resold[k, t]


PARAMETERS = (
    Parameter("spot_limit_mw", ("INTERVALS",), open_ended=True),  # zero where kept blocks hold all that can be drawn
    Parameter("block_mw", ("BLOCKS", "INTERVALS")),
    Parameter("block_usd_per_mwh", ("BLOCKS", "INTERVALS")),
    Parameter("resale_limit_mw", ("BLOCKS", "INTERVALS"), open_ended=True),  # zero where resale is forbidden
    Parameter("resale_usd_per_mwh", ("BLOCKS", "INTERVALS")),  # the energy price, or the cap where that is lower
    Parameter("resale_fee_usd_per_mwh", ("BLOCKS",)),
    Parameter("kept_mw", ("KEPT_BELOW_ZERO",)),
    Parameter("beyond_kept_mw", ("KEPT_BELOW_ZERO",)),
)

VARIABLES = (
    Variable("block_used", ("BLOCKS", "INTERVALS")),
    Variable("block_resold", ("BLOCKS", "INTERVALS"), upper="resale_limit_mw"),
    Variable("blocks_full", ("KEPT_BELOW_ZERO",), integer=True),
)
