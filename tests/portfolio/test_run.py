"""A portfolio's plans are the same whoever makes them, however often that is broken off, and add up."""

from __future__ import annotations

import os
import signal
import sqlite3
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.accounts.reasons import Reason
from optimizer.errors import CurtailError, InfeasibleError, InputError
from optimizer.files import pool
from optimizer.plan.planning import plan_conditions
from optimizer.portfolio import priced
from optimizer.portfolio.load import load_portfolio
from optimizer.portfolio.pages.figures import portfolio_figures
from optimizer.portfolio.run import PortfolioResult, run_portfolio
from optimizer.portfolio.sites import Shared, SiteCase, portfolio_digest, read_sites
from optimizer.portfolio.store import PortfolioStore
from optimizer.report.plan.files import plan_files
from optimizer.through_time.worth import worth_of
from tests.ensemble.studies import FARM
from tests.farms import conditions, farm, group
from tests.portfolio.portfolios import cases_of, here, write_portfolio

Sites = tuple[tuple[SiteCase, ...], Shared]

CEILING = {"import_ceiling_mw": 20.0}  # of sites that draw up to 12 MW each


def planned(
    folder: Path, name: str, cases: tuple[SiteCase, ...], shared: Shared, **more: Any
) -> tuple[PortfolioResult, dict[str, Any]]:
    store = PortfolioStore(folder / f"{name}.sqlite", portfolio_digest(cases, shared, report=False))
    try:
        found = run_portfolio(cases, shared, store, report=False, **more)
        return found, dict(store.files({i: case.name for i, case in enumerate(cases)}, {}))
    finally:
        store.close()


def same(one: PortfolioResult, other: PortfolioResult) -> bool:
    return [o.usd for o in one.outcomes] == [o.usd for o in other.outcomes]


@pytest.fixture
def sites(tmp_path: Path) -> tuple[tuple[SiteCase, ...], Shared]:
    return read_sites(load_portfolio(write_portfolio(tmp_path, **CEILING)))


def test_where_nothing_is_shared_they_are_the_sites_own_plans(tmp_path: Path) -> None:
    cases, shared = read_sites(load_portfolio(write_portfolio(tmp_path)))
    found, files = planned(tmp_path, "own", cases, shared)
    own = [plan_conditions(case.conditions) for case in cases]
    assert found.coupled is None
    assert files == {
        f"{case.name}/{name}": text.encode()
        for case, plan in zip(cases, own, strict=True)
        for name, text in plan_files(plan, worth_of(plan.conditions, plan.settled)).items()
    }
    assert found.profit_usd == pytest.approx(sum(plan.settled.profit for plan in own), abs=0.005 * len(own))


def test_a_ceiling_is_kept_in_whole_machines_and_told(sites: Sites, tmp_path: Path) -> None:
    cases, shared = sites
    found, _ = planned(tmp_path, "ceiling", cases, shared)
    apart, _ = planned(tmp_path, "apart", cases, Shared())
    assert found.coupled is not None
    assert found.profit_usd < apart.profit_usd
    assert found.profit_usd <= found.coupled.most_usd + 0.01
    assert found.profit_usd == pytest.approx(found.coupled.most_usd, rel=1e-2)
    assert shared.ceiling_mw is not None
    assert (found.import_mw <= shared.ceiling_mw + 1e-6).all()
    assert (apart.import_mw > shared.ceiling_mw).any()
    share = found.coupled.shares(shared, np.full(found.coupled.used.shape, 30.0))[0]
    assert Reason.PORTFOLIO_SHARE in plan_conditions(shared.leaving(cases[0].conditions, share)).explanation.off


def test_what_tails_earn_is_no_part_of_the_figures(tmp_path: Path) -> None:
    """A demand charge depends on all of the month: each site's program goes on to its end, its plan does not."""
    charged = FARM["energy"] | {"demand": [{"name": "D", "usd_per_kw": 3.0, "expected_peak_mw": 1.0}]}
    horizon = FARM["horizon"] | {"start": "2026-02-01 00:00", "hours": 12, "tail": {"minutes": 720}}
    path = write_portfolio(tmp_path, 2, farm={"energy": charged, "horizon": horizon}, import_ceiling_mw=14.0)
    found, _ = planned(tmp_path, "r", *read_sites(load_portfolio(path)))
    told = portfolio_figures(found, "test")
    assert min(one.tail_usd for one in found.outcomes) > abs(found.profit_usd)
    assert told["shared"]["cost_of_sharing_usd"] > 0
    assert told["total"]["profit_usd"] == pytest.approx(told["shared"]["most_usd_proved"], abs=50.0)


