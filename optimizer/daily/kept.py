"""What is in force when no plan can be made: the last good schedule, under the calls and site limits of now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.limits import hard_limit, short_mw
from optimizer.arrays import Int
from optimizer.config.farm import Farm
from optimizer.daily.carried import state_at
from optimizer.daily.orders import Orders
from optimizer.daily.record import Record, Source, past_conditions
from optimizer.errors import CurtailError
from optimizer.market.grid import Grid
from optimizer.market.inputs import MarketInputs, read_market
from optimizer.mechanisms.calls.config import Event, Program
from optimizer.plan.nearest import plan_or_nearest
from optimizer.plan.planning import Plan
from optimizer.plan.state import fitted_state
from optimizer.plan.tables import off_texts, reason_texts
from optimizer.through_time.policies import Followed, on_where, strike_rule

_HOUR = pd.Timedelta(hours=1)
_MW = 1e-6
_HELD_HOURS = 24.0
_OF_SITE = ("import_limit_mw", "auxiliary_load_mw")


def covers(record: Record, moment: pd.Timestamp) -> bool:
    """Whether a schedule says anything of a moment."""
    return record.start <= moment < record.end


def kept_record(
    record: Record, orders: Orders, start: pd.Timestamp, measured: Path | None, folder: Path
) -> tuple[Record, tuple[str, ...]]:
    """A schedule from ``start`` to its end under the orders of now, and what an operator should know.

    It is the one in force where they are those it was made under and it keeps them; else it is planned again on its own
    prices: in short intervals it may come nearer.
    """
    farm, grid = orders.over(record.farm), _grid_from(record, start)
    as_near = record.short_from(start)[1] is None or set(grid.starts[1:]) <= set(record.market.grid.starts)
    if _binding(farm) == _binding(record.farm) and as_near:
        before = record.market.at(_positions(record, grid), grid)
        now, unread = _at_site(before, farm, folder)
        if all(np.array_equal(getattr(now, key), getattr(before, key)) for key in _OF_SITE):
            return record, unread
    c, messages = conditions_from(record, farm, start, grid, measured, folder)
    return ordered_record(c, record), messages


def ordered_record(c: Conditions, before: Record) -> Record:
    """A schedule for conditions, planned on what is known of them; the limits alone decide where that fails."""
    try:
        obeyed = plan_or_nearest(c)
    except Exception:  # whatever it is, calls bind, and no machine runs at a loss that is known
        return followed_record(c, strike_rule(c), "kept", before)
    record = planned_record(obeyed.plan, nearest=obeyed.nearest)  # its prices are old, and so its profit says nothing
    source: Source = "nearest" if obeyed.nearest else "kept"
    return replace(record, source=source, planned_usd=None, expected_mw=before.expected_mw)


def planned_record(plan: Plan, *, nearest: bool) -> Record:
    """A new plan as a record."""
    return Record(
        source="nearest" if nearest else "plan",
        farm=plan.farm,
        market=plan.market,
        state=plan.conditions.state,
        dispatch=plan.dispatch,
        planned_usd=plan.settled.profit,
        reasons=tuple(tuple(row) for row in reason_texts(plan.explanation).tolist()),
        expected_mw=plan.conditions.rest.of("peaks_mw"),
        short_mw=tuple(short_mw(plan.conditions, plan.settled.import_mw).tolist()) if nearest else (),
    )


def run_out_record(
    before: Record, orders: Orders, start: pd.Timestamp, measured: Path | None, folder: Path
) -> Record | None:
    """What ran at a schedule's end, going on for a day as far as the orders of now let it; None where they all do."""
    farm = orders.over(before.farm)
    c, _ = conditions_from(before, farm, start, hours_from(start, _HELD_HOURS, farm), measured, folder)
    last = np.full(len(c.grid), len(before.market.grid) - 1)
    dispatch = before.dispatch.at(last)
    if (grid_import_mw(c, dispatch) <= hard_limit(c).import_mw + _MW).all():
        return None
    share = {group.name: dispatch.running(group) / max(group.units, 1) for group in farm.fleet}
    held = {name: np.minimum(there, share[name]) for name, there in c.market.availability.items()}
    c = replace(c, market=c.market.with_(availability=held))
    return followed_record(c, on_where(c, np.ones(len(c.grid), dtype=np.bool_)), "kept", before)


