"""Changes of mode, worked by hand.

A machine earns one USD per hour at one megawatt in its normal mode, and 0.6 at half a megawatt in eco. At 0.4 USD/MWh
it gains 0.6 in normal and 0.4 in eco, at 0.95 it gains 0.05 and 0.125; at 0.8 either is as good.
"""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.reasons import reason_of
from optimizer.accounts.settlement import settle
from optimizer.plan.formulation import build_problem
from optimizer.plan.planning import plan_conditions
from optimizer.plan.state import state_after
from tests.farms import conditions, farm, group, running
from tests.worked_examples.optimum import optimum, usd

CHEAP, DEAR = 0.4, 0.95
ECO = {"eco": (600.0, 0.5e6)}


def tuned(prices: list[float], wear: float = 1.0, state: Any = None, units: int = 10, **tuning: float) -> Conditions:
    """Ten machines in two modes; a start wears enough that none is made to get around a change."""
    section = {"tuning": tuning} if tuning else {}
    fleet = group("G", units, other_modes=ECO, modes=("eco", "normal"), wear_usd_per_start=wear, **section)
    return conditions(farm(fleet, **(state or {})), prices)


def test_a_mode_is_kept_through_a_short_dip() -> None:
    """Proves that a change of mode loses the hash of the minutes in which the machine is tuned.

    By hand: a quarter of an hour is 0.15 USD of eco's hash on the way down and 0.25 of normal's on the way back; the
    dear hour gains 0.125 - 0.05 in eco. So normal is kept, 0.6 + 0.05 + 0.6 USD a machine. Without it the optimum would
    be eco in the dear hour.
    """
    c = tuned([CHEAP, DEAR, CHEAP], minutes=15.0)
    assert optimum(c).profit == usd(10 * (0.6 + 0.05 + 0.6))
    assert optimum(c).on("G", "eco") == [0, 0, 0]
    for without in ("tuning_loss", "change_of_mode", "come_up_by_starts"):
        assert optimum(c, without).profit == usd(10 * (0.6 + 0.125 + 0.6))
        assert optimum(c, without).on("G", "eco") == [0, 10, 0]
    assert optimum(tuned([CHEAP, DEAR, CHEAP])).profit == usd(10 * (0.6 + 0.125 + 0.6))


def test_a_long_dip_is_worth_two_changes() -> None:
    """By hand: eight dear hours gain 8 x 0.075 USD in eco, more than 0.15 + 0.25, and two cheap hours gain 0.4 in
    normal. What is delivered is less by a quarter of an hour in each mode, and bitcoin by as much.
    """
    c = tuned([CHEAP, *[DEAR] * 8, CHEAP, CHEAP], minutes=15.0)
    best = optimum(c)
    assert best.on("G", "eco") == [0, *[10] * 8, 0, 0]
    assert best.profit == usd(10 * (0.6 + 8 * 0.125 + 2 * 0.6 - 0.15 - 0.25))
    settled = settle(c, best.dispatch)
    ph_days = 10 * (3 * 1.0 + 8 * 0.6 - 0.25 * 1.0 - 0.25 * 0.6) / 24
    assert settled.hash_ph_days == pytest.approx(ph_days)
    assert settled.btc == pytest.approx(ph_days * 0.0005)
    assert settled.lines["tuning_loss"] == usd(-10 * (0.15 + 0.25))


@pytest.mark.parametrize(("wear", "eco"), [(0.04, 0), (0.03, 10)])
def test_a_change_wears(wear: float, eco: int) -> None:
    """By hand: the dip is worth 0.075 USD a machine, two changes wear 0.08 or 0.06. Without it the optimum would be
    eco at either.
    """
    c = tuned([CHEAP, DEAR, CHEAP], wear_usd_per_change=wear)
    assert optimum(c).on("G", "eco") == [0, eco, 0]
    assert optimum(c).profit == usd(10 * (1.25 if not eco else 1.325 - 0.06))
    assert optimum(c, "tuning_wear").on("G", "eco") == [0, 10, 0]


def test_a_share_of_the_hash_is_kept() -> None:
    """By hand: a tenth of 0.4 USD is lost, less than the 0.075 that the dip is worth."""
    c = tuned([CHEAP, DEAR, CHEAP], minutes=15.0, hash_share=0.9)
    assert optimum(c).profit == usd(10 * (0.6 + 0.125 + 0.6 - 0.04))


def test_the_plan_begins_in_the_modes_that_were() -> None:
    """By hand: in eco an hour gains 0.4 USD; normal would gain 0.6 and lose 0.25. Without it the optimum would be
    normal. Of machines not told of, in the strongest mode, none is changed.
    """
    c = tuned([CHEAP], state=running(10, modes={"eco": 10}), minutes=15.0)
    assert optimum(c).profit == usd(10 * 0.4)
    assert optimum(c, "first_change_of_mode").profit == usd(10 * 0.6)
    assert optimum(tuned([CHEAP], state=running(10), minutes=15.0)).profit == usd(10 * 0.6)


