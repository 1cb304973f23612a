"""Curtailment events, instructions or contract calls to cut load, and the programs they are owed under."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from optimizer.config.base import Count, LocalTime, Name, NonNegative, OfImport, Positive, Section, Share, refuse
from optimizer.config.calendar import Month
from optimizer.config.clock import backwards, time_of, to_utc, utc_of
from optimizer.config.composed import Listed
from optimizer.config.plain import FoundAt, entries, get, meant

MONTHS = 12
_BASELINE = "What the site draws without the call, MW; when absent full load, less own power, within the import limit"


class ToLevel(Section):
    """Grid import at most so many MW."""

    form: Literal["to_level"] = Field(description="An absolute limit")
    mw: Annotated[NonNegative, OfImport()] = Field(description="Most grid import, MW")


class ByAmount(Section):
    """Grid import at most the baseline less so many MW."""

    form: Literal["by_amount"] = Field(description="A limit so much below a baseline")
    mw: Annotated[Positive, OfImport()] = Field(description="Cut below the baseline, MW")
    baseline_mw: Annotated[Positive | None, OfImport()] = Field(default=None, description=_BASELINE)


class ToShare(Section):
    """Grid import at most a share of the baseline."""

    form: Literal["to_share"] = Field(description="A limit as a share of a baseline")
    share: Share = Field(description="Share of the baseline that may still be drawn")
    baseline_mw: Annotated[Positive | None, OfImport()] = Field(default=None, description=_BASELINE)


class FullStop(Section):
    """Grid import at most auxiliary and standby load. On-site power may still run machines."""

    form: Literal["full_stop"] = Field(description="No machine runs on grid power")


class Payment(Section):
    """What the caller pays for energy cut below a baseline while the event lasts."""

    usd_per_mwh: Positive = Field(description="Paid per MWh cut below the baseline")
    baseline_mw: Annotated[Positive | None, OfImport()] = Field(
        default=None,
        description=f"{_BASELINE}; where a cut is owed import stays at or below it, "
        "unless such a call that pays as well has a higher one",
    )
    most_mw: Positive | None = Field(default=None, description="Most MW that are paid for; all of the cut when absent")


class Stretch(Section):
    """A stretch of time within an event."""

    start: LocalTime
    end: LocalTime


def _capped_or_voluntary(schema: dict[str, Any]) -> None:
    """In a file, a cut that is owed, or a payment for one that is not."""
    voluntary = {"properties": {"voluntary": {"const": True}}, "required": ["voluntary", "payment"]}
    schema["anyOf"] = [{"required": ["cut"]}, voluntary]


class Event(Listed):
    """One call, from its start to its release."""

    KEY: ClassVar[str] = "events"
    ABOUT: ClassVar[str] = "Instructions and contract calls to cut load"
    ENTRY: ClassVar[str] = "event"
    CALL: ClassVar[bool] = True
    MOST: ClassVar[int] = 1000
    model_config = ConfigDict(json_schema_extra=_capped_or_voluntary)

    name: Name = Field(description="Name of the call, unique in this file")
    start: LocalTime
    end: LocalTime
    cut: Annotated[ToLevel | ByAmount | ToShare | FullStop, Field(discriminator="form")] | None = Field(
        default=None, description="How the limit is given; a voluntary event has none"
    )
    voluntary: bool = Field(default=False, description="Owes no cut: there is only the payment")
    payment: Payment | None = Field(default=None, description="What a cut below a baseline earns")
    respond_minutes: Annotated[float, Field(ge=0, le=24 * 60)] = Field(
        default=0.0, description="Time from the start until the limit must be kept"
    )
    notice_minutes: Annotated[float, Field(ge=0, le=366 * 24 * 60)] | None = Field(
        default=None, description="How long before its start the farm learns of the event; or give `notice`"
    )
    notice: LocalTime | None = Field(default=None, description="When the farm learns of the event")
    restore_mw_per_hour: Positive | None = Field(
        default=None, description="After the end import may rise from the limit at this rate; at once when absent"
    )
    excused: tuple[Stretch, ...] = Field(default=(), description="Stretches of the event that do not count")
    program: Name | None = Field(default=None, description="One of `programs`, whose limits on calls hold")
    violation_usd_per_mwh: Positive | None = Field(
        default=None, description="Makes the limit soft at this price; hard when no violation is priced"
    )
    violation_usd_per_mw: Positive | None = Field(
        default=None, description="Makes the limit soft: charged once, on the most MW ever drawn above it"
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Event:
        faults: list[tuple[tuple[str | int, ...], str]] = []
        if backwards(self.start, self.end):
            faults.append((("end",), f"the event ends ({self.end}) before it starts ({self.start})"))
        if isinstance(self.cut, ByAmount) and self.cut.baseline_mw and self.cut.mw > self.cut.baseline_mw:
            most = f"must be at most the baseline, {self.cut.baseline_mw:g} MW (got {self.cut.mw:g})"
            faults.append((("cut", "mw"), most))
        if not self.voluntary and self.cut is None:
            faults.append((("cut",), "is missing; only an event with `voluntary: true` owes no cut"))
        if self.voluntary:
            faults += self._more_than_voluntary()
        if self.notice is not None and self.notice_minutes is not None:
            faults.append((("notice",), "give `notice` or `notice_minutes`, not both"))
        for i, stretch in enumerate(self.excused):
            if backwards(stretch.start, stretch.end):
                sentence = f"the stretch ends ({stretch.end}) before it starts ({stretch.start})"
                faults.append((("excused", i, "end"), sentence))
        refuse("Event", faults)
        return self

    def _more_than_voluntary(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Keys that mean nothing where no cut is owed."""
        owed = ("cut", "restore_mw_per_hour", "program", "violation_usd_per_mwh", "violation_usd_per_mw")
        faults: list[tuple[tuple[str | int, ...], str]] = [
            ((key,), "a voluntary event owes no cut: leave this out") for key in owed if getattr(self, key) is not None
        ]
        if self.respond_minutes > 0:
            faults.append((("respond_minutes",), "a voluntary event owes no cut: leave this out"))
        if self.payment is None:
            faults.append((("payment",), "is missing; without it a voluntary event says nothing"))
        return faults

    @property
    def soft(self) -> bool:
        """Whether the limit may be broken at a price."""
        return self.violation_usd_per_mwh is not None or self.violation_usd_per_mw is not None

    def known_at(self, zone: str) -> datetime | None:
        """When the farm learns of the event, UTC; None where it has always known. ``zone`` is the farm's clock.

        >>> stop = FullStop(form="full_stop")
        >>> start, end = datetime(2026, 1, 25, 6), datetime(2026, 1, 25, 9)
        >>> Event(name="call", start=start, end=end, cut=stop, notice_minutes=30).known_at("America/New_York")
        datetime.datetime(2026, 1, 25, 10, 30, tzinfo=datetime.timezone.utc)
        """
        if self.notice is not None:
            return to_utc(self.notice, zone)
        if self.notice_minutes is None:
            return None
        return to_utc(self.start, zone) - timedelta(minutes=self.notice_minutes)


