"""Machines of customers: what they pay for the energy these draw."""

from __future__ import annotations

from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Rules, Variable

RULES = Rules()
EARNED = Item("earned", "What the machine earns", earns=True)


@RULES.term(("INTERVALS",), item=EARNED)
def hosting_revenue(m: Model, t: Index) -> Expression:
    """What customers pay for the energy their machines draw."""
    return m.sum(m.HOSTED_POINTS, lambda p: m.hours[t] * m.hosting_usd_per_hour[p] * m.units_on[p, t])


PARAMETERS = (
    Parameter("hosting_usd_per_hour", ("POINTS",)),  # USD per unit and hour
)

VARIABLES: tuple[Variable, ...] = ()
