"""Files as publishers write them, broken by a seeded mutator: read, or refused in words, whatever they hold.

``python -m tests.market.mutated 15000`` reads so many over all readers and tells what they took; `test_broken_files`
reads a sample.
"""

from __future__ import annotations

import gzip
import io
import random
import resource
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.config.base import SeriesFile
from optimizer.daily.feed_rows import rows_in
from optimizer.errors import InputError, MissingDataError
from optimizer.market.grid import Grid
from optimizer.market.series import Limits, on_grid, read_series
from tests.market.farms import ZONE
from tests.market.test_entsoe import document, points, time_series
from tests.market.test_publishers import CASES as PUBLISHERS
from tests.market.test_readers import EIA, HOSTED, NEW, OLD, WIDE
from tests.market.test_sizes import ROWS, workbook

LONGEST_S, MOST_BYTES = 10.0, 1_000_000_000
PLAN = Grid(pd.date_range("2026-02-11T06:00Z", periods=2, freq="h").as_unit("us"), np.ones(2), ZONE)
GOOD = "time,price\n2026-02-11T00:00Z,1\n2026-02-11T01:00Z,2\n"
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


def packed(dice: random.Random, content: bytes) -> bytes:
    """The content in a zip file, one of its bytes changed as often as not."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(dice.choice([1, 1, 2])):
            archive.writestr(f"day{i}.csv", content)
    return flipped(dice, buffer.getvalue())


def flipped(dice: random.Random, content: bytes) -> bytes:
    """Bytes with some of them changed, or cut."""
    held = bytearray(content)
    for _ in range(dice.choice([0, 1, 3])):
        held[dice.randrange(len(held))] = dice.randrange(256)
    return bytes(held[: dice.choice([len(held)] * 4 + [dice.randrange(1, len(held))])])


def parquet() -> bytes:
    """A small Parquet file."""
    buffer = io.BytesIO()
    hours = pd.date_range("2026-02-11T06:00Z", periods=3, freq="h")
    pd.DataFrame({"interval_start_utc": hours, "location": ["A"] * 3, "price": [1.0, 2.0, 3.0]}).to_parquet(buffer)
    return buffer.getvalue()


ALL = [*CASES, *((text, keys) for text, keys, *_ in PUBLISHERS)]
BINARY = (workbook(ROWS), parquet())


def broken(dice: random.Random) -> tuple[bytes, dict[str, Any]]:
    """A broken file and what a farm file says of it."""
    if dice.random() < 0.05:
        return flipped(dice, dice.choice(BINARY)), {}
    text, keys = dice.choice(ALL)
    content = mutated(text, dice)
    return (packed(dice, content) if dice.random() < 0.07 else content), keys


def read(path: Path, content: bytes, keys: dict[str, Any], dice: random.Random) -> bool:
    """Whether a broken file is read after all. Raises AssertionError for a series that cannot be, or another error."""
    path.write_bytes(content)
    rows_in(content, "m", ZONE, PLAN.starts[0].to_pydatetime(), 15.0, 10**7)  # a feed throws nothing
    try:
        spec = SeriesFile.model_validate({"file": "m"} | keys)
        series = read_series(path, spec, ZONE, within=dice.choice([None, PLAN]), limits=Limits(-1e6, 1e6))
        on_grid(series, PLAN)
    except MissingDataError:
        return True
    except InputError as error:
        assert error.faults, "a refusal without a place"
        return False
    except Exception as error:
        raise AssertionError(f"{content!r} with {keys}") from error
    assert np.isfinite(series.values).all()
    assert (series.ends > series.starts).all()
    assert (series.starts[1:] >= series.ends[:-1]).all()
    return True


def _most_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(count: int, seed: int = 20260211) -> tuple[int, float]:
    """How many of so many broken files were read, and the longest time one took, s."""
    dice, kept, longest, before = random.Random(seed), 0, 0.0, _most_bytes()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(count):
            content, keys = broken(dice)
            begun = time.process_time()
            kept += read(Path(folder) / "m", content, keys, dice)
            longest = max(longest, time.process_time() - begun)
    assert longest < LONGEST_S
    assert _most_bytes() - before < MOST_BYTES
    return kept, longest


if __name__ == "__main__":
    COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    KEPT, LONGEST = main(COUNT, *map(int, sys.argv[2:3]))
    PEAK = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = f"{COUNT:,} broken files: {KEPT:,} read, the others refused in words"
    print(f"{told}; at most {LONGEST:.2f} s and {PEAK:.0f} MB")
