"""A farm's market on a grid: numbers and files, faults of all files at once, the retarget inside a plan."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.config import base
from optimizer.config.farm import Farm
from optimizer.errors import Fault, InputError, MissingDataError
from optimizer.market.grid import Grid, grid_of
from optimizer.market.inputs import MarketInputs, read_market
from optimizer.market.periods import with_tail
from optimizer.market.quantities import limits_of
from optimizer.market.series import Fill
from optimizer.mechanisms.tags.config import CoincidentPeak
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
    assert inputs.temperature_c.tolist() == [-10.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("column", "what"), [("temperature_c", "degrees"), ("load_mw", "megawatts"), ("wind", "weather")]
)
def test_what_its_column_says_is_no_price_is_asked_about(tmp_path: Path, column: str, what: str) -> None:
    """The wrong file beside the right key: named as `value_column` it is meant."""
    write(tmp_path, "prices.csv", [1, 2, 3], column)
    with pytest.raises(
        InputError, match=rf"prices\.csv: {column} holds {what} by its name, and money/MWh is asked for"
    ):
        market(tmp_path, energy={"price_usd_per_mwh": {"file": "prices.csv"}})
    meant = market(tmp_path, energy={"price_usd_per_mwh": {"file": "prices.csv", "value_column": column}})
    assert meant.energy_price_usd_per_mwh.tolist() == [1, 2, 3]


def test_a_node_of_a_wind_farm_has_prices(tmp_path: Path) -> None:
    rows = [f"02/11/2026,{hour:02d}:00,N,CACTUS WIND,{20 + hour}" for hour in range(1, 25)]
    (tmp_path / "prices.csv").write_text(
        "\n".join(["DeliveryDate,HourEnding,DSTFlag,SettlementPoint,SettlementPointPrice", *rows]) + "\n"
    )
    found = market(tmp_path, energy={"price_usd_per_mwh": {"file": "prices.csv"}})
    assert len(found.energy_price_usd_per_mwh) == 3


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
SILENCE = " (if it is right, say why as `silenced: {old_numbers: ...}`)"


@pytest.mark.parametrize(
    ("file_start", "revenue", "warning"),
    [
        (None, PLAIN_BTC, None),
        ("2026-02-01", PLAIN_BTC, None),
        ("2026-01-12", PLAIN_BTC, None),  # 30 days
        ("2026-01-10", PLAIN_BTC, FAR),  # 32 days
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
    assert inputs.warnings == (() if warning is None else (warning + SILENCE,))
    silent = market(tmp_path, revenue=revenue, horizon=horizon, silenced={"old_numbers": "a test"})
    assert silent.warnings == ()


def test_a_halving_between_is_told_however_near(tmp_path: Path) -> None:
    one = farm(revenue=PLAIN_BTC, horizon={"start": "2024-04-22 00:00"})
    warned = read_market(one, tmp_path, grid_of(one, datetime(2024, 4, 18), 3)).warnings
    assert warned == (FAR.replace("2026-02-11", "2024-04-18") + SILENCE,)
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


def test_rates_stand_wherever_a_price_does(tmp_path: Path) -> None:
    """From 05:00, one hour at 20 and then one at 80, for the meter, the block, the supplier and the export."""
    rates = {
        "rates": ({"name": "Day", "usd_per_mwh": 80.0, "when": {"hours": ({"start": 6, "end": 22},)}},),
        "otherwise_usd_per_mwh": 20.0,
    }
    one = farm(
        energy={
            "price_usd_per_mwh": rates,
            "adders_usd_per_mwh": rates,
            "blocks": ({"name": "B", "mw": 1.0, "price_usd_per_mwh": rates},),
            "supplies": ({"name": "S", "limit_mw": 1.0, "price_usd_per_mwh": rates},),
            "onsite": {"available_mw": 1.0, "export_price_usd_per_mwh": rates},
        }
    )
    grid = grid_of(one, datetime(2026, 2, 11, 5), 2)
    inputs = read_market(one, tmp_path, grid)
    for prices in (
        inputs.energy_price_usd_per_mwh, inputs.adders_usd_per_mwh, inputs.block_price_usd_per_mwh["B"],
        inputs.supply_price_usd_per_mwh["S"], inputs.export_price_usd_per_mwh,
    ):  # fmt: skip
        assert prices.tolist() == [20.0, 80.0]
    assert {name: share.tolist() for name, share in inputs.rate_shares.items()} == {
        "Day": [0.0, 1.0], "Other hours": [1.0, 0.0],
    }  # fmt: skip
    (tmp_path / "q.csv").write_text("interval_start,p\n2026-02-11 05:00,7\n2026-02-11 06:00,8\n2026-02-11 07:00,9\n")
    other = read_market(one, tmp_path, grid, tmp_path / "q.csv")
    assert other.energy_price_usd_per_mwh.tolist() == [7.0, 8.0]
    assert other.rate_shares == {}
    assert market(tmp_path).rate_shares == {}


def test_suppliers_and_blocks_have_their_hours(tmp_path: Path) -> None:
    """The supplier may be drawn on from 01:30, the block is delivered until 02:15 of the hours from 01:00."""
    write(tmp_path, "s.csv", [8.0, 4.0, 2.0])
    inputs = market(
        tmp_path,
        energy={
            "price_usd_per_mwh": 40.0,
            "supplies": (
                {"name": "S", "limit_mw": {"file": "s.csv"}, "price_usd_per_mwh": 25.0,
                 "when": {"hours": ({"start": 1.5, "end": 24},)}},
            ),
            "blocks": (
                {"name": "B", "mw": 10.0, "price_usd_per_mwh": 30.0, "end": "2026-02-11 02:15",
                 "when": {"hours": ({"start": 1, "end": 24},)}},
            ),
        },
    )  # fmt: skip
    assert inputs.supply_limit_mw["S"].tolist() == [0.0, 2.0, 2.0]
    assert inputs.supply_price_usd_per_mwh["S"].tolist() == [25.0] * 3
    assert inputs.block_mw["B"].tolist() == [0.0, 10.0, 2.5]


def test_the_contracts_holidays_decide_what_a_block_delivers(tmp_path: Path) -> None:
    """19 February 2026 is a Thursday; without the calendar the block would be delivered."""
    block = {"name": "B", "mw": 10.0, "price_usd_per_mwh": 30.0, "when": {"days": ("thu",)}}
    one = farm(energy={"price_usd_per_mwh": 40.0, "blocks": (block,), "holidays": ("2026-02-19",)})
    grid = grid_of(one, datetime(2026, 2, 18, 23), 2)
    assert read_market(one, tmp_path, grid).block_mw["B"].tolist() == [0.0, 0.0]


def coincident(**probability: Any) -> dict[str, Any]:
    peak = {"name": "4CP", "rule": "ercot_4cp", "usd_per_kw_year": 70.0, **probability}
    return {"price_usd_per_mwh": 40.0, "coincident_peaks": (peak,)}


def test_the_probability_of_a_peak_is_a_number_or_a_column(tmp_path: Path) -> None:
    write(tmp_path, "p.csv", [0.0, 0.25, 0.5])
    assert market(tmp_path, energy=coincident(probability=0.125)).peak_probability["4CP"].tolist() == [0.125] * 3
    column = market(tmp_path, energy=coincident(probability={"file": "p.csv"}))
    assert column.peak_probability["4CP"].tolist() == [0.0, 0.25, 0.5]
    write(tmp_path, "p.csv", [0.0, 1.25, 0.5])
    with pytest.raises(InputError, match=r"p\.csv:3:27: must be at least 0 and at most 1 \(got 1\.25"):
        market(tmp_path, energy=coincident(probability={"file": "p.csv"}))


def test_a_rows_probability_is_shared_among_the_intervals_it_covers(tmp_path: Path) -> None:
    """Half a chance within an hour is an eighth in each of its quarters, and as much in two hours as in both."""
    write(tmp_path, "p.csv", [0.5, 0.25, 0.0])
    column = coincident(probability={"file": "p.csv"})
    quarters = market(tmp_path, energy=column, horizon={"intervals": ({"minutes": 15},)})
    assert quarters.peak_probability["4CP"].tolist() == [0.125] * 4 + [0.0625] * 4 + [0.0] * 4
    (tmp_path / "p.csv").write_text(
        "interval_start,value\n" + "\n".join(f"2026-02-11 {h:02d}:{m},0.125" for h in range(3) for m in ("00", "30"))
    )
    halves = market(tmp_path, energy=column)
    assert halves.peak_probability["4CP"].tolist() == [0.25] * 3


def test_the_probabilities_of_a_month_are_scaled_to_the_peaks_it_counts(tmp_path: Path) -> None:
    """Half a chance in each of 48 hours of August is that of 24 peaks; each month counts one: July's half stands."""
    one = farm(energy=coincident(probability={"file": "p.csv"}))
    grid = grid_of(one, datetime(2026, 7, 31, 23), 25)
    rows = [f"{time.isoformat()},0.5" for time in grid.local_starts]
    (tmp_path / "p.csv").write_text("\n".join(["interval_start,value", *rows]) + "\n")
    found = read_market(one, tmp_path, grid)
    assert found.peak_probability["4CP"].tolist() == [0.5] + [pytest.approx(1 / 24)] * 24
    assert found.warnings == (
        "energy.coincident_peaks[0].probability: the probabilities of 2026-08 add up to 12, but it counts 1 at most: "
        "they are scaled by 0.0833333",
    )


