"""What is known of a source's calls, kept in the state folder: repeated, changed, cancelled, open-ended, late."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from optimizer.daily.aside import set_aside
from optimizer.daily.telephone import FORGOTTEN, put_calls
from optimizer.files.outputs import write_text
from optimizer.mechanisms.calls.config import Event
from optimizer.outside import read_regular
from optimizer.signals.opting import asked_to_opt_out
from optimizer.signals.signal import LATE, MessageError, Signal
from optimizer.signals.sources import Source

OPEN_FOR = timedelta(hours=24)  # an open-ended call is written so far ahead, and further as long as it is not released
MOST = 200  # calls of a source that are not over
_MOST_BYTES = 5_000_000
_SILENT = "silent"
_REMEMBERED = 500  # lines that are not said again
_FORM = TypeAdapter(list[Signal])


class Book:
    """The calls of one source. ``say`` tells the operator, once of each thing."""

    def __init__(self, source: Source, state: Path, zone: str, say: Callable[[str], None]) -> None:
        self.source, self.state, self.zone, self.say = source, state, zone, say
        self.file = state / f"signals-{source.name}.json"
        self.heard: datetime | None = None
        self._lines: set[str] = set()
        self._known = self._read()

    def _read(self) -> dict[str, Signal]:
        try:
            return {one.id: one for one in _FORM.validate_json(read_regular(self.file, _MOST_BYTES))}
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError):
            self.say(set_aside(self.file, "cannot be read: calls of this source stay in force until it is heard"))
            return {}

    def refuse(self, what: str, error: MessageError) -> None:
        """Tell of a message that is not obeyed."""
        self.say_once(f"{self.source.name}: {what} {error}; it is not obeyed, calls stay as they were")

    def say_once(self, line: str) -> None:
        """Tell the operator, unless that was told."""
        if line not in self._lines:
            self._lines = {line} if len(self._lines) >= _REMEMBERED else self._lines | {line}
            self.say(line)

    def take(self, signal: Signal, now: datetime) -> bool:
        """Take a call up; whether it is news. The same again, and an older version, change nothing.

        Raises MessageError where it makes no call.
        """
        before = self._known.get(signal.id)
        if before is not None and signal.version < before.version:
            return False
        if before is not None:  # an opting out is of one version: what has changed is owed anew
            out = before.opted_out and before.version == signal.version
            signal = replace(signal, opted_out=out, answered=before.answered)
        if signal.cut is None:
            if before is None or not _stands(before, now):
                return False
            signal = _ended(replace(before, version=signal.version, published=signal.published), now)
        elif before is None:
            if not _stands(signal, now):
                self.say_once(f"{self.source.name}: the call {signal.name} came after its end")
                return False
            if len(self._standing(now)) >= MOST:
                raise MessageError(f"is one more than {MOST} calls that are not over")
            if signal.published is not None and signal.published < now - LATE and signal.start < now:
                at = f"{signal.published:%Y-%m-%d %H:%M} UTC"
                self.say_once(f"{self.source.name}: the call {signal.name} came late, of {at}")
        elif before.end is None and signal.end is None and before.cut == signal.cut:
            signal = replace(signal, start=min(before.start, signal.start))  # it goes on
        if signal == before:
            return False
        self._call(signal, now)
        self._known[signal.id] = signal
        return True

    def withdraw_all_but(self, ids: Collection[str], now: datetime) -> None:
        """Cancel what the source lists no more, of what is not over."""
        for one in self._standing(now):
            if one.id not in ids and one.id != _SILENT:
                self._known[one.id] = _ended(one, now)

    def ids_of(self, name: str) -> set[str]:
        """The calls of a message by its id, and of its parts."""
        return {key for key in self._known if key == name or key.startswith(f"{name}:")}

    def opt_out(self, now: datetime) -> None:
        """Opt out of the calls that this is asked for, where the contract lets us."""
        asked = asked_to_opt_out(self.state, now) if self.source.may_opt_out else {}
        for one in self._standing(now) if asked else ():
            file = asked.get(self.call_name(one))
            if file is not None:
                self._known[one.id] = replace(one, opted_out=True)
                self.say(f"{self.source.name}: opted out of {one.name}")
                file.unlink(missing_ok=True)

    def unanswered(self, name: str, now: datetime) -> list[Signal]:
        """The calls of a message, where its source does not know yet what we make of one of them."""
        calls = [one for one in self._standing(now) if one.id in self.ids_of(name)]
        return calls if any(one.answered != one.answer for one in calls) else []

    def note_answered(self, signals: Iterable[Signal]) -> None:
        """Note that the source knows."""
        self._known |= {one.id: replace(one, answered=one.answer) for one in signals}

    def call_name(self, signal: Signal) -> str:
        """What the farm calls it."""
        return f"{self.source.name} {signal.name}"[:60]

    def _standing(self, now: datetime) -> list[Signal]:
        return [one for one in self._known.values() if _stands(one, now)]

    def silent(self, now: datetime) -> bool:
        """Whether the source was not heard for too long."""
        return self.heard is not None and now - self.heard >= timedelta(minutes=self.source.silent_minutes)

    def listen(self, now: datetime) -> None:
        """Note a silent source, and stop everything where it is written so."""
        since = self.heard
        if since is None:
            self.heard = now
            return
        stopped = self._known.get(_SILENT)
        if self.silent(now):
            self.say_once(f"{self.source.name}: has been silent since {since:%Y-%m-%d %H:%M} UTC")
            if self.source.when_silent == "stop" and (stopped is None or stopped.end is not None):
                self._known[_SILENT] = Signal(_SILENT, 0.0, now, None, {"form": "full_stop"})
        elif stopped is not None and stopped.end is None:
            self._known[_SILENT] = _ended(stopped, now)

    def write(self, now: datetime) -> bool:
        """Bring the calls into force; whether anything changed. Raises CurtailError."""
        known = {key: one for key, one in self._known.items() if one.end is None or one.end > now - FORGOTTEN}
        text = json.dumps(_FORM.dump_python(list(known.values()), mode="json"), indent=1) + "\n"
        calls = [call for one in known.values() if (call := self._call(one, now)) is not None]
        changed = put_calls(self.state, self.zone, now, self.source.name, calls, self.say)
        if not self.file.exists() or self.file.read_text(encoding="utf-8") != text:
            write_text(self.file, text)
        self._known = known
        return changed

    def _call(self, signal: Signal, now: datetime) -> Event | None:
        """A signal as a call of the farm; None where it never began. Raises MessageError."""
        end = signal.end
        if end is None:
            ahead = max(now, signal.start) + OPEN_FOR
            end = ahead.replace(minute=0, second=0, microsecond=0)  # so that it is written anew once an hour
        if signal.cut is None or end <= signal.start or signal.opted_out:
            return None
        minutes = (end - signal.start).total_seconds() / 60.0
        given = {
            "name": self.call_name(signal),
            "start": signal.start,
            "end": end,
            "cut": signal.cut,
            "violation_usd_per_mwh": self.source.violation_usd_per_mwh,
            "respond_minutes": self.source.respond_minutes if self.source.respond_minutes < minutes else 0.0,
        }
        try:
            return Event.model_validate(given)
        except ValidationError as error:
            because = "; ".join(fault["msg"] for fault in error.errors())
            raise MessageError(f"makes no sense: {because}") from None


def _stands(signal: Signal, now: datetime) -> bool:
    """Whether a call is not over."""
    return signal.cut is not None and (signal.end is None or signal.end > now)


def _ended(signal: Signal, now: datetime) -> Signal:
    """A call that is over now, or never begins."""
    end = now.astimezone(UTC).replace(microsecond=0)
    return replace(signal, end=end if signal.end is None else min(end, signal.end))
