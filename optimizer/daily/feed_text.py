"""The text of a price feed, CSV or JSON, as entries by the names of their columns."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

from optimizer.daily.feed_units import other_units
from optimizer.market.readers import choose
from optimizer.market.readers.column_names import squeezed
from optimizer.market.readers.currency import CURRENCIES, UNITS
from optimizer.market.readers.raw import names

STARTS = (
    *("interval_start_utc", "start_utc", "time_utc", "timestamp_utc", "datetime_utc", "datetime_beginning_utc"),
    *("interval_start", "start", "time", "timestamp", "interval_start_local"),
)
ENDS = ("interval_end_utc", "interval_end", "end", "interval_end_local")
PRICES = ("usd_per_mwh", "price_usd_per_mwh", "price", "lmp", "spp")
PUBLISHED = ("published_utc", "published", "published_at", "publish_time_utc", "publish_time", "updated", "updated_at")
_TWO_WORDS = {"locationid": "location_id", "locationname": "location_name", "settlementpoint": "settlement_point"}
LOCATIONS = tuple(_TWO_WORDS.get(name, name) for name in choose.LOCATIONS)
MARKETS = choose.MARKETS
_KNOWN = frozenset((*STARTS, *ENDS, *PRICES, *PUBLISHED, *LOCATIONS, *MARKETS, *CURRENCIES, *UNITS))
_SPELT = {squeezed(name): name for name in sorted(_KNOWN)}
MOST_ROWS = 100_000  # of a text: a year of five minutes
_DIGITS = 300  # an integer of more is beyond every number


def feed_entries(text: str, whole: bool) -> Iterator[tuple[str, Any]]:
    """Every entry with its place in words. Raises ValueError where the text as a whole makes no sense.

    An entry is a row by the names of its columns in one spelling; what is wrong with its form stands under None.
    """
    if text.lstrip()[:1] in ("[", "{"):
        data = json.loads(text, parse_int=_integer)
        whole_text: dict[str, Any] = {}  # what it says of all its rows
        if isinstance(data, dict):
            whole_text = {_spelt(k): v for k, v in data.items() if _spelt(k) in CURRENCIES + UNITS}
            lists = [value for value in data.values() if isinstance(value, list)]
            if len(lists) != 1:
                raise ValueError("the JSON object must hold one list of rows")
            (data,) = lists
        if len(data) > MOST_ROWS:
            raise ValueError(f"it holds more than {MOST_ROWS:,} rows")
        for i, entry in enumerate(data, start=1):
            yield (
                f"row {i}",
                whole_text | {_spelt(k): v for k, v in entry.items()} if isinstance(entry, dict) else entry,
            )
        return
    whole_lines = len(text) if whole else max(text.rfind("\n"), text.rfind("\r")) + 1
    text, cut_off = text[:whole_lines], text[whole_lines:]
    reader = csv.reader(io.StringIO(text, newline=""))
    columns = [_spelt(column) for column in next(reader, [])]
    twice = [name for name, count in Counter(columns).items() if count > 1 and name in _KNOWN]
    for known in (STARTS, PRICES):
        if not set(known) & set(columns):
            others = other_units(columns) if known is PRICES else []
            more = f"; {names(others)} is not in USD/MWh" if others else ""
            raise ValueError(f"it has no column {', '.join(known)}{more}")
    if twice:
        raise ValueError(f"it has several columns {names(twice)}")
    kept = _KNOWN | set(other_units(columns))
    where = [(name, i) for i, name in enumerate(columns) if name in kept]
    for count, cells in enumerate(cells for cells in reader if cells):
        if count >= MOST_ROWS:
            raise ValueError(f"it holds more than {MOST_ROWS:,} rows")
        place = f"line {reader.line_num}"
        if len(cells) != len(columns):
            yield place, {None: f"has {'more' if len(cells) > len(columns) else 'fewer'} cells than columns"}
        else:
            yield place, {name: cells[i] for name, i in where}
    if cut_off.strip():
        yield f"line {reader.line_num + 1}", {None: "does not end with a line break, so that it may be cut off"}


def _spelt(column: Any) -> str:
    return _SPELT.get(squeezed(column)) or str(column).strip().lower().replace(" ", "_")


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _DIGITS else math.inf
