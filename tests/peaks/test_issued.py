"""Probabilities as they are issued: what is looked at, what they add up to, and what a forecast changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from optimizer.peaks.issued import ISSUES, Issuer
from optimizer.peaks.model import ercot_model
from optimizer.peaks.rule import ERCOT_4CP, PJM_5CP, PeakRule

ZONE = "America/Chicago"


def made_up(seed: int = 0, first: str = "2023-03-01", end: str = "2023-10-01") -> tuple[pd.Series, pd.Series]:
    """A load with weather, and what was published of it: its days err by 2 %."""
    times = pd.date_range(first, end, freq="h", tz=ZONE, inclusive="left")
    random = np.random.default_rng(seed)
    day = np.unique(times.date, return_inverse=True)[1]
    n = day[-1] + 1
    weather = np.zeros(n)
    for i in range(1, n):
        weather[i] = 0.6 * weather[i - 1] + 0.04 * random.standard_normal()
    season = 0.15 * np.sin((np.arange(n) - 40) / n * np.pi)
    wave = 0.15 * np.cos((np.asarray(times.hour) - 17) / 24 * 2 * np.pi)
    load = 70_000 * np.exp(wave + (weather + season)[day] + 0.004 * random.standard_normal(len(times)))
    error = 0.02 * random.standard_normal(n)[day]
    return pd.Series(load, times), pd.Series(load * np.exp(error + 0.004 * random.standard_normal(len(times))), times)


LOAD, FORECAST = made_up()
ISSUER = Issuer(LOAD, ERCOT_4CP, ercot_model(), FORECAST, published=13.5, draws=500)


@pytest.mark.parametrize("issuer", [ISSUER, replace(ISSUER, forecast_mw=None)], ids=["published", "load alone"])
@pytest.mark.parametrize("hour", [0, 9, 14, 20])
def test_nothing_ahead_is_looked_at(issuer: Issuer, hour: int) -> None:
    """Everything that comes or is published later changes, and what is issued stays to the bit."""
    day = date(2023, 7, 19)
    now = pd.Timestamp(f"{day} {hour:02}:00", tz=ZONE)
    out = pd.Timestamp(day, tz=ZONE) + pd.Timedelta(days=2 if hour >= 13.5 else 1)  # end of what is published by then
    load = LOAD.where(LOAD.index < now, LOAD[::-1].to_numpy() * 1.2)
    forecast = FORECAST.where(FORECAST.index < out, FORECAST[::-1].to_numpy() * 0.8)
    changed = replace(issuer, load_mw=load, forecast_mw=None if issuer.forecast_mw is None else forecast)
    assert (changed.at(day, hour)[1] == issuer.at(day, hour)[1]).all()
    cut = replace(issuer, load_mw=LOAD[LOAD.index < now])
    assert (cut.at(day, hour)[1] == issuer.at(day, hour)[1]).all()


def test_tomorrows_forecast_counts_from_its_publication_on() -> None:
    """Far higher tomorrow, today is the peak no more: from 14:00, or from 10:00 where it is out at 9:30."""
    day = max(pd.unique(LOAD["2023-07"].index.date), key=lambda one: LOAD[str(one)].max())
    hot = FORECAST.where(FORECAST.index < pd.Timestamp(str(day), tz=ZONE) + pd.Timedelta(days=1), FORECAST * 1.3)
    known = replace(ISSUER, forecast_mw=hot)
    for published, hour, told in ((13.5, 10, False), (13.5, 14, True), (9.5, 10, True)):
        usual = replace(ISSUER, published=published).at(day, hour)[1][: 24 - hour].sum()
        hotter = replace(known, published=published).at(day, hour)[1][: 24 - hour].sum()
        assert usual > 0.1
        assert (hotter < usual / 10) if told else (hotter == usual)


def test_the_last_days_of_a_month_hold_what_is_left_of_its_peaks() -> None:
    """Two days far above all others are to come, and none after them: they hold the month's peak for sure."""
    hot = {
        name: series.where(series.index < pd.Timestamp("2023-09-29", tz=ZONE), series * 1.3)
        for name, series in (("load_mw", LOAD), ("forecast_mw", FORECAST))
    }
    assert replace(ISSUER, **hot).at(date(2023, 9, 29), 14)[1].sum() == pytest.approx(1.0)


@pytest.mark.parametrize("rule", [ERCOT_4CP, PJM_5CP])
def test_chances_are_shares_and_no_more_than_what_counts(rule: PeakRule) -> None:
    for hour in ISSUES[::3]:
        some = replace(ISSUER, rule=rule).at(date(2023, 9, 29), hour)[1]
        assert len(some) == 48 - hour
        assert ((some >= 0) & (some <= 1)).all()
        assert some.sum() <= rule.count + 1e-9


def test_the_end_of_a_month_is_told_apart_from_the_next() -> None:
    """31 July at 9:00: today can only be July's peak, tomorrow August's."""
    times, chance = ISSUER.at(date(2023, 7, 31), 9)
    today = np.asarray(times.month) == 7
    assert chance[today].sum() <= 1.0
    assert 0.0 < chance[~today].sum() < 0.5


def test_where_nothing_is_published_the_load_says_it_alone() -> None:
    """A gap of a day, of an hour of it, or no file: the same."""
    day = date(2023, 7, 19)
    alone = replace(ISSUER, forecast_mw=None).at(day, 12)[1]
    gone = FORECAST[FORECAST.index < pd.Timestamp(f"{day}", tz=ZONE)]
    assert (replace(ISSUER, forecast_mw=gone).at(day, 12)[1] == alone).all()
    hole = FORECAST.drop(pd.Timestamp(f"{day} 16:00", tz=ZONE))
    assert (replace(ISSUER, forecast_mw=hole).at(day, 12)[1] == alone).all()
    assert (ISSUER.at(day, 12)[1] != alone).any()
