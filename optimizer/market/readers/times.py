"""Text to UTC: ISO times with an offset, and naive local times with their two strange days a year."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from optimizer.errors import InputError
from optimizer.market.readers.column_names import OFFSETS
from optimizer.market.readers.local import in_utc, localised, require_sane
from optimizer.market.readers.raw import Ask, Lines, listed
from optimizer.market.timeseries import naive_utc

_OFFSET = r"(?:[Zz]|[+-]\d{2}:?(?:\d{2})?)$"
_LETTERS = r"^(.*\d)(?: ?[AaPp][Mm])?\s*\(?\b([A-Z]{2,4})\)?$"  # such as 26/10/2025 02:00:00 (CEST)
_AMERICAN = ("%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p")
_BRITISH = tuple(form.replace("%m/%d", "%d/%m") for form in _AMERICAN)
_FORMATS = (
    *("ISO8601", *_AMERICAN, *_BRITISH, "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y"),
    *("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%b %d, %Y %I:%M %p", "%d-%b-%Y %H:%M", "%d-%b-%Y"),
)
_HOUR_24 = r"[ T]24:00(?::00)?$"
_UNIX = ((1.0, 1e9, 1e10), (1e3, 1e12, 1e13))  # 10 digits of seconds since 1970, or 13 of milliseconds
_UNIX_TEXT = r"[0-9]{10}(?:[0-9]{3})?"


def looks_like_a_time(text: object) -> bool:
    """Whether a cell reads as a date or a time; plain numbers do not."""
    if isinstance(text, pd.Timestamp):
        return True
    if isinstance(text, str) and (letters := re.search(r" \(?([A-Z]{3,4})\)?$", text)) and letters[1] in OFFSETS:
        text = text[: letters.start()]
    if not isinstance(text, str) or not any(mark in text for mark in "-/.:") or len(text) > 40:
        return False
    try:
        float(text)
    except ValueError:
        return any(_parsed(pd.Series([text], dtype="str"), form, utc=True) is not None for form in _FORMATS)
    return False


def times_of(cells: pd.Series, lines: Lines, ask: Ask, local_ends: bool = False) -> pd.DatetimeIndex:
    """UTC times of a column, in its order, unit microseconds.

    Times with an offset are taken at their word. Times without one are on the clock of
    ``ask.zone``; an hour that comes twice is told apart by order. With ``local_ends`` times are
    hour-ending labels. Raises InputError that lists the cells that are no times, or cannot be told.
    """
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        return require_sane(in_utc(pd.DatetimeIndex(cells)), lines, ask)
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return localised(pd.DatetimeIndex(cells).as_unit("us"), lines, ask, local_ends)
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return _from_unix(cells, lines, ask)
    text = cells.astype("str").str.strip()
    if text.str.fullmatch(_UNIX_TEXT).all():
        return _from_unix(pd.to_numeric(text), lines, ask)
    with_offset = text.str.contains(_OFFSET, regex=True) & text.str.contains(":", regex=False)
    if with_offset.all():
        parsed = _parsed(text, "ISO8601", utc=True)
        if parsed is None:
            raise _not_times(text, lines, ask)
        return require_sane(parsed, lines, ask)
    letters = text.str.extract(_LETTERS, expand=True)[1]
    if letters.isin(list(OFFSETS)).any():
        return _lettered(text, letters, lines, ask, local_ends)
    if with_offset.any():
        mixed = np.flatnonzero(~with_offset.to_numpy())
        raise InputError(
            listed(
                ask,
                mixed,
                lambda i: (int(lines[i]), f"{text.iloc[i]!r} has no offset but other times do"),
                "times without an offset",
            )
        )
    return localised(_naive(text, lines, ask), lines, ask, local_ends)


def _lettered(text: pd.Series, letters: pd.Series, lines: Lines, ask: Ask, local_ends: bool) -> pd.DatetimeIndex:
    """UTC of times of which some, or all, carry the letters of their zone, such as EDT; the others are local."""
    known = letters.isin(list(OFFSETS)).to_numpy()
    bare = text.str.replace(r"\s*\(?\b[A-Z]{3,4}\)?$", "", regex=True).where(known, text)
    naive = _naive(bare, lines, ask)
    hours = letters.map(OFFSETS).fillna(0).to_numpy(dtype=np.float64)
    utc = np.array((require_sane(naive, lines, ask) - pd.to_timedelta(hours, unit="h")).as_unit("us"))
    if not known.all():
        rows = np.flatnonzero(~known)
        utc[rows] = naive_utc(localised(naive[rows], lines[rows], ask, local_ends))
    return pd.DatetimeIndex(utc).tz_localize("UTC").as_unit("us")


def naive_times_of(cells: pd.Series, lines: Lines, ask: Ask) -> pd.DatetimeIndex:
    """The times or dates of a column as the clock shows them, without a zone. Raises InputError."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return require_sane(pd.DatetimeIndex(cells).tz_localize(None).as_unit("us"), lines, ask)
    return require_sane(_naive(cells.astype("str").str.strip(), lines, ask), lines, ask)


