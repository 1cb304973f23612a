"""Commas and points in numbers: read where there is one reading, refused where there are two, or as told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optimizer.errors import InputError
from tests.market.farms import series_of

COMMA, SEMICOLON, TAB = ",", ";", "\t"


def table(cells: list[str], delimiter: str) -> str:
    rows = [f"2026-02-11T{hour:02d}:00Z{delimiter}{cell}" for hour, cell in enumerate(cells)]
    return "\n".join([f"time{delimiter}price", *rows, ""])


def quoted(*cells: str) -> list[str]:
    return [f'"{cell}"' for cell in cells]


@pytest.mark.parametrize(
    ("cells", "delimiter", "keys", "values"),
    [
        (quoted("1,234.5", "3,148", "7"), COMMA, {}, [1234.5, 3148, 7]),
        (quoted("3,148", "12.5"), COMMA, {}, [3148, 12.5]),
        (quoted("3,148", "1,234,567"), COMMA, {}, [3148, 1234567]),
        (quoted("-3,148.27", "+1e2"), COMMA, {}, [-3148.27, 100]),
        (quoted("12,5", "3,148"), COMMA, {}, [12.5, 3.148]),
        (quoted("0,148", "3,148"), COMMA, {}, [0.148, 3.148]),
        (quoted("1.234,5", "1.234"), COMMA, {}, [1234.5, 1234]),
        (["12,5", "3,148", "-7"], SEMICOLON, {}, [12.5, 3.148, -7]),
        (["3,148", "7"], SEMICOLON, {}, [3.148, 7]),
        (["3,148", "7"], TAB, {}, [3.148, 7]),
        (["1.234,5", "2.000"], SEMICOLON, {}, [1234.5, 2000]),
        (["1,234.5", "2,000"], SEMICOLON, {}, [1234.5, 2000]),
        (quoted("3,148", "7"), COMMA, {"decimal": "point"}, [3148, 7]),
        (quoted("3,148", "7"), COMMA, {"decimal": "comma"}, [3.148, 7]),
        (["3,148", "7"], SEMICOLON, {"decimal": "point"}, [3148, 7]),
        (["3.148", "7,5"], SEMICOLON, {"decimal": "comma"}, [3148, 7.5]),
        (["3.148", "1.500"], SEMICOLON, {"decimal": "comma"}, [3148, 1500]),  # pandas alone would see 3.148
        (["3.148", "1.500"], SEMICOLON, {}, [3.148, 1.5]),
    ],
)
def test_one_reading_is_taken(
    tmp_path: Path, cells: list[str], delimiter: str, keys: dict[str, Any], values: list[float]
) -> None:
    assert series_of(tmp_path, table(cells, delimiter), **keys).values.tolist() == values


def test_two_readings_are_refused_with_both(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        series_of(tmp_path, table(quoted("55", "3,148", "1,020"), COMMA))
    assert str(caught.value) == (
        "prices.csv:3:19: price: '3,148' can be 3148 and can be 3.148; "
        "say `decimal: point` or `decimal: comma` in the farm file"
    )


def test_an_ambiguous_comma_beside_an_ambiguous_point(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'3,148' can be 3148 and can be 3\.148"):
        series_of(tmp_path, table(["1.234", "3,148"], SEMICOLON))


def test_both_spellings_in_one_column(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        series_of(tmp_path, table(quoted("1,234.5", "7", "12,5"), COMMA))
    assert str(caught.value).startswith("prices.csv:4:19: price: '12,5' has a decimal comma, but '1,234.5' on line 2")


@pytest.mark.parametrize(
    ("cells", "keys", "bad"),
    [
        (quoted("12,5", "7"), {"decimal": "point"}, "12,5"),
        (quoted("12.5", "7"), {"decimal": "comma"}, "12.5"),
        (quoted("1,23,456.5", "7"), {}, "1,23,456.5"),
        (quoted("3,148", "12.5", "1,2,3"), {}, "1,2,3"),
    ],
)
def test_what_fits_neither_or_not_what_was_said(
    tmp_path: Path, cells: list[str], keys: dict[str, Any], bad: str
) -> None:
    with pytest.raises(InputError, match="is not a number") as caught:
        series_of(tmp_path, table(cells, COMMA), value_column="price", **keys)
    assert repr(bad) in str(caught.value)
