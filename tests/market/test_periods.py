"""Billing periods on the farm's clock, and the tail to the end of one."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.market.grid import Grid, grid_of
from optimizer.market.periods import billing_periods, with_tail
from tests.market.farms import farm

CHICAGO = "America/Chicago"


def hourly(start: str, hours: int, zone: str = CHICAGO) -> Grid:
    return Grid(
        pd.date_range(pd.Timestamp(start, tz=zone).tz_convert("UTC"), periods=hours, freq="h"), np.ones(hours), zone
    )


def test_a_period_begins_at_local_midnight_of_its_day() -> None:
    """From 27 February 22:00 on, with the 28th as billing day: two hours of one period, the rest of the next."""
    grid = hourly("2026-02-27 22:00", 5)
    before, after = billing_periods(grid, 28)
    assert (before.label, before.first, before.stop) == ("2026-01", 0, 2)
    assert (after.label, after.first, after.stop) == ("2026-02", 2, 5)
    assert before.begins == pd.Timestamp("2026-01-28 00:00", tz=CHICAGO)
    assert before.ends == after.begins == pd.Timestamp("2026-02-28 00:00", tz=CHICAGO)
    assert after.ends == pd.Timestamp("2026-03-28 00:00", tz=CHICAGO)
    assert str(after.ends.tz) == "UTC"


def test_the_month_of_the_spring_change_has_one_hour_less() -> None:
    (march,) = billing_periods(hourly("2026-03-10 00:00", 24), 1)
    assert march.ends - march.begins == pd.Timedelta(hours=31 * 24 - 1)


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z"),  # the clock goes from midnight to 01:00
        ("America/Havana", "2026-03-08", "2026-03-08T05:00Z"),
        ("America/Havana", "2026-11-01", "2026-11-01T04:00Z"),  # midnight comes twice: the first
    ],
)
def test_days_without_a_midnight_or_with_two(zone: str, day: str, begins: str) -> None:
    start = pd.Timestamp(begins) - pd.Timedelta(hours=2)
    grid = Grid(pd.date_range(start, periods=4, freq="h"), np.ones(4), zone)
    before, after = billing_periods(grid, pd.Timestamp(day).day)
    assert (before.stop, after.first) == (2, 2)
    assert after.begins == pd.Timestamp(begins)


def test_an_interval_belongs_to_the_period_it_begins_in() -> None:
    grid = Grid(pd.DatetimeIndex(["2026-02-28T23:30Z", "2026-03-01T00:30Z"]), np.ones(2), "UTC")
    assert [(p.label, p.first, p.stop) for p in billing_periods(grid, 1)] == [("2026-02", 0, 1), ("2026-03", 1, 2)]


@given(
    st.integers(1, 28), st.integers(0, 9000), st.integers(1, 2000), st.sampled_from([CHICAGO, "Africa/Cairo", "UTC"])
)
def test_periods_make_up_the_grid(billing_day: int, start: int, hours: int, zone: str) -> None:
    grid = Grid(
        pd.date_range(pd.Timestamp("2026-01-01T00:00Z") + pd.Timedelta(hours=start), periods=hours, freq="h"),
        np.ones(hours),
        zone,
    )
    periods = billing_periods(grid, billing_day)
    assert [p.first for p in periods] == [0, *(p.stop for p in periods[:-1])]
    assert periods[-1].stop == hours
    for one, other in pairwise(periods):
        assert one.ends == other.begins
    for p in periods:
        assert p.begins <= grid.starts[p.first] and grid.starts[p.stop - 1] < p.ends
        assert p.begins.tz_convert(zone).day == billing_day
        assert p.begins.tz_convert(zone).strftime("%Y-%m") == p.label


def tail(start: datetime, hours: float, minutes: int = 60, **more: Any) -> Grid | None:
    energy = {"price_usd_per_mwh": 40.0, "billing_day": more.pop("billing_day", 1)}
    one = farm(horizon={"tail": {"minutes": minutes, "price_usd_per_mwh": 30.0}}, energy=energy, **more)
    return with_tail(one, grid_of(one, start, hours))


def test_the_tail_reaches_to_the_end_of_the_billing_period() -> None:
    """From 1 March 2026 06:00: two hours of plan, then days of 24 hours to April; the clock has gone forward once."""
    grid = tail(datetime(2026, 3, 1, 6), 2, 1440)
    assert grid.hours.tolist() == [1.0, 1.0, *[24.0] * 30, 31 * 24 - 1 - 8 - 30 * 24]
    assert grid.end == pd.Timestamp("2026-04-01 00:00", tz=CHICAGO)
    assert (grid.starts[1:] == grid.ends[:-1]).all()
    assert grid.timezone == CHICAGO


def test_the_tail_is_that_of_the_period_in_which_the_plan_ends() -> None:
    grid = tail(datetime(2026, 2, 9, 12), 24, billing_day=10)
    assert grid.end == pd.Timestamp("2026-03-10 00:00", tz=CHICAGO)


def test_nothing_is_left_of_a_period_the_plan_fills() -> None:
    assert tail(datetime(2026, 2, 28), 24) is None
    assert tail(datetime(2026, 2, 28, 0, 30), 24) is None  # its last hour begins before the end and reaches over it
    assert with_tail(farm(), grid_of(farm(), datetime(2026, 2, 11), 24)) is None


def test_short_of_a_tail_interval() -> None:
    grid = tail(datetime(2026, 2, 28), 23, 360)
    assert grid.hours.tolist() == [1.0] * 24
