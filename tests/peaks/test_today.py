"""The rest of today's load and tomorrow's, as drawn from what is known of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from optimizer.errors import InputError
from optimizer.peaks.highest import Candidates
from optimizer.peaks.rule import ERCOT_4CP, PJM_5CP, PeakRule
from optimizer.peaks.today import HOURS, LoadDays, next_day, rest_of_day

TODAY, TOMORROW = date(2023, 9, 29), date(2023, 9, 30)


def test_three_hours_by_hand() -> None:
    """Four draws of three hours, of GW; the month has peaked at 70.5, and one more day is to come.

    | draw | 15:00 | 16:00 | 17:00 | tomorrow | the month's peak is |
    |---|---|---|---|---|---|
    | 1 | 71 | 72 | 70 | 71 | 16:00 |
    | 2 | 72 | 73 | 74 | 75 | tomorrow |
    | 3 | 69 | 70 | 68 | 60 | past |
    | 4 | 70 | 71 | 72 | 71.5 | 17:00 |
    """
    hours = np.array([[71, 72, 69, 70], [72, 73, 70, 71], [70, 74, 68, 72]], dtype=np.float32)
    later = np.array([[71, 75, 60, 71.5]], dtype=np.float32)
    seen = Candidates.of_slots(hours, 4, np.array([TODAY] * 3), np.arange(3), ERCOT_4CP)
    chance = seen.counted(np.array([70.5], dtype=np.float32), later, 1, 3) / 4
    assert chance.tolist() == [0.0, 0.25, 0.25]


@given(
    load=arrays(np.float32, (6, 20), elements=st.floats(0, 1, width=32)),
    past=arrays(np.float32, 2, elements=st.floats(0, 1, width=32)),
    later=arrays(np.float32, (3, 20), elements=st.floats(0, 1, width=32)),
    rule=st.sampled_from([ERCOT_4CP, PJM_5CP, PeakRule((9,), 2, "month", 60, False, "a test")]),
)
def test_each_draw_has_the_peaks_that_count_and_no_more(
    load: np.ndarray, past: np.ndarray, later: np.ndarray, rule: PeakRule
) -> None:
    """What is in the hours, in the past and on later days adds up to what a month counts, draw by draw."""
    days = np.array([TODAY] * 3 + [TOMORROW] * 3)
    count = min(rule.count, 2)
    rule = replace(rule, count=count)
    seen = Candidates.of_slots(load, 20, days, np.arange(6), rule)
    chance = seen.counted(past[:count], later, count, 6) / 20
    assert ((chance >= 0) & (chance <= 1)).all()
    assert chance.sum() <= count + 1e-9
    rows = np.concatenate([np.repeat(past[:count, None], 20, axis=1), seen.log_mw, later])
    elsewhere = [row for row in range(len(rows)) if row < count or row >= count + len(seen.log_mw)]
    top = np.argsort(-rows, axis=0, kind="stable")[:count]
    distinct = all(len(set(column)) == len(column) for column in rows.T.tolist())
    if distinct:  # else a tie goes to one or the other
        assert chance.sum() + np.isin(top, elsewhere).sum() / 20 == pytest.approx(count)


def days(n: int, seed: int = 0, noise: float = 0.01) -> LoadDays:
    """Days whose load follows half of what was published and half of persistence, and an error that lasts the day."""
    random = np.random.default_rng(seed)
    wave = 11.0 + 0.2 * np.cos((np.arange(HOURS) - 17) / HOURS * 2 * np.pi)
    persistence = wave + 0.03 * random.standard_normal((n, 1))
    published = persistence + 0.02 * random.standard_normal((n, 1)) + 0.01 * random.standard_normal((n, HOURS))
    error = 0.02 * random.standard_normal((n, 1)) + noise * random.standard_normal((n, HOURS)).cumsum(axis=1) / 5
    return LoadDays(np.arange(n), (persistence + published) / 2 + error, persistence, published)


def known(of: LoadDays, hour: int) -> LoadDays:
    return replace(of, load=np.where(np.arange(HOURS) < hour, of.load, np.nan))


def test_what_was_right_so_far_is_expected_of_the_rest() -> None:
    """Without noise the load is half the one, half the other, and an error seen in the morning: nothing is left."""
    past, today = days(60, noise=0.0), days(1, seed=1, noise=0.0)
    drawn = rest_of_day(past, known(today, 12), 12, 50, np.random.default_rng(0))
    assert drawn == pytest.approx(np.repeat(today.load[0, 12:, None], 50, axis=1), abs=1e-6)


def test_what_is_left_of_past_days_is_how_sure_it_is() -> None:
    """Of 300 days, each in turn today, about eight in ten peaks lie within the middle 80 % of their draws."""
    past, later = days(200), days(300, seed=1)
    inside = 0
    for i in range(len(later.load)):
        today = known(later.part(np.array([i])), 13)
        tops = rest_of_day(past, today, 13, 200, np.random.default_rng(i)).max(axis=0)
        low, high = np.quantile(tops, (0.1, 0.9))
        inside += bool(low <= later.load[i, 13:].max() <= high)
    assert inside / len(later.load) == pytest.approx(0.8, abs=0.06)


def test_a_forecast_is_used_where_it_is_published_and_was_before() -> None:
    past, today = days(60), known(days(1, seed=1), 10)
    seed = np.random.default_rng
    alone = rest_of_day(replace(past, published=past.published * np.nan), today, 10, 40, seed(0))
    for few in (
        replace(past, published=np.where(np.arange(60)[:, None] < 27, past.published, np.nan)),
        replace(past, published=np.where(np.arange(HOURS) == 3, np.nan, past.published)),
    ):
        assert (rest_of_day(few, today, 10, 40, seed(0)) == alone).all()
    untold = replace(today, published=today.published * np.nan)
    assert (rest_of_day(past, untold, 10, 40, seed(0)) == alone).all()
    both = rest_of_day(past, today, 10, 40, seed(0))
    assert both.std(axis=1).mean() < alone.std(axis=1).mean()
    assert np.isfinite(both).all()


def test_two_forecasts_that_are_one_are_no_more_than_one() -> None:
    """Nothing tells their weights apart; what is expected is as if there were one."""
    past, today = days(60), known(days(1, seed=1), 10)
    same, seed = replace(past, published=past.persistence), np.random.default_rng
    alone = rest_of_day(past, replace(today, published=today.published * np.nan), 10, 40, seed(0))
    both = rest_of_day(same, replace(today, published=today.persistence), 10, 40, seed(0))
    assert both.mean(axis=1) == pytest.approx(alone.mean(axis=1), abs=2e-3)


def test_tomorrow_is_what_is_published_and_what_lasts_of_todays_error() -> None:
    past, tomorrow = days(80), days(1, seed=2).published[0]
    today = known(days(1, seed=1), 15)
    drawn = next_day(past, today, 15, tomorrow, 100, np.random.default_rng(0))
    assert drawn is not None
    assert drawn.mean(axis=1) == pytest.approx(tomorrow, abs=0.03)
    untold = replace(today, published=today.published * np.nan)
    for nothing in (
        next_day(past, today, 0, tomorrow, 100, np.random.default_rng(0)),
        next_day(past, untold, 15, tomorrow, 100, np.random.default_rng(0)),
        next_day(past, today, 15, tomorrow * np.nan, 100, np.random.default_rng(0)),
        next_day(past.part(np.arange(0, 80, 2)), today, 15, tomorrow, 100, np.random.default_rng(0)),
    ):
        assert nothing is None


def test_too_few_days_are_refused() -> None:
    with pytest.raises(InputError, match=r"at least 12 days like today is needed \(got 11\)"):
        rest_of_day(days(11), known(days(1), 9), 9, 10, np.random.default_rng(0))
