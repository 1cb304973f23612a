"""A scenario follows from the seed and its number alone, and changes what it is meant to."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from optimizer.ensemble.study import Study
from tests.ensemble.studies import FARM, study_in


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return study_in(tmp_path)


def test_the_same_number_is_the_same_scenario_anywhere(study: Study) -> None:
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


def test_prices_are_days_of_the_history(study: Study) -> None:
    quiet = [draw for draw in map(study.draw, range(30)) if not draw.storms]
    assert quiet
    wave = 10.0 * np.sin(np.arange(24) / 24 * 2 * np.pi)
    for draw in quiet:
        levels = draw.conditions.market.energy_price_usd_per_mwh.reshape(2, 24) - wave - 20.0
        np.testing.assert_allclose(levels, np.round(levels[:, :1]) + np.zeros((2, 24)), atol=1e-3)


def test_hashprice_follows_bitcoin_and_difficulty(study: Study) -> None:
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


def test_storms_raise_prices_and_take_machines(study: Study) -> None:
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
    path = tmp_path / "base" / "history.csv"
    assert digest("history") == base
    path.write_text(path.read_text().replace("45.0", "45.5"))
    from optimizer.config.load import load_farm
    from optimizer.ensemble.load import load_ensemble
    from optimizer.ensemble.study import make_study

    folder = tmp_path / "base"
    changed = make_study(load_farm(folder / "farm.yaml"), folder, load_ensemble(folder / "ensemble.yaml"), folder)
    assert changed.digest != base
