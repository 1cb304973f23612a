"""Forecasts by hand: what is expected of every interval, and that nothing is used before it is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.config.farm import Farm
from optimizer.errors import InputError, MissingDataError
from optimizer.through_time.history import read_history
from optimizer.through_time.knowledge import Knowledge
from tests.farms import group

DAYS = 10  # of files, from 1 February 2026 on; a replay begins on the 9th


def written(folder: Path, name: str, hourly: Any) -> dict[str, str]:
    """A file of hourly values from 1 February on."""
    rows = [f"2026-02-{1 + hour // 24:02d} {hour % 24:02d}:00,{value}" for hour, value in enumerate(hourly)]
    (folder / name).write_text("time,value\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return {"file": name}


def knowledge(
    folder: Path, forecast: dict[str, Any], *, prices: Any = None, hours: float = 24.0, **rules: Any
) -> Knowledge:
    """Two days from the 9th on. Prices count the hours since the files begin, unless given."""
    prices = np.arange(24.0 * DAYS) if prices is None else prices
    farm = Farm.model_validate(
        {
            "name": "test",
            "timezone": "UTC",
            "site": {"import_limit_mw": 1e4},
            "fleet": (group(),),
            "revenue": {"hashprice_usd_per_ph_day": written(folder, "hash.csv", 24.0 + np.arange(24 * DAYS) // 24)},
            "energy": {"price_usd_per_mwh": written(folder, "real.csv", prices)},
            "horizon": {"hours": hours, "intervals": ({"minutes": 60},)},
            "replanning": {"forecast": forecast, **rules},
        }
    )
    return read_history(farm, folder, datetime(2026, 2, 9), 48.0)


def expected(k: Knowledge, now: int, n: int) -> list[float]:
    return list(k.prices.at(now, now + n).tolist())


FIRST = 8 * 24.0  # the price of the replay's first interval


def test_persistence(tmp_path: Path) -> None:
    k = knowledge(tmp_path, {"kind": "persistence"})
    assert expected(k, 5, 3) == [FIRST + 5] * 3
    late = knowledge(tmp_path, {"kind": "persistence"}, price_lag_intervals=1)
    assert expected(late, 5, 3) == [FIRST + 4] * 3
    assert expected(late, 0, 2) == [FIRST - 1] * 2  # the last price of the day before


def test_the_same_hour_last_week(tmp_path: Path) -> None:
    k = knowledge(tmp_path, {"kind": "same_hour_last_week"})
    assert expected(k, 5, 3) == [FIRST + 5, FIRST + 6 - 168, FIRST + 7 - 168]
    late = knowledge(tmp_path, {"kind": "same_hour_last_week"}, price_lag_intervals=1)
    assert expected(late, 5, 2) == [FIRST + 5 - 168, FIRST + 6 - 168]


def test_day_ahead_prices_are_known_for_tomorrow_from_their_publication_on(tmp_path: Path) -> None:
    """Each hour's forecast is its number plus 1,000. At 13:00 tomorrow's are not out: today's stand for them."""
    said = 1000.0 + np.arange(24.0 * DAYS)
    forecast = {"kind": "day_ahead", "price_usd_per_mwh": written(tmp_path, "ahead.csv", said)}
    k = knowledge(tmp_path, forecast)
    assert expected(k, 13, 13) == [FIRST + 13, *(1000 + FIRST + np.arange(14, 24)), 1000 + FIRST, 1000 + FIRST + 1]
    assert expected(k, 14, 12) == [FIRST + 14, *(1000 + FIRST + np.arange(15, 26))]
    early = knowledge(tmp_path, forecast | {"published": "13:00"})
    assert expected(early, 13, 13) == [FIRST + 13, *(1000 + FIRST + np.arange(14, 26))]


def test_a_column_is_known_so_many_hours_before(tmp_path: Path) -> None:
    said = 1000.0 + np.arange(24.0 * DAYS)
    column = {"kind": "column", "price_usd_per_mwh": written(tmp_path, "said.csv", said), "known_hours_before": 3}
    k = knowledge(tmp_path, column)
    later = [1000 + FIRST + 30 - 24 + i for i in (4, 5)]  # of the hours after, those of the day before stand
    assert expected(k, 30, 6) == [FIRST + 30, *(1000 + FIRST + 30 + np.arange(1, 4)), *later]


def test_half_of_a_departure_is_gone_after_the_half_life(tmp_path: Path) -> None:
    """The first hour costs 80 more than was said; with a half-life of two hours 40 is left after two."""
    said = np.arange(24.0 * DAYS)
    prices = said.copy()
    prices[8 * 24] += 80.0
    forecast = {"kind": "day_ahead", "price_usd_per_mwh": written(tmp_path, "ahead.csv", said)}
    k = knowledge(tmp_path, forecast, prices=prices, deviation_half_life_minutes=120)
    assert expected(k, 0, 5) == pytest.approx(
        [FIRST + 80, FIRST + 1 + 80 / 2**0.5, FIRST + 42, FIRST + 3 + 80 / 2**1.5, FIRST + 24]
    )
    plain = knowledge(tmp_path, forecast, prices=prices)
    assert expected(plain, 0, 3) == [FIRST + 80, FIRST + 1, FIRST + 2]


def test_what_hashing_is_worth_is_known_when_the_day_is_over(tmp_path: Path) -> None:
    """The file says 24 on the 1st and a dollar more each day: on the 9th the 8th's 31 is known."""
    k = knowledge(tmp_path, {"kind": "persistence"})
    hours = np.arange(5) + 1
    assert k.market(1, hours, 6).hashprice_usd_per_ph_day.tolist() == [31.0] * 5
    assert k.market(30, hours + 29, 35).hashprice_usd_per_ph_day.tolist() == [32.0] * 5
    assert k.observed.market.hashprice_usd_per_ph_day[[0, 23, 24]].tolist() == [31.0, 31.0, 32.0]
    at_once = knowledge(tmp_path, {"kind": "persistence"}, hash_lag_hours=0)
    assert at_once.observed.market.hashprice_usd_per_ph_day[[0, 23, 24]].tolist() == [32.0, 32.0, 33.0]


def test_longer_intervals_are_means_of_what_is_expected(tmp_path: Path) -> None:
    k = knowledge(tmp_path, {"kind": "same_hour_last_week"})
    market = k.market(0, np.array([0, 1, 3]), 6)
    assert market.grid.hours.tolist() == [1.0, 2.0, 3.0]
    week_ago = FIRST - 168 + np.arange(6)
    assert market.energy_price_usd_per_mwh.tolist() == [FIRST, week_ago[1:3].mean(), week_ago[3:].mean()]


def test_where_nothing_is_known_at_all_the_replay_says_so(tmp_path: Path) -> None:
    """The price file begins with the replay, and prices are known an interval late."""
    late = {"kind": "persistence"}
    k = knowledge(tmp_path, late, price_lag_intervals=1)
    nothing = np.full(k.prices.lead, np.nan)
    bare = replace(k.prices, observed=np.append(nothing, k.prices.observed[k.prices.lead :]))
    with pytest.raises(MissingDataError, match="2026-02-09 00:00"):
        bare.at(0, 3)
    assert bare.at(1, 3).tolist() == [FIRST, FIRST]


def test_a_farm_without_the_section_is_told_so(tmp_path: Path) -> None:
    k = knowledge(tmp_path, {"kind": "persistence"})
    farm = k.actual.farm.model_copy(update={"replanning": None})
    with pytest.raises(InputError, match="`replanning`"):
        read_history(farm, tmp_path, datetime(2026, 2, 9), 48.0)
