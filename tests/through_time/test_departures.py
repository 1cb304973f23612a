"""How departures from a forecast last: fitted by hand, on histories that are known, and never on what comes later."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.config.farm import Farm
from optimizer.daily.present import read_present
from optimizer.daily.prices import NO_PRICES
from optimizer.through_time.departures import SCALE_QUANTILE, TILT, Departures, _tilted, fit_departures
from optimizer.through_time.history import read_history
from optimizer.through_time.knowledge import Knowledge
from tests.farms import group

FIRST = pd.Timestamp("2025-12-20", tz="UTC")  # of the files; 70 days
HOURS = 70 * 24
SAID = 25.0 + 10.0 * np.sin(np.arange(HOURS) * np.pi / 12.0)
WEIGHTS = np.array([[0.0, 1.0, 0.0, 1.0, 0.0], [0.1, 0.5, 0.25, 0.8, 0.0], [0.3, 0.0, 0.0, 0.0, 0.0]])
MODEL = Departures(20.0, (2,), np.array([0, 1, 3]), WEIGHTS)


def test_the_expectation_by_hand() -> None:
    """Two departures above zero, asinh 1 and 2, mean 1.5: 0.1 + 0.5 x 2 + 0.25 x 1.5 is left at the next interval.

    At the third the constant is, and between the two the mean of both sets of weights.
    """
    seen = 20.0 * np.sinh(np.array([1.0, 2.0]))
    later = MODEL.expected(seen, np.zeros(2), np.zeros(4), np.arange(4))
    assert np.arcsinh(later / 20.0) == pytest.approx([2.0, 1.475, 0.2 + 0.25 * 2 + 0.125 * 1.5, 0.3])
    below = MODEL.expected(-seen, np.zeros(2), np.zeros(1), np.array([1]))
    assert np.arcsinh(below / 20.0) == pytest.approx([0.1 - 0.8 * 2.0])


def test_a_price_above_what_is_expected_weighs_more() -> None:
    """Of as many 0 as 1: TILT x (1 - e) = (1 - TILT) x e, so e is TILT."""
    constant = _tilted(np.ones((4000, 1)), np.tile([0.0, 1.0], 2000))
    assert constant == pytest.approx([TILT], abs=1e-3)


def test_what_lasts_longer_below_zero_is_found() -> None:
    """Of a departure 0.4 is left an hour later where it is above zero, 0.9 where it is below; the means say nothing."""
    random, departure = np.random.default_rng(3), np.zeros(9000)
    for t in range(1, len(departure)):
        departure[t] = (0.4 if departure[t - 1] > 0 else 0.9) * departure[t - 1] + random.normal(0.0, 0.3)
    said = np.full(len(departure), 30.0)
    scale = 30.0
    for _ in range(60):  # the scale is the quantile of the prices that it makes
        scale = float(np.quantile(np.abs(scale * np.sinh(np.arcsinh(said / scale) + departure)), SCALE_QUANTILE))
    fitted = fit_departures(scale * np.sinh(np.arcsinh(said / scale) + departure), said, 1.0)
    assert fitted is not None
    assert (fitted.means, fitted.leads.tolist()) == ((4, 24), [0, 1, 2, 4, 8, 16, 36])
    _, above, *others, below, four, day = fitted.weights[1]
    assert above == pytest.approx(0.4, abs=0.06)
    assert below == pytest.approx(0.9, abs=0.06)
    assert np.abs([*others, four, day]).max() < 0.1


PRICE = st.floats(-500.0, 9000.0)


@given(said=PRICE, later=PRICE, seen=st.lists(PRICE, min_size=1, max_size=4), lead=st.integers(0, 9))
def test_a_departure_never_grows_and_none_leaves_the_constant(
    said: float, later: float, seen: list[float], lead: int
) -> None:
    def moved(observed: list[float]) -> float:
        """What is expected of the departure, as asinh and beyond the constant."""
        told = np.full(len(observed), said)
        expected = MODEL.expected(np.array(observed), told, np.array([later]), np.array([lead]))
        constant = float(np.interp(lead, MODEL.leads, MODEL.weights[:, 0]))
        return float(np.arcsinh(expected[0] / 20.0) - np.arcsinh(later / 20.0)) - constant

    assert moved([said] * len(seen)) == pytest.approx(0.0, abs=1e-9)
    departures = np.arcsinh(np.array(seen) / 20.0) - np.arcsinh(said / 20.0)
    assert min(departures.min(), 0.0) - 1e-9 <= moved(seen) <= max(departures.max(), 0.0) + 1e-9


def test_a_short_history_tells_nothing() -> None:
    said = np.full(28 * 24, 20.0)
    assert fit_departures(said, said, 1.0) is not None
    assert fit_departures(said[1:], said[1:], 1.0) is None
    assert fit_departures(np.where(np.arange(len(said)) == 5, np.nan, said), said, 1.0) is None


def real() -> Any:
    """Prices that depart from what is said for hours, and spike."""
    random, departure = np.random.default_rng(7), np.zeros(HOURS)
    for t in range(1, HOURS):
        departure[t] = 0.8 * departure[t - 1] + random.normal(0.0, 4.0) + 200.0 * (random.random() < 0.01)
    return np.round(SAID + departure, 2)


def write(folder: Path, name: str, hourly: Any) -> dict[str, str]:
    times = pd.date_range(FIRST, periods=len(hourly), freq="h").strftime("%Y-%m-%d %H:%M")
    pd.DataFrame({"time": times, "value": hourly}).to_csv(folder / name, index=False)
    return {"file": name}


def farm(folder: Path, prices: Any, **rules: Any) -> Farm:
    forecast = {"kind": "day_ahead", "price_usd_per_mwh": write(folder, "ahead.csv", SAID), "published": "00:00"}
    return Farm.model_validate(
        {
            "name": "test",
            "timezone": "UTC",
            "site": {"import_limit_mw": 1e4},
            "fleet": (group(),),
            "revenue": {"hashprice_usd_per_ph_day": 40.0},
            "energy": {"price_usd_per_mwh": write(folder, "real.csv", prices)},
            "horizon": {"hours": 24, "intervals": ({"minutes": 60},)},
            "replanning": {"deviation_half_life_minutes": 60, "forecast": forecast} | rules,
        }
    )


def replayed(folder: Path, prices: Any, **rules: Any) -> Knowledge:
    """From 29 January to 5 February: the fit of January has too short a history, that of February has 41 days."""
    return read_history(farm(folder, prices, **rules), folder, datetime(2026, 1, 29), 7 * 24.0)


FEBRUARY = 3 * 24  # its first interval in the replay


@pytest.mark.parametrize("lag", [0, 1])
def test_later_prices_change_nothing_that_was_expected(tmp_path: Path, lag: int) -> None:
    """Nor in February's fit, of those that are known on 31 January or later."""
    prices, begins = real(), round((pd.Timestamp("2026-01-29", tz="UTC") - FIRST) / pd.Timedelta(hours=1))
    one = replayed(tmp_path, prices, price_lag_intervals=lag).prices
    assert one is not None
    assert [first for first, _ in one.fitted] == [FEBRUARY]
    for now in (FEBRUARY - 25, FEBRUARY + 50):
        changed = prices.copy()
        changed[begins + now + 1 - lag :] = 3.0 * changed[begins + now + 1 - lag :] + 50.0
        other = replayed(tmp_path, changed, price_lag_intervals=lag).prices
        assert other is not None
        assert one.fitted[0][1].weights.tolist() == other.fitted[0][1].weights.tolist()
        assert one.at(now, now + 24).tolist() == other.at(now, now + 24).tolist()
        assert one.at(now + 1, now + 24).tolist() != other.at(now + 1, now + 24).tolist()


def test_the_half_life_stands_until_there_is_a_fit(tmp_path: Path) -> None:
    prices, fits, halves = real(), [], []
    for found, fit in ((fits, True), (halves, False)):
        known = replayed(tmp_path, prices, fit_deviations=fit).prices
        assert known is not None
        found += [known.at(now, now + 12).tolist() for now in (FEBRUARY - 1, FEBRUARY)]
    assert fits[0] == halves[0]
    assert fits[1] != halves[1]


@pytest.mark.parametrize("rules", [{"price_lag_intervals": 1}, {"forecast": {"kind": "same_hour_last_week"}}])
def test_a_plan_of_now_expects_what_a_replay_did(tmp_path: Path, rules: dict[str, Any]) -> None:
    built, now = farm(tmp_path, real(), **rules), FEBRUARY + 30
    then = replayed(tmp_path, real(), **rules)
    start = then.grid.starts[now]
    assert built.replanning is not None
    present = read_present(
        built, built.state, tmp_path, built.replanning, start, start + pd.Timedelta(minutes=1), NO_PRICES
    )
    assert then.prices is not None
    assert present.prices is not None
    assert present.prices.at(0, 24) == pytest.approx(then.prices.at(now, now + 24), rel=1e-12)