def test_a_season_is_scaled_as_one(tmp_path: Path) -> None:
    """A number that holds in 24 hours of July and 24 of August: 12 peaks of the five that PJM's summer counts."""
    one = farm(energy=coincident(rule="pjm_5cp", probability=0.25))
    found = read_market(one, tmp_path, grid_of(one, datetime(2026, 7, 31), 48))
    assert found.peak_probability["4CP"].sum() == pytest.approx(5.0)
    (told,) = found.warnings
    assert "the season from 2026-06 add up to 12, but it counts 5 at most" in told


def test_the_probability_of_a_peak_is_estimated_where_the_farm_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill = Fill("load.csv", pd.Timestamp("2026-02-11T06:00Z"), pd.Timestamp("2026-02-11T07:00Z"), "linear", 1)
    energy = coincident(estimate={"load_forecast_mw": {"file": "load.csv"}})

    def found(one: Farm, folder: Path, grid: Grid, peak: CoincidentPeak) -> tuple[Any, tuple[Fill, ...]]:
        assert (folder, len(grid), peak.name) == (tmp_path, 3, "4CP")
        return np.array([0.0, 0.5, 0.25]), (fill,)

    monkeypatch.setattr("optimizer.mechanisms.tags.market.estimated", found)
    inputs = market(tmp_path, energy=energy)
    assert inputs.peak_probability["4CP"].tolist() == [0.0, 0.5, 0.25]
    assert inputs.fills == (fill,)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InputError([Fault("load.csv", 1, 1, "load", "is below zero")]), "load.csv:1:1: load: is below zero\nno.csv:"),
        (InputError("the load is below zero"), "the load is below zero"),
        (MissingDataError("load.csv: covers nothing"), "load.csv: covers nothing"),
    ],
)
def test_an_estimate_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, told: str
) -> None:
    def refused(*_: Any) -> Any:
        raise error

    monkeypatch.setattr("optimizer.mechanisms.tags.market.estimated", refused)
    monkeypatch.chdir(tmp_path)
    weather = {"temperature_c": {"file": "no.csv"}} if "no.csv" in told else {"temperature_c": 5.0}
    energy = coincident(estimate={"load_forecast_mw": {"file": "load.csv"}})
    with pytest.raises(type(error)) as caught:
        market(Path(), energy=energy, weather=weather)
    assert str(caught.value).startswith(told)


