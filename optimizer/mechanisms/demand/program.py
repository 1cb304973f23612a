r"""Demand charges on the highest import of a billing period, and ratchets that hold it up.

Symbols: :math:`i_t` grid import; :math:`M_b` measured and :math:`F_b + a_b` billed peak of bill b (one demand charge in
one period), :math:`F_b` being billed whatever the plan does; all MW.
"""

from __future__ import annotations

from optimizer.accounts.reasons import Reason
from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.family(
    ("PEAK_HOURS",),
    "the billed peak counts this hour",
    unit="MW",
    item=Item("demand_charge", "Demand charge: the interval sets the billed peak", Reason.DEMAND_CHARGE),
    soft="peak_usd_per_mw",
)
def peak_measured(m: Model, j: Index) -> Relation:
    r"""The measured peak is no less than the import of any hour that counts: :math:`i_t \le M_b`.

    Its shadow price is the part of the demand charges that this hour bears, USD per MW.
    """
    return m.grid_import[m.interval_of_peak[j]] <= m.measured_peak[m.bill_of_peak[j]]


@RULES.family(("PEAK_BILLS",), "the measured peak {PEAK_BILLS} is billed", unit="MW", soft="peak_usd_per_mw")
def peak_billed(m: Model, b: Index) -> Relation:
    r"""What is measured is billed: :math:`M_b \le F_b + a_b`. The floor is billed even without it.

    Its shadow price is the part of the period's charge that its own peak bears, USD per MW.
    """
    return m.measured_peak[b] <= m.peak_floor_mw[b] + m.peak_above_floor[b]


@RULES.family(
    ("RATCHETS",), "a ratchet bills {ratchet_share:.3g} of an earlier peak", unit="MW", soft="peak_usd_per_mw"
)
def peak_ratchet(m: Model, r: Index) -> Relation:
    r"""A share of an earlier period's measured peak is billed later: :math:`\rho M_{b'} \le F_b + a_b`.

    Its shadow price is the part of the later period's charge that the earlier peak bears, USD per MW billed.
    """
    later = m.later_of_ratchet[r]
    held = m.ratchet_share[r] * m.measured_peak[m.earlier_of_ratchet[r]]
    return held <= m.peak_floor_mw[later] + m.peak_above_floor[later]


@RULES.family(
    ("LATER_RATCHETS",), "a ratchet bills the measured peak after the plan", unit="MW", soft="later_usd_per_mw"
)
def later_ratchet(m: Model, r: Index) -> Relation:
    r"""A share of the plan's peak is billed in a period after the plan, beyond what is billed there anyway:
    :math:`\rho M_b \le F_l + a_l`.

    Its shadow price is the part of that period's charge that the plan's peak bears, USD per MW billed.
    """
    later = m.bill_of_later_ratchet[r]
    held = m.later_share[later] * m.measured_peak[m.peak_of_later_ratchet[r]]
    return held <= m.later_floor_mw[later] + m.later_above_floor[later]


@RULES.offer("towards_minimum")
def demand_billed(m: Model, n: Index) -> Expression:
    """What demand charges come to in a billing period, USD, without what is owed of them anyway."""
    return m.sum(m.PEAKS_OF_BILL[n], lambda b: m.peak_usd_per_mw[b] * (m.peak_above_floor[b] + m.peak_due_mw[b]))


@RULES.term(("PEAK_BILLS",))
def demand_charge(m: Model, b: Index) -> Expression:
    r"""What the plan adds to the billed peak: :math:`-d_b (a_b + D_b)`, of the floor what is due with it."""
    return -m.peak_usd_per_mw[b] * (m.peak_above_floor[b] + m.peak_due_mw[b])


@RULES.term(("LATER_BILLS",))
def later_demand_charge(m: Model, b: Index) -> Expression:
    r"""What the plan's peaks add to bills after the plan: :math:`-d_l a_l`."""
    return -m.later_usd_per_mw[b] * m.later_above_floor[b]


PARAMETERS = (
    Parameter("peak_floor_mw", ("PEAK_BILLS",)),
    Parameter("peak_due_mw", ("PEAK_BILLS",)),  # part of the floor that the plan pays for
    Parameter("peak_usd_per_mw", ("PEAK_BILLS",)),
    Parameter("ratchet_share", ("RATCHETS",)),
    Parameter("later_floor_mw", ("LATER_BILLS",)),
    Parameter("later_share", ("LATER_BILLS",)),
    Parameter("later_usd_per_mw", ("LATER_BILLS",)),
)

VARIABLES = (
    Variable("measured_peak", ("PEAK_BILLS",)),
    Variable("peak_above_floor", ("PEAK_BILLS",)),
    Variable("later_above_floor", ("LATER_BILLS",)),
)
