"""The probability that an interval becomes a coincident peak of the grid, by a seeded simulation.

A coincident-peak charge (ERCOT 4CP, PJM 5CP) is set by the farm's load in the few intervals in which the whole
grid's load turns out highest. Nobody knows them until the month or season is over; what the plan can use is, for
each of its intervals, the probability that it will be one of them. ``docs/measured.md`` says how well that
probability is calibrated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.arrays import F, Int
from optimizer.errors import InputError
from optimizer.peaks.highest import F32, Candidates
from optimizer.peaks.load_error import LoadError
from optimizer.peaks.model import Outlook
from optimizer.peaks.rule import PeakRule
from optimizer.units import MINUTES_PER_HOUR

I64 = Int

DRAWS = 2_000
_MOSTLY = 0.5
_FIRST_KNOT = 0.5  # hours


def peak_probability(
    load_forecast_mw: F,
    local_starts: pd.DatetimeIndex,
    hours: F,
    *,
    rule: PeakRule,
    error: LoadError,
    past_peaks_mw: Mapping[date, float],
    outlook: Outlook | None,
    draws: int = DRAWS,
    seed: int = 0,
) -> F:
    """Probability of each interval to be a coincident peak, shape (n_intervals,); 0 outside the rule's months.

    ``load_forecast_mw`` is the grid's load over the intervals, ``local_starts`` their starts on the grid's clock
    (tz-aware, rising), ``hours`` their lengths. ``past_peaks_mw`` holds the highest load of local days up to now;
    days that were not high may be left out, an earlier part of the first day may be in it. ``outlook`` tells of the
    days after the forecast; None means that no later day can be higher.

    Intervals shorter than the rule's are averaged to it and share its probability by time, so that the sum over a
    month or season is at most ``rule.count``: what is missing belongs to the past and to the days to come. Where
    ``rule.distinct_days`` is False and several intervals count, days outside the forecast count with one each.
    Same arguments, same seed, same answer. Raises InputError.

    >>> from optimizer.peaks.rule import ERCOT_4CP
    >>> starts = pd.date_range("2023-09-30 12:00", periods=12, freq="h", tz="America/Chicago")
    >>> load = 80_000 - 900 * np.abs(np.arange(12.0) - 4)
    >>> chance = peak_probability(load, starts, np.ones(12), rule=ERCOT_4CP, error=LoadError(0.01, 0.02, 24, 48),
    ...                           past_peaks_mw={date(2023, 9, 8): 79_000}, outlook=None)
    >>> int(chance.argmax()), bool(0.5 < chance.sum() < 1)
    (4, True)
    """
    _judge(load_forecast_mw, local_starts, hours, draws)
    result = np.zeros(len(hours))
    days = np.array(local_starts.date, dtype=object)
    periods = {day: rule.period(day) for day in dict.fromkeys(days.tolist())}
    if not len(hours) or not any(periods.values()):
        return result
    slot, weight = _slots(local_starts, hours, rule)
    log_load = np.log(np.bincount(slot, weight * load_forecast_mw))
    first = np.flatnonzero(np.diff(slot, prepend=-1))  # the first interval of each slot
    lead = np.concatenate([[0.0], np.cumsum(hours)])
    middle = (lead[first] + lead[np.append(first[1:], len(hours))]) / 2
    drawn = _Errors(error, float(lead[-1]), draws, np.random.default_rng(seed))
    chance = np.zeros(len(first))
    slot_days = days[first]
    end = local_starts[-1] + pd.Timedelta(hours=float(hours[-1]))
    for period in dict.fromkeys(p for p in periods.values() if p is not None):
        mine = np.flatnonzero([periods[day] == period for day in slot_days])
        seen = Candidates.of_slots(_loads(log_load[mine], middle[mine], drawn), draws, slot_days[mine], mine, rule)
        if outlook is not None:
            _bend(seen, outlook, log_load[mine], slot_days[mine])
        past = seen.past(past_peaks_mw, rule)
        later = np.empty((0, draws), dtype=np.float32)
        if outlook is not None:
            _add_evening(seen, outlook, end, drawn)
            later = seen.later(outlook, rule, drawn.normal)
        chance += seen.counted(past, later, rule.count, len(first)) / draws
    return np.asarray(chance[slot] * weight, dtype=np.float64)


class _Errors:
    """Draws of the forecast's relative error, at the middle of each hour and linear between, each with its mirror.

    Errors of quarter hours inside an hour differ by next to nothing, so they need no draws of their own.
    """

    def __init__(self, error: LoadError, total_hours: float, draws: int, random: np.random.Generator) -> None:
        self.error, self.draws, self._random = error, draws, random
        memory = np.float32(np.exp(-1.0 / error.memory_hours))
        fresh = np.float32(np.sqrt(1.0 - memory**2))
        self._knots = self.normal(int(np.ceil(total_hours)) + 1)
        for before, now in zip(self._knots[:-1], self._knots[1:], strict=True):
            now *= fresh
            now += memory * before

    def normal(self, rows: int) -> F32:
        """Standard normal numbers, shape (rows, draws), the second half mirroring the first."""
        half = self._random.standard_normal((rows, (self.draws + 1) // 2), dtype=np.float32)
        return np.concatenate([half, -half], axis=1)[:, : self.draws]

    def uniform(self) -> F:
        """Numbers between 0 and 1, shape (draws,)."""
        return self._random.random(self.draws)

    def at(self, hour: float, out: F32) -> F32:
        """The relative error at a lead time, shape (draws,), written to ``out``."""
        low = int(max(hour - _FIRST_KNOT, 0.0))
        later = max(hour - _FIRST_KNOT, 0.0) - low
        share = float(self.error.share([hour])[0])
        np.multiply(self._knots[low], np.float32(share * (1 - later)), out=out)
        if later:
            out += np.float32(share * later) * self._knots[low + 1]
        return out


def _judge(load: F, starts: pd.DatetimeIndex, hours: F, draws: int) -> None:
    if not len(load) == len(starts) == len(hours):
        raise InputError(f"load forecast, starts and hours differ in number: {len(load)}, {len(starts)}, {len(hours)}")
    if starts.tz is None:
        raise InputError("starts need the grid's time zone")
    if not (np.isfinite(load) & (load > 0)).all():
        raise InputError("the load forecast must be positive numbers of MW")
    if not (np.isfinite(hours) & (hours > 0)).all() or not starts.is_monotonic_increasing or not starts.is_unique:
        raise InputError("intervals must follow each other and last some time")
    if draws < 1:
        raise InputError(f"draws must be at least 1 (got {draws})")


def _slots(starts: pd.DatetimeIndex, hours: F, rule: PeakRule) -> tuple[I64, F]:
    """The slot of each interval, counted from 0, and the interval's share of the slot's time."""
    slots = starts.tz_convert("UTC").floor(f"{rule.interval_minutes}min")
    slot = np.asarray(pd.factorize(slots)[0], dtype=np.int64)
    return slot, hours / np.bincount(slot, hours)[slot]


def _loads(log_load: F, lead: F, drawn: _Errors) -> Iterator[F32]:
    """The drawn log MW of each slot, shape (draws,), in one place that the next takes."""
    x = np.empty(drawn.draws, dtype=np.float32)
    for level, hour in zip(log_load, lead, strict=True):
        drawn.at(hour, out=x)
        x += np.float32(level)
        yield x


def _bend(seen: Candidates, outlook: Outlook, log_load: F, days: NDArray[np.object_]) -> None:
    """Bend the rows to what their months allow."""
    forecast = {day: float(log_load[days == day].max()) for day in dict.fromkeys(seen.day)}
    for row, day in enumerate(seen.day):
        seen.log_mw[row] = outlook.bent(day, forecast[day], seen.log_mw[row].astype(np.float64))


def _add_evening(seen: Candidates, outlook: Outlook, end: pd.Timestamp, drawn: _Errors) -> None:
    """A last day that the forecast leaves early peaks after it as often as peaks of its month come that late.

    A peak after a morning's end is drawn from the outlook; one after an afternoon's end tops it by nothing much.
    """
    day = seen.day[-1]
    if end.date() != day:
        return
    left = outlook.model.share_after(day.month, end.hour + end.minute / MINUTES_PER_HOUR)
    late = seen.of(day)
    if left > _MOSTLY:
        before = max((one for one in seen.day if one < day), default=None)
        known = None if before is None else seen.of(before).astype(np.float64)
        noise = drawn.normal(2).astype(np.float64)
        late = np.maximum(late, outlook.draw([day], noise, before, known)[0].astype(np.float32))
    seen.outside(day, np.where(drawn.uniform() < left, late, np.float32(-np.inf)))
