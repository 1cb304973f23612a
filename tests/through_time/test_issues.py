"""Coincident peaks at one moment of a live farm: what a replay was issued then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.config.farm import Farm
from optimizer.errors import MissingDataError
from optimizer.market.grid import Grid
from optimizer.mechanisms.tags.issues import peaks_ahead, peaks_came
from tests.farms import farm
from tests.peaks.test_issued import FORECAST, ZONE
from tests.peaks.test_issued import LOAD as MADE_UP
from tools.sample import sample_files

ESTIMATE = {"load_forecast_mw": {"file": "load.csv"}, "load_history_mw": {"file": "load.csv"}}
PEAK = {"name": "4CP", "rule": "ercot_4cp", "usd_per_kw_year": 70, "estimate": ESTIMATE}
LOAD = sample_files()["summer_load.csv"].splitlines()


def intervals(begin: str, days: int) -> Grid:
    first = pd.Timestamp(begin).tz_convert("UTC").as_unit("us")
    starts = pd.date_range(first, periods=24 * 4 * days, freq="15min").as_unit("us")
    return Grid(starts, np.full(len(starts), 0.25), "America/Chicago")


def texan() -> Farm:
    return farm(energy={"coincident_peaks": (PEAK,)}).model_copy(update={"timezone": "America/Chicago"})


def test_peaks_are_issued_as_in_a_replay(tmp_path: Path) -> None:
    """The sample load of August: at each hour the same probabilities, whatever of the file lies ahead."""
    built, grid = texan(), intervals("2026-08-05T00:00-05:00", 2)
    (peak,) = built.energy.coincident_peaks
    (tmp_path / "load.csv").write_text("\n".join(LOAD) + "\n")
    issued = peaks_came(built, tmp_path, grid, peak)[1]
    for at in (0, 14 * 4, 14 * 4 + 3, 23 * 4):
        last = max(first for first in issued if first <= at)
        ahead = peaks_ahead(built, tmp_path, grid.part(at, len(grid)), peak, grid.starts[at])
        assert list(ahead) == [last - at]
        there = ahead[last - at][: len(issued[last])]
        assert there.tolist() == issued[last].tolist()
    assert issued[14 * 4].max() > 0.005


def test_load_that_is_not_over_is_not_looked_at(tmp_path: Path) -> None:
    """At 14:40 the hour from 14:00 on is not over. The file ends at 12:00: what was issued at noon stands."""
    built, grid, rows = texan(), intervals("2026-08-05T14:30-05:00", 1), LOAD
    (peak,) = built.energy.coincident_peaks
    now = grid.starts[0] + pd.Timedelta(minutes=10)

    def issued(changed: list[str]) -> dict[int, list[float]]:
        (tmp_path / "load.csv").write_text("\n".join(changed) + "\n")
        return {at: values.tolist() for at, values in peaks_ahead(built, tmp_path, grid, peak, now).items()}

    two = next(i for i, row in enumerate(rows) if row.startswith("2026-08-05T14"))
    whole = issued(rows)
    assert issued([*rows[:two], *(row.split(",")[0] + ",90000" for row in rows[two:])]) == whole
    assert issued(rows[:two]) == whole
    assert list(whole) == [-2]
    assert list(issued(rows[: two - 2])) == [-10]
    with pytest.raises(MissingDataError, match=r"load\.csv: peaks .* there is none before 2026-08-05 14:40-05:00"):
        issued([rows[0], *rows[two:]])


def test_a_replay_beyond_the_load_is_told_where_it_ends(tmp_path: Path) -> None:
    """Nobody knows the peaks of a season's days without load; out of season none is needed."""
    built, rows = texan(), [row for row in LOAD if not row.startswith("2026") or row < "2026-08-06"]
    (peak,) = built.energy.coincident_peaks
    (tmp_path / "load.csv").write_text("\n".join(rows) + "\n")
    peaks_came(built, tmp_path, intervals("2026-08-04T00:00-05:00", 2), peak)
    said = r"load\.csv: the load ends 2026-08-06 00:00-05:00, before 2026-08-07 00:00-05:00, .* end the replay sooner"
    with pytest.raises(MissingDataError, match=said):
        peaks_came(built, tmp_path, intervals("2026-08-04T00:00-05:00", 3), peak)


