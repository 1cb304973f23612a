"""Storage worked by hand, with and without it. A machine draws one MW and earns one USD per hour.

The battery holds 4 MWh and has 2 MW; of a MWh charged 0.75 are held, of a MWh held 0.8 come out, and each MWh that
comes out wears it by 0.1 USD.
"""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.engine.program import compile_program
from optimizer.plan.formulation import build_problem
from tests.farms import call, conditions
from tests.mechanisms.storage.batteries import battery, powers, site, with_battery
from tests.worked_examples.optimum import optimum, usd


def test_cheap_energy_is_kept_for_dear_hours() -> None:
    """Proves the level, its losses and wear.

    By hand, ten machines run at 0.2 and 0.8 USD/MWh and earn 20 - 10 x 0.2 - 10 x 0.8 = 10 USD. 2 MW charged for
    0.4 USD are 1.5 MWh held and 1.2 MWh out, which save 0.96 USD and wear 0.12: 0.44 USD more. Without storage_wear
    0.56 more. Without later_level 2 MW come out for nothing, 1.4 USD; without first_level the first hour discharges
    2 MW for nothing besides, 0.2 USD.
    """
    c = with_battery([0.2, 0.8])
    assert (optimum(c).on(), optimum(c).profit) == ([10, 10], usd(10.44))
    assert powers(optimum(c).dispatch) == ([2.0, 0.0], [0.0, 1.2])
    assert optimum(conditions(site(), [0.2, 0.8])).profit == usd(10)
    assert optimum(c, "storage_wear").profit == usd(10.56)
    assert optimum(c, "later_level").profit == usd(11.4)
    assert optimum(c, "first_level").profit == usd(11.6)


def test_a_spread_that_losses_and_wear_eat_up_is_left() -> None:
    """Proves that it stands idle: a MWh bought at 0.5 brings 0.6 MWh at 0.9, 0.54 USD, and 0.06 of wear."""
    assert powers(optimum(with_battery([0.5, 0.9])).dispatch) == ([0.0, 0.0], [0.0, 0.0])
    assert powers(optimum(with_battery([0.5, 0.95])).dispatch)[0] == [2.0, 0.0]


def test_machines_run_on_it_through_a_spike() -> None:
    """Proves that it feeds machines that the grid's price stops: at 9 USD/MWh ten stand, 1.2 MW run 1.2 machines."""
    c = with_battery([0.2, 9.0])
    assert optimum(c).on() == [10, 1.2]
    assert optimum(c).profit == usd(10 - 12 * 0.2 + 1.2 - 0.12)


def test_it_holds_no_more_than_its_capacity() -> None:
    """Proves the capacity: three free hours fill 4 MWh with 5 1/3; at 0.8 and 0.8 3.2 MWh come out, 0.7 USD each."""
    c = with_battery([0.0, 0.0, 0.0, 0.8, 0.8])
    assert optimum(c).profit == usd(50 - 16 + 3.2 * 0.7)
    assert sum(powers(optimum(c).dispatch)[0]) == pytest.approx(4 / 0.75)


def test_it_begins_with_what_the_state_says_and_ends_with_its_least() -> None:
    """Proves the state: of 3 MWh 2 lie above the least of 1, 1.6 MWh out for 0.8 - 0.1 USD; of 0.5 MWh nothing does."""
    assert optimum(with_battery([0.8], 3.0, least_mwh=1.0)).profit == usd(2 + 1.6 * 0.7)
    for held in (None, 1.0, 0.5):
        c = with_battery([0.8], held, least_mwh=1.0)
        assert (optimum(c).profit, powers(optimum(c).dispatch)) == (usd(2), ([0.0], [0.0]))


