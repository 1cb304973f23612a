"""Killed at any moment, the schedule in force is whole, the history sound, and the next run as if nothing had been."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from optimizer.daily.history import History
from tests.daily.farms import files_in, write_farm
from tests.daily.killing import Runs
from tests.sampling import number

MOMENTS = [f"2026-02-11T{hour:02d}:00" for hour in range(0, 40, 4) if hour < 24]
MOMENTS += [f"2026-02-12T{hour:02d}:00" for hour in range(0, 16, 4)]
KILLS = number(25, 200)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, bytes]], float]:
    """The farm, the files after each of the runs, and the mean life of a run, nobody killing any."""
    folder = tmp_path_factory.mktemp("undisturbed")
    farm, state = write_farm(folder / "farm"), folder / "state"
    runs, found, lives = Runs(farm, state), [], []
    for moment in MOMENTS:
        how, life = runs.run(moment)
        assert how == "0"
        found.append(files_in(state / "latest"))
        lives.append(life)
    runs.close()
    return farm, found, sum(lives) / len(lives)


def test_killed_again_and_again(tmp_path: Path, undisturbed: tuple[Path, list[dict[str, bytes]], float]) -> None:
    farm, expected, life = undisturbed
    state, draw = tmp_path / "state", random.Random(20260211)
    runs, kills, left, edge = Runs(farm, state), 0, 0, life
    for i, moment in enumerate(MOMENTS):
        before = expected[i - 1] if i else None
        share = -(-KILLS * (i + 1) // len(MOMENTS))
        in_force = before
        while kills < share:
            back = in_force == expected[i] and before is not None  # whatever is in force, the other one is to come
            wanted = before if back else expected[i]
            anywhere, near = draw.uniform(0.0, 1.05), draw.uniform(0.92, 1.05)
            how, _ = runs.run(MOMENTS[i - 1] if back else moment, edge * draw.choice((anywhere, near)))
            assert how in ("killed", "0")
            last, in_force = in_force, files_in(state / "latest") if (state / "latest").exists() else None
            assert in_force in (last, wanted)
            kills += how == "killed"
            left += how == "killed" and in_force == wanted
            # half of the kills fall around the moment of handing out
            edge *= 0.88 if how == "0" or in_force != last else 1.04
            assert is_sound(state / "history.sqlite")
        how, _ = runs.run(moment)
        assert how == "0"
        assert files_in(state / "latest") == expected[i]
    runs.close()
    assert kills >= KILLS
    assert 0 < left < kills
    print(f"{kills} kills, {left} of them with the new schedule in force")
    with History(state / "history.sqlite") as history:
        names = [record.name for _, record in history.schedules()]
        logged = [run.status for run in history.runs()]
    assert names == [f"{moment[:10]}T{moment[11:13]}00-0600" for moment in MOMENTS]
    assert set(logged) == {"planned"}
    assert sorted(path.name for path in (state / "runs").iterdir()) == names


def is_sound(file: Path) -> bool:
    if not file.exists():
        return True
    with closing(sqlite3.connect(file)) as history:
        return bool(history.execute("PRAGMA integrity_check").fetchall() == [("ok",)])
