"""What became of the plans: each schedule as far as it was followed, settled on the prices that really came.

Planned, realised and the strike rule are settled over the same hours with the same charges; only hours whose price is
known count. The strike rule goes on from where it has led itself. An error is realised less planned profit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.carry import state_after
from optimizer.conditions import Conditions
from optimizer.config.base import as_written
from optimizer.config.horizon import State
from optimizer.daily.carried import executed, fitted
from optimizer.daily.history import Entry, History, Prices, Run
from optimizer.daily.observed import price_with
from optimizer.daily.record import Record, metered
from optimizer.errors import CurtailError
from optimizer.policies import strike_rule
from optimizer.settlement.account import Dispatch, settle

F = NDArray[np.float64]
DRIFT_HOURS = 7 * 24.0
HOURS_PER_DAY = 24.0
_KNOWN = 1.0 - 1e-9
SETTLED_AT_ONCE = 50  # schedules that a run settles
_SECONDS_PER_HOUR = 3600
_TOLD = 9  # fields of `Followed` that are kept


@dataclass(frozen=True)
class Followed:
    """One schedule from its start until the next began, over ``hours`` whose price is known. USD.

    ``starts`` and ``stops`` are seconds since 1970, ``begins`` and ``ends`` the same on the farm's clock.
    ``running_error_usd`` sums the errors of all schedules so far; ``drift_usd_per_day`` is the mean error of the
    schedules of the seven days until this one's end.
    """

    number: int
    run: str
    starts: int
    stops: int
    timezone: str
    hours: float
    planned_usd: float
    realised_usd: float
    strike_rule_usd: float
    running_error_usd: float = 0.0
    drift_usd_per_day: float = 0.0

    @property
    def begins(self) -> pd.Timestamp:
        """When it begins, on the farm's clock."""
        return _moment(self.starts).tz_convert(self.timezone)

    @property
    def ends(self) -> pd.Timestamp:
        """When the next began or it ran out, on the farm's clock."""
        return _moment(self.stops).tz_convert(self.timezone)

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
    newest = history.last()
    last = None if newest is None else newest[0]
    return Review(
        farm="" if last is None else last.farm.name,
        timezone="UTC" if last is None else last.farm.timezone,
        runs=tuple(history.runs()),
        followed=_summed([one for one in settled(history, prices) if one.hours > 0]),
        expects_peaks=last is not None and bool(last.farm.energy.coincident_peaks),
    )


def settled(history: History, prices: Prices | None = None) -> list[Followed]:
    """What became of every schedule, with no ``hours`` where no price of it is known.

    On the history's own prices it is kept in the history, and only what is new is reckoned. Schedules whose record is
    kept no longer stay as they were kept.
    """
    return _settled(history, prices, 0, None)


def settle_new(history: History) -> None:
    """Reckon, and keep in the history, what became of schedules of late; of many, after an update, the first."""
    _settled(history, None, history.settled_until(), SETTLED_AT_ONCE)


def _settled(history: History, prices: Prices | None, since: int, most: int | None) -> list[Followed]:
    version, kept = history.version(), history.settled(since) if prices is None else {}
    entries, rule = history.entries(since), _Rule()
    found, new = list[Followed](), list[tuple[int, int, str]]()
    for i, entry in enumerate(entries):
        ends = entry.end if i + 1 == len(entries) else min(entry.end, entries[i + 1].start)
        told = _kept(kept.get(entry.number), entry, ends)
        if told is None:
            if len(new) == most:
                break
            record = history.record(entry.number)
            one = None if record is None else _reckoned(history, entry, record, ends, prices, rule)
            if one is None:
                rule = _Rule()
                continue
            told = [*astuple(one)[:_TOLD], rule.state]
            new.append((entry.number, ends, json.dumps(told)))
        rule = _Rule(told[_TOLD], ends)
        found.append(Followed(*told[:_TOLD]))
    if prices is None:
        history.keep_settled(new, version)
    return found


