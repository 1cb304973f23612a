"""Makes the sample series the project ships: ``python -m tools.sample configs/market``.

The shapes are invented, by hand and a seed, to look like a winter and a summer week at a West Texas
hub: windy nights below zero, a cold front with a scarcity morning, solar noons, evening ramps, and the
load of a grid around it in summer. No number is taken from any market, so that the files carry
nobody's licence. The same seed writes the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.arrays import F

ZONE = "America/Chicago"
DAYS = 8
WINTER_START, SUMMER_START = "2026-02-09", "2026-08-03"
LOAD_DAYS_BEFORE = 28  # what the level of a grid's load is taken from
_SEED = 20260211
_QUARTERS_PER_HOUR = 4

README = """# Sample series

Made by `python -m tools.sample configs/market` from a fixed seed. The shapes are invented to
look like a winter and a summer week at a West Texas hub, and a cold week in Norway; no number comes from
a real market. Do not edit the files: change `tools/sample.py` and run it again. A test compares the files with what it
writes.

| file | what | unit |
|---|---|---|
| `winter_day_ahead.csv`, `summer_day_ahead.csv` | hourly day-ahead price | USD/MWh |
| `winter_real_time.csv`, `summer_real_time.csv` | 15-minute real-time price | USD/MWh |
| `winter_temperature.csv`, `summer_temperature.csv` | hourly outdoor temperature | degrees Celsius |
| `summer_load_forecast.csv` | hourly load of the whole grid as it was forecast | MW |
| `summer_load.csv` | the same as it came, with the four weeks before | MW |
| `norway_day_ahead.xml` | hourly day-ahead price of a Norwegian zone, in the form of ENTSO-E's A44 | EUR/MWh |
| `norway_rates.csv` | euros as they are quoted day by day | NOK per EUR |

Winter: 2026-02-09 to 2026-02-16, a cold front in the second half and a scarcity morning on 12 February.
Summer: 2026-08-03 to 2026-08-10, cheap solar noons, two scarce evenings, and the highest load of the month so
far on the afternoons before them. Times are interval starts with offset.

