"""What is expected of weather and coincident peaks, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.through_time.histories import history, replanned

CURVE = {"temperature_c": (0.0, 40.0), "pue": (1.0, 1.5)}


def test_the_weather_ahead_is_that_of_the_same_hour_of_the_last_day_seen() -> None:
    """Hours of three days, each as warm as its number. At hour 30 hours 31 to 35 are expected as 7 to 11 were."""
    warm = np.arange(72.0) / 2
    k = history(replanned(site={"pue": CURVE}), np.zeros(72), temperature=warm)
    firsts = np.arange(30, 36)
    assert k.market(30, firsts, 36).temperature_c.tolist() == [15.0, *((np.arange(31, 36) - 24) / 2)]
    far = k.market(30, np.array([30, 54, 60]), 61)  # a day on, the present day's hours have not been seen either
    assert far.temperature_c.tolist()[-1] == (60 - 48) / 2
    assert k.market(3, np.arange(3, 6), 6).temperature_c.tolist() == [1.5, 1.5, 1.5]  # no day before: it stays


def test_on_the_first_day_the_day_before_tells() -> None:
    """The day before was as warm as its hours count from -24 on, and hashing worth as much, each below zero."""
    k = history(replanned(site={"pue": CURVE}, rules={"hash_lag_hours": 20}), np.zeros(48), temperature=np.arange(48.0))
    before = {name: np.arange(-24.0, 0.0) for name in ("temperature_c", "hashprice_usd_per_ph_day")}
    k = replace(k, before=before)
    market = k.market(3, np.arange(3, 9), 9)
    assert market.temperature_c.tolist() == [3.0, *np.arange(4 - 24.0, 9 - 24.0)]
    assert market.hashprice_usd_per_ph_day.tolist() == [3.0 - 20] * 6


def test_probabilities_are_those_issued_last() -> None:
    """Issued at hours 2 and 5, each for four hours: before the first none is known, after their end none either."""
    peak = {"name": "P", "rule": "ercot_4cp", "usd_per_kw_year": 70.0, "probability": 0.0}
    k = history(replanned(energy={"coincident_peaks": (peak,)}), np.zeros(12))
    issued = {2: np.array([0.1, 0.2, 0.3, 0.4]), 5: np.array([0.5, 0.6, 0.7, 0.8])}
    k = replace(k, issued={"peak_probability": {"P": issued}})

    def seen(now: int) -> list[float]:
        return list(k.market(now, np.arange(now, now + 3), now + 3).peak_probability["P"].tolist())

    assert seen(1) == [0.0, 0.0, 0.0]
    assert seen(2) == [0.1, 0.2, 0.3]
    assert seen(4) == [0.3, 0.4, 0.0]
    assert seen(5) == [0.5, 0.6, 0.7]
    two_hours = k.market(5, np.array([5, 6]), 8).peak_probability["P"]
    assert two_hours.tolist() == [0.5, 0.6 + 0.7]  # a longer interval has the sum
