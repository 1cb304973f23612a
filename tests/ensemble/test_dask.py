"""A real Dask cluster: a scheduler and two worker processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer.ensemble.run import run_study
from optimizer.ensemble.study import EnsembleStudy
from optimizer.errors import InputError
from tests.ensemble.cluster import ENVIRONMENT, Cluster
from tests.ensemble.test_run import assert_same, stored
from tests.sampling import number

pytest.importorskip("distributed", reason="needs curtail[sweep]")


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path, 2)
    yield made
    made.end()


@pytest.mark.filterwarnings("default")  # of Dask itself
def test_a_cluster_gives_the_same_bytes(study: EnsembleStudy, cluster: Cluster, tmp_path: Path) -> None:
    alone = run_study(study, tmp_path / "1.sqlite", scenarios=60)
    assert_same(alone, run_study(study, tmp_path / "2.sqlite", scenarios=60, dask=cluster.address))
    assert stored(tmp_path / "1.sqlite") == stored(tmp_path / "2.sqlite")


@pytest.mark.filterwarnings("default")
def test_nothing_is_lost_with_a_worker(study: EnsembleStudy, cluster: Cluster, tmp_path: Path) -> None:
    """One of two workers is killed (SIGKILL) as soon as the first results are there."""
    done_at_death: list[int] = []

    def counted(done: int, _of: int) -> None:
        if done and not done_at_death:
            done_at_death.append(done)
            cluster.workers[0].send_signal(signal.SIGKILL)

    count = number(200, 600)
    found = run_study(study, tmp_path / "2.sqlite", scenarios=count, dask=cluster.address, counted=counted)
    assert done_at_death[0] < count
    assert cluster.workers[0].wait() == -signal.SIGKILL
    assert found.numbers.tolist() == list(range(count))
    assert found.failures == {}
    assert_same(run_study(study, tmp_path / "1.sqlite", scenarios=count), found)


@pytest.mark.filterwarnings("default")
def test_the_client_is_killed_and_another_goes_on(study: EnsembleStudy, cluster: Cluster, tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "optimizer.cli", "montecarlo", "farm.yaml", "ensemble.yaml"),
        *("--scenarios", "2000", "--dask", cluster.address, "--out", "out"),
    ]
    client = subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.DEVNULL)
    file = tmp_path / "out.sqlite"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (file.exists() and _rows(file)):
        time.sleep(0.05)
    client.kill()
    client.wait()
    before = _rows(file)
    assert 0 < before < 2000
    told: list[int] = []
    run_study(study, file, scenarios=before + 40, dask=cluster.address, counted=lambda done, _of: told.append(done))
    assert told[0] <= before
    assert_same(run_study(study, file, scenarios=before), run_study(study, tmp_path / "1.sqlite", scenarios=before))


def _rows(file: Path) -> int:
    import sqlite3

    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as rows:
            return int(rows.execute("SELECT count(*) FROM outcomes").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@pytest.mark.filterwarnings("default")
def test_no_scheduler_is_told(study: EnsembleStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimizer.files.cluster._WAIT_S", 1.0)
    with pytest.raises(InputError, match=r"--dask tcp://127\.0\.0\.1:9: there is no scheduler to reach"):
        run_study(study, tmp_path / "r.sqlite", dask="tcp://127.0.0.1:9")
