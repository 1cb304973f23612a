"""What is drawn: blocks of days, paths of bitcoin and difficulty, storms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimizer.config.base import SeriesFile
from optimizer.ensemble.draws import btc_factor, dice_of, difficulty_factor, storms
from optimizer.ensemble.history import bootstrap_blocks, candidates, consecutive, read_days, read_log_returns
from optimizer.ensemble.language import BtcPath, DifficultyPath, Storm, StormOutage
from optimizer.errors import InputError
from tests.ensemble.studies import study_in, write_history

HOURS = np.ones(168)
BEGINS = np.arange(168.0)


def test_days_are_local_days_of_the_clock(tmp_path: Path) -> None:
    """Over both changes of the clock: a level per local day stays whole."""
    for start in ("2025-03-07", "2025-10-31"):
        write_history(tmp_path / "h.csv", 5, start=start)
        days = read_days(tmp_path / "h.csv", SeriesFile(file="h.csv"), "America/Chicago")
        assert str(days.dates[0]) == start
        assert days.prices.shape == (5, 288)
        level = days.prices - 10.0 * np.sin(np.repeat(np.arange(24), 12) / 24 * 2 * np.pi)
        spring = slice(24, 36) if start.startswith("2025-03") else slice(0, 0)
        kept = np.delete(level, np.r_[spring], axis=1)
        np.testing.assert_allclose(kept, 20.0 + np.arange(5)[:, None] + np.zeros_like(kept), atol=1e-3)


def test_an_unfinished_day_is_not_drawn(tmp_path: Path) -> None:
    write_history(tmp_path / "h.csv", 3)
    text = (tmp_path / "h.csv").read_text().splitlines()
    (tmp_path / "h.csv").write_text("\n".join(text[:60]))
    assert len(read_days(tmp_path / "h.csv", SeriesFile(file="h.csv"), "America/Chicago")) == 2
    (tmp_path / "h.csv").write_text("\n".join(text[:10]))
    with pytest.raises(InputError, match="holds no whole day"):
        read_days(tmp_path / "h.csv", SeriesFile(file="h.csv"), "America/Chicago")


def test_blocks_keep_season_and_weekday(tmp_path: Path) -> None:
    write_history(tmp_path / "h.csv", 730, start="2023-01-01")
    days = read_days(tmp_path / "h.csv", SeriesFile(file="h.csv"), "America/Chicago")
    plan = np.arange("2026-02-11", "2026-02-18", dtype="datetime64[D]")
    starts = candidates(days, plan, 20, True)
    for number in range(50):
        drawn = np.array(list(bootstrap_blocks(dice_of(1, number, 0), starts, days.has_next, 3.0, random=True)))
        assert (days.weekday[drawn] == (np.arange(7) + 2) % 7).all()  # 11 February 2026 is a Wednesday
        season = days.season[drawn] - (np.arange(7) + 41)
        assert (np.abs(season) <= 20 + 6).all()  # a block that began within 20 days runs on


def test_blocks_have_the_length_asked_for() -> None:
    anywhere = (np.arange(10_000),) * 20_000
    drawn = np.array(list(bootstrap_blocks(dice_of(1, 0, 0), anywhere, consecutive(10_000), 4.0, random=True)))
    breaks = np.count_nonzero(np.diff(drawn) != 1) + 1
    assert len(drawn) / breaks == pytest.approx(4.0, rel=0.03)
    moving = np.array(list(bootstrap_blocks(dice_of(1, 0, 0), anywhere[:21], consecutive(10_000), 7.0, random=False)))
    assert (np.flatnonzero(np.diff(moving) != 1) + 1).tolist() == [7, 14]


def test_a_block_ends_where_the_history_has_a_gap() -> None:
    has_next = np.array([True, False, True, False])
    for number in range(40):
        drawn = list(bootstrap_blocks(dice_of(3, number, 0), (np.array([0]),) * 4, has_next, 100.0, random=True))
        assert drawn[:2] == [0, 1]
        assert 2 not in drawn


def test_no_day_of_the_season_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no day within 5 days of its season to stand for 2026-08-11"):
        study_in(
            tmp_path,
            prices={"history": {"file": "history.csv"}, "season_days": 5, "same_weekday": False},
            start="2026-08-11 00:00",
        ).draw(0)


def test_btc_is_a_martingale_without_drift_and_has_its_volatility() -> None:
    path = BtcPath(volatility_per_year=4.0)
    last = np.array([btc_factor(dice_of(1, n, 1), path, None, BEGINS)[-1] for n in range(4000)])
    assert last.mean() == pytest.approx(1.0, abs=4 * last.std() / np.sqrt(4000))
    assert np.log(last).std() == pytest.approx(4.0 * np.sqrt(6 / 365), rel=0.05)
    one = btc_factor(dice_of(1, 0, 1), path, None, BEGINS)
    assert (one[:24] == 1.0).all()
    assert len(set(one.tolist())) == 7


def test_btc_from_a_history_has_its_returns(tmp_path: Path) -> None:
    prices = [100.0, 110.0, 99.0, 120.0, 118.0]
    rows = "\n".join(f"2025-01-0{i + 1},{price}" for i, price in enumerate(prices))
    (tmp_path / "btc.csv").write_text(f"date,price_usd\n{rows}\n")
    spec = SeriesFile(file="btc.csv")
    kept = read_log_returns(tmp_path / "btc.csv", spec, keep_drift=True)
    np.testing.assert_allclose(kept, np.diff(np.log(prices)))
    assert read_log_returns(tmp_path / "btc.csv", spec, keep_drift=False).sum() == pytest.approx(0.0, abs=1e-12)
    factor = btc_factor(dice_of(1, 0, 1), BtcPath(history=spec), kept, BEGINS)
    steps = np.diff(np.log(factor[::24]))
    assert all(np.isclose(kept, step).any() for step in steps)


def test_difficulty_retargets_after_two_weeks_and_spans_count_by_time() -> None:
    path = DifficultyPath(first_retarget_hours=10.5, mean_change_share=-0.1116)
    factor = difficulty_factor(dice_of(1, 0, 2), path, np.arange(400.0), np.ones(400))
    np.testing.assert_allclose(factor[:10], 1.0)
    assert factor[10] == pytest.approx(1 - 0.1116 / 2)
    np.testing.assert_allclose(factor[11:346], 1 - 0.1116)
    assert factor[347] == pytest.approx((1 - 0.1116) ** 2)


def test_storms_come_as_often_as_told() -> None:
    storm = Storm(
        name="S", probability_per_week=0.3, least_hours=120.0, most_hours=120.0, outage=StormOutage(share=0.5)
    )
    touched = under_way = 0
    for number in range(4000):
        met = list(storms(dice_of(1, number, 3), storm, BEGINS, HOURS))
        touched += bool(met)
        under_way += any(hit[0] for _, hit in met)
        assert all((weight >= 0).all() and (weight <= 1).all() for weight, _ in met)
    rate = -np.log(0.7) / 168
    expected = 1 - np.exp(-rate * 288)  # those that begin in the week and those still there when it begins
    assert touched / 4000 == pytest.approx(expected, abs=0.025)
    assert under_way / 4000 == pytest.approx(1 - np.exp(-rate * 121), abs=0.025)


def test_the_shape_of_a_storm_is_that_of_its_length() -> None:
    flat = Storm(
        name="S", probability_per_week=0.9, least_hours=20.0, most_hours=20.0, shape="flat", outage=StormOutage(share=1)
    )
    peak = flat.model_copy(update={"shape": "peak"})
    for number in range(30):
        for (level, touched), (height, _) in zip(
            storms(dice_of(1, number, 3), flat, BEGINS, HOURS),
            storms(dice_of(1, number, 3), peak, BEGINS, HOURS),
            strict=True,
        ):
            assert (touched == (level > 0)).all()
            if not touched[0] and not touched[-1]:
                assert level.sum() == pytest.approx(20.0)
                assert height.sum() == pytest.approx(10.0, abs=0.2)
