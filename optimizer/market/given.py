"""Prices that a program hands over, read and judged as a file of them is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from optimizer.errors import InputError, MissingDataError

HANDED = "the series of prices"


@contextmanager
def as_file(prices: pd.Series | None, file: Path | None = None) -> Iterator[Path | None]:
    """A file of prices by time while it is read; ``file`` where there are none. Raises InputError for another index.

    >>> hours = pd.date_range("2026-02-11", periods=2, freq="h")
    >>> with as_file(pd.Series([20.0, 30.0], index=hours)) as file:
    ...     print(file.read_text().splitlines()[1])
    2026-02-11 00:00:00,20.0
    """
    if prices is None:
        yield file
        return
    if not isinstance(prices.index, pd.DatetimeIndex):
        raise InputError(f"price: a series of prices needs times as its index (got {type(prices.index).__name__})")
    if not pd.api.types.is_numeric_dtype(prices):
        raise InputError(f"price: a series of prices must hold numbers (got {prices.dtype})")
    if prices.index.tz is not None:
        prices = prices.tz_convert("UTC")
    with TemporaryDirectory() as folder:
        written = Path(folder) / "price.csv"
        prices.astype("float64").rename("price").to_csv(written, index_label="time")
        try:
            yield written
        except InputError as error:  # told of the series, which is no file of the person's
            faults = (replace(fault, file=fault.file.replace(str(written), HANDED)) for fault in error.faults)
            raise InputError(faults if error.faults else str(error).replace(str(written), HANDED)) from None
        except MissingDataError as error:
            raise MissingDataError(str(error).replace(str(written), HANDED)) from None
