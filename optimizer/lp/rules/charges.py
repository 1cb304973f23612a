r"""Charges over a billing period: tiers, demand, ratchets, coincident peaks, minimum bill.

Symbols: :math:`i_t` grid import; :math:`M_b` measured and :math:`F_b + a_b` billed peak of bill b (one demand charge in
one period), :math:`F_b` being billed whatever the plan does; all MW. Sums over hours are MWh.
"""

from __future__ import annotations

from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable
from optimizer.reasons import Reason

RULES = Rules()
COINCIDENT = Item(
    "coincident_peak", "Coincident peak: the charge times the interval's probability", Reason.COINCIDENT_PEAK
)


@RULES.family(
    ("PEAK_HOURS",),
    "the billed peak counts this hour",
    unit="MW",
    item=Item("demand_charge", "Demand charge: the interval sets the billed peak", Reason.DEMAND_CHARGE),
    soft="peak_usd_per_mw",
)
def peak_measured(m: Model, j: Index) -> Relation:
    r"""The measured peak is no less than the import of any hour that counts: :math:`i_t \le M_b`."""
    return m.grid_import[m.interval_of_peak[j]] <= m.measured_peak[m.bill_of_peak[j]]


@RULES.family(("PEAK_BILLS",), "the measured peak {PEAK_BILLS} is billed", unit="MW", soft="peak_usd_per_mw")
def peak_billed(m: Model, b: Index) -> Relation:
    r"""What is measured is billed: :math:`M_b \le F_b + a_b`. The floor is billed even without it."""
    return m.measured_peak[b] <= m.peak_floor_mw[b] + m.peak_above_floor[b]


@RULES.family(
    ("RATCHETS",), "a ratchet bills {ratchet_share:.3g} of an earlier peak", unit="MW", soft="peak_usd_per_mw"
)
def peak_ratchet(m: Model, r: Index) -> Relation:
    r"""A share of an earlier period's measured peak is billed later: :math:`\rho M_{b'} \le F_b + a_b`."""
    later = m.later_of_ratchet[r]
    held = m.ratchet_share[r] * m.measured_peak[m.earlier_of_ratchet[r]]
    return held <= m.peak_floor_mw[later] + m.peak_above_floor[later]


@RULES.family(
    ("LATER_RATCHETS",), "a ratchet bills the measured peak after the plan", unit="MW", soft="later_usd_per_mw"
)
def later_ratchet(m: Model, r: Index) -> Relation:
    r"""A share of the plan's peak is billed in a period after the plan, beyond what is billed there anyway:
    :math:`\rho M_b \le F_l + a_l`.
    """
    later = m.bill_of_later_ratchet[r]
    held = m.later_share[later] * m.measured_peak[m.peak_of_later_ratchet[r]]
    return held <= m.later_floor_mw[later] + m.later_above_floor[later]


@RULES.family(
    ("TIER_BILLS",),
    "energy above tier {TIER_BILLS} is charged more",
    unit="MWh",
    item=Item("energy_tier", "Energy above a tier", Reason.ENERGY_TIER),
    soft="tier_adds_usd_per_mwh",
)
def energy_tier(m: Model, b: Index) -> Relation:
    r"""Energy beyond what is left of the tier below is charged more: :math:`\sum_t h_{bt} i_t \le E_b + x_b`."""
    counted = m.sum(m.HOURS_OF_TIER[b], lambda j: m.tier_mwh_per_mw[j] * m.grid_import[m.interval_of_tier[j]])
    return counted <= m.tier_left_mwh[b] + m.tier_above_mwh[b]


@RULES.family(
    ("PLAIN_TAGS",),
    "import at coincident peaks {PLAIN_TAGS} is charged",
    unit="MW",
    item=COINCIDENT,
    soft="tag_usd_per_mw",
)
def peak_tag(m: Model, c: Index) -> Relation:
    r"""The expected import at the grid's peaks: :math:`\sum_t w_{ct} i_t \le a_c`.

    :math:`w_{ct}` is the probability of a peak over the number of peaks. What is expected at those outside the plan is
    billed anyway.
    """
    return m.sum(m.INTERVALS, lambda t: m.tag_weight[c, t] * m.grid_import[t]) <= m.tag_above_floor[c]


@RULES.family(
    ("CASES",),
    "import at a coincident peak is charged above a floor",
    unit="MW",
    item=COINCIDENT,
    soft="tag_usd_per_mw",
)
def tag_case(m: Model, j: Index) -> Relation:
    r"""The tag with one peak in one place, beyond what is billed anyway: :math:`(i_t + O_k + K_j) / n \le F_j + a_j`.

    :math:`i_t` is the import there, nothing where the place lies outside the plan, :math:`O_k` the import expected at
    the other peaks of the plan, :math:`K_j` that at the peaks outside it, :math:`n` the peaks a year counts.
    """
    here = m.sum(m.INTERVALS_OF_CASE[j], lambda t: m.hours[t] * m.grid_import[t]) / m.case_hours[j]
    others = m.sum(m.OTHERS_OF_CASE[j], lambda k: m.import_at_others[k])
    tag = (here + others + m.case_elsewhere_mw[j]) / m.case_peaks[j]
    return tag <= m.case_floor_mw[j] + m.case_above_floor[j]


@RULES.family(
    ("SHARED_PEAKS",), "import at other coincident peaks is charged", unit="MW", item=COINCIDENT, soft="tag_usd_per_mw"
)
def other_peaks(m: Model, k: Index) -> Relation:
    r"""The import expected at the plan's peaks but one: :math:`\sum_t p_{kt} i_t \le O_k`."""
    return m.sum(m.INTERVALS, lambda t: m.others_chance[k, t] * m.grid_import[t]) <= m.import_at_others[k]


