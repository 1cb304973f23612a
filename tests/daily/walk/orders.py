"""The oracle's own reading of a farm file: what may be drawn at a moment, and how low import can be by then.

Nothing of the program is imported. Megawatts at the meter, moments in UTC.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import yaml

KEYS = {
    "to_level": {"mw"},
    "by_amount": {"mw", "baseline_mw"},
    "to_share": {"share", "baseline_mw"},
    "full_stop": set[str](),
}
MAY = {"name", "start", "end", "cut", "respond_minutes", "restore_mw_per_hour", "excused", "violation_usd_per_mwh"}
HOUR = timedelta(hours=1)
TINY = 1e-6


@dataclass(frozen=True)
class Call:
    """A call to cut load. ``spans`` are what counts of it; it binds after ``answered``."""

    name: str
    form: str
    mw: float  # or the share
    baseline_mw: float | None
    answered: datetime
    spans: tuple[tuple[datetime, datetime], ...]
    restore: float | None
    hard: bool


@dataclass(frozen=True)
class Fleet:
    """What a farm's file says of its machines and site, read once while the file was whole."""

    watts: dict[tuple[str, str], float]
    units: dict[str, int]
    container: dict[str, int]
    standby: dict[str, float]
    pue: float
    idle_mw: float
    full_mw: float
    ramp: float | None  # MW per hour
    shortest: timedelta  # interval of a plan
    longest: timedelta
    hours: float

    @property
    def container_mw(self) -> float:
        """The largest part that is switched at once, MW."""
        return max(self._containers_mw())

    def _containers_mw(self) -> list[float]:
        return [
            (max(w for (g, _), w in self.watts.items() if g == name) - self.standby[name]) * size * self.pue / 1e6
            for name, size in self.container.items()
        ]

    @property
    def fall_mw(self) -> float:
        """How far import surely falls in an interval of the shortest, in whole containers of whichever group, MW."""
        if self.ramp is None:
            return math.inf
        most = self.ramp * (self.shortest / HOUR)
        return min(math.floor(most / mw + TINY) * mw for mw in self._containers_mw())

    def import_mw(self, on: dict[tuple[str, str], float]) -> float:
        """What the site draws with so many machines of each group on in each mode."""
        extra = sum(count * (self.watts[point] - self.standby[point[0]]) for point, count in on.items())
        return self.idle_mw + extra * self.pue / 1e6

    def least_path(self, before: float | None, start: datetime) -> list[tuple[datetime, datetime, float]]:
        """How low import can be from a moment on, whole containers only, from what was drawn before it.

        It falls in steps of the shortest interval, whatever the later ones are: a plan is made anew before they come.
        """
        step, level = self.shortest, self.idle_mw if before is None else before
        found = []
        for n in range(round(self.hours * HOUR / step)):
            level = max(self.idle_mw, level - self.fall_mw)
            found.append((start + n * step, start + (n + 1) * step, level))
        return found


def fleet_of(text: str) -> Fleet:
    """The machines and the site of a whole farm file."""
    data = yaml.safe_load(text)
    site, groups = data["site"], data["fleet"]
    watts = {(g["name"], "normal"): float(g["machine"]["power_w"]) for g in groups}
    for g in groups:
        watts |= {(g["name"], m): float(p["power_w"]) for m, p in g["machine"].get("modes", {}).items()}
    standby = {g["name"]: float(g["standby_w"]) for g in groups}
    units = {g["name"]: int(g["units"]) for g in groups}
    pue, own = float(site["pue"]), float(site["auxiliary_load_mw"])
    strongest = {name: max(w for (g, _), w in watts.items() if g == name) for name in units}
    return Fleet(
        watts=watts,
        units=units,
        container={g["name"]: int(g.get("units_switched_together", 1)) for g in groups},
        standby=standby,
        pue=pue,
        idle_mw=own + pue * sum(units[name] * standby[name] for name in units) / 1e6,
        full_mw=own + pue * sum(units[name] * strongest[name] for name in units) / 1e6,
        ramp=site.get("ramp_down_mw_per_hour"),
        shortest=timedelta(minutes=min(step["minutes"] for step in data["horizon"]["intervals"])),
        longest=timedelta(minutes=max(step["minutes"] for step in data["horizon"]["intervals"])),
        hours=float(data["horizon"]["hours"]),
    )


