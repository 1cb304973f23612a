"""A portfolio that is planned again at every interval."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.accounts.settlement import settle
from optimizer.files.digest import digest
from optimizer.portfolio.replaying import Replayed, replay
from optimizer.portfolio.run import PortfolioResult
from optimizer.portfolio.sites import Shared
from optimizer.portfolio.store import PortfolioStore
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.replanning import Stepper
from optimizer.through_time.step import chained
from tests.farms import call, group
from tests.through_time.histories import history, replanned

PRICES = np.array([0.3, 0.5, 0.9, 1.4, 0.4, 0.2] * 5)  # thirty hours: two days of the clock


def sites(**more: Any) -> tuple[Replayed, ...]:
    """Ten machines of one MW each; of the second they earn twice as much."""
    rates = (1000.0, 2000.0)
    farms = [replanned(group(th=th, restart_minutes=6.0), hours=6.0, **(more if th > 1000 else {})) for th in rates]
    return tuple(Replayed(name, history(built, PRICES)) for name, built in zip("AB", farms, strict=True))


def replayed(folder: Path, replays: tuple[Replayed, ...], shared: Shared, **more: Any) -> PortfolioResult:
    store = PortfolioStore(folder, digest(replays, shared))
    try:
        return replay(replays, shared, store, **{"workers": 1, "dask": None, "counted": lambda *_: None} | more)
    finally:
        store.close()


def alone(k: Knowledge) -> float:
    """What a site earns that steps through its hours by itself, USD."""
    stepper, state, pieces = Stepper(k), k.actual.state, []
    for now in range(len(k.grid)):
        piece, state = stepper.step(now, state)
        pieces.append(piece)
    return settle(k.actual, chained(pieces)).profit


def test_where_nothing_is_shared_each_does_as_it_would_alone(tmp_path: Path) -> None:
    replays = sites()
    found = replayed(tmp_path / "r.sqlite", replays, Shared())
    own = [alone(one.knowledge) for one in replays]
    assert [sum(one.usd.values()) for one in found.outcomes] == pytest.approx(own, rel=1e-12)
    assert found.profit_usd == pytest.approx(sum(own), abs=0.01)


def test_a_ceiling_and_a_call_bind_what_is_executed(tmp_path: Path) -> None:
    """14 MW for two sites of ten; a call leaves B 3 MW from 08:00 to 10:00 whatever the ceiling leaves it."""
    replays = sites(events=(call("08:00", "10:00", 3.0),))
    shared = Shared(np.full(len(PRICES), 14.0))
    found = replayed(tmp_path / "r.sqlite", replays, shared)
    apart = replayed(tmp_path / "s.sqlite", replays, Shared())
    assert (found.import_mw <= 14.0 + 1e-6).all()
    assert apart.import_mw.max() > 14.0
    assert found.outcomes[1].import_mw[2:4].max() <= 3.0 + 1e-6
    assert 0 < found.profit_usd < apart.profit_usd


def test_days_are_kept_and_the_same_on_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replays, shared = sites(), Shared(np.full(len(PRICES), 14.0))
    whole = replayed(tmp_path / "1.sqlite", replays, shared)
    two = replayed(tmp_path / "2.sqlite", replays, shared, workers=2)

    def stop(done: int, _of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replayed(tmp_path / "3.sqlite", replays, shared, counted=stop)
    stepped: list[int] = []
    step = Stepper.step
    monkeypatch.setattr(Stepper, "step", lambda self, now, state: (stepped.append(now), step(self, now, state))[1])
    resumed = replayed(tmp_path / "3.sqlite", replays, shared)
    left = [range(6, 12), *(range(first, first + 6) for first in (12, 18, 24) for _ in replays)]  # six hours are seen
    assert stepped == [now for part in left for now in part]
    assert [o.usd for o in whole.outcomes] == [o.usd for o in two.outcomes] == [o.usd for o in resumed.outcomes]
