"""Fit the model the project ships: ``python -m tools.peaks_fit FOLDER > optimizer/peaks/ercot.json``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.errors import CurtailError, InputError
from optimizer.peaks.fit import fit
from optimizer.peaks.model import PeakModel

ERCOT_LOAD_FILE = "ercot/native_load_hourly_2019_2020_2021_2023.csv.gz"
ERCOT_FORECAST_FILE = "ercot/day_ahead_system_load_forecast_hourly_2021_2023.csv.gz"
ERCOT_ZONE = "America/Chicago"
FIT_YEARS = (2019, 2020, 2021)


def read_ercot_load(folder: Path) -> pd.Series:
    """Hourly ERCOT native load, MW, on the grid's clock, from the file the folder holds. Raises InputError."""
    return _read(folder / ERCOT_LOAD_FILE, "ERCOT")


def read_ercot_forecast(folder: Path) -> pd.Series:
    """The load that ERCOT forecast on the day before, as ``read_ercot_load``; hours without a forecast are left out."""
    return _read(folder / ERCOT_FORECAST_FILE, "forecast_mw")


def _read(file: Path, column: str) -> pd.Series:
    if not file.is_file():
        raise InputError(f"{file}: no such file; it holds hourly load, columns interval_start_utc and {column}")
    table = pd.read_csv(file, usecols=["interval_start_utc", column])
    times = pd.DatetimeIndex(pd.to_datetime(table["interval_start_utc"], utc=True)).tz_convert(ERCOT_ZONE)
    return pd.Series(table[column].to_numpy(dtype=np.float64), times)


def fit_ercot(folder: Path) -> PeakModel:
    """The model the project ships."""
    load = read_ercot_load(folder)
    chosen = load[pd.DatetimeIndex(load.index).year.isin(FIT_YEARS)]
    return fit(chosen, source="fitted on ERCOT native load, hourly, 2019-2021")


if __name__ == "__main__":
    try:
        print(fit_ercot(Path(sys.argv[1])).to_json())
    except (IndexError, CurtailError) as problem:
        sys.exit(f"{problem}" if isinstance(problem, CurtailError) else __doc__)
