"""The same numbers whoever works them out, however often the work is broken off."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.accounts.settlement import settle
from optimizer.engine.highs import solve
from optimizer.engine.program import compile_program
from optimizer.ensemble.results import Results, collect, quantile, tail_mean
from optimizer.ensemble.run import CHUNK, job, run_study
from optimizer.ensemble.store import EnsembleStore
from optimizer.ensemble.study import EnsembleStudy
from optimizer.ensemble.work import FIGURES, RUNS_FROM, ScenarioResult, scenario_result, session_of, work
from optimizer.errors import CurtailError, InfeasibleError, InputError
from optimizer.files import pool
from optimizer.plan.formulation import build_problem
from optimizer.plan.whole_units import dispatch_of
from tests.ensemble.studies import study_in


def stored(file: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(file) as rows:
        return rows.execute("SELECT * FROM outcomes ORDER BY number").fetchall()


def assert_same(one: Results, other: Results) -> None:
    np.testing.assert_array_equal(one.numbers, other.numbers)
    for name in one.figures:
        np.testing.assert_array_equal(one.figures[name], other.figures[name])
    np.testing.assert_array_equal(one.probability, other.probability)
    assert one.failures == other.failures


def test_figures_are_those_of_a_plan_made_by_itself(study: EnsembleStudy) -> None:
    """Each scenario built, solved and settled anew, without anything of the ensemble's machinery."""
    for number in (0, 3, 11):
        kept = scenario_result(study, session_of(study), number)
        figures = dict(zip(FIGURES, np.frombuffer(kept.figures), strict=True))
        c = study.draw(number).conditions
        program = compile_program(build_problem(c))
        solution = solve(program)
        assert figures["profit_usd"] == pytest.approx(settle(c, dispatch_of(solution)).profit, rel=1e-9)
        assert figures["profit_usd"] == pytest.approx(sum(program.profit_by_term(solution.x).values()), rel=1e-9)
        running = np.unpackbits(np.frombuffer(kept.running, np.uint8), count=2 * 48).reshape(2, 48)
        for g, group in enumerate(c.farm.fleet):
            share = dispatch_of(solution).running(group) / c.units_available[g]
            clear = np.abs(share - RUNS_FROM) > 1e-6
            assert (running[g] == (share >= RUNS_FROM))[clear].all()


def test_processes_give_the_same_bytes_as_one(study: EnsembleStudy, tmp_path: Path) -> None:
    alone = run_study(study, tmp_path / "1.sqlite")
    assert_same(alone, run_study(study, tmp_path / "2.sqlite", workers=2))
    assert stored(tmp_path / "1.sqlite") == stored(tmp_path / "2.sqlite")
    assert alone.numbers.tolist() == list(range(24))


def test_order_and_chunks_do_not_matter(study: EnsembleStudy) -> None:
    forward = {o.number: o for o in work(study, range(12))}
    backward = {o.number: o for o in work(study, range(11, -1, -1))}
    assert forward == backward


def test_a_run_goes_on_where_its_file_ends(study: EnsembleStudy, tmp_path: Path) -> None:
    whole = run_study(study, tmp_path / "whole.sqlite")
    store = EnsembleStore(tmp_path / "part.sqlite", study.digest)
    store.add(work(study, [0, 5, 6, 23]))
    store.close()
    told: list[tuple[int, int]] = []
    resumed = run_study(study, tmp_path / "part.sqlite", counted=lambda done, of: told.append((done, of)))
    assert_same(whole, resumed)
    assert told == [(4, 24), (24, 24)]
    told.clear()
    assert_same(whole, run_study(study, tmp_path / "part.sqlite", counted=lambda done, of: told.append((done, of))))
    assert told == [(24, 24)]


def test_more_scenarios_later_keep_those_there_are(study: EnsembleStudy, tmp_path: Path) -> None:
    first = run_study(study, tmp_path / "r.sqlite", scenarios=8)
    more = run_study(study, tmp_path / "r.sqlite", scenarios=30)
    np.testing.assert_array_equal(first.profit, more.profit[:8])
    assert_same(first, run_study(study, tmp_path / "r.sqlite", scenarios=8))


def test_a_file_of_other_inputs_is_refused(study: EnsembleStudy, tmp_path: Path) -> None:
    run_study(study, tmp_path / "r.sqlite", scenarios=4)
    (tmp_path / "other").mkdir()
    other = study_in(tmp_path / "other", seed=8)
    with pytest.raises(InputError, match=r"r\.sqlite: holds results of other inputs.*--out, or delete this file"):
        run_study(other, tmp_path / "r.sqlite", scenarios=4)
    assert len(stored(tmp_path / "r.sqlite")) == 4


