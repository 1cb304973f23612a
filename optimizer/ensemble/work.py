"""What a worker does: make scenarios by their numbers, plan them, hand back a few numbers of each."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.accounts.ledger import ledger
from optimizer.accounts.settlement import settle
from optimizer.engine.program import compile_program
from optimizer.engine.session import Session
from optimizer.ensemble.study import Draw, EnsembleStudy
from optimizer.errors import SolverError
from optimizer.extension import common_extension
from optimizer.plan.formulation import build_problem
from optimizer.plan.whole_units import dispatch_of

RUNS_FROM = 0.5  # share of a group's machines in service from which it counts as running
_ALMOST = 1e-9


@dataclass(frozen=True)
class ScenarioResult:
    """What is kept of one scenario, at most a few kilobytes.

    ``figures`` are in the order of `FIGURES`, ``lines`` the settlement's lines in USD in the order of `line_names`,
    both float64 bytes; ``running`` is a bit for each group and interval, group by group. A scenario without a result
    has a ``failure`` and nothing else.
    """

    number: int
    failure: str | None = None
    figures: bytes = b""
    lines: bytes = b""
    running: bytes = b""


FIGURES = (
    "profit_usd",
    "import_mwh",
    "hash_ph_days",
    "btc",
    "mean_price_usd_per_mwh",
    "highest_price_usd_per_mwh",
    "mean_hashprice_usd_per_ph_day",
    "storms",
)


def line_names() -> tuple[str, ...]:
    """Names of the settlement's lines."""
    return tuple(line.name for line in ledger())


_kept = threading.local()  # a session is not to be shared by threads, and Dask workers may have several


def work(study: EnsembleStudy, numbers: Sequence[int]) -> list[ScenarioResult]:
    """Plan these scenarios. What is wrong with one is told in its outcome; the others go on."""
    return [scenario_result(study, session_of(study), number) for number in numbers]


def session_of(study: EnsembleStudy) -> Session:
    """The session of a thread for a study; one study at a time is kept."""
    if getattr(_kept, "digest", None) != study.digest:
        _kept.session = Session(build_problem(study.base))
        _kept.digest = study.digest
    return _kept.session  # type: ignore[no-any-return]  # attributes of a thread's store have no types


def scenario_result(study: EnsembleStudy, session: Session, number: int) -> ScenarioResult:
    """One scenario: made, planned without rounding to whole machines, settled."""
    try:
        return _planned(session, study.draw(number), number)
    except SolverError as error:
        return ScenarioResult(number, str(error).splitlines()[0])
    except Exception as error:  # a fault of one scenario must not cost the others
        return ScenarioResult(number, f"{type(error).__name__}: {error}".splitlines()[0])


def _planned(session: Session, draw: Draw, number: int) -> ScenarioResult:
    c = draw.conditions
    extend = common_extension()
    if extend is None:
        _, solution = session.solve(build_problem(c))
    else:
        from optimizer.engine.pyomo_model import solve_extended

        solution = solve_extended(problem := build_problem(c), compile_program(problem), extend)
    dispatch = dispatch_of(solution)
    settled = settle(c, dispatch)
    market, hours = c.market, c.grid.hours
    figures = np.array(
        [
            settled.profit,
            settled.energy_mwh,
            settled.hash_ph_days,
            np.nan if settled.btc is None else settled.btc,
            np.average(market.energy_price_usd_per_mwh, weights=hours),
            market.energy_price_usd_per_mwh.max(),
            np.average(market.hashprice_usd_per_ph_day, weights=hours),
            float(draw.storms),
        ]
    )
    lines = np.array(list(settled.lines.values()))
    if not np.isfinite(lines).all():
        return ScenarioResult(number, "the settlement is not a finite number")
    share = np.array([dispatch.running(group) for group in c.farm.fleet])
    running = (share >= RUNS_FROM * c.units_available - _ALMOST) & (c.units_available > 0)
    return ScenarioResult(number, None, figures.tobytes(), lines.tobytes(), np.packbits(running).tobytes())
