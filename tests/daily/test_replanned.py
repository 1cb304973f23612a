"""A loop of jobs of a farm that plans again: what a replay of the same data does."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from optimizer.config.load import load_farm
from optimizer.daily.history import History
from optimizer.through_time.history import read_history
from optimizer.through_time.replanning import Stepper
from tests.daily.arriving import BEFORE, FIRST, KINDS, now_on, run, site, until, write_real
from tests.daily.farms import START, write_prices
from tests.sampling import sample


@pytest.mark.parametrize("kind", sample(KINDS, 2))
def test_a_loop_of_jobs_does_what_a_replay_does(tmp_path: Path, kind: str) -> None:
    """Prices that nobody has said, a job at every quarter of an hour with the files of that moment: equal machines."""
    farm, state = site(tmp_path / "farm", KINDS[kind]), tmp_path / "state"
    loaded = load_farm(farm)
    known = read_history(loaded, farm.parent, START, 24.0 + loaded.horizon.hours)
    stepper, carried, n = Stepper(known), loaded.state, 96 if kind == "day_ahead" else 20
    for now in range(n):
        moment = START + now * timedelta(minutes=15)
        write_real(farm.parent, until(moment))
        done = run(farm, state, moment)
        assert done.exit_code == 0, done.messages
        followed, carried = stepper.step(now, carried)
        planned = now_on(done.record)
        replayed = {point: float(units[0]) for point, units in followed.units_on.items()}
        # a job looks for better whole machines where rounding down is not proved best: one more may run
        assert all(abs(planned[point] - units) <= 1.0 for point, units in replayed.items()), moment
    stops = [0 < sum(units) < 3000 * n for (name, _), units in _all(state).items() if name == "Old"]
    assert all(stops)


def _all(state: Path) -> dict[tuple[str, str], list[float]]:
    found: dict[tuple[str, str], list[float]] = {}
    with History(state / "history.sqlite") as history:
        for _, record in history.schedules():
            for point, units in now_on(record).items():
                found.setdefault(point, []).append(units)
    return found


def test_weather_hash_revenue_and_calls_are_those_of_a_replay_too(tmp_path: Path) -> None:
    """Weather from a file that ends now, a day's hash revenue known a day late, a call told half an hour before it."""
    call = (
        "{name: cut, start: 2026-02-11 02:00, end: 2026-02-11 03:00, cut: {form: to_level, mw: 5}, notice_minutes: 30}"
    )
    farm = site(tmp_path / "farm", KINDS["change"], f"weather: {{temperature_c: {{file: warm.csv}}}}\nevents: [{call}]")
    text = farm.read_text().replace("usd_per_ph_day: 33", "usd_per_ph_day: {file: hash.csv}")
    farm.write_text(text.replace("ramp_up", "pue: {temperature_c: [0, 40], pue: [1.0, 1.5]}, ramp_up"))
    random = np.random.default_rng(8)
    warm = list(np.round(random.uniform(5.0, 35.0, 24 * (BEFORE + 3)), 1))
    worth = list(np.round(random.uniform(25.0, 45.0, 24 * (BEFORE + 3)), 2))
    write_prices(farm.parent / "warm.csv", warm, FIRST)
    write_prices(farm.parent / "hash.csv", worth, FIRST)
    loaded = load_farm(farm)
    known = read_history(loaded, farm.parent, START, 24.0)
    stepper, carried, said = Stepper(known), loaded.state, []
    for now in range(16):
        moment = START + now * timedelta(minutes=15)
        hours = BEFORE * 24 + now // 4 + 1
        write_real(farm.parent, until(moment))
        write_prices(farm.parent / "warm.csv", warm[:hours], FIRST)
        write_prices(farm.parent / "hash.csv", worth[: hours - 24], FIRST)
        done = run(farm, tmp_path / "state", moment)
        assert done.exit_code == 0, done.messages
        said.append(any("cut: is not reckoned with before 2026-02-11 01:30-06:00" in line for line in done.messages))
        followed, carried = stepper.step(now, carried)
        planned = now_on(done.record)
        replayed = {point: float(units[0]) for point, units in followed.units_on.items()}
        # a job looks for better whole machines where rounding down is not proved best: one more may run
        assert all(abs(planned[point] - units) <= 1.0 for point, units in replayed.items()), moment
    assert said == [True] * 6 + [False] * 10
