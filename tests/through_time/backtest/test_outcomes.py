"""Peaks that a backtest counts."""

from __future__ import annotations

from optimizer.through_time.backtest.outcomes import PeakSeen, peaks_that_came
from tests.farms import conditions, farm


def test_a_column_of_probabilities_has_peaks_as_often_as_they_are_likely() -> None:
    """A quarter and a half of a peak: of three quarters of one, the farm that stops in the second hits a half."""
    peak = {"name": "CP", "rule": "ercot_4cp", "usd_per_mw_year": 4.0, "probability": 0.5}
    c = conditions(farm(energy={"coincident_peaks": (peak,)}), [0.0] * 3, probability={"CP": [0.25, 0.0, 0.5]})
    came = [(charge, run.tolist(), chance) for charge, run, chance in peaks_that_came(c)]
    assert came == [("CP", [0], 0.25), ("CP", [2], 0.5)]
    seen = [PeakSeen("CP", "", mw, 10.0, chance) for mw, (*_, chance) in zip((10.0, 0.0), came, strict=True)]
    assert [(peak.came, peak.hit) for peak in seen] == [(False, False), (False, True)]
