"""The error of a load forecast, fitted on its own draws."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.peaks.load_error import LoadError, fit_error


def test_an_error_is_recovered_from_its_draws() -> None:
    truth = LoadError(near_share=0.01, far_share=0.05, growth_hours=24.0, memory_hours=40.0)
    leads = np.arange(1.0, 97.0)
    random = np.random.default_rng(3)
    z = random.standard_normal((1_500, len(leads)))
    memory = np.exp(-1 / truth.memory_hours)
    for hour in range(1, len(leads)):
        z[:, hour] = memory * z[:, hour - 1] + np.sqrt(1 - memory**2) * z[:, hour]
    found = fit_error(z * truth.share(leads), leads)
    assert found.share([2.0, 24.0, 90.0]) == pytest.approx(truth.share([2.0, 24.0, 90.0]), rel=0.1)
    assert found.memory_hours == pytest.approx(40.0, rel=0.15)
