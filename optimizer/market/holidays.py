"""Which dates are holidays of a contract."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from optimizer.config.calendar import Holidays

_MONDAY, _THURSDAY, _SUNDAY = 0, 3, 6


def holiday_dates(holidays: Holidays | None, years: Iterable[int]) -> frozenset[date]:
    """The holidays of these years: by NERC, by a country or state, or the dates listed; none without a calendar.

    Listed dates come back whatever their year. Holidays of a country or state are its public ones, with the days they
    are observed on, by the package ``holidays`` for the years it knows, to 2100 at most.

    >>> sorted(str(day) for day in holiday_dates("nerc", [2023]))[:2]
    ['2023-01-02', '2023-05-29']
    """
    if holidays is None:
        return frozenset()
    if isinstance(holidays, tuple):
        return frozenset(holidays)
    if holidays == "nerc":
        return frozenset(day for year in years for day in _nerc(year))
    from holidays import country_holidays

    country, _, part = holidays.partition("-")
    return frozenset(country_holidays(country, subdiv=part or None, years=years))


def _nerc(year: int) -> tuple[date, ...]:
    """The six additional off-peak days: those on a Sunday move to Monday, those on a Saturday stay.

    Source: NERC Resources Subcommittee, "Additional Off-peak Days", its rules and the days of 2010 to 2015;
    http://www.docstoc.com/docs/52814626/Additional-Off-peak-Days-(aka-NERC-Holidays).
    """
    memorial = _on_or_after(date(year, 5, 25), _MONDAY)
    labor = _on_or_after(date(year, 9, 1), _MONDAY)
    thanksgiving = _on_or_after(date(year, 11, 22), _THURSDAY)
    fixed = (date(year, 1, 1), date(year, 7, 4), date(year, 12, 25))
    observed = (day + timedelta(days=1) if day.weekday() == _SUNDAY else day for day in fixed)
    return (*observed, memorial, labor, thanksgiving)


def _on_or_after(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)
