"""What probabilities are worth: a summer by hand, and summers that might have been."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from optimizer.peaks.fit import whole_days
from optimizer.peaks.model import ercot_model
from tests.peaks.test_issued import FORECAST, LOAD, ZONE
from tools.peaks_summers import HOURS, Summer, Worth, simulated
from tools.peaks_worth import run

DAYS = 122
N = HOURS * DAYS
WORTH = Worth(np.full((1, N), 10.0), np.full((1, N), 5.0), np.ones(1))
SUMMER = Summer(LOAD, FORECAST, WORTH, ercot_model())


def ahead(chances: dict[int, float]) -> np.ndarray:
    """Of every hour the probabilities of the rest of its day, when each is known from its midnight on."""
    told = np.zeros((N, HOURS))
    for hour, chance in chances.items():
        for k in range(hour % HOURS + 1):
            told[hour - k, k] = chance
    return told


def test_a_summer_by_hand() -> None:
    """10 USD an hour, 5 a start, 1,000 a peak: four hours off, or four peaks paid; a wrong alarm is an hour more."""
    peaks = np.flatnonzero(SUMMER.is_peak).tolist()
    assert len(peaks) == 4
    assert run(SUMMER, ahead(dict.fromkeys(peaks, 1.0)), 1_000.0).usd == pytest.approx(10 * N - 4 * 15)
    assert run(SUMMER, ahead({}), 1_000.0).usd == pytest.approx(10 * N - 4 * 1_000)
    wrong = run(SUMMER, ahead(dict.fromkeys([*peaks, 12], 0.02)), 1_000.0)
    assert (wrong.usd, wrong.stopped_hours, wrong.starts, wrong.missed) == (10 * N - 5 * 15, 5, 5, 0)
    assert wrong.expected == pytest.approx(0.1)
    assert run(SUMMER, ahead(dict.fromkeys(peaks, 0.014)), 1_000.0).missed == 4  # 14 USD of charge, 15 to be off


def test_a_simulated_summer_is_made_of_that_summers_days() -> None:
    """Its days have a day's shape, its forecast that day's errors, and what came before June is as it was."""
    one = simulated(SUMMER, np.random.default_rng(3))
    june = pd.Timestamp("2023-06-01", tz=ZONE)
    assert one.load_mw[one.load_mw.index < june].equals(LOAD[LOAD.index < june])
    days, loads, forecasts = SUMMER.days, whole_days(LOAD), whole_days(FORECAST)
    there = {tuple(np.round(loads[day] / loads[day].max(), 9)): day for day in days}
    made, told = whole_days(one.load_mw), whole_days(one.forecast_mw)
    taken = [there[tuple(np.round(made[day] / made[day].max(), 9))] for day in days]
    for day, source in zip(days, taken, strict=True):
        assert abs((source - day).days) in (0, 7, 14, 21)
        assert made[day] / told[day] == pytest.approx(loads[source] / forecasts[source])
    assert len(set(taken)) < len(days)
    assert sum((b - a).days != 1 for a, b in pairwise(taken)) <= DAYS // 7 + 1
    assert one.is_peak.sum() == 4
    assert days[0] == date(2023, 6, 1)
