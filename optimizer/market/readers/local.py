"""Local times to UTC: the hour that the clock skips in spring, and the one that it repeats in autumn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.arrays import Bool
from optimizer.errors import InputError
from optimizer.market.readers.raw import Ask, Lines, listed

_FIRST_YEAR, _LAST_YEAR = 1900, 2200


def first_moments(days: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    """UTC of the moments at which local days begin: at 01:00 where the clock skips midnight.

    >>> first_moments(pd.DatetimeIndex(["2026-04-23", "2026-04-24"]), "Africa/Cairo").strftime("%d %H:%M").tolist()
    ['22 22:00', '23 22:00']
    """
    first = np.ones(len(days), dtype=bool)  # of two midnights
    return in_utc(days.tz_localize(zone, ambiguous=first, nonexistent="shift_forward"))


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
    require_sane(naive, lines, ask)
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
        return in_utc(utc)
    if local_ends and ordered:
        # Hour-ending labels count wall-clock hours: 02:00 labels the hour that began at 01:00.
        step = most_common_step(naive)
        return in_utc(localised(naive - step, lines, ask)) + step
    if ordered and ask.spec.repeated_hour == "once":
        unknown[:] = False
    wrong = skipped | unknown

    def fault_at(i: int) -> tuple[int, str]:
        why = "does not exist on" if skipped[i] else "comes twice, and order does not tell which it is, on"
        advice = "times with an offset, such as 2026-11-01T01:00-05:00, are clear"
        if not skipped[i]:
            advice += "; where one row stands for both hours, say `repeated_hour: once`"
        return int(lines[i]), f"{naive[i]:%Y-%m-%d %H:%M} {why} the clock of {ask.zone}; {advice}"

    near = wrong if ask.within is None else wrong & _near(naive, ask)
    if near.any():
        raise InputError(listed(ask, np.flatnonzero(near), fault_at, "such times"))
    return in_utc(pd.DatetimeIndex(utc.where(~wrong)))


def _near(naive: pd.DatetimeIndex, ask: Ask) -> Bool:
    """Which local times matter, or may by a zone's widest offset."""
    assert ask.within is not None
    day = np.timedelta64(1, "D")
    times = np.asarray(naive.to_numpy(), dtype="datetime64[us]")
    return np.asarray((times >= ask.within[0] - day) & (times <= ask.within[1] + day), dtype=np.bool_)


def most_common_step(times: pd.DatetimeIndex) -> pd.Timedelta:
    """The most common positive difference between neighbours; the shortest of equals, else one hour."""
    ordered = times.tz_convert(None) if times.tz is not None else times
    steps = np.diff(np.unique(ordered.dropna().to_numpy()))
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


def require_sane(times: pd.DatetimeIndex, lines: Lines, ask: Ask) -> pd.DatetimeIndex:
    """The same times, or an InputError for a year nobody means: zones and calendars end somewhere."""
    far = np.flatnonzero((times.year < _FIRST_YEAR) | (times.year > _LAST_YEAR))
    if len(far):
        years = times.year
        raise InputError(
            listed(ask, far, lambda i: (int(lines[i]), f"the year {years[i]} cannot be meant"), "such times")
        )
    return times


def in_utc(times: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The same times in UTC, unit microseconds."""
    return times.tz_convert("UTC").as_unit("us")
