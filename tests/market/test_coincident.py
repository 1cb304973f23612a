"""Probabilities of coincident peaks from files: what is read, what is looked at, what is refused."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from optimizer.errors import InputError, MissingDataError
from optimizer.market.grid import Grid
from optimizer.market.timeseries import Fill
from optimizer.mechanisms.tags.config import Chance, CoincidentPeak, rule_of
from optimizer.mechanisms.tags.market import by_chances, estimated
from optimizer.peaks.model import ercot_model
from optimizer.peaks.probability import peak_probability
from optimizer.peaks.rule import ERCOT_4CP
from tests.market.farms import ZONE, farm

RULE = {"months": (8,), "count": 1, "per": "month", "interval_minutes": 60, "source": "made up for a test"}


def wave(times: pd.DatetimeIndex, top_mw: float = 80_000.0) -> np.ndarray:
    """A daily wave with its top at 17:00, from the first of August on higher by one percent with every day."""
    hour = np.asarray(times.hour + times.minute / 60) + 0.5
    august = np.maximum(np.asarray(times.day_of_year) - date(2026, 7, 31).timetuple().tm_yday, 0)
    return top_mw * (1 + 0.01 * august) * (0.8 + 0.2 * np.cos((hour - 17.5) / 24 * 2 * np.pi))


def write(
    folder: Path, name: str, first: str, end: str, minutes: int = 60, top_mw: float = 80_000.0, **more: Any
) -> None:
    times = pd.date_range(first, end, freq=f"{minutes}min", tz=ZONE, inclusive="left")
    values = wave(times, top_mw)
    for moment, value in more.get("but", {}).items():
        values[times.get_loc(pd.Timestamp(moment, tz=ZONE))] = value
    kept = [time not in [pd.Timestamp(m, tz=ZONE) for m in more.get("without", ())] for time in times]
    rows = [f"{time.isoformat()},{value}" for time, value in zip(times[kept], values[kept], strict=True)]
    (folder / name).write_text("\n".join(["start,load_mw", *rows]) + "\n")


def grid(first: str, hours: list[float]) -> Grid:
    edges = pd.to_timedelta(np.concatenate([[0.0], np.cumsum(hours)[:-1]]), unit="h")
    return Grid((pd.Timestamp(first, tz=ZONE).tz_convert("UTC") + edges).as_unit("us"), np.array(hours), ZONE)


def peak(history: bool = True, rule: Any = "ercot_4cp", **more: Any) -> CoincidentPeak:
    files: dict[str, Any] = {"load_forecast_mw": {"file": "forecast.csv"}}
    if history:
        files["load_history_mw"] = {"file": "history.csv", **more.pop("read", {})}
    estimate = {**files, **more}
    return CoincidentPeak.model_validate({"name": "CP", "rule": rule, "usd_per_kw_year": 70, "estimate": estimate})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "forecast.csv", "2026-08-06", "2026-08-09")
    write(tmp_path, "history.csv", "2026-07-01", "2026-08-06")
    return tmp_path


def chance(folder: Path, on: Grid, **more: Any) -> np.ndarray:
    return estimated(farm(), folder, on, peak(**more))[0]


REAL = os.environ.get("CURTAIL_REAL_DATA")
DAY = grid("2026-08-06", [1.0] * 24)


def test_it_is_the_library_with_what_the_files_say(folder: Path) -> None:
    """The month's days so far are the rivals, the level comes from the last 28 days, the error is ERCOT's."""
    past = {day.date(): float(wave(pd.DatetimeIndex([f"{day:%Y-%m-%d} 17:00"]))[0])
            for day in pd.date_range("2026-07-01", "2026-08-05")}  # fmt: skip
    times = pd.date_range("2026-08-06", periods=72, freq="h", tz=ZONE)
    expected = peak_probability(
        wave(times),
        times,
        np.ones(72),
        rule=ERCOT_4CP,
        error=ercot_model().persistence,
        past_peaks_mw=past,
        outlook=ercot_model().outlook(past, date(2026, 8, 6)),
        seed=7,
    )
    found = chance(folder, grid("2026-08-06", [1.0] * 72), seed=7)
    assert found == pytest.approx(expected, abs=1e-12)
    assert found.argmax() == 48 + 17
    assert 0.05 < found.sum() < 1


def test_the_seed_is_the_farm_files(folder: Path) -> None:
    assert (chance(folder, DAY, seed=1) == chance(folder, DAY, seed=1)).all()
    assert (chance(folder, DAY, seed=1) != chance(folder, DAY, seed=2)).any()


def test_the_error_of_the_forecast_is_the_farm_files(folder: Path) -> None:
    """A forecast without error has one highest hour of the month; here the plan's, which nothing later may top."""
    sure = {"near_share": 0.0, "far_share": 0.0, "growth_hours": 24.0, "memory_hours": 48.0}
    write(folder, "history.csv", "2026-08-01", "2026-08-06")
    found = chance(folder, DAY, error=sure)
    assert np.flatnonzero(found).tolist() == [17]
    assert found[17] == pytest.approx(1.0)


