"""Always on and the strike rule: by hand, against the optimum, and by the rule checker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import settle
from optimizer.plan.checker import check
from optimizer.plan.planning import plan_conditions
from optimizer.through_time.policies import Followed, always_on, strike_rule
from tests.farms import call, conditions, farm, farms, group

POLICIES: list[Callable[[Conditions], Followed]] = [always_on, strike_rule]
BETTER, WORSE = group("Better", th=2_000.0), group("Worse")  # strike prices of 2 and 1 USD/MWh


def on(followed: Followed, name: str = "G", mode: str = "normal") -> list[float]:
    return list(followed.units_on[name, mode].tolist())


def test_the_strike_rule_runs_where_the_strike_price_is_above_the_price() -> None:
    """A strike price of 1 USD/MWh against 0.9, 1.0 and 1.1, without and with a tenth of losses."""
    c = conditions(farm(), [0.9, 1.0, 1.1])
    followed = strike_rule(c)
    assert on(followed) == [10, 0, 0]
    assert followed.off[Reason.PRICE].tolist() == [[0, 10, 10]]
    assert on(strike_rule(conditions(farm(energy={"loss_share": 0.25}), [0.9, 0.7, 1.1]))) == [0, 10, 0]


def test_always_on_runs_whatever_power_costs() -> None:
    c = conditions(farm(), [0.0, 1.5, 9_000.0])
    assert on(always_on(c)) == [10, 10, 10]
    assert always_on(c).off == {}
    assert settle(c, always_on(c)).profit == pytest.approx(10 * (3 - 9_001.5))


def test_modes_the_most_hash_against_the_most_profit() -> None:
    """Normal: 1 USD and 1 MW an hour; eco: 0.75 USD and 0.6 MW. The last 0.4 MW pay up to 0.25 / 0.4 = 0.625."""
    modes = group(other_modes={"eco": (750.0, 0.6e6)}, modes=("normal", "eco"))
    c = conditions(farm(modes), [0.6, 0.65, 1.24, 1.26])
    assert on(always_on(c)) == [10, 10, 10, 10]
    rule = strike_rule(c)
    assert on(rule) == [10, 0, 0, 0]
    assert on(rule, mode="eco") == [0, 10, 10, 0]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_cap_is_kept_by_merit_order(policy: Callable[[Conditions], Followed]) -> None:
    """15 MW are allowed from 07:00 to 08:00: the better ten stay, five of the others go."""
    c = conditions(farm(WORSE, BETTER, events=(call("07:00", "08:00", 15),)), [0.5, 0.5, 0.5])
    followed = policy(c)
    assert on(followed, "Better") == [10, 10, 10]
    assert on(followed, "Worse") == [10, 5, 10]
    assert followed.off[Reason.EVENT].tolist() == [[0, 5, 0], [0, 0, 0]]
    assert check(c, followed) == []


@pytest.mark.parametrize("policy", POLICIES)
def test_the_import_limit_leaves_whole_containers(policy: Callable[[Conditions], Followed]) -> None:
    c = conditions(farm(group(units_switched_together=4, units=12), limit_mw=11.0), [0.5])
    followed = policy(c)
    assert on(followed) == [8]
    assert followed.off[Reason.IMPORT_LIMIT].tolist() == [[4]]


def test_starts_wait_for_their_turn_and_for_warmth() -> None:
    """Off after an hour of high prices; 4 may start an hour, and none below -5 C."""
    staged = group(starts_per_hour=4.0, minimum_start_temperature_c=-5.0)
    c = conditions(farm(staged), [0.5, 2.0, 0.5, 0.5, 0.5, 0.5], temperature=[0, 0, 0, -10, 0, 0])
    followed = strike_rule(c)
    assert on(followed) == [10, 0, 4, 4, 8, 10]
    assert followed.off[Reason.START_RATE].tolist() == [[0, 0, 6, 0, 2, 0]]
    assert followed.off[Reason.COLD_START].tolist() == [[0, 0, 0, 6, 0, 0]]
    assert check(c, followed) == []


def test_own_power_runs_where_it_is_cheaper_and_the_rest_is_sold() -> None:
    """4 MW of one's own at 0.3 USD/MWh, 1 MW may be sold at 0.5: used where the grid costs more, else sold."""
    onsite = {
        "available_mw": 4.0,
        "cost_usd_per_mwh": 0.3,
        "export_limit_mw": 1.0,
        "export_price_usd_per_mwh": 0.5,
    }
    c = conditions(farm(energy={"onsite": onsite}), [0.2, 0.4], onsite=4.0, export_price=0.5)
    followed = strike_rule(c)
    assert followed.onsite_mw.tolist() == [1, 4]
    assert followed.export_mw.tolist() == [1, 0]
    assert check(c, followed) == []


def test_import_stays_at_the_baseline_of_a_cut_that_is_paid() -> None:
    """Who owes a cut and is paid for those below 6 MW draws no more than 6; a voluntary call holds nobody."""
    for mw, machines in ((9.0, 6), (None, 10)):
        paid = call("07:00", "08:00", mw, payment={"usd_per_mwh": 0.1, "baseline_mw": 6.0})
        c = conditions(farm(events=(paid,)), [0.5, 0.5])
        assert on(always_on(c)) == [10, machines]
        assert check(c, always_on(c)) == []


