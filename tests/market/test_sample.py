"""The sample series are what the generator writes, and look like what they are named for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.config.base import SeriesFile
from optimizer.config.load import load_farm
from optimizer.market.grid import grid_of
from optimizer.market.series import read_series
from optimizer.mechanisms.tags.market import estimated
from optimizer.peaks.fit import daily_peaks
from tests.market.farms import ZONE
from tools.sample import main, sample_files

SHIPPED = Path(__file__).parents[2] / "configs" / "market"


def shipped(name: str) -> pd.Series:
    series = read_series(SHIPPED / f"{name}.csv", SeriesFile(file=name), ZONE)
    return pd.Series(series.values, series.starts.tz_convert(ZONE))


def test_the_shipped_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 0
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(written) == 11
    for name, content in written.items():
        assert (SHIPPED / name).read_bytes() == content, name


def test_the_generator_is_the_same_twice_and_needs_a_folder() -> None:
    assert sample_files() == sample_files()
    assert main([]) == 2


@pytest.mark.parametrize(
    ("season", "first", "last"),
    [("winter", "2026-02-09", "2026-02-17"), ("summer", "2026-08-03", "2026-08-11")],
)
def test_they_cover_eight_days(season: str, first: str, last: str) -> None:
    for kind, step in (("day_ahead", "h"), ("real_time", "15min"), ("temperature", "h")):
        expected = pd.date_range(first, last, freq=step, tz=ZONE, inclusive="left")
        assert (shipped(f"{season}_{kind}").index == expected).all()


@pytest.mark.parametrize("season", ["winter", "summer"])
def test_real_time_follows_day_ahead_but_is_not_it(season: str) -> None:
    day_ahead, real_time = shipped(f"{season}_day_ahead"), shipped(f"{season}_real_time")
    hourly = real_time.groupby(np.arange(len(real_time)) // 4).mean().to_numpy()
    ordinary = day_ahead.to_numpy() < 100
    assert np.corrcoef(hourly[ordinary], day_ahead.to_numpy()[ordinary])[0, 1] > 0.4
    assert np.abs(hourly - day_ahead.to_numpy()).mean() > 1
    unforeseen = (real_time.to_numpy() > 140) & (np.repeat(day_ahead.to_numpy(), 4) < 100)
    assert unforeseen.sum() >= 3


def test_winter_has_a_front_negative_nights_and_a_scarcity_morning() -> None:
    price, temperature = shipped("winter_real_time"), shipped("winter_temperature")
    scarce = price[price > 300].index
    assert price.max() == pytest.approx(2000, abs=100)
    assert (
        (scarce.normalize() == pd.Timestamp("2026-02-12", tz=ZONE)) & (scarce.hour >= 6) & (scarce.hour < 9)
    ).sum() > 8
    assert price.min() < 0
    assert temperature.min() < -11
    assert 15 < shipped("winter_day_ahead").median() < 45
    for strike in (44.0, 60.0):  # an S19j Pro and an S19 XP are decided by the hour
        share = (shipped("winter_day_ahead") > strike).mean()
        assert 0.05 < share < 0.5


def test_summer_has_cheap_noons_two_scarce_evenings_and_heat() -> None:
    price, temperature = shipped("summer_real_time"), shipped("summer_temperature")
    noon = shipped("summer_day_ahead")
    assert noon[noon.index.hour == 12].median() < 12
    assert noon.min() < 0
    evenings = price[price >= 1000].index
    assert set(evenings.normalize().strftime("%m-%d")) == {"08-06", "08-07"}
    assert evenings.hour.min() >= 18
    assert evenings.hour.max() <= 21
    assert 40.5 <= temperature.max() <= 42


def test_the_summer_load_rises_to_its_highest_after_four_weeks_of_history() -> None:
    load, forecast = shipped("summer_load"), shipped("summer_load_forecast")
    assert (load.index == pd.date_range("2026-07-06", "2026-08-11", freq="h", tz=ZONE, inclusive="left")).all()
    assert (forecast.index == pd.date_range("2026-08-03", "2026-08-11", freq="h", tz=ZONE, inclusive="left")).all()
    peaks = pd.Series(daily_peaks(load))
    assert [f"{day:%m-%d}" for day in peaks.nlargest(2).index] == ["08-07", "08-06"]
    assert 72_000 < peaks.min() < peaks.max() < 88_000
    assert pd.DatetimeIndex(load.groupby(load.index.date).idxmax()).hour.isin(range(13, 20)).all()
    error = np.log(load[forecast.index] / forecast)
    assert 0.002 < error.std() < 0.03


def test_the_summer_afternoons_may_be_the_months_peak_and_the_scarce_evenings_not() -> None:
    farm = load_farm(SHIPPED.parent / "west_texas_summer.yaml")
    (peak,) = farm.energy.coincident_peaks
    grid = grid_of(farm)
    chance, fills = estimated(farm, SHIPPED.parent, grid, peak)
    assert fills == ()
    assert 0.2 < chance.sum() < 0.8
    by_hour = pd.Series(chance, grid.local_starts)
    assert set(by_hour[by_hour > 0.0022].index.hour) <= set(range(13, 20))
    assert by_hour[by_hour.index.hour == 16].min() > 0.02
    scarce = shipped("summer_day_ahead")[grid.local_starts] > 200
    assert scarce.sum() >= 4
    assert chance[scarce.to_numpy()].sum() < chance.sum() / 5
