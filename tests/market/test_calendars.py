"""The share of an interval that a contract's calendar covers."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.config.calendar import Holidays, When
from optimizer.config.rates import Rates
from optimizer.market.calendars import rate_shares, rates_on, share_within
from optimizer.market.grid import Grid

CHICAGO = "America/Chicago"


def grid(start: str, hours: list[float]) -> Grid:
    """Intervals of these lengths from a local time on."""
    edges = pd.to_timedelta(np.concatenate([[0.0], np.cumsum(hours)[:-1]]) * 3600, unit="s")
    begin = pd.Timestamp(start).tz_localize(CHICAGO).tz_convert("UTC")
    return Grid(pd.DatetimeIndex(begin + edges), np.array(hours), CHICAGO)


def share(start: str, lengths: list[float], **when: object) -> list[float]:
    return share_within(grid(start, lengths), When.model_validate(when)).tolist()


def test_hours_of_the_day_cover_parts_of_intervals() -> None:
    """06:30 to 08:00 covers half of the hour from 6, all of the next, none of the third."""
    assert share("2026-02-11 06:00", [1, 1, 1], hours=({"start": 6.5, "end": 8},)) == [0.5, 1.0, 0.0]
    assert share("2026-02-11 06:00", [0.25, 0.5], hours=({"start": 6.5, "end": 8},)) == [0.0, 0.5]


def test_several_spans_and_midnight() -> None:
    night = ({"start": 0, "end": 6}, {"start": 22, "end": 24})
    assert share("2026-02-11 21:00", [1, 1, 1, 1], hours=night) == [0.0, 1.0, 1.0, 1.0]


def test_days_and_months() -> None:
    """13 February 2026 was a Friday."""
    assert share("2026-02-13 23:00", [1, 1], days=("sat", "sun")) == [0.0, 1.0]
    assert share("2026-02-28 23:00", [1, 1], months=(3,)) == [0.0, 1.0]


@pytest.mark.parametrize(
    ("day", "hours", "covered"), [("2026-03-08", 23, 1), ("2026-11-01", 25, 3), ("2026-02-11", 24, 2)]
)
def test_the_hours_of_odd_days(day: str, hours: int, covered: int) -> None:
    """From one to three: one hour on the spring day, three on the autumn day."""
    assert sum(share(f"{day} 00:00", [1.0] * hours, hours=({"start": 1, "end": 3},))) == covered


def test_without_a_calendar_everything_is_covered() -> None:
    assert share_within(grid("2026-02-11 06:00", [1.0, 0.25]), None).tolist() == [1.0, 1.0]


def test_a_start_off_the_clock_is_cut_at_its_edges() -> None:
    """From 06:07 to 07:07, hours from 06:30 cover 37 of 60 minutes; without cutting at five minutes it would be 35."""
    assert share("2026-02-11 06:07", [1.0], hours=({"start": 6.5, "end": 8},)) == [37 / 60]


def test_one_of_several_parts() -> None:
    """Weekends, or nights of the week: Friday 13 February from 21:00, and Saturday noon."""
    parts = ({"days": ("sat", "sun")}, {"hours": ({"start": 22, "end": 24},)})
    assert share("2026-02-13 21:00", [1, 1, 1, 12], any_of=parts) == [0.0, 1.0, 1.0, 1.0]
    assert share("2026-02-12 21:00", [1, 1, 1, 12], any_of=parts) == [0.0, 1.0, 1.0, 0.0]


HOLIDAY = When(days=("holiday",))
MONDAYS = When(days=("mon",))


@pytest.mark.parametrize("holidays", ["nerc", "US", (date(2026, 5, 25),)])
def test_a_holiday_is_no_weekday(holidays: Holidays) -> None:
    """25 May 2026 is Memorial Day, a Monday."""
    memorial = grid("2026-05-25 00:00", [24.0, 24.0])
    assert share_within(memorial, HOLIDAY, holidays).tolist() == [1.0, 0.0]
    assert share_within(memorial, MONDAYS, holidays).tolist() == [0.0, 0.0]


def test_without_a_calendar_no_day_is_a_holiday() -> None:
    memorial = grid("2026-05-25 00:00", [24.0])
    assert share_within(memorial, HOLIDAY).tolist() == [0.0]
    assert share_within(memorial, MONDAYS).tolist() == [1.0]


def test_holidays_follow_the_local_day() -> None:
    """Christmas in Chicago begins at 06:00 UTC; a calendar read in UTC would begin it at 18:00."""
    assert share_within(grid("2026-12-24 18:00", [6.0, 24.0, 1.0]), HOLIDAY, "nerc").tolist() == [0.0, 1.0, 0.0]


def test_delivery_begins_and_ends_within_an_interval() -> None:
    """Hours 6 to 22 until noon of the second day: six hours of it, not sixteen twenty-fourths of the half day."""
    days = grid("2026-02-11 00:00", [24.0, 24.0, 24.0])
    delivered = share_within(
        days,
        When.model_validate({"hours": ({"start": 6, "end": 22},)}),
        start=datetime(2026, 2, 11, 21, 30),
        end=datetime.fromisoformat("2026-02-12T18:00Z"),
    )
    assert delivered * 24 == pytest.approx([0.5, 6.0, 0.0])
    assert share_within(days, None, start=datetime(2026, 2, 12)).tolist() == [0.0, 1.0, 1.0]


RATES = Rates.model_validate(
    {
        "rates": (
            {
                "name": "On-peak",
                "usd_per_mwh": 80.0,
                "when": {"days": ("mon", "tue", "wed", "thu", "fri"), "hours": ({"start": 6.5, "end": 22},)},
            },
            {"name": "Night", "usd_per_mwh": 20.0, "when": {"hours": ({"start": 0, "end": 6},)}},
        ),
        "otherwise_usd_per_mwh": 40.0,
    }
)


def test_the_price_of_an_interval_is_the_mean_by_time() -> None:
    """Half of the hour from 6 is on-peak, at 80; the rest of it costs what no rate covers, 40."""
    morning = grid("2026-02-11 05:00", [1.0, 1.0, 1.0])
    assert rates_on(morning, RATES).tolist() == [20.0, 0.5 * 40 + 0.5 * 80, 80.0]
    shares = {name: values.tolist() for name, values in rate_shares(morning, RATES).items()}
    assert shares == {"On-peak": [0.0, 0.5, 1.0], "Night": [1.0, 0.0, 0.0], "Other hours": [0.0, 0.5, 0.0]}


def test_rates_on_a_holiday() -> None:
    """Memorial Day is no weekday, so its hours from 6 cost what no rate covers."""
    memorial = grid("2026-05-25 06:00", [18.0])
    assert rates_on(memorial, RATES, "nerc").tolist() == [40.0]
    assert rates_on(memorial, RATES) == pytest.approx((15.5 * 80 + 2.5 * 40) / 18)


@pytest.mark.parametrize(("day", "hours", "night"), [("2026-03-08", 23, 5), ("2026-11-01", 25, 7)])
def test_rates_on_the_odd_days(day: str, hours: int, night: int) -> None:
    """Both are Sundays: the night has one hour less in spring, one more in autumn; the rest costs 40."""
    price = rates_on(grid(f"{day} 00:00", [float(hours)]), RATES)
    assert price == pytest.approx((night * 20 + (hours - night) * 40) / hours)


@given(st.lists(st.sampled_from([5, 7, 15, 60, 240]), min_size=1, max_size=30))
def test_shares_of_all_rates_make_up_every_interval(minutes: list[int]) -> None:
    """Across the spring night, whatever the intervals."""
    some = grid("2026-03-07 22:00", [m / 60 for m in minutes])
    assert np.sum(list(rate_shares(some, RATES, "nerc").values()), axis=0) == pytest.approx(np.ones(len(some)))
