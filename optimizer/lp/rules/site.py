r"""The site: load, balance at the meter, limits and ramps (families 9 to 11).

Symbols: :math:`L_t` site load, :math:`i_t` grid import, :math:`e_t` export, :math:`y_t` on-site generation used; MW.
"""

from __future__ import annotations

from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable
from optimizer.lp.rules.outages import load_taken
from optimizer.reasons import Reason

RULES = Rules()


def site_load(m: Model, t: Index) -> Expression:
    r"""Load behind the meter:
    :math:`L_t = \eta_t (\sum_p P_p u_{pt} + \sum_g w_g (A_{gt} - r_{gt})) + X_t`, MW,
    with the standby draw :math:`w_g` of machines that are off and the auxiliary load :math:`X_t`.

    The sum over groups of :math:`w_g r_{gt}` is taken point by point: ``extra_mw[p]`` is :math:`P_p - w_g`.
    """
    running = m.sum(m.POINTS, lambda p: m.pue[t] * m.extra_mw[p] * m.units_on[p, t])
    idle = m.sum(m.GROUPS, lambda g: m.standby_mw[g] * m.units_available[g, t])
    return running + m.pue[t] * idle + m.auxiliary_mw[t]


def onsite_used(m: Model, t: Index) -> Expression:
    """On-site generation used or exported, MW."""
    return m.sum(m.SOURCES, lambda s: m.source_mw[s, t])


def grid_export(m: Model, t: Index) -> Expression:
    """Power sent out through the meter, MW."""
    return m.sum(m.EXPORTS, lambda x: m.export_mw[x, t])


@RULES.family(
    ("INTERVALS",),
    "the meter must cover the site's load",
    unit="MW",
    definition=True,
    item=Item("power", "Power, at its marginal price"),
)
def balance(m: Model, t: Index) -> Relation:
    r"""Import and on-site generation meet load and export: :math:`i_t + y_t = L_t + e_t`.

    Its shadow price, per hour, is the marginal power price: what one more MWh costs the farm, all terms included.
    """
    return m.grid_import[t] + onsite_used(m, t) - grid_export(m, t) == site_load(m, t)


@RULES.family(
    ("INTERVALS",),
    "the interconnection allows {import_limit_mw:.4g} MW",
    unit="MW",
    item=Item("import_limit", "The interconnection is full", Reason.IMPORT_LIMIT),
    soft="overrun_usd_per_mwh",
)
def import_limit(m: Model, t: Index) -> Relation:
    r"""Import stays within the interconnection, or the overrun is paid if priced: :math:`i_t \le \bar I_t + v_t`."""
    return m.grid_import[t] <= m.import_limit_mw[t] + m.sum(m.OVERRUNS, lambda v: m.import_overrun[v, t])


@RULES.family(("EXPORTS", "INTERVALS"), "at most {export_limit_mw:.4g} MW may be exported", unit="MW")
def export_limit(m: Model, x: Index, t: Index) -> Relation:
    r"""Export stays within its limit: :math:`e_t \le \bar E`."""
    return m.export_mw[x, t] <= m.export_limit_mw[x]


@RULES.family(("EXPORTS", "INTERVALS"), "only on-site generation may be exported", unit="MW")
def export_source(m: Model, x: Index, t: Index) -> Relation:
    r"""Only on-site generation is exported, never power bought a moment before: :math:`e_t \le y_t`."""
    return m.export_mw[x, t] <= onsite_used(m, t)


@RULES.family(
    ("FIRST_RAMPS_UP",),
    "import may rise by {ramp_up_mw:.4g} MW from the {import_before:.4g} MW before the plan",
    unit="MW",
    item=Item("first_ramp_up", "Load may not rise faster from the plan's beginning", Reason.RAMP),
)
def first_ramp_up(m: Model, t: Index) -> Relation:
    r"""Import rises from the state carried in by no more than the ramp: :math:`i_t - I \le U_t`."""
    return m.grid_import[t] - m.import_before <= m.ramp_up_mw[t]


