"""Rules of coincident peaks: what they count, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from optimizer.errors import InputError
from optimizer.peaks.rule import ERCOT_4CP, PJM_5CP, PeakRule


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"months": ()}, "months"),
        ({"months": (6, 6)}, "months"),
        ({"months": (0, 6)}, "months"),
        ({"count": 0}, "count"),
        ({"interval_minutes": 7}, "interval_minutes"),
    ],
)
def test_a_rule_nobody_can_follow_is_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(ERCOT_4CP, **wrong)


def test_presets_say_where_they_come_from() -> None:
    assert (ERCOT_4CP.months, ERCOT_4CP.count, ERCOT_4CP.per, ERCOT_4CP.interval_minutes) == (
        (6, 7, 8, 9),
        1,
        "month",
        15,
    )
    assert (PJM_5CP.months, PJM_5CP.count, PJM_5CP.per, PJM_5CP.interval_minutes) == ((6, 7, 8, 9), 5, "season", 60)
    assert ERCOT_4CP.source.startswith("16 TAC 25.192")
    assert PJM_5CP.source.startswith("https://")


def test_a_winter_season_runs_through_new_year() -> None:
    winter = PeakRule((12, 1, 2), 3, "season", 30, True, "a test")
    assert winter.first_month == 12
    assert winter.period(date(2023, 12, 5)) == winter.period(date(2024, 2, 5)) == (2023, 12)
    assert winter.period(date(2024, 12, 5)) == (2024, 12)
    left = winter.days_left(date(2023, 12, 30))
    assert (left[0], left[-1], len(left)) == (date(2023, 12, 31), date(2024, 2, 29), 61)
    assert replace(winter, months=tuple(range(1, 13))).period(date(2024, 2, 5)) == (2024, 1)


def test_days_left_of_a_month_and_of_a_season() -> None:
    assert ERCOT_4CP.days_left(date(2023, 7, 30)) == [date(2023, 7, 31)]
    assert len(PJM_5CP.days_left(date(2023, 7, 30))) == 1 + 31 + 30
    assert ERCOT_4CP.days_left(date(2023, 5, 30)) == [] or ERCOT_4CP.period(date(2023, 5, 30)) is None
