"""The probability that an interval becomes a coincident peak of the grid, by a seeded simulation.

A coincident-peak charge (ERCOT 4CP, PJM 5CP) is set by the farm's load in the few intervals in which the whole
grid's load turns out highest. Nobody knows them until the month or season is over; what the plan can use is, for
each of its intervals, the probability that it will be one of them. ``docs/measured.md`` says how well that
probability is calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.arrays import F, Int
from optimizer.errors import InputError
from optimizer.market.peaks_model import LoadError, Outlook, PeakModel, damped_persistence, ercot_model
from optimizer.market.peaks_rule import ERCOT_4CP, PJM_5CP, PRESETS, PeakRule
from optimizer.units import MINUTES_PER_HOUR

__all__ = [
    "ERCOT_4CP",
    "PJM_5CP",
    "PRESETS",
    "LoadError",
    "Outlook",
    "PeakModel",
    "PeakRule",
    "damped_persistence",
    "ercot_model",
    "peak_probability",
]

F32 = NDArray[np.float32]
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
        seen = _inside(log_load[mine], middle[mine], slot_days[mine], mine, drawn, rule)
        if outlook is not None:
            _bend(seen, outlook, log_load[mine], slot_days[mine])
        past = _add_past(seen, past_peaks_mw, period, rule)
        later = np.empty((0, draws), dtype=np.float32)
        if outlook is not None:
            last_day = seen.day[-1]
            _add_evening(seen, outlook, end, drawn)
            left = rule.days_left(last_day)
            noise = drawn.normal(len(left) + 1).astype(np.float64)
            later = outlook.draw(left, noise, last_day, seen.of(last_day).astype(np.float64)).astype(np.float32)
        chance += _winners(seen, past, later, rule.count, len(first)) / draws
    return np.asarray(chance[slot] * weight, dtype=np.float64)


@dataclass
class _Candidates:
    """Rows of log MW, shape (n_rows, draws), the slot that reaches each (-1: none of the plan's), and their days."""

    log_mw: F32
    slot: NDArray[np.int32]
    day: list[date]
    one_a_day: bool

    def of(self, day: date) -> F32:
        """The highest log MW of a day, shape (draws,)."""
        rows = [row for row, one in enumerate(self.day) if one == day]
        return np.asarray(self.log_mw[rows].max(axis=0), dtype=np.float32)

    def outside(self, day: date, log_mw: F32) -> None:
        """A peak of a day outside the plan, -inf for none: it takes the day's place where it is as high, or a row."""
        if self.one_a_day:
            row = self.day.index(day)
            self.slot[row, log_mw >= self.log_mw[row]] = -1
            self.log_mw[row] = np.maximum(self.log_mw[row], log_mw)
        else:
            self.log_mw = np.concatenate([log_mw[None], self.log_mw])
            self.slot = np.concatenate([np.full_like(self.slot[:1], -1), self.slot])
            self.day = [day, *self.day]


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


def _inside(log_load: F, lead: F, days: NDArray[np.object_], slots: I64, drawn: _Errors, rule: PeakRule) -> _Candidates:
    """Simulated load; of each day only its highest slot where one a day counts, or only one at all."""
    one_a_day = rule.distinct_days or rule.count == 1
    row_of = pd.factorize(days)[0] if one_a_day else np.arange(len(days))
    n_rows = int(row_of[-1]) + 1
    value = np.full((n_rows, drawn.draws), -np.inf, dtype=np.float32)
    slot = np.zeros((n_rows, drawn.draws), dtype=np.int32)
    x = np.empty(drawn.draws, dtype=np.float32)
    for row, level, hour, number in zip(row_of, log_load, lead, slots, strict=True):
        drawn.at(hour, out=x)
        x += np.float32(level)
        np.copyto(slot[row], number, where=x > value[row])
        np.maximum(value[row], x, out=value[row])
    return _Candidates(value, slot, list(dict.fromkeys(days)) if one_a_day else list(days), one_a_day)


def _bend(seen: _Candidates, outlook: Outlook, log_load: F, days: NDArray[np.object_]) -> None:
    """Bend the rows to what their months allow."""
    forecast = {day: float(log_load[days == day].max()) for day in dict.fromkeys(seen.day)}
    for row, day in enumerate(seen.day):
        seen.log_mw[row] = outlook.bent(day, forecast[day], seen.log_mw[row].astype(np.float64))


def _add_past(seen: _Candidates, peaks: Mapping[date, float], period: tuple[int, int], rule: PeakRule) -> F32:
    """Log MW of the period's highest past days, shape (n_days,); the first day's own peak so far joins that day."""
    first_day = seen.day[0]
    mine = {day: mw for day, mw in peaks.items() if rule.period(day) == period and day <= first_day}
    if not all(np.isfinite(mw) and mw > 0 for mw in mine.values()):
        raise InputError("past peaks must be positive numbers of MW")
    today = mine.pop(first_day, None)
    if today is not None:
        seen.outside(first_day, np.full(seen.log_mw.shape[1], np.log(today), dtype=np.float32))
    return np.log(np.array(sorted(mine.values(), reverse=True)[: rule.count], dtype=np.float32))


def _add_evening(seen: _Candidates, outlook: Outlook, end: pd.Timestamp, drawn: _Errors) -> None:
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


def _winners(seen: _Candidates, past: F32, later: F32, count: int, n_slots: int) -> F:
    """How often each slot is among the ``count`` highest, shape (n_slots,). The past wins a tie of one."""
    draws = seen.log_mw.shape[1]
    rivals = np.concatenate([np.repeat(past[:, None], draws, axis=1), seen.log_mw, later])
    if count >= len(rivals):
        top = np.repeat(np.arange(len(rivals))[:, None], draws, axis=1)
    elif count == 1:
        top = rivals.argmax(axis=0)[None]
    else:
        top = np.argpartition(-rivals, count - 1, axis=0)[:count]
    row = top - len(past)
    mine = (row >= 0) & (row < len(seen.log_mw))
    slot = np.where(mine, seen.slot[np.where(mine, row, 0), np.arange(draws)[None]], -1)
    return np.bincount(slot[slot >= 0], minlength=n_slots).astype(np.float64)