def test_what_is_left_at_the_end_has_its_worth() -> None:
    """Proves stored_energy: 1.5 MWh put in for 0.4 USD are worth 0.9 USD each; 3 MWh held are worth more than 0.8 out.

    By hand 10 - 12 x 0.2 + 1.5 x 0.9 USD. Without the worth, or the term, nothing is charged. Held energy counts from
    the beginning: a battery that stands idle earns nothing by it.
    """
    c = with_battery([0.2], left_usd_per_mwh=0.9)
    assert optimum(c).profit == usd(10 - 12 * 0.2 + 1.5 * 0.9)
    assert optimum(c, "stored_energy").profit == usd(8)
    full = with_battery([0.8], 4.0, left_usd_per_mwh=0.9)
    assert (optimum(full).profit, powers(optimum(full).dispatch)) == (usd(2), ([0.0], [0.0]))


def test_it_loses_with_time() -> None:
    """Proves the standing loss: three quarters within a day are a half within twelve hours.

    By hand, of 5 MWh with a least of 1: of the 4 beyond it 2 are there after twelve hours and 1 after 24: 0.8 MWh out
    at 0.8, less 0.1. At 0.25 to charge or to discharge before pays less.
    """
    lossy = {"standing_loss_share_per_day": 0.75, "capacity_mwh": 5.0, "least_mwh": 1.0}
    c = with_battery([0.25, 0.8], 5.0, series={"hours": [12.0, 12.0]}, **lossy)
    assert optimum(c).profit == usd(12 * (7.5 + 2) + 0.8 * 0.7)
    assert powers(optimum(c).dispatch)[1] == [0.0, pytest.approx(0.8 / 12, abs=1e-6)]


def test_it_is_not_paid_to_lose_energy() -> None:
    """Proves charges_alone and discharges_alone: full, at -1 USD/MWh, it stands idle and ten machines earn 20 USD.

    By hand, without one of them it would charge 2 MW and discharge the 1.2 MW that these become: 0.8 USD for what is
    lost between, less 0.12 of wear.
    """
    c = with_battery([-1.0], 4.0)
    assert optimum(c).profit == usd(20)
    assert optimum(c, "charges_alone").profit == usd(20.68)
    assert optimum(c, "discharges_alone").profit == usd(20.68)


def test_a_battery_that_is_paid_to_charge_makes_room_first() -> None:
    """Proves the choice by the hour: full, it discharges at 0.5 to charge at -1: 0.6 MWh held take 0.8 MW.

    By hand 2 MW out for 0.4 USD each take 2.5 MWh, and 2 MW in bring 2 USD: 5 + 20 + 0.8 + 2.
    """
    c = with_battery([0.5, -1.0], 4.0)
    assert (optimum(c).profit, powers(optimum(c).dispatch)) == (usd(27.8), ([0.0, 2.0], [2.0, 0.0]))


def test_without_such_an_hour_a_plan_is_a_linear_program() -> None:
    """Proves that a choice is made where drawing more may be worth money, and nowhere else."""
    integers = [
        int(compile_program(build_problem(with_battery(prices))).integer.sum())
        for prices in ([0.2, 0.8], [0.2, -0.8], [-1.0, -1.0])
    ]
    assert integers == [0, 1, 2]
    steep: Any = {"site": {"ramp_down_mw_per_hour": 50.0}}
    assert compile_program(build_problem(with_battery([0.2, 0.8], **steep))).integer.sum() == 2


def test_it_meets_a_call() -> None:
    """Proves that a call asks import, not load: 4 MW may be imported, and 2 MW of the 2.5 MWh held run six machines.

    By hand 6 - 4 x 0.5 - 0.2; without the battery 4 - 4 x 0.5.
    """
    called: Any = {"events": (call("06:00", "07:00"),)}
    c = with_battery([0.5], 2.5, **called)
    assert (optimum(c).on(), optimum(c).profit) == ([6], usd(3.8))
    assert optimum(conditions(site(**called), [0.5])).profit == usd(2)


def test_what_it_charges_rises_no_faster_than_a_restore_lets_it() -> None:
    """Proves that import beyond full load is still held by a restore: 6 MW in the call, 11.5 after it, of 12 wanted.

    By hand six machines run in the call, a MW that charges earns less; then ten, and 1.5 MW charge: 0.75 x 0.9 - 0.2
    USD each.
    """
    after = call("06:00", "07:00", 6.0, restore_mw_per_hour=5.5)
    c = with_battery([0.2, 0.2], left_usd_per_mwh=0.9, events=(after,))
    assert optimum(c).on() == [6, 10]
    assert optimum(c).profit == usd(6 * 0.8 + 10 * 0.8 + 1.5 * (0.75 * 0.9 - 0.2))


