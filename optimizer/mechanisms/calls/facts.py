"""What curtailment events say of each interval: caps in MW while they bind and restore, cuts that are paid for.

A cap holds in every interval that the event touches, wholly or in part, once the time to respond is over. What the
event excuses, or what exceeds the limits of its program, binds nobody and is not paid.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from optimizer.accounts.billing import touched
from optimizer.accounts.conditions import Conditions, fact
from optimizer.arrays import F
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.market.grid import Grid
from optimizer.mechanisms.calls.config import ByAmount, Event, Payment, Program, ToLevel, ToShare
from optimizer.mechanisms.calls.obligations import Obligation, Span, after, obligations

_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True)
class EventCap:
    """One interval of one curtailment event: grid import at most ``cap_mw``.

    ``restoring`` marks the intervals after the event's end in which import may only rise at its rate.
    ``violation_usd_per_mwh`` is None where the cap is hard.
    """

    event: int
    interval: int
    cap_mw: float
    violation_usd_per_mwh: float | None
    restoring: bool = False


@dataclass(frozen=True)
class CutOffer:
    """What one event pays for cuts below its baseline, MW, in a piece of an interval; a voluntary one may be left."""

    event: int
    payment: Payment
    baseline_mw: float
    voluntary: bool

    @property
    def most_mw(self) -> float:
        """Most MW that are paid for; inf without a limit."""
        return math.inf if self.payment.most_mw is None else self.payment.most_mw


@dataclass(frozen=True)
class PaidSpan:
    """A piece of one interval in which the same events pay for cuts: how long, and what they offer, by baseline.

    A megawatt is cut only once: it is sold to one of the offers below whose baseline it lies.
    """

    interval: int
    hours: float
    offers: tuple[CutOffer, ...]

    @cached_property
    def holds(self) -> CutOffer | None:
        """The offer whose baseline is the most that may be drawn, None where nobody is held.

        Of the calls that owe a cut it is the lowest that no better of them reaches down to. A voluntary call owes
        nothing: it neither holds import nor lets it go.
        """
        owed = [offer for offer in self.offers if not offer.voluntary]
        return next((offer for offer in owed if not _reached(offer, owed)), None)

    @property
    def held_mw(self) -> float:
        """Most grid import, MW; inf where nobody is held."""
        return math.inf if self.holds is None else self.holds.baseline_mw

    @cached_property
    def baselines(self) -> tuple[tuple[CutOffer, int], ...]:
        """An offer at each baseline that matters, upwards, and how many offers have none above it.

        All from that which holds import upwards matter, and those below it where payments begin anew: what is paid is
        no concave function of the import there, and the farm chooses between drawing more and being paid nothing.
        """
        last = {offer.baseline_mw: (offer, count) for count, offer in enumerate(self.offers, 1)}
        anew = {offer.baseline_mw for offer in self.offers if not _reached(offer, self.offers)}
        return tuple(entry for baseline, entry in last.items() if baseline >= self.held_mw or baseline in anew)


def _reached(offer: CutOffer, others: Iterable[CutOffer]) -> bool:
    """Whether offers that pay as well take every megawatt from a higher baseline down to this one."""
    taken = 0.0
    for other in others:
        if other.baseline_mw > offer.baseline_mw and other.payment.usd_per_mwh >= offer.payment.usd_per_mwh:
            taken += other.most_mw
            if other.baseline_mw - offer.baseline_mw <= taken:
                return True
    return False


@dataclass(frozen=True)
class Calls:
    """The events of a farm on a grid.

    idle_load_mw, most_load_mw: site load with every machine off, and what no schedule exceeds, (intervals,).
    full_import_mw: what the grid can be asked for at full load, (intervals,).
    """

    farm: Farm
    grid: Grid
    idle_load_mw: F
    most_load_mw: F
    full_import_mw: F

    @cached_property
    def owed(self) -> tuple[Obligation, ...]:
        """What is owed of each event, in the order of the file."""
        return obligations(self.farm.sections(Event), self.farm.sections(Program), self.farm.timezone)

    @cached_property
    def caps(self) -> tuple[EventCap, ...]:
        """Every interval that an event caps, by event in the order of the file, then in time."""
        return tuple(
            cap
            for e, event in enumerate(self.farm.sections(Event))
            if not event.voluntary and self.owed[e].spans
            for cap in self._caps(e, event)
        )

    def _caps(self, e: int, event: Event) -> Iterator[EventCap]:
        spans, level = self.owed[e].spans, self._level_mw(event)
        price = (event.violation_usd_per_mwh or 0.0) if event.soft else None
        bound = np.zeros(len(self.grid), dtype=np.bool_)
        for start, end in after(spans, self._answered(event)):
            bound |= touched(self.grid, start, end)
        for t in np.flatnonzero(bound).tolist():
            yield EventCap(e, t, float(level[t]), price)
        if event.restore_mw_per_hour is not None:
            end_of_call = pd.Timestamp(spans[-1][1])
            since = np.asarray((self.grid.ends - end_of_call).total_seconds()) / _SECONDS_PER_HOUR
            risen = level + event.restore_mw_per_hour * since
            restoring = (self.grid.starts >= end_of_call) & (risen < self.most_load_mw)
            for t in np.flatnonzero(restoring).tolist():
                yield EventCap(e, t, float(risen[t]), price, restoring=True)

    def _answered(self, event: Event) -> datetime:
        """When the time to respond is over, UTC."""
        return to_utc(event.start, self.farm.timezone) + timedelta(minutes=event.respond_minutes)

    def _level_mw(self, event: Event) -> F:
        """Most grid import while an event binds, MW, (intervals,)."""
        cut = event.cut
        if isinstance(cut, ToLevel):
            return np.full(len(self.grid), cut.mw)
        if isinstance(cut, ByAmount):
            return np.maximum(self._baseline(cut.baseline_mw) - cut.mw, 0.0)
        if isinstance(cut, ToShare):
            return self._baseline(cut.baseline_mw) * cut.share
        return self.idle_load_mw

    def _baseline(self, given: float | None) -> F:
        """What the site draws without a call, MW, (intervals,): as the event says, else at full load."""
        return self.full_import_mw if given is None else np.full(len(self.grid), given)

    def _paid(self, e: int) -> tuple[Span, ...]:
        """When an event pays: while it is owed, once the time to respond is over."""
        return after(self.owed[e].spans, self._answered(self.farm.sections(Event)[e]))

    @cached_property
    def paid(self) -> tuple[PaidSpan, ...]:
        """Pieces of intervals in which cuts are paid for, in time's order."""
        paying = {e: event.payment for e, event in enumerate(self.farm.sections(Event)) if event.payment is not None}
        if not paying:
            return ()
        spans = [(e, pd.Timestamp(start), pd.Timestamp(end)) for e in paying for start, end in self._paid(e)]
        begin, finish = self.grid.starts[0], self.grid.end
        inner = {edge for _, *edges in spans for edge in edges if begin < edge < finish}
        cuts = self.grid.starts.union(pd.DatetimeIndex(sorted(inner), tz="UTC"))
        starts, ends = cuts, cuts[1:].append(pd.DatetimeIndex([finish]))
        pays = np.zeros((len(self.farm.sections(Event)), len(cuts)), dtype=np.bool_)
        for e, start, end in spans:
            pays[e] |= (starts >= start) & (ends <= end)
        pieces = []
        for piece in np.flatnonzero(pays.any(axis=0)).tolist():
            interval = int(self.grid.starts.searchsorted(starts[piece], side="right")) - 1
            every = (
                CutOffer(
                    e,
                    paying[e],
                    float(self._baseline(paying[e].baseline_mw)[interval]),
                    self.farm.sections(Event)[e].voluntary,
                )
                for e in np.flatnonzero(pays[:, piece]).tolist()
            )
            here = [offer for offer in every if offer.baseline_mw > 0.0 or not offer.voluntary]
            if not here:  # below zero there is nothing to sell
                continue
            pieces.append(
                PaidSpan(
                    interval=interval,
                    hours=(ends[piece] - starts[piece]).total_seconds() / _SECONDS_PER_HOUR,
                    offers=tuple(sorted(here, key=lambda offer: offer.baseline_mw)),
                )
            )
        return tuple(pieces)


@fact
def calls(c: Conditions) -> Calls:
    """The curtailment events on these intervals: caps, and cuts that are paid for."""
    return Calls(c.farm, c.grid, c.idle_load_mw, c.most_load_mw, c.full_import_mw)


def caps(c: Conditions) -> tuple[EventCap, ...]:
    """Every interval that an event caps."""
    return calls(c).caps


def paid_spans(c: Conditions) -> tuple[PaidSpan, ...]:
    """Every piece of an interval in which an event pays for cuts."""
    return calls(c).paid