def with_block(**when: Any) -> dict[str, Any]:
    block = {"name": "B", "mw": 10.0, "price_usd_per_mwh": 30.0, **when}
    return {"price_usd_per_mwh": 40.0, "blocks": (block,)}


SKIPPED = "energy.blocks[0].when: 02:00 to 03:00 does not exist on 2026-03-08; the block delivers nothing then"


@pytest.mark.parametrize(
    ("start", "hours", "block", "warned"),
    [
        (datetime(2026, 3, 7), 72, {"when": {"hours": ({"start": 2, "end": 3},)}}, (SKIPPED,)),
        (datetime(2026, 3, 7), 72, {"when": {"hours": ({"start": 2, "end": 3}, {"start": 9, "end": 12})}}, (SKIPPED,)),
        (datetime(2026, 3, 7), 72, {"when": {"hours": ({"start": 2, "end": 4},)}}, ()),  # an hour of it is left
        (datetime(2026, 3, 7), 72, {"when": {"hours": ({"start": 2, "end": 3},), "days": ("mon",)}}, ()),
        (datetime(2026, 3, 8, 3), 24, {"when": {"hours": ({"start": 2, "end": 3},)}}, ()),  # it lies before the plan
        (datetime(2026, 10, 31), 72, {"when": {"hours": ({"start": 1, "end": 2},)}}, ()),
        (datetime(2026, 3, 7), 72, {"when": {"hours": ({"start": 2, "end": 3},)}, "start": "2026-03-09 00:00"}, ()),
        (datetime(2026, 3, 7), 72, {"when": {"hours": ({"start": 2, "end": 3},)}, "end": "2026-03-08 01:00"}, ()),
        (datetime(2026, 3, 7), 72, {}, ()),
    ],
)
def test_block_hours_that_the_clock_skips_are_told(
    tmp_path: Path, start: datetime, hours: float, block: dict[str, Any], warned: tuple[str, ...]
) -> None:
    one = farm(energy=with_block(**block))
    assert read_market(one, tmp_path, grid_of(one, start, hours)).warnings == warned