def test_it_cuts_a_demand_charge() -> None:
    """Proves that a peak is measured at the meter: 2 MW of other load at 07:00 would raise 10 MW to 12.

    By hand, at 0.2 USD/MWh and 0.5 USD/MW: 2 MW out save 0.4 USD of energy and 1 USD of peak, and wear 0.2:
    20 - 20 x 0.2 - 0 - 10 x 0.5 - 0.2. Without the battery: 20 - 22 x 0.2 - 12 x 0.5.
    """
    charge = {"name": "demand", "usd_per_mw": 0.5, "expected_peak_mw": 0.0}
    state: Any = {"bill": {"peaks_mw": {"demand": 0.0}}}
    more: Any = {"energy": {"demand": (charge,)}, "state": state}
    loads = {"auxiliary": [0.0, 2.0]}
    best = optimum(with_battery([0.2, 0.2], 2.5, series=loads, **more))
    assert (best.on(), best.profit) == ([10, 10], usd(20 - 4 - 5 - 0.2))
    assert optimum(conditions(site(**more), [0.2, 0.2], **loads)).profit == usd(20 - 4.4 - 6)


def test_it_is_exported_where_the_site_may_export() -> None:
    """Proves that what it discharges may leave through the meter, and what is bought at the moment may not.

    By hand, at 3 USD/MWh for at most 1 MW: 2 MW out, one of them for 3 USD, the other saves 0.2, less 0.2 of wear. An
    empty battery exports nothing, though buying at 0.2 to sell 0.6 of it at 3 would pay: it charges or discharges.
    """
    energy: Any = {"energy": {"onsite": {"available_mw": 0.0, "export_limit_mw": 1.0, "export_price_usd_per_mwh": 3.0}}}
    c = with_battery([0.2], 2.5, **energy)
    assert optimum(c).profit == usd(10 - 2 + 3 + 0.2 - 0.2)
    assert optimum(with_battery([0.2], **energy)).profit == usd(8)
    assert optimum(with_battery([0.2], **energy), "charges_alone").profit == usd(8 + 1 * 3 - 1 / 0.6 * 0.2 - 0.1)


def test_an_outage_of_a_battery() -> None:
    """Proves that it neither charges nor discharges while it is out: 1.6 MWh at 0.8 USD come out an hour later."""
    out = {"start": "2026-02-11 06:00", "end": "2026-02-11 07:00"}
    c = with_battery([0.9, 0.8], 2.0, outages=(out,))
    assert (optimum(c).profit, powers(optimum(c).dispatch)[1]) == (usd(1 + 2 + 1.6 * 0.7), [0.0, 1.6])


def test_two_batteries_the_better_first() -> None:
    """Proves that each goes by its own numbers: 2 MWh at 0.8 from the one that loses nothing and wears by nothing."""
    better = battery("Better", charge_efficiency=1.0, discharge_efficiency=1.0, wear_usd_per_mwh=0.0)
    c = conditions(site(battery(), better, limit_mw=12.0), [0.2, 0.8])
    assert powers(optimum(c).dispatch, "Better") == ([2.0, 0.0], [0.0, 2.0])
    assert optimum(c).profit == usd(10 + 2 * 0.6)


def test_of_equal_schedules_one_without_cycles_is_chosen() -> None:
    """What puts equal optima in order takes a trifle for every MWh discharged, and is no money."""
    program = compile_program(build_problem(with_battery([0.5, 0.9])))
    order, discharged = program.terms["storage_tie_break"], program.columns["discharge_mw"].span
    assert order.columns.tolist() == list(range(discharged.start, discharged.stop))
    assert not order.money
    assert ((order.coefficients < 0.0) & (order.coefficients > -1e-3)).all()
