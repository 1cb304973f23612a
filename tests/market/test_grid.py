"""The intervals of a plan: lengths, local days, both strange days of the clock."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from optimizer.config.horizon import Horizon, Step
from optimizer.errors import InputError
from optimizer.market.grid import Grid, grid_of
from tests.market.farms import farm


def test_fine_steps_first_and_the_rest_coarser() -> None:
    horizon = Horizon(hours=6.0, intervals=(Step(minutes=15, hours=2.0), Step(minutes=60)))
    grid = grid_of(farm(horizon=horizon), datetime(2026, 2, 11, 6))
    assert grid.hours.tolist() == [0.25] * 8 + [1.0] * 4
    assert grid.starts[0] == pd.Timestamp("2026-02-11T12:00Z")
    assert grid.starts[8] == pd.Timestamp("2026-02-11T14:00Z")
    assert grid.end == pd.Timestamp("2026-02-11T18:00Z")
    assert (grid.starts[1:] == grid.ends[:-1]).all()
    assert len(grid) == 12


def test_hours_given_cut_the_steps() -> None:
    horizon = Horizon(hours=6.0, intervals=(Step(minutes=15, hours=2.0), Step(minutes=60)))
    assert grid_of(farm(horizon=horizon), datetime(2026, 2, 11, 6), 1.5).hours.tolist() == [0.25] * 6


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-02-11", 24)])
def test_a_local_day_has_as_many_hours_as_the_clock_shows(day: str, hours: int) -> None:
    grid = grid_of(farm(), datetime.fromisoformat(day), 48)
    assert (grid.day_of_interval == 0).sum() == hours
    assert grid.days[0] == day
    assert grid.day_of_interval.max() + 1 == len(grid.days)


@pytest.mark.parametrize(("zone", "day"), [("Africa/Cairo", "2026-04-24"), ("America/Havana", "2026-03-08")])
def test_a_day_that_begins_at_one(zone: str, day: str) -> None:
    grid = grid_of(farm(timezone=zone), pd.Timestamp(day).to_pydatetime() - pd.Timedelta(hours=2), 48)
    assert np.bincount(grid.day_of_interval).tolist() == [2, 23, 23]
    assert grid.days[1] == day


def test_a_midnight_that_comes_twice_is_one_day() -> None:
    grid = grid_of(farm(timezone="America/Havana"), datetime(2026, 10, 31, 22), 48)
    assert np.bincount(grid.day_of_interval).tolist() == [2, 25, 21]
    assert grid.days == ("2026-10-31", "2026-11-01", "2026-11-02")


@pytest.mark.parametrize(("hours", "minutes"), [(0.083333, 5), (0.0833, 5), (0.3333, 20), (1.99999, 120)])
def test_rounded_hours_are_the_minutes_meant(hours: float, minutes: int) -> None:
    grid = grid_of(farm(horizon=Horizon(intervals=(Step(minutes=5),))), datetime(2026, 2, 11), hours)
    assert grid.end - grid.starts[0] == pd.Timedelta(minutes=minutes)


def test_five_minutes_add_up_exactly_over_a_year() -> None:
    horizon = Horizon(hours=8760.0, intervals=(Step(minutes=5),))
    grid = grid_of(farm(horizon=horizon), datetime(2026, 1, 1))
    assert len(grid) == 8760 * 12
    assert grid.end == grid.starts[0] + pd.Timedelta(hours=8760)


def test_a_start_with_an_offset_is_taken_at_its_word() -> None:
    assert grid_of(farm(), datetime.fromisoformat("2026-11-01T01:30-06:00"), 1).starts[0] == pd.Timestamp(
        "2026-11-01T07:30Z"
    )


@pytest.mark.parametrize(
    ("start", "hours", "words"),
    [
        (None, None, "--start"),
        (datetime(2026, 3, 8, 2, 30), 1, "2026-03-08 02:30"),
        (datetime(2026, 11, 1, 1, 30), 1, "twice"),
        (datetime(2026, 2, 11), 1.1, "60-minute"),
        (datetime(2026, 2, 11), 0, "longer than 0"),
        (datetime(2026, 2, 11), 1e-4, "longer than 0.0001"),
        (datetime(2026, 2, 11), -5, "longer than -5"),
        (datetime(2026, 2, 11), float("nan"), "number of hours"),
        (datetime(2026, 2, 11), 1e6, "366"),
        (datetime(2026, 2, 11), 1 / 7, "whole number of minutes"),
        (datetime(9999, 12, 31, 20), 48, "9999"),
        (datetime(2200, 1, 1), 1, "the year is out of range"),
    ],
)
def test_what_cannot_be_a_grid_is_told_in_words(start: datetime | None, hours: float, words: str) -> None:
    with pytest.raises(InputError, match=words):
        grid_of(farm(), start, hours)


def test_steps_that_fall_short_of_the_horizon() -> None:
    horizon = Horizon(hours=48.0, intervals=(Step(minutes=15, hours=2.0), Step(minutes=60, hours=24.0)))
    with pytest.raises(InputError, match="cover 26 of 48 hours"):
        grid_of(farm(horizon=horizon), datetime(2026, 2, 11))


def test_ends_of_mixed_lengths() -> None:
    starts = pd.DatetimeIndex(["2026-01-01T00:00Z", "2026-01-01T00:05Z"])
    grid = Grid(starts, np.array([5 / 60, 1.0]), "UTC")
    assert grid.ends.tolist() == [pd.Timestamp("2026-01-01T00:05Z"), pd.Timestamp("2026-01-01T01:05Z")]


@pytest.mark.parametrize("timezone", ["America/Chicago", "UTC", "Asia/Kolkata"])
@pytest.mark.parametrize("firsts", [[0, 1, 2, 3], [0, 4, 8, 100], [1], [3, 150], []])
def test_what_a_grid_hands_on_to_its_parts_is_what_they_would_find(timezone: str, firsts: list[int]) -> None:
    """Quarter hours over the end of summer time and into a new year, cut and made longer."""
    for begin in ("2026-10-31 20:00", "2026-12-31 02:00"):
        starts = pd.date_range(begin, periods=200, freq="15min", tz=timezone).tz_convert("UTC").as_unit("us")
        whole = Grid(starts, np.full(200, 0.25), timezone)
        merged = whole.merged(np.array(firsts, dtype=np.int64), 180)
        fresh = Grid(merged.starts, merged.hours, timezone)
        assert merged.hours.tolist() == [0.25 * n for n in np.diff([*firsts, 180])]
        assert merged.starts.equals(starts[firsts])
        assert merged.ends.equals(fresh.ends)
        assert merged.days == fresh.days
        assert merged.day_of_interval.tolist() == fresh.day_of_interval.tolist()
        assert merged.years.tolist() == fresh.local_starts.year.tolist()
        if firsts:
            last = fresh.end.tz_convert(timezone).date()
            assert merged.last_day_goes_on == (last == fresh.local_starts[-1].date())


def test_an_interval_that_ends_at_midnight_ends_its_day() -> None:
    starts = (
        pd.date_range("2026-02-11 22:00", periods=3, freq="h", tz="America/Chicago").tz_convert("UTC").as_unit("us")
    )
    grid = Grid(starts, np.ones(3), "America/Chicago")
    assert [grid.part(0, stop).last_day_goes_on for stop in (1, 2, 3)] == [True, False, True]
