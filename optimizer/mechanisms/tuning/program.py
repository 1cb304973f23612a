r"""Changes of mode: machines that run on in another mode are tuned, and lose hash and wear.

A change k is of a group g into one of its points p as interval t begins. Symbols: :math:`x_k` machines that change,
:math:`a_k` machines that come up there from rest, :math:`u_{pt}` units on, :math:`r_{gt}` running, :math:`s_{gt}`
started, :math:`z_{gt}` one where the group grows. Of all flows of machines between the points of a group and rest that
lead from one interval to the next, these have the fewest starts, and of those the cheapest changes:
:math:`\sum_k x_k = \sum_p (u_{pt} - u_{p,t-1})^+ - (r_{gt} - r_{g,t-1})^+`.

That is exact machine by machine as long as it is free which of them stop; minimum times are counted by group, in
whatever mode machines run. The second part is concave. Where a start costs no less than a change, starts are as few as
they can be anyway and the program stays linear; elsewhere z keeps it from stopping a machine and starting another in
its place to get around the change. A machine that is changed again, or stops, before it is tuned loses all of it.
"""

from __future__ import annotations

from optimizer.accounts.reasons import Kin, Reason
from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()
TUNING = Item(
    "tuning",
    "A machine that changes its mode must be tuned",
    Reason("tuning", "tuning it to another mode costs more than the hours earn, or is not allowed", Kin.MONEY, 3),
    cost=True,
)
COMES_UP = "machines of group {GROUPS} come up from rest as far as it grows"


def coming_up(m: Model, g: Index, t: Index) -> Expression:
    r"""Units of group g that come up from rest in any mode, :math:`\sum_{k \in g, t} a_k`."""
    return m.sum(m.CHANGES_AT[g, t], lambda k: m.started_into[k])


@RULES.family(
    ("FIRST_CHANGES",),
    "{mode_before:g} machines run as {POINTS} when the plan begins",
    item=TUNING,
    gives=False,
)
def first_change_of_mode(m: Model, k: Index) -> Relation:
    r"""As `change_of_mode`, from the state carried in: :math:`u_{pt} - U_p \le x_k + a_k`.

    Its shadow price is what one machine more in that mode just before would have saved, USD per machine.
    """
    return (
        m.units_on[m.point_of_change[k], m.interval_of_change[k]] - m.mode_before[k]
        <= m.changed_into[k] + m.started_into[k]
    )


@RULES.family(
    ("LATER_CHANGES",),
    "machines of {POINTS} come from rest or from another mode",
    item=TUNING,
    gives=False,
    definition=True,
)
def change_of_mode(m: Model, k: Index) -> Relation:
    r"""More machines run at a point by changes into it, or come up there: :math:`u_{pt} - u_{p,t-1} \le x_k + a_k`.

    Its shadow price is what one machine more in that mode just before would have saved, USD: at most a change.
    """
    p, t = m.point_of_change[k], m.interval_of_change[k]
    return m.units_on[p, t] - m.units_on[p, m.previous[t]] <= m.changed_into[k] + m.started_into[k]


@RULES.family(
    ("TUNED_GROUPS", "INTERVALS"),
    "machines of group {TUNED_GROUPS} that come up were started",
    item=TUNING,
    gives=False,
    definition=True,
)
def come_up_by_starts(m: Model, g: Index, t: Index) -> Relation:
    r"""Started machines come up in any mode, no others do: :math:`\sum_{k \in g, t} a_k \le s_{gt}`.

    Its shadow price is what one machine more that comes up without a start would save in changes, USD per machine.
    """
    return coming_up(m, g, t) <= m.units_started[g, t]


@RULES.family(("FIRST_GROWTHS",), COMES_UP, item=TUNING, gives=False, definition=True)
def first_come_up_in_growth(m: Model, w: Index) -> Relation:
    r"""As `come_up_in_growth`, from the state carried in: :math:`\sum a_k \le r_{gt} - R_g + M_w (1 - z_w)`.

    Its shadow price is what one machine more of growth would save in changes, USD per machine, with the choice made.
    """
    g, t = m.group_of_growth[w], m.interval_of_growth[w]
    growth = m.offered("units_running", g, t) - m.units_before[g]
    return coming_up(m, g, t) - growth <= m.growth_units[w] - m.growth_units[w] * m.grows[w]


