"""What an expectation of prices is worth: ``python -m tools.departures_score FARM FOLDER [--year 2023] [--tilt 0.7]``.

Each group of a farm by itself, on the prices of a year: at every interval the best of running and resting over the
hours ahead at the prices expected then, exactly, with restarts, wear and minimum times, by dynamic programming; its
first interval is what the group does, and is settled at the prices that came. Nothing else couples groups or intervals:
no charge, no block, no limit. So a year takes a minute where a replay takes a quarter of an hour or more.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from optimizer.arrays import Bool, F
from optimizer.config.farm import Farm
from optimizer.config.fleet import Group
from optimizer.config.load import load_farm
from optimizer.through_time import departures
from optimizer.through_time.forecasts import PriceForecast
from optimizer.through_time.history import read_history
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies.rules import _earned as earned
from optimizer.through_time.policies.wish import extra_mw, meter_price

FINE, COARSE, PER_HOUR = 8, 14, 4  # quarter hours, then hours, that are looked ahead
AHEAD = FINE + COARSE * PER_HOUR
HALF_LIVES = (15.0, 60.0)


def decided(net: F, start: F, rests: int, runs: int) -> tuple[Bool, Bool]:
    """Whether a machine that may stop runs on, and whether one that may start does, both (n,).

    net: USD of running in each step ahead, (n, steps), the first `FINE` a quarter of an hour, the others an hour, which
    no minimum time outlasts. start: USD of a start, (n,). rests, runs: the least number of quarter hours of each.

    >>> net = np.tile(np.where(np.arange(FINE + 1) < 2, -1.0, 1.0), (2, 1))  # dear for half an hour
    >>> stays, starts = decided(net, np.array([1.5, 2.5]), 2, 4)
    >>> stays.tolist(), starts.tolist()
    ([False, True], [False, False])
    """
    on = off = np.zeros(len(net))
    for step in range(net.shape[1] - 1, FINE - 1, -1):
        on, off = np.maximum(net[:, step] + on, off), np.maximum(off, net[:, step] - start + on)
    up, down = [on] * max(runs, 1), [off] * max(rests, 1)  # by quarter hours since the switch; the last is free
    stays = starts = np.zeros(len(net), dtype=np.bool_)
    for step in range(FINE - 1, -1, -1):
        runs_on = [net[:, step] + after for after in (*up[1:], up[-1])]
        rests_on = [*down[1:], down[-1]]
        stop, begin = down[0], net[:, step] - start + up[0]
        stays, starts = runs_on[-1] >= stop, begin > rests_on[-1]
        up = [*runs_on[:-1], np.maximum(runs_on[-1], stop)]
        down = [*rests_on[:-1], np.maximum(rests_on[-1], begin)]
    return stays, starts


def followed(stays: Bool, starts: Bool, rests: int, runs: int) -> Bool:
    """Whether a machine runs, (n,), where it begins running and is free to stop."""
    on, since, schedule = True, max(rests, runs), []
    for stay, begin in zip(stays.tolist(), starts.tolist(), strict=True):
        switched = (on and since >= runs and not stay) or (not on and since >= rests and begin)
        on, since = on != switched, 1 if switched else since + 1
        schedule.append(on)
    return np.array(schedule)


def settled(k: Knowledge, expected: F | None) -> tuple[float, float]:
    """USD of all groups, and starts per machine. expected: USD/MWh, (n, AHEAD); None: the strike rule."""
    c, seen = k.actual, k.observed
    known = seen.market.energy_price_usd_per_mwh[:, None] if expected is None else _steps(expected)
    paid = (known + c.market.adders_usd_per_mwh[:, None]) * (1.0 + c.farm.energy.loss_share)
    usd = starts = 0.0
    groups = zip(c.farm.fleet, extra_mw(c), earned(seen), earned(c), strict=True)
    for group, extra, worth, came in groups:
        hours = 0.25 if expected is None else np.append(np.full(FINE, 0.25), np.ones(COARSE))
        by_mode = np.array([w[:, None] - mw[:, None] * paid for w, mw in zip(worth, extra, strict=True)])
        net, mode = by_mode.max(axis=0) * hours, by_mode[:, :, 0].argmax(axis=0)
        rests, runs = (round(4 * hours) for hours in (group.minimum_off_hours, group.minimum_on_hours))
        stays, begins = (net[:, 0] > 0,) * 2
        if expected is not None:
            stays, begins = decided(net, _start(group, worth), rests, runs)
        on = followed(stays, begins, rests, runs)
        started = on & ~np.append(True, on[:-1])
        each = np.arange(len(on))
        power = meter_price(c) * extra[mode, each if extra.shape[1] > 1 else 0]
        usd += group.units * float((on * (came[mode, each] - power) * 0.25 - started * _start(group, came)).sum())
        starts += group.units * int(started.sum())
    return usd, starts / sum(group.units for group in c.farm.fleet)


def _start(group: Group, worth: F) -> F:
    usd: F = group.restart_minutes / 60.0 * worth[0] + group.wear_usd_per_start
    return usd


def _steps(expected: F) -> F:
    hours: F = expected[:, FINE:].reshape(len(expected), COARSE, PER_HOUR).mean(axis=2)
    steps: F = np.hstack([expected[:, :FINE], hours])
    return steps


def expectations(prices: PriceForecast, n: int) -> F:
    """The prices that are expected as each interval begins, the last one held on beyond the year, (n, AHEAD)."""
    rows = (prices.at(now, min(now + AHEAD, n)) for now in range(n))
    return np.array([np.append(row, np.full(AHEAD - len(row), row[-1])) for row in rows])


def lines(farm: Farm, folder: Path, year: int) -> Iterator[str]:
    """What each expectation earns less than perfect foresight, thousand USD, and starts per machine, as Markdown."""
    begin, end = datetime(year, 1, 1), datetime(year + 1, 1, 1)
    plain = farm.model_copy(update={"energy": farm.energy.model_copy(update={"coincident_peaks": ()})})
    assert farm.replanning is not None
    yield f"| {year} | lag 0 | lag 1 |"
    yield "|---|---|---|"
    losses: dict[str, list[str]] = {}
    for lag in (0, 1):
        rules = farm.replanning.model_copy(update={"price_lag_intervals": lag})
        known = plain.model_copy(update={"replanning": rules})
        k = read_history(known, folder, begin, (end - begin).total_seconds() / 3600.0)
        n, prices, came = len(k.grid), k.prices, k.actual.market.energy_price_usd_per_mwh
        assert prices is not None
        best, _ = settled(k, came[np.minimum(np.arange(n)[:, None] + np.arange(AHEAD), n - 1)])
        ways: dict[str, PriceForecast | None] = {"strike rule": None}
        for minutes in HALF_LIVES:
            half = replace(prices, fitted=(), half_life_intervals=minutes / 15.0)
            ways[f"half-life of {minutes:g} minutes"] = half
        ways[f"fitted, tilt {departures.TILT:g}"] = prices
        for name, way in ways.items():
            usd, starts = settled(k, None if way is None else expectations(way, n))
            losses.setdefault(name, []).append(f"{(best - usd) / 1e3:,.0f} ({starts:.0f})")
    for name, cells in losses.items():
        yield f"| {name} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("farm", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--year", type=int, action="append")
    parser.add_argument("--tilt", type=float, default=departures.TILT)
    given = parser.parse_args()
    departures.TILT = given.tilt
    for one in given.year or (2020, 2021, 2023):
        for line in lines(load_farm(given.farm), given.folder, one):
            print(line, flush=True)
