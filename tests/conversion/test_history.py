"""A history's representative weeks as a year of blocks: made-up histories whose answer is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.arrays import F
from optimizer.conversion.files.power import Power
from optimizer.conversion.history import made_of_history
from optimizer.conversion.power import Blocks, blocks_of
from optimizer.conversion.strikes import strikes_of
from optimizer.conversion.weeks_curves import strikes_between
from optimizer.errors import InputError
from tests.conversion.test_weeks import CALM, HOURS, STORM, TEN, WINDY, history
from tests.sites import site

STRIKES = strikes_between(20.0, 100.0)
YEAR = 8766.0


def written(folder: Path, values: F, start: str, name: str = "prices.csv") -> Path:
    times = pd.date_range(start, periods=len(values), freq="h", tz="UTC")
    pd.DataFrame({"time": times.strftime("%Y-%m-%dT%H:%M:%SZ"), "value": values}).to_csv(folder / name, index=False)
    return folder / name


def power(folder: Path, values: F, start: str = "2024-01-01", **more: Any) -> Power:
    """A study's power with a history of hours from a Monday on, the load beside it if given."""
    written(folder, values, start)
    history: dict[str, Any] = {"series": {"file": "prices.csv"}, "weeks": 3} | more.pop("history", {})
    if "load" in more:
        written(folder, more.pop("load"), start, "load.csv")
        history["load_mw"] = {"file": "load.csv"}
    return Power.model_validate({"history": history, **more})


def made(folder: Path, *asked: Any, **more: Any) -> Power:
    return made_of_history(power(folder, *asked, **more), folder, "UTC", STRIKES)


def rows(blocks: Blocks, *, storm: bool) -> list[tuple[float, float]]:
    """Price and hours of the blocks, whole years of 8,766 hours."""
    kept = [at for at in range(len(blocks.names)) if bool(blocks.storm[at]) == storm]
    return [(round(float(blocks.usd_per_mwh[at]), 6), round(float(blocks.hours[at]), 6)) for at in kept]


def test_five_calm_weeks_four_windy_ones_and_a_storm(tmp_path: Path) -> None:
    """By hand: of ten weeks five cost 60, four 45 and 10 in turn, one 5,000 for 50 hours and 300 for 118."""
    found = made(tmp_path, TEN)
    assert found.history is None
    assert [(week.kind, round(week.weight, 6)) for week in found.weeks if week.kind == "storm"] == [("storm", 1.0)]
    assert sorted(round(week.weight, 6) for week in found.weeks) == [1.0, 4.0, 5.0]
    assert str(next(week.first_day for week in found.weeks if week.kind == "storm")) == "2024-01-22"
    blocks, per_year = blocks_of(found), YEAR / 1680
    assert rows(blocks, storm=False) == [(10.0, round(336 * per_year, 6)), (45.0, round(336 * per_year, 6)),
                                         (60.0, round(840 * per_year, 6))]  # fmt: skip
    assert rows(blocks, storm=True) == [(300.0, round(118 * per_year, 6)), (5_000.0, round(50 * per_year, 6))]
    assert blocks.names[-1] == "storm near 5,000"


def summer(folder: Path, **more: Any) -> Power:
    """Ten weeks from 3 June on; load rises all the time but for a peak on 19 June at 17:00, in a week of 10 and 45."""
    prices = history(STORM, *[CALM, WINDY] * 4, CALM)
    load = 50_000.0 + np.arange(len(prices))
    load[HOURS * 2 + 2 * 24 + 17] = 90_000.0
    peaks = {"usd_per_kw_year": 70.0, "hours_each": 2.0}
    return made(folder, prices, "2024-06-03", load=load, peaks=peaks, history={"weeks": 6}, **more)


def test_each_coincident_peak_comes_once_whatever_the_weight_of_its_week(tmp_path: Path) -> None:
    """By hand: three peaks in ten weeks (June, July, the part of August) of two hours each, charged by the kW-year.

    The hours of highest load: 19 June 17:00 and the week's last, which cost 10 and 10; the last two of July, in a week
    of 45 and 10 too, cost 45 and 10; the last two of 11 August, calm, cost 60.
    """
    found = summer(tmp_path)
    assert {"06-17", "07-29", "08-05"} <= {f"{w.first_day:%m-%d}" for w in found.weeks if w.kind == "peak"}
    blocks, per_year = blocks_of(found), YEAR / 1680
    at = blocks.names.index("coincident peaks")
    assert blocks.hours[at] == pytest.approx(6 * per_year)
    assert blocks.charge_usd_per_mwh[at] * blocks.hours[at] == pytest.approx(70_000.0)
    assert found.peaks.usd_per_mwh == pytest.approx((10 + 10 + 10 + 45 + 60 + 60) / 6)


