"""How a grid's load strays from its forecast: the size of the error by lead time, how long it lasts, and its fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F
from optimizer.errors import InputError

_MEMORY_LAGS = (1, 2, 3, 6, 12, 24)
_ONE_SIGMA = (0.1587, 0.5, 0.8413)
_GROWTHS = np.geomspace(3, 240, 60)


@dataclass(frozen=True)
class LoadError:
    """Relative error (a logarithm) of a load forecast: its size by lead time, and how long it lasts.

    The standard deviation grows from ``near_share`` at once to ``far_share`` later as
    ``far - (far - near) * exp(-lead / growth_hours)``; between two hours the errors correlate by
    ``exp(-gap / memory_hours)``, an AR(1) process read at uneven times.

    >>> LoadError(near_share=0.01, far_share=0.05, growth_hours=24, memory_hours=48).share([0.0, 24.0]).round(4)
    array([0.01  , 0.0353])
    """

    near_share: float
    far_share: float
    growth_hours: float
    memory_hours: float

    def __post_init__(self) -> None:
        """Refuse what is not an error."""
        if not (0 <= self.near_share <= 1 and 0 <= self.far_share <= 1):
            raise InputError("near_share and far_share of a load error must lie between 0 and 1")
        if not (0 < self.growth_hours < np.inf and 0 < self.memory_hours < np.inf):
            raise InputError("growth_hours and memory_hours of a load error must be positive")

    def share(self, lead_hours: Sequence[float] | F) -> F:
        """Standard deviation of the relative error at lead times in hours, same shape."""
        grown = np.exp(-np.asarray(lead_hours, dtype=np.float64) / self.growth_hours)
        return np.asarray(self.far_share - (self.far_share - self.near_share) * grown, dtype=np.float64)


def fit_error(errors: F, lead_hours: F) -> LoadError:
    """The ``LoadError`` of forecasts: ``log(actual / forecast)``, shape (n_forecasts, n_leads), NaN where unknown.

    Size by least squares over leads of the half spread that holds the middle 68 % of errors, with the median as
    error beside it; memory from the correlations over 1 to 24 hours.

    >>> random = np.random.default_rng(1)
    >>> walk = np.cumsum(random.standard_normal((400, 48)), axis=1) * 0.005
    >>> fit_error(walk, np.arange(48.0)).share([40.0]).round(2)
    array([0.03])
    """
    low, middle, high = np.nanquantile(errors, _ONE_SIGMA, axis=0)
    size = np.hypot((high - low) / 2, middle)
    best: tuple[float, LoadError] | None = None
    scaled = errors / np.maximum(size, 1e-12)
    memory = _memory_hours(scaled, lead_hours)
    for growth in _GROWTHS:
        columns = np.stack([np.ones_like(lead_hours), np.exp(-lead_hours / growth)], axis=1)
        far, fall = np.linalg.lstsq(columns, size, rcond=None)[0]
        near, far = np.clip([far + fall, far], 0.0, 1.0)
        error = LoadError(round(float(near), 5), round(float(far), 5), round(float(growth), 2), memory)
        misfit = float(((error.share(lead_hours) - size) ** 2).sum())
        if best is None or misfit < best[0]:
            best = misfit, error
    assert best is not None
    return best[1]


def _memory_hours(scaled: F, lead_hours: F) -> float:
    gaps, logs = [], []
    for lag in _MEMORY_LAGS:
        apart = np.subtract.outer(lead_hours, lead_hours)
        rows, columns = np.nonzero(np.isclose(apart, lag))
        products = _correlation(scaled[:, rows], scaled[:, columns]) if len(rows) else np.nan
        if np.isfinite(products) and products > 0.01:
            gaps.append(lag)
            logs.append(np.log(min(products, 0.9999)))
    if not gaps:
        raise InputError("a load error needs forecasts of neighbouring hours to tell how long an error lasts")
    return round(float(-np.dot(gaps, gaps) / np.dot(gaps, logs)), 2)


def _correlation(one: F, other: F) -> float:
    both = np.isfinite(one) & np.isfinite(other)
    return float(np.mean(one[both] * other[both]) / np.sqrt(np.mean(one[both] ** 2) * np.mean(other[both] ** 2)))
