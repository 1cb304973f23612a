"""What binds whatever is handed out, however it was made: the most import that no price lifts.

What comes first where two stand against each other: what cannot be otherwise (the load with every machine off, how fast
import can fall), then calls and the site's limit, then frost, then minimum times, then what a schedule wants. Machines
that stand behind one switch go together: a call is met by one container more, never by a part of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.ledger import accounts, declarations
from optimizer.accounts.reasons import Reason
from optimizer.arrays import Bool, F

ABOVE_ALL_USD_PER_MWH = 1e6  # what a MWh above what binds costs a search: more than any MWh can earn
_NO_LIMIT_MW = 1e6
_MW = 1e-6


@dataclass(frozen=True)
class HardLimit:
    """Most grid import by the reason that machines are off for it, MW, (intervals,) each, inf where nothing binds."""

    by_reason: Mapping[Reason, F]

    @property
    def import_mw(self) -> F:
        """The lowest of them."""
        return np.asarray(np.min(list(self.by_reason.values()), axis=0))

    def reason(self, t: int) -> Reason:
        """That of the lowest in an interval."""
        return min(self.by_reason, key=lambda reason: float(self.by_reason[reason][t]))


def hard_limit(c: Conditions, *, priced: bool = False) -> HardLimit:
    """All that binds, and before it the way down.

    Where import may fall only so fast, it must be low enough beforehand for what binds later. With ``priced`` what may
    be exceeded at a price is kept too, though nothing needs to be low enough for it beforehand.
    """
    bound = {reason: _reached_in_time(c, limit) for reason, limit in owed_limit(c).by_reason.items()}
    if not priced:
        return HardLimit(bound)
    return HardLimit({reason: np.minimum(bound[reason], limit) for reason, limit in _limits(c, priced=True).items()})


def owed_limit(c: Conditions) -> HardLimit:
    """What binds in each interval by itself, without the way down to it."""
    return HardLimit(_limits(c, priced=False))


def _limits(c: Conditions, *, priced: bool) -> dict[Reason, F]:
    """The lowest of what is declared, by reason."""
    lowest: dict[Reason, F] = {}
    for reason, limit in (one for account in accounts() for one in account.limits):
        lowest[reason] = np.minimum(lowest.get(reason, np.inf), limit(c, priced))
    return lowest


def _reached_in_time(c: Conditions, limit: F) -> F:
    ramp = c.farm.site.ramp_down_mw_per_hour
    if ramp is None:
        return limit
    least = _least_mw(c)
    reached, fall = limit.copy(), ramp * np.where(_sets_in(c), c.grid.hours.min(), c.grid.hours)
    for t in range(len(limit) - 1, 0, -1):
        reached[t - 1] = min(reached[t - 1], max(reached[t], least[t]) + fall[t])
    return reached


def within_reach_mw(c: Conditions) -> F:
    """Most import before a long interval in which something begins to bind, MW, (intervals,), inf elsewhere.

    From there it may fall to what binds in the shortest interval: a plan that is made anew just before has short
    intervals there, and could not fall as fast as a long one lets this plan fall at once.
    """
    ramp, shortest = c.farm.site.ramp_down_mw_per_hour, c.grid.hours.min()
    if ramp is None or c.eased:
        return np.full(len(c.grid), np.inf)
    reach = np.maximum(owed_limit(c).import_mw, _least_mw(c)) + ramp * shortest
    return np.where(_sets_in(c) & (c.grid.hours > shortest), reach, np.inf)


def _sets_in(c: Conditions) -> Bool:
    """Intervals that may draw less than the one before them."""
    limit = owed_limit(c).import_mw
    return np.append(False, limit[1:] < limit[:-1])


def _least_mw(c: Conditions) -> F:
    """Import with every machine off."""
    return np.maximum(c.idle_load_mw - c.market.onsite_available_mw, 0.0)


def short_mw(c: Conditions, imported: F) -> F:
    """By how much import exceeds what binds it, MW, (intervals,)."""
    return np.maximum(imported - owed_limit(c).import_mw, 0.0)


def bound_to(c: Conditions, import_mw: F, usd_per_mwh: float | None) -> Conditions:
    """The farm with all that binds in one limit on import, hard or at a price."""
    farm = c.farm
    for ease in declarations("ease"):
        farm = ease(farm)
    site = farm.site.model_copy(update={"import_violation_usd_per_mwh": usd_per_mwh})
    market = c.market.with_(import_limit_mw=np.minimum(import_mw, _NO_LIMIT_MW))
    return replace(c, farm=farm.model_copy(update={"site": site}), market=market, eased=True)


def shortfalls(c: Conditions, imported: F, *, proved: bool) -> tuple[str, ...]:
    """By how much import exceeds what binds it and until when, a sentence for each stretch."""
    short, grid, zone = short_mw(c, imported), c.grid, c.farm.timezone
    nearest = "no schedule comes nearer" if proved else "none was found that comes nearer"
    sentences = []
    for first, stop in _stretches(short > _MW):
        begins, ends = grid.starts[first].tz_convert(zone), grid.ends[stop - 1].tz_convert(zone)
        mwh = float(short[first:stop] @ grid.hours[first:stop])
        sentences.append(
            f"{begins:%Y-%m-%d %H:%M} until {ends:%Y-%m-%d %H:%M}: up to {float(short[first:stop].max()):.4g} MW "
            f"above what binds, {mwh:.4g} MWh in all; {nearest}"
        )
    return tuple(sentences)


def _stretches(marked: Bool) -> Iterator[tuple[int, int]]:
    """Runs of marked intervals as [first, stop)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]))).tolist()
    yield from zip(edges[::2], edges[1::2], strict=True)
