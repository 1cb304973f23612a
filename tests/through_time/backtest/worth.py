"""What re-planning is worth to one megawatt of one model on ERCOT prices:
``python -m tests.through_time.backtest.worth FOLDER``.

The farm of a measurement made before there was this program: real-time prices plus 5 USD/MWh, hashprice of the day
before with fees (where no fees are known, without), ten minutes of hash lost at every restart, nothing else coupled.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from optimizer.accounts.settlement import settle
from optimizer.config.backtest import Backtest
from optimizer.config.farm import Farm
from optimizer.through_time.backtest.rungs import BOUND, RULES
from optimizer.through_time.history import read_history
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed
from tests.through_time.histories import stepped

RUN = {rung.key: rung.run for rung in (*RULES, BOUND)}
HASH_FILE = "bitcoin/btc_mining_economics_daily_compiled_2019_2026.csv"
MACHINES = 1000  # of a kilowatt each


@dataclass(frozen=True)
class Row:
    """A row of the measurement: its farm, and what it found. Shares in percent; starts per machine and year."""

    joules_per_th: float
    hash_share: float
    perfect_thousand_usd: float
    always_on: float
    strike: float
    starts: int
    strike_late: float
    day_ahead: float
    replanned: float
    replanned_starts: int


ROWS_2023 = (
    Row(29.5, 1.0, 643, 69.0, 99.6, 412, 97.8, 95.2, 99.6, 182),
    Row(17.5, 1.0, 1255, 85.6, 99.8, 249, 98.4, 97.1, 99.8, 114),
    Row(29.5, 0.5, 217, -7.7, 97.9, 1048, 94.5, 86.7, 98.1, 342),
    Row(21.5, 0.45, 313, 29.2, 98.6, 844, 95.8, 90.6, 98.6, 283),
)


def known(data: Path, folder: Path, row: Row, lag: int = 0) -> Knowledge:
    """The year 2023 of a row's farm; ``folder`` takes the file of hashprices."""
    table = pd.read_csv(data / HASH_FILE)
    usd = table["hashprice_incl_fees_usd_per_ph_day"].fillna(table["hashprice_subsidy_only_usd_per_ph_day"])
    day_after = pd.to_datetime(table["date"]) + pd.Timedelta(days=1)
    file = folder / f"hashprice_{row.hash_share}.csv"
    pd.DataFrame({"date": day_after.dt.strftime("%Y-%m-%d"), "usd": usd * row.hash_share}).dropna().to_csv(
        file, index=False
    )

    def prices(name: str, hub: str) -> dict[str, str]:
        columns = {"time_column": "interval_start_utc", "value_column": hub, "timezone": "UTC"}
        return {"file": str((data / "ercot" / name).resolve()), **columns, "fill_gaps": "previous"}

    machine = {
        "model": "one of its kind",
        "hashrate_th": 1000.0 / row.joules_per_th,
        "power_w": 1000.0,
        "cooling": "air",
        "source": "an efficiency in J/TH",
        "confidence": "low",
        "modes": {},
    }
    day_ahead = prices("day_ahead_hourly_2019_2020_2021_2023.csv.gz", "HB_SOUTH")
    farm = Farm.model_validate(
        {
            "name": "One megawatt",
            "timezone": "America/Chicago",
            "site": {"import_limit_mw": 10.0},
            "fleet": ({"name": "G", "units": MACHINES, "machine": machine, "restart_minutes": 10.0},),
            "revenue": {
                "hashprice_usd_per_ph_day": {
                    "file": str(file.resolve()),
                    "time_column": "date",
                    "value_column": "usd",
                    "timezone": "America/Chicago",
                }
            },
            "energy": {
                "price_usd_per_mwh": prices("real_time_15min_2020_2021_2023.csv.gz", "HB_WEST"),
                "adders_usd_per_mwh": 5.0,
            },
            "horizon": {"hours": 36.0, "intervals": ({"minutes": 15, "hours": 2.0}, {"minutes": 60})},
            "replanning": {
                "price_lag_intervals": lag,
                "hash_lag_hours": 0.0,
                "fit_deviations": False,  # the measurement knew of none
                "forecast": {"kind": "day_ahead", "price_usd_per_mwh": day_ahead},
            },
        }
    )
    return read_history(farm, folder, datetime(2023, 1, 1), 365 * 24.0)


def earned(k: Knowledge, schedule: Followed) -> tuple[float, float]:
    """Thousands of USD, and starts per machine."""
    s = settle(k.actual, schedule)
    return s.profit / 1e3, float(sum(v.sum() for v in s.starts.values())) / MACHINES


def lines(data: Path, folder: Path) -> Iterator[str]:
    """The table, as Markdown; what the measurement found stands in brackets."""
    columns = "J/TH", "hashprice", "perfect, k$", "always on", "strike", "starts", "strike, lag 1", "day-ahead"
    yield "| " + " | ".join((*columns, "re-planned", "starts")) + " |"
    yield "|---" * 10 + "|"
    for row in ROWS_2023:
        k, late = known(data, folder, row), known(data, folder, row, lag=1)
        best, _ = earned(k, RUN["perfect"](k, Backtest()))
        share = {key: 100 * earned(k, RUN[key](k, Backtest()))[0] / best for key in ("always_on", "day_ahead")}
        strike, starts = earned(k, RUN["strike"](k, Backtest()))
        late_strike, _ = earned(late, RUN["strike"](late, Backtest()))
        ours, our_starts = earned(k, stepped(k))
        yield (
            f"| {row.joules_per_th} | {row.hash_share} | {best:.1f} ({row.perfect_thousand_usd:.0f}) "
            f"| {share['always_on']:.2f} ({row.always_on}) | {100 * strike / best:.2f} ({row.strike}) "
            f"| {starts:.0f} ({row.starts}) | {100 * late_strike / best:.2f} ({row.strike_late}) "
            f"| {share['day_ahead']:.2f} ({row.day_ahead}) | {100 * ours / best:.2f} ({row.replanned}) "
            f"| {our_starts:.0f} ({row.replanned_starts}) |"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        for line in lines(given.folder, Path(room)):
            print(line, flush=True)
