"""Break-even figures against published ones. Each test names where its figure was published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optimizer.config.load import load_catalogue, load_farm
from optimizer.market.grid import grid_of
from optimizer.market.hashprice import hashprice
from optimizer.plan.breakeven import Breakeven, breakeven, strike_usd_per_mwh
from tests.farms import farm

CONFIGS = Path(__file__).parents[2] / "configs"
CATALOGUE = load_catalogue(CONFIGS / "machines.yaml").by_model()


def figures(model: str, *, price: float, difficulty: float, btc: float = 66_680.4, **more: Any) -> Breakeven:
    """Break-even of one catalogue machine at a fixed power price."""
    machine = CATALOGUE[model]
    group = {"name": "G", "units": 10, "machine": machine.model_dump()}
    revenue = {
        "hashprice_usd_per_ph_day": None,
        "btc_price_usd": btc,
        "difficulty": difficulty,
        "subsidy_btc": 3.125,
    }
    built = farm(
        group,
        revenue=revenue,
        energy={"price_usd_per_mwh": price},
        horizon={"start": "2026-02-11 00:00", "hours": 24.0},
        **more,
    )
    (row,) = breakeven(built, CONFIGS, grid_of(built)).rows
    return row


def test_hashprice_of_11_february_2026() -> None:
    """BTC $66,680.4 at difficulty 125.86 T (Gate market commentary, 11 February 2026) is $33.31 per PH/s per day."""
    assert hashprice(66_680.4, 125.86e12, 3.125, 0.0) == pytest.approx(33.31, abs=0.005)


def test_the_sample_farm_stands_at_that_hashprice() -> None:
    """The sample farm of February 2026 says what the articles say, before the pool's fee."""
    for name in ("west_texas.yaml", "fixed_tariff_12mw.yaml"):
        loaded = load_farm(CONFIGS / name)
        report = breakeven(loaded, CONFIGS, grid_of(loaded))
        assert report.hashprice_usd_per_ph_day == pytest.approx(33.31, abs=0.005)


def test_s19_xp_at_30_dollars_needs_six_cents() -> None:
    """CoinShares: at $30/PH/day machines of the S19 XP class need power at or below $0.06/kWh; exactly $0.0581."""
    strike = strike_usd_per_mwh(CATALOGUE["Antminer S19 XP"].point("normal").efficiency_j_per_th, 30.0)
    assert strike / 1000 == pytest.approx(0.0581, abs=0.00005)
    assert strike / 1000 <= 0.06


@pytest.mark.parametrize(
    ("model", "published", "ours"),
    [
        ("Antminer S21", (69_000, 74_000), 75_700),
        ("Antminer S21+", (69_000, 74_000), 71_400),
        ("Antminer S21 Hyd", (69_000, 74_000), 69_200),
        ("WhatsMiner M60S", (None, 86_000), 80_000),
        ("Antminer S19 XP+ Hyd", (None, 86_000), 82_200),
        ("Antminer S23 Hyd", (44_000, 44_000), 41_100),
    ],
)
def test_antpool_shutdown_prices(model: str, published: tuple[float | None, float], ours: float) -> None:
    """Antpool's shutdown prices of 2-3 February 2026 at $0.08/kWh and difficulty 141.67 T, energy only.

    Ours lie within 7 % of the published range: fees and their share explain the rest.
    """
    price = figures(model, price=80.0, difficulty=141.67e12).pays_at_btc_usd
    assert price == pytest.approx(ours, rel=0.002)
    low, high = published
    assert price <= high * 1.07
    assert low is None or price >= low * 0.93


def test_the_s19_is_under_water_at_five_cents_and_the_s21_is_not() -> None:
    """At $0.05/kWh in February 2026 the S19 series loses and the S21 earns (AInvest, 12 February 2026)."""
    for model, pays in (("Antminer S19", False), ("Antminer S19 Pro", False), ("Antminer S21", True)):
        assert figures(model, price=50.0, difficulty=125.86e12).pays is pays


def test_at_its_breakeven_btc_price_a_group_earns_exactly_nothing() -> None:
    """Hand: an S21 pays 50 USD/MWh x 17.5 J/TH; the BTC price that makes its strike 50 is the one reported."""
    row = figures("Antminer S21", price=50.0, difficulty=125.86e12)
    again = figures("Antminer S21", price=50.0, difficulty=125.86e12, btc=row.pays_at_btc_usd or 0.0)
    assert again.strike_usd_per_mwh == pytest.approx(50.0)
    harder = figures("Antminer S21", price=50.0, difficulty=row.pays_at_difficulty or 0.0)
    assert harder.strike_usd_per_mwh == pytest.approx(50.0)
    assert row.cash_usd_per_btc == pytest.approx(row.pays_at_btc_usd)  # no pool fee, no standby: the same figure


def test_loaded_cost_adds_fixed_costs_per_bitcoin() -> None:
    """Hand: 10 S21 of 200 TH/s are 2 PH/s; 3,043.75 USD a month are 100 USD a day of a month of 30.4375 days."""
    row = figures("Antminer S21", price=50.0, difficulty=125.86e12, costs={"fixed_usd_per_month": 3_043.75})
    btc_a_day = 2.0 * 86_400 * 1e15 / (125.86e12 * 2**32) * 3.125
    assert row.cash_usd_per_btc is not None
    assert row.loaded_usd_per_btc == pytest.approx(row.cash_usd_per_btc + 100.0 / btc_a_day)


@pytest.mark.parametrize("revenue", [{"hashprice_usd_per_ph_day": 0.0}, {"pool_fee_share": 1.0}])
def test_what_earns_nothing_never_pays_and_divides_by_nothing(revenue: dict[str, float]) -> None:
    built = farm(
        revenue=revenue, energy={"price_usd_per_mwh": 50.0}, horizon={"start": "2026-02-11 00:00", "hours": 2.0}
    )
    (row,) = breakeven(built, CONFIGS, grid_of(built)).rows
    assert (row.pays, row.pays_at_btc_usd, row.cash_usd_per_btc) == (False, None, None)
