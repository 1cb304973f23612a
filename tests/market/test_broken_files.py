"""Files that are no series at all, by hand and by a seeded mutator: InputError, never anything else."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from optimizer.config.base import SeriesFile
from optimizer.errors import InputError
from optimizer.market.series import read_series
from tests.market.farms import ZONE, series_of
from tests.market.mutated import GOOD, main
from tests.sampling import number


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n\n\t\n", "is empty"),
        (bytes(range(256)) * 20, "not text|not a table|no column"),
        (random.Random(1).randbytes(5000), "prices.csv:"),
        (b"\x89PNG\r\n\x1a\n" + random.Random(2).randbytes(300), "prices.csv:"),
        (b"PK\x03\x04" + random.Random(3).randbytes(300), "broken or locked zip file"),
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
        (b"time,price\n2026-02-11T00:00Z,\n2026-02-11T01:00Z,\n", "has no numbers"),
        (b"time,price\n2026-02-11T00:00Z,True\n2026-02-11T01:00Z,False\n", "is not a number"),
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


def test_mutated_files_are_read_or_refused_in_words() -> None:
    count = number(400, 1500)
    read, longest = main(count)
    assert read > count / 15
    assert longest < 5
