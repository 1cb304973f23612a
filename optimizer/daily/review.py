"""What became of the plans: each schedule as far as it was followed, settled on the prices that really came.

Planned, realised and the strike rule are settled over the same hours with the same charges; only hours whose price is
known count. The strike rule goes on from where it has led itself. An error is realised less planned profit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from optimizer.daily.entries import Entry, RunEntry
from optimizer.daily.history import History
from optimizer.daily.prices import Prices

DRIFT_HOURS = 7 * 24.0
HOURS_PER_DAY = 24.0
SETTLED_AT_ONCE = 50  # schedules that a run settles
WITHOUT_A_PLAN = ("kept", "safe")
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class SettledRun:
    """One schedule from its start until the next began, over ``hours`` whose price is known. USD.

    ``starts`` and ``stops`` are seconds since 1970, ``begins`` and ``ends`` the same on the farm's clock.
    ``always_on_usd`` is not known of schedules that an older version settled; ``causes``: what made the difference to
    the strike rule. ``running_error_usd`` sums the errors of all schedules so far; ``drift_usd_per_day`` is the mean
    error of the schedules of the seven days until this one's end.
    """

    number: int
    run: str
    starts: int
    stops: int
    timezone: str
    hours: float
    planned_usd: float
    realised_usd: float
    strike_rule_usd: float
    running_error_usd: float
    drift_usd_per_day: float
    always_on_usd: float | None = None
    causes: Mapping[str, float] = field(default_factory=dict)

    @property
    def begins(self) -> datetime:
        """When it begins, on the farm's clock."""
        return datetime.fromtimestamp(self.starts, ZoneInfo(self.timezone))

    @property
    def ends(self) -> datetime:
        """When the next began or it ran out, on the farm's clock."""
        return datetime.fromtimestamp(self.stops, ZoneInfo(self.timezone))

    @property
    def error_usd(self) -> float:
        """Realised less planned profit."""
        return self.realised_usd - self.planned_usd

    @property
    def gain_usd(self) -> float:
        """What the schedule earned more than the strike rule would have."""
        return self.realised_usd - self.strike_rule_usd


@dataclass(frozen=True)
class Review:
    """Every run, and what became of those that handed out a schedule, by the start of the schedule.

    expects_peaks: coincident peaks are among the charges. currency: that of the last schedule's farm; what was
    followed in another is left out.
    """

    farm: str
    timezone: str
    runs: tuple[RunEntry, ...]
    followed: tuple[SettledRun, ...]
    expects_peaks: bool = False
    currency: str = "USD"


class Settled(NamedTuple):
    """What is kept of a schedule: what became of it, and where it led the strike rule. Fields as of `SettledRun`.

    ``hours`` is zero where no price of it is known. ``rule`` and ``always`` are states as JSON. What an older version
    kept lacks the last three.
    """

    number: int
    run: str
    starts: int
    stops: int
    timezone: str
    hours: float
    planned_usd: float
    realised_usd: float
    strike_rule_usd: float
    farm: str
    expects_peaks: bool
    rule: str
    always_on_usd: float | None = None
    always: str = ""
    causes: Mapping[str, float] = MappingProxyType({})
    currency: str = "USD"


def review(history: History, prices: Prices | None = None) -> Review:
    """Look at all runs; ``prices`` in place of those that the history has kept.

    What became of a schedule on the history's own prices is kept in the history, and only what is new is reckoned.
    Schedules whose record is kept no longer stay as they were kept.
    """
    settled = _settled(history, prices, 0, None)
    last = settled[-1] if settled else None
    currency = "USD" if last is None else last.currency
    return Review(
        farm="" if last is None else last.farm,
        timezone="UTC" if last is None else last.timezone,
        runs=tuple(history.runs()),
        followed=_summed([one for one in settled if one.hours > 0 and one.currency == currency]),
        expects_peaks=last is not None and last.expects_peaks,
        currency=currency,
    )


def settle_new(history: History) -> None:
    """Reckon, and keep in the history, what became of schedules of late; of many, after an update, the first."""
    _settled(history, None, history.settled_until(), SETTLED_AT_ONCE)


def _settled(history: History, prices: Prices | None, since: int, most: int | None) -> list[Settled]:
    version, kept = history.version(), history.settled(since) if prices is None else {}
    entries = history.entries(since)
    settled, new = list[Settled](), list[Settled]()
    for i, entry in enumerate(entries):
        ends = entry.end if i + 1 == len(entries) else min(entry.end, entries[i + 1].start)
        row = _kept(kept.get(entry.number), entry, ends)
        if row is None:
            if len(new) == most:
                break
            row = _newly_settled(history, entry, ends, prices, settled[-1] if settled else None)
            if row is None:
                continue
            new.append(row)
        settled.append(row)
    if prices is None:
        history.keep_settled([(one.number, one.stops, json.dumps(one)) for one in new], version)
    return settled


def _newly_settled(
    history: History, entry: Entry, ends: int, prices: Prices | None, before: Settled | None
) -> Settled | None:
    from optimizer.daily.settling import settled_schedule  # only where something is new: the rest is read at once

    return settled_schedule(history, entry, ends, prices, before)


def _kept(row: tuple[int, str] | None, entry: Entry, ends: int) -> Settled | None:
    """What is kept of a schedule, if that is still of the same hours."""
    if row is None or row[0] != ends:
        return None
    settled = Settled(*json.loads(row[1]))
    return settled if settled[:4] == (entry.number, entry.run, entry.start, ends) else None


def _summed(settled: Sequence[Settled]) -> tuple[SettledRun, ...]:
    """The schedules with the sum of errors so far, and their mean per day over seven days."""
    errors = np.array([one.realised_usd - one.planned_usd for one in settled])
    hours, stops = (np.array([getattr(one, key) for one in settled]) for key in ("hours", "stops"))
    firsts = stops.searchsorted(stops - DRIFT_HOURS * _SECONDS_PER_HOUR, side="right").tolist()
    running = np.cumsum(errors).tolist()
    return tuple(
        SettledRun(
            number=one.number,
            run=one.run,
            starts=one.starts,
            stops=one.stops,
            timezone=one.timezone,
            hours=one.hours,
            planned_usd=one.planned_usd,
            realised_usd=one.realised_usd,
            strike_rule_usd=one.strike_rule_usd,
            running_error_usd=running[i],
            always_on_usd=one.always_on_usd,
            causes=one.causes,
            drift_usd_per_day=float(errors[firsts[i] : i + 1].sum() / hours[firsts[i] : i + 1].sum() * HOURS_PER_DAY),
        )
        for i, one in enumerate(settled)
    )