def are_unix_times(cells: pd.Series) -> bool:
    """Whether every cell is a whole number of 10 digits, or every one of 13."""
    text = cells.dropna().astype("str").str.strip().str.removesuffix(".0")  # floats, where a cell is empty
    return len(text) > 0 and any(bool(text.str.fullmatch(f"[0-9]{{{digits}}}").all()) for digits in (10, 13))


def _naive(text: pd.Series, lines: Lines, ask: Ask) -> pd.DatetimeIndex:
    next_day = text.str.contains(_HOUR_24, regex=True).to_numpy(dtype=bool)
    if next_day.any():
        text = text.str.replace("24:00", "00:00", regex=False)
    order = ask.spec.date_order
    for form in _FORMATS:
        if form in {"month_first": _BRITISH, "day_first": _AMERICAN, None: ()}[order]:
            continue
        parsed = _parsed(text, form)
        if parsed is None:
            continue
        other = _parsed(text, _BRITISH[_AMERICAN.index(form)]) if order is None and form in _AMERICAN else None
        if other is not None and not other.equals(parsed):
            raise ask.error(
                "dates read as month/day and as day/month alike; "
                "say `date_order: month_first` or `date_order: day_first` in the farm file",
                int(lines[0]),
            )
        return parsed + pd.to_timedelta(next_day.astype(int), unit="D")
    raise _not_times(text, lines, ask)


def _parsed(text: pd.Series, form: str, utc: bool = False) -> pd.DatetimeIndex | None:
    try:
        parsed = pd.DatetimeIndex(pd.to_datetime(text, format=form, utc=utc))
    except (ValueError, OverflowError, TypeError):
        return None
    if parsed.isna().any() or (parsed.tz is not None and not utc):  # such as an offset cut short: "+00:0"
        return None
    return parsed.as_unit("us")


def _not_times(text: pd.Series, lines: Lines, ask: Ask) -> InputError:
    good = pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce").notna().to_numpy()
    rows = np.flatnonzero(~good) if good.any() and not good.all() else np.arange(min(len(text), 1))

    def fault_at(i: int) -> tuple[int, str]:
        return int(lines[i]), f"is not a time such as 2026-02-11T06:00-06:00 (got {text.iloc[i][:40]!r})"

    return InputError(listed(ask, rows, fault_at, "cells that are no times"))


def _from_unix(cells: pd.Series, lines: Lines, ask: Ask) -> pd.DatetimeIndex:
    """Unix times in seconds or milliseconds, told apart by their size."""
    numbers = cells.to_numpy(dtype=np.float64)
    for per_second, low, high in _UNIX:
        if ((numbers >= low) & (numbers < high)).all():
            return in_utc(pd.Timestamp(0, tz="UTC") + pd.to_timedelta(numbers / per_second, unit="s"))
    raise ask.error(f"is not a time such as 2026-02-11T06:00-06:00 (got {cells.iloc[0]})", int(lines[0]))
