r"""A few weeks, each with a weight, that stand for a history: its duration curves are matched at marks.

After K. Poncelet, H. Höschle, E. Delarue, A. Virag and W. D'haeseleer, "Selecting Representative Days for Capturing the
Implications of Integrating Intermittent Renewables in Generation Expansion Planning Problems", IEEE Transactions on
Power Systems 32(3), 1936-1948, 2017, doi:10.1109/TPWRS.2016.2596803. Two things differ: of each curve the largest miss
counts, not the sum, since any strike price may be asked for; and some weeks must be chosen, each for itself at least.

Symbols: :math:`\mu_i` the weeks that week i stands for, :math:`u_i` one where it is chosen, :math:`a_{ki}` what it
brings to mark k, :math:`A_k` what the history holds there, :math:`e_c` the largest miss on curve c.
"""

from __future__ import annotations

from optimizer.engine.language import Expression, Index, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


def reproduced(m: Model, k: Index) -> Expression:
    r"""What the chosen weeks hold at a mark: :math:`\sum_i a_{ki} \mu_i`."""
    return m.sum(m.WEEKS, lambda i: m.part[k, i] * m.weight[i])


@RULES.family(("HISTORY",), "the history lasts {weeks_in_history:.4g} weeks", unit="weeks", gives=True)
def history_length(m: Model, h: Index) -> Relation:
    r"""The weights add up to the history: :math:`\sum_i \mu_i = N`.

    Its shadow price is how much a week more of history would take off the misfit, per week.
    """
    return m.sum(m.WEEKS, lambda i: m.weight[i]) == m.weeks_in_history[h]


@RULES.family(("HISTORY",), "{weeks_to_choose:g} weeks are chosen", unit="weeks", gives=True)
def number_of_weeks(m: Model, h: Index) -> Relation:
    r"""So many are chosen: :math:`\sum_i u_i = n`.

    Only whole numbers stand in it: with these fixed, its shadow price is zero.
    """
    return m.sum(m.WEEKS, lambda i: m.chosen[i]) == m.weeks_to_choose[h]


@RULES.family(("WEEKS",), "a week stands for {most_weight:.4g} at most", unit="weeks", gives=False)
def chosen_weeks_only(m: Model, i: Index) -> Relation:
    r"""What is not chosen stands for nothing: :math:`\mu_i \le W_i u_i`; :math:`W_i` is one for a storm.

    Its shadow price is how much a week more of weight would take off the misfit, per week.
    """
    return m.weight[i] <= m.most_weight[i] * m.chosen[i]


@RULES.family(("WEEKS",), "a chosen week stands for itself at least", unit="weeks", gives=False)
def stands_for_itself(m: Model, i: Index) -> Relation:
    r"""A chosen week stands for itself at least: :math:`\mu_i \ge u_i`.

    Its shadow price is how much a week more that it must stand for adds to the misfit, per week.
    """
    return m.weight[i] >= m.chosen[i]


@RULES.family(("INCLUDED",), "storms and peaks must be chosen", unit="weeks")
def must_be_included(m: Model, i: Index) -> Relation:
    r"""Storms and peaks are chosen: :math:`u_i = 1`.

    Only whole numbers stand in it: with these fixed, its shadow price is zero.
    """
    return m.chosen[i] == 1.0


@RULES.family(("MARKS",), "mark {MARKS} holds {history_total:.4g}", unit="of the mark")
def mark_above(m: Model, k: Index) -> Relation:
    r"""No mark is exceeded by more than its curve's miss: :math:`\sum_i a_{ki} \mu_i \le A_k + e_{c(k)}`.

    Its shadow price is the part of its curve's miss that this mark bears, from zero to one.
    """
    return reproduced(m, k) <= m.history_total[k] + m.largest_miss[m.curve_of_mark[k]]


@RULES.family(("MARKS",), "mark {MARKS} holds {history_total:.4g}", unit="of the mark")
def mark_below(m: Model, k: Index) -> Relation:
    r"""No mark falls short by more: :math:`\sum_i a_{ki} \mu_i \ge A_k - e_{c(k)}`.

    Its shadow price is the part of its curve's miss that this mark bears, from zero to one.
    """
    return reproduced(m, k) >= m.history_total[k] - m.largest_miss[m.curve_of_mark[k]]


@RULES.term(("CURVES",), money=False)
def misfit(m: Model, c: Index) -> Expression:
    r"""What is made small: :math:`-e_c`."""
    return -m.largest_miss[c]


PARAMETERS = (
    Parameter("weeks_in_history", ("HISTORY",)),
    Parameter("weeks_to_choose", ("HISTORY",)),
    Parameter("most_weight", ("WEEKS",)),
    Parameter("most_chosen", ("WEEKS",)),  # one: a week is chosen once
    Parameter("part", ("MARKS", "WEEKS")),
    Parameter("history_total", ("MARKS",)),
)

VARIABLES = (
    Variable("weight", ("WEEKS",)),
    Variable("chosen", ("WEEKS",), upper="most_chosen", integer=True),
    Variable("largest_miss", ("CURVES",)),
)