class Program(Listed):
    """Calls that are owed under one agreement. What exceeds a limit is no obligation, in the order of time.

    A call that begins before an earlier one has ended prolongs it: it is no further call. Hours that calls share count
    once.
    """

    KEY: ClassVar[str] = "programs"
    ABOUT: ClassVar[str] = "Agreements with limits on calls, which events name"
    ENTRY: ClassVar[str] = "program"
    CALL: ClassVar[bool] = True
    MOST: ClassVar[int] = 100

    name: Name = Field(description="Name of the program, unique in this file; events name it")
    calls_per_season: Count | None = Field(default=None, description="Most calls in a season")
    hours_per_season: Positive | None = Field(default=None, description="Most hours of calls in a season")
    season_months: Annotated[tuple[Month, ...], Field(min_length=1)] | None = Field(
        default=None, description="Months in which calls are owed; a run of them is a season. The year when absent"
    )
    calls_used: Count = Field(default=0, description="Calls before the events of this file, in the first one's season")
    hours_used: NonNegative = Field(default=0.0, description="Hours of those calls")

    def season_of(self, local: datetime) -> int | None:
        """The season of a local time by its first month, counted from year 0; None outside every season.

        >>> winter = Program(name="W", season_months=(12, 1, 2))
        >>> winter.season_of(datetime(2026, 2, 11)) == winter.season_of(datetime(2025, 12, 3)) == 2025 * 12 + 11
        True
        """
        owed = set(range(1, MONTHS + 1) if self.season_months is None else self.season_months)
        if local.month not in owed:
            return None
        if len(owed) == MONTHS:
            return local.year * MONTHS
        month = local.year * MONTHS + local.month - 1
        while (month - 1) % MONTHS + 1 in owed:
            month -= 1
        return month


def faults(farm: Any) -> Iterator[FoundAt]:
    """Calls that do not fit their programs and times, and misses of calls that are not charged by them."""
    yield from _calls(farm)
    yield from _missed(farm)


def _calls(farm: Any) -> Iterator[FoundAt]:
    """Events whose program, notice, response or excused stretches do not fit them."""
    zone = get(farm, "timezone")
    programs = [name for _, program in Program.standing(farm) if isinstance(name := get(program, "name"), str)]
    for path, event in Event.standing(farm):
        name = get(event, "program")
        if isinstance(name, str) and name not in programs:
            yield (*path, "program"), f"no program has this name; {meant(name, programs)}"
        start, end = (utc_of(get(event, key), zone) for key in ("start", "end"))
        if start is None or end is None or end <= start:
            continue  # told already, where it is wrong
        begins, ends = (time_of(get(event, key)) for key in ("start", "end"))
        respond, notice = get(event, "respond_minutes"), utc_of(get(event, "notice"), zone)
        minutes = (end - start).total_seconds() / 60.0
        if isinstance(respond, int | float) and respond >= minutes:
            yield (
                (*path, "respond_minutes"),
                f"must be less than {minutes:g}, the minutes of the event (got {respond:g})",
            )
        if notice is not None and notice > start:
            yield (*path, "notice"), f"{time_of(get(event, 'notice'))} is later than the event's start, {begins}"
        for j, stretch in entries(event, "excused"):
            first, last = (utc_of(get(stretch, key), zone) for key in ("start", "end"))
            if first is not None and first < start:
                yield (*path, "excused", j, "start"), f"lies before the event, which starts {begins}"
            if last is not None and last > end:
                yield (*path, "excused", j, "end"), f"lies after the event, which ends {ends}"


def _missed(farm: Any) -> Iterator[FoundAt]:
    """Misses so far of events that are not charged by them."""
    charged = [get(event, "name") for _, event in Event.standing(farm) if get(event, "violation_usd_per_mw")]
    known = [name for name in charged if isinstance(name, str)]
    missed = get(get(farm, "state"), "missed_mw")
    for name in missed if isinstance(missed, dict) else ():
        if isinstance(name, str) and name not in known:
            sentence = f"no event with violation_usd_per_mw has this name; {meant(name, known)}"
            yield ("state", "missed_mw", name), sentence
