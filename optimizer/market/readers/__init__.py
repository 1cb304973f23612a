"""Readers that know a file by its content.

``KINDS`` and ``LAYOUTS`` are tables of recognisers, tried in order: first what sort of bytes a file
holds, then, for tables, whose columns they are. A new format is a module with ``recognises`` and
``read``, and one row here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from optimizer.market.readers import eia, entsoe, ercot_workbook, gridstatus, hour_ending, plain
from optimizer.market.readers.content import PARQUET, content_of
from optimizer.market.readers.currency import refuse_other_units
from optimizer.market.readers.raw import Ask, RawSeries
from optimizer.market.readers.table import Table, csv_table, parquet_table


def _anything(_: object) -> bool:
    """The last row of a table of recognisers."""
    return True


LAYOUTS: tuple[tuple[Callable[[Table], bool], Callable[[Table, Ask], RawSeries]], ...] = (
    (eia.recognises, eia.read),
    (gridstatus.recognises, gridstatus.read),
    (hour_ending.recognises, hour_ending.read),
    (_anything, plain.read),
)


def _read_table(table: Table, ask: Ask) -> RawSeries:
    refuse_other_units(table, ask)
    return next(read(table, ask) for recognises, read in LAYOUTS if recognises(table))


def _read_csv(content: bytes, ask: Ask) -> RawSeries:
    return _read_table(csv_table(content, ask), ask)


def _read_parquet(content: bytes, ask: Ask) -> RawSeries:
    return _read_table(parquet_table(content, ask), ask)


KINDS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes, Ask], RawSeries]], ...] = (
    (lambda content: content.startswith(PARQUET), _read_parquet),
    (ercot_workbook.recognises, ercot_workbook.read),
    (entsoe.recognises, entsoe.read),
    (_anything, _read_csv),
)


def read_raw(path: Path, ask: Ask) -> RawSeries:
    """The rows of a file, by the first reader that knows it. Raises located InputErrors."""
    try:
        ZoneInfo(ask.zone)
    except (ValueError, OSError, KeyError):
        raise ask.error(f"its timezone {ask.zone!r} is none, such as America/Chicago") from None
    content = content_of(path, ask)
    return next(read(content, ask) for recognises, read in KINDS if recognises(content))
