"""State files, records, feeds and calls as disks, people and attackers leave them, from a seed.

``python -m tests.daily.mutated NUMBER...`` tries these of them and prints what went wrong with the number it takes
to see it again.
"""

from __future__ import annotations

import json
import math
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.config.mutations import TEXT_MUTATIONS, VALUES, mutants
from tests.daily.farms import write_farm
from tests.daily.walk.driver import forked

NOW = datetime(2026, 2, 11, 13, 30)
LEVEL_MW = 3.0
CALL = "{name: CALL, start: 2026-02-11 12:00, end: 2026-02-11 18:00, cut: {form: to_level, mw: 3}}"
PHONED = "events:\n- {name: Phone, start: 2026-02-11 13:00, end: 2026-02-11 15:00, cut: {form: to_level, mw: 8}}\n"
FEED_CSV = "start,end,price\n" + "".join(
    f"2026-02-11T{hour:02d}:00-06:00,2026-02-11T{hour + 1:02d}:00-06:00,{20 + hour}\n" for hour in range(8, 20)
)
FEED_JSON = json.dumps([{"start": f"2026-02-11T{hour:02d}:00-06:00", "price": 20 + hour} for hour in range(8, 20)])
MEASURED = "at: 2026-02-11 13:30\ngrid_import_mw: 2.9\ngroups: {Old: {running: 0}, New: {running: 800}}\n"
WATTS = {"Old": 3100.0, "New": 3500.0}
MOST_BYTES, MOST_SECONDS = 1_000_000_000, 10.0
CODES = {0, 2, 3, 4, 5, 6}
TEXTS = {
    "record": "state/latest/record.json",
    "setpoints": "state/setpoints.json",
    "identity": "state/farm.json",
    "phoned": "state/calls.yaml",
    "measured": "state/state.yaml",
    "feed json": "feed/now.json",
    "feed csv": "feed/now.csv",
    "prices": "farm/prices.csv",
    "calls": "farm/farm.yaml",
    "history": "state/history.sqlite",
}
OTHERS = ("calls", "phoned", "identity", "measured")  # after which other limits, or none, may hold


def base(folder: Path) -> None:
    """A farm two runs into its day, a call on it, a feed beside it."""
    from optimizer.daily.job import run_once

    farm = write_farm(folder / "farm", f"daily: {{safe_posture: {{all_off: true}}}}\nevents: [{CALL}]")
    text = farm.read_text().replace(", ramp_up_mw_per_hour: 30, ramp_down_mw_per_hour: 60", "")
    text = text.replace("at: 2026-02-11 00:00", "at: 2026-02-11 11:00")
    farm.write_text(text.replace("  hours: 12", "  start: 2026-02-11 11:00\n  hours: 12"))
    (folder / "feed").mkdir()
    (folder / "state").mkdir()
    for moment in (NOW - timedelta(hours=2.5), NOW - timedelta(hours=1)):
        code, said, trouble, _ = forked(lambda at=moment: _tell(run_once(farm, folder / "state", at, report=False)))
        assert code == 0 and not trouble, (code, said, trouble)
    code, said, trouble, _ = forked(lambda: _watch(folder))
    assert not trouble, trouble
    (folder / "state" / "calls.yaml").write_text(PHONED)
    (folder / "state" / "state.yaml").write_text(MEASURED)
    (folder / "feed" / "now.csv").write_text(FEED_CSV)
    (folder / "feed" / "now.json").write_text(FEED_JSON)


def _tell(done: Any) -> dict[str, Any]:
    return {"code": done.exit_code, "said": list(done.messages)}


def mutate(target: str, original: bytes, number: int) -> bytes:
    """One mutant of a file, the same for the same number."""
    dice = random.Random(f"{target} {number}")
    if target == "history":
        return _history(dice, original)
    text = original.decode()
    if target == "calls":  # what stands in `events`, and the text of the whole
        head, _, tail = text.partition("\nevents: ")
        if dice.random() < 0.6:
            found = next(iter(mutants(number, 1, ["events: " + tail])))
            return head.encode() + b"\n" + found
    if target in ("feed csv", "prices"):
        return _table(dice, text)
    return next(iter(mutants(number, 1, [text])))


def _table(dice: random.Random, text: str) -> bytes:
    """A cell, a row or the text of a table, changed."""
    rows = [line.split(",") for line in text.splitlines()]
    for _ in range(dice.choice((1, 1, 2, 5))):
        row = dice.choice(rows)
        match dice.randrange(6):
            case 0 | 1:
                cell = dice.choice(VALUES)
                row[dice.randrange(len(row))] = cell if isinstance(cell, str) else json.dumps(cell)
            case 2:
                row.append("1")
            case 3:
                rows.append(list(row))
            case 4:
                row[-1] = dice.choice(("1" + "0" * 310, "1e308", "-1e308", "0x10", "١٢", "4,5", "4_5", " 7 ", "\ud800"))
            case _:
                text = "\n".join(",".join(one) for one in rows)
                changed = dice.choice(TEXT_MUTATIONS)(dice, text)
                return changed.encode("utf-8", "surrogatepass")
    return "\n".join(",".join(row) for row in rows).encode("utf-8", "surrogatepass")


