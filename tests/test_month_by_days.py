"""A month planned day by day costs what it costs planned at once: no month's charge falls on a single day."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.accounts.bill import bill
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.settlement import settle
from optimizer.config.farm import Farm
from optimizer.config.state import State
from optimizer.plan.checker import check
from optimizer.plan.planning import plan_conditions
from optimizer.plan.reading import without_tail
from optimizer.plan.state import state_after
from optimizer.through_time.step import joined
from tests.farms import conditions, farm, group
from tests.sampling import sample

DAYS, DAY = 30, 24
BEGINS = "2026-06-01 00:00+00:00"
DEMAND: tuple[dict[str, Any], ...] = (
    {"name": "any time", "usd_per_kw": 6.0, "ratchet": {"share": 0.5, "months": 11, "first_month": "2026-06"}},
    {"name": "on-peak", "usd_per_kw": 9.0, "when": {"hours": ({"start": 14, "end": 20},)}},
)
TIER = {"name": "tier", "above_mwh_per_month": 3_500.0, "adds_usd_per_mwh": 12.0}
SUPPLY = {"name": "supplier", "limit_mw": 3.0, "price_usd_per_mwh": 45.0}
TAKE = {"mwh_per_month": 1_500.0, "shortfall_usd_per_mwh": 15.0}


def prices() -> Any:
    """Hourly prices of a hot month: a daily swing, days dearer than others, evenings that spike now and then."""
    random = np.random.default_rng(20260601)
    hour = np.arange(DAYS * DAY) % DAY
    day = np.repeat(random.normal(0.0, 8.0, DAYS), DAY)
    spikes = np.where((hour >= 16) & (hour < 20), random.exponential(25.0, DAYS * DAY), 0.0)
    return np.round(34.0 - 14.0 * np.cos((hour - 4) / DAY * 2 * np.pi) + day + spikes, 2)


def the_farm(**energy: Any) -> Farm:
    s19 = group("S19", 1_000, 100.0, 3_250.0, restart_minutes=10.0, minimum_on_hours=2.0, minimum_off_hours=1.0)
    s21 = group("S21", 1_000, 200.0, 3_500.0, restart_minutes=6.0, starts_per_day=2.0, wear_usd_per_start=0.05)
    return farm(s19, s21, energy={"loss_share": 0.02, **energy})


def conditions_from(c: Conditions, day: int, state: State) -> Conditions:
    """The rest of the month from a day on."""
    return replace(c, market=c.market.part(day * DAY, len(c.grid)), state=state)


def day_by_day(month: Conditions, *, expected: dict[str, float] | None) -> Dispatch:
    """The month planned a day at a time, each from the state the day before left; with a tail, or expected peaks."""
    state, days = month.state, []
    for day in range(DAYS):
        rest = conditions_from(month, day, state)
        if day == DAYS - 1:
            c = rest
        elif expected is None:
            c = without_tail(rest, DAY)
        else:
            c = replace(rest, farm=with_expected(month.farm, expected), market=rest.market.part(0, DAY))
        plan = plan_conditions(c)
        days.append(plan.dispatch)
        state = state_after(c, plan.dispatch)
    return joined(days)


def with_expected(built: Farm, peaks: dict[str, float]) -> Farm:
    demand = tuple(one.model_copy(update={"expected_peak_mw": peaks[one.name]}) for one in built.energy.demand)
    return built.model_copy(update={"energy": built.energy.model_copy(update={"demand": demand})})


def billed(c: Conditions, dispatch: Dispatch) -> float:
    return sum(line.usd for line in bill(settle(c, dispatch)))


CONTRACTS: dict[str, dict[str, Any]] = {
    "demand charges": {"demand": DEMAND},
    "demand charges and a tier": {"demand": DEMAND, "tiers": (TIER,)},
    "a minimum take": {"supplies": ({**SUPPLY, "minimum_take": TAKE},)},
    "a tier and a minimum bill": {
        "tiers": (TIER,),
        "minimum_bill_usd_per_month": 190_000.0,
        "fixed_usd_per_month": 1_500.0,
    },
    "a window, a ratchet and a minimum bill": {"demand": DEMAND, "minimum_bill_usd_per_month": 250_000.0},
    "a take, a tier and a minimum bill": {
        "supplies": ({**SUPPLY, "minimum_take": TAKE},),
        "tiers": (TIER,),
        "minimum_bill_usd_per_month": 150_000.0,
    },
    "a minimum bill": {"minimum_bill_usd_per_month": 190_000.0, "fixed_usd_per_month": 1_500.0},
}


@pytest.mark.parametrize("contract", sample(CONTRACTS, 2))
def test_thirty_days_one_by_one_cost_what_the_month_costs(contract: str) -> None:
    """With the same prices as a forecast for the tail: within 2 % of the bill, and of the profit, of one plan."""
    built = the_farm(**CONTRACTS[contract])
    month = conditions(built, prices(), start=BEGINS, hashprice=50.0)
    at_once = plan_conditions(month).dispatch
    one_by_one = day_by_day(month, expected=None)
    assert check(month, one_by_one) == []
    assert billed(month, one_by_one) == pytest.approx(billed(month, at_once), rel=0.02)
    assert settle(month, one_by_one).profit == pytest.approx(settle(month, at_once).profit, rel=0.02)


def test_with_declared_peaks_the_same() -> None:
    """The peaks the month's plan ends in, declared as expected, do as well as a tail."""
    built = the_farm(**CONTRACTS["demand charges"])
    month = conditions(built, prices(), start=BEGINS, hashprice=50.0)
    at_once = plan_conditions(month).dispatch
    measured = {line.name: (line.measured or 0.0) / 1000 for line in bill(settle(month, at_once)) if line.unit == "kW"}
    one_by_one = day_by_day(month, expected=measured)
    assert check(month, one_by_one) == []
    assert billed(month, one_by_one) == pytest.approx(billed(month, at_once), rel=0.02)


def test_a_charge_loaded_onto_one_day_would_fail() -> None:
    """The test above can fail: expecting nothing of the rest of the month, no day's hash pays a month's charge."""
    built = the_farm(**CONTRACTS["demand charges"])
    month = conditions(built, prices(), start=BEGINS, hashprice=50.0)
    at_once = plan_conditions(month).dispatch
    one_by_one = day_by_day(month, expected={"any time": 0.0, "on-peak": 0.0})
    assert billed(month, one_by_one) < 0.9 * billed(month, at_once)
    assert settle(month, one_by_one).profit < 0.98 * settle(month, at_once).profit