@RULES.family(
    ("RAMPS_UP",),
    "import may rise by {ramp_up_mw:.4g} MW from the interval before",
    unit="MW",
    item=Item("ramp_up", "Load may not rise faster", Reason.RAMP),
)
def ramp_up(m: Model, t: Index) -> Relation:
    r"""Import rises by no more than the ramp: :math:`i_t - i_{t-1} \le U_t`."""
    return m.grid_import[t] - m.grid_import[m.previous[t]] <= m.ramp_up_mw[t]


@RULES.family(
    ("FIRST_RAMPS_DOWN",),
    "import may fall by {ramp_down_mw:.4g} MW from the {import_before:.4g} MW before the plan",
    unit="MW",
    item=Item("first_ramp_down", "Load may not fall faster from the plan's beginning", Reason.RAMP),
)
def first_ramp_down(m: Model, t: Index) -> Relation:
    r"""Import falls from the state carried in by no more than the ramp and the load that outages take away:
    :math:`I - i_t \le W_t + E_t`.
    """
    return m.import_before - m.grid_import[t] - load_taken(m, t) <= m.ramp_down_mw[t]


@RULES.family(
    ("RAMPS_DOWN",),
    "import may fall by {ramp_down_mw:.4g} MW from the interval before",
    unit="MW",
    item=Item("ramp_down", "Load may not fall faster", Reason.RAMP),
)
def ramp_down(m: Model, t: Index) -> Relation:
    r"""Import falls by no more than the ramp and the load that outages take away: :math:`i_{t-1} - i_t \le W_t + E_t`,
    with the standby of the machines that fall out in :math:`W_t`.
    """
    return m.grid_import[m.previous[t]] - m.grid_import[t] - load_taken(m, t) <= m.ramp_down_mw[t]


@RULES.family(
    ("LIMITS_SET_IN",),
    "import must be within {within_reach_mw:.4g} MW before a limit sets in",
    unit="MW",
    item=Item("ramp_to_limit", "Load must be able to fall to a call or limit in time", Reason.RAMP),
)
def ramp_to_limit(m: Model, t: Index) -> Relation:
    r"""Before a call or limit sets in, import has come within reach of it: :math:`i_{t-1} \le R_t + E_t`."""
    return m.grid_import[m.previous[t]] - load_taken(m, t) <= m.within_reach_mw[t]


@RULES.term(("INTERVALS",))
def import_overrun_penalty(m: Model, t: Index) -> Expression:
    """What the file charges for import above the interconnection limit."""
    return m.sum(m.OVERRUNS, lambda v: -m.hours[t] * m.overrun_usd_per_mwh[v] * m.import_overrun[v, t])


PARAMETERS = (
    Parameter("pue", ("INTERVALS",)),
    Parameter("extra_mw", ("POINTS",)),  # MW a unit draws on beyond its standby
    Parameter("standby_mw", ("GROUPS",)),  # MW a unit draws when off
    Parameter("auxiliary_mw", ("INTERVALS",)),
    Parameter("source_limit_mw", ("SOURCES", "INTERVALS")),
    Parameter("import_limit_mw", ("INTERVALS",)),
    Parameter("export_limit_mw", ("EXPORTS",)),
    Parameter("overrun_usd_per_mwh", ("OVERRUNS",)),
    Parameter("import_before"),  # MW just before the plan
    Parameter("ramp_up_mw", ("INTERVALS",), open_ended=True),  # rise allowed from one interval to the next
    Parameter("ramp_down_mw", ("INTERVALS",), open_ended=True),  # standby that falls away with outages included
    Parameter("within_reach_mw", ("INTERVALS",), open_ended=True),  # import from which what sets in can be kept
)

VARIABLES = (
    Variable("grid_import", ("INTERVALS",)),
    Variable("import_overrun", ("OVERRUNS", "INTERVALS")),
    Variable("source_mw", ("SOURCES", "INTERVALS"), upper="source_limit_mw", decided=True),
    Variable("export_mw", ("EXPORTS", "INTERVALS"), decided=True),
)
