"""Local times to UTC: the skipped and the repeated hour are refused with what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest

from optimizer.config.clock import to_utc, zone_of
from optimizer.config.fleet import Group, Outage
from optimizer.mechanisms.blocks.config import Block
from optimizer.mechanisms.calls.config import Event, Stretch
from optimizer.scenario.times import surely_not_after


def test_winter_and_summer() -> None:
    assert to_utc(datetime(2026, 1, 1), "America/Chicago") == datetime(2026, 1, 1, 6, tzinfo=UTC)
    assert to_utc(datetime(2026, 7, 1), "America/Chicago") == datetime(2026, 7, 1, 5, tzinfo=UTC)


def test_an_offset_stands_above_the_zone() -> None:
    aware = datetime(2026, 11, 1, 1, 30, tzinfo=timezone(timedelta(hours=-6)))
    assert to_utc(aware, "Europe/Paris") == datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
    assert to_utc(aware, "America/Chicago").tzinfo is UTC


def test_the_skipped_hour() -> None:
    with pytest.raises(ValueError, match=r"does not exist in Europe/Paris.*write 01:30 or 03:30"):
        to_utc(datetime(2026, 3, 29, 2, 30), "Europe/Paris")


def test_the_repeated_hour_names_both_offsets() -> None:
    with pytest.raises(ValueError, match=r'comes twice.*01:30-05:00" or "2026-11-01 01:30-06:00'):
        to_utc(datetime(2026, 11, 1, 1, 30), "America/Chicago")


def test_the_repeated_hour_ends_where_it_ends() -> None:
    for minutes in (0, 59):
        with pytest.raises(ValueError, match="comes twice"):
            to_utc(datetime(2026, 11, 1, 1, minutes), "America/Chicago")
    assert to_utc(datetime(2026, 11, 1, 2), "America/Chicago") == datetime(2026, 11, 1, 8, tzinfo=UTC)
    assert to_utc(datetime(2026, 11, 1, 0, 59), "America/Chicago") == datetime(2026, 11, 1, 5, 59, tzinfo=UTC)


@pytest.mark.parametrize("name", ["Mars/Phobos", "../etc/passwd", "", "America", "a\0"])
def test_no_such_zone(name: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        to_utc(datetime(2026, 1, 1), name)


def twice(minute: int, fold: int) -> datetime:
    """So many minutes after one in the night of two such hours, in the first or the second."""
    return datetime(2026, 11, 1, 1, minute, fold=fold, tzinfo=zone_of("America/Chicago"))


SECTIONS: dict[str, Callable[[datetime, datetime], object]] = {
    "event": lambda start, end: Event.model_validate(_call(start, end)),
    "stretch": lambda start, end: Event.model_validate(
        _call(datetime(2026, 1, 1), datetime(2027, 1, 1)) | {"excused": (Stretch(start=start, end=end),)}
    ),
    "block": lambda start, end: Block(name="B", mw=1.0, price_usd_per_mwh=30.0, start=start, end=end),
    "outage": lambda start, end: _group(Outage(start=start, end=end, units=1)),
}


def _call(start: datetime, end: datetime) -> dict[str, object]:
    return {"name": "C", "start": start, "end": end, "cut": {"form": "full_stop"}}


def _group(outage: Outage) -> Group:
    return Group(name="G", units=5, model="m", outages=(outage,))


@pytest.mark.parametrize("section", SECTIONS)
def test_moments_are_compared_and_not_what_the_clock_shows(section: str) -> None:
    """01:45 of the second hour comes after 01:50 of the first, and 01:55 of the first before 01:50 of the second."""
    SECTIONS[section](twice(50, 0), twice(45, 1))
    with pytest.raises(ValueError, match="before it starts"):
        SECTIONS[section](twice(50, 1), twice(55, 0))


def test_times_of_a_scenario_are_moments_too() -> None:
    assert surely_not_after(twice(55, 0), twice(50, 1))
    assert not surely_not_after(twice(45, 1), twice(50, 0))
    assert not surely_not_after(datetime.fromisoformat("0001-01-01 00:00+01:00"), datetime(2026, 1, 1))
    assert surely_not_after(datetime.fromisoformat("0001-01-01 00:00+01:00"), twice(50, 0))
