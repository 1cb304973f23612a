"""Small farms and files for tests of the market."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.market.series import TimeSeries, read_series

ZONE = "America/Chicago"


def farm(**sections: Any) -> Farm:
    """A farm of one group; sections given replace the plain ones."""
    plain: dict[str, Any] = {
        "name": "test",
        "timezone": ZONE,
        "site": {"import_limit_mw": 50.0},
        "fleet": ({"name": "a", "model": "S21", "units": 10},),
        "revenue": {"hashprice_usd_per_ph_day": 33.31},
        "energy": {"price_usd_per_mwh": 40.0},
    }
    return Farm.model_validate(plain | sections)


def series_of(folder: Path, text: str | bytes, name: str = "prices.csv", zone: str = ZONE, **keys: Any) -> TimeSeries:
    """The series in a file of this text."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_series(path, SeriesFile.model_validate({"file": name} | keys), zone, file=name)
