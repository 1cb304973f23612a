"""What a worker does: answer prices for a site, or plan it and write what `plan` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from optimizer.arrays import F
from optimizer.errors import CurtailError
from optimizer.files.pool import Job
from optimizer.plan.planning import plan_conditions
from optimizer.plan.terms import contract_terms
from optimizer.portfolio.priced import Priced, answered
from optimizer.portfolio.sites import Shared, SiteCase
from optimizer.report.plan.actions import todo_of
from optimizer.report.plan.files import plan_files
from optimizer.report.plan.page import render_plan
from optimizer.through_time.worth import worth_of


@dataclass(frozen=True)
class AtPrice:
    """Answer prices of the rows that are shared, USD, (rows,)."""

    site: int
    price: F


@dataclass(frozen=True)
class InShare:
    """Plan within a share of each row, (rows,); without one where nothing is shared. ``report``: write its page."""

    site: int
    share: F | None
    report: bool


@dataclass(frozen=True)
class SitePlan:
    """What is kept of a site's plan; one that could not be made has a failure, and the exit code that goes with it.

    profit_usd: in cents, as settlement.json has it; tail_usd: what a tail earns besides in the optimum.
    usd: by line of the account. figures: others of settlement.json. import_mw: (intervals,). files: name -> content.
    """

    site: int
    failure: str | None = None
    exit_code: int = 1
    profit_usd: float = 0.0
    tail_usd: float = 0.0
    usd: Mapping[str, float] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    proved: bool = True
    import_mw: F = field(default_factory=lambda: np.zeros(0))
    files: Mapping[str, str | bytes] = field(default_factory=dict)


Task = AtPrice | InShare
Given = tuple[tuple[SiteCase, ...], Shared]


def portfolio_job(cases: tuple[SiteCase, ...], shared: Shared) -> Job[Task, Priced | SitePlan]:
    """What workers do for a portfolio."""
    return Job((cases, shared), site_work, _lost, "site")


def _lost(task: Task, why: str) -> SitePlan:
    return SitePlan(task.site, why)


def site_work(given: Given, tasks: Sequence[Task]) -> list[Priced | SitePlan]:
    """Do these tasks. What is wrong with one site is written in its outcome."""
    return [_done(*given, task) for task in tasks]


def _done(cases: tuple[SiteCase, ...], shared: Shared, task: Task) -> Priced | SitePlan:
    try:
        if isinstance(task, AtPrice):
            return answered(cases, shared, task.site, task.price)
        return planned(cases[task.site], shared, task)
    except CurtailError as error:
        return SitePlan(task.site, str(error), error.exit_code)


def planned(case: SiteCase, shared: Shared, task: InShare) -> SitePlan:
    """The plan of a site, as `plan` makes and writes it. Raises the errors of a plan."""
    c = case.conditions if task.share is None else shared.leaving(case.conditions, task.share)
    plan = plan_conditions(c)
    worth, todo = worth_of(plan.conditions, plan.settled), todo_of(plan)
    files = plan_files(plan, worth, todo)
    if task.report:
        files["report.html"] = render_plan(plan, contract_terms(plan), worth, todo)
    s, written = plan.settled, json.loads(files["settlement.json"])
    figures = {key: written[key] for key in ("energy_mwh", "hash_ph_hours") if written[key] is not None}
    figures |= {} if s.btc is None else {"btc": written["btc"]}
    return SitePlan(
        task.site,
        profit_usd=round(s.profit, 2),
        tail_usd=plan.tail_usd,
        usd=s.lines,
        figures=figures,
        proved=plan.proved,
        import_mw=s.import_mw,
        files=files,
    )