def _history(dice: random.Random, original: bytes) -> bytes:
    """Bytes that rot, or a cell that holds what it must not."""
    if dice.random() < 0.4:
        rotten = bytearray(original[: dice.choice((len(original), dice.randrange(len(original))))])
        for _ in range(dice.randrange(0, 40)):
            if rotten:
                rotten[dice.randrange(len(rotten))] = dice.randrange(256)
        return bytes(rotten)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "history.sqlite"
        file.write_bytes(original)
        with closing(sqlite3.connect(file)) as database:
            tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            table = dice.choice([name for name in tables if not name.startswith("sqlite_")])
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            value = dice.choice((None, "", "x", b"\x00\xff", -1, 2**62, 1e308, "[" * 10_000, "{}", "2030-01-01"))
            try:
                match dice.randrange(5):
                    case 0:
                        database.execute(f"DROP TABLE {table}")
                    case 1:
                        database.execute(f"ALTER TABLE {table} RENAME TO other")
                    case 2:
                        database.execute(f"PRAGMA user_version = {dice.choice((0, -1, 999, 2**31 - 1))}")
                    case 3:
                        database.execute(f"DELETE FROM {table}")
                    case _:
                        database.execute(f"UPDATE {table} SET {dice.choice(columns)} = ?", (value,))
                database.commit()
            except sqlite3.Error:
                database.rollback()
        return file.read_bytes()


def tried(number: int, made: Path, work: Path) -> Iterator[str]:
    """What goes wrong when the job, a look of the watch and the history meet one mutant."""
    target = list(TEXTS)[number % len(TEXTS)]
    folder = work / "mutant"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(made, folder, symlinks=True)
    file = folder / TEXTS[target]
    if not file.exists():
        return
    if target != "record":
        (folder / "state" / "state.yaml").unlink() if target != "measured" else None
    file.write_bytes(mutate(target, file.read_bytes(), number))
    turn = (
        ("daily", _daily) if target not in ("feed csv", "feed json") and number // len(TEXTS) % 2 else ("watch", _watch)
    )
    for name, act in (turn, ("history", _history_read)) if target == "history" else (turn,):
        begun = time.monotonic()
        code, said, trouble, peak = forked(lambda act=act: act(folder), MOST_SECONDS, MOST_BYTES)
        told = f"{target}, {name}: "
        if trouble:
            yield told + trouble
        if any("unexpected: " in line for line in said):
            yield f"{told}{said}"
        if code is not None and code not in CODES and name != "history":
            yield f"{told}exit code {code}: {said}"
        if peak > MOST_BYTES:
            yield f"{told}{peak / 1e6:.0f} MB"
        if time.monotonic() - begun > MOST_SECONDS:
            yield f"{told}{time.monotonic() - begun:.1f} s"
        if name != "history" and target not in OTHERS and (drawn := _drawn(folder)) > LEVEL_MW:
            yield f"{told}draws {drawn:.2f} MW in a call to {LEVEL_MW:g}: {code} {said}"


def _drawn(folder: Path) -> float:
    """What the set-points draw, MW; inf where there are none."""
    try:
        data = json.loads((folder / "state" / "setpoints.json").read_text())
        return float(sum(WATTS[row["group"]] * row["machines_on"] for row in data["setpoints"])) / 1e6
    except (OSError, ValueError, TypeError, KeyError):
        return math.inf


def _daily(folder: Path) -> dict[str, Any]:
    from optimizer.daily.job import run_once

    return _tell(run_once(folder / "farm" / "farm.yaml", folder / "state", NOW, report=False))


def _watch(folder: Path) -> dict[str, Any]:
    from datetime import UTC

    from optimizer.daily.feed import FolderFeed
    from optimizer.daily.watch import Watch

    said: list[str] = []
    now = NOW.replace(tzinfo=UTC) + timedelta(hours=6)
    watch = Watch(
        folder / "farm" / "farm.yaml",
        folder / "state",
        FolderFeed(folder / "feed"),
        say=said.append,
        wall=lambda: now,
    )
    watch.step()
    watch.step()
    return {"code": None, "said": said}


def _history_read(folder: Path) -> dict[str, Any]:
    from optimizer.daily.history import History
    from optimizer.daily.review import review

    if not (folder / "state" / "history.sqlite").exists():
        return {"code": None, "said": []}
    with History(folder / "state" / "history.sqlite", reading=True) as opened:
        review(opened, None)
    return {"code": None, "said": []}


def main(numbers: Sequence[int], say: Callable[[str], None] = print) -> int:
    """Try mutants; print each that went wrong."""
    begun, bad, seen = time.monotonic(), 0, Counter[str]()
    work = Path(tempfile.mkdtemp(prefix="mutated-"))
    try:
        made = work / "made"
        base(made)
        for number in numbers:
            wrong = list(tried(number, made, work))
            seen.update(line.partition(":")[0] for line in wrong)
            bad += bool(wrong)
            for line in wrong:
                say(f"mutant {number}: python -m tests.daily.mutated {number}\n    {line[-1500:]}")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    say(f"{len(numbers)} mutants, {bad} wrong, {time.monotonic() - begun:.0f} s; {dict(seen)}")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main([int(word) for word in sys.argv[1:]]))