def _kept(row: tuple[int, str] | None, entry: Entry, ends: int) -> list[Any] | None:
    """What is kept of a schedule, if that is still of the same hours."""
    if row is None or row[0] != ends:
        return None
    told: list[Any] = json.loads(row[1])
    return told if told[:4] == [entry.number, entry.run, entry.start, ends] else None


def _reckoned(
    history: History, entry: Entry, record: Record, ends: int, prices: Prices | None, rule: _Rule
) -> Followed | None:
    came = history.prices(entry.start, ends) if prices is None else _between(entry.start, ends, prices)
    try:
        return _followed(entry, record, ends, came, rule)
    except (
        CurtailError,
        ArithmeticError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:  # an old record may say anything
        history.note(f"what became of the schedule {entry.run} cannot be reckoned ({type(error).__name__})")
        return None


def _between(start: int, end: int, prices: Prices) -> Prices:
    over = (prices.ends > start) & (prices.starts < end)
    return Prices(prices.starts[over], prices.ends[over], prices.usd_per_mwh[over])


class _Rule:
    """The strike rule followed through all schedules: its state as text, and where the last has ended."""

    def __init__(self, state: str = "", at: int = 0) -> None:
        self.state, self.at = state, at

    def followed(self, record: Record, really: Conditions) -> tuple[Conditions, Dispatch]:
        """What the rule does in a schedule's hours. After a gap it starts with what the schedule started with."""
        if self.state and self.at == int(record.start.timestamp()):
            with as_written():
                state = fitted(State.model_validate_json(self.state, extra="ignore"), record.farm)
            peaks = record.farm.state.bill.peaks_mw | state.bill.peaks_mw  # what it could not know, it is told
            state = state.model_copy(update={"bill": state.bill.model_copy(update={"peaks_mw": peaks})})
            really = metered(record, really.market, record.farm.model_copy(update={"state": state}))
        dispatch = strike_rule(really)
        self.state = state_after(really, dispatch).model_dump_json()
        return really, dispatch


def _followed(entry: Entry, record: Record, ends: int, came: Prices, rule: _Rule) -> Followed:
    c, dispatch = executed(record, _moment(ends))
    price, share = price_with(came, c.market.energy_price_usd_per_mwh, c.grid)
    known = share > _KNOWN
    really = Conditions(
        c.farm,
        replace(c.market, energy_price_usd_per_mwh=np.where(known, price, c.market.energy_price_usd_per_mwh)),
        c.rest,
    )
    by_rule = rule.followed(record, really)

    def earned(conditions: Conditions, schedule: Dispatch) -> float:
        return float(sum(usd[known].sum() for usd in settle(conditions, schedule).usd.values())) if known.any() else 0.0

    return Followed(
        number=entry.number,
        run=entry.run,
        starts=entry.start,
        stops=ends,
        timezone=record.farm.timezone,
        hours=float(c.grid.hours[known].sum()),
        planned_usd=earned(c, dispatch),
        realised_usd=earned(really, dispatch),
        strike_rule_usd=earned(*by_rule),
    )


def _summed(found: Sequence[Followed]) -> tuple[Followed, ...]:
    """The schedules with the sum of errors so far, and their mean per day over seven days."""
    errors, hours, stops = (np.array([getattr(one, key) for one in found]) for key in ("error_usd", "hours", "stops"))
    firsts = stops.searchsorted(stops - DRIFT_HOURS * _SECONDS_PER_HOUR, side="right")
    return tuple(
        replace(
            one,
            running_error_usd=float(running),
            drift_usd_per_day=float(errors[first : i + 1].sum() / hours[first : i + 1].sum() * HOURS_PER_DAY),
        )
        for i, (one, running, first) in enumerate(zip(found, np.cumsum(errors), firsts.tolist(), strict=True))
    )


def _moment(seconds: int) -> pd.Timestamp:
    return pd.Timestamp(seconds, unit="s", tz="UTC").as_unit("us")


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
