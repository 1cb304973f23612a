"""Months, days and hours of a contract on the farm's clock, minute by minute; billing periods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.arrays import F
from tests.audit.published import Plain, Published

Yes = NDArray[np.bool_]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _holds(local: pd.DatetimeIndex, when: Plain) -> Yes:
    holds = np.ones(len(local), dtype=np.bool_)
    if when.get("months"):
        holds &= np.isin(local.month, [int(month) for month in when["months"]])
    if when.get("days"):
        assert "holiday" not in when["days"], "no calendar of holidays is read here"
        holds &= np.isin(local.day_of_week, [_DAYS.index(day) for day in when["days"]])
    if when.get("hours"):
        hour = np.asarray(local.hour + local.minute / 60.0)
        holds &= np.any([(hour >= float(s["start"])) & (hour < float(s["end"])) for s in when["hours"]], axis=0)
    if when.get("any_of"):
        holds &= np.any([_holds(local, part) for part in when["any_of"]], axis=0)
    return holds


def hours_in(p: Plan, begin: pd.Timestamp, finish: pd.Timestamp, when: Plain | None) -> float:
    """Hours of a contract's times between two moments."""
    if when is None:
        return float((finish - begin).total_seconds()) / 3600.0
    minutes = pd.date_range(begin, finish, freq="5min", inclusive="left").tz_convert(p.farm["timezone"])
    return float(_holds(minutes, when).sum()) / 12.0


def shares(p: Plan, when: Plain | None) -> F:
    """The share of each interval within a contract's times."""
    if when is None:
        return np.ones(len(p.hours))
    return np.array([hours_in(p, *span, when) for span in zip(p.starts, p.ends, strict=True)]) / p.hours


def block_mw(p: Published, block: Plain) -> F:
    """The size of a block over time: what is delivered of it, by its times and its term."""
    first, last = (p.moment(block[edge]) if block.get(edge) else None for edge in ("start", "end"))
    spans = zip(
        p.starts if first is None else p.starts.map(lambda time: max(time, first)),
        p.ends if last is None else p.ends.map(lambda time: min(time, last)),
        strict=True,
    )
    delivered = [hours_in(p, begin, finish, block.get("when")) if begin < finish else 0.0 for begin, finish in spans]
    return p.values("", block["mw"]) * np.array(delivered) / p.hours


class Plan(Protocol):
    """A farm file and the intervals of a plan."""

    @property
    def farm(self) -> Plain:
        """The farm file as plain data."""

    @property
    def starts(self) -> pd.DatetimeIndex:
        """Begins of the intervals, UTC."""

    @property
    def ends(self) -> pd.DatetimeIndex:
        """Ends of the intervals, UTC."""

    @property
    def hours(self) -> F:
        """Lengths of the intervals."""

    @property
    def rest(self) -> Plain:
        """What is expected of the last billing period after the plan."""


def expected(p: Plan, kind: str, name: str, label: str) -> float | None:
    """What the rest of a billing period is expected to add to a charge, where that is told."""
    told = (p.rest.get(kind) or {}).get(name) or {}
    return float(told[label]) if label in told else None


@dataclass(frozen=True)
class Period:
    """A billing period: the month it begins in, its begin and end in UTC, and which intervals begin in it."""

    label: str
    begins: pd.Timestamp
    ends: pd.Timestamp
    inside: Yes
    begun: bool  # before the plan
    goes_on: bool  # after it

    def left_of(self, p: Plan, amount: float, when: Plain | None = None, after: float | None = None) -> float:
        """The plan's part of what is left of an amount: less what ``after`` it takes, else by hours that count."""
        if not self.goes_on or after is not None:
            return amount - (after or 0.0)
        rest = hours_in(p, max(self.begins, p.starts[0]), self.ends, when)
        own = float((p.hours * shares(p, when))[self.inside].sum())
        return amount * (min(own / rest, 1.0) if rest > 0 else 1.0)


def periods(p: Plan) -> list[Period]:
    """The billing periods that intervals of a plan begin in."""
    first, last = (time.tz_convert(p.farm["timezone"]).tz_localize(None).to_period("M") for time in p.starts[[0, -1]])
    found = (period_of(p, month) for month in pd.period_range(first - 1, last, freq="M"))
    return [period for period in found if period.inside.any()]


def period_of(p: Plan, month: pd.Period) -> Period:
    """The billing period that begins in a month."""
    zone, day = p.farm["timezone"], int(p.farm["energy"].get("billing_day") or 1)
    begins, ends = ((m.to_timestamp() + pd.Timedelta(days=day - 1)).tz_localize(zone) for m in (month, month + 1))
    inside = np.asarray((p.starts >= begins) & (p.starts < ends))
    return Period(str(month), begins, ends, inside, begins < p.starts[0], ends > p.ends[-1])


def counts(p: Plan, period: Period, when: Plain | None) -> F:
    """Hours of each interval that a charge counts in a period."""
    return p.hours * shares(p, when) * period.inside


def bill_of(p: Plan) -> Mapping[str, Any]:
    """What the farm file says of the meter so far."""
    return (p.farm.get("state") or {}).get("bill") or {}
