"""A scenario follows from the seed and its number alone, and changes what it is meant to."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from optimizer.config.load import load_farm
from optimizer.ensemble.load import load_ensemble
from optimizer.ensemble.study import EnsembleStudy, make_study
from tests.ensemble.studies import FARM, study_in


def test_the_same_number_is_the_same_scenario_anywhere(study: EnsembleStudy) -> None:
    other = pickle.loads(pickle.dumps(study))
    for number in (5, 0, 17):
        one, two = study.draw(number).conditions.market, other.draw(number).conditions.market
        for name in ("energy_price_usd_per_mwh", "hashprice_usd_per_ph_day", "btc_price_usd", "difficulty"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert study.digest == other.digest


def test_concerns_have_dice_of_their_own(tmp_path: Path) -> None:
    """Another storm moves no price outside it, another volatility no price at all."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = study_in(tmp_path / "a", storms=None), study_in(tmp_path / "b", storms=None, btc=None)
    for number in range(5):
        a, b = one.draw(number).conditions.market, other.draw(number).conditions.market
        np.testing.assert_array_equal(a.energy_price_usd_per_mwh, b.energy_price_usd_per_mwh)
        np.testing.assert_array_equal(a.difficulty, b.difficulty)
        assert (b.btc_price_usd == 66680.4).all()


def test_concerns_do_not_move_together(tmp_path: Path) -> None:
    study = study_in(tmp_path, storms=None)
    markets = [study.draw(number).conditions.market for number in range(400)]
    btc = [np.log(market.btc_price_usd[24] / 66680.4) for market in markets if market.btc_price_usd is not None]
    retarget = [market.difficulty[-1] for market in markets if market.difficulty is not None]
    level = [market.energy_price_usd_per_mwh[0] for market in markets]
    assert np.abs(np.corrcoef([btc, retarget, level]) - np.eye(3)).max() < 0.2


def test_prices_are_days_of_the_history(study: EnsembleStudy) -> None:
    quiet = [draw for draw in map(study.draw, range(30)) if not draw.storms]
    assert quiet
    wave = 10.0 * np.sin(np.arange(24) / 24 * 2 * np.pi)
    for draw in quiet:
        levels = draw.conditions.market.energy_price_usd_per_mwh.reshape(2, 24) - wave - 20.0
        np.testing.assert_allclose(levels, np.round(levels[:, :1]) + np.zeros((2, 24)), atol=1e-3)


def test_hashprice_follows_bitcoin_and_difficulty(study: EnsembleStudy) -> None:
    base = study.base.market
    market = study.draw(3).conditions.market
    assert market.btc_price_usd is not None
    assert market.difficulty is not None
    expected = base.hashprice_usd_per_ph_day * market.btc_price_usd / 66680.4 * 125.86e12 / market.difficulty
    np.testing.assert_allclose(market.hashprice_usd_per_ph_day, expected, rtol=1e-12)
    np.testing.assert_allclose(market.btc_price_usd * market.btc_per_ph_day, expected, rtol=1e-12)


def test_a_hashprice_without_bitcoin_moves_by_shares(tmp_path: Path) -> None:
    study = study_in(tmp_path, {"revenue": {"hashprice_usd_per_ph_day": 33.0}}, difficulty=None)
    market = study.draw(1).conditions.market
    assert market.hashprice_usd_per_ph_day[0] == 33.0
    assert market.hashprice_usd_per_ph_day[-1] != 33.0
    assert market.btc_price_usd is None


def test_a_level_has_mean_one(tmp_path: Path) -> None:
    prices = {"history": {"file": "history.csv"}, "season_days": 183, "same_weekday": False, "level_deviation": 0.4}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    plain = study_in(tmp_path / "a", storms=None, prices=prices | {"level_deviation": 0.0})
    level = study_in(tmp_path / "b", storms=None, prices=prices)
    ratio = np.array(
        [
            level.draw(n).conditions.market.energy_price_usd_per_mwh[0]
            / plain.draw(n).conditions.market.energy_price_usd_per_mwh[0]
            for n in range(2000)
        ]
    )
    assert ratio.mean() == pytest.approx(1.0, abs=0.04)
    assert np.log(ratio).std() == pytest.approx(0.4, rel=0.06)


def test_storms_raise_prices_and_take_machines(study: EnsembleStudy) -> None:
    met = [draw for draw in map(study.draw, range(40)) if draw.storms == 1]
    assert met
    for draw in met:
        c = draw.conditions
        hit = c.units_available[0] < 1500
        assert c.units_available[0].min() == 1125
        assert (c.market.energy_price_usd_per_mwh[~hit] < 95).all()


def test_the_digest_knows_every_input(tmp_path: Path) -> None:
    def digest(folder: str, farm: dict[str, object] | None = None, **ensemble: object) -> str:
        (tmp_path / folder).mkdir()
        return study_in(tmp_path / folder, farm, **ensemble).digest

    base = digest("base")
    assert digest("same", name="Another name", scenarios=99) == base
    others = [
        digest("seed", seed=8),
        digest("start", start="2026-02-12 00:00"),
        digest("farm", {"site": {"import_limit_mw": 11.0}}),
        digest("revenue", {"revenue": {**FARM["revenue"], "btc_price_usd": 66680.5}}),
        digest("storm", storms=None),
    ]
    assert len({base, *others}) == 6


def test_the_digest_knows_the_order_of_the_history(tmp_path: Path) -> None:
    """Two days change places: no mean changes, the blocks do."""
    base = study_in(tmp_path)
    history = tmp_path / "history.csv"
    lines = history.read_text().splitlines(keepends=True)
    values = [line.split(",")[1] for line in lines[1:]]
    values[:24], values[24:48] = values[24:48], values[:24]
    swapped = [f"{line.split(',')[0]},{value}" for line, value in zip(lines[1:], values, strict=True)]
    history.write_text("".join([lines[0], *swapped]))
    farm = load_farm(tmp_path / "farm.yaml")
    other = make_study(farm, tmp_path, load_ensemble(tmp_path / "ensemble.yaml", farm), tmp_path)
    np.testing.assert_allclose(other.base.market.energy_price_usd_per_mwh, base.base.market.energy_price_usd_per_mwh)
    assert other.digest != base.digest


def test_the_digest_knows_what_the_series_of_the_farm_hold(tmp_path: Path) -> None:
    told = set()
    for adder in ("3.0", "4.0"):
        folder = tmp_path / adder
        folder.mkdir()
        rows = "".join(f"2026-02-{day:02d} 00:00,{adder}\n" for day in range(10, 15))
        (folder / "adders.csv").write_text("time,value\n" + rows)
        energy = {"price_usd_per_mwh": 40.0, "adders_usd_per_mwh": {"file": "adders.csv", "holds_until_next": True}}
        told.add(study_in(folder, {"energy": energy}).digest)
    assert len(told) == 2
