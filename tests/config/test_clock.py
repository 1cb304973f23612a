"""Local times to UTC: the skipped and the repeated hour are refused with what to write instead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from optimizer.config.clock import to_utc


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
