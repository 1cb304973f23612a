"""Every scenario of a comparison, by every way of meeting it, on as many processes as are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.compare.ways import Way
from optimizer.config.farm import Farm
from optimizer.errors import CurtailError
from optimizer.files.workers import worker_pool
from optimizer.market.grid import Grid, grid_of
from optimizer.plan.outcomes import Outcome, outcome
from optimizer.plan.planning import plan_conditions
from optimizer.plan.reading import conditions_of, judge_state
from optimizer.scenario.apply import plan_time
from optimizer.scenario.placed import Scenario
from optimizer.through_time.policies import always_on, strike_rule
from optimizer.through_time.step import replanned

BASE = "no scenario"
_WORST_FIRST = (1, 2, 5, 3, 4)  # exit codes: unexpected, input, data missing, no schedule, stopped early
Progress = Callable[[int, int], None]


def _silent(_done: int, _of: int) -> None:
    """Show nothing."""


@dataclass(frozen=True)
class Failure:
    """Why there is no schedule, in the words of the error, and the exit code that goes with it."""

    message: str
    exit_code: int


@dataclass(frozen=True)
class Compared:
    """One scenario, met in every way. start, end: on the farm's clock, with its offset; empty where it has no hours.

    ``values`` are those of a sweep of the scenario ``swept``, by key, ``words`` the same in words; ``base`` is the
    position of the base over these intervals. ``warnings`` are those of its market with everything known.
    """

    name: str
    summary: str
    start: str
    end: str
    hours: float
    values: tuple[tuple[str, Any], ...]
    base: int | None
    ways: dict[Way, Outcome | Failure]
    warnings: tuple[str, ...] = ()
    swept: str = ""
    words: tuple[str, ...] = ()

    def outcome(self, way: Way) -> Outcome | None:
        """The outcome of a way, None where it failed."""
        met = self.ways[way]
        return met if isinstance(met, Outcome) else None


@dataclass(frozen=True)
class Comparison:
    """Scenarios of a farm, and the bases: the same farm over the same intervals without a scenario."""

    farm: str
    timezone: str
    bases: tuple[Compared, ...]
    scenarios: tuple[Compared, ...]

    def base_of(self, compared: Compared) -> Outcome | None:
        """The plan that a scenario is measured against."""
        return None if compared.base is None else self.bases[compared.base].outcome(Way.KNOWING)

    @property
    def exit_code(self) -> int:
        """0 where every scenario could be planned knowing it, else the code of the worst failure among those.

        Where a base cannot be planned, or notice came too late for a limit, that is a finding and no failure.
        """
        codes = {failure.exit_code for s in self.scenarios if isinstance(failure := s.ways[Way.KNOWING], Failure)}
        return next((code for code in _WORST_FIRST if code in codes), 0)


@dataclass(frozen=True)
class ComparedFarm:
    """A farm to compare scenarios on. ``folder`` is the farm file's; start and hours go before a scenario's own."""

    farm: Farm
    folder: Path
    start: datetime | None = None
    hours: float | None = None
    price_file: Path | None = None

    def grid(self, scenario: Scenario) -> Grid:
        """The intervals of a scenario's plan."""
        grid = grid_of(self.farm, *plan_time(scenario, self.farm, self.start, self.hours))
        judge_state(self.farm.state, self.farm, grid)
        return grid

    def conditions(self, scenario: Scenario, grid: Grid, known_at: datetime | None = None) -> Conditions:
        """What is known of the whole horizon at a moment; all there is to know where it is None."""
        return conditions_of(self.farm, self.folder, grid, self.price_file, scenario=scenario, known_at=known_at)


