"""Workers of a Dask cluster that is already there. Dask itself gives the work of a dead worker to another."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic

from optimizer.errors import CurtailError, InputError
from optimizer.files.pool import Job, R, T
from optimizer.files.software import versions

_WAIT_S = 30.0  # for the scheduler, and for a first worker
_AHEAD = 2  # chunks handed out per thread of the cluster


def _unpacked(packed: bytes) -> Job[Any, Any]:
    return pickle.loads(packed)  # type: ignore[no-any-return]  # noqa: S301 - sent by the client of this cluster


def _work(job: Job[T, R], chunk: Sequence[T]) -> list[R]:
    return job.do(job.given, chunk)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise InputError("--dask needs Dask: pip install 'curtail[sweep]', here and on the workers") from None
    return distributed


class OnDask(Generic[T, R]):
    """The workers of the cluster at an address.

    A chunk over which as many workers have died as the scheduler allows (``distributed.scheduler.allowed-failures``) is
    tried task by task. Raises InputError where there is no such cluster, or one of other versions.
    """

    def __init__(self, job: Job[T, R], address: str) -> None:
        self._job, self._address, self._distributed = job, address, _distributed()

    def __enter__(self) -> OnDask[T, R]:
        try:
            self._client = self._distributed.Client(self._address, timeout=_WAIT_S)
        except (OSError, ValueError) as error:
            raise InputError(f"--dask {self._address}: there is no scheduler to reach: {error}") from None
        try:
            _judge_workers(self._client, self._address)
            # the job is a task, which Dask repeats where its holder dies
            self._given = self._client.submit(_unpacked, pickle.dumps(self._job), pure=False)
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def results(self, chunks: Iterable[Sequence[T]]) -> Iterator[list[R]]:
        """Those of each chunk, as they are done, a bounded number under way."""
        client, todo = self._client, iter(chunks)
        arriving = self._distributed.as_completed(raise_errors=False)
        asked: dict[str, Sequence[T]] = {}

        def ask(chunk: Sequence[T] | None) -> None:
            if chunk is not None:
                future = client.submit(_work, self._given, list(chunk), pure=False)
                asked[future.key] = chunk
                arriving.add(future)

        for _ in range(_AHEAD * max(sum(client.nthreads().values()), 1)):
            ask(next(todo, None))
        for future in arriving:
            chunk = asked.pop(future.key)
            error = future.exception() if future.status == "error" else None
            if future.status == "finished":
                yield future.result()
                ask(next(todo, None))
            elif not isinstance(error, self._distributed.KilledWorker):
                raise CurtailError(f"the cluster gave up: {error or future.status}; the same command goes on from here")
            elif len(chunk) > 1:
                for task in chunk:
                    ask([task])
            else:
                yield [self._job.lost(chunk[0], f"every worker that took this {self._job.task} died")]
            future.release()


def _judge_workers(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_WAIT_S)
    except TimeoutError:
        raise InputError(f"--dask {address}: no worker has joined within {_WAIT_S:g} seconds") from None
    try:
        by_worker = client.run(versions)
    except ImportError as error:
        raise InputError(f"--dask {address}: a worker lacks this software: {error}; install the same there") from None
    here = versions()
    for worker, there in by_worker.items():
        if there != here:
            differing = ", ".join(
                f"{name} {there[name]} (here {here[name]})" for name in here if there[name] != here[name]
            )
            raise InputError(f"--dask {address}: worker {worker} has {differing}; install the same versions")
