"""Holidays of contracts."""

from __future__ import annotations

from datetime import date

from optimizer.market.holidays import holiday_dates

# NERC Resources Subcommittee, "Additional Off-peak Days": 2010 as listed there, 2011 by its rules;
# http://www.docstoc.com/docs/52814626/Additional-Off-peak-Days-(aka-NERC-Holidays)
PUBLISHED = {
    2010: ("01-01", "05-31", "07-05", "09-06", "11-25", "12-25"),  # 4 July a Sunday, Christmas a Saturday
    2011: ("01-01", "05-30", "07-04", "09-05", "11-24", "12-26"),  # New Year's a Saturday, Christmas a Sunday
}


def test_nerc_as_published() -> None:
    for year, days in PUBLISHED.items():
        assert holiday_dates("nerc", [year]) == {date.fromisoformat(f"{year}-{day}") for day in days}
    assert holiday_dates("nerc", [2010, 2011]) == holiday_dates("nerc", [2010]) | holiday_dates("nerc", [2011])


def test_six_a_year_that_never_fall_on_a_sunday() -> None:
    days = holiday_dates("nerc", range(2009, 2200))
    assert len(days) == 6 * 191
    assert not any(day.weekday() == 6 for day in days)


def test_nerc_days_are_among_those_of_the_country() -> None:
    """The package's reckoning of the moving days, and of Sundays that move to Monday, is another's than ours."""
    years = range(2009, 2101)  # as far as the package reckons
    assert holiday_dates("nerc", years) <= holiday_dates("US", years)


def test_a_state_has_holidays_of_its_own() -> None:
    """San Jacinto Day is a holiday of Texas: Government Code, 662.003(b)(3).

    https://codes.findlaw.com/tx/government-code/gov-t-sect-662-003.html
    """
    san_jacinto, independence = date(2026, 4, 21), date(2026, 7, 4)
    assert {san_jacinto, independence} <= holiday_dates("US-TX", [2026])
    assert independence in holiday_dates("US", [2026])
    assert san_jacinto not in holiday_dates("US", [2026])


def test_dates_as_listed_and_none() -> None:
    assert holiday_dates((date(2026, 12, 24),), [2027]) == {date(2026, 12, 24)}
    assert holiday_dates(None, [2026]) == frozenset()