def test_a_midnight_hour_that_the_clock_skips(tmp_path: Path) -> None:
    one = farm(energy=with_block(when={"hours": ({"start": 0, "end": 1},)}), timezone="Africa/Cairo")
    (warned,) = read_market(one, tmp_path, grid_of(one, datetime(2026, 4, 23, 12), 24)).warnings
    assert warned == SKIPPED.replace("02:00 to 03:00", "00:00 to 01:00").replace("2026-03-08", "2026-04-24")


def tailed(folder: Path, plan_hours: float, **sections: Any) -> MarketInputs:
    """A plan on the last day of February, from midnight, with hours of tail to the end of it."""
    tail = sections.pop("tail", {"price_usd_per_mwh": 30.0})
    one = farm(**sections, horizon={"tail": tail})
    head = grid_of(one, datetime(2026, 2, 28), plan_hours)
    whole = with_tail(one, head)
    assert whole is not None
    return read_market(one, folder, whole, head=len(head))


def february(folder: Path, name: str, values: list[Any]) -> None:
    times = pd.date_range("2026-02-28", periods=len(values), freq="h", tz=ZONE)
    rows = [f"{time.isoformat()},{value}" for time, value in zip(times, values, strict=True)]
    (folder / name).write_text("\n".join(["interval_start,value", *rows]) + "\n")


def test_the_tail_has_a_price_of_its_own(tmp_path: Path) -> None:
    """Without it the plan's price would need a forecast to the end of the month."""
    february(tmp_path, "p.csv", [50.0] * 20)
    february(tmp_path, "tail.csv", [10.0 * hour for hour in range(24)])
    energy = {"price_usd_per_mwh": {"file": "p.csv"}}
    inputs = tailed(tmp_path, 20, energy=energy, tail={"price_usd_per_mwh": {"file": "tail.csv"}, "minutes": 120})
    assert inputs.energy_price_usd_per_mwh.tolist() == [50.0] * 20 + [205.0, 225.0]
    assert inputs.warnings == ()
    february(tmp_path, "tail.csv", [10.0] * 22)
    with pytest.raises(MissingDataError, match=r"tail\.csv.*the plan asks for 2026-02-28 21:00"):
        tailed(tmp_path, 21, tail={"price_usd_per_mwh": {"file": "tail.csv"}})


