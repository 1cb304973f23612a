"""How high a grid's daily peaks rise beyond a forecast: a model, saved and drawn.

Two things are unknown when a plan is made: by how much the load forecast errs, and how hot the days after it will
be. ``LoadError`` says the first, ``PeakModel`` the second. Both hold derived parameters only, never a load series.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from functools import cache, cached_property, lru_cache
from pathlib import Path
from statistics import NormalDist

import numpy as np
from pydantic import TypeAdapter, ValidationError

from optimizer.arrays import F
from optimizer.errors import InputError
from optimizer.peaks.load_error import LoadError

PROBABILITIES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)  # further out stands one day of three years, by chance
LEVEL_DAYS = 28  # the daily peaks of as many days make the level: four whole weeks, so that weekends weigh alike
FEWEST_LEVEL_DAYS = 7
_SCORE_END = 8.0  # beyond the outer quantiles their slope goes on, further than any draw
_MONTHS, _HOURS = 12, 24


@dataclass(frozen=True)
class PeakModel:
    """The daily peaks of a grid: season, spread by month, memory, and the hour at which they come.

    A day's peak is season, level and anomaly, all logarithms. The level is the mean of the weeks around, season taken
    out; it stands for temperature and growth alike, so neither needs a series. ``season`` has 12 values, at
    mid-month; ``quantiles`` 12 rows of anomalies at ``PROBABILITIES``; ``level_shares`` 12 standard deviations by
    which the level of the weeks to come departs from that of the weeks before; ``hour_shares`` 12 rows of 24 shares,
    the local hour in which a day's peak began; ``day_memory`` is the correlation of one day's anomaly with the next.
    ``persistence`` is the error of ``damped_persistence`` issued at local midnight.
    """

    season: tuple[float, ...]
    quantiles: tuple[tuple[float, ...], ...]
    level_shares: tuple[float, ...]
    hour_shares: tuple[tuple[float, ...], ...]
    day_memory: float
    persistence: LoadError
    source: str

    def __post_init__(self) -> None:
        """Refuse wrong shapes and quantiles out of order."""
        season, quantiles, shares = (np.asarray(x, dtype=np.float64) for x in self._tables())
        if season.shape != (_MONTHS,) or not np.isfinite(season).all():
            raise InputError("season of a peak model must be 12 numbers")
        if quantiles.shape != (_MONTHS, len(PROBABILITIES)) or not (np.diff(quantiles) > 0).all():
            raise InputError(f"quantiles of a peak model must be 12 rows of {len(PROBABILITIES)} rising numbers")
        if shares.shape != (_MONTHS, _HOURS) or not (shares >= 0).all() or not np.allclose(shares.sum(1), 1, atol=1e-3):
            raise InputError("hour_shares of a peak model must be 12 rows of 24 shares that sum to 1")
        if len(self.level_shares) != _MONTHS or not all(0 <= share <= 1 for share in self.level_shares):
            raise InputError("level_shares of a peak model must be 12 numbers from 0 to 1")
        if not 0 <= self.day_memory < 1:
            raise InputError("day_memory of a peak model must be at least 0 and below 1")

    def _tables(self) -> tuple[object, object, object]:
        lengths = {len(row) for row in self.quantiles}, {len(row) for row in self.hour_shares}
        if any(len(one) > 1 for one in lengths):
            raise InputError("rows of quantiles and hour_shares of a peak model must be of one length")
        return self.season, self.quantiles, self.hour_shares

    def season_of(self, day: date) -> float:
        """The season's logarithm on a day, linear between the middles of the months."""
        return seasonal(self.season, day)

    @cached_property
    def curves(self) -> tuple[F, F]:
        """Normal scores, shape (n,), and the anomalies of each month there, shape (12, n), with tails."""
        scores = np.array([NormalDist().inv_cdf(p) for p in PROBABILITIES])
        q = np.asarray(self.quantiles, dtype=np.float64)
        low = q[:, :1] + (q[:, 1:2] - q[:, :1]) / (scores[1] - scores[0]) * (-_SCORE_END - scores[0])
        high = q[:, -1:] + (q[:, -1:] - q[:, -2:-1]) / (scores[-1] - scores[-2]) * (_SCORE_END - scores[-1])
        return np.concatenate([[-_SCORE_END], scores, [_SCORE_END]]), np.hstack([low, q, high])

    def spread(self, month: int) -> float:
        """Standard deviation of a month's anomaly, from its outer quantiles."""
        row = self.quantiles[month - 1]
        return (row[-2] - row[1]) / (2 * NormalDist().inv_cdf(PROBABILITIES[-2]))

    def share_after(self, month: int, hour: float) -> float:
        """Share of days of a month whose peak begins at or after a local hour.

        >>> ercot_model().share_after(8, 0.0), ercot_model().share_after(8, 24.0)
        (1.0, 0.0)
        """
        shares = self.hour_shares[month - 1]
        return sum(shares[int(np.ceil(hour)) :]) / sum(shares)

    def outlook(self, daily_peaks_mw: Mapping[date, float], first_day: date) -> Outlook:
        """What to expect from ``first_day`` on, given the daily peaks (MW) of days before it.

        Days from ``first_day`` on are not looked at. Raises InputError where the four weeks before hold fewer than
        seven days.
        """
        before = (first_day - timedelta(days=back) for back in range(1, LEVEL_DAYS + 1))
        known = {day: daily_peaks_mw[day] for day in before if day in daily_peaks_mw}
        if len(known) < FEWEST_LEVEL_DAYS:
            raise InputError(
                f"the level of the grid's load needs the daily peaks of at least {FEWEST_LEVEL_DAYS} of the "
                f"{LEVEL_DAYS} days before {first_day} (got {len(known)})"
            )
        return Outlook(self, float(np.mean([np.log(mw) - self.season_of(day) for day, mw in known.items()])))

    def to_json(self) -> str:
        """The model as JSON text, a line for each field."""
        return "{\n" + ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in asdict(self).items()) + "\n}"

    @staticmethod
    def from_json(text: str, file: str = "<text>") -> PeakModel:
        """The model that ``to_json`` wrote. Raises InputError.

        >>> PeakModel.from_json(ercot_model().to_json()) == ercot_model()
        True
        """
        try:
            return TypeAdapter(PeakModel).validate_json(text)
        except ValidationError as error:
            message = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
            raise InputError(f"{file}: is not a peak model: {message}") from None


