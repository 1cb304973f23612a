r"""What sites have together: each keeps to its share of a ceiling on import and of a treasury that pays for energy.

Symbols: :math:`i_t` grid import and :math:`S_t` the share of the ceiling, MW; :math:`s_t` bought at spot at
:math:`\pi_t`, adders :math:`a_t`; :math:`B` the share of the treasury, USD.
"""

from __future__ import annotations

from optimizer.accounts.reasons import Reason
from optimizer.engine.language import Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.family(
    ("SHARED",),
    "the portfolio's ceiling leaves the site {share_mw:.4g} MW",
    unit="MW",
    item=Item("portfolio_share", "Other sites have the rest of the shared ceiling", Reason.PORTFOLIO_SHARE),
)
def portfolio_share(m: Model, t: Index) -> Relation:
    r"""Import stays within the site's share of what all sites may import together: :math:`i_t \le S_t`.

    The shadow price is what one more MW of the ceiling would earn at this site; at the best shares it is the same at
    every site that could use more.
    """
    return m.grid_import[t] <= m.share_mw[t]


@RULES.family(
    ("TREASURIES",),
    "the portfolio's treasury leaves the site {share_usd:.2f} USD for energy",
    unit="USD",
    item=Item("treasury", "The shared treasury pays for no more energy", Reason.PORTFOLIO_SHARE),
)
def treasury_share(m: Model, n: Index) -> Relation:
    r"""Energy at the interval's price and its adders cost no more than the share of the treasury:
    :math:`\sum_t h_t (\pi_t s_t + a_t i_t) \le B`, over the plan without its tail.

    The shadow price is what a USD more to spend would earn.
    """
    energy = m.sum(m.INTERVALS_OF_TREASURY[n], lambda t: m.hours[t] * m.energy_usd_per_mwh[t] * m.spot_mw[t])
    adders = m.sum(m.INTERVALS_OF_TREASURY[n], lambda t: m.hours[t] * m.adders_usd_per_mwh[t] * m.grid_import[t])
    return energy + adders <= m.share_usd[n]


PARAMETERS = (
    Parameter("share_mw", ("INTERVALS",), open_ended=True),
    Parameter("share_usd", ("TREASURIES",)),
)
VARIABLES: tuple[Variable, ...] = ()
