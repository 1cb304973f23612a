"""Whatever stands in a state folder, a run plans or keeps, and says so in sentences: nothing is unexpected."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from optimizer.daily.history import History
from optimizer.daily.job import run_once
from optimizer.daily.review import review
from optimizer.daily.review_figures import review_json
from optimizer.errors import CurtailError
from tests.daily.farms import START, write_farm
from tests.daily.test_written import before
from tests.sampling import number

MUTATIONS = number(60, 300, "CURTAIL_MUTATIONS")
PARTS = 10
ODD: tuple[Any, ...] = (
    None, "", "x", -1, 0, 1, 1e300, -1e300, float("nan"), float("inf"), 2**70, True, [], {}, [[]], "2026-02-30 25:00",
    "2026-03-08 02:30", "2026-02-11T00:00:00-06:00", "\x00", "\ud800", "a" * 5000, -0.5, [1, 2, 3],
)  # fmt: skip
MEASURED = """at: 2026-02-11 06:00
grid_import_mw: 5
groups: {Old: {running: 1200, started: [{at: 2026-02-11 05:30, units: 10}]}, New: {running: 2000}}
bill: {peaks_mw: {Any time: 7}, past_peaks_mw: {Any time: {2026-01: 9}}}
"""
CALLS = """- {name: telephone, start: 2026-02-11 09:00, end: 2026-02-11 10:00, cut: {form: to_level, mw: 3}}
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A farm, a state folder of this version with all that may stand in it, and one of the version before."""
    folder = tmp_path_factory.mktemp("mutated")
    farm, state = (
        write_farm(folder / "farm", "daily: {safe_posture: {all_off: true, hours: 2}}", hours=3),
        folder / "new",
    )
    for hour in (3, 5):
        run_once(farm, state, START + timedelta(hours=hour), report=False)
    old = before(folder)
    for one in (state, old):
        (one / "state.yaml").write_text(MEASURED)
        (one / "calls.yaml").write_text(CALLS)
    return farm, state, old


def a_byte(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + bytes([draw.randrange(256)]) + data[at + 1 :]


def cut(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data))]


def doubled(data: bytes, draw: random.Random) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + data[at // 2 : at] + data[at:]


def a_stretch(data: bytes, draw: random.Random) -> bytes:
    at, n = draw.randrange(len(data)), draw.randrange(1, 200)
    return data[:at] + draw.randbytes(n) + data[at + n :]


def a_digit(data: bytes, draw: random.Random) -> bytes:
    places = [i for i, byte in enumerate(data) if chr(byte).isdigit()]
    at = draw.choice(places)
    return data[:at] + str(draw.randrange(10)).encode() + data[at + 1 :]


def a_value(data: bytes, draw: random.Random) -> bytes:
    """Something odd in place of a value anywhere in a JSON file; bytes elsewhere."""
    try:
        whole = json.loads(data)
    except ValueError:
        return a_stretch(data, draw)
    inner: Any = whole
    while isinstance(inner, dict | list) and inner:
        keys = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        key = draw.choice(keys)
        if not isinstance(inner[key], dict | list) or not inner[key] or draw.random() < 0.25:
            inner[key] = draw.choice(ODD)
            break
        inner = inner[key]
    return json.dumps(whole).encode()


KINDS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    a_byte,
    cut,
    doubled,
    a_stretch,
    a_digit,
    a_value,
    a_value,
)
FILES = (
    "latest/record.json",
    "history.sqlite",
    "state.yaml",
    "farm.json",
    "orders.json",
    "calls.yaml",
    "setpoints.json",
)


@pytest.mark.parametrize("part", range(PARTS))
def test_mutated_state_folders(tmp_path: Path, folders: tuple[Path, Path, Path], part: int) -> None:
    farm, draw = folders[0], random.Random(20260211 + part)
    for i in range(MUTATIONS // PARTS):
        state = Path(shutil.copytree(draw.choice(folders[1:]), tmp_path / str(i), symlinks=True))
        names = [name for name in FILES if (state / name).is_file()]
        changed = draw.sample(names, draw.choice((1, 1, 2)))
        for name in changed:
            kind = draw.choice(KINDS)
            (state / name).write_bytes(kind((state / name).read_bytes(), draw))
        hour = draw.choice((6, 6, 7, 12, 40))
        try:
            done = run_once(farm, state, START + timedelta(hours=hour), report=False)
            said = list(done.messages)
            with History(state / "history.sqlite", reading=True) as history:
                json.dumps(review_json(review(history)), allow_nan=False)
                said += history.trouble
        except CurtailError as error:
            said = [str(error)]
        assert not [line for line in said if line.startswith("unexpected")], (changed, hour, said)
        shutil.rmtree(state)
