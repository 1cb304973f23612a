"""The set-points of the moment: what each mode of a group is to run now and next, of the schedule in force."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
import pandas as pd

from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.limits import owed_limit
from optimizer.arrays import Bool, F
from optimizer.daily.aside import set_aside
from optimizer.daily.counter import next_count, standing
from optimizer.daily.document import FarmId, Next, SetPoint, SetPoints, Status
from optimizer.daily.folder import StateFolder
from optimizer.daily.orders import next_unheeded
from optimizer.daily.record import Record
from optimizer.files.outputs import write_text
from optimizer.mechanisms.calls.config import Event
from optimizer.outside import printable

JSON_FILE, CSV_FILE = "setpoints.json", "setpoints.csv"
_OLD = ("kept", "safe", "nothing", "run out")  # what does not rest on good data of now
_MW = 1e-6
_REACH = timedelta(days=366)  # of `since`
_MOST_LINES, _MOST_SIGNS = 20, 500  # of the message


class Listener(Protocol):
    """Whoever is told of set-points once they are written."""

    def tell(self, folder: StateFolder, document: SetPoints) -> None:
        """Raises nothing."""


def hand_out(
    folder: StateFolder,
    farm_id: str | None,
    record: Record | None,
    now: datetime,
    *,
    status: Status,
    message: Iterable[str] = (),
    price_age_minutes: float | None = None,
    valid_minutes: float | None = None,
    silent: bool = False,
    on_change: Listener | None = None,
) -> SetPoints:
    """Write the set-points of a moment, both files whole, and tell ``on_change``. For whoever holds the lock.

    ``record`` is the schedule in force, ``status`` what the last run came to, ``silent`` whether the price feed is;
    set-points hold for ``valid_minutes`` where the farm file does not say. The farm is that of the set-points before
    where ``farm_id`` is not known. Raises CurtailError; the old ones stay.
    """
    moment = pd.Timestamp(now).tz_convert("UTC").floor("s")
    files = folder.path / JSON_FILE, folder.path / CSV_FILE
    before = standing(files[0])
    in_the_way = [set_aside(file, "is a folder") for file in files if file.is_dir() and not file.is_symlink()]
    farm_id = farm_id if farm_id is not None else "" if before is None else before.farm.id
    count = next_count(before, *files, farm_id, moment)
    if before is not None and before.farm.id != farm_id:
        before = None
    covers = record is not None and record.start <= moment < record.end
    status = status if covers else "nothing" if record is None else "run out"
    source = None if record is None else record.source_at(moment)
    short_mw, short_until = (0.0, None) if record is None else shortfall(record, moment)
    unheeded = None if record is None else next_unheeded(folder.path, record.farm.sections(Event), moment)
    ends = moment if record is None else valid_until(record, moment, status, valid_minutes)
    calls = () if unheeded is None else (max(pd.Timestamp(unheeded), moment),)
    document = SetPoints(
        contract=2,
        farm=FarmId(id=farm_id, name=_name_of(record, before)),
        plan=None if record is None else record.name,
        epoch=count.epoch,
        sequence=count.sequence,
        made_at=on_farm_clock(moment, record),
        valid_until=on_farm_clock(min((ends, *calls)), record),
        status=status,
        source=source,
        stale=silent or status in _OLD or (record is not None and _is_old(record)),
        price_age_minutes=None if price_age_minutes is None else round(max(price_age_minutes, 0.0), 1),
        short_mw=short_mw,
        short_until=short_until,
        message=escaped([*message, *in_the_way]),
        setpoints=() if record is None else setpoints(record, moment, before),
    )
    for file, text in zip(files, (document.text(), document.table()), strict=True):
        write_text(file, text)
    if on_change is not None:
        on_change.tell(folder, document)
    return document


def setpoints(record: Record, now: pd.Timestamp, before: SetPoints | None) -> tuple[SetPoint, ...]:
    """What a schedule says of a moment. Before its start its first interval holds, after its end its last.

    ``since`` reaches back into the set-points ``before`` where nothing has changed.
    """
    grid = record.market.grid
    t = int(np.clip(grid.starts.searchsorted(now, side="right") - 1, 0, len(grid) - 1))
    earlier = {} if before is None else {(point.group, point.mode): point for point in before.setpoints}
    of_groups = []
    for g, group in enumerate(record.farm.fleet):
        for mode in group.modes:
            units = np.rint(record.dispatch.units_on[group.name, mode]).astype(np.int64)
            changes = np.flatnonzero(np.diff(units)) + 1
            first = int(changes[changes <= t].max(initial=0))
            stop = int(changes[changes > t].min(initial=len(grid)))
            since = on_farm_clock(min(grid.starts[first], now), record)
            old = earlier.get((group.name, mode))
            if first == 0 and old is not None and old.machines_on == units[t] and since - old.since < _REACH:
                since = min(since, old.since)
            reasons = record.reasons[g]
            until = on_farm_clock(grid.ends[stop - 1], record)
            follows = None
            if stop < len(grid):
                follows = Next(at=until, machines_on=int(units[stop]), reason=reasons[stop])
            on = int(units[t])
            of_groups.append(
                SetPoint(
                    group=group.name,
                    mode=mode,
                    machines_on=on,
                    since=since,
                    until=until,
                    reason=reasons[t],
                    next=follows,
                )
            )
    return tuple(of_groups)


def shortfall(record: Record, now: pd.Timestamp) -> tuple[float, datetime | None]:
    """By how much import exceeds what binds it now, MW, and when the last such interval ahead is over."""
    grid = record.market.grid
    short = np.asarray(record.short_mw or np.zeros(len(grid)))
    ahead = np.flatnonzero((short > 0) & (grid.ends > now))
    present = (grid.starts <= now) & (grid.ends > now)
    return float(short[present].sum()), on_farm_clock(grid.ends[ahead[-1]], record) if len(ahead) else None


def valid_until(record: Record, now: pd.Timestamp, status: Status, minutes: float | None) -> pd.Timestamp:
    """How long a schedule's set-points hold: to its end, and so many minutes where they are given.

    No longer than what runs now and next draws no more than binds: a change after the next one is not handed out.
    Those of a schedule that does not cover now have run out already.
    """
    if status == "run out":
        return min(record.end, now)
    minutes = record.farm.daily.setpoints_valid_minutes or minutes
    end = _within_limits_until(record, now)
    return end if minutes is None else min(end, now + timedelta(minutes=minutes))


def _within_limits_until(record: Record, now: pd.Timestamp) -> pd.Timestamp:
    """When machines that stay as the next set-points have them would first draw more than binds and is planned.

    Or be more than there are: where a group goes on to another mode, and of one of them that is not the next change.
    """
    grid, c = record.market.grid, record.conditions
    held = {
        point: _without_later_changes(units, grid.starts > now) for point, units in record.dispatch.units_on.items()
    }
    drawn = grid_import_mw(c, record.dispatch.with_(units_on=held))
    allowed = np.maximum(owed_limit(c).import_mw, grid_import_mw(c, record.dispatch))
    crowded = np.zeros(len(grid), dtype=np.bool_)
    for group in record.farm.fleet:
        crowded |= sum(held[group.name, mode] for mode in group.modes) > group.units + _MW
    above = np.flatnonzero(((drawn > allowed + _MW) | crowded) & (grid.starts > now))
    return grid.starts[above[0]] if len(above) else record.end


def _without_later_changes(units: F, ahead: Bool) -> F:
    """Machines on where nothing changes any more after the next change, (intervals,)."""
    changes = np.flatnonzero((np.diff(units, prepend=units[:1]) != 0) & ahead)
    return units if len(changes) < 2 else np.where(np.arange(len(units)) < changes[1], units, units[changes[0]])


def on_farm_clock(moment: pd.Timestamp, record: Record | None) -> datetime:
    """A moment on the farm's clock, to the second; in UTC where no farm is known."""
    zone = "UTC" if record is None else record.farm.timezone
    there: datetime = moment.tz_convert("UTC").floor("s").tz_convert(zone).to_pydatetime()  # an hour may come twice
    return there


def _is_old(record: Record) -> bool:
    """Whether a schedule rests on the data of before; one that is the nearest to calls may, and then has no profit."""
    return record.source in ("kept", "posture") or (record.source == "nearest" and record.planned_usd is None)


def _name_of(record: Record | None, before: SetPoints | None) -> str:
    if record is not None:
        return record.farm.name
    return "" if before is None else before.farm.name


def escaped(lines: Iterable[str]) -> tuple[str, ...]:
    r"""Lines with what cannot be seen escaped, not too many and none too long.

    >>> escaped(["prices.csv:\x1b[2J gone\nold"])
    ('prices.csv:\\x1b[2J gone', 'old')
    """
    single = [printable(line) for text in lines for line in text.split("\n") if line]
    return tuple(line[:_MOST_SIGNS] for line in single[:_MOST_LINES])
