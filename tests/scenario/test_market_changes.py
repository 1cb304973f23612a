"""Each kind of change of the market, by hand: hours from 06:00 UTC on 11 February 2026, day 1 of the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.errors import InputError, MissingDataError
from optimizer.market.hashprice import btc_per_ph_day, hashprice
from optimizer.market.inputs import MarketInputs, read_market
from optimizer.scenario.market_changes import market_with
from tests.farms import farm, market
from tests.market.farms import farm as local_farm
from tests.scenario.made import scenario

PRICES = [10.0, 20.0, 30.0, 40.0]


def under(*changes: str, prices: Any = PRICES, folder: Path = Path(), **series: Any) -> MarketInputs:
    return market_with(market(farm(), prices, **series), scenario(*changes, folder=folder))


def price(*changes: str, prices: Any = PRICES, hours: Any = 1.0) -> list[float]:
    return under(*changes, prices=prices, hours=hours).energy_price_usd_per_mwh.tolist()


@pytest.mark.parametrize(
    ("change", "prices"),
    [
        ("scale: 2", [20, 40, 60, 80]),
        ("shift_usd_per_mwh: -15", [-5, 5, 15, 25]),
        ("set_usd_per_mwh: 9000", [9000] * 4),
        ("cap_usd_per_mwh: 25", [10, 20, 25, 25]),
        ("floor_usd_per_mwh: 25", [25, 25, 30, 40]),
        ("scale: 2, from: day 1 07:00", [10, 40, 60, 80]),
        ("scale: 2, to: day 1 07:00", [20, 20, 30, 40]),
        ("scale: 2, from: day 1 07:15, to: day 1 08:30", [10, 35, 45, 40]),
        ("set_usd_per_mwh: 100, from: 2026-02-11 07:30, to: 2026-02-11 02:30-06:00", [10, 60, 65, 40]),
        ("spike: {at: day 1 07:00, minutes: 15, usd_per_mwh: 100}", [10, 40, 30, 40]),
        ("spike: {at: day 1 09:45, minutes: 60, usd_per_mwh: 80}", [10, 20, 30, 50]),
        (
            "spike: {at: day 1 07:00, minutes: 60, usd_per_mwh: 80}, from: day 1 07:15, to: day 1 07:30",
            [10, 35, 30, 40],
        ),
        ("spike: {at: day 1 06:00, minutes: 60, usd_per_mwh: 5}", PRICES),  # a spike lowers no price
    ],
)
def test_price(change: str, prices: list[float]) -> None:
    assert price(f"kind: price, {change}") == pytest.approx(prices, rel=1e-12)


@pytest.mark.parametrize(
    ("shape", "prices"),
    [
        # 100 at 07:00, 300 at 09:00: means of 150 and 250; before and after the market's own
        ("shape: [{at: day 1 07:00, usd_per_mwh: 100}, {at: day 1 09:00, usd_per_mwh: 300}]", [10, 150, 250, 40]),
        (
            "shape: [{at: day 1 07:30, usd_per_mwh: 100}, {at: day 1 09:00, usd_per_mwh: 300}], between: hold, "
            "to: day 1 09:30",
            [10, 60, 100, 170],
        ),
        # level before the first point from `from` on, and after the last up to `to`
        (
            "shape: [{at: day 1 07:00, usd_per_mwh: 100}, {at: day 1 08:00, usd_per_mwh: 300}], from: day 1 06:30, "
            "to: day 1 09:00",
            [55, 200, 300, 40],
        ),
    ],
)
def test_shapes(shape: str, prices: list[float]) -> None:
    assert price(f"kind: price, {shape}") == pytest.approx(prices)


def test_changes_act_in_their_order() -> None:
    doubled, capped = "kind: price, scale: 2", "kind: price, cap_usd_per_mwh: 30"
    assert price(doubled, capped) == [20, 30, 30, 30]
    assert price(capped, doubled) == [20, 40, 60, 60]


def test_a_cap_acts_on_every_moment_not_on_the_mean() -> None:
    """Half an hour at 9,000 and half at 10 means 4,505; a cap of 5,000 still cuts 4,000 off the first half."""
    high = "kind: price, set_usd_per_mwh: 9000, to: day 1 06:30"
    assert price(high, "kind: price, cap_usd_per_mwh: 5000")[0] == pytest.approx((5000 + 10) / 2)


def test_a_cap_cuts_a_line_where_it_crosses() -> None:
    """From 0 to 400 within an hour, capped at 100: a triangle of a quarter of an hour, then level."""
    line = "kind: price, shape: [{at: day 1 06:00, usd_per_mwh: 0}, {at: day 1 07:00, usd_per_mwh: 400}]"
    assert price(line, "kind: price, cap_usd_per_mwh: 100")[0] == pytest.approx(0.25 * 50 + 0.75 * 100)
    assert price(line, "kind: price, floor_usd_per_mwh: 100")[0] == pytest.approx(0.25 * 100 + 0.75 * 250)


def test_the_length_of_intervals_changes_nothing() -> None:
    changes = (
        "kind: price, shape: [{at: day 1 06:20, usd_per_mwh: -50}, {at: day 1 09:10, usd_per_mwh: 700}]",
        "kind: price, spike: {at: day 1 07:05, minutes: 7, usd_per_mwh: 2000}",
        "kind: price, cap_usd_per_mwh: 900",
        "kind: price, scale: 1.5, from: day 1 08:12, to: day 1 08:50",
    )
    coarse = price(*changes, prices=[10, 20, 30, 40])
    fine = np.array(price(*changes, prices=np.repeat([10, 20, 30, 40], 12), hours=1 / 12))
    assert fine.reshape(4, 12).mean(axis=1) == pytest.approx(coarse, rel=1e-12)
    mixed = price(*changes, prices=[10, 10, 20, 30, 40], hours=[0.25, 0.75, 1, 1, 1])
    assert 0.25 * mixed[0] + 0.75 * mixed[1] == pytest.approx(coarse[0])


def test_what_is_not_touched_stays_to_the_last_bit() -> None:
    prices = [0.1, 1 / 3, 2e-7, 77.77]
    changed = price("kind: price, scale: 3, from: day 1 07:10, to: day 1 07:20", prices=prices)
    assert [changed[t] for t in (0, 2, 3)] == [prices[t] for t in (0, 2, 3)]


def test_the_export_price() -> None:
    """By itself: neither price changes the other. From 07:30 on it is 10 in place of 5, and then 1 more throughout."""
    changes = "kind: export_price, scale: 2, from: day 1 07:30", "kind: export_price, shift_usd_per_mwh: 1"
    both = under("kind: price, set_usd_per_mwh: 9000", *changes, export_price=5.0)
    assert both.energy_price_usd_per_mwh.tolist() == [9000] * 4
    assert both.export_price_usd_per_mwh.tolist() == [6, 8.5, 11, 11]
    capped = under(
        "kind: export_price, set_usd_per_mwh: 70", "kind: export_price, cap_usd_per_mwh: 40", export_price=5.0
    )
    assert capped.export_price_usd_per_mwh.tolist() == [40] * 4
    assert capped.energy_price_usd_per_mwh.tolist() == PRICES


def test_adders_and_temperature() -> None:
    assert under("kind: adders, shift_usd_per_mwh: 4", "kind: adders, scale: 2").adders_usd_per_mwh.tolist() == [8] * 4
    colder = under("kind: temperature, shift_c: -30, from: day 1 08:00", "kind: temperature, set_c: 5, to: day 1 07:00")
    assert colder.temperature_c.tolist() == [5, 10, -20, -20]
    front = under("kind: temperature, shape: [{at: day 1 06:00, c: 10}, {at: day 1 10:00, c: -10}]").temperature_c
    assert front.tolist() == [7.5, 2.5, -2.5, -7.5]


def test_hashprice_at_the_same_btc_price_earns_other_btc() -> None:
    changed = under("kind: hashprice, set_usd_per_ph_day: 48, from: day 1 07:30", hashprice=24.0)
    assert changed.hashprice_usd_per_ph_day.tolist() == [24, 36, 48, 48]
    assert changed.btc_price_usd is not None
    assert changed.btc_per_ph_day is not None
    assert (changed.btc_per_ph_day * changed.btc_price_usd).tolist() == pytest.approx([24, 36, 48, 48])
    path = "kind: hashprice, path: [{at: day 1 06:00, usd_per_ph_day: 10}, {at: day 1 08:00, usd_per_ph_day: 30}]"
    assert under(path).hashprice_usd_per_ph_day.tolist() == [15, 25, 30, 30]


def from_btc_and_difficulty(hours: int = 4) -> MarketInputs:
    """A farm that gives BTC price and difficulty: 100,000 USD and 100e12, 0.2 BTC of fees per block."""
    revenue = {"btc_price_usd": 100_000.0, "difficulty": 100e12, "fees_btc_per_block": 0.2}
    one = farm(revenue={"hashprice_usd_per_ph_day": None, **revenue})
    return read_market(one, Path(), market(one, [0.0] * hours, hashprice=24.0).grid)


def test_hashprice_follows_btc_price_and_difficulty() -> None:
    """As ``market.hashprice`` has it, subsidy and fees included."""
    fallen = "kind: btc_price, set_usd: 66680.4, from: day 1 07:00"
    eased = (
        "kind: difficulty, retargets: [{at: day 1 08:00, change_share: -0.1116}, {at: day 1 09:00, change_share: 1}]"
    )
    changed = market_with(from_btc_and_difficulty(), scenario(fallen, eased))
    btc = [100_000.0, 66680.4, 66680.4, 66680.4]
    difficulty = [100e12, 100e12, 88.84e12, 177.68e12]
    expected = [hashprice(usd, at, 3.125, 0.2) for usd, at in zip(btc, difficulty, strict=True)]
    assert changed.hashprice_usd_per_ph_day.tolist() == pytest.approx(expected, rel=1e-12)
    assert changed.btc_price_usd.tolist() == pytest.approx(btc)
    assert changed.difficulty.tolist() == pytest.approx(difficulty)
    earned = [btc_per_ph_day(at, 3.125, 0.2) for at in difficulty]
    assert changed.btc_per_ph_day.tolist() == pytest.approx(earned, rel=1e-12)


def test_paths_of_btc_price_and_difficulty() -> None:
    btc = "kind: btc_price, path: [{at: day 1 06:00, usd: 100000}, {at: day 1 10:00, usd: 60000}]"
    steps = "kind: difficulty, path: [{at: day 1 07:00, difficulty: 50e12}, {at: day 1 08:30, difficulty: 200e12}]"
    changed = market_with(from_btc_and_difficulty(), scenario(btc))
    assert changed.btc_price_usd.tolist() == pytest.approx([95e3, 85e3, 75e3, 65e3])
    expected = hashprice(changed.btc_price_usd, np.full(4, 100e12), np.full(4, 3.125), 0.2)
    assert changed.hashprice_usd_per_ph_day.tolist() == pytest.approx(expected.tolist())
    stepped = market_with(from_btc_and_difficulty(), scenario(steps)).difficulty
    assert stepped.tolist() == pytest.approx([100e12, 50e12, 125e12, 200e12])


def test_retargets_hold_within_their_window() -> None:
    """One before the plan counts from its beginning; `from` puts off, `to` takes back."""
    steps = "retargets: [{at: 2026-02-10 00:00, change_share: 1}, {at: day 1 08:00, change_share: -0.5}]"

    def difficulty(more: str = "") -> list[float]:
        changed = market_with(from_btc_and_difficulty(), scenario(f"kind: difficulty, {steps}{more}")).difficulty
        assert changed is not None
        return (changed / 1e12).tolist()

    assert difficulty() == [200, 200, 100, 100]
    assert difficulty(", from: day 1 07:00, to: day 1 09:00") == [100, 200, 100, 100]
    assert difficulty(", from: day 1 09:00") == [100, 100, 100, 100]


def test_a_farm_that_gives_a_hashprice_follows_by_shares() -> None:
    """Half the BTC price is half the hashprice, on every farm; a price to be set must be known."""
    one = local_farm()
    plain = read_market(one, Path(), market(farm(), PRICES).grid)
    assert plain.btc_price_usd is None
    changed = market_with(plain, scenario("kind: btc_price, scale: 0.5", "kind: difficulty, scale: 0.8"))
    assert changed.hashprice_usd_per_ph_day.tolist() == pytest.approx([33.31 * 0.5 / 0.8] * 4)
    assert changed.btc_price_usd is None
    message = r"<scenario>:5:32: changes\[0\].set_usd: the farm knows no BTC price to be replaced; scale it"
    with pytest.raises(InputError, match=message):
        market_with(plain, scenario("kind: btc_price, set_usd: 5"))


def test_a_series_of_a_file_beside_the_scenario(tmp_path: Path) -> None:
    rows = "".join(
        f"2026-02-11 {hour:02d}:{minute:02d},{hour * 100 + minute}\n" for hour in (7, 8) for minute in (0, 30)
    )
    (tmp_path / "high.csv").write_text("time,usd_per_mwh\n" + rows)
    series = "kind: price, series: {file: high.csv}, from: day 1 07:15"
    assert under(f"{series}, to: day 1 09:00", folder=tmp_path).energy_price_usd_per_mwh.tolist() == pytest.approx(
        [10, 0.25 * 20 + 0.25 * 700 + 0.5 * 730, 815, 40]
    )
    with pytest.raises(
        MissingDataError, match=r"high\.csv: usd_per_mwh: covers 2026-02-11 07:00.* to 2026-02-11 09:00"
    ):
        under(series, folder=tmp_path)
    with pytest.raises(InputError, match=r"low\.csv:1:1: there is no such file"):
        under("kind: price, series: {file: low.csv}", folder=tmp_path)


def test_values_out_of_range_are_refused_at_the_change() -> None:
    with pytest.raises(InputError) as caught:
        under("kind: price, scale: 1e6", "kind: temperature, shift_c: 79", prices=[10.0, 20.0])
    assert [str(fault) for fault in caught.value.faults] == [
        "<scenario>:5:5: changes[0]: the energy price must be at least -1e+06 and at most 1e+06 (got 1e+07)",
        "<scenario>:6:5: changes[1]: the temperature must be at least -80 and at most 80 (got 89)",
    ]


def test_only_what_is_known() -> None:
    """Proves that notice hides a change until it comes, and that a change without one is always known."""
    two = scenario("kind: price, scale: 2", "kind: price, cap_usd_per_mwh: 30, notice: day 1 07:00")
    plain = market(farm(), PRICES)
    at = plain.grid.starts.to_pydatetime()
    assert market_with(plain, two, known_at=at[0]).energy_price_usd_per_mwh.tolist() == [20, 40, 60, 80]
    assert market_with(plain, two, known_at=at[1]).energy_price_usd_per_mwh.tolist() == [20, 30, 30, 30]
    assert market_with(plain, two).energy_price_usd_per_mwh.tolist() == [20, 30, 30, 30]


def test_a_change_outside_the_plan_does_nothing_and_says_so() -> None:
    changed = under("kind: price, scale: 2, from: 2021-02-15 00:00, to: 2021-02-19 00:00")
    assert changed.energy_price_usd_per_mwh.tolist() == PRICES
    (warning,) = changed.warnings
    assert warning == "scenario test: the change of kind price in <scenario>:5 lies outside the plan"
