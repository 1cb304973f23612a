"""Times on the farm's clock.

As in ``consistency``, a validated `Farm` and the plain data of a file are read alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import product
from typing import Any, get_args

from optimizer.config.base import Section
from optimizer.config.clock import time_of, to_utc, zone_of
from optimizer.config.composed import kinds
from optimizer.config.document import Keys
from optimizer.config.plain import FoundAt, entries, get


def time_faults(farm: Any) -> Iterator[FoundAt]:
    """Faults of times with their paths; none where all fit."""
    yield from _times(farm)
    yield from _switched_later(farm)


def _times(farm: Any) -> Iterator[FoundAt]:
    zone = get(farm, "timezone")
    try:
        zone_of(zone)
    except (ValueError, TypeError):
        return
    for path, section, keys in _timed(farm):
        known: list[datetime] = []
        for key in keys:
            time = time_of(get(section, key))
            if time is not None:
                try:
                    known.append(to_utc(time, zone))
                except (ValueError, OverflowError) as error:
                    yield (*path, key), str(error)
        if len(known) == 2 and known[1] <= known[0] and _mixed(section):
            yield (*path, "end"), f"ends before it starts, reckoned in {zone}"


def _timed(farm: Any) -> Iterator[tuple[Keys, Any, tuple[str, ...]]]:
    """Every section with times: its path, itself, its keys of times."""
    yield ("horizon",), get(farm, "horizon"), ("start",)
    yield ("revenue", "epoch"), get(get(farm, "revenue"), "epoch"), ("at",)
    yield ("state",), get(farm, "state"), ("at",)
    for i, group in entries(farm, "fleet"):
        for j, outage in entries(group, "outages"):
            yield ("fleet", i, "outages", j), outage, ("start", "end")
    for path, switched in _switches(farm):
        yield path, switched, ("at",)
    for kind in kinds():
        for path, own in kind.standing(farm):
            yield from _timed_in(kind, path, own)


def _timed_in(kind: type[Section], path: Keys, section: Any) -> Iterator[tuple[Keys, Any, tuple[str, ...]]]:
    """A section of which no more is known than its class, and those in it."""
    times = tuple(key for key, field in kind.model_fields.items() if datetime in _types(field.annotation))
    pair = ("start", "end") if {"start", "end"} <= set(times) else ()
    yield path, section, pair
    yield from ((path, section, (key,)) for key in times if key not in pair)
    for key, field in kind.model_fields.items():
        value = get(section, key)
        numbered = enumerate(value) if isinstance(value, tuple) else [(None, value)] if value is not None else []
        inner = [one for one in _types(field.annotation) if isinstance(one, type) and issubclass(one, Section)]
        for one, (i, entry) in product(inner, numbered):
            yield from _timed_in(one, (*path, key) if i is None else (*path, key, i), entry)


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for inner in get_args(annotation):
        yield from _types(inner)


def _switches(farm: Any) -> Iterator[tuple[Keys, Any]]:
    """Every start and stop carried in, with its path."""
    groups = get(get(farm, "state"), "groups")
    for name, state in groups.items() if isinstance(groups, dict) else ():
        for key in ("started", "stopped"):
            for i, switched in entries(state, key):
                yield ("state", "groups", name, key, i), switched


def _switched_later(farm: Any) -> Iterator[FoundAt]:
    """Starts and stops of after the moment the state was read."""
    zone, read = get(farm, "timezone"), time_of(get(get(farm, "state"), "at"))
    for path, switched in _switches(farm):
        at = time_of(get(switched, "at"))
        if at is None or read is None:
            continue
        try:
            later = to_utc(at, zone) > to_utc(read, zone)
        except (ValueError, TypeError, OverflowError):
            continue  # told already
        if later:
            yield (*path, "at"), f"{at} is later than state.at, {read}"


def _mixed(section: Any) -> bool:
    """One end on the farm's clock, the other with an offset: the section by itself cannot compare them."""
    start, end = time_of(get(section, "start")), time_of(get(section, "end"))
    return start is not None and end is not None and (start.tzinfo is None) != (end.tzinfo is None)
