"""Calibration on real ERCOT load: fitted on 2019-2021, scored on the summer of 2023, which no parameter has seen."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from optimizer.peaks.model import ercot_model
from optimizer.peaks.rule import ERCOT_4CP, true_peaks
from tools.peaks_fit import FIT_YEARS, fit_ercot, read_ercot_forecast, read_ercot_load
from tools.peaks_score import (
    MARGIN_USD_PER_MWH,
    RATE_USD_PER_KW_YEAR,
    Judged,
    base_rate,
    judge,
    main,
)

FOLDER = os.environ.get("CURTAIL_REAL_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="CURTAIL_REAL_DATA names no folder of real files")
REAL = Path(FOLDER or ".")
BREAK_EVEN = MARGIN_USD_PER_MWH / (RATE_USD_PER_KW_YEAR * 1_000 / ERCOT_4CP.intervals_per_year)


@pytest.fixture(scope="module")
def load() -> pd.Series:
    return read_ercot_load(REAL)


@pytest.fixture(scope="module")
def summer(load: pd.Series) -> Judged:
    return judge(load, read_ercot_forecast(REAL), 2023, ercot_model(), base_rate(load, FIT_YEARS))


def test_the_shipped_model_is_the_fit() -> None:
    assert fit_ercot(REAL) == ercot_model()


def test_the_peaks_of_2023(load: pd.Series, summer: Judged) -> None:
    hours = [
        time.strftime("%m-%d %H") for time in true_peaks(load[pd.DatetimeIndex(load.index).year == 2023], ERCOT_4CP)
    ]
    assert hours == ["06-27 17", "07-31 16", "08-10 17", "09-08 16"]
    assert summer.is_peak.sum() == 4
    assert len(summer.is_peak) == 122 * 24


def test_the_probabilities_beat_the_base_rate(summer: Judged) -> None:
    brier, base = summer.brier()
    assert brier < 0.97 * base
    loss, base_loss = summer.log_loss()
    assert loss < 0.7 * base_loss


def test_every_hour_that_pays_catches_all_four(summer: Judged) -> None:
    """Stopping wherever the probability pays for the lost hour: a fifth of the hours of stopping every afternoon."""
    hours, caught = summer.policy(BREAK_EVEN)
    assert caught == 4
    assert hours < 120


def test_peaks_are_expected_about_as_often_as_they_come(summer: Judged) -> None:
    assert 2.5 < summer.probability.sum() < 5.5


def test_the_command_prints_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    main([str(REAL), "--rate", "100", "--load-only"])
    printed = capsys.readouterr().out
    assert "### 2023, fitted on 2019, 2020, 2021, the load alone" in printed
    assert "| never | 0 | 0 | 4 | - | 0 | 100,000 | 100,000 |" in printed
