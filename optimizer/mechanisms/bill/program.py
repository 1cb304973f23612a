"""What a billing period costs whatever is used, and the least that it comes to."""

from __future__ import annotations

from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.family(
    ("LEAST_BILLS",),
    "the bill comes to {least_usd:.2f} USD at least",
    unit="USD",
    item=Item("minimum_bill", "The minimum bill is not reached: energy counts towards it"),
)
def least_bill(m: Model, n: Index) -> Relation:
    r"""What a bill lacks of its minimum is paid on top of what counts towards it: :math:`c_n + z_n \ge Z_n`.

    Its shadow price is what a USD more of minimum costs: a USD where it is paid up to, nothing where the bill is above
    it.
    """
    return m.offered("towards_minimum", n) + m.bill_topup[n] >= m.least_usd[n]


@RULES.term(("INTERVALS",))
def fixed_charges(m: Model, t: Index) -> Expression:
    """The customer charge, hour by hour of its period; a constant."""
    return -m.hours[t] * m.fixed_usd_per_hour[t]


@RULES.term(("LEAST_BILLS",))
def minimum_bill(m: Model, n: Index) -> Expression:
    """What is paid to reach the minimum bill."""
    return -m.bill_topup[n]


PARAMETERS = (
    Parameter("fixed_usd_per_hour", ("INTERVALS",)),
    Parameter("least_usd", ("LEAST_BILLS",)),
)

VARIABLES = (Variable("bill_topup", ("LEAST_BILLS",)),)
