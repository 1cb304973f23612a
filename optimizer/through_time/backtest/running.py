"""Every rung of the ladder over one stretch of history, kept as it is made, on as many processes as there are."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from optimizer.config.backtest import Backtest
from optimizer.errors import CurtailError
from optimizer.files.digest import digest
from optimizer.files.workers import begin_worker, worker_pool
from optimizer.through_time.backtest.replay import DayStretch, Replay, billing_stretches
from optimizer.through_time.backtest.rungs import BOUND, REPLANNING, RUNGS
from optimizer.through_time.backtest.store import BacktestStore
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed

Shown = Callable[[int, int], None]
_MOST_DEATHS = 3
_POLL_S = 0.5

_study: tuple[Knowledge, Backtest, Path, str]


def schedules(
    k: Knowledge, rules: Backtest, keys: Sequence[str], results: Path, workers: int, shown: Shown
) -> dict[str, Followed]:
    """The schedule of each rung, in the order of the ladder; what ``results`` holds already is not made again.

    ``shown`` is told how many intervals of how many are done. Raises the errors of the rungs, CurtailError where
    workers die over and over.
    """
    name = digest(k, rules)  # farm, history, what was known of it
    store = BacktestStore(results, name)
    total = len(keys) * len(k.grid)

    def show() -> None:
        done = store.done()
        shown(min(sum(done.get(key, 0) for key in keys), total), total)

    try:
        tasks: list[str | DayStretch] = [key for key in (BOUND.key, *RUNGS) if key in keys and RUNGS[key].run]
        if REPLANNING.key in keys:
            tasks += billing_stretches(k)
        if workers > 1:
            _on_processes((k, rules, results, name), list(dict.fromkeys(tasks)), workers, show)
        by_rung = {}
        for key in RUNGS:
            if key in keys:
                by_rung[key] = _rung(k, rules, store, key) if RUNGS[key].run else _walked(k, store, show)
                show()
        return by_rung
    finally:
        store.close()


def _walked(k: Knowledge, store: BacktestStore, show: Callable[[], None]) -> Followed:
    return Replay(k, store).whole(lambda _day: show())


def _rung(k: Knowledge, rules: Backtest, store: BacktestStore, key: str) -> Followed:
    stored = store.get(key, 0, "")
    if stored is not None:
        return stored[1]
    run = RUNGS[key].run
    assert run is not None, "re-planning is replayed day by day"
    made = run(k, rules)
    store.put(key, 0, "", len(k.grid), made, "")
    return made


def _begin(packed: bytes) -> None:
    global _study
    begin_worker()
    _study = pickle.loads(packed)  # noqa: S301 - sent by the client that started this process


def _work(task: str | DayStretch) -> None:
    k, rules, results, name = _study
    store = BacktestStore(results, name)
    try:
        if isinstance(task, DayStretch):
            Replay(k, store).ahead(task)
        else:
            _rung(k, rules, store, task)
    finally:
        store.close()


def _on_processes(study: Any, tasks: list[str | DayStretch], workers: int, show: Callable[[], None]) -> None:
    """Do the tasks; when a worker dies, what is not done goes on from what it kept."""
    packed = pickle.dumps(study)
    for _ in range(_MOST_DEATHS):
        under_way: dict[Future[None], str | DayStretch] = {}
        with worker_pool(workers, _begin, packed) as pool:
            try:
                for task in tasks:
                    under_way[pool.submit(_work, task)] = task
                while under_way:
                    for future in wait(under_way, timeout=_POLL_S).done:
                        future.result()
                        del under_way[future]
                    show()
                return
            except BrokenProcessPool:
                pass  # what was done is kept, and passed over quickly
    raise CurtailError(f"worker processes died {_MOST_DEATHS} times; the same command goes on from what is kept")
