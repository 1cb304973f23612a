r"""What sites have together: each keeps to its share of a ceiling on import.

Symbols: :math:`i_t` grid import, :math:`S_t` the share; MW.
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


PARAMETERS = (Parameter("share_mw", ("INTERVALS",), open_ended=True),)
VARIABLES: tuple[Variable, ...] = ()