Series of your own need no particular columns. Where a file can be read in two ways, `curtail` asks, and the
farm file answers beside `file`: `date_order: month_first` or `day_first` for 02/11/2026, `decimal: point` or
`comma` for 3,148, `timezone` for times without an offset, `location` and `market` where there are several.
`curtail schema farm` lists every key.
"""


def _hump(hour: F, centre: float, width: float) -> F:
    """A bell of height 1 over hours, shape of ``hour``."""
    return np.exp(-0.5 * ((hour - centre) / width) ** 2)


def _wander(random: np.random.Generator, n: int, memory: float, size: float) -> F:
    """Noise that remembers: each value is ``memory`` of the last one and something new; shape (n,)."""
    noise = np.empty(n)
    level = 0.0
    for position, shock in enumerate(random.standard_normal(n)):
        level = memory * level + size * np.sqrt(1 - memory**2) * shock
        noise[position] = level
    return noise


def _hour_since_start(n_hours: int) -> F:
    return np.arange(n_hours, dtype=np.float64)


def _winter(random: np.random.Generator) -> tuple[F, F, F]:
    """Hourly day-ahead price, hourly temperature, and the 15-minute real-time price on top."""
    hour = _hour_since_start(24 * DAYS)
    of_day, day = hour % 24, hour // 24
    # 1 during the cold front: it arrives on the evening of the 11th, hardest on the 12th to 15th
    front = 1 / (1 + np.exp(-(hour - 64) / 4)) * (1 - 0.6 / (1 + np.exp(-(hour - 156) / 6)))
    temperature = 9.0 + 6.5 * np.cos(2 * np.pi * (of_day - 15) / 24) - 14.5 * front
    temperature += _wander(random, len(hour), 0.9, 0.8)
    price = 25.0 + 14.0 * _hump(of_day, 7.2, 1.3) + 20.0 * _hump(of_day, 19.0, 1.7) - 7.0 * _hump(of_day, 13, 3)
    price += front * (13.0 + 24.0 * _hump(of_day, 7.0, 1.5) + 26.0 * _hump(of_day, 18.8, 1.8))
    # windy nights before and after the front
    for night, depth in ((0, 24.0), (1, 40.0), (2, 33.0), (6, 30.0), (7, 47.0)):
        price -= depth * _hump(hour, 24 * night + 3.0, 1.9)
    price += np.select([(day == 3) & (of_day == h) for h in (6, 7, 8)], [330.0, 720.0, 410.0], 0.0)
    price += np.select([(day == 4) & (of_day == h) for h in (6, 7, 18)], [95.0, 160.0, 60.0], 0.0)
    price += _wander(random, len(hour), 0.75, 2.2)
    real = _real_time(random, price, spread=4.5)
    _spike(real, 3, 6.0, [420, 690, 980, 1400, 1730, 1985, 1910, 1450, 1120, 760, 540, 310])
    _spike(real, 1, 17.5, [145, 260, 190])
    _spike(real, 4, 18.25, [210, 345, 180])
    _spike(real, 5, 6.75, [155, 240, 205, 120])
    return price, temperature, real


def _summer(random: np.random.Generator) -> tuple[F, F, F]:
    """Hourly day-ahead price, hourly temperature, and the 15-minute real-time price on top."""
    hour = _hour_since_start(24 * DAYS)
    of_day, day = hour % 24, hour // 24
    heat = _heat(day)
    temperature = 30.0 + 7.6 * np.cos(2 * np.pi * (of_day - 16.5) / 24) + heat
    temperature += _wander(random, len(hour), 0.9, 0.3)
    price = 27.0 + 8.0 * _hump(of_day, 6.5, 1.2) + 62.0 * _hump(of_day, 19.6, 1.3) + heat * 3.0
    price -= 27.0 * _hump(of_day, 12.0, 2.4)
    price -= 14.0 * _hump(hour, 6 * 24 + 12.5, 1.6) + 18.0 * _hump(hour, 7 * 24 + 12.0, 1.6)
    price += np.select([np.isin(day, (3, 4)) & (of_day == h) for h in (18, 19, 20)], [140.0, 420.0, 230.0], 0.0)
    price += _wander(random, len(hour), 0.75, 2.0)
    real = _real_time(random, price, spread=5.0)
    _spike(real, 3, 18.5, [260, 610, 1050, 1480, 1390, 920, 700, 330])
    _spike(real, 4, 18.25, [340, 900, 1750, 2600, 2980, 2870, 2100, 1300, 860, 400])
    _spike(real, 1, 19.25, [180, 295, 160])
    return price, temperature, real


def _heat(day: F) -> F:
    """Degrees above an ordinary August day in the summer week, day 0 being its first; none before it."""
    return np.interp(day, [0, 2, 4, 7], [0.0, 2.5, 3.5, 0.5], left=0.0)


def _norway(random: np.random.Generator) -> tuple[str, str]:
    """A winter week of a hydro zone: prices as ENTSO-E publishes them, and the euro's rate of each working day."""
    hour = _hour_since_start(24 * DAYS)
    of_day, day = hour % 24, hour // 24
    price = 46.0 + 17.0 * _hump(of_day, 8.2, 1.6) + 21.0 * _hump(of_day, 17.8, 1.9) - 9.0 * _hump(of_day, 3.0, 2.5)
    price += 34.0 * _hump(day, 3.0, 1.2) + _wander(random, len(hour), 0.9, 3.0)
    first = pd.Timestamp(WINTER_START, tz="Europe/Oslo").tz_convert("UTC")
    points = "\n".join(
        f"        <Point><position>{i + 1}</position><price.amount>{value:.2f}</price.amount></Point>"
        for i, value in enumerate(price)
    )
    span = (first + pd.Timedelta(hours=at) for at in (0, len(price)))
    start, end = (f"{moment:%Y-%m-%dT%H:%MZ}" for moment in span)
    rates = 11.4 + np.cumsum(0.03 * random.standard_normal(DAYS + 3))
    days = pd.bdate_range("2026-02-05", periods=len(rates))
    rows = (f"{day:%Y-%m-%d},{rate:.4f}" for day, rate in zip(days, rates, strict=True))
    return _A44.format(start=start, end=end, points=points), "\n".join(["date,nok_per_eur", *rows]) + "\n"


