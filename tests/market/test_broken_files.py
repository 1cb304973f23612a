"""Files that are no series at all, by hand and by a seeded mutator: InputError, never anything else."""

from __future__ import annotations

import gzip
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.config.base import SeriesFile
from optimizer.errors import InputError, MissingDataError
from optimizer.market.grid import Grid
from optimizer.market.series import Limits, on_grid, read_series
from tests.market.farms import ZONE, series_of
from tests.market.test_entsoe import document, points, time_series
from tests.market.test_readers import EIA, HOSTED, NEW, OLD, WIDE
from tests.sampling import number

GOOD = "time,price\n2026-02-11T00:00Z,1\n2026-02-11T01:00Z,2\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\n\t\n", "is empty"),
        (bytes(range(256)) * 20, "not text|not a table|no column"),
        (random.Random(1).randbytes(5000), "prices.csv:"),
        (b"\x89PNG\r\n\x1a\n" + random.Random(2).randbytes(300), "prices.csv:"),
        (b"PK\x03\x04" + random.Random(3).randbytes(300), "not a workbook|python-calamine"),
        (b"\xd0\xcf\x11\xe0" + random.Random(4).randbytes(300), "save it as .xlsx|python-calamine"),
        (gzip.compress(GOOD.encode(), mtime=0)[:-20], "gzip"),
        (b"\x1f\x8b garbage", "gzip"),
        (gzip.compress(b"", mtime=0), "is empty"),
        (b"<!DOCTYPE html><html><body>404 Not Found</body></html>", "web page"),
        (b"<html><head><title>Sign in</title></head></html>", "web page"),
        (b"time,price\n", "no rows"),
        (b"time,price\n\n\n", "no rows"),
        (b"time\n2026-02-11T00:00Z\n", "not a table"),
        (b"just one line of prose", "not a table"),
        (b"price,words\nhigh,many\nlow,few\n", "no column of times"),
        (b"time,a,b,c,d,e,f,g,h,i,j,price\n2026-02-11T00:00Z,\n2026-02-11T01:00Z,\n", "no column of numbers"),
        (b"time,price\n2026-02-11T00:00Z,1,9,9\n2026-02-11T01:00Z,2,9,9\n", "several columns|not a table"),
        (b"time,price\n2026-02-11T00:00Z,1\n2026-02-11T01:00Z,2,3\n", r"prices.csv:3:1: is not a table"),
        (b'time,price\n2026-02-11T00:00Z,"1\n2026-02-11T01:00Z,2\n', "prices.csv:"),
        (b"time,price\n2026-02-11T00:00Z,\n2026-02-11T01:00Z,\n", "no column of numbers"),
        (b"time,price\n2026-02-11T00:00Z,True\n2026-02-11T01:00Z,False\n", "no column of numbers"),
        (GOOD.encode("utf-16"), "UTF-16"),
        (GOOD.encode("utf-16-le"), "zero byte"),
        (b'{"price": [1, 2, 3]}', "prices.csv:"),
    ],
)  # fmt: skip
def test_broken_files_end_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        series_of(tmp_path, content)
    assert all(str(fault).startswith("prices.csv:") for fault in caught.value.faults)
    assert caught.value.faults


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    for name, words in (
        ("absent.csv", "no such file"),
        (".", "this is a folder, not a file"),
        ("a\0b", "cannot be read|no such"),
    ):
        with pytest.raises(InputError, match=words):
            read_series(tmp_path / name, SeriesFile(file="x"), ZONE)


