"""A portfolio on a real Dask cluster, one of whose workers is killed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer.portfolio.load import load_portfolio
from optimizer.portfolio.sites import read_sites
from tests.ensemble.cluster import Cluster
from tests.portfolio.portfolios import write_portfolio
from tests.portfolio.test_run import planned, same

pytest.importorskip("distributed", reason="needs curtail[sweep]")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path, 2)
    yield made
    made.end()


@pytest.mark.filterwarnings("default")  # of Dask itself
def test_the_files_are_the_same_though_a_worker_dies(cluster: Cluster, tmp_path: Path) -> None:
    cases, shared = read_sites(load_portfolio(write_portfolio(tmp_path, 4, import_ceiling_mw=26.0)))
    alone, files = planned(tmp_path, "1", cases, shared)

    def counted(done: int, _of: int) -> None:
        if done == 1:
            cluster.workers[0].send_signal(signal.SIGKILL)

    there, others = planned(tmp_path, "2", cases, shared, dask=cluster.address, counted=counted)
    assert cluster.workers[0].wait() == -signal.SIGKILL
    assert same(alone, there)
    assert files == others
