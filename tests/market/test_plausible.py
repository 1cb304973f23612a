"""Data that look wrong though they may be right: a sentence each, until the farm file says why."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.config.load import load_farm
from optimizer.config.silenced import Silenced
from optimizer.market.grid import grid_of
from optimizer.market.inputs import read_market
from tests.market.farms import ZONE, farm

MACHINE = {"model": "T", "hashrate_th": 100, "power_w": 1000, "cooling": "air", "source": "t", "confidence": "low"}
FLEET = ({"name": "a", "machine": MACHINE, "units": 1000},)
CALL = {"name": "C", "start": "2026-03-11 12:00", "end": "2026-03-11 18:00", "cut": {"form": "full_stop"}}
OTHERS = ({"name": "b", "machine": MACHINE, "units": 1000},)
TODAY = {"name": "C", "start": "2026-02-11 12:00", "end": "2026-02-11 18:00", "cut": {"form": "by_amount", "mw": 60}}
BTC = {"btc_price_usd": 6e4, "difficulty": 125.86e12}
STATE = {"at": "2026-02-11 00:00", "bill": {"peaks_mw": {"D": 0.1}}}


def said(folder: Path, prices: list[float], **sections: Any) -> tuple[str, ...]:
    """What an operator is told of a farm that plans a day on these prices, hour by hour."""
    hours = pd.date_range("2026-02-11", periods=len(prices), freq="h", tz=ZONE)
    rows = [f"{hour.isoformat()},{price}" for hour, price in zip(hours, prices, strict=True)]
    (folder / "p.csv").write_text("\n".join(["time,price", *rows, ""]))
    energy = {"price_usd_per_mwh": {"file": "p.csv"}} | sections.pop("energy", {})
    plain = {"horizon": {"start": "2026-02-11 00:00"}, "fleet": FLEET, "energy": energy}
    one = farm(**(plain | sections))
    grid = grid_of(one, datetime(2026, 2, 11), len(prices))
    return Conditions(one, read_market(one, folder, grid), one.state).warnings


GOOD = [20.0 + hour for hour in range(24)]
CASES: list[tuple[str, list[float], dict[str, Any], str]] = [
    ("difficulty", GOOD, {"revenue": BTC | {"difficulty": 125.86}}, "125.86 looks like 125.86 T: write 125.86e12"),
    ("pool_fee", GOOD, {"revenue": BTC | {"pool_fee_share": 1}}, "1 is a fee of 100%; 1 % is 0.01"),
    ("price_per_kwh", [0.02 + hour / 200 for hour in range(24)], {}, "no price is above 0.135 USD/MWh"),
    ("price_currency", [900.0] * 24, {}, "half of the prices are above 500 USD/MWh"),
    ("price_zeros", GOOD[:20] + [0.0] * 4, {}, "is 0 from 2026-02-11 20:00-06:00 to the end, as if not published yet"),
    ("events", GOOD, {"events": (CALL,)}, "events[0]: C, 2026-03-11 12:00, is outside the horizon"),
    ("amounts", GOOD, {"energy": {"price_usd_per_mwh": 52_000}}, "USD/MWh is far from the usual 1 to 1,000: is 52"),
    ("amounts", GOOD, {"energy": {"demand": ({"name": "D", "usd_per_kw": 0.012, "expected_peak_mw": 1.1},)},
                       "state": STATE}, "usd_per_kw: 0.012 USD/kW is far from the usual 0.1 to 100: is 12"),
    ("amounts", GOOD, {"site": {"import_limit_mw": 80_000}}, "80,000 MW is far from the usual 0.01 to 5,000: is 80 MW"),
    ("amounts", GOOD, {"site": {"import_limit_mw": 900}}, "300 times what all machines draw, 1 MW: are kW meant?"),
    ("amounts", GOOD, {"fleet": ({**FLEET[0], "machine": MACHINE | {"power_w": 3.5}}, *OTHERS)}, "is 3,500 W meant?"),
    ("amounts", GOOD, {"events": (TODAY,)}, "events[0].cut.mw: 60 MW is more than the 50 MW that the site may draw"),
    ("expected_peak", GOOD, {"energy": {"demand": ({"name": "D", "usd_per_kw": 1, "expected_peak_mw": 0.5},)},
                             "state": STATE}, "0.5 MW is below the 1 MW that full load draws"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "prices", "sections", "words"), CASES, ids=[case[0] for case in CASES])
def test_what_looks_wrong_is_told_until_a_reason_is_given(
    tmp_path: Path, key: str, prices: list[float], sections: dict[str, Any], words: str
) -> None:
    (told,) = said(tmp_path, prices, **sections)
    assert words in told
    assert told.endswith(f"(if it is right, say why as `silenced: {{{key}: ...}}`)")
    assert said(tmp_path, prices, **sections, silenced={key: "a test"}) == ()


def test_a_price_of_bitcoin_nine_months_old(tmp_path: Path) -> None:
    (tmp_path / "btc.csv").write_text("time,usd\n2024-06-01T00:00Z,60000\n2025-05-01T06:00Z,61000\n")
    revenue = BTC | {"btc_price_usd": {"file": "btc.csv", "holds_until_next": True}}
    (told,) = said(tmp_path, GOOD, revenue=revenue)
    assert "revenue.btc_price_usd: its newest row is of 2025-05-01" in told
    assert "286 days before the plan" in told


def test_a_publisher_of_another_currency(tmp_path: Path) -> None:
    rows = [f"NSW1,{time:%Y/%m/%d %H:%M:%S},7000,{20 + i}" for i, time in
            enumerate(pd.date_range("2026-02-11 17:00", periods=24, freq="h"))]  # fmt: skip
    (tmp_path / "a.csv").write_text("\n".join(["REGION,SETTLEMENTDATE,TOTALDEMAND,RRP", *rows, ""]))
    keys = {"price_usd_per_mwh": {"file": "a.csv"}}
    (told,) = said(tmp_path, GOOD, energy=keys)
    assert "a.csv is of a publisher of prices in AUD, taken as USD" in told
    assert said(tmp_path, GOOD, energy={"price_usd_per_mwh": {"file": "a.csv", "usd_per_unit": 0.65}}) == ()


ERCOT = "\n".join(["DeliveryDate,HourEnding,SettlementPoint,SettlementPointPrice,DSTFlag",
                   *(f"02/11/2026,{hour:02d}:00,HB_WEST,{20 + hour},N" for hour in range(1, 25)), ""])  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "price", "replaced", "taken"),
    [
        ("EUR", "price_per_mwh: {file: p.csv}", False, "taken as EUR; say `currency: USD` beside the file, and its"),
        ("NOK", "price_usd_per_mwh: 40", True, "taken as NOK; say `currency: USD`"),
        ("NOK", "price_per_mwh: {file: q.csv, currency: USD}", True, ""),
        ("NOK", "price_usd_per_mwh: {file: p.csv}", False, ""),
        ("NOK", "price_per_mwh: {file: p.csv, currency: EUR}", False, "taken as EUR; say `currency: USD`"),
    ],
)
def test_a_publisher_of_another_currency_than_the_farms_own(
    tmp_path: Path, currency: str, price: str, replaced: bool, taken: str
) -> None:
    (tmp_path / "p.csv").write_text(ERCOT)
    rates = "USD: 1.1" if currency == "EUR" else "USD: 10, EUR: 11"
    (tmp_path / "farm.yaml").write_text(
        f"name: T\ntimezone: {ZONE}\ncurrency: {currency}\nexchange_rates: {{{rates}}}\n"
        "site: {import_limit_mw: 5}\nfleet: [{name: a, model: Antminer S21, units: 10}]\n"
        "revenue: {hashprice_usd_per_ph_day: 30}\n"
        f"energy: {{{price}}}\n"
    )
    one = load_farm(tmp_path / "farm.yaml")
    grid = grid_of(one, datetime(2026, 2, 11), 24)
    warnings = read_market(one, tmp_path, grid, tmp_path / "p.csv" if replaced else None).warnings
    assert [taken in sentence for sentence in warnings] == ([True] if taken else [])


@pytest.mark.parametrize("prices", [GOOD, [-5.0] * 24, GOOD[:10] + [0.0] * 4 + GOOD[:10], [900.0] * 4])
def test_what_is_right_is_not_remarked_on(tmp_path: Path, prices: list[float]) -> None:
    assert said(tmp_path, prices, revenue=BTC) == ()


def test_what_stands_in_place_of_prices_is_no_price(tmp_path: Path) -> None:
    """Zeros where a scenario puts its own prices over the whole plan."""
    one = farm(energy={"price_usd_per_mwh": {"file": "p.csv"}}, revenue=BTC)
    grid = grid_of(one, datetime(2026, 2, 11), 24)
    assert read_market(one, tmp_path, grid, given={"energy_price_usd_per_mwh": 0.0}).warnings == ()


def test_every_remark_has_its_case() -> None:
    assert {key for key, *_ in CASES} | {"old_numbers"} == set(Silenced.model_fields)