@dataclass(frozen=True)
class Outlook:
    """Daily peaks to expect around a level: ``log_level`` is the mean logarithm of MW with the season taken out."""

    model: PeakModel
    log_level: float

    def centre(self, day: date) -> float:
        """Logarithm of MW of a day without anomaly."""
        return self.log_level + self.model.season_of(day)

    def bent(self, day: date, forecast_log_mw: float, drawn_log_mw: F) -> F:
        """Peaks of a day drawn around its forecast, bent by what its month allows; same shape.

        Hot days do not get hotter as easily as cool ones cool: load has a long tail below and a short one above. An
        error that means so many standard deviations on a usual day means as many on this one.
        """
        scores, months = self.model.curves
        anomalies = months[day.month - 1]
        usual = self.model.spread(day.month)
        expected = np.interp(forecast_log_mw - self.centre(day), anomalies, scores)
        score = expected + (drawn_log_mw - forecast_log_mw) / usual
        return np.asarray(self.centre(day) + np.interp(score, scores, anomalies), dtype=np.float64)

    def straight(self, day: date, forecast_mw: F, actual_mw: F) -> F:
        """The relative error before it was bent, of a day's hours; shape of both. ``bent`` undoes it at the peak."""
        scores, months = self.model.curves
        tops = np.log([actual_mw.max(), forecast_mw.max()])
        actual, expected = np.interp(tops - self.centre(day), months[day.month - 1], scores)
        shape = np.log(actual_mw / forecast_mw) - (tops[0] - tops[1])
        return np.asarray(shape + self.model.spread(day.month) * (actual - expected), dtype=np.float64)

    def draw(self, days: Sequence[date], noise: F, last_day: date | None = None, last_log_mw: F | None = None) -> F:
        """Logarithms of the peaks (MW) of days in order, shape (n_days, n_draws).

        ``noise`` is standard normal, shape (n_days + 1, n_draws); its first row moves the level. Each draw goes on
        from its own ``last_log_mw`` on ``last_day``, so that a heat wave in the forecast does not end with it;
        without one it starts anywhere in the month's spread.
        """
        scores, anomalies = self.model.curves
        drawn = np.empty_like(noise[1:])
        state: F | None = None
        before = last_day
        if last_day is not None and last_log_mw is not None:
            moved = self.centre(last_day) + self.model.level_shares[last_day.month - 1] * noise[0]
            state = np.interp(last_log_mw - moved, anomalies[last_day.month - 1], scores)
        for row, day in enumerate(days):
            if state is None or before is None:
                state = noise[row + 1]
            else:
                memory = self.model.day_memory ** (day - before).days
                state = memory * state + np.sqrt(1 - memory**2) * noise[row + 1]
            moved = self.centre(day) + self.model.level_shares[day.month - 1] * noise[0]
            drawn[row] = moved + np.interp(state, scores, anomalies[day.month - 1])
            before = day
        return drawn


@lru_cache(maxsize=4096)
def seasonal(season: tuple[float, ...], day: date) -> float:
    """Twelve mid-month values read on a day, linear between them and round the year.

    >>> seasonal((0.0,) * 6 + (1.0,) + (0.0,) * 5, date(2023, 7, 16))
    1.0
    """
    length = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
    middle = day.month - 1 + (day.day - 0.5) / length - 0.5
    low = int(np.floor(middle))
    weight = middle - low
    return round((1 - weight) * season[low % _MONTHS] + weight * season[(low + 1) % _MONTHS], 12)


def damped_persistence(recent_mw: F, last_day: date, days_ahead: int, outlook: Outlook) -> F:
    """A forecast for farms without one: the height of yesterday on its way back to the season's, in the usual shape.

    ``recent_mw`` is the hourly load of days up to and with ``last_day``, oldest first, shape (n_days, 24); a week is
    a good number. Returned is a day's hourly forecast ``days_ahead`` after the last, shape (24,). The score of
    yesterday's peak fades by ``day_memory`` a day; the shape is the mean of the recent days, each by its own peak.
    """
    scores, months = outlook.model.curves
    tops = recent_mw.max(axis=1)
    score = np.interp(np.log(tops[-1]) - outlook.centre(last_day), months[last_day.month - 1], scores)
    day = last_day + timedelta(days=days_ahead)
    faded = score * outlook.model.day_memory**days_ahead
    aim = outlook.centre(day) + np.interp(faded, scores, months[day.month - 1])
    shape = (recent_mw / tops[:, None]).mean(axis=0)
    return np.asarray(shape * (np.exp(aim) / shape.max()), dtype=np.float64)


@cache
def ercot_model() -> PeakModel:
    """Fitted on ERCOT native load, hourly, 2019-2021; the file beside this one holds parameters only."""
    file = Path(__file__).with_name("ercot.json")
    return PeakModel.from_json(file.read_text(encoding="utf-8"), file.name)
