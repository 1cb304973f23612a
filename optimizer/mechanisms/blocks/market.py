"""Hours of blocks that the clock skips, for an operator to know."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from optimizer.arrays import Bool
from optimizer.config.calendar import SLOT_MINUTES, SLOTS
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.market.calendars import kinds_of_day
from optimizer.market.grid import Grid
from optimizer.mechanisms.blocks.config import Block


def remarks(farm: Farm, grid: Grid, read: Collection[str]) -> Iterator[str]:
    """Hours of a block that do not exist on the day on which clocks are put forward."""
    if "block_mw" not in read:
        return
    for moment, day, skipped in _skipped(grid):
        kind = int(kinds_of_day(np.array([day]), farm.energy.holidays)[0])
        for i, block in enumerate(farm.sections(Block)):
            if block.when is None or not _lasts(block, moment, farm.timezone):
                continue
            for first, stop in _spans(block.when.table()[pd.Timestamp(day).month - 1, kind]):
                if skipped[first:stop].all():
                    yield (
                        f"energy.blocks[{i}].when: {_clock(first)} to {_clock(stop)} does not exist on {day}; "
                        "the block delivers nothing then"
                    )


def _skipped(grid: Grid) -> Iterator[tuple[pd.Timestamp, np.datetime64, Bool]]:
    """Every jump of the clock within the grid: its moment, and by local day the slots that it skips, (slots,)."""
    slots = grid.slots
    days = slots.days.astype("datetime64[D]")
    walked = days.astype(np.int64) * SLOTS + slots.times
    for jump in np.flatnonzero(np.diff(walked) > 1).tolist():
        left_out = np.arange(walked[jump] + 1, walked[jump + 1])
        for day in np.unique(left_out // SLOTS):
            skipped = np.isin(day * SLOTS + np.arange(SLOTS), left_out)
            yield slots.starts[jump + 1], np.datetime64(int(day), "D"), skipped


def _lasts(block: Block, moment: pd.Timestamp, zone: str) -> bool:
    """Whether the moment lies in a block's delivery."""
    start, end = (None if time is None else pd.Timestamp(to_utc(time, zone)) for time in (block.start, block.end))
    return (start is None or start <= moment) and (end is None or moment < end)


def _spans(covered: Bool) -> Iterator[tuple[int, int]]:
    """First slot, and the one after the last, of every run of covered slots of a day."""
    edges = np.flatnonzero(np.diff(covered, prepend=False, append=False))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _clock(slot: int) -> str:
    hour, minute = divmod(slot * SLOT_MINUTES, 60)
    return f"{hour:02d}:{minute:02d}"
