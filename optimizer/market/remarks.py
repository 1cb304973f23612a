"""What an operator should know of a plan's data: old numbers, skipped hours, calls not owed."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from optimizer.arrays import Bool
from optimizer.config.base import SeriesFile
from optimizer.config.calendar import SLOT_MINUTES, SLOTS
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.market.calendars import kinds_of_day
from optimizer.market.grid import Grid
from optimizer.market.hashprice import subsidy_on
from optimizer.mechanisms.blocks.config import Block
from optimizer.mechanisms.calls.config import Event, Program
from optimizer.mechanisms.calls.obligations import obligations

_FAR = pd.Timedelta(days=60)  # about four retargets: plain numbers of the day are old by then


def remarks(farm: Farm, grid: Grid, read: Collection[str]) -> tuple[str, ...]:
    """One sentence each on old numbers and hours the clock skips, of what was read, and calls beyond their program."""
    found = (
        _old_numbers(farm, grid) if "hashprice_usd_per_ph_day" in read else (),
        _skipped_blocks(farm, grid) if "block_mw" in read else (),
        _calls_not_owed(farm, grid),
    )
    return tuple(remark for several in found for remark in several)


def _calls_not_owed(farm: Farm, grid: Grid) -> Iterator[str]:
    """Events within the plan that the limits of their program excuse, wholly or in part."""
    owed = obligations(farm.sections(Event), farm.sections(Program), farm.timezone)
    for event, obligation in zip(farm.sections(Event), owed, strict=True):
        start, end = (pd.Timestamp(to_utc(time, farm.timezone)) for time in (event.start, event.end))
        if obligation.remark is not None and start < grid.end and end > grid.starts[0]:
            yield obligation.remark


def _skipped_blocks(farm: Farm, grid: Grid) -> Iterator[str]:
    """Hours of a block that do not exist on the day on which clocks are put forward."""
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


def _old_numbers(farm: Farm, grid: Grid) -> tuple[str, ...]:
    """That plain numbers are taken as they stand in a plan far from the date the farm file is made for."""
    if farm.horizon.start is None:
        return ()
    written, begins = pd.Timestamp(to_utc(farm.horizon.start, farm.timezone)), grid.starts[0]
    halved = subsidy_on(written.to_pydatetime()) != subsidy_on(begins.to_pydatetime())
    revenue = farm.revenue
    computed = revenue.hashprice_usd_per_ph_day is None
    quantities = (
        {"BTC price": revenue.btc_price_usd, "difficulty": revenue.difficulty}
        if computed
        else {"hashprice": revenue.hashprice_usd_per_ph_day}
    )
    plain = [name for name, given in quantities.items() if not isinstance(given, SeriesFile)]
    if not plain or (abs(begins - written) <= _FAR and not halved):
        return ()
    what = f"the {plain[0]} is a plain number in the file; it is taken as it stands"
    if len(plain) > 1:
        what = f"{' and '.join(plain)} are plain numbers in the file; they are taken as they stand"
    subsidy = ""
    if computed and revenue.subsidy_btc is None:
        height = revenue.block_height
        subsidy = ", with the subsidy of " + ("that date" if height is None else f"block_height {height}")
    return (f"the plan starts {grid.local_starts[0]:%Y-%m-%d}, but {what}{subsidy}",)
