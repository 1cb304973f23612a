"""What the machines of each group do at a schedule's end, and the starts and stops that still bind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from optimizer.accounts.cohorts import Cohorts, course
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.arrays import Bool
from optimizer.config.farm import Farm
from optimizer.config.fleet import Group
from optimizer.config.state import GroupState, Key, Switched


def after(c: Conditions, dispatch: Dispatch) -> dict[str, GroupState]:
    """By the name of the group."""
    today = _on_last_day(c)
    return {group.name: _group(c, g, dispatch, today) for g, group in enumerate(c.farm.fleet)}


def fitted(groups: dict[str, GroupState], farm: Farm) -> dict[str, GroupState]:
    """No more machines than there are, no groups or modes that are gone."""
    return {group.name: _within(groups[group.name], group) for group in farm.fleet if group.name in groups}


def _group(c: Conditions, g: int, dispatch: Dispatch, today: Bool) -> GroupState:
    group = c.farm.fleet[g]
    running = dispatch.running(group)
    before = c.state.groups.get(group.name)
    switched, last = course(c, g, running), round(running[-1])
    made = before.starts_today if before is not None and today[0] else 0.0
    return (before or GroupState(running=last)).model_copy(
        update={
            "running": last,
            "modes": {mode: round(float(dispatch.units_on[group.name, mode][-1])) for mode in group.modes},
            "in_service": round(float(c.units_available[g, -1])),
            "started": tuple(_recent(c, switched.running, max(group.minimum_on_hours, 1.0))),
            "stopped": tuple(_recent(c, switched.resting, group.minimum_off_hours)),
            "starts_today": float(switched.started[today].sum()) + made,
        }
    )


def _recent(c: Conditions, machines: Cohorts, hours: float) -> Iterator[Switched]:
    """Those switched no longer ago than so many hours when the schedule ends."""
    length = float(c.grid.hours.sum())
    for since, units in machines.cohorts:
        if since + hours > length and round(units) > 0:
            at = c.grid.begin + pd.Timedelta(seconds=round(since * 3600))
            yield Switched(at=at.to_pydatetime(), units=round(units))


def _newest(switches: Sequence[Switched], most: int) -> tuple[Switched, ...]:
    """The latest switches of at most so many machines: those switched again since count no longer."""
    kept: list[Switched] = []
    for switch in reversed(switches):
        units = min(switch.units, most - sum(one.units for one in kept))
        if units > 0:
            kept.append(Switched(at=switch.at, units=units))
    return tuple(reversed(kept))


def _on_last_day(c: Conditions) -> Bool:
    """Intervals of the local day in which the schedule ends, (intervals,); none where it ends at midnight."""
    return np.asarray(c.grid.day_of_interval == (len(c.grid.days) - 1 if c.grid.last_day_goes_on else -1))


def _within(state: GroupState, group: Group) -> GroupState:
    running = min(state.running, group.units)
    same = running == state.running and set(state.modes) <= set(group.modes)
    return state.model_copy(
        update={
            "running": running,
            "modes": state.modes if same else {},
            "in_service": None if state.in_service is None else min(state.in_service, group.units),
            "started": _newest(state.started, running),
            "stopped": _newest(state.stopped, group.units - running),
        }
    )


KEYS = (Key("groups", after, fitted),)
