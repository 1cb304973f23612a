r"""Where energy comes from and what it costs (families 12 to 14): blocks bought in advance, suppliers, spot.

Symbols: :math:`i_t` grid import, :math:`s_t` bought at spot, :math:`b_{kt}` used and :math:`z_{kt}` resold of block k
of size :math:`B_{kt}`, :math:`q_{st}` drawn from supplier s, all MW; :math:`\lambda` energy billed per MWh metered,
losses included.
"""

from __future__ import annotations

from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable
from optimizer.reasons import Reason

RULES = Rules()


@RULES.family(
    ("INTERVALS",),
    "import is bought at spot or taken from blocks and suppliers",
    unit="MW",
    item=Item("energy", "Energy price, losses included", Reason.PRICE),
)
def supply(m: Model, t: Index) -> Relation:
    r"""Import, losses included, is met by spot, blocks and suppliers:
    :math:`\lambda i_t = s_t + \sum_k b_{kt} + \sum_s q_{st}`.

    Its shadow price, per hour, is what one more MWh at the hub is worth: the spot price where spot is bought or a block
    is resold, nothing inside a block that cannot be.
    """
    used = m.sum(m.BLOCKS, lambda k: m.block_used[k, t])
    drawn = m.sum(m.SUPPLIES, lambda s: m.supply_mw[s, t])
    return m.spot_mw[t] + used + drawn == m.billed_share * m.grid_import[t]


@RULES.family(("KEPT_BLOCKS", "INTERVALS"), "block {KEPT_BLOCKS} holds {block_mw:.4g} MW", unit="MW")
def block_size(m: Model, k: Index, t: Index) -> Relation:
    r"""A block is used or, where the contract allows it, resold: :math:`b_{kt} + z_{kt} \le B_{kt}`."""
    return m.block_used[k, t] + m.block_resold[k, t] <= m.block_mw[k, t]


@RULES.family(("RESALE_BLOCKS", "INTERVALS"), "block {RESALE_BLOCKS} holds {block_mw:.4g} MW", unit="MW")
def block_settled(m: Model, k: Index, t: Index) -> Relation:
    r"""What of a resalable block is not used is sold, whatever the price: :math:`b_{kt} + z_{kt} = B_{kt}`.

    A seller settles the whole block: below zero, giving energy back costs money.
    """
    return m.block_used[k, t] + m.block_resold[k, t] == m.block_mw[k, t]


@RULES.family(("KEPT_BELOW_ZERO",), "below zero the blocks are taken before spot", unit="MW")
def kept_first(m: Model, n: Index) -> Relation:
    r"""Below zero the blocks that are kept are full where spot is bought: :math:`\sum_k b_{kt} \ge B_t f_t`.

    Refusing a block that is kept to be paid for spot is allowed by no seller: it is one or the other, :math:`f_t` one
    or zero. That the blocks hold no more than :math:`B_t` keeps it to that.
    """
    used = m.sum(m.KEPT_BLOCKS, lambda k: m.block_used[k, m.interval_of_kept[n]])
    return used >= m.kept_mw[n] * m.blocks_full[n]


@RULES.family(("KEPT_BELOW_ZERO",), "below zero spot is bought beyond the blocks", unit="MW")
def spot_beyond_kept(m: Model, n: Index) -> Relation:
    r"""Below zero spot is bought beyond the blocks that are kept, never beside them: :math:`s_t \le S_t f_t`.

    :math:`S_t` is what full load draws beyond them, and a little more.
    """
    return m.spot_mw[m.interval_of_kept[n]] <= m.beyond_kept_mw[n] * m.blocks_full[n]


@RULES.family(
    ("TAKES",), "{take_left_mwh:.4g} MWh must be taken from {TAKES}", unit="MWh", soft="take_shortfall_usd_per_mwh"
)
def minimum_take(m: Model, k: Index) -> Relation:
    r"""Over its period a supplier delivers what is left of the minimum, or the shortfall is paid:
    :math:`\sum_t h_t q_{st} + y_k \ge T_k`.
    """
    taken = m.sum(
        m.HOURS_OF_TAKE[k], lambda j: m.take_mwh_per_mw[j] * m.supply_mw[m.supply_of_take[j], m.interval_of_take[j]]
    )
    return taken + m.take_shortfall[k] >= m.take_left_mwh[k]


@RULES.term(("INTERVALS",))
def energy(m: Model, t: Index) -> Expression:
    r"""Energy bought at the interval's price: :math:`-h_t \pi_t s_t`."""
    return -m.hours[t] * m.energy_usd_per_mwh[t] * m.spot_mw[t]


