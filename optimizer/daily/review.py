"""What became of the plans: each schedule as far as it was followed, settled on the prices that really came.

Planned, realised and the strike rule are settled over the same hours with the same charges; only hours whose price is
known count. The strike rule goes on from where it has led itself. An error is realised less planned profit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.carry import state_after
from optimizer.conditions import Conditions
from optimizer.config.horizon import State
from optimizer.daily.carried import executed, fitted
from optimizer.daily.history import History, Prices, Run
from optimizer.daily.observed import price_with
from optimizer.daily.record import Record, metered
from optimizer.policies import strike_rule
from optimizer.settlement.account import Dispatch, settle

F = NDArray[np.float64]
DRIFT_HOURS = 7 * 24.0
HOURS_PER_DAY = 24.0
_KNOWN = 1.0 - 1e-9


@dataclass(frozen=True)
class Followed:
    """One schedule from its start until the next began, over ``hours`` whose price is known. USD.

    ``begins`` and ``ends`` are on the farm's clock. ``running_error_usd`` sums the errors of all schedules so far;
    ``drift_usd_per_day`` is the mean error of the schedules of the seven days until this one's end.
    """

    number: int
    run: str
    begins: pd.Timestamp
    ends: pd.Timestamp
    hours: float
    planned_usd: float
    realised_usd: float
    strike_rule_usd: float
    running_error_usd: float
    drift_usd_per_day: float

    @property
    def error_usd(self) -> float:
        """Realised less planned profit."""
        return self.realised_usd - self.planned_usd

    @property
    def gain_usd(self) -> float:
        """What the schedule earned more than the strike rule would have."""
        return self.realised_usd - self.strike_rule_usd


@dataclass(frozen=True)
class Review:
    """Every run, and what became of those that handed out a schedule, by the start of the schedule.

    expects_peaks: coincident peaks are among the charges.
    """

    farm: str
    timezone: str
    runs: tuple[Run, ...]
    followed: tuple[Followed, ...]
    expects_peaks: bool = False


def review(history: History, prices: Prices | None = None) -> Review:
    """Look at all runs; ``prices`` in place of those that the history has kept."""
    schedules = history.schedules()
    seen: list[Followed] = []
    rule = _Rule()
    for i, (number, record) in enumerate(schedules):
        ends = record.end if i + 1 == len(schedules) else min(record.end, schedules[i + 1][1].start)
        came = _between(record.start, ends, prices) if prices is not None else history.prices(*_seconds(record, ends))
        found = _followed(number, record, ends, came, rule)
        if found is not None:
            seen.append(_with_drift(found, seen))
    last = schedules[-1][1].farm if schedules else None
    return Review(
        farm="" if last is None else last.name,
        timezone="UTC" if last is None else last.timezone,
        runs=tuple(history.runs()),
        followed=tuple(seen),
        expects_peaks=last is not None and bool(last.energy.coincident_peaks),
    )


def _seconds(record: Record, ends: pd.Timestamp) -> tuple[int, int]:
    return int(record.start.timestamp()), int(ends.timestamp())


def _between(start: pd.Timestamp, end: pd.Timestamp, prices: Prices) -> Prices:
    over = (prices.ends > start.timestamp()) & (prices.starts < end.timestamp())
    return Prices(prices.starts[over], prices.ends[over], prices.usd_per_mwh[over])


class _Rule:
    """The strike rule followed through all schedules: its state where the last has ended."""

    def __init__(self) -> None:
        self.state: State | None = None
        self.at: pd.Timestamp | None = None

    def followed(self, record: Record, really: Conditions) -> tuple[Conditions, Dispatch]:
        """What the rule does in a schedule's hours. After a gap it starts with what the schedule started with."""
        if self.state is not None and self.at == record.start:
            farm = record.farm.model_copy(update={"state": fitted(self.state, record.farm)})
            really = metered(record, really.market, farm)
        dispatch = strike_rule(really)
        self.state, self.at = state_after(really, dispatch), really.grid.end
        return really, dispatch


def _followed(number: int, record: Record, ends: pd.Timestamp, came: Prices, rule: _Rule) -> Followed | None:
    c, dispatch = executed(record, ends)
    price, share = price_with(came, c.market.energy_price_usd_per_mwh, c.grid)
    known = share > _KNOWN
    really = Conditions(
        c.farm,
        replace(c.market, energy_price_usd_per_mwh=np.where(known, price, c.market.energy_price_usd_per_mwh)),
        c.rest,
    )

    by_rule = rule.followed(record, really)
    if not known.any():
        return None

    def earned(conditions: Conditions, schedule: Dispatch) -> float:
        return float(sum(usd[known].sum() for usd in settle(conditions, schedule).usd.values()))

    zone = record.farm.timezone
    return Followed(
        number=number,
        run=record.name,
        begins=record.start.tz_convert(zone),
        ends=ends.tz_convert(zone),
        hours=float(c.grid.hours[known].sum()),
        planned_usd=earned(c, dispatch),
        realised_usd=earned(really, dispatch),
        strike_rule_usd=earned(*by_rule),
        running_error_usd=0.0,
        drift_usd_per_day=0.0,
    )


def _with_drift(found: Followed, before: Sequence[Followed]) -> Followed:
    """The schedule with the sum of errors so far, and their mean per day over seven days."""
    week = [one for one in (*before, found) if one.ends > found.ends - pd.Timedelta(hours=DRIFT_HOURS)]
    return replace(
        found,
        running_error_usd=(before[-1].running_error_usd if before else 0.0) + found.error_usd,
        drift_usd_per_day=sum(one.error_usd for one in week) / sum(one.hours for one in week) * HOURS_PER_DAY,
    )


def review_json(found: Review) -> dict[str, Any]:
    """The review as plain data. USD with cents."""
    by_number = {one.number: one for one in found.followed}
    return {
        "farm": found.farm,
        "timezone": found.timezone,
        "runs": [
            {
                "number": run.number,
                "logged": run.logged,
                "at": run.at,
                "status": run.status,
                "exit_code": run.exit_code,
                "said": run.message.splitlines(),
                "seconds": run.seconds,
                "run": run.run,
                "planned_usd": None if run.planned_usd is None else round(run.planned_usd, 2),
                "inputs": run.inputs,
                "followed": _followed_json(by_number.get(run.number)),
            }
            for run in found.runs
        ],
        "totals": totals(found),
    }


def _followed_json(one: Followed | None) -> dict[str, Any] | None:
    if one is None:
        return None
    usd = ("planned_usd", "realised_usd", "error_usd", "strike_rule_usd", "gain_usd", "running_error_usd")
    return {
        "begins": one.begins.isoformat(),
        "ends": one.ends.isoformat(),
        "hours_with_price": round(one.hours, 4),
        **{key: round(getattr(one, key), 2) + 0.0 for key in (*usd, "drift_usd_per_day")},
    }


def totals(found: Review) -> dict[str, Any]:
    """Sums over all schedules, USD with cents, and the drift as it is now; None without any."""
    keys = ("planned_usd", "realised_usd", "error_usd", "strike_rule_usd", "gain_usd")
    followed = found.followed
    return {
        "schedules": len(followed),
        "hours_with_price": round(sum(one.hours for one in followed), 4),
        **{key: round(sum(getattr(one, key) for one in followed), 2) + 0.0 for key in keys},
        "drift_usd_per_day": round(followed[-1].drift_usd_per_day, 2) + 0.0 if followed else None,
    }
