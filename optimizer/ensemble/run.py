"""An ensemble from beginning to end: what is missing is worked out, written as it arrives, and put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from optimizer.ensemble.results import Results, collect
from optimizer.ensemble.store import EnsembleStore
from optimizer.ensemble.study import EnsembleStudy
from optimizer.ensemble.work import ScenarioResult, session_of, work
from optimizer.files.pool import Job, workers_on

CHUNK = 20  # scenarios a worker is given at a time; no result depends on it
Counted = Callable[[int, int], None]


def _uncounted(_done: int, _of: int) -> None:
    """Show nothing."""


def run_study(
    study: EnsembleStudy,
    file: Path,
    *,
    scenarios: int | None = None,
    workers: int = 1,
    dask: str | None = None,
    counted: Counted = _uncounted,
) -> Results:
    """Plan every scenario of a study that ``file`` does not hold yet, and put all of them together.

    ``workers`` processes of this machine (1: none but this one) or the cluster at ``dask`` do it; the results are the
    same. ``counted`` is told how many are done, of how many. Killed at any moment, the same call goes on from where the
    file ends. Raises InfeasibleError where the base or every scenario has no feasible schedule, InputError for a file
    of other inputs or a cluster that cannot be used.
    """
    total = study.ensemble.scenarios if scenarios is None else scenarios
    session_of(study)  # told here and at once, if the farm has no feasible schedule at all
    store = EnsembleStore(file, study.digest)
    try:
        missing = store.missing(total)
        done = total - len(missing)
        counted(done, total)
        if missing:
            with workers_on(job(study), workers, dask) as there:
                for results in there.results(_chunks(missing)):
                    store.add(results)
                    done += len(results)
                    counted(done, total)
        return collect(study, store.outcomes(total))
    finally:
        store.close()


def job(study: EnsembleStudy) -> Job[int, ScenarioResult]:
    """What workers do: scenarios, by their numbers."""
    return Job(study, work, ScenarioResult, "scenario")


def _chunks(numbers: list[int]) -> Iterator[Sequence[int]]:
    return (numbers[first : first + CHUNK] for first in range(0, len(numbers), CHUNK))
