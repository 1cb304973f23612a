"""Text to UTC: ISO times with an offset, and naive local times with their two strange days a year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.arrays import Bool
from optimizer.errors import InputError
from optimizer.market.readers.raw import Ask, Lines, listed

_OFFSET = r"(?:[Zz]|[+-]\d{2}:?(?:\d{2})?)$"
_AMERICAN = ("%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p")
_BRITISH = tuple(form.replace("%m/%d", "%d/%m") for form in _AMERICAN)
_FORMATS = ("ISO8601", *_AMERICAN, *_BRITISH, "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y")
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_HOUR_24 = r"[ T]24:00(?::00)?$"
_UNIX = ((1.0, 1e9, 1e10), (1e3, 1e12, 1e13))  # 10 digits of seconds since 1970, or 13 of milliseconds
_UNIX_TEXT = r"[0-9]{10}(?:[0-9]{3})?"


def looks_like_a_time(text: object) -> bool:
    """Whether a cell reads as a date or a time; plain numbers do not."""
    if isinstance(text, pd.Timestamp):
        return True
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
        return _require_sane(_utc(pd.DatetimeIndex(cells)), lines, ask)
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
        return _require_sane(parsed, lines, ask)
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


def naive_times_of(cells: pd.Series, lines: Lines, ask: Ask) -> pd.DatetimeIndex:
    """The times or dates of a column as the clock shows them, without a zone. Raises InputError."""
    if pd.api.types.is_datetime64_any_dtype(cells.dtype):
        return _require_sane(pd.DatetimeIndex(cells).tz_localize(None).as_unit("us"), lines, ask)
    return _require_sane(_naive(cells.astype("str").str.strip(), lines, ask), lines, ask)


def are_unix_times(cells: pd.Series) -> bool:
    """Whether every cell is a whole number of 10 digits, or every one of 13."""
    text = cells.dropna().astype("str").str.strip().str.removesuffix(".0")  # floats, where a cell is empty
    return len(text) > 0 and any(bool(text.str.fullmatch(f"[0-9]{{{digits}}}").all()) for digits in (10, 13))


def first_moments(days: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """UTC of the moments at which local days begin: at 01:00 where the clock skips midnight.

    >>> first_moments(pd.DatetimeIndex(["2026-04-23", "2026-04-24"]), "Africa/Cairo").strftime("%d %H:%M").tolist()
    ['22 22:00', '23 22:00']
    """
    first = np.ones(len(days), dtype=bool)  # of two midnights
    return _utc(days.tz_localize(zone, ambiguous=first, nonexistent="shift_forward"))


def localised(
    naive: pd.DatetimeIndex,
    lines: Lines,
    ask: Ask,
    local_ends: bool = False,
    second: Bool | None = None,
) -> pd.DatetimeIndex:
    """UTC times of naive times on the clock of ``ask.zone``.

    ``second`` marks the second of the two hours that look alike, where the file says so; without
    it order decides. Dates stand for the first moments of their days. Raises InputError for times
    that do not exist or cannot be told apart.
    """
    _require_sane(naive, lines, ask)
    if second is None and naive.is_unique and (naive == naive.normalize()).all():
        return first_moments(naive, ask.zone)
    unknown = np.zeros(len(naive), dtype=bool)
    if second is None:
        second, unknown = _second_by_order(naive, ask.zone)
        ordered = True
    else:
        ordered = False
    utc = naive.tz_localize(ask.zone, ambiguous=~second, nonexistent="NaT")
    skipped = np.asarray(utc.isna())
    if not (skipped | unknown).any():
        return _utc(utc)
    if local_ends and ordered:
        # Hour-ending labels count wall-clock hours: 02:00 labels the hour that began at 01:00.
        step = most_common_step(naive)
        return _utc(localised(naive - step, lines, ask)) + step

    def told(i: int) -> tuple[int, str]:
        why = "does not exist on" if skipped[i] else "comes twice, and order does not tell which it is, on"
        advice = "times with an offset, such as 2026-11-01T01:00-05:00, are clear"
        return int(lines[i]), f"{naive[i]:%Y-%m-%d %H:%M} {why} the clock of {ask.zone}; {advice}"

    raise InputError(listed(ask, np.flatnonzero(skipped | unknown), told, "such times"))


def most_common_step(times: pd.DatetimeIndex) -> pd.Timedelta:
    """The most common positive difference between neighbours; the shortest of equals, else one hour."""
    ordered = times.tz_convert(None) if times.tz is not None else times
    steps = np.diff(np.unique(ordered.to_numpy()))
    if not len(steps):
        return pd.Timedelta(hours=1)
    sizes, counts = np.unique(steps, return_counts=True)
    return pd.Timedelta(sizes[int(np.argmax(counts))])


def _second_by_order(naive: pd.DatetimeIndex, zone: str) -> tuple[Bool, Bool]:
    """Which times lie in the second of two hours that look alike, and which cannot be told."""
    second, unknown = np.zeros(len(naive), dtype=bool), np.zeros(len(naive), dtype=bool)
    as_first = naive.tz_localize(zone, ambiguous=~second, nonexistent="NaT")
    as_second = naive.tz_localize(zone, ambiguous=second, nonexistent="NaT")
    twice = np.flatnonzero(np.asarray(as_first != as_second) & ~np.asarray(as_first.isna()))
    if not len(twice):
        return second, unknown
    rows = twice[::-1] if naive[-1] < naive[0] else twice
    times = pd.Series(naive[rows])
    for _, night in times.groupby(times.dt.normalize(), sort=False):
        here = rows[night.index.to_numpy()]
        repeat = night.duplicated(keep="first").to_numpy()
        back = night.diff().dt.total_seconds().to_numpy() < 0
        if 2 * repeat.sum() == len(repeat):  # each label twice, whatever the order of labels
            second[here] = repeat
        elif back.sum() == 1:  # the clock goes back once
            second[here] = np.cumsum(back) > 0
        else:
            unknown[here] = True
    return second, unknown


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

    def told(i: int) -> tuple[int, str]:
        return int(lines[i]), f"is not a time such as 2026-02-11T06:00-06:00 (got {text.iloc[i][:40]!r})"

    return InputError(listed(ask, rows, told, "cells that are no times"))


def _from_unix(cells: pd.Series, lines: Lines, ask: Ask) -> pd.DatetimeIndex:
    """Unix times in seconds or milliseconds, told apart by their size."""
    numbers = cells.to_numpy(dtype=np.float64)
    for per_second, low, high in _UNIX:
        if ((numbers >= low) & (numbers < high)).all():
            return _utc(pd.Timestamp(0, tz="UTC") + pd.to_timedelta(numbers / per_second, unit="s"))
    raise ask.error(f"is not a time such as 2026-02-11T06:00-06:00 (got {cells.iloc[0]})", int(lines[0]))


def _require_sane(times: pd.DatetimeIndex, lines: Lines, ask: Ask) -> pd.DatetimeIndex:
    """The same times, or an InputError for a year nobody means: zones and calendars end somewhere."""
    far = np.flatnonzero((times.year < _FIRST_YEAR) | (times.year > _LAST_YEAR))
    if len(far):
        years = times.year
        raise InputError(
            listed(ask, far, lambda i: (int(lines[i]), f"the year {years[i]} cannot be meant"), "such times")
        )
    return times


def _utc(times: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return times.tz_convert("UTC").as_unit("us")
