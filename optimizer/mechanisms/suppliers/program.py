r"""Other suppliers (family 14): drawn on up to a limit, with a minimum to take.

Symbols: :math:`q_{vt}` drawn from supplier v, MW.
"""

from __future__ import annotations

from optimizer.engine.language import Expression, Index, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.offer("delivered")
def suppliers_drawn(m: Model, t: Index) -> Expression:
    """What is drawn from suppliers, MW."""
    return m.sum(m.SUPPLIES, lambda v: m.supply_mw[v, t])


@RULES.family(
    ("TAKES",), "{take_left_mwh:.4g} MWh must be taken from {TAKES}", unit="MWh", soft="take_shortfall_usd_per_mwh"
)
def minimum_take(m: Model, k: Index) -> Relation:
    r"""Over its period a supplier delivers what is left of the minimum, or the shortfall is paid:
    :math:`\sum_t h_t q_{vt} + y_k \ge T_k`.

    Its shadow price is what one more MWh of minimum costs, USD/MWh: the price of the shortfall at most.
    """
    taken = m.sum(
        m.HOURS_OF_TAKE[k], lambda j: m.take_mwh_per_mw[j] * m.supply_mw[m.supply_of_take[j], m.interval_of_take[j]]
    )
    return taken + m.take_shortfall[k] >= m.take_left_mwh[k]


@RULES.term(("SUPPLIES", "INTERVALS"))
def supply_cost(m: Model, v: Index, t: Index) -> Expression:
    r"""What is drawn from other suppliers: :math:`-h_t c_{vt} q_{vt}`."""
    return -m.hours[t] * m.supply_usd_per_mwh[v, t] * m.supply_mw[v, t]


@RULES.term(("TAKES",))
def take_shortfall_penalty(m: Model, k: Index) -> Expression:
    """What not taking the minimum costs."""
    return -m.take_shortfall_usd_per_mwh[k] * m.take_shortfall[k]


PARAMETERS = (
    Parameter("supply_limit_mw", ("SUPPLIES", "INTERVALS")),
    Parameter("supply_usd_per_mwh", ("SUPPLIES", "INTERVALS")),
    Parameter("take_mwh_per_mw", ("TAKE_HOURS",)),
    Parameter("take_left_mwh", ("TAKES",)),
    Parameter("take_shortfall_usd_per_mwh", ("TAKES",)),
)

VARIABLES = (
    Variable("supply_mw", ("SUPPLIES", "INTERVALS"), upper="supply_limit_mw", decided=True),
    Variable("take_shortfall", ("TAKES",)),
)
