r"""How fast import may rise and fall (family 11), and load that falls away with machines an outage takes.

A fall f is an outage, of group g as interval t begins, in a plan with a ramp down. Symbols: :math:`F_f` machines that
fall out; :math:`e_{fp}` running machines among them, by the point p they ran at; :math:`z_f` one where no others start
in their place; :math:`x_p` MW a machine draws beyond its standby, PUE left out; :math:`B_g` what all of a group did
before the plan.
"""

from __future__ import annotations

from optimizer.accounts.reasons import Reason
from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()
TAKEN = Item("load_taken", "Load that outages take away may fall faster", Reason.RAMP)


def load_taken(m: Model, t: Index) -> Expression:
    r"""Load beyond standby that falls away with running machines as t begins:
    :math:`\eta_{t-1} \sum_{f \in t} \sum_p x_p e_{fp}`, MW.
    """
    return m.sum(m.TAKEN_AT[t], lambda n: m.taken_mw[n] * m.units_taken[n])


def mw_taken(m: Model, f: Index) -> Expression:
    r"""Load beyond standby of the running machines an outage takes, :math:`\sum_p x_p e_{fp}`, MW, PUE left out."""
    return m.sum(m.TAKEN_IN[f], lambda n: m.extra_mw[m.point_of_taken[n]] * m.units_taken[n])


def mw_running(m: Model, g: Index, t: Index) -> Expression:
    r"""Load of a group beyond standby, :math:`\sum_{p \in g} x_p u_{pt}`, MW, PUE left out."""
    return m.sum(m.POINTS_OF_GROUP[g], lambda p: m.extra_mw[p] * m.units_on[p, t])


@RULES.family(
    ("FIRST_RAMPS_UP",),
    "import may rise by {ramp_up_mw:.4g} MW from the {import_before:.4g} MW before the plan",
    unit="MW",
    item=Item("first_ramp_up", "Load may not rise faster from the plan's beginning", Reason.RAMP),
)
def first_ramp_up(m: Model, t: Index) -> Relation:
    r"""Import rises from the state carried in by no more than the ramp: :math:`i_t - I \le U_t`.

    Its shadow price is what a ramp wider by one MW would earn, USD per MW.
    """
    return m.grid_import[t] - m.import_before <= m.ramp_up_mw[t]


