"""A farm's market on a grid: numbers and files, faults of all files at once, the retarget inside a plan."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.config import base
from optimizer.errors import InputError, MissingDataError
from optimizer.market.grid import grid_of
from optimizer.market.inputs import MarketInputs, limits_of, read_market
from tests.market.farms import ZONE, farm

START = datetime(2026, 2, 11)


def write(folder: Path, name: str, values: list[Any], column: str = "value") -> None:
    times = pd.date_range("2026-02-11", periods=len(values), freq="h", tz=ZONE)
    rows = [f"{time.isoformat()},{value}" for time, value in zip(times, values, strict=True)]
    (folder / name).write_text("\n".join([f"interval_start,{column}", *rows]) + "\n")


def market(folder: Path, hours: float = 3, price_file: Path | None = None, **sections: Any) -> MarketInputs:
    one = farm(**sections)
    return read_market(one, folder, grid_of(one, START, hours), price_file)


def test_plain_numbers_fill_every_interval(tmp_path: Path) -> None:
    inputs = market(tmp_path)
    assert inputs.energy_price_usd_per_mwh.tolist() == [40.0] * 3
    assert inputs.hashprice_usd_per_ph_day.tolist() == [33.31] * 3
    assert inputs.import_limit_mw.tolist() == [50.0] * 3
    assert inputs.availability["a"].tolist() == [1.0] * 3
    for zero in (inputs.adders_usd_per_mwh, inputs.auxiliary_load_mw, inputs.onsite_available_mw):
        assert zero.tolist() == [0.0] * 3
    assert inputs.export_price_usd_per_mwh.tolist() == [0.0] * 3
    for absent in (inputs.btc_price_usd, inputs.btc_per_ph_day, inputs.difficulty, inputs.temperature_c):
        assert absent is None


def test_files_are_read_beside_the_farm_file(tmp_path: Path) -> None:
    write(tmp_path, "p.csv", [-251.0, 9310.0, 20.0])
    write(tmp_path, "t.csv", [14.0, 32.0, 212.0 - 180])
    inputs = market(
        tmp_path,
        energy={"price_usd_per_mwh": {"file": "p.csv"}},
        weather={"temperature_c": {"file": "t.csv", "unit": "fahrenheit"}},
    )
    assert inputs.energy_price_usd_per_mwh.tolist() == [-251.0, 9310.0, 20.0]  # never clipped
    assert inputs.temperature_c is not None
    assert inputs.temperature_c.tolist() == [-10.0, 0.0, 0.0]


def test_btc_and_hashprice_agree_whichever_is_given(tmp_path: Path) -> None:
    computed = market(tmp_path, revenue={"btc_price_usd": 66_680.4, "difficulty": 125.86e12})
    assert computed.hashprice_usd_per_ph_day == pytest.approx(np.full(3, 33.31), abs=0.005)
    assert computed.btc_per_ph_day is not None
    assert computed.btc_per_ph_day * 66_680.4 == pytest.approx(computed.hashprice_usd_per_ph_day)
    given = market(tmp_path, revenue={"hashprice_usd_per_ph_day": 33.31, "btc_price_usd": 66_620.0})
    assert given.btc_per_ph_day == pytest.approx(np.full(3, 0.0005))


def test_fees_enter_the_hashprice(tmp_path: Path) -> None:
    revenue = {"btc_price_usd": 66_680.4, "difficulty": 125.86e12, "fees_btc_per_block": 3.125}
    assert market(tmp_path, revenue=revenue).hashprice_usd_per_ph_day[0] == pytest.approx(2 * 33.305, abs=0.01)


@pytest.mark.parametrize(
    ("how", "subsidy"),
    [
        ({"subsidy_btc": 1.0}, [1.0] * 3),
        ({"block_height": 1_050_000 - 6}, [3.125, 1.5625, 1.5625]),
        ({}, [3.125] * 3),
    ],
)
def test_the_subsidy_comes_from_the_file_the_height_or_the_date(
    tmp_path: Path, how: dict[str, Any], subsidy: list[float]
) -> None:
    inputs = market(tmp_path, revenue={"btc_price_usd": 1.0, "difficulty": 86400e15 / 2**32} | how)
    assert inputs.hashprice_usd_per_ph_day == pytest.approx(np.array(subsidy))


def test_the_difficulty_steps_to_the_estimate_inside_the_plan(tmp_path: Path) -> None:
    # 2007 blocks in 223 h: 9 more blocks take 1 h at this pace; the pace is 1.5 times the target
    epoch = {"at": "2026-02-11 00:00", "blocks_so_far": 2007, "hours_so_far": 223.0}
    inputs = market(tmp_path, revenue={"btc_price_usd": 6e4, "difficulty": 100e12, "epoch": epoch})
    assert inputs.difficulty == pytest.approx(np.array([100e12, 150e12, 150e12]))
    assert inputs.hashprice_usd_per_ph_day[0] == pytest.approx(1.5 * inputs.hashprice_usd_per_ph_day[1])


def test_an_interval_across_the_retarget_gets_the_mean_by_time(tmp_path: Path) -> None:
    epoch = {"at": "2026-02-11 00:00", "blocks_so_far": 2003, "hours_so_far": 2003 / 9}  # 13 blocks: 1.444 h
    inputs = market(tmp_path, revenue={"btc_price_usd": 6e4, "difficulty": 100e12, "epoch": epoch})
    after = 2 - 13 / 9  # of the second hour
    assert inputs.difficulty == pytest.approx(np.array([100e12, (100 + 50 * after) * 1e12, 150e12]), rel=1e-3)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-02-10 23:00", [150e12, 150e12, 150e12]),  # the hour left was over when the plan began
        ("2026-02-11 00:00-06:00", [100e12, 150e12, 150e12]),
        ("2026-02-11T07:00Z", [100e12, 100e12, 150e12]),
    ],
)
def test_the_retarget_keeps_its_moment_wherever_the_plan_starts(tmp_path: Path, at: str, expected: list[float]) -> None:
    epoch = {"at": at, "blocks_so_far": 2007, "hours_so_far": 223.0}
    inputs = market(tmp_path, revenue={"btc_price_usd": 6e4, "difficulty": 100e12, "epoch": epoch})
    assert inputs.difficulty == pytest.approx(np.array(expected))


PLAIN_BTC = {"btc_price_usd": 66_680.4, "difficulty": 125.86e12}
FAR = (
    "the plan starts 2026-02-11, but BTC price and difficulty are plain numbers in the file; "
    "they are taken as they stand, with the subsidy of that date"
)


@pytest.mark.parametrize(
    ("file_start", "revenue", "warning"),
    [
        (None, PLAIN_BTC, None),
        ("2026-02-01", PLAIN_BTC, None),
        ("2025-12-14", PLAIN_BTC, None),  # 59 days
        ("2025-12-12", PLAIN_BTC, FAR),  # 61 days
        ("2026-04-14", PLAIN_BTC, FAR),
        ("2025-12-12", PLAIN_BTC | {"subsidy_btc": 3.125}, FAR.partition(", with")[0]),
        ("2025-12-12", PLAIN_BTC | {"block_height": 930_000},
         FAR.replace("the subsidy of that date", "the subsidy of block_height 930000")),
        ("2025-12-12", {"hashprice_usd_per_ph_day": 33.31},
         "the plan starts 2026-02-11, but the hashprice is a plain number in the file; it is taken as it stands"),
    ],
)  # fmt: skip
def test_plain_numbers_far_from_their_date_are_told(
    tmp_path: Path, file_start: str | None, revenue: dict[str, Any], warning: str | None
) -> None:
    horizon = {} if file_start is None else {"start": file_start + " 00:00"}
    inputs = market(tmp_path, revenue=revenue, horizon=horizon)
    assert inputs.warnings == (() if warning is None else (warning,))


def test_a_halving_between_is_told_however_near(tmp_path: Path) -> None:
    one = farm(revenue=PLAIN_BTC, horizon={"start": "2024-04-22 00:00"})
    warned = read_market(one, tmp_path, grid_of(one, datetime(2024, 4, 18), 3)).warnings
    assert warned == (FAR.replace("2026-02-11", "2024-04-18"),)
    assert not read_market(one, tmp_path, grid_of(one, datetime(2024, 4, 21), 3)).warnings


def test_series_need_no_such_warning(tmp_path: Path) -> None:
    write(tmp_path, "d.csv", [125e12] * 4, "difficulty")
    write(tmp_path, "b.csv", [6e4] * 4)
    files = {"btc_price_usd": {"file": "b.csv"}, "difficulty": {"file": "d.csv"}}
    horizon = {"start": "2025-01-01 00:00"}
    assert market(tmp_path, revenue=files, horizon=horizon).warnings == ()
    (one,) = market(tmp_path, revenue=files | {"btc_price_usd": 6e4}, horizon=horizon).warnings
    assert "but the BTC price is a plain number in the file; it is taken as it stands" in one


def test_another_price_file_keeps_what_the_farm_says_of_columns(tmp_path: Path) -> None:
    write(tmp_path, "p.csv", [1, 2, 3], "HB_WEST")
    wide = tmp_path / "elsewhere"
    wide.mkdir()
    write(wide, "q.csv", ["7,70", "8,80", "9,90"], "HB_NORTH,HB_WEST")
    energy = {"price_usd_per_mwh": {"file": "p.csv", "location": "HB_WEST"}}
    assert market(tmp_path, price_file=wide / "q.csv", energy=energy).energy_price_usd_per_mwh.tolist() == [
        70,
        80,
        90,
    ]
    with pytest.raises(InputError, match="several columns of numbers"):
        market(tmp_path, price_file=wide / "q.csv")
    assert market(tmp_path, price_file=tmp_path / "p.csv").energy_price_usd_per_mwh.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("sections", "values", "words"),
    [
        ({"site": {"import_limit_mw": {"file": "f.csv"}}}, [0, -1, -3], "must be at least 0"),
        (
            {"revenue": {"btc_price_usd": {"file": "f.csv"}, "difficulty": 1e14}},
            [66_680, 0, -3],
            "must be above 0",
        ),
        (
            {"site": {"import_limit_mw": 5.0, "auxiliary_load_mw": {"file": "f.csv"}}},
            [1, -1, -2],
            "must be at least 0",
        ),
        ({"weather": {"temperature_c": {"file": "f.csv"}}}, [10, 900, -300], "at most 80"),
        (
            {"fleet": ({"name": "a", "model": "S21", "units": 10, "availability": {"file": "f.csv"}},)},
            [1, 1.2, 2],
            "must be at least 0 and at most 1",
        ),
    ],
)
def test_values_no_farm_can_have(tmp_path: Path, sections: dict[str, Any], values: list[float], words: str) -> None:
    write(tmp_path, "f.csv", values)
    with pytest.raises(InputError) as caught:
        market(tmp_path, **sections)
    assert [fault.line for fault in caught.value.faults] == [3, 4]
    assert words in str(caught.value)


def test_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, "t.csv", [1, "warm", 3, 4])
    with pytest.raises(InputError) as caught:
        market(
            tmp_path,
            energy={"price_usd_per_mwh": {"file": "no.csv"}},
            weather={"temperature_c": {"file": "t.csv"}},
        )
    assert "no.csv:1:1: there is no such file" in str(caught.value)
    assert "t.csv:3:27: value: is not a number" in str(caught.value)


def test_hours_beyond_the_files(tmp_path: Path) -> None:
    write(tmp_path, "p.csv", [1, 2])
    write(tmp_path, "t.csv", [1])
    with pytest.raises(MissingDataError) as caught:
        market(
            tmp_path,
            energy={"price_usd_per_mwh": {"file": "p.csv"}},
            weather={"temperature_c": {"file": "t.csv"}},
        )
    assert "p.csv" in str(caught.value)
    assert "t.csv" in str(caught.value)


def test_fills_are_handed_on_once(tmp_path: Path) -> None:
    write(tmp_path, "p.csv", [1, "", 3, 4])
    spec = {"file": "p.csv", "fill_gaps": "linear"}
    inputs = market(tmp_path, energy={"price_usd_per_mwh": spec, "adders_usd_per_mwh": spec})
    assert inputs.energy_price_usd_per_mwh.tolist() == [1, 2, 3]
    assert [(fill.method, fill.count) for fill in inputs.fills] == [("linear", 1)]


def test_limits_are_those_of_plain_numbers() -> None:
    assert str(limits_of(base.Positive)) == "above 0 and at most 1e+15"
    assert str(limits_of(base.Celsius)) == "at least -80 and at most 80"
    assert str(limits_of(base.Price)) == "at least -1e+06 and at most 1e+06"