@RULES.family(("LATER_GROWTHS",), COMES_UP, item=TUNING, gives=False, definition=True)
def come_up_in_growth(m: Model, w: Index) -> Relation:
    r"""No more come up than the group grows by: :math:`\sum a_k \le r_{gt} - r_{g,t-1} + M_w (1 - z_w)`.

    Its shadow price is what one machine more of growth would save in changes, USD per machine, with the choice made.
    """
    g, t = m.group_of_growth[w], m.interval_of_growth[w]
    growth = m.offered("units_running", g, t) - m.offered("units_running", g, m.previous[t])
    return coming_up(m, g, t) - growth <= m.growth_units[w] - m.growth_units[w] * m.grows[w]


@RULES.family(("GROWTHS",), COMES_UP, item=TUNING, gives=False, definition=True)
def none_come_up_else(m: Model, w: Index) -> Relation:
    r"""None come up where it does not grow: :math:`\sum a_k \le M_w z_w`.

    Its shadow price is what one machine more that comes up would save in changes, USD per machine, with the choice
    made.
    """
    return coming_up(m, m.group_of_growth[w], m.interval_of_growth[w]) <= m.growth_units[w] * m.grows[w]


@RULES.family(("LATER_GROWTHS",), COMES_UP, item=TUNING, gives=False, definition=True)
def come_up_from_rest(m: Model, w: Index) -> Relation:
    r"""No more come up than rested before: :math:`\sum a_k \le M_w - r_{g,t-1}`.

    It follows from the rows above and makes them tight: where all ran, none is left to take another's place. Its shadow
    price is what one machine more at rest before would save in changes, USD per machine.
    """
    g, t = m.group_of_growth[w], m.interval_of_growth[w]
    return coming_up(m, g, t) + m.offered("units_running", g, m.previous[t]) <= m.growth_units[w]


@RULES.family(
    ("CHANGES_LIMITED_GROUPS", "DAYS"),
    "group {CHANGES_LIMITED_GROUPS} has {changes_left:g} changes of mode left on {DAYS}",
    item=TUNING,
)
def daily_changes(m: Model, g: Index, d: Index) -> Relation:
    r"""Changes of a group on a local day are at most what is left of its allowance:
    :math:`\sum_{k \in g, d} x_k \le N_{gd}`. The shadow price is what one more change would earn, USD.
    """
    return m.sum(m.CHANGES_OF_DAY[g, d], lambda k: m.changed_into[k]) <= m.changes_left[g, d]


@RULES.term(("CHANGES",))
def tuning_loss(m: Model, k: Index) -> Expression:
    """Hash of the new mode not earned while machines are tuned, priced at the interval of the change."""
    lost = m.tuning_hours[k] * m.hash_yield_th[m.point_of_change[k]]
    return -m.hashprice[m.interval_of_change[k]] * lost * m.changed_into[k]


@RULES.term(("CHANGES",))
def tuning_wear(m: Model, k: Index) -> Expression:
    """Wear of changes."""
    return -m.tuning_wear_usd[k] * m.changed_into[k]


PARAMETERS = (
    Parameter("mode_before", ("CHANGES",)),  # units on at its point just before the plan
    Parameter("tuning_hours", ("CHANGES",)),  # hours of hash lost per change
    Parameter("tuning_wear_usd", ("CHANGES",)),
    Parameter("changes_left", ("GROUPS", "DAYS")),
    Parameter("growth_units", ("GROWTHS",)),  # units in service just before, or now
    Parameter("growth_limit", ("GROWTHS",)),  # one: the group grows or not
)

VARIABLES = (
    Variable("changed_into", ("CHANGES",)),
    Variable("started_into", ("CHANGES",)),
    Variable("grows", ("GROWTHS",), upper="growth_limit", integer=True),
)
