r"""Whole machines and whole containers, for `--whole-units exact`. The sets are empty when the plan is continuous.

Machines are whole in the intervals of the plan; its tail, which nobody follows, stays continuous.
"""

from __future__ import annotations

from optimizer.accounts.reasons import Reason
from optimizer.engine.language import Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.family(
    ("WHOLE_POINTS", "WHOLE_INTERVALS"),
    "machines of {WHOLE_POINTS} are switched in whole containers",
    item=Item("whole_units", "Machines are switched in whole containers", Reason.WHOLE_UNITS),
)
def whole_containers(m: Model, p: Index, t: Index) -> Relation:
    r"""Units on come in full containers of B, plus perhaps the one that outages left partly filled:
    :math:`u_{pt} = B_p n_{pt} + R_{pt} z_{pt}`, n integer, z zero or one.

    With the containers fixed, its shadow price is what one machine more would be worth, USD per machine.
    """
    full = m.container_units[p] * m.containers_on[p, t]
    return m.units_on[p, t] == full + m.partial_units[p, t] * m.partial_on[p, t]


@RULES.family(("WHOLE_GROUPS", "WHOLE_INTERVALS"), "group {WHOLE_GROUPS} has one partly filled container")
def one_partial_container(m: Model, g: Index, t: Index) -> Relation:
    r"""A group has one partly filled container at most: :math:`\sum_{p \in g} z_{pt} \le 1`.

    Only whole numbers stand in it: with these fixed, its shadow price is zero.
    """
    return m.sum(m.POINTS_OF_GROUP[g], lambda p: m.partial_on[p, t]) <= 1.0


PARAMETERS = (
    Parameter("container_units", ("POINTS",)),
    Parameter("partial_units", ("POINTS", "INTERVALS")),
    Parameter("partial_limit", ("WHOLE_POINTS", "WHOLE_INTERVALS")),  # one where there is a partly filled container
)

VARIABLES = (
    Variable("containers_on", ("WHOLE_POINTS", "WHOLE_INTERVALS"), integer=True),
    Variable("partial_on", ("WHOLE_POINTS", "WHOLE_INTERVALS"), upper="partial_limit", integer=True),
)