def dies_once(chunk: Sequence[Any]) -> list[Any]:
    """A worker that is killed over the plan of the second site, once."""
    mark = Path(os.environ["CURTAIL_TEST_MARK"])
    if chunk[0].site == 1 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return pool._work(chunk)


def test_a_killed_worker_loses_nothing(sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases, shared = sites
    alone, files = planned(tmp_path, "1", cases, shared)
    monkeypatch.setenv("CURTAIL_TEST_MARK", str(tmp_path / "mark"))
    submit = pool.ProcessPoolExecutor.submit
    monkeypatch.setattr(pool.ProcessPoolExecutor, "submit", lambda self, _, chunk: submit(self, dies_once, chunk))
    two, others = planned(tmp_path, "2", cases, shared, workers=2)  # and processes give what one gives
    assert (tmp_path / "mark").exists()
    assert same(alone, two)
    assert files == others


def test_it_goes_on_where_it_was_broken_off(sites: Sites, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases, shared = sites
    whole, files = planned(tmp_path, "whole", cases, shared)

    def stop(done: int, _of: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        planned(tmp_path, "part", cases, shared, counted=stop)
    told: list[int] = []
    monkeypatch.setattr("optimizer.portfolio.run.coupled", lambda *_: pytest.fail("shared out again"))
    resumed, others = planned(tmp_path, "part", cases, shared, counted=lambda done, _of: told.append(done))
    assert told == [1, 2, 3]
    assert same(whole, resumed)
    assert files == others


def test_a_site_that_has_no_schedule_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    drawn = conditions(farm(group(standby_w=2e5), limit_mw=1.0), [0.4])
    cases = cases_of(conditions(farm(), [0.4]), drawn)
    with pytest.raises(InfeasibleError, match="B: no schedule meets every limit:\n"):
        planned(tmp_path, "r", cases, Shared())
    with sqlite3.connect(tmp_path / "r.sqlite") as file:
        assert file.execute("SELECT site FROM sites").fetchall() == [(0,)]
    with pytest.raises(InfeasibleError, match="B: no schedule meets every limit:\n"):
        planned(tmp_path, "s", cases, Shared(np.array([9.0])))


def test_results_of_others_are_refused(sites: Sites, tmp_path: Path) -> None:
    cases, shared = sites
    planned(tmp_path, "r", cases, Shared())
    with pytest.raises(InputError, match=r"r\.sqlite: holds results of other inputs: the farms, their markets"):
        planned(tmp_path, "r", cases, shared)
    with pytest.raises(CurtailError, match="cannot be used for results"):
        planned(tmp_path / "portfolio.yaml", "r", cases, shared)


def test_memory_does_not_grow_with_sites(tmp_path: Path) -> None:
    """What is kept of a site here is its figures; its plan, its page and its files are on the disk."""

    def peak(n: int) -> int:
        cases = tuple(SiteCase(f"S{i}", conditions(farm(), [0.4] * 400)) for i in range(n))
        store = PortfolioStore(tmp_path / f"{n}.sqlite", portfolio_digest(cases, Shared(), report=True))
        tracemalloc.start()
        try:
            run_portfolio(cases, Shared(), store, report=True)
            for _ in store.files({i: case.name for i, case in enumerate(cases)}, {}).values():
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            store.close()

    peak(1)  # what is loaded once
    assert peak(8) - peak(2) < 6 * 100_000


def test_programs_kept_between_prices_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = cases_of(*[conditions(farm(), [0.4] * 4)] * 4)
    shared = Shared(np.full(4, 20.0))
    answer = here(cases, shared)
    size = answer(np.zeros(4))[0].columns
    assert len(priced._local.kept.sites) == 4
    monkeypatch.setattr(priced, "MOST_KEPT", 2 * size)
    again = answer(np.full(4, 0.3))
    assert list(priced._local.kept.sites) == [2, 3]
    assert [one.most for one in again] == [
        one.most for one in here(cases_of(*[cases[0].conditions] * 4), shared)(np.full(4, 0.3))
    ]