_A44 = """<?xml version="1.0" encoding="UTF-8"?>
<!-- A sample that tools/sample.py invents, in the form of ENTSO-E's document A44. -->
<Publication_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3">
  <type>A44</type>
  <TimeSeries>
    <in_Domain.mRID codingScheme="A01">10YNO-2--------T</in_Domain.mRID>
    <out_Domain.mRID codingScheme="A01">10YNO-2--------T</out_Domain.mRID>
    <currency_Unit.name>EUR</currency_Unit.name>
    <price_Measure_Unit.name>MWH</price_Measure_Unit.name>
    <curveType>A03</curveType>
    <Period>
      <timeInterval><start>{start}</start><end>{end}</end></timeInterval>
      <resolution>PT60M</resolution>
{points}
    </Period>
  </TimeSeries>
</Publication_MarketDocument>
"""


def _summer_load(random: np.random.Generator) -> tuple[F, F]:
    """Hourly load of a grid, MW: of the weeks before the summer week and of it, and the forecast of the week alone."""
    hour = _hour_since_start(24 * (LOAD_DAYS_BEFORE + DAYS))
    of_day, day = hour % 24, hour // 24 - LOAD_DAYS_BEFORE
    top = 79_500.0 + 1_450.0 * _heat(day)
    top *= np.where(np.isin(day % 7, (5, 6)), 0.965, 1.0)  # the week begins on a Monday
    from_top = np.abs((of_day - 16.1 + 12) % 24 - 12)
    expected = top * (0.64 + 0.36 * np.exp(-0.5 * (from_top / 5.0) ** 3))
    load = expected * np.exp(_wander(random, len(hour), 0.97, 0.012))
    forecast = expected * np.exp(_wander(random, len(hour), 0.97, 0.004))
    return load, forecast[-24 * DAYS :]


def _real_time(random: np.random.Generator, day_ahead: F, spread: float) -> F:
    """A 15-minute price around the day-ahead one, shape (4 * n_hours,); scarcity seldom materialises."""
    calm = np.minimum(day_ahead, 110.0)
    hours = np.arange(len(calm))
    quarters = np.arange(len(calm) * _QUARTERS_PER_HOUR) / _QUARTERS_PER_HOUR
    real = np.interp(quarters, hours + 0.375, calm)
    return np.asarray(real - 1.5 + _wander(random, len(quarters), 0.85, spread))


def _spike(prices: F, day: int, hour: float, values: Iterable[float]) -> None:
    """Lays a scarcity spike over 15-minute prices that this module has just made."""
    first = round((24 * day + hour) * _QUARTERS_PER_HOUR)
    for position, value in enumerate(values, start=first):
        prices[position] = value


def _csv(start: str, minutes: int, column: str, values: F, digits: int) -> str:
    times = pd.date_range(start, periods=len(values), freq=f"{minutes}min", tz=ZONE)
    rows = (f"{time.isoformat()},{value:.{digits}f}" for time, value in zip(times, values, strict=True))
    return "\n".join([f"interval_start,{column}", *rows]).replace(",-0.00\n", ",0.00\n") + "\n"


def sample_files() -> Mapping[str, str]:
    """The text of every sample file by name.

    >>> print(sample_files()["winter_day_ahead.csv"].splitlines()[0])
    interval_start,price_usd_per_mwh
    """
    files: dict[str, str] = {"README.md": README}
    for season, start, make in (("winter", WINTER_START, _winter), ("summer", SUMMER_START, _summer)):
        day_ahead, temperature, real_time = make(np.random.default_rng([_SEED, len(files)]))
        files[f"{season}_day_ahead.csv"] = _csv(start, 60, "price_usd_per_mwh", day_ahead, 2)
        files[f"{season}_real_time.csv"] = _csv(start, 15, "price_usd_per_mwh", real_time, 2)
        files[f"{season}_temperature.csv"] = _csv(start, 60, "temperature_c", temperature, 1)
    load, forecast = _summer_load(np.random.default_rng([_SEED, len(files)]))
    before = pd.Timestamp(SUMMER_START) - pd.Timedelta(days=LOAD_DAYS_BEFORE)
    files["summer_load.csv"] = _csv(f"{before:%Y-%m-%d}", 60, "load_mw", load, 0)
    files["summer_load_forecast.csv"] = _csv(SUMMER_START, 60, "load_mw", forecast, 0)
    files["norway_day_ahead.xml"], files["norway_rates.csv"] = _norway(np.random.default_rng([_SEED, len(files)]))
    return files


def main(arguments: list[str]) -> int:
    """Writes the sample files into a folder."""
    if len(arguments) != 1:
        print("usage: python -m tools.sample FOLDER", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in sample_files().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
