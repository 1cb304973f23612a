r"""Planning again (family 21): a schedule that was announced is kept for some intervals, and not changed for nothing.

Symbols: :math:`F_{pt}` machines announced in a frozen interval, :math:`N_{gt}` machines announced of a group in any
mode, :math:`x_{gt}` machines by which the schedule departs from them.
"""

from __future__ import annotations

from optimizer.accounts.reasons import Reason
from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()
ANNOUNCED = Item("announced", "The announced schedule is kept", Reason.ANNOUNCED)
CHANGED = "{announced_units:.6g} machines were announced"


@RULES.family(("FROZEN",), "the announced schedule is frozen at {frozen_units:.6g} machines", item=ANNOUNCED)
def frozen_schedule(m: Model, f: Index) -> Relation:
    r"""In a frozen interval the announced machines run: :math:`u_{pt} = F_{pt}`.

    The shadow price is what one machine more would earn there, USD: what freezing costs.
    """
    return m.units_on[m.point_of_frozen[f], m.interval_of_frozen[f]] == m.frozen_units[f]


@RULES.family(("ANNOUNCED",), CHANGED, item=ANNOUNCED, soft="change_usd")
def more_than_announced(m: Model, a: Index) -> Relation:
    r"""Machines beyond those announced are a change: :math:`r_{gt} - N_{gt} \le x_{gt}`.

    Its shadow price is what one machine more, had it been announced, would save in changes, USD: `change_usd` at most.
    """
    running = m.offered("units_running", m.group_of_announced[a], m.interval_of_announced[a])
    return running - m.announced_units[a] <= m.units_changed[a]


@RULES.family(("ANNOUNCED",), CHANGED, item=ANNOUNCED, soft="change_usd")
def fewer_than_announced(m: Model, a: Index) -> Relation:
    r"""Machines missing of those announced are a change: :math:`N_{gt} - r_{gt} \le x_{gt}`.

    Its shadow price is what one machine less, had it been announced, would save in changes, USD: `change_usd` at most.
    """
    running = m.offered("units_running", m.group_of_announced[a], m.interval_of_announced[a])
    return m.announced_units[a] - running <= m.units_changed[a]


@RULES.term(("ANNOUNCED",), money=False)
def schedule_change(m: Model, a: Index) -> Expression:
    """What a change of the announced schedule must be worth; it steers the schedule and is no money."""
    return -m.change_usd[a] * m.units_changed[a]


PARAMETERS = (
    Parameter("frozen_units", ("FROZEN",)),
    Parameter("announced_units", ("ANNOUNCED",)),
    Parameter("change_usd", ("ANNOUNCED",)),  # USD per machine and interval
)

VARIABLES = (Variable("units_changed", ("ANNOUNCED",)),)
