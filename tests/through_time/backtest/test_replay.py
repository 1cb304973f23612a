"""A replay in pieces: kept, taken up again, and made by several processes, it is the same schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.config.backtest import Backtest
from optimizer.errors import InputError
from optimizer.through_time.backtest.replay import Replay, billing_stretches
from optimizer.through_time.backtest.rungs import REPLANNING, RUNGS
from optimizer.through_time.backtest.running import digest, schedules
from optimizer.through_time.backtest.store import BacktestStore, packed_schedule, unpacked
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed
from tests.farms import group
from tests.through_time.histories import history, replanned

SLOW = group(units=10, restart_minutes=30.0, minimum_on_hours=2.0, minimum_off_hours=2.0, starts_per_day=1.0)
HOURS = 24 * 6
START = "2026-02-26 00:00+00:00"


@pytest.fixture(scope="module")
def k() -> Knowledge:
    """Six days over the end of February, with a demand charge by the month."""
    random = np.random.default_rng(11)
    charge = {"name": "Demand", "usd_per_mw": 5.0, "expected_peak_mw": 8.0}
    state = {"at": START, "bill": {"peaks_mw": {"Demand": 3.0}}}
    built = replanned(SLOW, hours=8.0, energy={"demand": (charge,)}, state=state)
    prices = np.where(random.random(HOURS) < 0.25, 4.0, random.uniform(0.2, 1.2, HOURS))
    return history(built, prices, forecast=0.6, half_life=2.0, start=START)


@pytest.fixture(scope="module")
def alone(k: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    """The schedule made in one go."""
    return Replay(k, BacktestStore(tmp_path_factory.mktemp("alone") / "alone.sqlite", "x")).whole(nothing)


def same(one: Followed, other: Followed) -> bool:
    units = all(np.array_equal(one.units_on[point], other.units_on[point]) for point in one.units_on)
    reasons = one.off.keys() == other.off.keys() and all(np.array_equal(one.off[r], other.off[r]) for r in one.off)
    return units and reasons and np.array_equal(one.onsite_mw, other.onsite_mw)


def nothing(_done: int, _of: int = 0) -> None:
    """Show nothing."""


def test_the_periods_of_a_stretch(k: Knowledge) -> None:
    assert [(part.first, part.stop) for part in billing_stretches(k)] == [(0, 3), (3, 6)]


def test_periods_replayed_ahead_are_taken_or_made_anew(k: Knowledge, alone: Followed, tmp_path: Path) -> None:
    """Begun from guessed states, in whatever order, the walk from the true beginning gives the same schedule."""
    assert alone.units_on["G", "normal"].min() < 10
    store = BacktestStore(tmp_path / "ahead.sqlite", "x")
    ahead = Replay(k, store)
    for part in reversed(billing_stretches(k)):
        ahead.ahead(part)
    assert same(Replay(k, store).whole(nothing), alone)


def test_a_replay_goes_on_where_it_was_stopped(k: Knowledge, alone: Followed, tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(day: int) -> None:
        if day == 3:
            raise StoppedError

    path = tmp_path / "stopped.sqlite"
    with pytest.raises(StoppedError):
        Replay(k, BacktestStore(path, "x")).whole(stop)
    again = BacktestStore(path, "x")
    assert again.done() == {REPLANNING.key: 72}
    assert same(Replay(k, again).whole(nothing), alone)


def test_two_processes_give_what_one_does(k: Knowledge, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    one = schedules(k, Backtest(), tuple(RUNGS), tmp_path / "one.sqlite", 1, nothing)
    two = schedules(k, Backtest(), tuple(RUNGS), tmp_path / "two.sqlite", 2, lambda done, of: told.append((done, of)))
    assert list(one) == list(two) == list(RUNGS)
    assert all(same(one[key], two[key]) for key in RUNGS)
    assert told[-1] == (len(RUNGS) * HOURS, len(RUNGS) * HOURS)


def test_results_of_other_inputs_are_refused(k: Knowledge, tmp_path: Path) -> None:
    rules = Backtest()
    name = digest(k, rules)
    BacktestStore(tmp_path / "a.sqlite", name).close()
    other: Any = digest(k, Backtest(hysteresis_share=0.2))
    assert other != name
    assert digest(k, rules) == name
    with pytest.raises(InputError, match="other inputs"):
        BacktestStore(tmp_path / "a.sqlite", other)


def test_a_schedule_survives_its_packing(alone: Followed) -> None:
    assert same(unpacked(packed_schedule(alone)), alone)
