"""The whole chain at ERCOT's western hub: a study's history, its weeks, its blocks, and what machines earn on them.

The folder with prices is named by CURTAIL_REAL_DATA. Run as a program it prints the table of docs/measured.md:
``CURTAIL_REAL_DATA=... python -m tests.conversion.test_history_real``.
"""

from __future__ import annotations

import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from optimizer.arrays import F
from optimizer.config.load import load_farm
from optimizer.conversion.case import StudySite
from optimizer.conversion.files.load import read_study
from optimizer.conversion.pages.figures import power_file
from optimizer.conversion.power import blocks_of
from tests.commands.running import CONFIGS, WEST_TEXAS
from tests.sampling import sample

ERCOT = Path(os.environ.get("CURTAIL_REAL_DATA", "/nowhere")) / "ercot"
PRICES, LOAD = "real_time_15min_2020_2021_2023.csv.gz", "native_load_hourly_2019_2020_2021_2023.csv.gz"
pytestmark = pytest.mark.skipif(
    not (ERCOT / PRICES).is_file(), reason="CURTAIL_REAL_DATA names no folder with real market data"
)
SHIPPED = CONFIGS / "hosting/february_2026_ercot.yaml"
STRIKES = (25.0, 31.0, 40.0, 47.0, 60.0, 79.0, 100.0)  # USD/MWh: from old machines in bad times to new ones in good
YEARS = (2020, 2021, 2023)
SOME = sample(YEARS, 1)


@cache
def studied(year: int) -> StudySite:
    """The shipped study with a year of real-time prices and the system's load in place of its blocks."""
    study: dict[str, Any] = yaml.safe_load(SHIPPED.read_text())
    at = {"time_column": "interval_start_utc", "fill_gaps": "linear", "fill_at_most_hours": 24}
    study["power"] |= {
        "history": {
            "series": {"file": str(ERCOT / PRICES), "value_column": "HB_WEST", **at},
            "load_mw": {"file": str(ERCOT / LOAD), "value_column": "ERCOT", **at},
            "first_day": f"{year}-01-01",
            "last_day": f"{year}-12-31",
        },
        "peaks": {"usd_per_kw_year": 70},
    }
    del study["power"]["blocks"], study["power"]["weeks"]
    study["bitcoin"] |= {"difficulty": 125.86e12, "fees_btc_per_block": 0.05}
    study["years"]["start"] = study["years"]["start"].isoformat()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.yaml"
        path.write_text(yaml.safe_dump(study))
        return read_study(load_farm(WEST_TEXAS), CONFIGS, [CONFIGS / "hosting/hut8_fluidstack.yaml"], path).site


@cache
def prices_of(year: int) -> F:
    """All the year's known quarter hours, USD/MWh."""
    table = pd.read_csv(ERCOT / PRICES)
    starts = pd.to_datetime(table["interval_start_utc"], utc=True).dt.tz_convert("America/Chicago")
    return table.loc[starts.dt.year == year, "HB_WEST"].dropna().to_numpy(np.float64)


def per_hour(year: int, strike: float) -> tuple[float, float]:
    """What a MW with a strike price earns in a mean hour of the year, and on the blocks of its weeks."""
    blocks = blocks_of(studied(year).study.power.model_copy(update={"calls": ()}))
    earned = np.maximum(strike - blocks.usd_per_mwh, 0.0) @ blocks.hours / blocks.hours.sum()
    return float(np.maximum(strike - prices_of(year), 0.0).mean()), float(earned)


def off(year: int, strike: float) -> tuple[float, float]:
    """The share of the year in which such a machine is off, and on the blocks."""
    blocks = blocks_of(studied(year).study.power.model_copy(update={"calls": ()}))
    return float((prices_of(year) > strike).mean()), float(
        blocks.hours[blocks.usd_per_mwh > strike].sum() / blocks.hours.sum()
    )


@pytest.mark.parametrize("year", SOME)
def test_machines_earn_on_the_blocks_what_they_earn_in_the_year_within_two_per_cent(year: int) -> None:
    errors = [made / whole - 1.0 for whole, made in (per_hour(year, strike) for strike in STRIKES)]
    assert min(errors) > -0.02
    assert max(errors) < 0.001  # blocks never flatter a machine that stops


@pytest.mark.parametrize("year", SOME)
def test_hours_and_money_of_the_year_are_kept(year: int) -> None:
    blocks = blocks_of(studied(year).study.power.model_copy(update={"calls": ()}))
    assert blocks.hours.sum() == pytest.approx(8766.0, abs=1e-6)
    assert blocks.usd_per_mwh @ blocks.hours / 8766.0 == pytest.approx(prices_of(year).mean(), rel=0.01)


@pytest.mark.parametrize("year", SOME)
def test_storm_and_peaks_keep_blocks_of_their_own(year: int) -> None:
    """Uri's week is by far the dearest of 2021; ten hours belong to each peak, in 2020 and 2023 one in the storm."""
    site = studied(year)
    blocks, weeks = site.blocks, site.study.power.weeks
    assert blocks.hours[blocks.storm].sum() == pytest.approx(168.0 if year == 2021 else 158.0, abs=0.6)
    (storm,) = (week for week in weeks if week.kind == "storm")
    assert (str(storm.first_day), storm.weight) == (
        {2020: "2020-08-10", 2021: "2021-02-15", 2023: "2023-09-04"}[year],
        pytest.approx(1.0, abs=1e-6),
    )
    peaks = blocks.names.index("coincident peaks")
    assert blocks.hours[peaks] == pytest.approx(40.0, abs=0.6)
    assert blocks.hours[peaks] * blocks.charge_usd_per_mwh[peaks] == pytest.approx(70_000.0)
    if year == 2021:
        dear = blocks.usd_per_mwh @ np.where(blocks.storm, blocks.hours, 0.0) / blocks.hours[blocks.storm].sum()
        assert dear > 5_000.0


@pytest.mark.skipif(2023 not in SOME, reason="the sample has another year")
def test_the_shipped_study_is_what_the_history_of_2023_makes() -> None:
    shipped = yaml.safe_load(SHIPPED.read_text())["power"]
    made = yaml.safe_load(power_file(studied(2023).study.power))["power"]
    assert [(w["first_day"], w["weight"], w.get("kind", "typical")) for w in made["weeks"]] == [
        (str(w["first_day"]), w["weight"], w["kind"]) for w in shipped["weeks"]
    ]
    assert made["blocks"] == shipped["blocks"]
    assert made["peaks"] == shipped["peaks"]


def table() -> str:
    """Errors of profit and hours off by strike, as Markdown."""
    lines = [
        "| strike, USD/MWh | " + " | ".join(f"{strike:g}" for strike in STRIKES) + " |",
        "|---|" + "---|" * len(STRIKES),
    ]
    for year in YEARS:
        profit = [made / whole - 1.0 for whole, made in (per_hour(year, strike) for strike in STRIKES)]
        shares = [made - whole for whole, made in (off(year, strike) for strike in STRIKES)]
        lines.append(f"| {year}: profit | " + " | ".join(f"{100 * x:+.2f} %" for x in profit) + " |")
        lines.append("| hours off, of the year | " + " | ".join(f"{100 * x:+.1f} %" for x in shares) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