def compare(
    case: ComparedFarm, scenarios: Sequence[Scenario], *, workers: int = 1, progress: Progress = _silent
) -> Comparison:
    """Meet every scenario in every way. The result does not depend on ``workers``, the number of processes.

    ``progress`` is told how many of how many are done. What fails is a `Failure` in its place; what is wrong with the
    program itself is raised.
    """
    bases: dict[tuple[pd.Timestamp, pd.Timestamp], Scenario] = {}
    keys: list[tuple[pd.Timestamp, pd.Timestamp] | None] = []
    for scenario in scenarios:
        try:
            grid = case.grid(scenario)
        except CurtailError:
            keys.append(None)
            continue
        key = (grid.starts[0], grid.end)
        keys.append(key)
        bases.setdefault(key, Scenario(BASE, start=scenario.start, hours=scenario.hours))
    tasks = [*bases.values(), *scenarios]
    all_compared = list(_all_met(case, tasks, workers, progress))
    place = {key: i for i, key in enumerate(bases)}
    return Comparison(
        farm=case.farm.name,
        timezone=case.farm.timezone,
        bases=tuple(all_compared[: len(bases)]),
        scenarios=tuple(
            replace(compared, base=None if key is None else place[key])
            for compared, key in zip(all_compared[len(bases) :], keys, strict=True)
        ),
    )


def _all_met(case: ComparedFarm, tasks: Sequence[Scenario], workers: int, progress: Progress) -> Iterator[Compared]:
    """Every task in its order, whichever is done first."""
    if workers == 1:
        for i, scenario in enumerate(tasks):
            yield met(case, scenario)
            progress(i + 1, len(tasks))
        return
    with worker_pool(min(workers, len(tasks))) as pool:
        try:
            futures = [pool.submit(met, case, scenario) for scenario in tasks]
            for done, future in enumerate(as_completed(futures), start=1):
                future.result()
                progress(done, len(tasks))
        except BrokenProcessPool:
            raise CurtailError("a worker process was killed, or ran out of memory; try fewer --workers") from None
        yield from (future.result() for future in futures)


def met(case: ComparedFarm, scenario: Scenario) -> Compared:
    """One scenario, met in every way."""
    ways: dict[Way, Outcome | Failure] = {}
    grid = actual = None
    late: list[datetime] = []
    try:
        grid = case.grid(scenario)
        actual = case.conditions(scenario, grid)
        late = _late_notices(scenario, actual)
    except CurtailError as error:
        ways = dict.fromkeys(Way, Failure(str(error), error.exit_code))
    if actual is not None and not ways:
        for way in Way:
            if way is Way.NOTICED and not late:
                ways[way] = ways[Way.KNOWING]
                continue
            try:
                ways[way] = _by(way, case, scenario, actual, late)
            except CurtailError as error:
                ways[way] = Failure(str(error), error.exit_code)
    zone = case.farm.timezone
    times = () if grid is None else (grid.starts[0], grid.end)
    start, end = [time.tz_convert(zone).isoformat() for time in times] or ["", ""]
    return Compared(
        name=scenario.name,
        summary=scenario.summary,
        start=start,
        end=end,
        hours=0.0 if grid is None else float(grid.hours.sum()),
        values=scenario.values,
        base=None,
        ways=ways,
        warnings=() if actual is None else actual.warnings,
        swept=scenario.swept,
        words=scenario.words,
    )


def _late_notices(scenario: Scenario, actual: Conditions) -> list[datetime]:
    """When the farm learns of something after the plan begins."""
    begins, zone = actual.grid.starts[0].to_pydatetime(), actual.farm.timezone
    notices = [notice for _, notice in actual.farm.noticed()]
    notices += [
        placed.time(placed.change.notice, ("notice",), begins, zone)
        for placed in scenario.changes
        if placed.change.notice is not None
    ]
    return sorted({notice for notice in notices if notice > begins})


def _by(way: Way, case: ComparedFarm, scenario: Scenario, actual: Conditions, late: Sequence[datetime]) -> Outcome:
    """The outcome of one way under what really happens."""
    if way is Way.KNOWING:
        plan = plan_conditions(actual)
        return outcome(actual, plan.dispatch, plan.explanation.off, proved=plan.proved)
    if way is Way.NOTICED:
        starts = actual.grid.starts

        def known(t: int) -> Conditions:
            return case.conditions(scenario, actual.grid, starts[t].to_pydatetime())

        moments = [int(starts.searchsorted(pd.Timestamp(at))) for at in late]
        followed, proved = replanned(actual, known, moments)
        return outcome(actual, followed, followed.off, proved=proved)
    policy = strike_rule if way is Way.STRIKE_RULE else always_on
    followed = policy(actual)
    return outcome(actual, followed, followed.off)
