"""Re-planning through time: nothing is known early, nothing is forgotten, and with nothing coupled it is the rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import settle
from optimizer.config.farm import Farm
from optimizer.errors import MissingDataError
from optimizer.plan.checker import check
from optimizer.plan.planning import plan_conditions
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed, strike_rule
from tests.farms import call, conditions, farms, group
from tests.sampling import examples
from tests.through_time.histories import evenly, finer, foreseen, history, replanned, stepped, turnover, with_prices

SLOW = group(units=10, restart_minutes=30.0, minimum_on_hours=2.0, minimum_off_hours=2.0, wear_usd_per_start=0.25)


def on(schedule: Followed, name: str = "G") -> list[float]:
    return list(schedule.units_on[name, "normal"].tolist())


def test_a_spike_that_is_known_as_it_begins_is_not_run_into() -> None:
    """A machine earns 1 USD/MWh. The spike at the second hour is forecast by nobody; with lag 1 it is run into."""
    k = history(replanned(), [0.0, 5.0, 0.0], forecast=0.0)
    assert on(stepped(k)) == [10, 0, 10]
    late = history(replanned(), [0.0, 5.0, 0.0], forecast=0.0, lag=1)
    assert on(stepped(late)) == [10, 10, 10]
    assert settle(late.actual, stepped(late)).profit == pytest.approx(30 - 50)


def test_what_has_departed_from_its_forecast_is_expected_to_stay_away_for_a_while() -> None:
    """10 before the replay, then a spike of 8, then 0, all where 0 was expected; half of a departure stays an hour on.

    Prices are known an hour late. At the first hour 10 departs from 0, so 5 is expected; at the second 8, so 4; at the
    third 0. With no half-life 0 is expected throughout.
    """
    prices = [8.0, 0.0, 0.0, 0.0]
    assert on(stepped(history(replanned(), prices, forecast=0.0, lag=1, half_life=1.0))) == [0, 0, 10, 10]
    assert on(stepped(history(replanned(), prices, forecast=0.0, lag=1))) == [10, 10, 10, 10]


def test_a_stop_must_repay_its_restart() -> None:
    """One hour at 1.4 loses 4 USD, a stop 5 USD of hash: they run on; at 1.6 they would lose 6, and stop."""
    slow = group(restart_minutes=30.0)
    assert on(stepped(history(replanned(slow), [0.5, 1.4, 0.5, 0.5], forecast=0.5))) == [10, 10, 10, 10]
    assert on(stepped(history(replanned(slow), [0.5, 1.6, 0.5, 0.5], forecast=0.5))) == [10, 0, 10, 10]


@pytest.mark.parametrize("minutes", [5, 15, 60])
def test_every_five_minutes_does_what_every_hour_does_where_prices_hold_for_an_hour(minutes: int) -> None:
    """Two hours at 1.6 and 1.7 repay a restart, an hour at 1.4 does not; machines rest an hour at least.

    Ten machines earn 1 USD/MWh, 9 of 12 hours cost 0.5; a start loses half an hour of hash: 5 USD.
    """
    hourly = [0.5, 0.5, 1.4, 0.5, 0.5, 1.6, 1.7, 0.5, 0.5, 0.5, 0.5, 0.5]
    parts = 60 // minutes
    prices = np.repeat(hourly, parts)
    steps = ({"minutes": minutes, "hours": 1}, {"minutes": 15, "hours": 1}, {"minutes": 60})
    farm = replanned(
        group(restart_minutes=30.0, minimum_off_hours=1.0), hours=6.0, steps=steps if minutes < 60 else steps[2:]
    )
    k = history(farm, prices, forecast=prices, hours=1 / parts)
    schedule = stepped(k)
    assert on(schedule) == np.repeat([10.0, 10, 10, 10, 10, 0, 0, 10, 10, 10, 10, 10], parts).tolist()
    assert settle(k.actual, schedule).profit == pytest.approx(10 * (9 * 0.5 - 0.4) - 5)


@given(farms(coupled=False, most_intervals=8), st.sampled_from([0, 1]))
@examples(30)
def test_without_couplings_it_is_the_strike_rule(c: Conditions, lag: int) -> None:
    """Whatever is forecast: with nothing coupled only the latest price known counts, and it counts as it does there."""
    k = _on_equal_hours(c, lag)
    rule, ours = strike_rule(k.actual, k.observed), stepped(k)
    assert settle(k.actual, ours).profit == pytest.approx(settle(k.actual, rule).profit, abs=1e-9, rel=1e-12)
    ties = _ties(k)
    for point, units in rule.units_on.items():
        assert np.array_equal(units[~ties], ours.units_on[point][~ties])


def _on_equal_hours(c: Conditions, lag: int) -> Knowledge:
    farm = replanned(hours=4.0).model_copy(
        update={key: getattr(c.farm, key) for key in ("fleet", "energy", "site", "revenue")}
    )
    more: dict[str, Any] = {"hashprice": float(c.market.hashprice_usd_per_ph_day[0])}
    return history(farm, c.market.energy_price_usd_per_mwh, forecast=0.0, lag=lag, half_life=1e9, **more)


def _ties(k: Knowledge) -> Any:
    """Where what a machine earns is exactly what its power costs: then either is right."""
    price = k.observed.market.energy_price_usd_per_mwh + k.actual.market.adders_usd_per_mwh
    price = price * (1.0 + k.actual.farm.energy.loss_share)
    tied = np.zeros(len(price), dtype=np.bool_)
    points = []
    for one in k.actual.farm.fleet:
        fee = k.actual.farm.revenue.pool_fee_share if one.pool_fee_share is None else one.pool_fee_share
        for point in one.points.values():
            mw = (point.power_w - one.standby_w) / 1e6
            usd = k.actual.market.hashprice_usd_per_ph_day / 24e3 * point.hashrate_th * (1.0 - fee)
            if one.hosting is not None:
                usd = np.full(len(price), point.power_w / 1e6 * one.hosting.fee_usd_per_mwh)
            net = usd - mw * price
            tied |= np.abs(net) < 1e-9
            points.append((one.name, net))
    for a, (name, net) in enumerate(points):
        for other, its in points[:a]:
            if other == name:
                tied |= np.abs(net - its) < 1e-9
    return tied


@given(farms(most_groups=2, most_intervals=8))
@examples(40)
def test_with_every_price_known_pieces_earn_what_the_whole_does(c: Conditions) -> None:
    """Perfect prices and full look-ahead: planned at once or again at every interval, the profit is the same.

    Every machine is cut into a thousand, so that making them whole costs next to nothing; what is left of it is
    bounded by 2 in a thousand of what the farm turns over.
    """
    k = foreseen(evenly(finer(c, 1000)), 400.0)
    whole, ours = plan_conditions(k.actual), stepped(k)
    assert check(k.actual, ours) == []
    loss = whole.continuous.profit - settle(k.actual, ours).profit
    assert -1e-6 * turnover(k.actual) <= loss <= 2e-3 * turnover(k.actual)


@given(farms(most_groups=2, most_intervals=8, coupled=True))
@examples(40)
def test_machines_coupled_in_time_alone_lose_nothing_at_the_seams(c: Conditions) -> None:
    """Restarts, minimum times, starts and outages have whole optima: there the profit is the same to the cent."""
    roomy = c.farm.model_dump() | {"events": (), "programs": ()}
    roomy["energy"] = {"price_usd_per_mwh": 0.0}
    roomy["site"] = {"import_limit_mw": 1e6, "pue": 1.0}
    for one in roomy["fleet"]:
        one["starts_per_day"] = one["starts_per_day"] and max(round(one["starts_per_day"]), 1)
    state = roomy["state"]
    state["bill"], state["grid_import_mw"], state["missed_mw"] = {}, None, {}
    bare = Farm.model_validate(roomy)
    market = evenly(c).market
    k = foreseen(conditions(bare, market.energy_price_usd_per_mwh, hashprice=market.hashprice_usd_per_ph_day), 400.0)
    whole, ours = plan_conditions(k.actual), stepped(k)
    assert check(k.actual, ours) == []
    assert settle(k.actual, ours).profit == pytest.approx(whole.continuous.profit, abs=0.005, rel=1e-9)


def test_what_limits_allow_comes_before_what_was_announced() -> None:
    """Ten were announced and frozen for two hours; a call for the second, told as it begins, leaves three."""
    told = call("07:00", "08:00", 3.0, notice_minutes=0)
    k = history(replanned(rules={"frozen_intervals": 2}, events=(told,)), [0.5] * 4, forecast=0.5)
    ours = stepped(k)
    assert on(ours) == [10, 3, 10, 10]
    assert ours.off[Reason.EVENT].tolist() == [[0, 7, 0, 0]]


def test_frozen_intervals_are_kept_whatever_the_price_turns_out() -> None:
    """A spike of an hour at the third interval, expected by nobody. Frozen for two, the farm runs through it."""
    free = history(replanned(), [0.0, 0.0, 5.0, 0.0], forecast=0.0)
    kept = history(replanned(rules={"frozen_intervals": 2}), [0.0, 0.0, 5.0, 0.0], forecast=0.0)
    assert on(stepped(free)) == [10, 10, 0, 10]
    assert on(stepped(kept)) == [10, 10, 10, 10]


def test_a_change_must_be_worth_its_price() -> None:
    """At 1.05 a machine loses 0.05 USD: less than a change of 0.1 costs; at 1.2 it loses 0.2."""
    rules = {"change_usd_per_machine": 0.1}
    assert on(stepped(history(replanned(rules=rules), [0.5, 1.05, 1.2, 0.5], forecast=0.5))) == [10, 10, 0, 10]


DATA = ("energy_price_usd_per_mwh", "temperature_c", "hashprice_usd_per_ph_day")


@given(
    st.lists(st.floats(-20, 60), min_size=10, max_size=10),
    st.integers(0, 9),
    st.sampled_from(DATA),
    st.sampled_from([0, 1]),
    st.sampled_from([None, 0.0]),
)
@examples(60)
def test_what_comes_later_changes_no_decision(
    prices: list[float], at: int, name: str, lag: int, half_life: float | None
) -> None:
    """Any datum from an interval on, changed: every decision before it stands."""
    curve = {"temperature_c": (0.0, 40.0), "pue": (1.0, 1.5)}
    built = replanned(SLOW, hours=5.0, site={"pue": curve, "ramp_down_mw_per_hour": 6.0})
    forecast = None if half_life is None else 10.0
    k = history(built, prices, forecast=forecast, lag=lag, half_life=half_life or 2.0, temperature=20.0)
    values = getattr(k.actual.market, name).copy()
    values[at:] = values[at:] * 3.0 + 25.0
    other = with_prices(k, values) if name == DATA[0] else replace(k, actual=_with(k.actual, name, values))
    one, two = stepped(k), stepped(other)
    for point, units in one.units_on.items():
        assert units[:at].tolist() == two.units_on[point][:at].tolist()


def _with(c: Conditions, name: str, values: Any) -> Conditions:
    return replace(c, market=c.market.with_(**{name: values}))


def test_no_rule_is_broken_over_all_of_a_replay() -> None:
    """Three days with starts per day, minimum times, an hourly rate and ramps: the whole of it passes the checker."""
    random = np.random.default_rng(3)
    tight = {**SLOW, "starts_per_day": 1.0, "starts_per_hour": 4.0, "units": 11}
    built = replanned(tight, hours=12.0, site={"ramp_up_mw_per_hour": 7.0, "ramp_down_mw_per_hour": 7.0})
    k = history(built, np.where(random.random(72) < 0.3, 4.0, 0.4), forecast=0.4)
    ours = stepped(k)
    assert check(k.actual, ours) == []
    assert sum(started.sum() for started in settle(k.actual, ours).starts.values()) > 11


def test_a_month_with_a_tail_is_charged_as_one() -> None:
    """Three days to the end of February; a demand charge of 30 USD/MW; a machine earns 0.5 USD an hour above its power.

    By hand: over 72 hours a machine earns 36 USD, more than its 30 of the charge, so all ten run throughout and the
    charge falls once. Looking no farther than six hours it would earn 3 and none would run: the tail knows better.
    """
    charge = {"name": "Demand", "usd_per_mw": 30.0}
    state = {"at": "2026-02-26 00:00+00:00", "bill": {"peaks_mw": {"Demand": 0.0}}}
    begin = "2026-02-26 00:00+00:00"
    built = replanned(hours=6.0, energy={"demand": (charge,)}, state=state)
    blind = history(built, np.full(72, 0.5), forecast=0.5, start=begin)
    with pytest.raises(MissingDataError, match="expected_peak_mw, or"):
        stepped(blind)
    horizon = {**built.horizon.model_dump(), "tail": {"minutes": 60}}
    tailed = Farm.model_validate(built.model_dump() | {"horizon": horizon})
    k = history(tailed, np.full(72, 0.5), forecast=0.5, start=begin)
    assert on(stepped(k)) == [10.0] * 72
    assert settle(k.actual, stepped(k)).profit == pytest.approx(10 * 36 - 300)
