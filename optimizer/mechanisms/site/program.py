r"""The site: load, the balance at the meter, and the interconnection.

Symbols: :math:`L_t` site load, :math:`i_t` grid import, :math:`y_t` power behind the meter; MW.
"""

from __future__ import annotations

from optimizer.accounts.reasons import Reason
from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.offer("load")
def auxiliary_load(m: Model, t: Index) -> Expression:
    """Load that runs always, MW."""
    return m.auxiliary_mw[t]


@RULES.family(
    ("INTERVALS",),
    "the meter must cover the site's load",
    unit="MW",
    definition=True,
    item=Item("power", "Power, at its marginal price"),
)
def balance(m: Model, t: Index) -> Relation:
    r"""Import and what is offered behind the meter meet the load: :math:`i_t + y_t = L_t`.

    Its shadow price, per hour, is the marginal power price: what one more MWh costs the farm, all terms included.
    """
    return m.grid_import[t] + m.offered("behind_the_meter", t) == m.offered("load", t)


@RULES.family(
    ("INTERVALS",),
    "the interconnection allows {import_limit_mw:.4g} MW",
    unit="MW",
    item=Item("import_limit", "The interconnection is full", Reason.IMPORT_LIMIT),
    soft="overrun_usd_per_mwh",
)
def import_limit(m: Model, t: Index) -> Relation:
    r"""Import stays within the interconnection, or the overrun is paid if priced: :math:`i_t \le \bar I_t + v_t`.

    Its shadow price is what one more MW of interconnection would earn in the interval, USD per MW.
    """
    return m.grid_import[t] <= m.import_limit_mw[t] + m.sum(m.OVERRUNS, lambda x: m.import_overrun[x, t])


@RULES.term(("INTERVALS",))
def import_overrun_penalty(m: Model, t: Index) -> Expression:
    """What the file charges for import above the interconnection limit."""
    return m.sum(m.OVERRUNS, lambda x: -m.hours[t] * m.overrun_usd_per_mwh[x] * m.import_overrun[x, t])


PARAMETERS = (
    Parameter("auxiliary_mw", ("INTERVALS",)),
    Parameter("import_limit_mw", ("INTERVALS",)),
    Parameter("overrun_usd_per_mwh", ("OVERRUNS",)),
)

VARIABLES = (
    Variable("grid_import", ("INTERVALS",)),
    Variable("import_overrun", ("OVERRUNS", "INTERVALS")),
)
