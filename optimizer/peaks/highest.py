"""Which of a grid's loads turn out highest in their month or season, counted over draws."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import F, Int
from optimizer.errors import InputError
from optimizer.peaks.model import Outlook
from optimizer.peaks.rule import PeakRule

F32 = NDArray[np.float32]


@dataclass
class Candidates:
    """Rows of log MW, shape (n_rows, draws), the slot that reaches each (-1: none of the plan's), and their days."""

    log_mw: F32
    slot: NDArray[np.int32]
    day: list[date]
    one_a_day: bool

    @staticmethod
    def of_slots(rows: Iterable[F32], draws: int, days: NDArray[np.object_], slots: Int, rule: PeakRule) -> Candidates:
        """Of the drawn loads of slots in order, (draws,) each, the highest of each day where no more can count."""
        one_a_day = rule.distinct_days or rule.count == 1
        row_of = np.unique([day.toordinal() for day in days], return_inverse=True)[1] if one_a_day else range(len(days))
        value = np.full((int(row_of[-1]) + 1, draws), -np.inf, dtype=np.float32)
        slot = np.zeros(value.shape, dtype=np.int32)
        for row, x, number in zip(row_of, rows, slots, strict=True):
            np.copyto(slot[row], number, where=x > value[row])
            np.maximum(value[row], x, out=value[row])
        return Candidates(value, slot, list(dict.fromkeys(days)) if one_a_day else list(days), one_a_day)

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

    def past(self, peaks: Mapping[date, float], rule: PeakRule) -> F32:
        """Log MW of the period's highest past days, shape (n_days,); the first day's own peak so far joins that day."""
        first_day = self.day[0]
        period = rule.period(first_day)
        mine = {day: mw for day, mw in peaks.items() if rule.period(day) == period and day <= first_day}
        if not all(np.isfinite(mw) and mw > 0 for mw in mine.values()):
            raise InputError("past peaks must be positive numbers of MW")
        today = mine.pop(first_day, None)
        if today is not None:
            self.outside(first_day, np.full(self.log_mw.shape[1], np.log(today), dtype=np.float32))
        return np.log(np.array(sorted(mine.values(), reverse=True)[: rule.count], dtype=np.float32))

    def later(self, outlook: Outlook, rule: PeakRule, normal: Callable[[int], F32 | F]) -> F32:
        """Log MW of the peaks of the period's days after these, (n_days, draws); ``normal`` draws rows, (n, draws)."""
        last_day = self.day[-1]
        left = rule.days_left(last_day)
        noise = normal(len(left) + 1).astype(np.float64)
        return outlook.draw(left, noise, last_day, self.of(last_day).astype(np.float64)).astype(np.float32)

    def counted(self, past: F32, later: F32, count: int, n_slots: int) -> F:
        """How often each slot is among the ``count`` highest, shape (n_slots,). The past wins a tie of one."""
        draws = self.log_mw.shape[1]
        rivals = np.concatenate([np.repeat(past[:, None], draws, axis=1), self.log_mw, later])
        if count >= len(rivals):
            top = np.repeat(np.arange(len(rivals))[:, None], draws, axis=1)
        elif count == 1:
            top = rivals.argmax(axis=0)[None]
        else:
            top = np.argpartition(-rivals, count - 1, axis=0)[:count]
        row = top - len(past)
        mine = (row >= 0) & (row < len(self.log_mw))
        slot = np.where(mine, self.slot[np.where(mine, row, 0), np.arange(draws)[None]], -1)
        return np.bincount(slot[slot >= 0], minlength=n_slots).astype(np.float64)
