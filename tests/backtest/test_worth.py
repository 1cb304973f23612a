"""What re-planning is worth on ERCOT's 2023, against a measurement made by other means: within 0.3 points."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from optimizer.config.backtest import Backtest
from tests.backtest.worth import ROWS_2023, RUN, Row, earned, known
from tests.replanning.histories import stepped
from tests.sampling import sample

DATA = Path(os.environ.get("CURTAIL_REAL_DATA", "no real data"))
POINTS = 0.3

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="CURTAIL_REAL_DATA names no folder")


def rules_and_bound(row: Row, folder: Path) -> None:
    """What the rules and the bound earn, and how often a rule starts machines."""
    k, late = known(DATA, folder, row), known(DATA, folder, row, lag=1)
    best, _ = earned(k, RUN["perfect"](k, Backtest()))
    assert best == pytest.approx(row.perfect_thousand_usd, abs=0.5)  # thousand USD, the digits it was given with
    strike, starts = earned(k, RUN["strike"](k, Backtest()))
    found = {
        "always_on": earned(k, RUN["always_on"](k, Backtest()))[0],
        "strike": strike,
        "strike_late": earned(late, RUN["strike"](late, Backtest()))[0],
        "day_ahead": earned(k, RUN["day_ahead"](k, Backtest()))[0],
    }
    for name, usd in found.items():
        assert 100 * usd / best == pytest.approx(getattr(row, name), abs=POINTS), name
    assert starts == pytest.approx(row.starts, rel=0.02)


def re_planning_at_every_interval(row: Row, folder: Path) -> None:
    """35,040 plans of the row in which stops are many and margins thin: as much as the rule, a third of its starts."""
    k = known(DATA, folder, row)
    best, _ = earned(k, RUN["perfect"](k, Backtest()))
    ours, starts = earned(k, stepped(k))
    assert 100 * ours / best == pytest.approx(row.replanned, abs=POINTS)
    assert starts <= 0.6 * row.starts


CASES = [*((rules_and_bound, row) for row in ROWS_2023), (re_planning_at_every_interval, ROWS_2023[2])]


@pytest.mark.parametrize(("measured", "row"), sample(CASES, 1))
def test_a_year_is_worth_what_was_measured(measured: Callable[[Row, Path], None], row: Row, tmp_path: Path) -> None:
    measured(row, tmp_path)
