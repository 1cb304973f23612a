"""How good the peak probabilities are: ``python -m tools.peaks_score FOLDER [--year 2023]``.

Through every day of June to September probabilities are issued as a farm gets them, at midnight and hourly from 9:00 to
20:00, from what was known then: the load of the hours before, the forecasts of it that were published, what they were
worth on the days before, and a model of later days fitted on other years. Each hour is judged by what was issued last
before it, against the hours that became the highest of their months. FOLDER holds ERCOT's hourly load and the forecasts
of it, as the tests' real data do; ``--load-only`` leaves the forecasts out.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.arrays import Bool, F
from optimizer.errors import CurtailError, InputError
from optimizer.peaks.fit import fit, whole_days
from optimizer.peaks.issued import ISSUES, Issuer
from optimizer.peaks.model import PeakModel
from optimizer.peaks.probability import DRAWS
from optimizer.peaks.rule import ERCOT_4CP, true_peaks
from optimizer.peaks.today import HOURS
from tools.peaks_fit import ERCOT_ZONE, FIT_YEARS, read_ercot_forecast, read_ercot_load

RATE_USD_PER_KW_YEAR = 70.0  # an assumption; what a transmission charge comes to differs by utility and year
MARGIN_USD_PER_MWH = 39.0  # an assumption: what mining earns above its power
PUBLISHED = 13.5  # hours of the day before: when tomorrow's forecast is out
THRESHOLDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
BINS = (0.0, 1e-9, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.01)
_KW_PER_MW = 1_000.0
_EVENING_HOURS = (15, 16, 17, 18)  # what a farm without probabilities would stop every day


@dataclass(frozen=True)
class Judged:
    """Hours of a summer in time's order: their probability, the base rate, and whether they became peaks."""

    starts: pd.DatetimeIndex
    probability: F
    base_rate: F
    is_peak: Bool

    def brier(self) -> tuple[float, float]:
        """Mean squared error of the probabilities, and of the base rate."""
        of_model, of_base = (np.mean((p - self.is_peak) ** 2) for p in (self.probability, self.base_rate))
        return float(of_model), float(of_base)

    def log_loss(self) -> tuple[float, float]:
        """Mean negative logarithm of what happened; a probability of 0 counts as half a draw. And of the base rate."""
        rarest = 0.5 / DRAWS
        both = np.clip(self.probability, rarest, 1 - rarest), self.base_rate
        of_model, of_base = (-np.mean(np.log(np.where(self.is_peak, p, 1 - p))) for p in both)
        return float(of_model), float(of_base)

    def policy(self, threshold: float) -> tuple[int, int]:
        """Hours stopped and peaks caught when every hour at or above the threshold is stopped."""
        stopped = self.probability >= threshold
        return int(stopped.sum()), int((stopped & self.is_peak).sum())


def judge(load_mw: pd.Series, forecast_mw: pd.Series | None, year: int, model: PeakModel, base: pd.Series) -> Judged:
    """Probabilities of every hour of a summer as they were issued last before it, with nothing known ahead."""
    issuer = Issuer(load_mw, ERCOT_4CP, model, forecast_mw, PUBLISHED)
    parts: list[F] = []
    starts = []
    for issue in (day for day in whole_days(load_mw) if day.year == year and day.month in ERCOT_4CP.months):
        for hour, until in itertools.pairwise((*ISSUES, HOURS)):
            times, probability = issuer.at(issue, hour)
            parts.append(probability[: until - hour])
            starts.append(times[: until - hour])
    index = pd.DatetimeIndex(np.concatenate([one.tz_convert("UTC").tz_localize(None) for one in starts]), tz="UTC")
    index = index.tz_convert(ERCOT_ZONE)
    in_month = index.days_in_month.to_numpy()
    rate = base.reindex(index.hour).to_numpy(dtype=np.float64) / in_month
    return Judged(index, np.concatenate(parts), rate, np.isin(index, true_peaks(load_mw, ERCOT_4CP)))


