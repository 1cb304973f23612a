"""What probabilities of coincident peaks are worth: ``python -m tools.peaks_worth FOLDER [--summers 200]``.

The farm of `scenarios/ercot_years` goes through a summer twice: on the probabilities that are issued, and with its
peaks known. Each time every hour of every group is decided as a plan does it: the best course through the rest of the
day between running, which earns the hour's margin and pays the charge times the probability, and being off, with what
a start costs. What comes of the first hour is kept. Two summers are real, the others simulated
(`tools.peaks_summers`); nothing is fitted on what comes later. FOLDER holds ERCOT's load, load forecasts and prices,
as the tests' real data do.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, astuple, dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from optimizer.arrays import Bool, F
from optimizer.config.load import load_farm
from optimizer.mechanisms.tags.config import CoincidentPeak
from optimizer.peaks.issued import Issuer
from optimizer.peaks.rule import ERCOT_4CP
from tools.peaks_fit import read_ercot_forecast, read_ercot_load
from tools.peaks_score import PUBLISHED
from tools.peaks_summers import FARM, HOURS, Summer, real_summer, simulated

YEARS = (2021, 2023)  # with forecasts
DRAWS = 1_000  # half of what a farm gets
_ISSUES = (0, *range(13, 19))  # fewer than a farm gets: months have peaked from 14:00 to 18:00
_SURE = 1.96


@dataclass(frozen=True)
class Outcome:
    """A summer of a farm. USD per MW: what it earned and the tag it paid; MW-hours and peaks per MW of the farm.

    expected: the peaks that the probabilities add up to.
    """

    usd: float
    stopped_hours: float
    starts: float
    missed: float
    expected: float


Row = tuple[int, Outcome, Outcome]


def issued(summer: Summer, issuer: Issuer) -> F:
    """The probability of every hour of a summer to be a peak, as it was last issued, by hour of issue, (hours,)."""
    parts = []
    for day in summer.days:
        for hour, until in zip(_ISSUES, (*_ISSUES[1:], HOURS), strict=True):
            left = issuer.at(day, hour)[1][: HOURS - hour]
            parts.append((until - hour, left))
    return _padded(parts)


def _padded(parts: list[tuple[int, F]]) -> F:
    """What each issue says of the rest of its day, a row for every hour in which it is the last, (hours, 24)."""
    rows = np.zeros((sum(n for n, _ in parts), HOURS))
    at = 0
    for n, left in parts:
        for k in range(n):
            rows[at + k, : len(left) - k] = left[k:]
        at += n
    return rows


def run(summer: Summer, ahead: F, usd_per_mw: float) -> Outcome:
    """A summer on probabilities, of each hour those of the rest of its day, (hours, 24). usd_per_mw: of one peak."""
    worth, peak = summer.worth, summer.is_peak
    on = np.ones(len(worth.mw), dtype=np.bool_)
    usd = stopped = starts = missed = 0.0
    full = float(worth.mw.sum())
    for t in range(worth.margin.shape[1]):
        margin, restart = worth.margin[:, t], worth.restart[:, t]
        pays = margin > 0
        run_now = pays & (
            ~ahead[t].any() | runs(ahead[t, : HOURS - t % HOURS], margin, restart, worth.mw * usd_per_mw, on)
        )
        usd += float((margin * run_now).sum() - (restart * (run_now & ~on)).sum())
        usd -= float((worth.mw * run_now).sum() * usd_per_mw * peak[t])
        stopped += float(worth.mw[pays & ~run_now].sum())
        starts += float(worth.mw[run_now & ~on].sum())
        missed += float(worth.mw[run_now].sum() * peak[t])
        on = run_now
    return Outcome(usd / full, stopped / full, starts / full, missed / full, float(ahead[:, 0].sum()))


def runs(chance: F, margin: F, restart: F, charge: F, on: Bool) -> Bool:
    """Whether groups run in the first of some hours, (groups,), the margin being that of the first in all.

    A group earns 10 USD an hour, a start costs 5, a peak 1,000: 2 % are worth stopping for, 0.2 % are not.

    >>> margin, start, charge = np.array([10.0]), np.array([5.0]), np.array([1_000.0])
    >>> [bool(runs(np.array(ahead), margin, start, charge, start > 0)[0]) for ahead in ([0.002, 0.02], [0.02, 0.002])]
    [True, False]
    """
    gain = margin[:, None] - charge[:, None] * chance
    later_on = later_off = np.zeros(len(margin))
    for k in range(len(chance) - 1, 0, -1):
        stay = gain[:, k] + later_on
        later_on, later_off = np.maximum(stay, later_off), np.maximum(stay - restart, later_off)
    return np.asarray(gain[:, 0] + later_on - np.where(on, 0.0, restart) >= later_off)


def outcomes(summer: Summer, usd_per_mw: float, draws: int, load_only: bool) -> tuple[Outcome, Outcome]:
    """On what is issued, and with the peaks known."""
    forecast = None if load_only else summer.forecast_mw
    issuer = Issuer(summer.load_mw, ERCOT_4CP, summer.model, forecast, PUBLISHED, draws)
    known = np.zeros((len(summer.is_peak), HOURS))
    for t in np.flatnonzero(summer.is_peak).tolist():
        for k in range(t % HOURS + 1):
            known[t - k, k] = 1.0
    return run(summer, issued(summer, issuer), usd_per_mw), run(summer, known, usd_per_mw)


@cache
def _real(folder: Path, year: int) -> tuple[Summer, float]:
    farm = load_farm(FARM)
    charge = farm.sections(CoincidentPeak)[0]
    usd_per_mw = charge.rate_usd_per_mw / charge.peak_rule.intervals_per_year
    return real_summer(farm, folder, read_ercot_load(folder), read_ercot_forecast(folder), year), usd_per_mw


def one(number: int, folder: Path, draws: int, load_only: bool) -> Row:
    """The outcomes of a simulated summer, of the years in turn; below zero those of a real one."""
    real, usd_per_mw = _real(folder, YEARS[number % len(YEARS)])
    summer = real if number < 0 else simulated(real, np.random.default_rng(number))
    return number, *outcomes(summer, usd_per_mw, draws, load_only)


def table(rows: list[tuple[Outcome, ...]], names: tuple[str, ...]) -> Iterator[str]:
    """The table of some summers, of each the outcomes by name, the last with known peaks: means, and 95 % of them."""
    yield "| probabilities | earned, USD/MW | hours stopped | starts | peaks missed, of 4 | peaks expected |"
    yield "|---|---|---|---|---|---|"
    figures = np.array([[astuple(outcome) for outcome in row] for row in rows])
    for k, name in enumerate(names):
        cells = [_with_interval(figures[:, k, column]) for column in range(figures.shape[2])]
        yield f"| {name} | {' | '.join(cells)} |"
    usd = figures[:, :, 0]
    yield ""
    yield f"From the first to the last: {_with_interval(usd[:, -1] - usd[:, 0])} USD/MW."
    if len(names) > 2:
        gap, closed = usd[:, -1] - usd[:, 0], usd[:, 1] - usd[:, 0]
        pick = np.random.default_rng(0).integers(len(usd), size=(2_000, len(usd)))
        low, high = np.quantile(closed[pick].sum(axis=1) / gap[pick].sum(axis=1), (0.025, 0.975))
        share = f"{closed.sum() / gap.sum():.0%} ({low:.0%} to {high:.0%})"
        yield f"Of it {share} are closed, {_with_interval(closed)} USD/MW."


def _with_interval(values: F) -> str:
    digits = 0 if abs(values.mean()) >= 100 else 2
    wide = _SURE * values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return f"{values.mean():,.{digits}f}" + (f" ± {wide:,.{digits}f}" if wide else "")


def _kept(file: Path | None) -> dict[int, tuple[Outcome, Outcome]]:
    """What was kept, by the number of the summer."""
    lines = file.read_text().splitlines() if file is not None and file.exists() else []
    return {number: (Outcome(**mine), Outcome(**known)) for number, mine, known in map(json.loads, lines)}


def main(arguments: list[str] | None = None) -> None:
    """Print the tables of the real summers and of the simulated ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--summers", type=int, default=200)
    parser.add_argument("--draws", type=int, default=DRAWS)
    parser.add_argument("--load-only", action="store_true", help="as if no forecast had been published")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="JSON lines, a summer each: those in it are not made again")
    parser.add_argument("--before", type=Path, help="such lines of another version, to compare with")
    given = parser.parse_args(arguments)
    kept, before = _kept(given.keep), _kept(given.before)
    numbers = [number for number in range(-len(YEARS), given.summers) if number not in kept]
    work = partial(one, folder=given.folder, draws=given.draws, load_only=given.load_only)
    with ProcessPoolExecutor(given.workers) as pool:
        for number, *both in pool.map(work, numbers):
            kept[number] = both[0], both[1]
            if given.keep is not None:
                with given.keep.open("a") as file:
                    file.write(json.dumps([number, *map(asdict, both)]) + "\n")
    names = ("before", "issued", "known") if before else ("issued", "known")
    rows = {n: (*(before[n][:1] if before else ()), *kept[n]) for n in sorted(kept) if not before or n in before}
    for number, year in zip(range(-len(YEARS), 0), YEARS, strict=True):
        print("\n".join((f"### The summer of {year}", "", *table([rows[number]], names), "")))
    drawn = [row for number, row in rows.items() if 0 <= number < given.summers]
    if drawn:
        print("\n".join((f"### {len(drawn)} simulated summers", "", *table(drawn, names))))


if __name__ == "__main__":
    main()
