r"""Coincident peaks: the import while the whole grid peaks, expected, in a year's tag.

Symbols: :math:`i_t` grid import, MW.
"""

from __future__ import annotations

from optimizer.accounts.reasons import Reason
from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()
COINCIDENT = Item(
    "coincident_peak", "Coincident peak: the charge times the interval's probability", Reason.COINCIDENT_PEAK
)


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
    billed anyway. Its shadow price is what one MW less of tag saves, USD per MW: the charge, where there is a tag at
    all.
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
    the other peaks of the plan, :math:`K_j` that at the peaks outside it, :math:`n` the peaks a year counts. Its shadow
    price is what one MW less of tag in this case saves, USD per MW: nothing below the floor.
    """
    here = m.sum(m.INTERVALS_OF_CASE[j], lambda t: m.hours[t] * m.grid_import[t]) / m.case_hours[j]
    others = m.sum(m.OTHERS_OF_CASE[j], lambda k: m.import_at_others[k])
    tag = (here + others + m.case_elsewhere_mw[j]) / m.case_peaks[j]
    return tag <= m.case_floor_mw[j] + m.case_above_floor[j]


@RULES.family(
    ("SHARED_PEAKS",), "import at other coincident peaks is charged", unit="MW", item=COINCIDENT, soft="tag_usd_per_mw"
)
def other_peaks(m: Model, k: Index) -> Relation:
    r"""The import expected at the plan's peaks but one: :math:`\sum_t p_{kt} i_t \le O_k`.

    Its shadow price is what one MW less at those peaks saves, USD per MW.
    """
    return m.sum(m.INTERVALS, lambda t: m.others_chance[k, t] * m.grid_import[t]) <= m.import_at_others[k]


@RULES.family(
    ("FLOORED_TAGS",), "import at coincident peaks {FLOORED_TAGS} is charged", unit="MW", soft="tag_usd_per_mw"
)
def tag_excess(m: Model, c: Index) -> Relation:
    r"""The expected excess above a floor, not the excess of the expectation: :math:`\sum_j q_j a_j \le a_c`.

    Its shadow price is what one MW less of expected excess saves, USD per MW: the charge, where there is any.
    """
    excess = m.sum(m.CASES_OF_TAG[c], lambda j: m.case_chance[j] * m.case_above_floor[j])
    return excess <= m.tag_above_floor[c]


@RULES.term(("TAGS",))
def coincident_peak(m: Model, c: Index) -> Expression:
    r"""The expected coincident-peak charge, in today's money: :math:`-k_c a_c`."""
    return -m.tag_usd_per_mw[c] * m.tag_above_floor[c]


PARAMETERS = (
    Parameter("tag_weight", ("TAGS", "INTERVALS")),
    Parameter("tag_usd_per_mw", ("TAGS",)),
    Parameter("case_hours", ("CASES",)),
    Parameter("case_peaks", ("CASES",)),
    Parameter("case_chance", ("CASES",)),
    Parameter("case_elsewhere_mw", ("CASES",)),
    Parameter("case_floor_mw", ("CASES",)),
    Parameter("others_chance", ("SHARED_PEAKS", "INTERVALS")),
)

VARIABLES = (
    Variable("tag_above_floor", ("TAGS",)),
    Variable("case_above_floor", ("CASES",)),
    Variable("import_at_others", ("SHARED_PEAKS",)),
)