def test_a_chunk_is_written_whole_or_not_at_all(study: EnsembleStudy, tmp_path: Path) -> None:
    store = EnsembleStore(tmp_path / "r.sqlite", study.digest)
    store._file.execute(  # the second row fails, as on a full disk
        "CREATE TRIGGER full BEFORE INSERT ON outcomes WHEN NEW.number = 1 BEGIN SELECT RAISE(FAIL, 'disk'); END"
    )
    with pytest.raises(CurtailError, match=r"cannot be written: disk; the same command goes on from here"):
        store.add([ScenarioResult(0), ScenarioResult(1)])
    assert store.missing(2) == [0, 1]
    store.close()


def test_a_poisonous_scenario_is_reported_alone(
    study: EnsembleStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    original = EnsembleStudy.draw

    def poisoned(self: EnsembleStudy, number: int) -> Any:
        draw = original(self, number)
        market = draw.conditions.market
        if number == 3:
            price = market.energy_price_usd_per_mwh.copy()
            price[7] = np.nan
            market = market.with_(energy_price_usd_per_mwh=price)
        if number == 5:
            market = market.with_(auxiliary_load_mw=market.auxiliary_load_mw + 50.0)
        return replace(draw, conditions=replace(draw.conditions, market=market))

    clean = run_study(study, tmp_path / "clean.sqlite")
    monkeypatch.setattr(EnsembleStudy, "draw", poisoned)
    found = run_study(study, tmp_path / "poisoned.sqlite")
    assert set(found.failures) == {3, 5}
    assert "energy_usd_per_mwh: 1 value(s) are not finite" in found.failures[3]
    assert found.failures[5] == "no schedule meets every limit"
    others = [n for n in range(24) if n not in (3, 5)]
    assert found.numbers.tolist() == others
    np.testing.assert_array_equal(found.profit, clean.profit[others])


def test_no_result_at_all_is_an_error(study: EnsembleStudy) -> None:
    with pytest.raises(InfeasibleError, match="none of 2 scenarios has a result; number 4: so"):
        collect(study, [ScenarioResult(4, "so"), ScenarioResult(9, "and so")])


def test_an_infeasible_farm_is_told_before_anything_is_drawn(tmp_path: Path) -> None:
    study = study_in(tmp_path, {"site": {"import_limit_mw": 1.0, "auxiliary_load_mw": 2.0}})
    with pytest.raises(InfeasibleError):
        run_study(study, tmp_path / "r.sqlite")
    assert not (tmp_path / "r.sqlite").exists()


def dies_once(chunk: Sequence[int]) -> list[ScenarioResult]:
    """A worker that is killed over the first chunk it sees with number 7 in it, once."""
    mark = Path(os.environ["CURTAIL_TEST_MARK"])
    if 7 in chunk and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), 9)
    return pool._work(chunk)


def dies_always(chunk: Sequence[int]) -> list[ScenarioResult]:
    """A worker that number 7 kills every time."""
    if 7 in chunk:
        os.kill(os.getpid(), 9)
    return pool._work(chunk)


def test_the_work_of_a_killed_worker_is_done_again(
    study: EnsembleStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CURTAIL_TEST_MARK", str(tmp_path / "mark"))
    expected = work(study, range(12))
    original = pool.ProcessPoolExecutor.submit
    monkeypatch.setattr(pool.ProcessPoolExecutor, "submit", lambda self, _, chunk: original(self, dies_once, chunk))
    with pool.OnProcesses(job(study), 2) as there:
        found = [o for chunk in there.results([[n, n + 1] for n in range(0, 12, 2)]) for o in chunk]
    assert (tmp_path / "mark").exists()
    assert sorted(found, key=lambda o: o.number) == expected


def test_a_scenario_that_kills_its_worker_is_known_by_number(
    study: EnsembleStudy, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = work(study, range(10))
    original = pool.ProcessPoolExecutor.submit
    monkeypatch.setattr(pool.ProcessPoolExecutor, "submit", lambda self, _, chunk: original(self, dies_always, chunk))
    with pool.OnProcesses(job(study), 2) as there:
        found = [o for chunk in there.results([range(5), range(5, 10)]) for o in chunk]
    by_number = {o.number: o for o in found}
    assert len(found) == 10
    assert by_number.pop(7).failure == "the worker died 2 times over this scenario alone"
    assert list(dict(sorted(by_number.items())).values()) == [o for o in expected if o.number != 7]


def test_tail_figures() -> None:
    dice = np.random.default_rng(1)
    profit = dice.normal(100.0, 10.0, 200_000)
    assert quantile(profit, 0.05) == pytest.approx(100 - 16.449, abs=0.1)
    assert tail_mean(profit, 0.05) == pytest.approx(100 - 20.627, abs=0.1)  # normal density at 1.6449, over 0.05
    assert tail_mean(profit[:10], 0.05) == profit[:10].min()


def test_a_chunk_is_small_enough_to_lose() -> None:
    assert 1 <= CHUNK <= 100
