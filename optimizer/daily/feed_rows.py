"""Rows of a price feed, CSV or JSON: each judged by itself, so that a bad one costs nothing but itself."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from optimizer.config.clock import to_utc
from optimizer.config.daily import FeedRules
from optimizer.daily.feed_text import ENDS, LOCATIONS, MARKETS, PRICES, PUBLISHED, STARTS, feed_entries
from optimizer.daily.feed_units import refuse_units_of_row, short
from optimizer.market.readers.raw import names
from optimizer.market.timeseries import Limits
from optimizer.outside import printable

MOST_LISTED = 5  # bad rows that are listed one by one
LONGEST = timedelta(hours=24)
EARLIEST, LATEST = timedelta(days=40), timedelta(days=10)  # of a start, before and after now
CLOCKS_APART = timedelta(minutes=5)  # so far a publisher's clock may be ahead of ours
ANY_ROW = FeedRules()


@dataclass(frozen=True)
class PriceRow:
    """A price over [start, end), USD/MWh, and when it was published, if it says so; UTC seconds since 1970."""

    start: int
    end: int
    usd_per_mwh: float
    published: int | None = None


@dataclass(frozen=True)
class Batch:
    """Good rows by start, of each start the last; what was bad, the first few of it in words, and how many.

    ``failed``: something could not be read as a whole. ``locations`` and ``markets`` are those that the rows name and
    the farm file does not.
    """

    rows: tuple[PriceRow, ...]
    refused: tuple[str, ...]
    bad: int
    failed: bool = False
    locations: frozenset[str] = frozenset()
    markets: frozenset[str] = frozenset()


def unread(name: str, why: str) -> Batch:
    """Nothing of a text, and why."""
    return Batch((), (f"{printable(name)}: {printable(why)}",), 1, failed=True)


def joined_batches(batches: Iterable[Batch]) -> Batch:
    """Batches one after the other; a row that was published before the one that is there does not replace it."""
    kept = list(batches)
    rows: dict[int, PriceRow] = {}
    for batch in kept:
        for row in batch.rows:
            there = rows.get(row.start)
            if there is None or _no_earlier(row.published, there.published):
                rows[row.start] = row
    return Batch(
        tuple(rows[start] for start in sorted(rows)),
        tuple(line for batch in kept for line in batch.refused)[:MOST_LISTED],
        sum(batch.bad for batch in kept),
        any(batch.failed for batch in kept),
        frozenset().union(*(batch.locations for batch in kept)),
        frozenset().union(*(batch.markets for batch in kept)),
    )


def several(batch: Batch) -> str | None:
    """What a batch mixes that must not be mixed, in words."""
    for key, among in (("location", batch.locations), ("market", batch.markets)):
        if len(among) > 1:
            return f"holds several {key}s, {names(sorted(among))}; name one as daily.feed.{key}"
    return None


def rows_in(
    content: bytes,
    name: str,
    zone: str,
    now: datetime,
    minutes: float,
    most_bytes: int,
    rules: FeedRules = ANY_ROW,
    *,
    whole: bool = True,
) -> Batch:
    r"""The rows of a text. Times without an offset are on the clock of ``zone``, or UTC where their column says so.

    A row without an end holds for as long as rows of this text usually are apart, ``minutes`` where there is one row.
    Where nothing says that the text is ``whole``, a last line of CSV without a line break is not believed: 4000.00 cut
    off may read 4.

    >>> from datetime import UTC
    >>> text = b"start,usd_per_mwh\n2026-02-11T06:00Z,31\n2026-02-11T06:15Z,much\n2026-02-11T06:30Z,-4.5\n"
    >>> batch = rows_in(text, "now.csv", "UTC", datetime(2026, 2, 11, 6, tzinfo=UTC), 15.0, 1000)
    >>> [(row.end - row.start, row.usd_per_mwh) for row in batch.rows], batch.refused
    ([(900, 31.0), (900, -4.5)], ('now.csv: line 3: the price is no number (got much)',))
    """
    if len(content) > most_bytes:
        return unread(name, f"is larger than {most_bytes / 1e6:g} MB")
    judge = _Judge(rules, printable(name), zone, now)
    try:
        for place, entry in feed_entries(content.decode("utf-8-sig"), whole):
            judge.take(place, entry)
    except (ValueError, csv.Error, RecursionError) as error:
        return unread(name, f"is neither CSV nor JSON with prices: {str(error)[:200]}")
    batch = judge.batch(minutes)
    mixed = several(batch)
    return batch if mixed is None else unread(name, mixed)


class _Judge:
    """Takes the entries of a text, one by one."""

    def __init__(self, rules: FeedRules, name: str, zone: str, now: datetime) -> None:
        self.rules, self.name, self.zone, self.now = rules, name, zone, now
        self._limits = Limits(rules.lowest_usd_per_mwh, rules.highest_usd_per_mwh)
        self._good: dict[int, tuple[int | None, float, int | None]] = {}
        self._times: set[int] = set()
        self._refused: list[str] = []
        self._bad = 0
        self._labels: dict[str, set[str]] = {"location": set(), "market": set()}
        self._others: dict[str, set[str]] = {"location": set(), "market": set()}

    def take(self, place: str, entry: Any) -> None:
        """Keep a good row, count and tell a bad one, leave out one of another location or market."""
        try:
            if not isinstance(entry, dict):
                raise ValueError("is no row with a start and a price")
            if None in entry:
                raise ValueError(entry[None])
            if self._is_wanted(entry, LOCATIONS, "location") and self._is_wanted(entry, MARKETS, "market"):
                self._keep(entry)
        except ValueError as error:
            self._refuse(f"{place}: {error}")

    def _refuse(self, why: str) -> None:
        self._bad += 1
        if len(self._refused) < MOST_LISTED:
            self._refused.append(f"{self.name}: {why}")

    def batch(self, minutes: float) -> Batch:
        """What was taken."""
        for key, others in self._others.items():
            if others and not self._good:
                self._refuse(
                    f"holds no {key} {getattr(self.rules, key)!r} (daily.feed.{key}); it holds {names(sorted(others))}"
                )
        apart = Counter(later - start for start, later in pairwise(sorted(self._times)))
        length = min(apart, key=lambda step: (-apart[step], step)) if apart else round(minutes * 60)
        length = min(length, round(LONGEST.total_seconds()))
        rows = (
            PriceRow(start, end or start + length, usd, published)
            for start, (end, usd, published) in sorted(self._good.items())
        )
        places, markets = (frozenset(self._labels[key]) for key in ("location", "market"))
        return Batch(tuple(rows), tuple(self._refused), self._bad, locations=places, markets=markets)

    def _is_wanted(self, entry: dict[Any, Any], columns: tuple[str, ...], key: str) -> bool:
        """Whether a row is of the location or market that the farm file names; its own is noted where it names none."""
        wanted: str | None = getattr(self.rules, key)
        cells = (entry[column] for column in columns if column in entry)
        labels = [str(cell).strip() for cell in cells if _is_plain(cell) and str(cell).strip()]
        if wanted is None:
            self._labels[key].update(labels[:1])
            return True
        if not labels and any(column in entry for column in columns):
            raise ValueError(f"has no {key}")
        if not labels or wanted.strip().casefold() in (label.casefold() for label in labels):
            return True
        self._others[key].add(labels[0])
        return False

    def _keep(self, entry: dict[Any, Any]) -> None:
        begins = self._time(entry, STARTS)
        if begins is None:
            raise ValueError("has no start")
        if not self.now - EARLIEST <= begins <= self.now + LATEST:
            raise ValueError(f"starts {begins:%Y-%m-%d %H:%M}Z, too far from now")
        start = int(begins.timestamp())
        self._times.add(start)
        ends, published = self._time(entry, ENDS), self._time(entry, PUBLISHED)
        if ends is not None and not begins < ends <= begins + LONGEST:
            raise ValueError(f"must end after it starts, within a day (ends {ends:%Y-%m-%d %H:%M}Z)")
        if published is not None and published > self.now + CLOCKS_APART:
            raise ValueError(f"was published {published:%Y-%m-%d %H:%M}Z, which is yet to come")
        usd = self._price(entry)
        there, new = self._good.get(start), _seconds(published)
        if there is None or _no_earlier(new, there[2]):
            self._good[start] = (_seconds(ends), usd, new)

    def _time(self, entry: dict[Any, Any], columns: tuple[str, ...]) -> datetime | None:
        column, value = _cell(entry, columns)
        if value is None:
            return None
        zone = "UTC" if column.endswith("_utc") else self.zone
        try:
            return to_utc(datetime.fromisoformat(value.strip() if isinstance(value, str) else "none"), zone)
        except OverflowError:
            raise ValueError(f"the time is out of range (got {short(value)})") from None
        except ValueError as error:
            wrong = str(error) if zone in str(error) else f"the time is none (got {short(value)})"
            raise ValueError(wrong) from None

    def _price(self, entry: dict[Any, Any]) -> float:
        column, value = _cell(entry, PRICES)
        refuse_units_of_row(entry, column, self.rules.currency or "USD")
        if value is None:
            raise ValueError("has no price")
        text = str(value) if _is_plain(value) else "no"
        try:
            usd = float(text if text.isascii() and "_" not in text else "no") * (self.rules.usd_per_unit or 1.0)
        except ValueError:
            raise ValueError(f"the price is no number (got {short(value)})") from None
        if not math.isfinite(usd) or self._limits.broken_by(np.array([usd])).any():
            raise ValueError(f"the price must be {self._limits} (got {short(value)})")
        return usd


def _cell(entry: dict[Any, Any], columns: tuple[str, ...]) -> tuple[str, Any]:
    """The first of the columns that holds something, and what; nothing is None."""
    filled = ((column, entry[column]) for column in columns if entry.get(column) not in (None, ""))
    return next(filled, ("", None))


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _no_earlier(published: int | None, than: int | None) -> bool:
    return published is None or than is None or published >= than


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
