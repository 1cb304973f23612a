"""The probability of a coincident peak: what must hold whatever the numbers."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.errors import InputError
from optimizer.peaks.load_error import LoadError
from optimizer.peaks.model import Outlook, ercot_model
from optimizer.peaks.probability import peak_probability
from optimizer.peaks.rule import ERCOT_4CP, PJM_5CP, PeakRule

ZONE = "America/Chicago"
ERROR = LoadError(near_share=0.01, far_share=0.04, growth_hours=24.0, memory_hours=48.0)
NO_ERROR = LoadError(near_share=0.0, far_share=0.0, growth_hours=24.0, memory_hours=48.0)


def starts(first: str, n: int, minutes: int = 60, zone: str = ZONE) -> pd.DatetimeIndex:
    return pd.date_range(first, periods=n, freq=f"{minutes}min", tz=zone)


def summer_load(times: pd.DatetimeIndex, top_mw: float = 80_000.0) -> np.ndarray:
    """A daily wave with its top at 17:00."""
    hour = times.hour.to_numpy() + times.minute.to_numpy() / 60 + 0.5
    return top_mw * (0.8 + 0.2 * np.cos((hour - 17.0) / 24 * 2 * np.pi))


def outlook(top_mw: float = 80_000.0, first: date = date(2023, 8, 1)) -> Outlook:
    return ercot_model().outlook({first - timedelta(days=n): top_mw for n in range(1, 29)}, first)


def chance(load: np.ndarray, times: pd.DatetimeIndex, minutes: int = 60, **keys: Any) -> np.ndarray:
    given: dict[str, Any] = {"rule": ERCOT_4CP, "error": ERROR, "past_peaks_mw": {}, "outlook": None, **keys}
    return peak_probability(load, times, np.full(len(times), minutes / 60), **given)


def test_a_plan_over_the_whole_month_holds_its_peak_for_certain() -> None:
    times = starts("2023-08-01", 31 * 24)
    probability = chance(summer_load(times), times, outlook=outlook())
    assert probability.sum() == pytest.approx(1.0)
    assert probability.min() == 0.0


def test_the_days_after_a_plan_keep_their_share() -> None:
    times = starts("2023-08-01", 48)
    two_days = chance(summer_load(times), times, outlook=outlook())
    assert 0.0 < two_days.sum() < 0.5
    end_of_month = starts("2023-08-30", 48)
    assert chance(summer_load(end_of_month), end_of_month, outlook=outlook()).sum() == pytest.approx(1.0)


def test_a_hot_forecast_says_more_than_a_cool_one() -> None:
    times = starts("2023-08-01", 48)
    cool, usual, hot = (chance(summer_load(times, top), times, outlook=outlook()).sum() for top in (70e3, 80e3, 95e3))
    assert cool < 0.01 < usual < 0.3 < hot


@pytest.mark.parametrize("with_outlook", [False, True])
def test_a_higher_forecast_never_lowers_an_hours_probability(with_outlook: bool) -> None:
    times = starts("2023-08-01", 48)
    later = outlook() if with_outlook else None
    last = 0.0
    for extra in (0.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0):
        load = summer_load(times)
        load[16] += extra  # of the first day: a hot last day also makes the days after it hotter
        probability = chance(load, times, outlook=later, past_peaks_mw={})
        assert probability[16] >= last
        assert extra == 0.0 or probability[16] > last
        last = probability[16]


def test_the_same_seed_gives_the_same_answer_and_another_seed_nearly_so() -> None:
    times = starts("2023-08-01", 48)
    load = summer_load(times)
    one, again, other = (chance(load, times, outlook=outlook(), seed=seed) for seed in (7, 7, 8))
    assert (one == again).all()
    assert (one != other).any()
    assert np.abs(one - other).max() < 0.03


def test_arguments_are_left_alone() -> None:
    times, past = starts("2023-08-01 06:00", 48), {date(2023, 8, 1): 60_000.0}
    load = summer_load(times)
    before = load.copy()
    chance(load, times, outlook=outlook(), past_peaks_mw=past)
    assert (load == before).all()
    assert past == {date(2023, 8, 1): 60_000.0}


def test_a_peak_far_above_leaves_nothing() -> None:
    times = starts("2023-08-20", 48)
    load = summer_load(times)
    open_month = chance(load, times, outlook=outlook()).sum()
    level_with_it = chance(load, times, outlook=outlook(), past_peaks_mw={date(2023, 8, 10): 80_000.0}).sum()
    assert open_month > level_with_it > 0.05
    assert chance(load, times, outlook=outlook(), past_peaks_mw={date(2023, 8, 10): 110_000.0}).max() == 0.0


def test_a_past_peak_counts_for_its_own_month_only() -> None:
    times = starts("2023-07-31", 48)
    load = summer_load(times)
    probability = chance(load, times, past_peaks_mw={date(2023, 7, 10): 110_000.0})
    assert probability[:24].max() == 0.0
    assert probability[24:].sum() == pytest.approx(1.0)
    june = chance(load, times, past_peaks_mw={date(2023, 6, 10): 110_000.0, date(2023, 8, 10): 110_000.0})
    assert june[:24].sum() == pytest.approx(1.0)


def test_this_mornings_peak_is_todays() -> None:
    times = starts("2023-09-30 12:00", 12)
    load = summer_load(times)
    past = {date(2023, 9, 30): 79_500.0}
    assert 0.05 < chance(load, times, past_peaks_mw=past).sum() < 0.95
    # for five peaks on different days it takes today's place and no other
    four_before = {date(2023, 9, day): 90_000.0 for day in (4, 5, 6, 7)}
    alone = chance(load, times, rule=PJM_5CP, past_peaks_mw=four_before | {date(2023, 9, 30): 60_000.0})
    assert alone.sum() == pytest.approx(1.0)
    two_before = {date(2023, 9, day): 90_000.0 for day in (4, 5)}  # there is room for more days, not for today twice
    beaten = chance(load, times, rule=PJM_5CP, past_peaks_mw=two_before | {date(2023, 9, 30): 99_000.0})
    assert beaten.sum() == 0.0


def test_months_outside_the_rule_get_nothing() -> None:
    times = starts("2023-05-31", 48)
    probability = chance(summer_load(times), times)
    assert probability[:24].max() == 0.0
    assert probability[24:].sum() == pytest.approx(1.0)
    winter = starts("2023-01-05", 48)
    assert chance(summer_load(winter), winter).max() == 0.0


@pytest.mark.parametrize(
    ("first", "hours"), [("2023-11-01", 30 * 24 + 1), ("2023-03-01", 31 * 24 - 1)], ids=["25 hours", "23 hours"]
)
def test_months_in_which_the_clock_changes(first: str, hours: int) -> None:
    rule = PeakRule((3, 11), 1, "month", 15, True, "a test")
    times = starts(first, hours)
    assert times[-1] + pd.Timedelta(hours=1) == pd.Timestamp(first, tz=ZONE) + pd.offsets.MonthBegin()
    probability = chance(summer_load(times), times, rule=rule, outlook=outlook(first=times[0].date()))
    assert probability.sum() == pytest.approx(1.0)
    assert probability[times.hour == 17].sum() > 0.1


def test_the_day_is_the_grids_not_utcs() -> None:
    times = starts("2023-08-31 12:00", 24)  # 12 hours of August, of which 5 are September in UTC
    probability = chance(summer_load(times), times)
    assert probability[:12].sum() == pytest.approx(1.0)
    assert probability[12:].sum() == pytest.approx(1.0)


def test_five_peaks_lie_on_five_days() -> None:
    times = starts("2023-07-01", 10 * 24, zone="America/New_York")
    load = summer_load(times)
    load[: 5 * 24] *= 1.4  # the first five days are far above the others
    probability = chance(load, times, rule=PJM_5CP)
    by_day = probability.reshape(10, 24).sum(axis=1)
    assert by_day[:5] == pytest.approx(np.ones(5))
    assert by_day[5:].max() == 0.0
    one_day_may_hold_several = PeakRule((6, 7, 8, 9), 5, "season", 60, False, "a test")
    load[: 5 * 24] /= 1.4
    load[:24] *= 1.6
    anywhere = chance(load, times, rule=one_day_may_hold_several)
    assert anywhere[:24].sum() == pytest.approx(5.0)
    assert chance(load, times, rule=PJM_5CP)[:24].sum() == pytest.approx(1.0)


def test_a_season_counts_its_past_and_its_coming_months() -> None:
    times = starts("2023-07-01", 48)
    load = summer_load(times)
    alone = chance(load, times, rule=PJM_5CP).sum()
    with_june = chance(load, times, rule=PJM_5CP, past_peaks_mw={date(2023, 6, n): 95e3 for n in (5, 6, 7, 8)}).sum()
    with_august = chance(load, times, rule=PJM_5CP, outlook=outlook(80e3, date(2023, 7, 1))).sum()
    assert alone == pytest.approx(2.0)
    assert with_june == pytest.approx(1.0)
    assert with_august < 0.6


def test_quarter_hours_share_the_hour_of_an_hourly_rule() -> None:
    quarters = starts("2023-09-30", 96, 15)
    load = summer_load(quarters).reshape(24, 4).mean(axis=1).repeat(4)
    probability = chance(load, quarters, 15, rule=PJM_5CP).reshape(24, 4)
    assert (probability == probability[:, :1]).all()
    assert probability.sum() == pytest.approx(1.0)
    hourly = chance(load[::4], starts("2023-09-30", 24), rule=PJM_5CP)
    assert probability.sum(axis=1) == pytest.approx(hourly)


def test_mixed_lengths() -> None:
    fine, coarse = starts("2023-09-29", 8, 15), starts("2023-09-29 02:00", 46)
    times = fine.append(coarse)
    hours = np.array([0.25] * 8 + [1.0] * 46)
    probability = peak_probability(
        summer_load(times), times, hours, rule=ERCOT_4CP, error=ERROR, past_peaks_mw={}, outlook=None
    )
    assert probability.sum() == pytest.approx(1.0)
    assert times.hour[probability.argmax()] in (16, 17)


MANY = PeakRule((7, 8), 3, "month", 15, distinct_days=False, source="made up for a test")


@pytest.mark.parametrize("rule", [ERCOT_4CP, PJM_5CP, MANY])
@pytest.mark.parametrize(("first", "n", "minutes"), [("2023-07-30 06:00", 96, 60), ("2023-08-30 17:45", 200, 15)])
def test_no_month_or_season_gets_more_than_the_peaks_it_counts(
    rule: PeakRule, first: str, n: int, minutes: int
) -> None:
    """Whatever was high before and may come after: a plan over the end of a month, hot and cool, with and without."""
    times = starts(first, n, minutes)
    label = [str(rule.counts_for(day)) for day in times.date]
    past = {times[0].date() - timedelta(days=back): 81_000.0 for back in (0, 1, 3)}
    for top in (70e3, 80e3, 95e3):
        for known in ({}, past):
            for later in (None, outlook(first=times[0].date())):
                found = chance(summer_load(times, top), times, minutes, rule=rule, past_peaks_mw=known, outlook=later)
                sums = pd.Series(found).groupby(label).sum()
                assert sums.max() <= rule.count + 1e-9


def test_a_perfect_forecast_names_the_hour() -> None:
    times = starts("2023-09-01", 30 * 24)
    load = summer_load(times)
    load[100] = 99_000.0
    for later in (None, outlook(first=date(2023, 9, 1))):
        assert chance(load, times, error=NO_ERROR, outlook=later)[100] == 1.0


def test_a_plan_that_ends_before_the_evening_leaves_the_peak_to_it() -> None:
    whole, noon = starts("2023-09-30", 24), starts("2023-09-30", 13)
    later = outlook(first=date(2023, 9, 30))
    assert chance(summer_load(whole), whole, outlook=later).sum() == pytest.approx(1.0)
    assert chance(summer_load(noon), noon, outlook=later).sum() < 0.1
    to_six = starts("2023-09-30", 18)
    after_six = ercot_model().share_after(9, 18.0)
    assert chance(summer_load(to_six), to_six, outlook=later).sum() == pytest.approx(1 - after_six, abs=0.03)
    anywhere = PeakRule((9,), 2, "month", 60, False, "a test")
    assert chance(summer_load(noon), noon, rule=anywhere, outlook=later).sum() < 1.5


def test_errors_that_last_keep_neighbouring_days_together() -> None:
    """Two equal days: whether the error outlives the night decides how sure a past peak between them is."""
    times = starts("2023-09-29", 48)
    load, past = summer_load(times), {date(2023, 9, 10): 80_000.0}
    size = {"near_share": 0.03, "far_share": 0.03, "growth_hours": 24.0}
    lasting = chance(load, times, error=LoadError(**size, memory_hours=2_000.0), past_peaks_mw=past).sum()
    fleeting = chance(load, times, error=LoadError(**size, memory_hours=1.0), past_peaks_mw=past).sum()
    assert lasting == pytest.approx(0.55, abs=0.08)  # up or down together: little more than a half
    assert fleeting > 0.9


def test_what_cannot_be_is_refused() -> None:
    times = starts("2023-08-01", 24)
    load = summer_load(times)
    with pytest.raises(InputError, match="differ in number"):
        chance(load[:5], times)
    with pytest.raises(InputError, match="positive"):
        chance(np.where(np.arange(24) == 3, np.nan, load), times)
    with pytest.raises(InputError, match="time zone"):
        chance(load, times.tz_localize(None))
    with pytest.raises(InputError, match="follow each other"):
        chance(load, times[::-1])
    with pytest.raises(InputError, match="draws"):
        chance(load, times, draws=0)
    with pytest.raises(InputError, match="past peaks"):
        chance(load, times, past_peaks_mw={date(2023, 8, 1): -1.0})


@pytest.mark.parametrize(("n", "minutes"), [(48, 60), (31 * 24, 60)])
def test_it_is_fast(n: int, minutes: int) -> None:
    """About 5 ms for two days, 25 ms for a month of a slow core; other work on the machine does not count."""
    times = starts("2023-08-01", n, minutes)
    load, later = summer_load(times), outlook()
    spent = []
    for _ in range(3):
        begin = time.process_time()
        chance(load, times, minutes, outlook=later)
        spent.append(time.process_time() - begin)
    assert min(spent) < 0.15


def test_one_day_to_come_is_enough_to_doubt() -> None:
    """The same two equal days: sure when the month ends with them, an even chance lost when a third follows."""
    for first, sure in (("2023-09-29", True), ("2023-09-28", False)):
        times = starts(first, 48)
        total = chance(summer_load(times), times, outlook=outlook(first=times[0].date())).sum()
        assert (total == pytest.approx(1.0)) == sure
        assert total > 0.5


def test_a_hot_day_gets_hotter_less_easily() -> None:
    times = starts("2023-08-31", 24)
    hot, past = summer_load(times, 88e3), {date(2023, 8, 10): 91e3}
    unbent = chance(hot, times, past_peaks_mw=past).sum()
    bent = chance(hot, times, past_peaks_mw=past, outlook=outlook(80e3, date(2023, 8, 31))).sum()
    assert bent < 0.8 * unbent
