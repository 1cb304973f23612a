"""The study that tests draw scenarios of."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.ensemble.study import EnsembleStudy
from tests.ensemble.studies import study_in


@pytest.fixture
def study(tmp_path: Path) -> EnsembleStudy:
    return study_in(tmp_path)
