"""Representative weeks of made-up histories whose answer is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.arrays import F
from optimizer.conversion.weeks import Week, representative_weeks
from optimizer.conversion.weeks_curves import duration, hours_off, margin, resale
from optimizer.errors import InfeasibleError, InputError
from optimizer.market.grid import Grid
from optimizer.peaks.rule import ERCOT_4CP, PeakRule

HOURS = 168
CALM, WINDY = np.full(HOURS, 60.0), np.where(np.arange(HOURS) % 2, 10.0, 45.0)
STORM = np.where(np.arange(HOURS) < 50, 5_000.0, 300.0)


def grid(weeks: float, start: str = "2024-01-01", zone: str = "UTC") -> Grid:
    """Hours from a Monday on."""
    n = round(weeks * HOURS)
    return Grid(pd.date_range(start, periods=n, freq="h", tz="UTC").as_unit("us"), np.ones(n), zone)


def history(*weeks: F) -> F:
    return np.concatenate(weeks)


def chosen(weeks: tuple[Week, ...]) -> list[tuple[str, float, str]]:
    return [(f"{w.start:%m-%d}", round(w.weight, 6), w.kind) for w in weeks]


TEN = history(*[CALM] * 3, STORM, *[WINDY] * 4, *[CALM] * 2)


def test_a_history_of_two_kinds_of_weeks_and_a_storm_is_three_weeks() -> None:
    """Five calm weeks, four windy ones, a storm: one of each, weighted as they came."""
    found = representative_weeks(grid(10), TEN, 3)
    assert sorted((kind, weight) for _, weight, kind in chosen(found)) == [
        ("storm", 1.0),
        ("typical", 4.0),
        ("typical", 5.0),
    ]
    assert ("01-22", 1.0, "storm") in chosen(found)
    assert sum(week.weight for week in found) == pytest.approx(10.0, abs=1e-9)
    assert [week.start for week in found] == sorted(week.start for week in found)
    assert all(str(week.start.tz) == "UTC" for week in found)


def test_a_storm_stands_for_nothing_but_itself() -> None:
    """Two weeks of storm: one is included, the other must be found, for the first weighs one."""
    prices = history(*[CALM] * 4, STORM, STORM * 0.999, *[CALM] * 4)
    assert chosen(representative_weeks(grid(10), prices, 3))[1:] == [("01-29", 1.0, "storm"), ("02-05", 1.0, "typical")]
    two = representative_weeks(grid(10), prices, 3, storms=2)
    assert [kind for _, _, kind in chosen(two)] == ["typical", "storm", "storm"]


def summer(weeks: int) -> tuple[Grid, F, F]:
    """Weeks from Monday 3 June on; load that rises all the time but for a peak on 19 June at 17:00."""
    g = grid(weeks, "2024-06-03")
    load = 50_000.0 + np.arange(len(g))
    load[g.starts == pd.Timestamp("2024-06-19 17:00", tz="UTC")] = 90_000.0
    return g, history(*[CALM, WINDY] * (weeks // 2)), load


def test_the_weeks_of_coincident_peaks_are_included() -> None:
    """June's peak is on the 19th, July's in the last hour of the 31st, that of the part of August in its last."""
    g, prices, load = summer(10)
    prices[:HOURS] = STORM
    found = representative_weeks(g, prices, 5, load_mw=load)
    peaks = {f"{w.start:%m-%d}": [f"{at:%m-%d %H}" for at in w.peaks] for w in found if w.peaks}
    assert peaks == {"06-17": ["06-19 17"], "07-29": ["07-31 23"], "08-05": ["08-11 23"]}
    assert [w.kind for w in found if w.peaks] == ["peak"] * 3
    assert all(w.weight >= 1 - 1e-9 for w in found)


def test_a_storm_that_holds_a_peak_is_a_storm() -> None:
    g, prices, load = summer(10)
    prices[2 * HOURS : 3 * HOURS] = STORM
    storm = next(w for w in representative_weeks(g, prices, 5, load_mw=load) if w.kind == "storm")
    assert (f"{storm.start:%m-%d}", storm.weight, len(storm.peaks)) == ("06-17", pytest.approx(1.0), 1)


def test_without_a_load_the_dearest_interval_of_the_month_is_taken_for_its_peak() -> None:
    g, prices, _ = summer(10)
    prices[:HOURS] = STORM
    for time in ("2024-07-10 16:00", "2024-08-06 18:00"):
        prices[g.starts == pd.Timestamp(time, tz="UTC")] = 900.0
    found = representative_weeks(g, prices, 5)
    assert [f"{at:%m-%d %H}" for w in found for at in w.peaks] == ["06-03 00", "07-10 16", "08-06 18"]


def test_the_rule_says_how_many_peaks_and_when() -> None:
    """The two highest days of the season; without a rule, or outside its months, no week is a peak's."""
    g, prices, load = summer(10)
    rule = PeakRule((6, 7), 2, "season", 60, True, "made up")
    found = representative_weeks(g, prices, 4, load_mw=load, peaks=rule)
    assert [f"{at:%m-%d %H}" for w in found for at in w.peaks] == ["06-19 17", "07-31 23"]
    assert not any(w.peaks for w in representative_weeks(g, prices, 4, load_mw=load, peaks=None))
    assert not any(w.peaks for w in representative_weeks(grid(10), TEN, 3, peaks=ERCOT_4CP))


