"""Mutated farm files end in a plan or in a located message, never in a traceback.

Twenty times 500 files; a seed draws one of the twenty, a whole run takes all of them.
"""

from __future__ import annotations

import shutil
import warnings
from collections import Counter
from pathlib import Path

import pytest

from optimizer.config.load import load_farm
from optimizer.errors import (
    CurtailError,
    InfeasibleError,
    InputError,
    MissingDataError,
    StoppedEarlyError,
)
from optimizer.market.grid import grid_of
from optimizer.plan.breakeven import breakeven
from optimizer.plan.planning import plan_farm
from optimizer.report.plan.files import plan_files
from tests.commands.running import CONFIGS
from tests.config.mutations import mutants
from tests.sampling import sample

ENDS = (InputError, MissingDataError, InfeasibleError, StoppedEarlyError)
HOURS = 30.0  # long enough to meet every rule, short enough for 10,000 plans


@pytest.mark.parametrize("block", sample(range(20), 1))
def test_every_mutant_ends_well(tmp_path: Path, block: int) -> None:
    shutil.copytree(CONFIGS, tmp_path / "configs")
    path = tmp_path / "configs" / "mutant.yaml"
    ends: Counter[str] = Counter()
    for text in mutants(seed=2026 + block, count=500):
        path.write_bytes(text)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                farm = load_farm(path)
                hours = min(HOURS, farm.horizon.hours)
                breakeven(farm, path.parent, grid_of(farm, hours=hours))
                plan_files(plan_farm(farm, path.parent, hours=hours, time_limit=2.0))
            ends["planned"] += 1
        except ENDS as error:
            ends[type(error).__name__] += 1
            if isinstance(error, InputError):
                assert all(fault.line >= 1 and fault.column >= 1 for fault in error.faults)
            assert str(error)
        except CurtailError as error:
            raise AssertionError(f"{error} of\n{text[:3000]!r}") from error
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {error} of\n{text[:3000]!r}") from error
    print(dict(ends))
    assert ends["planned"] > 0.02 * ends.total()
    assert ends["InputError"] > 0.2 * ends.total()