@RULES.family(
    ("RAMPS_UP",),
    "import may rise by {ramp_up_mw:.4g} MW from the interval before",
    unit="MW",
    item=Item("ramp_up", "Load may not rise faster", Reason.RAMP),
)
def ramp_up(m: Model, t: Index) -> Relation:
    r"""Import rises by no more than the ramp: :math:`i_t - i_{t-1} \le U_t`.

    Its shadow price is what a ramp wider by one MW would earn, USD per MW.
    """
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

    Its shadow price is what a ramp wider by one MW would earn, USD per MW.
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

    Its shadow price is what a ramp wider by one MW would earn, USD per MW.
    """
    return m.grid_import[m.previous[t]] - m.grid_import[t] - load_taken(m, t) <= m.ramp_down_mw[t]


@RULES.family(
    ("LIMITS_SET_IN",),
    "import must be within {within_reach_mw:.4g} MW before a limit sets in",
    unit="MW",
    item=Item("ramp_to_limit", "Load must be able to fall to a call or limit in time", Reason.RAMP),
)
def ramp_to_limit(m: Model, t: Index) -> Relation:
    r"""Before a call or limit sets in, import has come within reach of it: :math:`i_{t-1} \le R_t + E_t`.

    Its shadow price is what one more MW within reach would earn, USD per MW.
    """
    return m.grid_import[m.previous[t]] - load_taken(m, t) <= m.within_reach_mw[t]


@RULES.family(("LATER_TAKEN",), "an outage takes machines {POINTS} that ran", item=TAKEN)
def taken_ran(m: Model, n: Index) -> Relation:
    r"""A machine is taken in the mode it ran in: :math:`e_{fp} \le u_{p,t-1}`; before the plan that is a bound of e.

    Its shadow price is what one machine more that counts as taken would earn, USD per machine.
    """
    return m.units_taken[n] <= m.units_on[m.point_of_taken[n], m.previous[m.interval_of_taken[n]]]


@RULES.family(("FALLS",), "an outage takes running machines of group {GROUPS}")
def taken_running(m: Model, f: Index) -> Relation:
    r"""Running machines in any mode are those the outage takes: :math:`\sum_p e_{fp} \le o_{gt}`.

    Its shadow price is what one machine more that counts as taken would earn, USD per machine.
    """
    return m.sum(m.TAKEN_IN[f], lambda n: m.units_taken[n]) <= m.outage_units[m.outage_of_fall[f]]


@RULES.family(("FALLS",), "no machine of group {GROUPS} starts as an outage takes others")
def taken_unreplaced(m: Model, f: Index) -> Relation:
    r"""Where others start in their place no load falls away: :math:`\sum_p e_{fp} \le F_f z_f`.

    Its shadow price is what one machine more that counts as taken would earn, USD per machine, with the choice made.
    """
    return m.sum(m.TAKEN_IN[f], lambda n: m.units_taken[n]) <= m.fall_units[f] * m.unreplaced[f]


@RULES.family(("FALLS",), "no machine of group {GROUPS} starts as an outage takes others", item=TAKEN)
def unreplaced_start(m: Model, f: Index) -> Relation:
    r"""None starts where none is replaced: :math:`s_{gt} \le A_{gt} (1 - z_f)`.

    Its shadow price is what one more start would earn, USD per machine, with the choice made.
    """
    g, t = m.group_of_fall[f], m.interval_of_fall[f]
    return m.units_started[g, t] + m.units_available[g, t] * m.unreplaced[f] <= m.units_available[g, t]


@RULES.family(("FIRST_FALLS",), "an outage takes away load of group {GROUPS}", unit="MW", item=TAKEN)
def first_fall_of_group(m: Model, f: Index) -> Relation:
    r"""`fall_of_group`, from the load before the plan: :math:`\sum_p x_p (e_{fp} + u_{pt}) \le B_g + X_f (1 - z_f)`.

    Its shadow price is what one more MW that counts as taken would earn, USD per MW, with the choice made.
    """
    after = mw_running(m, m.group_of_fall[f], m.interval_of_fall[f])
    return mw_taken(m, f) + after + m.most_mw[f] * m.unreplaced[f] <= m.mw_before[f] + m.most_mw[f]


@RULES.family(("LATER_FALLS",), "an outage takes away load of group {GROUPS}", unit="MW", item=TAKEN)
def fall_of_group(m: Model, f: Index) -> Relation:
    r"""No more load falls away than that of the group falls by, with :math:`X_f` its most, should others be turned up:
    :math:`\sum_p x_p e_{fp} \le \sum_p x_p (u_{p,t-1} - u_{pt}) + X_f (1 - z_f)`.

    Its shadow price is what one more MW that counts as taken would earn, USD per MW, with the choice made.
    """
    g, t = m.group_of_fall[f], m.interval_of_fall[f]
    fall = mw_running(m, g, m.previous[t]) - mw_running(m, g, t)
    return mw_taken(m, f) - fall + m.most_mw[f] * m.unreplaced[f] <= m.most_mw[f]


@RULES.family(("LATER_FALLS",), "group {GROUPS} drew {mw_before:.4g} MW before the plan", unit="MW")
def ran_before_plan(m: Model, f: Index) -> Relation:
    r"""No more is excused than the group drew when the plan began: :math:`\sum_p x_p e_{fp} \le B_g`.

    A plan that knows of an outage would else start machines for it to take, in the place of others. Its shadow price is
    what one more MW that counts as taken would earn, USD per MW.
    """
    return mw_taken(m, f) <= m.mw_before[f]


PARAMETERS = (
    Parameter("import_before"),  # MW just before the plan
    Parameter("ramp_up_mw", ("INTERVALS",), open_ended=True),  # rise allowed from one interval to the next
    Parameter("ramp_down_mw", ("INTERVALS",), open_ended=True),  # standby that falls away with outages included
    Parameter("within_reach_mw", ("INTERVALS",), open_ended=True),  # import from which what sets in can be kept
    Parameter("fall_units", ("FALLS",)),
    Parameter("mw_before", ("FALLS",)),  # that the group drew before the plan, beyond standby, PUE left out
    Parameter("most_mw", ("FALLS",)),  # that its machines left could draw, as above
    Parameter("most_unreplaced", ("FALLS",)),
    Parameter("most_taken", ("TAKEN",)),  # units that fell out, and ran just before the plan
    Parameter("taken_mw", ("TAKEN",)),  # MW a unit drew beyond its standby, PUE included
)

VARIABLES = (
    Variable("units_taken", ("TAKEN",), upper="most_taken"),
    Variable("unreplaced", ("FALLS",), upper="most_unreplaced", integer=True),
)