def test_peaks_may_take_all_of_a_storm(tmp_path: Path) -> None:
    """Five peaks of 34 hours each in the storm's one week: 168 hours, and none of it is left for blocks of its own."""
    prices = history(STORM, *[CALM, WINDY] * 4, CALM)
    load = np.full(len(prices), 50_000.0)
    load[[24 * day + 17 for day in range(5)]] = 90_000.0
    peaks = {"usd_per_kw_year": 70.0, "hours_each": 34.0, "rule": "pjm_5cp"}
    found = made(tmp_path, prices, "2024-06-03", load=load, peaks=peaks, history={"weeks": 6})
    blocks, per_year = blocks_of(found), YEAR / 1680
    assert not blocks.storm.any()
    assert blocks.hours[blocks.names.index("coincident peaks")] == pytest.approx(168 * per_year)


def test_hours_and_money_of_the_weeks_are_kept(tmp_path: Path) -> None:
    found = summer(tmp_path)
    blocks = blocks_of(found)
    assert blocks.hours.sum() == pytest.approx(YEAR, abs=1e-9)
    means = {"06-03": STORM.mean()} | {f"{w.first_day:%m-%d}": 0.0 for w in found.weeks}
    prices = history(STORM, *[CALM, WINDY] * 4, CALM)
    begin = pd.Timestamp("2024-06-03")
    for week in found.weeks:
        first = int((pd.Timestamp(week.first_day) - begin) / pd.Timedelta(hours=1))
        means[f"{week.first_day:%m-%d}"] = float(prices[first : first + HOURS].mean())
    money = sum(week.weight * means[f"{week.first_day:%m-%d}"] for week in found.weeks) / 10
    assert (blocks.hours * blocks.usd_per_mwh).sum() / YEAR == pytest.approx(money)
    assert blocks.hours[blocks.storm].sum() == pytest.approx(YEAR / 10)


def test_a_call_without_a_price_takes_the_dearest_hours_of_the_storm(tmp_path: Path) -> None:
    """By hand: the storm has 50 and 118 hours of 1,680; a call of 300 hours a year takes all of the first and more."""
    per_year = YEAR / 1680
    called = {"name": "emergency", "hours_per_year": 300.0, "to_share": 0.2}
    blocks = blocks_of(made(tmp_path, TEN, calls=(called,)))
    rest = 300.0 - 50 * per_year
    assert (blocks.names[-1], blocks.calls) == ("emergency", 1)
    assert blocks.hours[-1] == pytest.approx(300.0)
    assert blocks.usd_per_mwh[-1] == pytest.approx((5_000 * 50 * per_year + 300 * rest) / 300)
    assert bool(blocks.storm[-1])
    assert blocks.hours[blocks.storm].sum() == pytest.approx(168 * per_year)
    assert blocks.hours.sum() == pytest.approx(YEAR)
    with pytest.raises(InputError, match=r"call 'emergency' has no price and asks for 900 hours of storms; .* 876\.6"):
        blocks_of(made(tmp_path, TEN, calls=(called | {"hours_per_year": 900.0},)))


def test_weeks_are_chosen_for_the_strikes_of_the_machines_over_the_years() -> None:
    """By hand: 60 USD/MWh at the meter, 3 % lost, 5 added, prices that rise 10 % a year, in the middles of months."""
    made = site(
        power={"blocks": ({"name": "all", "hours_per_year": YEAR, "usd_per_mwh": 40.0},), "growth_per_year": 0.1}
    )
    strikes = strikes_of((made.groups,), made.bitcoin, made.study, adders_usd_per_mwh=5.0, loss_share=0.03)
    hub = 60 / 1.03 - 5
    assert strikes[[0, -1]] == pytest.approx([hub / 1.1 ** (23.5 / 12) / 1.1, hub / 1.1 ** (0.5 / 12) * 1.1], rel=1e-6)


def test_only_the_days_asked_for_count(tmp_path: Path) -> None:
    """The storm of the fourth week lies before them, three of the windy weeks and two calm ones are left."""
    days = {"first_day": "2024-02-05", "last_day": "2024-03-10", "weeks": 2}
    blocks = blocks_of(made(tmp_path, TEN, history=days))
    assert blocks.usd_per_mwh.max() == pytest.approx(60.0)
    assert rows(blocks, storm=True) == [(60.0, round(YEAR / 5, 6))]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"history": {"first_day": "2023-06-01"}}, r"prices\.csv: covers 2024-01-01 00:00.*first_day is 2023-06-01"),
        ({"history": {"last_day": "2024-12-31"}}, r"prices\.csv: covers .*last_day is 2024-12-31"),
        ({"history": {"last_day": "2023-06-01"}}, r"prices\.csv: covers .*none of it lies between"),
        ({"history": {"weeks": 11}}, r"at most 10 weeks can be chosen"),
        ({"peaks": {"usd_per_kw_year": 70.0}}, r"holds no coincident peak"),
    ],
)
def test_a_history_that_cannot_be_used_is_refused(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        made(tmp_path, TEN, **change)


def test_what_a_history_makes_can_stand_in_its_place(tmp_path: Path) -> None:
    """`power.yaml` says the same as the history it was made of."""
    found = summer(tmp_path)
    again = Power.model_validate_json(found.model_dump_json())
    assert np.array_equal(blocks_of(again).hours, blocks_of(found).hours)
