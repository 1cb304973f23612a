"""Times of a scenario: absolute, or a day of the plan and a time on the farm's clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator

from optimizer.config.base import FIRST_YEAR, LAST_YEAR
from optimizer.config.clock import backwards, to_utc, zone_of

MOST_DAYS = 400  # a plan lasts at most 366 days, its tail at most a month more
_DAY_TIME = re.compile(r"\s*day\s+(\d{1,9})\s+(\d{1,2}):(\d\d)\s*", re.IGNORECASE)
# Sections of a farm, an event above all, hold dates. Days of the plan stand in them as dates of the last two years
# until the plan's beginning is known.
_STAND_IN = date(LAST_YEAR - 1, 1, 1)


@dataclass(frozen=True, order=True)
class DayTime:
    """A time on day ``day`` of the plan; day 1 is the local day on which the plan begins.

    >>> str(DayTime(2, 6, 30))
    'day 2 06:30'
    """

    day: int
    hour: int
    minute: int

    def __str__(self) -> str:
        return f"day {self.day} {self.hour:02d}:{self.minute:02d}"

    def on_clock(self, begins: datetime, zone: str) -> datetime:
        """The same time as a date without an offset, for a plan that begins at ``begins``."""
        first = begins.astimezone(zone_of(zone)).date()
        return datetime.combine(first + timedelta(days=self.day - 1), time(self.hour, self.minute))


def day_time(text: str) -> DayTime | None:
    """The text as a day and time of the plan; None where it is none.

    Raises ValueError for a day or time there is not.

    >>> day_time("day 2 06:00"), day_time("2026-02-11 06:00")
    (DayTime(day=2, hour=6, minute=0), None)
    """
    match = _DAY_TIME.fullmatch(text)
    if match is None:
        return None
    day, hour, minute = map(int, match.groups())
    if not 1 <= day <= MOST_DAYS:
        raise ValueError(f"must be a day from 1, that on which the plan begins, to {MOST_DAYS}")
    if hour > 23 or minute > 59:
        raise ValueError("must be a time from 00:00 to 23:59; midnight is 00:00 of the next day")
    return DayTime(day, hour, minute)


def _moment(value: Any) -> datetime | DayTime:
    relative = day_time(value) if isinstance(value, str) else value
    if isinstance(relative, DayTime):
        return relative
    moment = moment_or_none(value)
    if not isinstance(moment, datetime):
        raise ValueError('must be a time such as "day 2 06:00" or "2026-02-11 06:00"')
    if not FIRST_YEAR <= moment.year < _STAND_IN.year:
        raise ValueError(f"must lie in the years {FIRST_YEAR} to {_STAND_IN.year - 1}")
    return moment


def moment_or_none(value: Any) -> datetime | DayTime | None:
    """What a text or date is as a moment; None for anything else."""
    if not isinstance(value, str):
        return value if isinstance(value, datetime | DayTime) else None
    try:
        return day_time(value) or datetime.fromisoformat(value)
    except ValueError:
        return None


Moment = Annotated[
    datetime | DayTime,
    PlainValidator(_moment, json_schema_input_type=str),
    Field(description='A time on the farm\'s clock, "day 2 06:00" or "2026-02-11 06:00", or with an offset'),
]


def resolved(moment: datetime | DayTime, begins: datetime, zone: str) -> datetime:
    """UTC of a moment in a plan that begins at ``begins``, which has an offset.

    Raises ValueError, with a sentence that says what to write, for a time the clock skips or shows twice.

    >>> resolved(DayTime(2, 6, 0), datetime.fromisoformat("2026-03-07T18:00Z"), "America/Chicago").isoformat()
    '2026-03-08T11:00:00+00:00'
    """
    local = moment.on_clock(begins, zone) if isinstance(moment, DayTime) else moment
    try:
        return to_utc(local, zone)
    except ValueError as error:
        raise ValueError(f"{moment}: {error}" if isinstance(moment, DayTime) else str(error)) from None


def surely_not_after(late: Any, early: Any) -> bool:
    """Whether one moment is at or before another, where that shows without a farm's clock.

    >>> surely_not_after(DayTime(1, 6, 0), DayTime(1, 6, 0)), surely_not_after(DayTime(1, 6, 0), datetime(2026, 2, 11))
    (True, False)
    """
    if isinstance(late, DayTime) and isinstance(early, DayTime):
        return late <= early
    return isinstance(late, datetime) and isinstance(early, datetime) and backwards(early, late)


_STOOD_IN = re.compile(rf"({LAST_YEAR - 1}|{LAST_YEAR})-\d\d-\d\d \d\d:\d\d(:00)?")


def stand_in(moment: DayTime) -> datetime:
    """The date that stands for a day and time of the plan.

    >>> stands_for(stand_in(DayTime(2, 6, 0)))
    DayTime(day=2, hour=6, minute=0)
    """
    return datetime.combine(_STAND_IN + timedelta(days=moment.day - 1), time(moment.hour, moment.minute))


def stands_for(moment: datetime) -> DayTime | None:
    """The day and time of the plan that a date stands for; None for a date of its own."""
    if moment.year < _STAND_IN.year:
        return None
    return DayTime((moment.date() - _STAND_IN).days + 1, moment.hour, moment.minute)


def in_plan_days(text: str) -> str:
    """A message with the days of the plan in place of the dates that stand for them.

    >>> in_plan_days(f"the event ends ({stand_in(DayTime(2, 6, 0))})")
    'the event ends (day 2 06:00)'
    """
    return _STOOD_IN.sub(lambda match: str(stands_for(datetime.fromisoformat(match.group()))), text)


_NAMES = ("name", "program")  # keys whose text is never a time


def _dated(value: Any) -> Any:
    """Data of sections with dates in place of days of the plan. Raises ValueError where they have both."""
    if not isinstance(value, dict):
        return value
    kinds: set[str] = set()

    def dated(part: Any, key: str = "") -> Any:
        if isinstance(part, dict):
            return {inner: dated(item, inner) for inner, item in part.items()}
        if isinstance(part, tuple | list):
            return tuple(dated(item, key) for item in part)
        moment = None if key in _NAMES else moment_or_none(part)
        if isinstance(moment, datetime) and stands_for(moment) is not None:
            raise ValueError(f"gives a time in the year {moment.year}, too far ahead")
        kinds.add(type(moment).__name__)
        return stand_in(moment) if isinstance(moment, DayTime) else part

    dates = dated(value)
    if {"DayTime", "datetime"} <= kinds:
        raise ValueError("gives some times as days of the plan and some as dates; write all of them alike")
    return dates


InPlanDays = BeforeValidator(_dated)  # of sections whose times may be days of the plan, all of them alike