@RULES.family(
    ("FLOORED_TAGS",), "import at coincident peaks {FLOORED_TAGS} is charged", unit="MW", soft="tag_usd_per_mw"
)
def tag_excess(m: Model, c: Index) -> Relation:
    r"""The expected excess above a floor, not the excess of the expectation: :math:`\sum_j q_j a_j \le a_c`."""
    excess = m.sum(m.CASES_OF_TAG[c], lambda j: m.case_chance[j] * m.case_above_floor[j])
    return excess <= m.tag_above_floor[c]


@RULES.family(
    ("LEAST_BILLS",),
    "the bill comes to {least_usd:.2f} USD at least",
    unit="USD",
    item=Item("minimum_bill", "The minimum bill is not reached: energy counts towards it"),
)
def least_bill(m: Model, n: Index) -> Relation:
    r"""What a bill lacks of its minimum is paid on top: energy, adders, tiers, demand :math:`+ z_n \ge Z_n`."""
    energy = m.sum(m.INTERVALS_OF_BILL[n], lambda t: m.hours[t] * m.energy_usd_per_mwh[t] * m.spot_mw[t])
    adders = m.sum(m.INTERVALS_OF_BILL[n], lambda t: m.hours[t] * m.adders_usd_per_mwh[t] * m.grid_import[t])
    tiers = m.sum(m.TIERS_OF_BILL[n], lambda b: m.tier_adds_usd_per_mwh[b] * m.tier_above_mwh[b])
    demand = m.sum(m.PEAKS_OF_BILL[n], lambda b: m.peak_usd_per_mw[b] * (m.peak_above_floor[b] + m.peak_due_mw[b]))
    return energy + adders + tiers + demand + m.bill_topup[n] >= m.least_usd[n]


@RULES.term(("TIER_BILLS",))
def energy_tiers(m: Model, b: Index) -> Expression:
    r"""What energy above a tier costs more: :math:`-c_b x_b`."""
    return -m.tier_adds_usd_per_mwh[b] * m.tier_above_mwh[b]


@RULES.term(("PEAK_BILLS",))
def demand_charge(m: Model, b: Index) -> Expression:
    r"""What the plan adds to the billed peak: :math:`-d_b (a_b + D_b)`, of the floor what is due with it."""
    return -m.peak_usd_per_mw[b] * (m.peak_above_floor[b] + m.peak_due_mw[b])


@RULES.term(("LATER_BILLS",))
def later_demand_charge(m: Model, b: Index) -> Expression:
    r"""What the plan's peaks add to bills after the plan: :math:`-d_l a_l`."""
    return -m.later_usd_per_mw[b] * m.later_above_floor[b]


@RULES.term(("TAGS",))
def coincident_peak(m: Model, c: Index) -> Expression:
    r"""The expected coincident-peak charge, in today's money: :math:`-k_c a_c`."""
    return -m.tag_usd_per_mw[c] * m.tag_above_floor[c]


@RULES.term(("INTERVALS",))
def fixed_charges(m: Model, t: Index) -> Expression:
    """The customer charge, hour by hour of its period; a constant."""
    return -m.hours[t] * m.fixed_usd_per_hour[t]


@RULES.term(("LEAST_BILLS",))
def minimum_bill(m: Model, n: Index) -> Expression:
    """What is paid to reach the minimum bill."""
    return -m.bill_topup[n]


PARAMETERS = (
    Parameter("peak_floor_mw", ("PEAK_BILLS",)),
    Parameter("peak_due_mw", ("PEAK_BILLS",)),  # part of the floor that the plan pays for
    Parameter("peak_usd_per_mw", ("PEAK_BILLS",)),
    Parameter("ratchet_share", ("RATCHETS",)),
    Parameter("later_floor_mw", ("LATER_BILLS",)),
    Parameter("later_share", ("LATER_BILLS",)),
    Parameter("later_usd_per_mw", ("LATER_BILLS",)),
    Parameter("tier_mwh_per_mw", ("TIER_HOURS",)),  # as billed, losses included
    Parameter("tier_left_mwh", ("TIER_BILLS",)),
    Parameter("tier_adds_usd_per_mwh", ("TIER_BILLS",)),
    Parameter("tag_weight", ("TAGS", "INTERVALS")),
    Parameter("tag_usd_per_mw", ("TAGS",)),
    Parameter("case_hours", ("CASES",)),
    Parameter("case_peaks", ("CASES",)),
    Parameter("case_chance", ("CASES",)),
    Parameter("case_elsewhere_mw", ("CASES",)),
    Parameter("case_floor_mw", ("CASES",)),
    Parameter("others_chance", ("SHARED_PEAKS", "INTERVALS")),
    Parameter("fixed_usd_per_hour", ("INTERVALS",)),
    Parameter("least_usd", ("LEAST_BILLS",)),
)

VARIABLES = (
    Variable("measured_peak", ("PEAK_BILLS",)),
    Variable("peak_above_floor", ("PEAK_BILLS",)),
    Variable("later_above_floor", ("LATER_BILLS",)),
    Variable("tier_above_mwh", ("TIER_BILLS",)),
    Variable("tag_above_floor", ("TAGS",)),
    Variable("case_above_floor", ("CASES",)),
    Variable("import_at_others", ("SHARED_PEAKS",)),
    Variable("bill_topup", ("LEAST_BILLS",)),
)
