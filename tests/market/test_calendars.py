"""The share of an interval that a contract's calendar covers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from optimizer.config.calendar import When
from optimizer.market.calendars import share_within
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
