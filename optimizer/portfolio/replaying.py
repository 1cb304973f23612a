"""A portfolio through time: every site plans again at every interval on what was known then.

What sites share is shared out anew as each day of the first site's clock begins, and where the sites' horizon of then
ends before it does, on what is known then; until the next time each site keeps to its share, which binds what is
executed too. Beyond the horizon of that moment a site expects its own limits alone. A day of a site, or such a part of
one, depends on the state in which it begins, and on its share, and on nothing else: each is kept as it is made.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

import numpy as np

from optimizer.accounts.settlement import settle
from optimizer.arrays import F, Int
from optimizer.config.state import State
from optimizer.errors import CurtailError, InputError
from optimizer.files.pool import Job, workers_on
from optimizer.money import keyed
from optimizer.portfolio.coupling import coupled
from optimizer.portfolio.load import Loaded
from optimizer.portfolio.run import Counted, PortfolioResult, answers, raise_worst, room
from optimizer.portfolio.sites import Shared, SiteCase, judge_intervals, shared_on
from optimizer.portfolio.store import PortfolioStore, SiteDay
from optimizer.portfolio.work import SitePlan, portfolio_job
from optimizer.report.backtest.files import schedule_files
from optimizer.through_time.backtest.store import packed_schedule, unpacked
from optimizer.through_time.history import read_history
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed
from optimizer.through_time.replanning import Stepper
from optimizer.through_time.step import chained


@dataclass(frozen=True)
class Replayed:
    """A site, and what came and was known of it when."""

    name: str
    knowledge: Knowledge


@dataclass(frozen=True)
class OneDay:
    """Re-plan a site over the intervals ``first`` to ``stop - 1`` from a state, within a share, MW, (intervals,)."""

    site: int
    first: int
    stop: int
    state: str
    share: F | None = field(default=None, repr=False)


def read_replays(loaded: Loaded, start: datetime | None, hours: float | None) -> tuple[tuple[Replayed, ...], Shared]:
    """The history of every site over the portfolio's hours, and what is shared. Raises the errors of reading."""
    portfolio = loaded.portfolio
    begin, hours = start or portfolio.start, hours or portfolio.hours
    if begin is None or hours is None:
        raise InputError(f"{loaded.path}: re-planning needs `start` and `hours` here, or --start and --hours")
    if portfolio.treasury is not None:
        raise InputError(f"{loaded.path}: treasury: is shared by one plan; leave it out to re-plan through time")
    begin = portfolio.at(begin)
    replays = tuple(
        Replayed(site.name, read_history(farm, loaded.folder(i), begin, hours))
        for i, (site, farm) in enumerate(zip(portfolio.sites, loaded.farms, strict=True))
    )
    return replays, shared_on(loaded, [SiteCase(one.name, one.knowledge.actual) for one in replays])


def replay(
    replays: tuple[Replayed, ...],
    shared: Shared,
    store: PortfolioStore,
    *,
    workers: int,
    dask: str | None,
    counted: Counted,
) -> PortfolioResult:
    """Re-plan every site, day by day, side by side; what ``store`` holds is not made again.

    Raises as `run_portfolio` does.
    """
    edges = [_edges(one.knowledge) for one in replays]
    if shared.ceiling_mw is not None:
        edges = [_shared_out(replays, edges[0])] * len(edges)
    states = [one.knowledge.actual.state for one in replays]
    done, total = 0, sum(len(own) - 1 for own in edges)
    with workers_on(Job(replays, replay_work, _lost, "site"), workers, dask) as doing:
        for day in range(max(map(len, edges)) - 1):
            there, tasks = store.days(day), list[OneDay]()
            sites = [site for site, own in enumerate(edges) if day < len(own) - 1]
            missing = [site for site in sites if site not in there]
            shares = _shares(replays, shared, edges[0][day], states, workers, dask) if missing else None
            for site in missing:
                share = None if shares is None else shares[site]
                tasks.append(OneDay(site, edges[site][day], edges[site][day + 1], _text(states[site]), share))
            done += len(sites) - len(missing)
            failures = []
            for made in (one for chunk in doing.results([task] for task in tasks) for one in chunk):
                if isinstance(made, SitePlan):
                    failures.append(made)
                    continue
                store.add_day(day, made)
                there[made.site] = made.state
                done += 1
                counted(done, total)
            raise_worst([SiteCase(one.name, one.knowledge.actual) for one in replays], failures)
            states = [State.written(there[site]) if site in there else state for site, state in enumerate(states)]
    cases = tuple(SiteCase(one.name, one.knowledge.actual) for one in replays)
    for site, one in enumerate(replays):
        store.add(_settled(site, one.knowledge, chained([unpacked(piece) for piece in store.pieces(site)])))
    return PortfolioResult(cases, shared, None, tuple(store.outcomes()))


