"""What the limits on the calls of a season leave of every event as an obligation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from optimizer.config.clock import to_utc, zone_of
from optimizer.mechanisms.calls.config import Event, Program

SECONDS_PER_HOUR = 3600.0
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Obligation:
    """What is owed of one event: stretches of time in UTC, in order; and why that is not all of it, if so."""

    spans: tuple[Span, ...]
    remark: str | None = None

    @property
    def hours(self) -> float:
        """Hours in all."""
        return _hours(self.spans)


@dataclass
class _Used:
    """What a season has used. spans: what its calls count, each moment once; until: when the last of them ends."""

    season: int
    calls: int
    hours: float
    spans: tuple[Span, ...] = ()
    until: datetime | None = None


def obligations(events: Sequence[Event], programs: Sequence[Program], zone: str) -> tuple[Obligation, ...]:
    """What is owed of each event, in their order: from start to end, less what is excused or exceeds its program."""
    owed = [Obligation(called(event, zone)) for event in events]
    clock = zone_of(zone)
    for program in programs:
        used: _Used | None = None
        mine = [i for i, event in enumerate(events) if event.program == program.name and owed[i].spans]
        for i in sorted(mine, key=lambda i: owed[i].spans):
            start = to_utc(events[i].start, zone).astimezone(clock)
            season = program.season_of(start)
            if season is None:
                owed[i] = _nothing(events[i], f'it begins outside the season of program "{program.name}"')
                continue
            if used is None:
                used = _Used(season, program.calls_used, program.hours_used)
            elif used.season != season:
                used = _Used(season, 0, 0.0)
            owed[i] = _within_limits(events[i], owed[i], program, used, clock)
    return tuple(owed)


def called(event: Event, zone: str) -> tuple[Span, ...]:
    """The stretches of an event that count, in UTC: from start to end without those that are excused."""
    excused = [(to_utc(stretch.start, zone), to_utc(stretch.end, zone)) for stretch in event.excused]
    return _without([(to_utc(event.start, zone), to_utc(event.end, zone))], excused)


def after(spans: Sequence[Span], moment: datetime) -> tuple[Span, ...]:
    """What of the stretches lies after a moment."""
    return tuple((max(start, moment), end) for start, end in spans if end > moment)


def _without(spans: Sequence[Span], others: Sequence[Span]) -> tuple[Span, ...]:
    for begin, finish in others:
        pieces = [piece for a, b in spans for piece in ((a, min(b, begin)), (max(a, finish), b))]
        spans = [(a, b) for a, b in pieces if a < b]
    return tuple(spans)


def _first(spans: Sequence[Span], hours: float) -> tuple[Span, ...]:
    within_hours: list[Span] = []
    for start, end in spans:
        end = min(end, start + timedelta(hours=hours))
        hours -= _hours([(start, end)])
        if start < end:
            within_hours.append((start, end))
    return tuple(within_hours)


def _hours(spans: Sequence[Span]) -> float:
    return sum((end - start).total_seconds() for start, end in spans) / SECONDS_PER_HOUR


def _nothing(event: Event, why: str) -> Obligation:
    return Obligation((), f'event "{event.name}" is no obligation: {why}')


def _within_limits(event: Event, owed: Obligation, program: Program, used: _Used, clock: ZoneInfo) -> Obligation:
    """An event as far as the limits of its season reach; counts it."""
    calls, hours = program.calls_per_season, program.hours_per_season
    begin, end = (to_utc(moment, clock.key) for moment in (event.start, event.end))
    further = used.until is None or begin >= used.until
    if calls is not None and further and used.calls >= calls:
        return _nothing(event, f'program "{program.name}" has no call left in the season (limit {calls})')
    counted = new = _without(owed.spans, used.spans)
    if hours is not None and _hours(new) > hours - used.hours:
        counted = _first(new, max(hours - used.hours, 0.0))
    spans = _without(owed.spans, _without(new, counted))
    if not spans:
        return _nothing(event, f'program "{program.name}" has no hours left in the season (limit {hours:g})')
    used.calls += further
    used.hours += _hours(counted)
    used.spans += counted
    used.until = end if used.until is None else max(used.until, end)
    if counted == new:
        return owed
    until = f"{spans[-1][1].astimezone(clock):%Y-%m-%d %H:%M}"
    why = f'program "{program.name}" has no hours left in the season then (limit {hours:g})'
    return Obligation(spans, f'event "{event.name}" is owed until {until} only: {why}')