def hours_from(start: pd.Timestamp, hours: float, farm: Farm) -> Grid:
    """So many hours from a moment on, and to a full one. The first are in intervals as short as a plan's: whatever is
    made anew within them falls no faster than a ramp lets it.
    """
    whole = (start + _HOUR).ceil("h")
    short = pd.date_range(start, whole, freq=f"{farm.horizon.intervals[0].minutes}min", inclusive="left")
    later = pd.date_range(whole, periods=max(int(np.ceil(hours)) - 1, 1), freq="h")
    starts = pd.DatetimeIndex(short.append(later)).as_unit("us")
    ends = pd.DatetimeIndex([*starts[1:], starts[-1] + _HOUR])
    return Grid(starts, np.asarray((ends - starts) / _HOUR, dtype=np.float64), farm.timezone)


def followed_record(c: Conditions, followed: Followed, source: Source, before: Record) -> Record:
    """The schedule of a rule as a record; the nearest to a call that it cannot keep."""
    dispatch = Dispatch(followed.table)
    short = short_mw(c, grid_import_mw(c, dispatch))
    texts = off_texts(followed.off, (len(c.farm.fleet), len(c.grid)))
    return Record(
        "nearest" if source == "kept" and (short > _MW).any() else source,
        c.farm,
        c.market,
        c.state,
        dispatch,
        None,
        tuple(tuple(row) for row in texts.tolist()),
        before.expected_mw,
        tuple(short.tolist()),
    )


def conditions_from(
    record: Record, farm: Farm, start: pd.Timestamp, grid: Grid, measured: Path | None, folder: Path
) -> tuple[Conditions, tuple[str, ...]]:
    """The conditions of a farm from a moment on, in which the market goes on as a schedule had it.

    The state is that which the schedule has led to, or began in; announced machines do not stand against calls.
    """
    led = record if record.start <= start else None  # else the clock was put back
    state, messages = state_at(start, farm, led, measured, fitted_state(record.state, farm))
    market = record.market.at(_positions(record, grid), grid)
    shares = {group.name: market.availability.get(group.name, np.ones(len(grid))) for group in farm.fleet}
    market = replace(market.with_(availability=shares), fills=(), warnings=())
    market, unread = _at_site(market, farm, folder)
    return past_conditions(record, market, farm, state.model_copy(update={"announced": {}})), (*messages, *unread)


def _positions(record: Record, grid: Grid) -> Int:
    """The interval of a schedule that says what goes on in each interval of a grid."""
    after = record.market.grid.starts.searchsorted(grid.starts, side="right")
    return np.clip(after - 1, 0, None).astype(np.int64)


def _grid_from(record: Record, start: pd.Timestamp) -> Grid:
    """The intervals of a schedule from a moment in it on, first as short as those that a plan begins with."""
    grid, step = record.market.grid, record.farm.horizon.intervals[0]
    fine = grid.end if step.hours is None else min(start + step.hours * _HOUR, grid.end)
    short = pd.date_range(start, fine, freq=f"{step.minutes}min", inclusive="left").as_unit("us")
    starts = pd.DatetimeIndex(short.union(grid.starts[grid.starts > start])).as_unit("us")
    ends = pd.DatetimeIndex([*starts[1:], grid.end])
    return Grid(starts, np.asarray((ends - starts) / _HOUR, dtype=np.float64), grid.timezone)


def _binding(farm: Farm) -> tuple[object, ...]:
    return farm.sections(Event), farm.sections(Program), farm.site


def _at_site(market: MarketInputs, farm: Farm, folder: Path) -> tuple[MarketInputs, tuple[str, ...]]:
    """A market with the limits of the site section as they are now; what of them cannot be read stays as it was."""
    table: dict[str, Any] = {}
    messages = []
    for key in _OF_SITE:
        try:
            table |= read_market(farm, folder, market.grid, only={key}).table
        except CurtailError as error:
            messages.append(f"{error}; the {key} of before stays in force")
    return market.with_(**table), tuple(messages)