def test_machines_come_up_in_any_mode() -> None:
    """By hand: ten that rest start in eco, 0.125 USD each, without being tuned for an hour."""
    c = tuned([DEAR], wear=0.0, state=running(0), minutes=60.0)
    assert optimum(c).profit == usd(10 * 0.125)
    assert settle(c, optimum(c).dispatch).lines["tuning_loss"] == 0.0


@pytest.mark.parametrize("without", ["first_come_up_in_growth", "none_come_up_else"])
def test_no_machine_starts_in_the_place_of_one_that_runs(without: str) -> None:
    """Proves that what runs on in another mode is tuned, also where a start costs nothing.

    By hand: five run in normal, five rest, and 2 MW may be drawn. Two stay in normal, 0.05 USD each; four in eco would
    gain 0.125 each, and a change loses 0.6. Without it the optimum would be to stop all five and start four others.
    """
    fleet = group("G", 10, other_modes=ECO, modes=("eco", "normal"), tuning={"minutes": 60.0})
    c = conditions(farm(fleet, limit_mw=2.0, **running(5)), [DEAR])
    assert optimum(c).profit == usd(2 * 0.05)
    assert optimum(c, without).profit == usd(4 * 0.125)
    assert optimum(c, "come_up_from_rest").profit == usd(2 * 0.05)  # it follows from the others


@pytest.mark.parametrize(("without", "profit"), [("come_up_in_growth", 3.75), ("none_come_up_else", 4.75)])
def test_nor_later_where_others_rest(without: str, profit: float) -> None:
    """By hand: of twelve machines five run in normal at 5 MW, 3 USD, then three of them at 3 MW, 0.15 USD. Six in eco
    would gain 0.75, five of them tuned for 0.6 each. Without it the optimum would be six others in their place, and
    where that holds in the first hour too ten in eco before, 4 USD.
    """
    fleet = group("G", 12, other_modes=ECO, modes=("eco", "normal"), tuning={"minutes": 60.0})
    c = conditions(farm(fleet, **running(5)), [CHEAP, DEAR], import_limit=[5.0, 3.0])
    assert optimum(c).profit == usd(5 * 0.6 + 3 * 0.05)
    assert optimum(c, without).profit == usd(profit)
    assert optimum(c, "come_up_from_rest").profit == usd(5 * 0.6 + 3 * 0.05)


def test_a_start_that_costs_as_much_needs_no_whole_numbers() -> None:
    """A plan stays a linear program where getting around a change costs no less, whoever owns the hash.

    A change into normal loses 0.25 USD. Ten minutes of restart lose 0.1 in eco, the group's first mode; what is the
    customers' hash loses the farm nothing, and then a start that wears less than a change is cheaper.
    """
    assert not any(choices(tuned([DEAR] * 3, wear=wear, minutes=15.0)) for wear in (0.25, 1.0))
    assert choices(tuned([DEAR] * 3, wear=0.24, minutes=15.0)) == 3
    assert choices(tuned([DEAR] * 3, minutes=15.0, changes_per_day=1.0)) == 3
    assert choices(tuned([DEAR] * 3)) == build_problem(tuned([DEAR] * 3)).size("CHANGES") == 0  # no tuning, no columns
    fleet = group("G", 10, other_modes=ECO, modes=("eco", "normal"), restart_minutes=10.0, wear_usd_per_start=0.1)
    for wear, hosted in ((0.0, 0), (0.11, 3)):
        owned = fleet | {"tuning": {"minutes": 5.0, "wear_usd_per_change": wear}}
        assert choices(conditions(farm(owned), [DEAR] * 3)) == hosted
    slow = fleet | {"wear_usd_per_start": 0.0, "restart_minutes": 30.0, "tuning": {"minutes": 15.0}}
    assert choices(conditions(farm(slow), [DEAR] * 3)) == 0  # 0.3 USD against 0.25


def choices(c: Conditions) -> int:
    """Intervals in which a plan asks whether a group grows."""
    return build_problem(c).size("GROWTHS")


