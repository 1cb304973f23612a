"""The state a plan begins in: what the schedule before it led to, or what an operator has measured."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from pydantic import BaseModel

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.config.load import load_state
from optimizer.config.state import GroupState, State
from optimizer.daily.folder import StateFolder
from optimizer.daily.handed import handed_out
from optimizer.daily.inputs import made_from
from optimizer.daily.record import Record, past_conditions
from optimizer.errors import CurtailError, InputError
from optimizer.market.grid import Grid
from optimizer.market.timeseries import clock
from optimizer.plan.state import fitted_state, state_after
from optimizer.units import MINUTES_PER_HOUR

T = TypeVar("T")
HELD_AT_MOST = pd.Timedelta(days=7)  # after that, what ran at a schedule's end says nothing any more
# What following a record may come to whose text can be read: an old one may say anything
UNREADABLE = (CurtailError, ArithmeticError, AssertionError, LookupError, TypeError, ValueError)
_HOUR = pd.Timedelta(hours=1)
_NONE = pd.Timedelta(0)


def followed_until(record: Record, until: pd.Timestamp) -> tuple[Conditions, Dispatch]:
    """A schedule from its start until a moment after it, and its conditions.

    An interval that the moment lies in is cut there. After the schedule's end its last interval goes on, hour by hour.
    """
    grid = record.market.grid
    over = np.flatnonzero(grid.starts < until)
    ends = grid.ends[over].to_list()
    ends[-1] = min(ends[-1], until) if until <= record.end else ends[-1]
    positions = over.tolist()
    while ends[-1] < until:
        ends.append(min(ends[-1] + _HOUR, until))
        positions.append(int(over[-1]))
    starts = pd.DatetimeIndex([grid.starts[0], *ends[:-1]]).as_unit("us")
    hours = np.asarray((pd.DatetimeIndex(ends) - starts) / _HOUR, dtype=np.float64)
    at = np.array(positions, dtype=np.int64)
    market = record.market.at(at, Grid(starts, hours, grid.timezone))
    return past_conditions(record, market), record.dispatch.at(at)


def state_at(
    start: pd.Timestamp, farm: Farm, before: Record | None, measured: Path | None, otherwise: State | None = None
) -> tuple[State, tuple[str, ...]]:
    """The state of the farm when a plan begins, and what an operator should know of it.

    Of the newest schedule ``before`` it, else what is given ``otherwise``, the farm file's by default; a ``measured``
    state file of about that time goes before, key by key. One that is wrong is told with its faults, and not used.
    """
    state, messages = farm.state if otherwise is None else otherwise, tuple[str, ...]()
    if before is not None:
        state, messages = _carried(start, before)
        handed = None if measured is None else handed_out(StateFolder(measured.parent), before, start)
        if handed is not None:
            state, lost = _as_handed_out(state, handed)
            messages = (*messages, lost)
        state = fitted_state(state, farm)
        if before.market.grid.hours[0] * MINUTES_PER_HOUR != farm.horizon.intervals[0].minutes:
            state = state.model_copy(update={"announced": {}})  # of intervals of another length
    if measured is None or not os.path.lexists(measured):
        return state, messages
    try:
        given = load_state(measured, farm)
    except InputError as error:
        return state, (*messages, f"{measured.name} is wrong, and the carried state is used until it is right: {error}")
    read = None if given.at is None else pd.Timestamp(to_utc(given.at, farm.timezone))
    near = pd.Timedelta(minutes=farm.horizon.intervals[0].minutes)
    if read is None or abs(read - start) > near:
        of_when = "no time" if read is None else clock(read, farm.timezone)
        when = clock(start, farm.timezone)
        return state, (*messages, f"{measured.name} is of {of_when}, the plan of {when}: the carried state is used")
    if before is not None and before.start < start and _counted(read, near, before, measured):
        return state, messages
    merged: State = _over(given, state)
    return fitted_state(merged.model_copy(update={"at": start.to_pydatetime()}), farm), messages


def _counted(read: pd.Timestamp, near: pd.Timedelta, before: Record, measured: Path) -> bool:
    """Whether the schedule before went on from a measured state already, or is of after it."""
    run = StateFolder(measured.parent).runs / before.name
    return read <= before.start or (abs(read - before.start) <= near and made_from(run, measured))


def _as_handed_out(state: State, handed: dict[str, int]) -> tuple[State, str]:
    """A state with the machines of the last set-points: the schedule they are of is lost, that before it says less.

    What the site drew under them is not known, so that no ramp binds at once.
    """
    groups = {name: GroupState(running=running) for name, running in handed.items()}
    lost = "the schedule of the last set-points cannot be read: machines are taken to run as these have them"
    return state.model_copy(update={"groups": groups, "grid_import_mw": None, "announced": {}}), lost


def _over(given: Any, old: Any) -> Any:
    """What was ``given`` over the ``old``, key by key: what it does not say stays."""
    if isinstance(given, BaseModel) and isinstance(old, BaseModel):
        return old.model_copy(
            update={key: _over(getattr(given, key), getattr(old, key, None)) for key in given.model_fields_set}
        )
    if isinstance(given, dict) and isinstance(old, dict):
        return {**old, **{key: _over(value, old.get(key)) for key, value in given.items()}}
    return given


def _carried(start: pd.Timestamp, before: Record) -> tuple[State, tuple[str, ...]]:
    if start == before.start:
        return before.state, ()
    gap = start - before.end
    if gap > HELD_AT_MOST:
        days = f"the last schedule ran out {gap / pd.Timedelta(days=1):.1f} days ago"
        return State(), (f"{days}: every machine is taken to run, and the bill so far is not known",)
    try:
        state = state_after(*followed_until(before, start))
    except UNREADABLE as error:
        when = clock(before.start, before.farm.timezone)
        message = f"what the schedule of {when} led to cannot be reckoned ({type(error).__name__})"
        return State(), (f"{message}: every machine is taken to run, and the bill so far is not known",)
    state = state.model_copy(update={"announced": announced(before, start)})
    if gap <= _NONE:
        return state, ()
    hours = f"the last schedule ran out {gap / _HOUR:.1f} hours ago"
    return state, (f"{hours}: machines are taken to run as at its end; hand over a measured state.yaml otherwise",)


def announced(record: Record, start: pd.Timestamp) -> dict[str, dict[str, tuple[int, ...]]]:
    """Machines that a plan has announced for its intervals of the first length from a moment on.

    Nothing where neither freezing nor the price of a change asks for it, or no such interval begins at the moment.
    """
    rules, grid = record.farm.replanning, record.market.grid
    if record.source == "posture" or rules is None or not (rules.frozen_intervals or rules.change_usd_per_machine):
        return {}
    stop = int(np.argmax(np.append(grid.hours != grid.hours[0], True)))
    first = int(grid.starts.searchsorted(start))
    if first >= stop or grid.starts[first] != start:
        return {}
    by_group: dict[str, dict[str, tuple[int, ...]]] = {group.name: {} for group in record.farm.fleet}
    for (group, mode), units in record.dispatch.units_on.items():
        by_group[group][mode] = tuple(round(float(count)) for count in units[first:stop])
    return by_group