def base_rate(load_mw: pd.Series, years: Iterable[int]) -> pd.Series:
    """Share of past monthly peaks that began in each local hour, every hour counted once more in advance."""
    peaks = true_peaks(load_mw, ERCOT_4CP)
    counts = np.bincount(peaks.hour[peaks.year.isin(tuple(years))], minlength=24) + 1 / HOURS
    return pd.Series(counts / counts.sum(), range(24))


def report(judged: Judged, title: str, rate: float, margin: float) -> str:
    """The tables, as Markdown."""
    brier, base = judged.brier()
    loss, base_loss = judged.log_loss()
    miss = rate * _KW_PER_MW / ERCOT_4CP.intervals_per_year
    peaks = int(judged.is_peak.sum())
    lines = [
        f"### {title}",
        "",
        f"Brier score {brier:.3e}, base rate {base:.3e}: skill {1 - brier / base:.1%}.",
        f"Log loss {loss:.5f}, base rate {base_loss:.5f}: skill {1 - loss / base_loss:.1%}.",
        "",
        "| probability | hours | mean probability | became peaks | share |",
        "|---|---|---|---|---|",
    ]
    for low, high in itertools.pairwise(BINS):
        mine = (judged.probability >= low) & (judged.probability < high)
        if mine.any():
            p, hits = judged.probability[mine].mean(), int(judged.is_peak[mine].sum())
            name = "0" if low == 0 else f"{low:.1%} to {min(high, 1):.1%}"
            lines.append(f"| {name} | {mine.sum():,} | {p:.2%} | {hits} | {hits / mine.sum():.2%} |")
    expected = judged.probability.sum()
    lines += [
        "",
        f"Peaks expected from the probabilities: {expected:.2f}; there were {peaks}.",
        "",
        "| stop from | hours | peaks caught | missed | hours per peak | wrong alarms, USD/MW | misses, USD/MW | sum |",
        "|---|---|---|---|---|---|---|---|",
    ]
    evening = np.isin(judged.starts.hour, _EVENING_HOURS)
    policies = [(f"{x:.2%}", *judged.policy(x)) for x in (margin / miss, *THRESHOLDS)]
    policies.append(("15:00-19:00 daily", int(evening.sum()), int((evening & judged.is_peak).sum())))
    policies.append(("never", 0, 0))
    for name, hours, caught in policies:
        alarms, misses = (hours - caught) * margin, (peaks - caught) * miss
        each = f"{hours / caught:.1f}" if caught else "-"
        lines.append(
            f"| {name} | {hours} | {caught} | {peaks - caught} | {each} "
            f"| {alarms:,.0f} | {misses:,.0f} | {alarms + misses:,.0f} |"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Print the tables for a year that the model is not fitted on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--year", type=int, default=2023)
    parser.add_argument("--rate", type=float, default=RATE_USD_PER_KW_YEAR, help="USD per kW and year")
    parser.add_argument("--margin", type=float, default=MARGIN_USD_PER_MWH, help="USD per MWh not mined")
    parser.add_argument("--load-only", action="store_true", help="as if no forecast had been published")
    given = parser.parse_args(arguments)
    load = read_ercot_load(given.folder)
    held = sorted(set(pd.DatetimeIndex(load.index).year))
    if given.year not in held:
        raise InputError(f"the folder's load has no year {given.year}; it has {', '.join(map(str, held))}")
    years = tuple(year for year in FIT_YEARS if year != given.year)
    model = fit(load[pd.DatetimeIndex(load.index).year.isin(years)], source=f"ERCOT native load, {years}")
    base = base_rate(load, years)
    fitted = ", ".join(map(str, years))
    forecast = None if given.load_only else read_ercot_forecast(given.folder)
    own = judge(load, forecast, given.year, model, base)
    known = "the load alone" if given.load_only else "load and published forecasts"
    print(report(own, f"{given.year}, fitted on {fitted}, {known}", given.rate, given.margin))


if __name__ == "__main__":
    try:
        main()
    except CurtailError as problem:
        sys.exit(str(problem))