def test_outside_the_months_nothing_is_read(tmp_path: Path) -> None:
    found, fills = estimated(farm(), tmp_path, grid("2026-02-11", [1.0] * 48), peak())
    assert found.tolist() == [0.0] * 48
    assert fills == ()


def test_hours_of_other_months_have_none(tmp_path: Path) -> None:
    write(tmp_path, "forecast.csv", "2026-07-31", "2026-08-02")
    found = chance(tmp_path, grid("2026-07-31", [1.0] * 48), history=False, rule=RULE)
    assert (found[:24] == 0).all()
    assert found[24:].sum() == pytest.approx(1.0)


def test_a_coarse_interval_holds_the_sum_of_its_hours(folder: Path) -> None:
    """The mean of a day would hide its peak: 24 hours as one interval hold what they hold one by one."""
    fine = chance(folder, grid("2026-08-06", [1.0] * 72))
    mixed = chance(folder, grid("2026-08-06", [0.25] * 4 + [1.0] * 23 + [24.0] + [6.0] * 4))
    assert mixed[:4].sum() == pytest.approx(fine[0], abs=1e-3)
    assert mixed[4:27] == pytest.approx(fine[1:24], abs=1e-12)
    assert mixed[27] == pytest.approx(fine[24:48].sum(), abs=1e-12)
    assert mixed[28:] == pytest.approx(fine[48:].reshape(4, 6).sum(axis=1), abs=1e-12)


def test_beyond_the_forecast_there_is_none_and_no_hour_is_half_known(folder: Path) -> None:
    write(folder, "forecast.csv", "2026-08-06", "2026-08-07 17:30", minutes=30)
    found = chance(folder, grid("2026-08-06", [1.0] * 72))
    assert (found[24 + 17 :] == 0).all()
    assert found[24 + 16] > 0


def test_a_higher_month_so_far_leaves_less(folder: Path) -> None:
    before = chance(folder, DAY, rule=RULE).sum()
    write(folder, "history.csv", "2026-07-01", "2026-08-06", but={"2026-08-03 17:00": 93_000.0})
    after = chance(folder, DAY, rule=RULE).sum()
    write(folder, "history.csv", "2026-07-01", "2026-08-06", but={"2026-07-30 17:00": 93_000.0})
    of_july = chance(folder, DAY, rule=RULE).sum()
    assert 0 < after < before / 2
    assert of_july > before / 2, "July's peak is no rival in August"


def test_a_season_looks_back_to_its_beginning(tmp_path: Path) -> None:
    """Five June days above all of August leave nothing to it; four leave one place."""
    season = {**RULE, "months": (6, 7, 8, 9), "count": 5, "per": "season"}
    write(tmp_path, "forecast.csv", "2026-08-06", "2026-08-07")
    for days, expected in ((5, 0.0), (4, 1.0)):
        high = {f"2026-06-{10 + day} 17:00": 200_000.0 for day in range(days)}
        write(tmp_path, "history.csv", "2026-06-01", "2026-08-06", but=high, top_mw=70_000.0)
        rule = {**season, "months": (6, 7, 8)}
        found = chance(tmp_path, DAY, rule=rule, error=dict.fromkeys(("near_share", "far_share"), 0.0) | {
            "growth_hours": 24.0, "memory_hours": 48.0})  # fmt: skip
        assert (found.sum() > 0) == bool(expected), days


