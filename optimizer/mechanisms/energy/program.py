r"""Energy at the interval's price, and what import is met by (family 12).

Symbols: :math:`i_t` grid import, :math:`\sigma_t` bought at spot, :math:`q_t` delivered by others, MW;
:math:`\lambda` energy billed per MWh metered, losses included.
"""

from __future__ import annotations

from optimizer.accounts.reasons import Reason
from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.family(
    ("INTERVALS",),
    "import is bought at spot or taken from blocks and suppliers",
    unit="MW",
    item=Item("energy", "Energy price, losses included", Reason.PRICE),
)
def supply(m: Model, t: Index) -> Relation:
    r"""Import, losses included, is met by spot and by what others deliver: :math:`\lambda i_t = \sigma_t + q_t`.

    Its shadow price, per hour, is what one more MWh at the hub is worth: the spot price where spot is bought or a block
    is resold, nothing inside a block that cannot be.
    """
    return m.spot_mw[t] + m.offered("delivered", t) == m.billed_share * m.grid_import[t]


@RULES.offer("towards_minimum")
def energy_and_adders(m: Model, n: Index) -> Expression:
    """What energy at the interval's price and adders come to in a billing period, USD."""
    energy = m.sum(m.INTERVALS_OF_BILL[n], lambda t: m.hours[t] * m.energy_usd_per_mwh[t] * m.spot_mw[t])
    return energy + m.sum(m.INTERVALS_OF_BILL[n], lambda t: m.hours[t] * m.adders_usd_per_mwh[t] * m.grid_import[t])


@RULES.term(("INTERVALS",))
def energy(m: Model, t: Index) -> Expression:
    r"""Energy bought at the interval's price: :math:`-h_t \pi_t \sigma_t`."""
    return -m.hours[t] * m.energy_usd_per_mwh[t] * m.spot_mw[t]


@RULES.term(("INTERVALS",), item=Item("adders", "Adders, losses included", Reason.PRICE))
def adders(m: Model, t: Index) -> Expression:
    r"""Per-MWh charges on top of the price, on all that is imported: :math:`-h_t a_t i_t`."""
    return -m.hours[t] * m.adders_usd_per_mwh[t] * m.grid_import[t]


PARAMETERS = (
    Parameter("energy_usd_per_mwh", ("INTERVALS",)),  # per MWh at the hub
    Parameter("billed_share"),  # MWh at the hub per MWh metered
    Parameter("adders_usd_per_mwh", ("INTERVALS",)),  # per MWh metered, losses included
)

VARIABLES = (Variable("spot_mw", ("INTERVALS",), upper="spot_limit_mw"),)
