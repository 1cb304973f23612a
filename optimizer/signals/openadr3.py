"""OpenADR 3 events, as a VTN lists them: each interval is a call; an event that is not listed any more is cancelled."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from optimizer.signals.signal import Cut, MessageError, Signal, cut_of_level, moment, quantity, text
from optimizer.signals.sources import OpenAdr3

_PER_MW = {"MW": 1.0, "KW": 1e3, "W": 1e6}
_OPEN = timedelta(days=366)  # longer than that is open-ended, as P9999Y is
_STATE = "OPERATING_STATE"
_NOW = ("0000-00-00", "0001-01-01")  # an event's own words for: as soon as it is read; with no duration: never


def signals_of(event: Any, source: OpenAdr3, now: datetime) -> Iterator[Signal]:
    """The calls of an event in JSON, or of one that toadr3 has read. Raises MessageError."""
    if hasattr(event, "model_dump"):
        event = event.model_dump(mode="python", by_alias=True)
    if not isinstance(event, dict):
        raise MessageError("is not an event")
    name = text(event.get("id"), "id", 128)
    changed = event.get("modificationDateTime") or event.get("createdDateTime")
    published = None if changed is None else moment(changed, "modificationDateTime")
    version = 0.0 if published is None else published.timestamp()
    units = _units(event.get("payloadDescriptors"))
    intervals = event.get("intervals")
    if not isinstance(intervals, list) or not intervals:
        raise MessageError("has no intervals")
    begins: datetime | None = None
    for k, interval in enumerate(intervals):
        if not isinstance(interval, dict):
            raise MessageError("has an interval that is none")
        period = interval.get("intervalPeriod") or event.get("intervalPeriod")
        if not isinstance(period, dict):
            raise MessageError("does not say when it is")
        own = bool(interval.get("intervalPeriod"))
        at_once = str(period.get("start")).startswith(_NOW)
        if at_once and period.get("duration") == "PT0S":
            return
        if own or begins is None:
            begins = now.replace(microsecond=0) if at_once else moment(period.get("start"), "start")
        lasts = _duration(period.get("duration"))
        try:
            end = None if lasts is None else begins + lasts
        except OverflowError:
            raise MessageError("ends after the last year there is") from None
        cut = _cut(interval.get("payloads"), source, units)
        if cut is not None:
            yield Signal(f"{name}:{k}" if len(intervals) > 1 else name, version, begins, end, cut, published)
        if end is None:
            break
        begins = end


def report_of(event: Any, calls: Sequence[Signal], ven_name: str) -> str:
    """The report, in JSON, by which calls of an event are acknowledged: in which state the site will be in each.

    OpenADR 3 has no opting in or out but as a state of operation that is reported.
    """
    from toadr3.models import Report

    intervals = [
        {
            "id": k,
            "intervalPeriod": {
                "start": one.start.isoformat(),
                "duration": "P9999Y" if one.end is None else f"PT{(one.end - one.start).total_seconds():.0f}S",
            },
            "payloads": [{"type": _STATE, "values": ["RUNNING_OPTED_OUT" if one.opted_out else "RUNNING_CURTAILED"]}],
        }
        for k, one in enumerate(calls)
    ]
    written = {
        "objectType": "REPORT",
        "programID": event.get("programID"),
        "eventID": event.get("id"),
        "clientName": ven_name,
        "reportName": ", ".join(sorted({"opt out" if one.opted_out else "opt in" for one in calls})),
        "resources": [{"resourceName": ven_name, "intervals": intervals}],
    }
    try:
        Report.model_validate(written)
    except ValueError:
        raise MessageError("cannot be acknowledged: it has no programID or an id that is none") from None
    return json.dumps(written)


def _units(descriptors: Any) -> dict[str, str]:
    by_type = {}
    for one in descriptors if isinstance(descriptors, list) else ():
        if isinstance(one, dict) and isinstance(one.get("units"), str):
            by_type[str(one.get("payloadType"))] = one["units"].upper()
    return by_type


def _duration(value: Any) -> timedelta | None:
    """How long an interval lasts; None for open-ended. Raises MessageError."""
    if isinstance(value, str):
        from toadr3.models.isoduration import parse_iso8601_duration

        if value == "P9999Y":
            return None
        try:
            value = parse_iso8601_duration(value)
        except (ValueError, OverflowError):
            value = timedelta(-1)
    if value is None or value == timedelta(0):
        return None
    if not isinstance(value, timedelta) or value < timedelta(0):
        raise MessageError("has a duration that is none")
    return None if value > _OPEN else value


def _cut(payloads: Any, source: OpenAdr3, units: dict[str, str]) -> Cut | None:
    """What an interval asks for; None where it asks for nothing, or only tells prices. Raises MessageError."""
    if not isinstance(payloads, list):
        raise MessageError("has no payloads")
    baseline = {} if source.baseline_mw is None else {"baseline_mw": source.baseline_mw}
    for payload in payloads:
        if not isinstance(payload, dict) or not isinstance(payload.get("values"), list) or not payload["values"]:
            raise MessageError("has a payload without values")
        kind, value = str(payload.get("type")), payload["values"][0]
        if kind == "SIMPLE":
            return cut_of_level(value, source.levels)
        if kind in ("IMPORT_CAPACITY_LIMIT", "DISPATCH_SETPOINT", "DISPATCH_SETPOINT_RELATIVE"):
            unit = units.get(kind, "KW")
            if unit not in _PER_MW:
                raise MessageError(f"{kind} is in {unit[:20]!r}, not in KW")
            relative = kind == "DISPATCH_SETPOINT_RELATIVE"
            mw = quantity(value, kind, -1e9 if relative else 0.0, 1e9) / _PER_MW[unit]
            if not relative:
                return {"form": "to_level", "mw": mw}
            return {"form": "by_amount", "mw": -mw, **baseline} if mw < 0.0 else None
    return None
