"""Workers of a Dask cluster that is already there. Dask itself gives the work of a dead worker to another."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from optimizer.ensemble.pool import Chunk
from optimizer.ensemble.study import EnsembleStudy
from optimizer.ensemble.work import ScenarioResult, work
from optimizer.errors import CurtailError, InputError

_PACKAGES = ("curtail", "highspy", "numpy")
_WAIT_S = 30.0  # for the scheduler, and for a first worker
_AHEAD = 2  # chunks handed out per thread of the cluster


def versions() -> dict[str, str]:
    """What the digits of a result depend on, by package."""
    installed = {}
    for package in _PACKAGES:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:  # run from a folder, not installed
            installed[package] = "not installed"
    return installed


def _unpacked(packed: bytes) -> EnsembleStudy:
    return pickle.loads(packed)  # type: ignore[no-any-return]  # noqa: S301 - sent by the client of this cluster


def _distributed() -> Any:
    try:
        import distributed
    except ImportError:
        raise InputError("--dask needs Dask: pip install 'curtail[sweep]', here and on the workers") from None
    return distributed


def on_dask(study: EnsembleStudy, chunks: Iterable[Chunk], address: str) -> Iterator[list[ScenarioResult]]:
    """Plan the chunks on the cluster at ``address``; results come as they are done.

    A chunk over which as many workers have died as the scheduler allows (``distributed.scheduler.allowed-failures``) is
    tried scenario by scenario. Raises InputError where there is no such cluster, or one of other versions.
    """
    distributed = _distributed()
    try:
        client = distributed.Client(address, timeout=_WAIT_S)
    except (OSError, ValueError) as error:
        raise InputError(f"--dask {address}: there is no scheduler to reach: {error}") from None
    with client:
        _judge_workers(client, address)
        yield from _results(distributed, client, pickle.dumps(study), chunks)


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
            differences = ", ".join(
                f"{name} {there[name]} (here {here[name]})" for name in here if there[name] != here[name]
            )
            raise InputError(f"--dask {address}: worker {worker} has {differences}; install the same versions")


def _results(distributed: Any, client: Any, packed: bytes, chunks: Iterable[Chunk]) -> Iterator[list[ScenarioResult]]:
    """Chunk by chunk, a bounded number under way; the study is a task, which Dask repeats where its holder dies."""
    study = client.submit(_unpacked, packed, pure=False)
    todo = iter(chunks)
    arriving = distributed.as_completed(raise_errors=False)
    asked: dict[str, Chunk] = {}

    def ask(chunk: Chunk | None) -> None:
        if chunk is not None:
            future = client.submit(work, study, list(chunk), pure=False)
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
        elif not isinstance(error, distributed.KilledWorker):
            raise CurtailError(f"the cluster gave up: {error or future.status}; the same command goes on from here")
        elif len(chunk) > 1:
            for number in chunk:
                ask([number])
        else:
            yield [ScenarioResult(chunk[0], "every worker that took this scenario died")]
        future.release()
