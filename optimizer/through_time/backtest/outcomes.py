"""The figures of every rung: money by line and day, machines' starts, energy off by reason, peaks hit and missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.ledger import Kind, of_kind
from optimizer.accounts.settlement import settle
from optimizer.arrays import F, Int
from optimizer.mechanisms.tags.config import CoincidentPeak
from optimizer.plan.checker import check
from optimizer.plan.outcomes import off_mwh
from optimizer.through_time.backtest.rungs import BOUND
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed

HOURS_PER_YEAR = 8_760.0
HIT_SHARE = 0.1  # of full load: a peak at which less is drawn counts as hit
_NOTHING = 0.005  # USD


@dataclass(frozen=True)
class PeakSeen:
    """A coincident peak as it came: its charge, when it began (UTC), and what was drawn, MW.

    chance: one; the probability where a charge gives it in a column, and nobody knows which came.
    """

    charge: str
    start: str
    import_mw: float
    full_mw: float
    chance: float = 1.0

    @property
    def came(self) -> bool:
        """Whether it is known to be one."""
        return self.chance == 1.0

    @property
    def hit(self) -> bool:
        """Whether the farm had stopped for it."""
        return self.import_mw <= HIT_SHARE * self.full_mw


@dataclass(frozen=True)
class RungOutcome:
    """What one way to run the farm did and earned.

    usd: line of the account -> USD. daily: by local day, (days,), without what is charged by the month, which is in
    charged, on the day that set it. off_mwh: reason -> MWh that machines off would have drawn. uptime: machine-hours
    run of those in service. breaches: how often the schedule breaks a rule.
    """

    usd: Mapping[str, float]
    daily: Mapping[str, F]
    charged: Mapping[str, F]
    off_mwh: Mapping[str, float]
    uptime: float
    starts_per_machine_year: float
    energy_mwh: float
    btc: float | None
    peaks: tuple[PeakSeen, ...]
    breaches: int

    @property
    def profit(self) -> float:
        """USD over the stretch."""
        return float(sum(self.usd.values()))

    @property
    def daily_usd(self) -> F:
        """Profit by local day without what is charged by the month, USD, (days,)."""
        total: F = np.sum(list(self.daily.values()), axis=0)
        return total

    @property
    def charged_usd(self) -> F:
        """What is charged by the month, USD, (days,), below zero, each charge on the day that set it."""
        return np.asarray(sum(self.charged.values(), np.zeros(len(self.daily_usd))))

    @property
    def peaks_hit(self) -> float:
        """Peaks for which the farm had stopped, each as often as it was one."""
        return float(sum(peak.chance for peak in self.peaks if peak.hit))

    @property
    def peaks_seen(self) -> float:
        """How many peaks there were; of a charge that gives probabilities, how many are to be expected."""
        return float(sum(peak.chance for peak in self.peaks))


def realised_outcome(k: Knowledge, schedule: Followed, *, whole: bool = True) -> RungOutcome:
    """The figures of a schedule, settled on what came; ``whole``: containers are checked, too."""
    c = k.actual
    s = settle(c, schedule)
    hours = float(c.grid.hours.sum())
    machines = float(sum(group.units for group in c.farm.fleet))
    running = np.array([schedule.running(group) for group in c.farm.fleet])
    by_period = of_kind(Kind.BY_PERIOD)
    by_day = {line: np.bincount(c.grid.day_of_interval, usd).astype(np.float64) for line, usd in s.usd.items()}
    return RungOutcome(
        usd={line: value for line, value in s.lines.items() if abs(value) >= _NOTHING},
        daily={line: usd for line, usd in by_day.items() if line not in by_period},
        charged={line: usd for line, usd in by_day.items() if line in by_period},
        off_mwh=off_mwh(c, schedule.off),
        uptime=float((running @ c.grid.hours).sum() / (c.units_available @ c.grid.hours).sum()),
        starts_per_machine_year=float(sum(v.sum() for v in s.starts.values())) / machines * HOURS_PER_YEAR / hours,
        energy_mwh=s.energy_mwh,
        btc=s.btc,
        peaks=tuple(
            PeakSeen(
                charge,
                pd.Timestamp(c.grid.starts[run[0]]).isoformat(),
                float(s.import_mw[run].mean()),
                float(c.full_import_mw[run].mean()),
                chance,
            )
            for charge, run, chance in peaks_that_came(c)
        ),
        breaches=len(check(c, schedule, whole=whole)),
    )


def peaks_that_came(c: Conditions) -> Iterator[tuple[str, Int, float]]:
    """The charge of each peak, its intervals and its chance.

    Where peaks were found in the load, runs of intervals count in full or in part as one; where a column gives the
    probability of each interval, that is its chance.
    """
    for peak in c.farm.sections(CoincidentPeak):
        probability = c.market.peak_probability[peak.name]
        at = np.flatnonzero(probability > 0)
        if peak.probability is not None:
            yield from ((peak.name, np.array([t]), float(probability[t])) for t in at)
        elif len(at):
            yield from ((peak.name, run, 1.0) for run in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1))


@dataclass(frozen=True)
class Ladder:
    """The rungs of one backtest, in the order of the ladder. full_mw: import at full load, at most."""

    farm: str
    start: str
    end: str
    timezone: str
    days: tuple[str, ...]
    full_mw: float
    years: float
    lag: int
    rungs: Mapping[str, RungOutcome]

    def share_of_bound(self, key: str) -> float | None:
        """Profit of a rung over that of perfect foresight; None without it or where it earns nothing."""
        bound = self.rungs.get(BOUND.key)
        return None if bound is None or bound.profit <= 0 else self.rungs[key].profit / bound.profit

    def usd_per_mw_year(self, key: str) -> float:
        """Profit of a rung per MW of full load and year."""
        return self.rungs[key].profit / self.full_mw / self.years


def ladder(k: Knowledge, schedules: Mapping[str, Followed]) -> Ladder:
    """Settle every rung."""
    c, grid = k.actual, k.grid
    return Ladder(
        farm=c.farm.name,
        start=grid.local_starts[0].isoformat(),
        end=grid.end.tz_convert(grid.timezone).isoformat(),
        timezone=grid.timezone,
        days=grid.days,
        full_mw=float(c.full_import_mw.max()),
        years=float(grid.hours.sum()) / HOURS_PER_YEAR,
        lag=0 if k.prices is None else k.prices.lag,
        rungs={key: realised_outcome(k, schedule, whole=key != BOUND.key) for key, schedule in schedules.items()},
    )


def between(one: RungOutcome, other: RungOutcome) -> dict[str, float]:
    """What makes the profit of ``other`` that of ``one``: USD by line of the account; the sum is the difference."""
    lines = dict.fromkeys([*one.usd, *other.usd])
    differences = {line: other.usd.get(line, 0.0) - one.usd.get(line, 0.0) for line in lines}
    return {line: usd for line, usd in differences.items() if abs(usd) >= _NOTHING}


def ladder_json(ladder: Ladder) -> dict[str, Any]:
    """The ladder as plain data, for JSON."""
    rungs = {}
    keys = list(ladder.rungs)
    for key, before in zip(keys, [None, *keys], strict=False):
        rung = ladder.rungs[key]
        rungs[key] = {
            "profit_usd": rung.profit,
            "usd_per_mw_year": ladder.usd_per_mw_year(key),
            "share_of_bound": ladder.share_of_bound(key),
            "uptime": rung.uptime,
            "starts_per_machine_year": rung.starts_per_machine_year,
            "energy_mwh": rung.energy_mwh,
            "btc": rung.btc,
            "breaches": rung.breaches,
            "usd": dict(rung.usd),
            "off_mwh": dict(rung.off_mwh),
            "peaks": [
                {"charge": p.charge, "start": p.start, "chance": p.chance, "import_mw": p.import_mw, "hit": p.hit}
                for p in rung.peaks
            ],
            "usd_against_the_rung_before": {} if before is None else between(ladder.rungs[before], rung),
            "daily_usd": [round(float(usd), 2) for usd in rung.daily_usd],
            "daily_charged_usd": [round(float(usd), 2) for usd in rung.charged_usd],
        }
    return {
        "farm": ladder.farm,
        "start": ladder.start,
        "end": ladder.end,
        "timezone": ladder.timezone,
        "full_load_mw": ladder.full_mw,
        "years": ladder.years,
        "price_lag_intervals": ladder.lag,
        "days": list(ladder.days),
        "rungs": rungs,
    }
