"""Coincident peaks above a floor against every outcome written down: where each peak falls, and what is billed."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.mechanisms.tags.account import tag_usd
from tests.accounts.test_billing import billing

RATE, HOURS = 8.0, 4
eighths = st.integers(0, 32).map(lambda i: i / 8)
chances = st.lists(st.integers(0, 4), min_size=HOURS, max_size=HOURS).filter(any).map(lambda n: [i / 16 for i in n])
loads = st.lists(eighths, min_size=2 * HOURS, max_size=2 * HOURS)


def billed_usd(months: list[list[float]], load: list[float], minimum: float, elsewhere: float, peaks: int) -> float:
    """The bill of a plan over the last hours of January and the first of February, one peak a month.

    What the plan adds and what is billed without it.
    """
    rule = {
        "months": tuple(range(1, peaks + 1)),
        "count": 1,
        "per": "month",
        "interval_minutes": 60,
        "source": "made up",
    }
    charge = {"name": "P", "rule": rule, "usd_per_mw_year": RATE, "probability": 0.0}
    energy = {"coincident_peaks": ({**charge, "minimum_mw": minimum, "elsewhere_mw": elsewhere},)}
    chance = {"P": [p for month in months for p in month]}
    begin = f"2026-01-31 {24 - HOURS}:00Z"
    (tag,) = billing(energy, [1.0] * len(load), begin, probability=chance).tags
    return float(tag_usd(tag, np.array(load)).sum()) + RATE * tag.floor_mw


def mean_usd(months: list[list[float]], load: list[float], minimum: float, elsewhere: float, peaks: int) -> float:
    """The mean bill over every place of every peak: in an hour of its month, or outside the plan."""
    places = [
        [*((p, load[m * HOURS + hour]) for hour, p in enumerate(month)), (1.0 - sum(month), elsewhere)]
        for m, month in enumerate(months)
    ]
    total = 0.0
    for outcome in product(*places):
        drawn = sum(mw for _, mw in outcome) + (peaks - len(months)) * elsewhere
        total += float(np.prod([p for p, _ in outcome])) * max(minimum, drawn / peaks)
    return RATE * total


@given(chances, loads, eighths, eighths, st.integers(1, 4))
def test_one_month_is_billed_the_mean_over_every_outcome(
    month: list[float], load: list[float], minimum: float, elsewhere: float, peaks: int
) -> None:
    case = ([month], load[:HOURS], minimum, elsewhere, peaks)
    assert billed_usd(*case) == pytest.approx(mean_usd(*case), rel=1e-9, abs=1e-9)


@given(chances, chances, loads, eighths, eighths, st.sampled_from([2, 4]))
def test_two_months_in_one_plan_are_billed_no_more_than_the_mean(
    january: list[float], february: list[float], load: list[float], minimum: float, elsewhere: float, peaks: int
) -> None:
    """Each takes the other at its expectation, which is never more; without a floor the two are the same."""
    months = [january, february]
    mean = mean_usd(months, load, minimum, elsewhere, peaks)
    assert billed_usd(months, load, minimum, elsewhere, peaks) <= mean + 1e-9
    plain = (months, load, 0.0, elsewhere, peaks)
    assert billed_usd(*plain) == pytest.approx(mean_usd(*plain), rel=1e-9, abs=1e-9)
