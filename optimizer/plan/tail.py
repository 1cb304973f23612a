"""A plan shorter than its billing period: what the rest of the period adds to the charges that depend on all of it.

The plan and its tail are solved as one program, so that a start or a minimum time across the border between them is
reckoned with, and the plan is published. It is charged by itself: what the tail does to every peak and quantity is
given to its account as an expectation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from optimizer.accounts.billing import NO_REST, Rest
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.ledger import accounts, declarations
from optimizer.accounts.settlement import settle
from optimizer.config.farm import Farm
from optimizer.config.state import State
from optimizer.market.inputs import MarketInputs

_NOTHING: Mapping[tuple[str, str], float] = MappingProxyType({})


def charged_by_period(farm: Farm) -> bool:
    """Whether anything is charged over a whole billing period."""
    return any(charged(farm) for charged in declarations("by_period"))


def metered(
    farm: Farm, market: MarketInputs, state: State, expected: Mapping[tuple[str, str], float] = _NOTHING
) -> Conditions:
    """Conditions of intervals that are over, to be settled.

    ``expected``: the peaks that the rest of a billing period was expected to have; where none is told, a demand charge
    falls on the intervals that set the peak.
    """
    return Conditions(farm, market, state, Rest({"peaks_mw": dict(expected)}, over=True))


def to_the_end(c: Conditions) -> Conditions:
    """The plan and its tail in one, as one program solves them; the plan itself where it has no tail."""
    if c.tail is None:
        return c
    return replace(c, market=c.market.followed_by(c.tail), rest=NO_REST, tail=None, head=len(c.grid))


def plan_alone(c: Conditions) -> Conditions:
    """The plan's own intervals of a plan and its tail in one."""
    return c if c.head is None else replace(c, market=c.market.part(0, c.head), head=None)


def rest_after(c: Conditions, expected: Dispatch, head: int) -> Rest:
    """What the intervals from ``head`` on add to the charges of the last billing period, in an expected schedule."""
    settlement = settle(c, expected)
    return Rest({name: rest(settlement, head) for account in accounts() for name, rest in account.rests})
