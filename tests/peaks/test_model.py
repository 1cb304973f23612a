"""The model of daily peaks and its fit on a load that is known."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.errors import InputError
from optimizer.peaks.fit import daily_peaks, fit
from optimizer.peaks.model import PeakModel, damped_persistence, ercot_model
from tools.peaks_fit import read_ercot_load

ZONE = "America/Chicago"


def history(years: int = 2, memory: float = 0.6, spread: float = 0.05, seed: int = 1) -> pd.Series:
    """Hourly load that peaks at 17:00, higher in July, with anomalies that fade by ``memory`` a day."""
    times = pd.date_range("2020-01-01", f"{2020 + years}-01-01", freq="h", tz=ZONE, inclusive="left")
    random = np.random.default_rng(seed)
    n_days = 366 * years + 2
    anomaly = np.zeros(n_days)
    for day in range(1, n_days):
        anomaly[day] = memory * anomaly[day - 1] + np.sqrt(1 - memory**2) * random.standard_normal()
    day_number = np.asarray((times.tz_localize(None).normalize() - pd.Timestamp("2020-01-01")).days)
    season = 0.2 * np.cos((times.day_of_year.to_numpy() - 197) / 365 * 2 * np.pi)
    shape = 0.8 + 0.2 * np.cos((times.hour.to_numpy() - 17) / 24 * 2 * np.pi)
    return pd.Series(50_000 * np.exp(season + spread * anomaly[day_number]) * shape, times)


def test_the_fit_finds_what_the_load_was_made_of() -> None:
    model = fit(history(), source="made up")
    assert max(range(12), key=lambda month: model.season[month]) == 6
    assert model.season[6] - model.season[0] == pytest.approx(0.4, abs=0.06)
    assert 0.4 < model.day_memory < 0.6  # the mean of the weeks around takes a part of the memory, and keeps it
    assert 0.03 < model.spread(7) < 0.07
    assert all(row[17] == 1.0 for row in model.hour_shares)
    day_ahead = 0.05 * np.sqrt(1 - 0.6**2)
    assert model.persistence.share([17.0])[0] == pytest.approx(day_ahead, rel=0.35)
    assert model.persistence.far_share == pytest.approx(0.05, rel=0.35)


def test_the_outlook_is_right_about_the_month_it_does_not_see() -> None:
    """Highest of the next 30 days: the drawn distribution holds the truth about as often as it says."""
    load = history(years=3, seed=5)
    model, peaks = fit(load, source="made up"), daily_peaks(load)
    ranks = []
    for first in pd.date_range("2020-03-01", "2022-11-01", freq="MS"):
        days = [first.date() + timedelta(days=n) for n in range(28)]
        noise = np.random.default_rng(0).standard_normal((29, 1_000))
        drawn = model.outlook(peaks, days[0]).draw(days, noise).max(axis=0)
        ranks.append(float(np.mean(drawn < np.log(max(peaks[day] for day in days)))))
    assert 0.35 < np.mean(ranks) < 0.65
    assert 0.55 < np.mean([0.1 < rank < 0.9 for rank in ranks]) <= 1.0


def test_growth_is_in_the_level() -> None:
    load = history()
    first = date(2021, 7, 1)
    small, large = (fit(load, source="x").outlook(daily_peaks(load * k), first) for k in (1.0, 1.5))
    assert large.centre(first) - small.centre(first) == pytest.approx(np.log(1.5))


def test_an_outlook_looks_back_only() -> None:
    peaks = daily_peaks(history())
    first = date(2021, 7, 1)
    known = ercot_model().outlook(peaks, first)
    changed = {day: mw * (10 if day >= first else 1) for day, mw in peaks.items()}
    assert ercot_model().outlook(changed, first) == known


def test_an_outlook_needs_a_week() -> None:
    with pytest.raises(InputError, match=r"at least 7 of the 28 days before 2021-07-01 \(got 3\)"):
        ercot_model().outlook({date(2021, 6, day): 70_000.0 for day in (27, 28, 29)}, date(2021, 7, 1))


def test_bent_errors_are_straight_again() -> None:
    outlook = ercot_model().outlook({date(2023, 7, day): 80_000.0 for day in range(4, 32)}, date(2023, 8, 1))
    day = date(2023, 8, 5)
    forecast = 78_000 * (0.8 + 0.2 * np.cos((np.arange(24) - 17) / 24 * 2 * np.pi))
    error = 0.03
    bent = outlook.bent(day, float(np.log(78_000)), np.log(np.array([78_000.0])) + error)
    actual = forecast * np.exp(bent[0] - np.log(78_000))
    assert outlook.straight(day, forecast, actual)[17] == pytest.approx(error)
    ups, downs = (outlook.bent(day, float(np.log(86_000)), np.log([86_000.0]) + e)[0] for e in (0.05, -0.05))
    assert ups - np.log(86_000) < np.log(86_000) - downs  # a hot day has more room below than above


def test_persistence_fades_to_the_season() -> None:
    outlook = ercot_model().outlook({date(2023, 7, day): 80_000.0 for day in range(4, 32)}, date(2023, 8, 1))
    week = np.tile(80_000 * (0.8 + 0.2 * np.cos((np.arange(24) - 17) / 24 * 2 * np.pi)), (7, 1))
    week[-1] *= 1.08
    heights = [damped_persistence(week, date(2023, 7, 31), ahead, outlook).max() for ahead in (1, 2, 3, 30)]
    assert week[-1].max() > heights[0] > heights[1] > heights[2]
    assert damped_persistence(week, date(2023, 7, 31), 1, outlook).argmax() == 17


def test_a_model_survives_json() -> None:
    model = fit(history(years=1), source="made up")
    assert PeakModel.from_json(model.to_json()) == model
    assert json.loads(ercot_model().to_json())["source"] == "fitted on ERCOT native load, hourly, 2019-2021"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("day_memory", 1.0, "day_memory"),
        ("day_memory", "hot", "day_memory"),
        ("season", [0.0] * 11, "season"),
        ("quantiles", [[0.0] * 9] * 12, "quantiles"),
        ("quantiles", [[0.0, 1.0]] * 11 + [[0.0]], "one length"),
        ("level_shares", [2.0] * 12, "level_shares"),
        ("hour_shares", [[1.0] * 24] * 12, "hour_shares"),
        ("persistence", {"near_share": -1, "far_share": 0, "growth_hours": 1, "memory_hours": 1}, "between 0 and 1"),
        ("persistence", {"near_share": 0, "far_share": 0, "growth_hours": 0, "memory_hours": 1}, "positive"),
    ],
)
def test_a_broken_model_is_refused(key: str, value: object, message: str) -> None:
    told = json.loads(ercot_model().to_json()) | {key: value}
    with pytest.raises(InputError, match=message):
        PeakModel.from_json(json.dumps(told), "model.json")


def test_json_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match=r"^model.json: is not a peak model"):
        PeakModel.from_json("{", "model.json")


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (history(years=1).iloc[: 24 * 200], "whole calendar year"),
        (history(years=1).tz_localize(None), "with a zone"),
        (history(years=1).iloc[::-1], "in order"),
        (history(years=1) * 0, "positive"),
    ],
)
def test_a_history_that_cannot_be_fitted_is_refused(load: pd.Series, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit(load, source="x")


def test_a_missing_file_is_named(tmp_path: Any) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_ercot_load(tmp_path)
