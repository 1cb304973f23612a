"""The files of a backtest say the same as its ladder."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest

from optimizer.report.backtest import files as files_module
from optimizer.report.backtest.files import NAMES, backtest_files
from optimizer.through_time.backtest.outcomes import ladder_json
from tests.report.backtests import Made, only, small


def files_of(made: Made) -> dict[str, str | bytes]:
    return backtest_files(made.known, made.schedules, made.told)


def rows_of(content: str | bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content if isinstance(content, str) else content.decode())))


def test_the_files_are_the_same_again_and_their_names_are_known() -> None:
    files = files_of(small())
    assert files == files_of(small())
    assert set(files) == set(NAMES) - {"schedule.csv.gz", "power.csv.gz"}
    assert set(files_of(only("always_on", "strike"))) == set(files) - {"schedule.csv", "power.csv"}
    assert str(files["report.html"]).endswith("</html>")


def test_the_tables_are_those_of_the_json() -> None:
    files = files_of(small())
    told = json.loads(files["ladder.json"])
    assert told == json.loads(json.dumps(ladder_json(small().told)))
    days = rows_of(files["daily.csv"])
    assert [row["day"] for row in days] == told["days"] == ["2023-07-01", "2023-07-02", "2023-07-03"]
    for key, rung in told["rungs"].items():
        assert [float(row[key]) for row in days] == rung["daily_usd"]
        assert [float(row.get(f"{key}_charged", 0.0)) for row in days] == rung["daily_charged_usd"]
    ladder = {row["rung"]: row for row in rows_of(files["ladder.csv"])}
    assert list(ladder) == list(told["rungs"])
    for key, rung in told["rungs"].items():
        assert float(ladder[key]["profit_usd"]) == pytest.approx(rung["profit_usd"], abs=0.006)
        assert float(ladder[key]["usd_restart_loss"]) == pytest.approx(rung["usd"].get("restart_loss", 0.0), abs=0.006)
        hit = sum(peak["chance"] for peak in rung["peaks"] if peak["hit"])
        assert float(ladder[key]["peaks_hit"]) == hit


def test_without_a_bound_no_share_of_it_is_told() -> None:
    assert [row["share_of_bound"] for row in rows_of(files_of(only("always_on", "strike"))["ladder.csv"])] == ["", ""]


def test_the_schedule_is_the_one_that_is_settled() -> None:
    rows = rows_of(files_of(small())["schedule.csv"])
    assert len(rows) == 72 * 2
    assert rows[0]["interval_start"] == "2023-07-01T00:00:00-05:00"
    assert [row["group"] for row in rows[:2]] == ["New", "Old <i>hall"]
    rung = small().told.rungs["replanning"]
    assert sum(float(row["mw"]) for row in rows) == pytest.approx(rung.energy_mwh)
    assert all(int(row["on_normal"]) + int(row["off"]) == 10 for row in rows)
    for reason, mwh in rung.off_mwh.items():  # machines of 1 MW
        assert sum(int(row["off"]) for row in rows if row["reason"] == reason) == pytest.approx(mwh)
    assert all(bool(row["reason"]) == (row["off"] != "0") for row in rows)


def test_a_long_schedule_is_compressed_to_the_same_text(monkeypatch: pytest.MonkeyPatch) -> None:
    made = only("replanning")
    plain = files_of(made)["schedule.csv"]
    assert isinstance(plain, bytes)
    monkeypatch.setattr(files_module, "MOST_BYTES", len(plain) - 1)
    files = files_of(made)
    assert "schedule.csv" not in files
    packed = files["schedule.csv.gz"]
    assert isinstance(packed, bytes)
    assert gzip.decompress(packed) == plain
    assert packed == files_of(made)["schedule.csv.gz"]