def test_other_suppliers_where_they_are_cheaper_beyond_the_block() -> None:
    """3 MW are bought in advance; of the other 7 a supplier at 0.4 has 5, the rest comes at the interval's price."""
    energy = {
        "blocks": ({"name": "Block", "mw": 3.0, "price_usd_per_mwh": 0.1},),
        "supplies": ({"name": "Plant", "limit_mw": 5.0, "price_usd_per_mwh": 0.4},),
    }
    c = conditions(farm(energy=energy), [0.3, 0.6])
    followed = always_on(c)
    assert followed["supply_mw"]["Plant"].tolist() == [0, 5]
    assert settle(c, followed).flows.spot_mw.tolist() == [7, 2]
    assert check(c, followed) == []


def test_frost_keeps_machines_running_whatever_power_costs() -> None:
    """Three of ten must run below -2 C, in containers of two: four of them, and all ten where power is cheap."""
    frost = {"below_c": -2.0, "minimum_running_share": 0.3, "damage_usd_per_unit_hour": 16.0}
    c = conditions(
        farm(group(freeze_protection=frost, units_switched_together=2)), [0.5, 2.0, 2.0], temperature=[-9, -9, 0]
    )
    assert on(strike_rule(c)) == [10, 4, 0]
    assert on(always_on(c)) == [10, 10, 10]
    assert settle(c, strike_rule(c)).lines["frost_damage"] == 0.0


@pytest.mark.parametrize("policy", POLICIES)
def test_frost_comes_before_what_pays_most_and_after_the_cap(policy: Callable[[Conditions], Followed]) -> None:
    """Ten of 20 MW are allowed, then three: five of the worse machines are kept from frost, then three."""
    frost = {"below_c": -2.0, "minimum_running_share": 0.5, "damage_usd_per_unit_hour": 16.0}
    calls = (call("06:00", "07:00", 10, "first"), call("07:00", "08:00", 3, "second"))
    c = conditions(farm({**WORSE, "freeze_protection": frost}, BETTER, events=calls), [0.5, 0.5], temperature=-9)
    assert on(policy(c), "Worse") == [5, 3]
    assert on(policy(c), "Better") == [5, 0]
    assert check(c, policy(c)) == []


def test_load_falls_no_faster_than_it_may() -> None:
    """Load may fall by 4 MW an hour; the strike rule would stop 10 machines at once."""
    c = conditions(farm(site={"ramp_down_mw_per_hour": 4.0}), [0.5, 2.0, 2.0, 2.0])
    assert on(strike_rule(c)) == [10, 6, 2, 0]
    assert check(c, strike_rule(c)) == []


@pytest.mark.parametrize("policy", POLICIES)
def test_the_way_down_to_a_call_begins_before_it(policy: Callable[[Conditions], Followed]) -> None:
    """Load may fall by 4 MW an hour and no machine may run from 08:00 on: 8 are allowed at 06:00, then 4."""
    stop = call("08:00", "09:00", cut={"form": "full_stop"})
    c = conditions(farm(site={"ramp_down_mw_per_hour": 4.0}, events=(stop,)), [0.5] * 4)
    assert on(policy(c)) == [8, 4, 0, 10]
    assert check(c, policy(c)) == []


def test_how_fast_load_can_fall_comes_before_a_call() -> None:
    """Ten machines run when a full stop comes at once: six are left after an hour, then two."""
    stop = call("06:00", "09:00", cut={"form": "full_stop"})
    state = {"grid_import_mw": 10.0, "groups": {"G": {"running": 10}}}
    c = conditions(farm(site={"ramp_down_mw_per_hour": 4.0}, events=(stop,), state=state), [0.5] * 3)
    assert on(strike_rule(c)) == [6, 2, 0]
    assert {breach.rule for breach in check(c, strike_rule(c))} == {"event cap"}


@given(farms(coupled=False))
def test_without_couplings_the_strike_rule_is_the_optimum(c: Conditions) -> None:
    assert settle(c, strike_rule(c)).profit == pytest.approx(plan_conditions(c).continuous.profit, abs=1e-6, rel=1e-9)


@given(farms(), st.sampled_from(POLICIES))
def test_on_random_farms_no_rule_is_broken_and_the_optimum_is_not_beaten(c: Conditions, policy: Any) -> None:
    followed = policy(c)
    assert check(c, followed) == []
    installed = np.array([[float(g.units)] for g in c.farm.fleet])
    running = np.array([followed.running(g) for g in c.farm.fleet])
    off = np.sum([np.zeros_like(running), *followed.off.values()], axis=0)
    assert np.allclose(running + off, installed)
    best = plan_conditions(c).continuous.profit
    assert settle(c, followed).profit <= best + 1e-6 * (1.0 + abs(best))


@pytest.mark.parametrize("policy", POLICIES)
def test_what_a_call_would_stop_again_is_not_started(policy: Callable[[Conditions], Followed]) -> None:
    """A call from 08:00 to 10:00 leaves room for two of ten machines that must run two hours; four run.

    At 06:00 all may start: their time is over by 08:00. With three starts an hour three do; of the last three only two
    may at 07:00, as two is what the call has room for.
    """
    idle = {"at": "2026-02-11 06:00", "groups": {"G": {"running": 4}}}
    calls = (call("08:00", "10:00", 2.0),)
    two_hours = group(minimum_on_hours=2.0)
    c = conditions(farm(two_hours, state=idle, events=calls), [0.5] * 5)
    assert on(policy(c)) == [10, 10, 2, 2, 10]
    later = conditions(farm(group(minimum_on_hours=2.0, starts_per_hour=3), state=idle, events=calls), [0.5] * 5)
    assert on(policy(later)) == [7, 9, 2, 2, 5]
    assert check(c, policy(c)) == check(later, policy(later)) == []