def test_load_after_the_plans_beginning_is_not_looked_at(folder: Path) -> None:
    """A file of the past that goes on into the plan says no more than one that ends before it."""
    on = grid("2026-08-06 17:30", [1.0] * 24)
    write(folder, "history.csv", "2026-07-01", "2026-08-06 17:00")
    known = chance(folder, on)
    write(folder, "history.csv", "2026-07-01", "2026-08-12", but={"2026-08-06 17:00": 99_000.0})
    assert (chance(folder, on) == known).all()


def test_the_first_day_so_far_is_a_rival(folder: Path) -> None:
    on = grid("2026-08-06 18:00", [1.0] * 30)
    write(folder, "history.csv", "2026-07-01", "2026-08-06 18:00", but={"2026-08-06 16:00": 80_000.0})
    low = chance(folder, on, rule=RULE).sum()
    write(folder, "history.csv", "2026-07-01", "2026-08-06 18:00", but={"2026-08-06 16:00": 95_000.0})
    assert low > 0.02
    assert chance(folder, on, rule=RULE).sum() < low / 2


@pytest.mark.parametrize(("first", "later_days"), [("2026-07-30", True), ("2026-07-30 02:00", False)])
def test_seven_whole_days_tell_of_the_days_after_the_forecast(folder: Path, first: str, later_days: bool) -> None:
    """With fewer, no day after the forecast is taken to be higher: the month's peak is in the plan or in the past."""
    write(folder, "history.csv", first, "2026-08-06", top_mw=75_000.0)
    assert (chance(folder, grid("2026-08-06", [1.0] * 72)).sum() < 0.9) == later_days


def test_a_past_that_ends_weeks_before_the_plan_tells_of_the_season_alone(folder: Path) -> None:
    write(folder, "history.csv", "2026-06-01", "2026-06-28", but={"2026-06-10 17:00": 83_000.0})
    on, season = grid("2026-08-06", [1.0] * 72), {**RULE, "months": (6, 7, 8), "per": "season"}
    unbeaten = chance(folder, on, rule=season, history=False).sum()
    assert unbeaten == pytest.approx(1.0)
    assert 0 < chance(folder, on, rule=season).sum() < 0.99


def test_finer_load_is_averaged_to_the_rules_interval(folder: Path) -> None:
    """A spike of 15 minutes is no peak of a rule that counts hours."""
    for rule, counts in ((RULE, False), ({**RULE, "interval_minutes": 15}, True)):
        write(folder, "history.csv", "2026-07-01", "2026-08-06", minutes=15)
        plain = chance(folder, DAY, rule=rule).sum()
        write(folder, "history.csv", "2026-07-01", "2026-08-06", minutes=15, but={"2026-08-04 17:00": 97_000.0})
        assert (chance(folder, DAY, rule=rule).sum() < plain / 4) == counts


def test_gaps_are_refused_or_filled_and_told(folder: Path) -> None:
    write(folder, "history.csv", "2026-07-01", "2026-08-06", without=["2026-08-03 04:00"])
    with pytest.raises(InputError, match="gap of 1 interval"):
        chance(folder, DAY)
    fills = estimated(farm(), folder, DAY, peak(read={"fill_gaps": "linear"}))[1]
    assert [(fill.method, fill.count) for fill in fills] == [("linear", 1)]
    assert isinstance(fills[0], Fill)


def test_all_faults_of_both_files_are_told_at_once_with_their_places(folder: Path) -> None:
    write(folder, "forecast.csv", "2026-08-06", "2026-08-09", but={"2026-08-06 03:00": 0.0})
    write(folder, "history.csv", "2026-07-01", "2026-08-06", but={"2026-08-02 00:00": -5.0, "2026-08-02 01:00": 8e7})
    with pytest.raises(InputError) as raised:
        chance(folder, DAY)
    assert len(raised.value.faults) == 3
    assert "forecast.csv:5:27: must be above 0" in str(raised.value)
    assert "(got 8e+07 at 2026-08-02 01:00-05:00)" in str(raised.value)