def test_other_series_are_held_where_they_end(tmp_path: Path) -> None:
    """Read to 22:00; after it the mean of the 20 hours of plan, 4 of them at 6 USD/MWh: (16 x 1 + 4 x 6) / 20 = 2."""
    february(tmp_path, "a.csv", [1.0] * 16 + [6.0] * 4 + [9.0] * 2)
    february(tmp_path, "far.csv", [7.0] * 24)
    inputs = tailed(
        tmp_path,
        20,
        energy={"price_usd_per_mwh": 40.0, "adders_usd_per_mwh": {"file": "a.csv"}},
        site={"import_limit_mw": {"file": "far.csv"}},
    )
    assert inputs.adders_usd_per_mwh[-4:] == pytest.approx([9.0, 9.0, 2.0, 2.0])
    assert inputs.import_limit_mw.tolist() == [7.0] * 24
    assert inputs.warnings == (
        "energy.adders_usd_per_mwh: a.csv does not reach over the tail; from 2026-02-28 22:00-06:00 on it is its mean "
        "over the 24 hours before the tail, 2",
    )


def test_the_mean_is_that_of_the_last_24_hours(tmp_path: Path) -> None:
    """Twelve hours at 100 lie more than a day before the tail and do not count."""
    times = pd.date_range("2026-02-26 12:00", periods=36, freq="h", tz=ZONE)
    rows = [f"{time.isoformat()},{value}" for time, value in zip(times, [100.0] * 12 + [3.0] * 24, strict=True)]
    (tmp_path / "a.csv").write_text("\n".join(["interval_start,value", *rows]) + "\n")
    one = farm(
        energy={"price_usd_per_mwh": 40.0, "adders_usd_per_mwh": {"file": "a.csv"}},
        horizon={"tail": {"price_usd_per_mwh": 30.0, "minutes": 720}},
    )
    head = grid_of(one, datetime(2026, 2, 26, 12), 36)
    whole = with_tail(one, head)
    assert whole is not None
    assert read_market(one, tmp_path, whole, head=len(head)).adders_usd_per_mwh.tolist() == [100.0] * 12 + [3.0] * 26


def test_a_column_of_probabilities_ends_in_zeros(tmp_path: Path) -> None:
    february(tmp_path, "p.csv", [0.03125] * 21)
    inputs = tailed(tmp_path, 20, energy=coincident(probability={"file": "p.csv"}))
    assert inputs.peak_probability["4CP"].tolist() == [0.03125] * 21 + [0.0] * 3
    assert inputs.warnings == (
        "energy.coincident_peaks[0].probability: p.csv does not reach over the tail; "
        "from 2026-02-28 21:00-06:00 on it is 0",
    )


def test_a_series_that_ends_within_the_plan_is_missing_all_the_same(tmp_path: Path) -> None:
    february(tmp_path, "a.csv", [1.0] * 19)
    with pytest.raises(MissingDataError, match=r"a\.csv"):
        tailed(tmp_path, 20, energy={"price_usd_per_mwh": 40.0, "adders_usd_per_mwh": {"file": "a.csv"}})


@pytest.mark.parametrize(
    ("more", "past", "said"),
    [
        ({}, {}, "full load is expected in the 11 billing periods"),
        ({}, {"D": {"2026-01": 9.0}}, "9 MW are expected, the highest past peak, in the 11 billing periods"),
        ({"expected_peaks_mw": 8.0}, {}, None),
        ({"ratchet": {"share": 0.8, "months": 11, "of_months": (7,), "first_month": "2026-02"}}, {}, None),
    ],
)
def test_what_is_expected_of_later_peaks_is_told(tmp_path: Path, more: Any, past: Any, said: str | None) -> None:
    """Where the contract does not say, and the months of the plan are among those that a ratchet looks back on."""
    ratchet = {"share": 0.8, "months": 11, "first_month": "2026-02"}
    charge = {"name": "D", "usd_per_kw": 1.0, "expected_peak_mw": 0.0, "ratchet": ratchet, **more}
    state = {"at": "2026-02-11 00:00", "bill": {"peaks_mw": {"D": 0.0}, "past_peaks_mw": past}}
    machine = {"model": "T", "hashrate_th": 100, "power_w": 1000, "cooling": "air", "source": "t", "confidence": "low"}
    fleet = ({"name": "a", "machine": machine, "units": 10},)
    one = farm(energy={"price_usd_per_mwh": 40.0, "demand": (charge,)}, state=state, fleet=fleet)
    warnings = Conditions(one, read_market(one, tmp_path, grid_of(one, datetime(2026, 2, 11), 3)), one.state).warnings
    told = [text for text in warnings if "ratchet" in text]
    assert [said is not None and said in text for text in told] == ([True] if said else [])