def _edges(k: Knowledge) -> list[int]:
    """Where the local days of a replay begin, and its end."""
    edges: Int = np.searchsorted(k.grid.day_of_interval, np.arange(len(k.grid.days) + 1))
    return [int(edge) for edge in edges]


def _shared_out(replays: Sequence[Replayed], days: Sequence[int]) -> list[int]:
    """When a ceiling is shared out: as days begin, and again before a horizon of the time before has ended."""
    hours = min(one.knowledge.actual.farm.horizon.hours for one in replays)
    reach = max(int(hours / replays[0].knowledge.grid.hours[0]), 1)
    inner = [at for first, stop in pairwise(days) for at in range(first, stop, reach)]
    return [*inner, days[-1]]


def _shares(
    replays: tuple[Replayed, ...],
    shared: Shared,
    now: int,
    states: Sequence[State],
    workers: int,
    dask: str | None,
) -> F | None:
    """What each site is left of the ceiling from an interval on, MW, (sites, intervals), inf where none sees so far."""
    if shared.ceiling_mw is None:
        return None
    cases = tuple(
        SiteCase(one.name, Stepper(one.knowledge).conditions(now, state))
        for one, state in zip(replays, states, strict=True)
    )
    judge_intervals(cases)
    actual, seen = replays[0].knowledge.grid, cases[0].conditions.grid
    firsts = actual.starts.searchsorted(seen.starts)
    stop = int(actual.starts.searchsorted(seen.end))
    ahead = Shared(np.minimum.reduceat(shared.ceiling_mw[:stop], firsts))
    with workers_on(portfolio_job(cases, ahead), workers, dask) as doing:
        coupling = coupled(cases, ahead, lambda price: answers(doing, cases, price))
    of = np.searchsorted(firsts, np.arange(now, stop), side="right") - 1
    shares = np.full((len(cases), len(actual)), np.inf)
    shares[:, now:stop] = coupling.shares(ahead, room(cases, ahead))[:, of]
    return shares


def replay_work(replays: tuple[Replayed, ...], tasks: Sequence[OneDay]) -> list[SiteDay | SitePlan]:
    """Do these days. What is wrong with one site is told in its outcome."""
    return [_day(replays[task.site].knowledge, task) for task in tasks]


def _lost(task: OneDay, why: str) -> SitePlan:
    return SitePlan(task.site, why)


def _day(k: Knowledge, task: OneDay) -> SiteDay | SitePlan:
    if task.share is not None:
        k = replace(k, actual=Shared(task.share).leaving(k.actual, task.share))
    stepper, state, pieces = Stepper(k), State.written(task.state), list[Followed]()
    try:
        for now in range(task.first, task.stop):
            piece, state = stepper.step(now, state)
            pieces.append(piece)
    except CurtailError as error:
        return SitePlan(task.site, str(error), error.exit_code)
    return SiteDay(task.site, packed_schedule(chained(pieces)), _text(state))


def _text(state: State) -> str:
    return state.model_dump_json()


def _settled(site: int, k: Knowledge, followed: Followed) -> SitePlan:
    """The account of what a site executed, settled on what came."""
    s = settle(k.actual, followed)
    figures = {"energy_mwh": round(s.energy_mwh, 4), "hash_ph_hours": round(24 * s.hash_ph_days, 4)}
    figures |= {} if s.btc is None else {"btc": round(s.btc, 8)}
    account = {"profit_usd": round(s.profit, 2), "usd": {line: round(usd, 2) + 0.0 for line, usd in s.lines.items()}}
    files = {**schedule_files(k, followed), "account.json": json.dumps(keyed(account | figures), indent=1) + "\n"}
    return SitePlan(
        site,
        profit_usd=round(s.profit, 2),
        usd=s.lines,
        figures=figures,
        import_mw=s.import_mw,
        files=files,
    )