@pytest.mark.parametrize(
    ("first", "end"), [("2026-08-01", "2026-08-06"), ("2026-08-06 01:00", "2026-08-09"), ("2026-09-01", "2026-09-03")]
)
def test_a_forecast_that_does_not_cover_the_beginning_is_missing_data(folder: Path, first: str, end: str) -> None:
    write(folder, "forecast.csv", first, end)
    with pytest.raises(MissingDataError, match=r"forecast\.csv: load_mw: covers .* the plan begins with 2026-08-06"):
        chance(folder, DAY)


@pytest.mark.parametrize(("first", "end"), [("2025-08-01", "2026-06-01"), ("2026-08-06", "2026-08-09")])
def test_a_past_that_is_too_old_or_not_past_is_missing_data(folder: Path, first: str, end: str) -> None:
    write(folder, "history.csv", first, end)
    with pytest.raises(MissingDataError, match=r"history\.csv: load_mw: covers .* 2026-07-09 .* to 2026-08-06"):
        chance(folder, DAY)


def test_load_in_another_unit_than_its_past_is_refused(folder: Path) -> None:
    write(folder, "forecast.csv", "2026-08-06", "2026-08-09", top_mw=80.0)
    with pytest.raises(InputError, match=r"forecast\.csv:1:1: load_mw: rises to 84.8, but .*give both in MW") as raised:
        chance(folder, DAY)
    assert len(raised.value.faults) == 1


def test_a_rule_is_a_preset_or_the_farms_own() -> None:
    assert rule_of(peak().rule) is ERCOT_4CP
    own = rule_of(peak(rule=RULE).rule)
    assert (own.months, own.intervals_per_year, own.distinct_days) == ((8,), 1, True)


@pytest.mark.skipif(not REAL, reason="CURTAIL_REAL_DATA names no folder of real files")
def test_the_real_august_of_2023() -> None:
    """ERCOT's load read from its own file as history and, known perfectly, as forecast.

    The month's peak came on 10 August, 17:00. Two days ahead the plan of that week finds it the likeliest hour; the
    same plan two weeks later, when it has to be beaten, holds less.
    """
    load = {
        "file": "ercot/native_load_hourly_2019_2020_2021_2023.csv.gz",
        "time_column": "interval_start_utc",
        "value_column": "ERCOT",
    }
    charge = CoincidentPeak.model_validate(
        {
            **{"name": "CP", "rule": "ercot_4cp", "usd_per_kw_year": 70},
            "estimate": {"load_forecast_mw": load, "load_history_mw": load},
        }
    )
    on = grid("2023-08-09", [1.0] * 48)
    found, _ = estimated(farm(), Path(REAL or "."), on, charge)
    assert str(on.local_starts[found.argmax()]) == "2023-08-10 17:00:00-05:00"
    assert found.max() > 0.02
    later, _ = estimated(farm(), Path(REAL or "."), grid("2023-08-28", [1.0] * 48), charge)
    assert later.sum() < found.sum() / 2


def test_chances_by_hand_are_spread_evenly_over_their_time() -> None:
    """Two hours from 15:30: a half of an hour's worth, an hour's, and a half again; the same in quarters."""
    begins = pd.Timestamp("2026-08-06 19:00Z")  # 14:00 in Chicago
    chances = (Chance(start="2026-08-06 15:30", end="2026-08-06 17:30", share=0.4),)
    for minutes, told in ((60, [0, 0.1, 0.2, 0.1, 0]), (15, [0] * 6 + [0.05] * 8 + [0] * 6)):
        n = len(told)
        starts = pd.date_range(begins, periods=n, freq=f"{minutes}min").as_unit("us")
        assert by_chances(chances, Grid(starts, np.full(n, minutes / 60), "America/Chicago")) == pytest.approx(told)
    with pytest.raises(ValidationError, match="must lie after start"):
        Chance(start="2026-08-06 15:30", end="2026-08-06 15:30", share=0.4)