@pytest.mark.parametrize(("per_day", "made", "profit"), [(1.0, 0.0, 19.375), (2.0, 0.0, 19.75), (2.0, 10.0, 19.375)])
def test_changes_per_day(per_day: float, made: float, profit: float) -> None:
    """Proves that a day has so many changes, those made before the plan among them.

    By hand: normal throughout earns 3 x 0.6 + 2 x 0.05 USD a machine. Each dear hour in eco gains 0.075 and takes two
    changes: ten machines have ten, which are two of five machines each, or twenty, less ten that were made. Staying in
    eco from one dear hour to the next would cost 0.2. Without it the optimum would be eco in both.
    """
    state = {"state": {"tuning": {"changes_today": {"G": made}}}} if made else None
    c = tuned([CHEAP, DEAR, CHEAP, DEAR, CHEAP], state=state, changes_per_day=per_day)
    assert optimum(c).profit == usd(profit)
    assert optimum(c, "daily_changes").profit == usd(10 * (3 * 0.6 + 2 * 0.125))


def test_a_day_has_its_own_changes() -> None:
    """From 22:00 on, with a change a machine and day: down to eco before midnight and back after it, 0.6 + 0.125 + 0.6;
    all four changes of the same day are not to be had.
    """
    fleet = group("G", 10, other_modes=ECO, modes=("eco", "normal"), wear_usd_per_start=1.0)
    built = farm(fleet | {"tuning": {"changes_per_day": 1.0}})
    late = conditions(built, [CHEAP, DEAR, CHEAP], start="2026-02-11 22:00+00:00")
    assert optimum(late).profit == usd(10 * (0.6 + 0.125 + 0.6))
    early = conditions(built, [CHEAP, DEAR, CHEAP], start="2026-02-11 20:00+00:00")
    assert optimum(early).profit == usd(10 * (0.6 + 0.05 + 0.6) + 5 * 0.075)


def test_machines_are_off_because_changing_does_not_pay() -> None:
    """By hand: at 1.1 USD/MWh normal loses 0.1 USD and eco gains 0.05, less than a change loses: all rest for the hour,
    and come up again for nothing. The reason is told. Without it the optimum would be eco, and none off.
    """
    c = tuned([CHEAP, 1.1, CHEAP], wear=0.0, minutes=15.0)
    assert optimum(c).profit == usd(10 * (0.6 + 0.6))
    assert optimum(c, "tuning_loss").profit == usd(10 * (0.6 + 0.05 + 0.6))
    plan = plan_conditions(c)
    assert {str(reason): units[0].tolist() for reason, units in plan.explanation.off.items()} == {"tuning": [0, 10, 0]}
    assert reason_of("tuning").meaning.startswith("tuning it to another mode costs more")


def test_dearer_than_any_mode_earns_is_the_price() -> None:
    c = tuned([CHEAP, 3.0, CHEAP], wear=0.0, minutes=15.0)
    assert [str(reason) for reason in plan_conditions(c).explanation.off] == ["price"]


def test_whole_machines() -> None:
    """As in the long dip, of seven machines: 2.4 USD each."""
    c = tuned([CHEAP, *[DEAR] * 8, CHEAP, CHEAP], minutes=15.0, units=7)
    assert optimum(c, whole=True).profit == usd(7 * 2.4)
    assert plan_conditions(c, units="exact").settled.profit == usd(7 * 2.4)


def test_planned_again_every_hour() -> None:
    """Proves that modes do not flip-flop from one plan to the next.

    Every hour is planned with the next, both at the price of now; the hour is carried out and its state carried on. By
    hand: blind to it the machines change into eco at every dear hour and back at every cheap one, four changes in five
    hours: 3 x 0.6 + 2 x 0.125 less 2 x 0.3 and 2 x 0.5 USD for half an hour each. Seen, two dear hours gain 0.15 in
    eco, less than 0.3: normal is kept, 3 x 0.6 + 2 x 0.05.
    """
    prices = [CHEAP, DEAR, CHEAP, DEAR, CHEAP]
    assert executed(prices, blind=True) == ([0, 10, 0, 10, 0], usd(10 * (3 * 0.6 + 2 * 0.125 - 2 * 0.3 - 2 * 0.5)))
    assert executed(prices, blind=False) == ([0, 0, 0, 0, 0], usd(10 * (3 * 0.6 + 2 * 0.05)))


def executed(prices: list[float], *, blind: bool) -> tuple[list[float], float]:
    """Machines in eco, and what is earned, where the next two hours are planned every hour at the price of now."""
    eco, profit = [], 0.0
    state = tuned(prices).state
    for t, price in enumerate(prices):
        of = tuned([price] * 2, **({} if blind else {"minutes": 30.0}))
        start = f"2026-02-11 {6 + t:02d}:00+00:00"
        c = Conditions(of.farm, conditions(of.farm, [price] * 2, start=start).market, state)
        hour = plan_conditions(c).dispatch.first(1)
        real = tuned([price], minutes=30.0).farm
        as_it_is = Conditions(real, conditions(real, [price], start=start).market, state)
        eco.append(float(hour.units_on["G", "eco"][0]))
        profit += settle(as_it_is, hour).profit
        state = state_after(as_it_is, hour)
    return eco, profit
