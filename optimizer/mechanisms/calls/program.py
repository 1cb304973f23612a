r"""Curtailment events (family 17): import under a cap until release and restore, penalties, cuts that are paid for.

Symbols: :math:`i_t` grid import, :math:`v_c` MW above the cap of one interval of an event, :math:`m_e` the most of them
before the plan and :math:`w_e` how much more there are in it, :math:`z_n` MW of a cut that one event pays for in a
piece of an interval, :math:`d_t` whether the farm draws more than the baseline of voluntary calls and is not paid.
"""

from __future__ import annotations

from optimizer.accounts.reasons import Reason
from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.family(
    ("EVENT_CAPS",),
    'event "{EVENTS}" {EVENT_STAGES} {event_cap_mw:.4g} MW',
    unit="MW",
    item=Item("event_cap", "A curtailment event caps import", Reason.EVENT),
    soft="event_violation_usd",
)
def event_cap(m: Model, c: Index) -> Relation:
    r"""Import stays under the event's cap, or the excess is paid for if priced: :math:`i_t \le C_c + v_c`.

    All forms of a call (to a level, by an amount, to a share, full stop) arrive here as a cap in MW, and so does its
    staged restore. The shadow price is what one more MW under the cap would earn, USD.
    """
    return m.grid_import[m.interval_of_cap[c]] <= m.event_cap_mw[c] + m.event_violation[c]


@RULES.family(
    ("MISS_CAPS",), 'event "{EVENTS}" is missed by the most above its limit', unit="MW", soft="event_miss_usd"
)
def event_miss(m: Model, c: Index) -> Relation:
    r"""An event is missed by the most ever drawn above its caps, charged once: :math:`v_c \le m_e + w_e`.

    The shadow price is the part of the penalty per MW that this interval bears, USD.
    """
    return m.event_violation[c] <= m.missed_before_mw[m.event_of_cap[c]] + m.worst_violation[m.event_of_cap[c]]


@RULES.family(
    ("PAID_BASELINES",),
    'event "{EVENTS}" pays for cuts below {paid_baseline_mw:.4g} MW, above which nothing may be drawn',
    unit="MW",
    item=Item("event_payment", "A curtailment event pays for cuts", Reason.EVENT_PAYMENT),
    soft="paid_cut_usd",
)
def paid_cuts(m: Model, b: Index) -> Relation:
    r"""No megawatt is sold twice: what is sold to events whose baselines are at or below one of them is a cut below it:
    :math:`\sum_{n: B_n \le B_b} z_n \le B_b - i_t + D_t d_t`.

    The lowest baseline of calls that owe a cut holds import, which is what the site draws without the call. Above the
    baseline of a voluntary call the farm may draw what it likes and be paid nothing: :math:`d_t` is one where it does.
    A lower baseline has no row where what others pay reaches down to it.
    The shadow price is what the best of the unsold cuts is paid, USD.
    """
    sold = m.sum(m.CUTS_BELOW[b], lambda n: m.paid_cut[n])
    drawn_freely = m.sum(m.CHOICE_AT[b], lambda d: m.declined_mw[d] * m.call_declined[d])
    return sold <= m.paid_baseline_mw[b] - m.grid_import[m.interval_of_baseline[b]] + drawn_freely


@RULES.family(
    ("CHOSEN_BASELINES",),
    'event "{EVENTS}" pays for no cut where more than {paid_baseline_mw:.4g} MW are drawn',
    unit="MW",
)
def declined_cuts(m: Model, b: Index) -> Relation:
    r"""Nothing is sold below a baseline that is exceeded: :math:`\sum_{n: B_n \le B_b} z_n \le B_b (1 - d_t)`.

    It also keeps :math:`d_t`, a whole number, to zero or one. Its shadow price is what one more MW of cuts would be
    paid, USD per MW, with the choice made.
    """
    sold = m.sum(m.CUTS_BELOW[b], lambda n: m.paid_cut[n])
    return sold <= m.paid_baseline_mw[b] - m.sum(m.CHOICE_AT[b], lambda d: m.choice_mw[d] * m.call_declined[d])


@RULES.offer("cut_income")
def cuts_paid(m: Model, t: Index) -> Expression:
    """What events pay for cuts in an interval, USD."""
    return m.sum(m.CUTS_OF_INTERVAL[t], lambda n: m.paid_cut_usd[n] * m.paid_cut[n])


@RULES.term(("EVENT_CAPS",))
def event_penalty(m: Model, c: Index) -> Expression:
    """What the file charges for energy imported above an event's cap."""
    return -m.event_violation_usd[c] * m.event_violation[c]


@RULES.term(("EVENTS",))
def event_miss_penalty(m: Model, e: Index) -> Expression:
    """What the file charges once per event for the most MW above its caps, beyond what it charged before."""
    return -m.event_miss_usd[e] * m.worst_violation[e]


@RULES.term(("PAID_CUTS",))
def event_payment(m: Model, n: Index) -> Expression:
    """What events pay for cuts below the baseline."""
    return m.paid_cut_usd[n] * m.paid_cut[n]


PARAMETERS = (
    Parameter("event_cap_mw", ("EVENT_CAPS",)),
    Parameter("event_violation_limit", ("EVENT_CAPS",), open_ended=True),  # zero where the cap is hard
    Parameter("event_violation_usd", ("EVENT_CAPS",)),  # USD per MW over the interval
    Parameter("event_miss_usd", ("EVENTS",)),  # USD per MW, once
    Parameter("missed_before_mw", ("EVENTS",)),
    Parameter("paid_baseline_mw", ("PAID_BASELINES",)),
    Parameter("choice_mw", ("CALL_CHOICES",)),  # MW, the baseline that is chosen about
    Parameter("declined_mw", ("CALL_CHOICES",)),  # MW that may be drawn above it, and a little more
    Parameter("paid_cut_limit", ("PAID_CUTS",), open_ended=True),  # MW
    Parameter("paid_cut_usd", ("PAID_CUTS",)),  # USD per MW over the piece of the interval
)

VARIABLES = (
    Variable("event_violation", ("EVENT_CAPS",), upper="event_violation_limit"),
    Variable("worst_violation", ("EVENTS",)),
    Variable("paid_cut", ("PAID_CUTS",), upper="paid_cut_limit"),
    Variable("call_declined", ("CALL_CHOICES",), integer=True),
)
