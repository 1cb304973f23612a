"""Rows of a price feed, CSV or JSON: each judged by itself, so that a bad one costs nothing but itself."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from optimizer.config.base import Price
from optimizer.config.clock import to_utc
from optimizer.market.reading import limits_of

STARTS = ("interval_start_utc", "interval_start", "start", "time", "timestamp", "interval_start_local")
ENDS = ("interval_end_utc", "interval_end", "end", "interval_end_local")
PRICES = ("usd_per_mwh", "price_usd_per_mwh", "price", "lmp", "spp")
MOST_TOLD = 5  # bad rows that are told one by one
LONGEST = timedelta(hours=24)
EARLIEST, LATEST = timedelta(days=40), timedelta(days=10)  # of a start, before and after now


@dataclass(frozen=True)
class Row:
    """A price over [start, end), UTC seconds since 1970, USD/MWh."""

    start: int
    end: int
    usd_per_mwh: float


@dataclass(frozen=True)
class Batch:
    """Good rows by start, of each start the last; what was bad, the first few of it in words, and how many."""

    rows: tuple[Row, ...]
    told: tuple[str, ...]
    bad: int


def joined(batches: Iterable[Batch]) -> Batch:
    """Batches one after the other."""
    rows: dict[int, Row] = {}
    told: list[str] = []
    bad = 0
    for batch in batches:
        rows |= {row.start: row for row in batch.rows}
        told += batch.told
        bad += batch.bad
    return Batch(tuple(rows[start] for start in sorted(rows)), tuple(told[:MOST_TOLD]), bad)


def rows_in(content: bytes, name: str, zone: str, now: datetime, minutes: float, most_bytes: int) -> Batch:
    r"""The rows of a text. Times without an offset are on the clock of ``zone``.

    A row without an end holds for as long as rows of this text usually are apart, ``minutes`` where there is one row.

    >>> from datetime import UTC
    >>> text = b"start,usd_per_mwh\n2026-02-11T06:00Z,31\n2026-02-11T06:15Z,much\n2026-02-11T06:30Z,-4.5\n"
    >>> batch = rows_in(text, "now.csv", "UTC", datetime(2026, 2, 11, 6, tzinfo=UTC), 15.0, 1000)
    >>> [(row.end - row.start, row.usd_per_mwh) for row in batch.rows], batch.told
    ([(900, 31.0), (900, -4.5)], ('now.csv: line 3: the price is no number (got much)',))
    """
    if len(content) > most_bytes:
        return Batch((), (f"{name}: is larger than {most_bytes / 1e6:g} MB",), 1)
    try:
        entries = list(_entries(content.decode("utf-8-sig")))
    except (ValueError, csv.Error, RecursionError) as error:
        return Batch((), (f"{name}: is neither CSV nor JSON with prices: {str(error)[:100]}",), 1)
    good: dict[int, tuple[int | None, float]] = {}
    told: list[str] = []
    times: set[int] = set()
    for place, entry in entries:
        try:
            begins = _begins(entry, zone, now)
            times.add(int(begins.timestamp()))
            good[int(begins.timestamp())] = _ends(entry, zone, begins), _price(_cell(entry, PRICES))
        except ValueError as error:
            told.append(f"{name}: {place}: {error}")
    apart = Counter(later - start for start, later in pairwise(sorted(times)))
    length = min(apart, key=lambda step: (-apart[step], step)) if apart else round(minutes * 60)
    length = min(length, round(LONGEST.total_seconds()))
    rows = tuple(Row(start, end or start + length, usd) for start, (end, usd) in sorted(good.items()))
    return Batch(rows, tuple(told[:MOST_TOLD]), len(told))


def _entries(text: str) -> Iterator[tuple[str, Any]]:
    """Every entry with its place in words. Raises ValueError where the text as a whole makes no sense."""
    if text.lstrip()[:1] in ("[", "{"):
        data = json.loads(text)
        if isinstance(data, dict):
            lists = [value for value in data.values() if isinstance(value, list)]
            if len(lists) != 1:
                raise ValueError("the JSON object must hold one list of rows")
            (data,) = lists
        yield from ((f"row {i}", entry) for i, entry in enumerate(data, start=1))
        return
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = [str(column).strip().lower().replace(" ", "_") for column in reader.fieldnames or ()]
    for names in (STARTS, PRICES):
        if not set(names) & set(columns):
            raise ValueError(f"it has no column {', '.join(names)}")
    reader.fieldnames = columns
    for entry in reader:
        yield f"line {reader.line_num}", entry


def _cell(entry: dict[Any, Any], names: tuple[str, ...]) -> Any:
    return next((entry[name] for name in names if entry.get(name) not in (None, "")), None)


def _begins(entry: Any, zone: str, now: datetime) -> datetime:
    """When a row begins. Raises ValueError with what is wrong with it, as the next two do."""
    if not isinstance(entry, dict):
        raise ValueError("is no row with a start and a price")
    if None in entry:
        raise ValueError("has more cells than columns")
    start = _cell(entry, STARTS)
    if start is None:
        raise ValueError("has no start")
    begins = _time(start, zone)
    if not now - EARLIEST <= begins <= now + LATEST:
        raise ValueError(f"starts {begins:%Y-%m-%d %H:%M}Z, too far from now")
    return begins


def _ends(entry: dict[Any, Any], zone: str, begins: datetime) -> int | None:
    end = _cell(entry, ENDS)
    if end is None:
        return None
    ends = _time(end, zone)
    if not begins < ends <= begins + LONGEST:
        raise ValueError(f"must end after it starts, within a day (got {_short(end)})")
    return int(ends.timestamp())


def _time(value: Any, zone: str) -> datetime:
    try:
        return to_utc(datetime.fromisoformat(str(value).strip()), zone)
    except OverflowError:
        raise ValueError(f"the time is out of range (got {_short(value)})") from None
    except ValueError as error:
        wrong = str(error) if zone in str(error) else f"the time is none (got {_short(value)})"
        raise ValueError(wrong) from None


def _price(value: Any) -> float:
    if value is None:
        raise ValueError("has no price")
    try:
        usd = float("no" if isinstance(value, bool) else value)
    except (TypeError, ValueError):
        raise ValueError(f"the price is no number (got {_short(value)})") from None
    if not math.isfinite(usd) or limits_of(Price).broken_by(np.array([usd])).any():
        raise ValueError(f"the price must be {limits_of(Price)} (got {_short(value)})")
    return usd


def _short(value: Any) -> str:
    return str(value)[:40]
