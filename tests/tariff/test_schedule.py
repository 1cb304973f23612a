"""Imported windows cover exactly the hours of the schedule they come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from optimizer.config.calendar import DAYS, SLOTS, When
from optimizer.config.load import contract_in
from optimizer.config.rates import Rates
from optimizer.config.yaml12 import parse
from optimizer.tariff.schedule import when_data
from optimizer.tariff.urdb import contract_text
from tests.sampling import examples
from tests.tariff import rates

Schedule = NDArray[np.int64]  # (12, weekday or weekend, 24)
KIND = np.array([0, 0, 0, 0, 0, 1, 1, 1])  # weekday or weekend, for every kind of day; a holiday is as the weekend


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """Any periods in any hours, or a few kinds of day in any months, as tariffs have them."""
    count = draw(st.integers(1, 5))
    if draw(st.booleans()):
        return np.frombuffer(draw(st.binary(min_size=576, max_size=576)), np.uint8).reshape(12, 2, 24) % count
    days = np.array(
        draw(st.lists(st.lists(st.integers(0, count - 1), min_size=24, max_size=24), min_size=1, max_size=4))
    )
    return days[np.array(draw(st.lists(st.integers(0, len(days) - 1), min_size=24, max_size=24)))].reshape(12, 2, 24)


def slots(schedule: Schedule) -> Schedule:
    """The period of every slot of a `when` table."""
    return schedule[:, KIND].repeat(SLOTS // 24, axis=2)


@settings(examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(schedule=schedules())
def test_rates_cover_the_schedule_cell_by_cell(tmp_path: Path, schedule: Schedule) -> None:
    rate = rates.rate(
        energyratestructure=[[{"rate": 0.01 * (period + 1)}] for period in range(5)],
        energyweekdayschedule=schedule[:, 0].tolist(),
        energyweekendschedule=schedule[:, 1].tolist(),
    )
    price = contract_in(parse(contract_text(rates.saved(tmp_path, rate), holidays="nerc"))).energy.price_usd_per_mwh
    expected = 10.0 * (slots(schedule) + 1)
    if not isinstance(price, Rates):
        assert (expected == price).all()
        return
    found = np.zeros((12, len(DAYS), SLOTS))
    for one in price.rates:
        found += one.usd_per_mwh * one.when.table()
    np.testing.assert_allclose(found, expected)


@given(schedule=schedules())
def test_without_holidays_no_day_is_one(schedule: Schedule) -> None:
    data = when_data(schedule == 0)
    table = np.ones((12, len(DAYS), SLOTS), np.bool_) if data is None else When.model_validate(_tuples(data)).table()
    if (schedule == 0).any():
        assert (table[:, :7] == (slots(schedule) == 0)[:, :7]).all()
    assert "holiday" not in str(data)


def _tuples(data: object) -> object:
    if isinstance(data, dict):
        return {key: _tuples(value) for key, value in data.items()}
    return tuple(_tuples(value) for value in data) if isinstance(data, list) else data


def test_few_rectangles() -> None:
    """Summer afternoons on weekdays and summer weekends all day: two parts, and the rest of the year one."""
    mask = np.zeros((12, 2, 24), np.bool_)
    mask[5:9, 0, 12:18] = True
    mask[5:9, 1] = True
    summer = [6, 7, 8, 9]
    weekday = ["mon", "tue", "wed", "thu", "fri"]
    assert when_data(mask) == {
        "any_of": [
            {"months": summer, "days": weekday, "hours": [{"start": 12, "end": 18}]},
            {"months": summer, "days": ["sat", "sun"]},
        ]
    }
    assert when_data(np.ones((12, 2, 24), np.bool_)) is None


@pytest.mark.parametrize("name", rates.TAKEN)
@rates.needs_real_files
def test_real_tariffs_need_few_parts(name: str) -> None:
    text = contract_text(rates.REAL / name, leave_out=rates.TAKEN[name])
    price = contract_in(parse(text)).energy.price_usd_per_mwh
    assert isinstance(price, Rates)
    assert max(len(rate.when.any_of or (rate.when,)) for rate in price.rates) <= 3