@dataclass
class Orders:
    """What binds, as far as it could be read at the last reading: calls of the file, calls by telephone, the site."""

    fleet: Fleet
    zone: str
    filed: tuple[Call, ...] = ()
    phoned: tuple[Call, ...] = ()
    doubtful: tuple[Call, ...] = ()  # sound calls of a file in which another one is not
    limit_mw: float = math.inf
    known: dict[Call, tuple[datetime, float]] = field(default_factory=dict)  # since when, and what was drawn then

    def read(self, farm: str | None, phoned: str | None, meant: Any = None) -> None:
        """Read the farm file and the calls by telephone as they are now; what cannot be read stays as it was.

        ``meant`` are the calls of a file that is not whole: whoever makes them out in it, or goes on with calls of
        before beside those that can be read, is not wrong.
        """
        self.doubtful = () if meant is None else (*self.doubtful, *self.calls, *_calls(meant, self.zone)[0])
        data = _data(farm)
        if isinstance(data, dict):
            sound, all_sound = _calls(data.get("events", ()), self.zone)
            if all_sound:
                self.filed = sound
            else:
                self.doubtful += sound
            limit = data.get("site", {}).get("import_limit_mw") if isinstance(data.get("site"), dict) else None
            if limit is not None and _number(limit) and limit >= 0:
                self.limit_mw = float(limit)
        told = {"events": []} if phoned is None else _data(phoned)
        if isinstance(told, dict) and isinstance(told.get("events"), list):
            sound, all_sound = _calls(told["events"], self.zone)
            if all_sound:
                self.phoned = sound
            else:
                self.doubtful += sound
        over = (call for call in self.calls if call.spans and call.answered >= call.spans[-1][1])
        self.doubtful += tuple(replace(call, answered=call.spans[0][0]) for call in over)  # a file with it is wrong

    @property
    def calls(self) -> tuple[Call, ...]:
        """Calls that bind without doubt."""
        return (*self.filed, *self.phoned)

    def allowed(self, moment: datetime, ahead: timedelta = timedelta(0), doubtful: bool = False) -> float:
        """The most import at a moment, or within ``ahead`` after it where that is less; never below the idle load."""
        return max(self.asked(moment, ahead, doubtful), self.fleet.idle_mw)

    def asked(self, moment: datetime, ahead: timedelta = timedelta(0), doubtful: bool = False) -> float:
        """The same as calls and the site ask, whatever the idle load is."""
        calls = (*self.calls, *(self.doubtful if doubtful else ()))
        most = min((self.most(call, moment, ahead) for call in calls), default=math.inf)
        return min(most, self.limit_mw)

    def most(self, call: Call, moment: datetime, ahead: timedelta = timedelta(0)) -> float:
        """The most import under one call; inf where it does not bind."""
        if not call.hard:
            return math.inf
        level = self._level(call)
        spans = [(max(begins, call.answered), ends) for begins, ends in call.spans if ends > call.answered]
        if any(begins < moment + max(ahead, timedelta(microseconds=1)) and moment < ends for begins, ends in spans):
            return level
        if call.restore is None or not call.spans or moment < call.spans[-1][1]:
            return math.inf
        rising = self.fleet.shortest if ahead else HOUR  # a plan reckons the rise to the end of its interval
        risen = level + call.restore * ((moment + rising - call.spans[-1][1]) / HOUR)
        return risen if risen < self.fleet.full_mw else math.inf

    def _level(self, call: Call) -> float:
        base = call.baseline_mw or min(self.fleet.full_mw, self.limit_mw)
        levels = {"to_level": call.mw, "by_amount": max(base - call.mw, 0.0), "to_share": base * call.mw}
        return levels.get(call.form, self.fleet.idle_mw)

    def note(self, since: datetime, drawn: float) -> None:
        """Remember since when each call is known, and what was drawn then."""
        self.known = {call: self.known.get(call, (since, drawn)) for call in self.calls}

    def promised(self, call: Call, moment: datetime) -> float:
        """What import can be at a moment where it falls from the moment on at which the call became known."""
        since, drawn = self.known.get(call, (moment, math.inf))
        if self.fleet.ramp is None:
            return self.fleet.idle_mw
        return max(drawn - self.fleet.fall_mw * ((moment - since) // self.fleet.shortest), self.fleet.idle_mw)

    def edges(self) -> Iterable[datetime]:
        """Moments at which what is allowed changes."""
        for call in self.calls:
            yield call.answered
            for begins, ends in call.spans:
                yield from (begins, ends)


def _data(text: str | None) -> Any:
    try:
        return None if text is None else yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _calls(rows: Any, zone: str) -> tuple[tuple[Call, ...], bool]:
    """The calls that make sense, and whether all do."""
    if not isinstance(rows, list | tuple):
        return (), False
    sound, names = [], set()
    for row in rows:
        try:
            sound.append(_call(row, zone))
            if row["name"] in names:
                raise ValueError(row["name"])
            names.add(row["name"])
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return tuple(sound), len(sound) == len(rows)


def _call(row: dict[str, Any], zone: str) -> Call:
    cut = row["cut"]
    if set(row) - MAY or set(cut) - KEYS[cut["form"]] - {"form"}:
        raise ValueError("a key that is none")
    for key in KEYS[cut["form"]] - {"baseline_mw"}:
        if not _number(cut[key]) or cut[key] < 0:
            raise ValueError(key)
    start, end = _moment(row["start"], zone), _moment(row["end"], zone)
    if not start < end:
        raise ValueError("ends before it starts")
    spans = [(start, end)]
    for stretch in row.get("excused", ()):
        a, b = _moment(stretch["start"], zone), _moment(stretch["end"], zone)
        spans = [piece for s, e in spans for piece in ((s, min(e, a)), (max(s, b), e)) if piece[0] < piece[1]]
    answered = start + timedelta(minutes=float(row.get("respond_minutes", 0)))
    hard = "violation_usd_per_mwh" not in row
    value = float(cut.get("mw", cut.get("share", 0.0)))
    restore = row.get("restore_mw_per_hour")
    return Call(row["name"], cut["form"], value, cut.get("baseline_mw"), answered, tuple(spans), restore, hard)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _moment(value: Any, zone: str) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return moment.astimezone(UTC)
