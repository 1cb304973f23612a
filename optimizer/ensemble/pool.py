"""Workers on this machine: processes that may die without taking results with them."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from optimizer.ensemble.study import EnsembleStudy
from optimizer.ensemble.work import ScenarioResult, work
from optimizer.files.workers import begin_worker, worker_pool

Chunk = Sequence[int]
MOST_DEATHS = 2  # of workers over one chunk; then its scenarios are tried one by one
_AHEAD = 2  # chunks handed out per worker, so that none waits and few are lost

_study: EnsembleStudy


def in_process(study: EnsembleStudy, chunks: Iterable[Chunk]) -> Iterator[list[ScenarioResult]]:
    """Plan the chunks here."""
    return (work(study, chunk) for chunk in chunks)


def _begin(packed: bytes) -> None:
    global _study
    begin_worker()
    _study = pickle.loads(packed)  # noqa: S301 - sent by the client that started this process


def _work(chunk: Chunk) -> list[ScenarioResult]:
    return work(_study, chunk)


def on_processes(study: EnsembleStudy, chunks: Iterable[Chunk], workers: int) -> Iterator[list[ScenarioResult]]:
    """Plan the chunks in ``workers`` processes; results come as they are done.

    When a worker dies the pool is made anew and what was under way is done again. A chunk over which workers have died
    twice is tried scenario by scenario, each alone in a process, so that one that kills its worker is known by number.
    """
    packed = pickle.dumps(study)
    todo = iter(chunks)
    again: deque[tuple[Chunk, int]] = deque()
    suspects: list[int] = []
    more = True
    while more or again:
        under_way: dict[Future[list[ScenarioResult]], tuple[Chunk, int]] = {}
        with worker_pool(workers, _begin, packed) as pool:
            try:
                while True:
                    while len(under_way) < _AHEAD * workers and (more or again):
                        task = again.popleft() if again else None
                        if task is None and (chunk := next(todo, None)) is not None:
                            task = (chunk, 0)
                        if task is None:
                            more = False
                            break
                        under_way[_submitted(pool, task, again)] = task
                    if not under_way:
                        break
                    for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                        outcomes = future.result()
                        del under_way[future]
                        yield outcomes
            except BrokenProcessPool:
                for future, (chunk, deaths) in under_way.items():
                    if future.done() and not future.cancelled() and future.exception() is None:
                        yield future.result()
                    elif deaths + 1 < MOST_DEATHS:
                        again.append((chunk, deaths + 1))
                    else:
                        suspects += chunk
    for number in suspects:
        yield [_alone(packed, number)]


def _submitted(
    pool: ProcessPoolExecutor, task: tuple[Chunk, int], again: deque[tuple[Chunk, int]]
) -> Future[list[ScenarioResult]]:
    try:
        return pool.submit(_work, task[0])
    except BrokenProcessPool:
        again.append(task)  # it never began
        raise


def _alone(packed: bytes, number: int) -> ScenarioResult:
    """One scenario in a process of its own, tried `MOST_DEATHS` times."""
    for _ in range(MOST_DEATHS):
        with worker_pool(1, _begin, packed) as pool:
            try:
                return pool.submit(_work, [number]).result()[0]
            except BrokenProcessPool:
                continue
    return ScenarioResult(number, f"the worker died {MOST_DEATHS} times over this scenario alone")
