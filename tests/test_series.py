"""The open table of series: what a field declares that nobody here knows goes through all that is done with it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, cast

import numpy as np
import pandas as pd
import pytest

from optimizer.accounts.dispatch import Dispatch
from optimizer.config.base import Name, NonNegativeSeries, Section, Series
from optimizer.config.farm import Farm
from optimizer.config.rates import PriceSeries
from optimizer.daily.carried import followed_until
from optimizer.daily.present import read_present
from optimizer.daily.prices import NO_PRICES
from optimizer.daily.record import Record, record_of
from optimizer.errors import InputError, MissingDataError
from optimizer.market.grid import grid_of
from optimizer.market.inputs import MarketInputs, read_market
from optimizer.market.quantities import declared
from optimizer.scenario.apply import read_market_with
from optimizer.scenario.courses import Factor
from optimizer.scenario.market_changes import market_with
from optimizer.scenario.parts import Course
from optimizer.scenario.placed import Placed, Scenario
from optimizer.through_time.history import read_history
from tests.farms import group
from tests.market.farms import ZONE, farm
from tests.market.test_inputs import START, write


class Tank(Section):
    """Part of a made-up mechanism: a tank that feeds the generators."""

    name: Name
    level: Annotated[NonNegativeSeries, Series("m3", "tank_level", lumps="least")]


class Gas(Section):
    """A made-up mechanism: gas is bought for generation."""

    price: Annotated[PriceSeries, Series("USD/MWh", "gas_price", known="held", words="gas price")]
    burnt: Annotated[NonNegativeSeries, Series("m3", "gas_burnt", lumps="sum")] = 0.0
    pressure: Annotated[NonNegativeSeries, Series("bar", "gas_pressure", known="seen", absent=1.0)] = 1.0
    tanks: tuple[Tank, ...] = ()


class GasFarm(Farm):
    """A farm file with a section of which nothing else knows."""

    gas: Gas | None = None


class GasChange(Course):
    """A change of the gas price."""

    SERIES: ClassVar[str] = "gas_price"
    OPERATIONS: ClassVar[dict[str, str]] = {"scale": "scale", "set_usd_per_mwh": "set"}
    kind: Literal["gas"] = "gas"
    scale: Factor | None = None
    set_usd_per_mwh: float | None = None


class TankChange(GasChange):
    """A change that nothing allows."""

    SERIES: ClassVar[str] = "gas_burnt"


GAS: dict[str, Any] = {
    "price": {"file": "price.csv"},
    "burnt": {"file": "burnt.csv"},
    "pressure": {"file": "pressure.csv"},
    "tanks": ({"name": "A", "level": {"file": "level.csv"}}, {"name": "B", "level": 7.0}),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, values in {"price": [3, 5, 4], "burnt": [10, 20, 30], "pressure": [4, 2, 6], "level": [9, 8, 6]}.items():
        write(tmp_path, f"{name}.csv", values * 16)
    return tmp_path


def gassy(gas: dict[str, Any] | None = GAS, **more: Any) -> GasFarm:
    return GasFarm.model_validate(farm().model_dump() | {"gas": gas} | more)


def read(folder: Path, farm: Farm | None = None, hours: float = 3, **how: Any) -> MarketInputs:
    built = farm or gassy()
    return read_market(built, folder, grid_of(built, START, hours), **how)


def rows(market: MarketInputs) -> dict[str, Any]:
    """What is in the table of the made-up section."""
    plain = {name: market.table[name] for name in ("gas_price", "gas_burnt", "gas_pressure", "tank_level")}
    return {
        name: values.tolist() if isinstance(values, np.ndarray) else {k: v.tolist() for k, v in (values or {}).items()}
        for name, values in plain.items()
    }


def changed(*changes: Course) -> Scenario:
    return Scenario("made up", tuple(Placed(cast("Any", change), path=("changes", 0)) for change in changes))


def test_what_a_field_declares_is_found_and_read(folder: Path) -> None:
    tank, gas = declared(GasFarm)["tank_level"], declared(GasFarm)["gas_price"]
    assert [place.path for place in tank.places(gassy())] == ["gas.tanks[0].level", "gas.tanks[1].level"]
    assert (str(gas.limits), gas.series.unit) == ("at least -1e+06 and at most 1e+06", "USD/MWh")
    levels = {"A": [9, 8, 6], "B": [7, 7, 7]}
    found = read(folder)
    assert rows(found) == {
        "gas_price": [3, 5, 4],
        "gas_burnt": [10, 20, 30],
        "gas_pressure": [4, 2, 6],
        "tank_level": levels,
    }
    assert found.of is GasFarm
    without = read(folder, gassy(None))
    assert without.table["gas_price"] is None
    assert without.table["gas_pressure"] is not None
    assert rows(without)["gas_pressure"] == [1, 1, 1]
    assert without.table["tank_level"] == {}


def test_only_what_is_asked_for_is_read(folder: Path) -> None:
    write(folder, "price.csv", [-1e9])
    some = read(folder, only={"tank_level", "import_limit_mw"})
    assert set(some.table) == {"tank_level", "import_limit_mw"}
    with pytest.raises(AttributeError, match="the market was read without gas_price"):
        _ = cast("Any", some).gas_price
    given = read(folder, given={"gas_price": 2.0, "tank_level": {"B": np.array([1.0, 2.0, 3.0])}})
    assert rows(given)["gas_price"] == [2, 2, 2]
    assert rows(given)["tank_level"] == {"A": [9, 8, 6], "B": [1, 2, 3]}


def test_its_faults_are_told_at_their_place(folder: Path) -> None:
    write(folder, "level.csv", [1.0, -2.0, 3.0])
    write(folder, "price.csv", [1e9, 1.0, 1.0])
    with pytest.raises(InputError) as caught:
        read(folder)
    told = [(Path(fault.file).name, fault.line, fault.message.split(" (")[0]) for fault in caught.value.faults]
    assert told == [
        ("level.csv", 3, "must be at least 0 and at most 1e+15"),
        ("price.csv", 2, "must be at least -1e+06 and at most 1e+06"),
    ]
    write(folder, "level.csv", [1.0])
    with pytest.raises(MissingDataError, match=r"level\.csv: .*covers"):
        read(folder, given={"gas_price": 0.0})


def test_it_is_cut_joined_and_lumped(folder: Path) -> None:
    """Two of three hours as one interval: the mean, the sum, the least."""
    found = read(folder)
    assert rows(found.part(1, 3))["tank_level"] == {"A": [8, 6], "B": [7, 7]}
    assert rows(found.at(np.array([2, 0]), found.grid.part(0, 2)))["gas_price"] == [4, 3]
    assert rows(found.part(0, 1).followed_by(found.part(1, 3))) == rows(found)
    lumped = rows(found.merged(np.array([0, 2]), 3))
    assert lumped == {
        "gas_price": [4, 4],
        "gas_burnt": [30, 30],
        "gas_pressure": [3, 6],
        "tank_level": {"A": [8, 6], "B": [7, 7]},
    }


def test_a_scenario_changes_what_it_may(folder: Path) -> None:
    found = read(folder)
    assert rows(market_with(found, changed(GasChange(scale=2.0))))["gas_price"] == [6, 10, 8]
    with pytest.raises(InputError, match=r"the gas price must be at least -1e\+06 .* \(got 3e\+06\)"):
        market_with(found, changed(GasChange(scale=1e6)))
    with pytest.raises(InputError, match="no scenario may change gas_burnt"):
        market_with(found, changed(TankChange(scale=2.0)))
    (folder / "price.csv").unlink()  # nothing is left of it
    built = gassy()
    set_to = read_market_with(built, folder, found.grid, changed(GasChange(set_usd_per_mwh=9.0)))
    assert rows(set_to)["gas_price"] == [9, 9, 9]


def test_it_is_carried_to_a_plan_that_is_made_again(folder: Path) -> None:
    """After a day: prices as they were 24 hours before, pressure at the hour of the day before, the rest as it came."""
    rules = {"forecast": {"kind": "persistence"}, "hash_lag_hours": 24.0}
    k = read_history(gassy(replanning=rules), folder, datetime(2026, 2, 12), 24)
    came = k.actual.market
    seen = k.market(1, np.array([1, 3]), 5)
    before = {name: read(folder, only={name}, hours=24).table[name] for name in ("gas_price", "gas_pressure")}
    assert rows(seen)["gas_price"] == [cast("Any", before["gas_price"])[1]] * 2
    now, later = rows(came)["gas_pressure"][1], cast("Any", before["gas_pressure"])[2:5]
    assert rows(seen)["gas_pressure"] == [(now + later[0]) / 2, (later[1] + later[2]) / 2]
    assert rows(seen)["gas_burnt"] == [sum(rows(came)["gas_burnt"][1:3]), sum(rows(came)["gas_burnt"][3:5])]
    assert rows(seen)["tank_level"]["A"] == [min(rows(came)["tank_level"]["A"][at : at + 2]) for at in (1, 3)]


def test_the_daily_job_knows_of_it_what_a_replay_knows(folder: Path) -> None:
    built = gassy(replanning={"forecast": {"kind": "persistence"}, "hash_lag_hours": 24.0}, horizon={"hours": 6.0})
    start = pd.Timestamp("2026-02-12", tz=ZONE).tz_convert("UTC").as_unit("us")
    assert built.replanning is not None
    present = read_present(built, built.state, folder, built.replanning, start, start, NO_PRICES)
    replay = read_history(built, folder, datetime(2026, 2, 12), 6)
    firsts = np.array([0, 1, 4])
    assert rows(present.market(0, firsts, 6)) == rows(replay.market(0, firsts, 6))
    assert np.isnan(cast("Any", present.actual.market.table)["gas_pressure"][1:]).all()


def test_it_is_kept_in_records(folder: Path) -> None:
    built = gassy(fleet=(group("a"),))
    market = read(folder, built)
    dispatch = Dispatch.of({("a", "normal"): np.zeros(3)}, np.zeros(3), np.zeros(3))
    record = Record("plan", built, market, built.state, dispatch, 1.0, (("price",) * 3,))
    again = record_of(record.text(), "test")
    assert rows(again.market) == rows(market)
    assert rows(followed_until(again, again.market.grid.ends[1])[0].market)["tank_level"] == {"A": [9, 8], "B": [7, 7]}