@RULES.term(("BLOCKS", "INTERVALS"))
def block_cost(m: Model, k: Index, t: Index) -> Expression:
    r"""A block is paid for whether it is used or not: :math:`-h_t c_{kt} B_{kt}`, a constant."""
    return -m.hours[t] * m.block_usd_per_mwh[k, t] * m.block_mw[k, t]


@RULES.term(("BLOCKS", "INTERVALS"))
def resale_revenue(m: Model, k: Index, t: Index) -> Expression:
    r"""What resold energy brings, less the fee: :math:`h_t (\pi_t - f_k) z_{kt}`."""
    return m.hours[t] * (m.energy_usd_per_mwh[t] - m.resale_fee_usd_per_mwh[k]) * m.block_resold[k, t]


@RULES.term(("SUPPLIES", "INTERVALS"))
def supply_cost(m: Model, s: Index, t: Index) -> Expression:
    r"""What is drawn from other suppliers: :math:`-h_t c_{st} q_{st}`."""
    return -m.hours[t] * m.supply_usd_per_mwh[s, t] * m.supply_mw[s, t]


@RULES.term(("TAKES",))
def take_shortfall_penalty(m: Model, k: Index) -> Expression:
    """What not taking the minimum costs."""
    return -m.take_shortfall_usd_per_mwh[k] * m.take_shortfall[k]


@RULES.term(("INTERVALS",), item=Item("adders", "Adders, losses included", Reason.PRICE))
def adders(m: Model, t: Index) -> Expression:
    r"""Per-MWh charges on top of the price, on all that is imported: :math:`-h_t a_t i_t`."""
    return -m.hours[t] * m.adders_usd_per_mwh[t] * m.grid_import[t]


@RULES.term(("INTERVALS",))
def onsite_cost(m: Model, t: Index) -> Expression:
    """Running cost of on-site generation."""
    return m.sum(m.SOURCES, lambda s: -m.hours[t] * m.source_usd_per_mwh[s] * m.source_mw[s, t])


@RULES.term(("INTERVALS",))
def export_revenue(m: Model, t: Index) -> Expression:
    """What exported energy earns."""
    return m.sum(m.EXPORTS, lambda x: m.hours[t] * m.export_usd_per_mwh[t] * m.export_mw[x, t])


PARAMETERS = (
    Parameter("energy_usd_per_mwh", ("INTERVALS",)),  # per MWh at the hub
    Parameter("billed_share"),  # MWh at the hub per MWh metered
    Parameter("adders_usd_per_mwh", ("INTERVALS",)),  # per MWh metered, losses included
    Parameter("block_mw", ("BLOCKS", "INTERVALS")),
    Parameter("block_usd_per_mwh", ("BLOCKS", "INTERVALS")),
    Parameter("resale_limit_mw", ("BLOCKS", "INTERVALS"), open_ended=True),  # zero where resale is forbidden
    Parameter("resale_fee_usd_per_mwh", ("BLOCKS",)),
    Parameter("supply_limit_mw", ("SUPPLIES", "INTERVALS")),
    Parameter("supply_usd_per_mwh", ("SUPPLIES", "INTERVALS")),
    Parameter("take_mwh_per_mw", ("TAKE_HOURS",)),
    Parameter("take_left_mwh", ("TAKES",)),
    Parameter("take_shortfall_usd_per_mwh", ("TAKES",)),
    Parameter("spot_limit_mw", ("INTERVALS",), open_ended=True),  # zero where kept blocks hold all that can be drawn
    Parameter("kept_mw", ("KEPT_BELOW_ZERO",)),
    Parameter("beyond_kept_mw", ("KEPT_BELOW_ZERO",)),
    Parameter("source_usd_per_mwh", ("SOURCES",)),
    Parameter("export_usd_per_mwh", ("INTERVALS",)),
)

VARIABLES = (
    Variable("spot_mw", ("INTERVALS",), upper="spot_limit_mw"),
    Variable("block_used", ("BLOCKS", "INTERVALS")),
    Variable("block_resold", ("BLOCKS", "INTERVALS"), upper="resale_limit_mw"),
    Variable("supply_mw", ("SUPPLIES", "INTERVALS"), upper="supply_limit_mw", decided=True),
    Variable("take_shortfall", ("TAKES",)),
    Variable("blocks_full", ("KEPT_BELOW_ZERO",), integer=True),
)
