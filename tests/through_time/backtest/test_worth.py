"""What re-planning is worth on ERCOT's 2023, against a measurement made by other means: within 0.3 points."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import pytest

from optimizer.config.backtest import Backtest
from tests.sampling import WHOLE, sample
from tests.through_time.backtest.worth import ROWS_2023, RUN, Row, earned, known
from tests.through_time.histories import stepped

DATA = Path(os.environ.get("CURTAIL_REAL_DATA", "no real data"))
POINTS = 0.3
CASES = sample(product(ROWS_2023, ("always_on", "strike", "strike_late", "day_ahead")), 1)
if WHOLE:  # 35,040 plans of the row in which stops are many and margins thin: as much as the rule, with fewer starts
    CASES.append((ROWS_2023[2], "replanned"))

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="CURTAIL_REAL_DATA names no folder")


@pytest.mark.parametrize(("row", "name"), CASES)
def test_a_year_earns_what_was_measured(row: Row, name: str, tmp_path: Path) -> None:
    k = known(DATA, tmp_path, row)
    best, _ = earned(k, RUN["perfect"](k, Backtest()))
    assert best == pytest.approx(row.perfect_thousand_usd, abs=0.5)  # thousand USD, the digits it was given with
    k = known(DATA, tmp_path, row, lag=int(name == "strike_late"))
    schedule = stepped(k) if name == "replanned" else RUN[name.removesuffix("_late")](k, Backtest())
    usd, starts = earned(k, schedule)
    assert 100 * usd / best == pytest.approx(getattr(row, name), abs=POINTS)
    if name == "strike":
        assert starts == pytest.approx(row.starts, rel=0.02)
    if name == "replanned":
        assert starts <= 0.6 * row.starts
