r"""Curtailment events (family 17): import under a cap from notice to release."""

from __future__ import annotations

from typing import Any

from optimizer.lp.language import Family, Parameter, Term, Variable


def event_cap(m: Any, c: Any) -> Any:
    r"""Import stays under the event's cap, or the excess is paid for if priced: :math:`i_t \le C_c + v_c`.

    All forms of a call (to a level, by an amount, to a share, full stop) arrive here as a cap in MW. The shadow price
    is what one more MW under the cap would earn, USD.
    """
    return m.grid_import[m.interval_of_cap[c]] <= m.event_cap_mw[c] + m.event_violation[c]


def event_penalty(m: Any, c: Any) -> Any:
    """What the file charges for import above an event's cap."""
    return -m.event_violation_usd[c] * m.event_violation[c]


PARAMETERS = (
    Parameter("event_cap_mw", ("EVENT_CAPS",)),
    Parameter("event_violation_limit", ("EVENT_CAPS",), open_ended=True),  # zero where the cap is hard
    Parameter("event_violation_usd", ("EVENT_CAPS",)),  # USD per MW over the interval
)

VARIABLES = (Variable("event_violation", ("EVENT_CAPS",), upper="event_violation_limit"),)

FAMILIES = (Family(event_cap, ("EVENT_CAPS",), 'event "{EVENTS}" allows {event_cap_mw:.4g} MW', unit="MW"),)

TERMS = (Term(event_penalty, ("EVENT_CAPS",)),)
