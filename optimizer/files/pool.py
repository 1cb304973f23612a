"""Work done elsewhere: here, by processes of this machine that may die without taking results with them, or by Dask."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from optimizer.files.workers import begin_worker, worker_pool

MOST_DEATHS = 2  # of workers over one chunk; then its tasks are tried one by one
_AHEAD = 2  # chunks handed out per worker, so that none waits and few are lost
T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
R = TypeVar("R")


@dataclass(frozen=True)
class Job(Generic[T, R]):
    """What workers do: ``do(given, chunk)`` is a result for each task of a chunk, whoever works it out and when.

    ``given`` is sent to each worker once. ``lost(task, why)`` stands for the result of a task over which workers die;
    ``task`` is what one is called, such as a scenario.
    """

    given: Any
    do: Callable[[Any, Sequence[T]], list[R]]
    lost: Callable[[T, str], R]
    task: str


class Workers(Protocol[T_contra, R]):
    """Whoever works out results."""

    def results(self, chunks: Iterable[Sequence[T_contra]], /) -> Iterator[list[R]]:
        """Those of each chunk, as they are done; chunks are asked for as workers are free."""


def workers_on(job: Job[T, R], workers: int, dask: str | None = None) -> AbstractContextManager[Workers[T, R]]:
    """Who does a job: this process for one worker, else so many of this machine, or the Dask cluster at an address."""
    if dask is not None:
        from optimizer.files.cluster import OnDask

        return OnDask(job, dask)
    return nullcontext(Here(job)) if workers == 1 else OnProcesses(job, workers)


class Here(Generic[T, R]):
    """Nobody but the process that asks."""

    def __init__(self, job: Job[T, R]) -> None:
        self._job = job

    def results(self, chunks: Iterable[Sequence[T]]) -> Iterator[list[R]]:
        """Those of each chunk, in order."""
        return (self._job.do(self._job.given, chunk) for chunk in chunks)


_job: Job[Any, Any]


def _begin(packed: bytes) -> None:
    global _job
    begin_worker()
    _job = pickle.loads(packed)  # noqa: S301 - sent by the client that started this process


def _work(chunk: Sequence[Any]) -> list[Any]:
    return _job.do(_job.given, chunk)


class OnProcesses(Generic[T, R]):
    """So many processes.

    When a worker dies the pool is made anew and what was under way is done again. A chunk over which workers have died
    twice is tried task by task, each alone in a process, so that one that kills its worker is known.
    """

    def __init__(self, job: Job[T, R], workers: int) -> None:
        self._job, self._workers = job, workers
        self._packed = pickle.dumps(job)
        self._open = ExitStack()
        self._made: ProcessPoolExecutor | None = None

    def __enter__(self) -> OnProcesses[T, R]:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        self._made = None
        self._open.close()

    def _pool(self) -> ProcessPoolExecutor:
        if self._made is None:
            self._made = self._open.enter_context(worker_pool(self._workers, _begin, self._packed))
        return self._made

    def results(self, chunks: Iterable[Sequence[T]]) -> Iterator[list[R]]:
        """Those of each chunk, as they are done."""
        todo = iter(chunks)
        again: deque[tuple[Sequence[T], int]] = deque()
        suspects: list[T] = []
        more = True
        while more or again:
            under_way: dict[Future[list[R]], tuple[Sequence[T], int]] = {}
            try:
                while True:
                    while len(under_way) < _AHEAD * self._workers and (more or again):
                        task = again.popleft() if again else None
                        if task is None and (chunk := next(todo, None)) is not None:
                            task = (chunk, 0)
                        if task is None:
                            more = False
                            break
                        under_way[self._submitted(task, again)] = task
                    if not under_way:
                        break
                    for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                        outcomes = future.result()
                        del under_way[future]
                        yield outcomes
            except BrokenProcessPool:
                self._end()
                for future, (chunk, deaths) in under_way.items():
                    if future.done() and not future.cancelled() and future.exception() is None:
                        yield future.result()
                    elif deaths + 1 < MOST_DEATHS:
                        again.append((chunk, deaths + 1))
                    else:
                        suspects += chunk
        for task_alone in suspects:
            yield [self._alone(task_alone)]

    def _submitted(self, task: tuple[Sequence[T], int], again: deque[tuple[Sequence[T], int]]) -> Future[list[R]]:
        try:
            return self._pool().submit(_work, task[0])
        except BrokenProcessPool:
            again.append(task)  # it never began
            raise

    def _alone(self, task: T) -> R:
        """One task in a process of its own, tried `MOST_DEATHS` times."""
        for _ in range(MOST_DEATHS):
            with worker_pool(1, _begin, self._packed) as pool:
                try:
                    result: R = pool.submit(_work, [task]).result()[0]
                    return result
                except BrokenProcessPool:
                    continue
        return self._job.lost(task, f"the worker died {MOST_DEATHS} times over this {self._job.task} alone")