def test_weeks_begin_on_the_farms_mondays_and_the_ends_are_not_lost() -> None:
    """From Wednesday 00:00 in Chicago over three weeks and four days: the storm of the first days is in the first."""
    g = Grid(pd.date_range("2024-01-03 06:00", periods=25 * 24, freq="h", tz="UTC").as_unit("us"), np.ones(600),
             "America/Chicago")  # fmt: skip
    prices = np.tile(CALM, 4)[:600].copy()
    prices[:48] = 5_000.0
    found = representative_weeks(g, prices, 2)
    assert found[0].start == pd.Timestamp("2024-01-03 06:00", tz="UTC")
    assert [w.kind for w in found] == ["storm", "typical"]
    assert found[1].start.tz_convert("America/Chicago").day_name() == "Monday"
    assert sum(w.weight for w in found) == pytest.approx(600 / 168)


def test_a_week_with_a_hole_is_never_chosen_and_the_rest_stands_for_it() -> None:
    prices = TEN.copy()
    prices[[0, 2 * HOURS, 3 * HOURS - 1]] = np.nan
    found = representative_weeks(grid(10), prices, 3)
    assert not {"01-01", "01-15"} & {start for start, _, _ in chosen(found)}
    assert sum(w.weight for w in found) == pytest.approx(10.0, abs=1e-9)


def test_a_hole_in_a_week_that_must_be_included_is_refused() -> None:
    prices = TEN.copy()
    prices[3 * HOURS + 100] = np.nan
    with pytest.raises(
        InputError, match=r"week of 2024-01-22 .* storm, but has no price from 2024-01-26 04:00.*fill_gaps"
    ):
        representative_weeks(grid(10), prices, 3)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"count": 1}, r"at least 2 weeks must be chosen: 1 are storms or peaks.*got 1"),
        ({"count": 11}, r"at most 10 weeks can be chosen, those without a hole \(got 11\)"),
        ({"grid": grid(0.5), "prices": np.ones(84)}, r"the history lasts 0\.5 weeks; one is the least"),
        ({"prices": np.full(1680, np.nan)}, r"no week .* without a hole"),
        ({"prices": np.ones(7)}, r"prices .* 1680 intervals \(got 7\)"),
        ({"load_mw": np.ones(7)}, r"load_mw .* 1680 intervals \(got 7\)"),
        ({"load_mw": np.full(1680, np.nan), "peaks": PeakRule((1,), 1, "month", 60, True, "made up")}, "no load"),
        ({"strikes": np.array([30.0, 20.0])}, "strikes must rise"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], sentence: str) -> None:
    asked: dict[str, Any] = {"grid": grid(10), "prices": TEN, "count": 3, **change}
    with pytest.raises(InputError, match=sentence):
        representative_weeks(asked.pop("grid"), asked.pop("prices"), asked.pop("count"), **asked)


PRICES, LENGTHS = np.array([10.0, 30.0, 70.0, 130.0]), np.array([1, 1, 1, 0.5])


def test_more_weeks_than_the_history_lasts_are_refused() -> None:
    """By hand: two weeks of ten days, each for itself at least, are 4/7 of a week too many."""
    with pytest.raises(InfeasibleError) as caught:
        representative_weeks(grid(10 / 7), TEN[:240], 2)
    assert str(caught.value) == (
        "no choice of weeks keeps every limit:\n  the history lasts 1.429 weeks, which is 0.572 weeks short\n"
        "    against it: 2 weeks are chosen\n    against it: a chosen week stands for itself at least"
    )


def test_curves_by_hand() -> None:
    """Prices 10, 30 and 70 for an hour each, 130 for half of one; strikes 20 and 100."""
    strikes = np.array([20.0, 100.0])
    assert duration(PRICES, LENGTHS, strikes).sum(axis=1).tolist() == [2.5, 0.5]
    assert margin(PRICES, LENGTHS, strikes).sum(axis=1).tolist() == [10.0, 90 + 70 + 30]
    assert resale(PRICES, LENGTHS, strikes).sum(axis=1).tolist() == [10 + 50 + 55, 15.0]


@pytest.mark.parametrize(
    ("prices", "off"),
    [
        ([10.0, 45.0, 10.0], [0, 0, 0]),  # 5 USD lost, a start of 1/6 x 40 = 6.67 saved
        ([10.0, 47.0, 10.0], [0, 1, 0]),  # 7 USD lost
        ([10.0, 45.0, 45.0, 10.0], [0, 1, 1, 0]),  # 10 USD lost
        ([10.0, 90.0, 36.0, 90.0, 10.0], [0, 1, 1, 1, 0]),  # 4 USD earned between two starts
        ([10.0, 90.0, 30.0, 90.0, 10.0], [0, 1, 0, 1, 0]),  # 10 USD earned
        ([41.0, 10.0], [0, 0]),  # off at the beginning it would have to start
        ([10.0, 41.0], [0, 1]),  # nothing starts after the end
    ],
)
def test_hours_off_with_a_loss_at_each_start_by_hand(prices: list[float], off: list[int]) -> None:
    """A strike of 40 USD/MWh; hours; a start loses ten minutes of hash."""
    assert hours_off(np.array(prices), np.ones(len(prices)), np.array([40.0])).tolist() == [off]


def test_without_a_loss_machines_are_off_where_the_price_is_above_the_strike() -> None:
    strikes = np.array([20.0, 100.0])
    assert (hours_off(PRICES, LENGTHS, strikes, 0.0) == duration(PRICES, LENGTHS, strikes)).all()


def test_quarter_hours_say_the_same_as_hours() -> None:
    """Prices that hold for an hour give the same weeks, whatever the length of an interval."""
    g = grid(10)
    quarters = Grid(
        pd.date_range(g.starts[0], periods=4 * len(g), freq="15min").as_unit("us"), np.full(6720, 0.25), "UTC"
    )
    fine, coarse = (representative_weeks(*asked, 3) for asked in ((quarters, np.repeat(TEN, 4)), (g, TEN)))
    assert sorted(week[1:] for week in chosen(fine)) == sorted(week[1:] for week in chosen(coarse))