def test_where_today_is_not_told_yet_what_was_issued_yesterday_stands(tmp_path: Path) -> None:
    """At 14:30 on the 5th the load ends on the 4th at 17:00: what was issued then reaches over the 5th, too."""
    built, grid = texan(), intervals("2026-08-04T00:00-05:00", 2)
    (peak,) = built.energy.coincident_peaks
    (tmp_path / "load.csv").write_text("\n".join(LOAD) + "\n")
    issued = peaks_came(built, tmp_path, grid, peak)[1]
    five = next(i for i, row in enumerate(LOAD) if row.startswith("2026-08-04T17"))
    (tmp_path / "load.csv").write_text("\n".join(LOAD[:five]) + "\n")
    now = (24 + 14) * 4 + 2
    ahead = peaks_ahead(built, tmp_path, grid.part(now, len(grid)), peak, grid.starts[now])
    assert list(ahead) == [17 * 4 - now]
    assert ahead[17 * 4 - now][: len(issued[17 * 4])].tolist() == issued[17 * 4].tolist()
    (tmp_path / "load.csv").write_text("\n".join(LOAD[: five - 4]) + "\n")
    with pytest.raises(MissingDataError, match=r"it ends 2026-08-04 13:00-05:00, too long before 2026-08-05 14:30"):
        peaks_ahead(built, tmp_path, grid.part(now, len(grid)), peak, grid.starts[now])


def test_yesterday_may_lie_before_the_season(tmp_path: Path) -> None:
    """On the season's first day the load of the day before it is enough, as the day itself counts."""
    august = {"months": (8,), "count": 1, "per": "month", "interval_minutes": 60, "source": "a test"}
    built = farm(energy={"coincident_peaks": ({**PEAK, "rule": august},)})
    built = built.model_copy(update={"timezone": "America/Chicago"})
    (peak,) = built.energy.coincident_peaks
    end = next(i for i, row in enumerate(LOAD) if row.startswith("2026-07-31T18"))
    (tmp_path / "load.csv").write_text("\n".join(LOAD[:end]) + "\n")
    grid = intervals("2026-08-01T14:00-05:00", 1)
    ((first, probability),) = peaks_ahead(built, tmp_path, grid, peak, grid.starts[0]).items()
    assert first == -20 * 4
    assert probability[-first:].max() > 0


def test_the_peak_of_an_hourly_load_is_settled_on_the_mean_of_its_hour(tmp_path: Path) -> None:
    """ERCOT counts a quarter of an hour; where the load is told by the hour, all four quarters are the peak.

    Else stopping for fifteen minutes would seem to avoid it.
    """
    built, grid = texan(), intervals("2026-08-05T00:00-05:00", 1)
    (peak,) = built.energy.coincident_peaks
    rows = [row if "2026-08-05T16" not in row else row.split(",")[0] + ",99000" for row in LOAD]
    (tmp_path / "load.csv").write_text("\n".join(rows) + "\n")
    shares = peaks_came(built, tmp_path, grid, peak)[0]
    assert np.flatnonzero(shares).tolist() == [64, 65, 66, 67]
    assert shares[64:68].tolist() == [0.25] * 4


def test_a_forecast_is_known_from_its_publication_on(tmp_path: Path) -> None:
    """Of a file of forecasts a replay and a live farm look at today's, and at tomorrow's once it is out, at 13:30.

    Where it names the load itself none was published: nothing ahead is seen.
    """
    load, forecast = (series[:"2023-07-17"] for series in (MADE_UP, FORECAST))  # July's hottest day
    tomorrow = pd.date_range("2023-07-18", periods=24, freq="h", tz=ZONE)
    estimate = {**ESTIMATE, "load_forecast_mw": {"file": "forecast.csv"}}
    grid = intervals("2023-07-17T00:00-05:00", 1)

    def issued(named: dict[str, Any], share: float) -> dict[int, list[float]]:
        """By hour of issue; tomorrow is told to be some share of today."""
        told = pd.concat([forecast, pd.Series(share * forecast["2023-07-17"].to_numpy(), tomorrow)])
        for name, series in (("load.csv", load), ("forecast.csv", told)):
            rows = (f"{time.isoformat()},{mw:.2f}" for time, mw in series.items())
            (tmp_path / name).write_text("\n".join(["start,load_mw", *rows]) + "\n")
        built = farm(energy={"coincident_peaks": ({**PEAK, "estimate": named},)}).model_copy(update={"timezone": ZONE})
        (peak,) = built.energy.coincident_peaks
        rest = grid.part(14 * 4, len(grid))
        came, ((first, ahead),) = (
            peaks_came(built, tmp_path, grid, peak)[1],
            peaks_ahead(built, tmp_path, rest, peak, rest.starts[0]).items(),
        )
        assert (first, ahead[: len(rest)].tolist()) == (0, came[14 * 4].tolist())
        return {at // 4: values.tolist() for at, values in came.items()}

    usual, hot = issued(estimate, 1.0), issued(estimate, 1.3)
    assert all(hot[hour] == usual[hour] for hour in usual if hour < 14)
    assert hot[14] != usual[14]
    assert issued(ESTIMATE, 1.3)[0] != usual[0]