LONG = "interval_start,price\n" + "".join(f"2026-11-0{d} {h:02d}:00,{h}.5\n" for d in (1, 2) for h in range(24))
LONG = LONG.replace("2026-11-01 01:00,1.5\n", "2026-11-01 01:00,1.5\n" * 2)
BY_HOUR = "Date,HE,Price\n" + "".join(f'02/{d}/2026,{h},"1,{h}00.5"\n' for d in (10, 11) for h in range(1, 25))
CASES: list[tuple[str, dict[str, Any]]] = [
    (GOOD, {}),
    (GOOD, {"time_column": "time", "value_column": "price", "time_is": "end", "fill_gaps": "previous"}),
    (LONG, {}),
    (LONG, {"fill_gaps": "same_hour_day_before", "duplicates": "last", "disorder": "sort"}),
    (LONG, {"time_is": "end", "fill_gaps": "linear", "duplicates": "mean", "disorder": "sort"}),
    (LONG, {"holds_until_next": True, "duplicates": "first", "disorder": "sort", "fill_at_most_hours": 1e9}),
    (OLD, {"location": "HB_WEST", "market": "REAL_TIME_5_MIN", "fill_gaps": "linear", "disorder": "sort"}),
    (NEW, {"location": "HB_WEST"}),
    (HOSTED, {"fill_gaps": "previous", "duplicates": "mean", "disorder": "sort"}),
    (EIA, {"location": "West", "fill_gaps": "linear", "disorder": "sort", "duplicates": "mean"}),
    (WIDE, {"location": "HB_WEST"}),
    (WIDE.replace(",", ";").replace(".5", ",5"), {"location": "HB_WEST", "decimal": "comma"}),
    (BY_HOUR, {"date_order": "month_first", "fill_gaps": "previous", "disorder": "sort", "duplicates": "last"}),
    (document(time_series(points((1, 10), (3, 12)), currency="USD")), {}),
]
SCRAPS = [
    "", ",", ",,,,", "\n", "\r", "\n\n\n", '"', "'", ";", "\t", "NaN", "inf", "-inf", "1e400", "-1e308",
    "2026-02-30", "2026-11-01 01:30", "2026-03-08 02:30", "9999-12-31T23:59:59Z", "0000-00-00", "24:00",
    "99:99", "+25:00", "Z", "-06:00", "0x10", "1_000", "١٢", "é", "\ufeff", "\0", "<", "&c;",
    "<!DOCTYPE a>", "]]>", "PT0S", "1e999999",
    "2026-02-11T00:00Z", "12345678901234567890123456789", "true", "None", "\x1a", "#", "\\", "\u2028",
]  # fmt: skip


def mutated(text: str, dice: random.Random) -> bytes:
    for _ in range(dice.randint(1, 4)):
        at, length = dice.randrange(len(text) + 1), dice.choice([0, 1, 1, 3, 10, 60])
        kind = dice.random()
        if kind < 0.6:
            text = text[:at] + dice.choice(SCRAPS) + text[at + length :]
        elif kind < 0.8:
            text = text[:at] + text[at + length :]
        elif kind < 0.85:
            text = text[:at]
        else:
            lines = text.splitlines(keepends=True)
            dice.shuffle(lines)
            text = "".join(lines)
        text = text or "x"
    content = text.encode("utf-8", errors="replace")
    if dice.random() < 0.1:
        content = gzip.compress(content)[: dice.choice([-1, -9, 10**6])]
    return content


def test_mutated_files_give_a_series_or_an_input_error(tmp_path: Path) -> None:
    dice = random.Random(20260211)
    plan = Grid(pd.date_range("2026-02-11T06:00Z", periods=2, freq="h").as_unit("us"), np.ones(2), ZONE)
    read, refused, count = 0, 0, number(500, 1500)
    for case in range(count):
        text, keys = dice.choice(CASES)
        content, within = mutated(text, dice), dice.choice([None, plan])
        path = tmp_path / "m"
        path.write_bytes(content)
        spec = SeriesFile.model_validate({"file": "m"} | keys)
        try:
            series = read_series(path, spec, ZONE, within=within, limits=Limits(-1e6, 1e6))
            on_grid(series, plan)
        except MissingDataError:
            pass
        except InputError as error:
            refused += bool(error.faults)
            continue
        except Exception as error:
            raise AssertionError(f"file {case}: {content!r} with {keys}") from error
        read += 1
        assert np.isfinite(series.values).all()
        assert (series.ends > series.starts).all()
        assert (series.starts[1:] >= series.ends[:-1]).all()
    assert read > count / 15
    assert read + refused == count  # every refusal has a place
