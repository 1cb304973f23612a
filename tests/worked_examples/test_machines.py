"""Machines: what each family of rules/fleet.py is worth. A machine draws one MW and earns one USD per hour."""

from __future__ import annotations

import pytest

from tests.farms import call, conditions, farm, group, outage, running
from tests.worked_examples.optimum import optimum, usd

PAYS, DEAR = 0.4, 3.0  # USD/MWh: a machine gains 0.6 USD in an hour, or loses 2


def test_availability() -> None:
    """Proves that only machines in service run.

    By hand: 80 % of ten machines work, and each gains 0.6 USD. Without it the optimum would be fifteen machines, as
    many as the interconnection carries.
    """
    c = conditions(farm(group(availability=0.8), limit_mw=15.0), [PAYS])
    assert optimum(c).profit == usd(8 * 0.6)
    assert optimum(c).on() == [8]
    assert optimum(c, "availability").profit == usd(15 * 0.6)


def test_first_change() -> None:
    """Proves that the first interval starts from the machines that ran before the plan.

    By hand: two hours gain 2 x 0.5 USD a machine, less than a start's wear of 2 USD, so the four that ran stay alone.
    Without it the optimum would be all ten machines, their starts free.
    """
    c = conditions(farm(group(wear_usd_per_start=2.0), **running(4)), [0.5, 0.5])
    assert optimum(c).profit == usd(4 * 2 * 0.5)
    assert optimum(c).on() == [4, 4]
    assert optimum(c, "first_change").profit == usd(10 * 2 * 0.5)


def test_later_change() -> None:
    """Proves that a machine that stopped must start again to run.

    By hand: running through the dear hour costs 2 USD, a restart wears 0.75 USD and the last hour gains 0.5 USD, so a
    machine earns 0.5 USD and stays off. Without it the optimum would restart all of them for nothing.
    """
    c = conditions(farm(group(wear_usd_per_start=0.75)), [0.5, DEAR, 0.5])
    assert optimum(c).profit == usd(10 * 0.5)
    assert optimum(c).on() == [10, 0, 0]
    assert optimum(c, "later_change").profit == usd(10 * (0.5 + 0.5))
    assert optimum(c, "later_change").on() == [10, 0, 10]


def test_minimum_on() -> None:
    """Proves that a started machine runs its three hours, and no longer.

    By hand: hours gain 0.5, -0.2, -0.2 and -0.2 USD; a start is worth 0.5 - 0.2 - 0.2 USD. Without it the optimum
    would be the first hour alone.
    """
    c = conditions(farm(group(minimum_on_hours=3.0), **running(0)), [0.5, 1.2, 1.2, 1.2])
    assert optimum(c).profit == usd(10 * (0.5 - 0.2 - 0.2))
    assert optimum(c).on() == [10, 10, 10, 0]
    assert optimum(c, "minimum_on").profit == usd(10 * 0.5)
    assert optimum(c, "minimum_on").on() == [10, 0, 0, 0]


def test_minimum_on_can_make_a_start_not_worth_it() -> None:
    """Proves the other side: by hand 0.5 - 0.5 - 0.5 USD is a loss, so nothing starts."""
    c = conditions(farm(group(minimum_on_hours=3.0), **running(0)), [0.5, 1.5, 1.5])
    assert optimum(c).profit == usd(0.0)
    assert optimum(c, "minimum_on").profit == usd(10 * 0.5)


def test_minimum_off() -> None:
    """Proves that a stopped machine rests its three hours, and no longer.

    By hand: stopping for the dear hour saves 2 USD and loses two hours of 0.6 USD, which leaves the fourth hour's
    0.6 USD. Without it the optimum would miss no hour that pays.
    """
    c = conditions(farm(group(minimum_off_hours=3.0)), [DEAR, PAYS, PAYS, PAYS])
    assert optimum(c).profit == usd(10 * 0.6)
    assert optimum(c).on() == [0, 0, 0, 10]
    assert optimum(c, "minimum_off").profit == usd(10 * 3 * 0.6)


def test_minimum_off_can_make_a_stop_not_worth_it() -> None:
    """Proves the other side: by hand running through costs 0.5 USD, resting three hours 1.2 USD."""
    c = conditions(farm(group(minimum_off_hours=3.0)), [1.5, PAYS, PAYS, PAYS])
    assert optimum(c).profit == usd(10 * (-0.5 + 3 * 0.6))
    assert optimum(c).on() == [10, 10, 10, 10]
    assert optimum(c, "minimum_off").profit == usd(10 * 3 * 0.6)


def test_outage_split() -> None:
    """Proves that an outage excuses as many machines from resting as it takes, and no more.

    By hand: four of ten machines fall out in the dear hour and may start when they are back. Of the other six each
    stops (saves 2 USD) and rests three hours (loses 2 x 0.6 USD). Without it the optimum would call every stop an
    outage and restart all ten.
    """
    busy = group(minimum_off_hours=3.0, outages=(outage("07:00", "08:00", 4),))
    c = conditions(farm(busy), [PAYS, DEAR, PAYS, PAYS])
    assert optimum(c).profit == usd(10 * 0.6 + 4 * 2 * 0.6)
    assert optimum(c).on() == [10, 0, 4, 4]
    assert optimum(c, "outage_split").profit == usd(10 * 0.6 + 10 * 2 * 0.6)


def test_an_outage_forces_machines_off_whatever_their_minimum_times() -> None:
    """Proves that an outage never makes a plan impossible.

    By hand: ten machines started at 05:00 must run until 09:00 and stopped ones rest four hours; four fall out from
    07:00 to 08:00 and are back in time to start at once: 10 + 6 + 10 machine-hours of 0.6 USD. In dear hours the six
    run on, at 2 USD an hour, and the four that fell out need not start again: 10 + 6 + 6 machine-hours.
    """
    busy = group(minimum_on_hours=4.0, minimum_off_hours=4.0, outages=(outage("07:00", "08:00", 4),))
    started = farm(busy, **running(10, started=({"at": "2026-02-11 05:00", "units": 10},)))
    assert optimum(conditions(started, [PAYS] * 3)).profit == usd((10 + 6 + 10) * 0.6)
    assert optimum(conditions(started, [PAYS] * 3)).on() == [10, 6, 10]
    assert optimum(conditions(started, [DEAR] * 3)).on() == [10, 6, 6]
    assert optimum(conditions(started, [DEAR] * 3)).profit == usd((10 + 6 + 6) * -2.0)


def test_an_outage_takes_resting_machines_first_where_that_is_better() -> None:
    """Proves that machines which rest anyway may be the ones that fall out.

    By hand: six machines run and four, stopped at 05:00, must rest until 09:00. Four fall out from 07:00 to 08:00: the
    resting ones; six run on, and at 08:00 the four are back and may start.
    """
    busy = group(minimum_off_hours=4.0, outages=(outage("07:00", "08:00", 4),))
    state = running(6, stopped=({"at": "2026-02-11 05:00", "units": 4},))
    c = conditions(farm(busy, **state), [PAYS] * 3)
    assert optimum(c).profit == usd((6 + 6 + 10) * 0.6)
    assert optimum(c).on() == [6, 6, 10]
    assert optimum(c, "minimum_off").profit == usd((10 + 6 + 10) * 0.6)


def test_minimum_off_since_outage() -> None:
    """Proves that an outage excuses no stop made after it.

    By hand: six of ten machines run, as many as the meter allows, and the four others fall out in the second hour. In
    the dear third hour the six stop (2 USD each) and rest three hours; the four are back and start: 6 + 6 + 0 + 4
    machine-hours of 0.6 USD. Without it the optimum would restart six, four of them excused by the outage before.
    """
    busy = group(minimum_off_hours=3.0, outages=(outage("07:00", "08:00", 4),))
    c = conditions(farm(busy, limit_mw=6.0, **running(6)), [PAYS, PAYS, DEAR, PAYS])
    assert optimum(c).profit == usd((6 + 6 + 4) * 0.6)
    assert optimum(c).on() == [6, 6, 0, 4]
    assert optimum(c, "minimum_off_since_outage").profit == usd((6 + 6 + 6) * 0.6)


def test_of_two_outages_the_one_after_the_stop_excuses_what_it_takes() -> None:
    """Proves that of the machines stopped between two outages only those rest on that the second did not take.

    By hand: as above, but in two dear hours, in the second of which two of the six stopped fall out. When they are
    back, four rest on and six of ten run: 6 + 6 + 0 + 0 + 6 machine-hours of 0.6 USD.
    """
    busy = group(minimum_off_hours=4.0, outages=(outage("07:00", "08:00", 4), outage("09:00", "10:00", 2)))
    prices, limits = [PAYS, PAYS, DEAR, DEAR, PAYS], [6.0, 6.0, 6.0, 6.0, 99.0]
    c = conditions(farm(busy, **running(6)), prices, import_limit=limits)
    assert optimum(c).on() == [6, 6, 0, 0, 6]
    assert optimum(c).profit == usd((6 + 6 + 6) * 0.6)


def test_minimum_on_since_outage() -> None:
    """Proves that an outage excuses no start made after it.

    By hand: four machines run and fall out in the dear second hour, back in the third. A start then gains 0.5 USD and
    loses 0.6 USD in the hour after, in which it must run on, so nothing starts. Without it the optimum would start the
    four for the third hour alone.
    """
    busy = group(units=4, minimum_on_hours=3.0, outages=(outage("07:00", "08:00", 4),))
    c = conditions(farm(busy), [PAYS, DEAR, 0.5, 1.6])
    assert optimum(c).profit == usd(4 * 0.6)
    assert optimum(c).on() == [4, 0, 0, 0]
    assert optimum(c, "minimum_on_since_outage").profit == usd(4 * (0.6 + 0.5))


def test_an_outage_takes_machines_that_were_switched_before_the_plan() -> None:
    """Proves that an outage excuses stops carried in, and those made between the plan's beginning and itself.

    By hand: two machines stopped at 05:00 and two stop in the dear first hour, all to rest four hours. Four fall out
    from 07:00 to 08:00, and all ten may run at 08:00. Where one fewer falls out, one stopped at 05:00 rests on.
    """
    for taken, last in ((4, 10), (3, 9)):
        busy = group(minimum_off_hours=4.0, outages=(outage("07:00", "08:00", taken),), wear_usd_per_start=0.01)
        state = running(8, stopped=({"at": "2026-02-11 05:00", "units": 2},))
        best = optimum(conditions(farm(busy, events=(call("06:00", "08:00", 6.0),), **state), [PAYS] * 3))
        assert best.on() == [6, 6, last]


def test_daily_starts() -> None:
    """Proves that starts are rationed by the day, counting those already made.

    By hand: half a start a machine allows five; two were made, three are left, and gain 0.6 USD each. Without it the
    optimum would restart all ten.
    """
    c = conditions(farm(group(starts_per_day=0.5), **running(10, starts_today=2)), [DEAR, PAYS])
    assert optimum(c).profit == usd(3 * 0.6)
    assert optimum(c).on() == [0, 3]
    assert optimum(c, "daily_starts").profit == usd(10 * 0.6)


@pytest.mark.parametrize(
    ("start", "hours_of_day"),
    [("2026-03-08 06:00+00:00", 23), ("2026-11-01 05:00+00:00", 25), ("2026-02-11 06:00+00:00", 24)],
)
def test_daily_starts_follow_the_local_day(start: str, hours_of_day: int) -> None:
    """Proves that the ration is renewed at local midnight, also on days of 23 and 25 hours.

    By hand: only the day's last hour and the next day's first pay. Five start in the one, five more in the other:
    5 + 10 machine-hours. One hour earlier both hours lie on one day: 5 + 5.
    """
    chicago = farm(group(starts_per_day=0.5), timezone="America/Chicago")
    dear = [DEAR] * (hours_of_day - 1)
    over_midnight = optimum(conditions(chicago, [*dear, PAYS, PAYS], start=start))
    assert over_midnight.profit == usd((5 + 10) * 0.6)
    assert over_midnight.on()[-2:] == [5, 10]
    before_midnight = optimum(conditions(chicago, [*dear[:-1], PAYS, PAYS], start=start))
    assert before_midnight.profit == usd((5 + 5) * 0.6)


def test_cold_start() -> None:
    """Proves that nothing starts in the cold, and that what runs may run on.

    By hand: four machines ran; six more start in the third hour, when it is warm. Without it the optimum would be ten
    machines throughout.
    """
    c = conditions(farm(group(minimum_start_temperature_c=-5.0), **running(4)), [PAYS] * 3, temperature=[-10, -10, -5])
    assert optimum(c).profit == usd((4 + 4 + 10) * 0.6)
    assert optimum(c).on() == [4, 4, 10]
    assert optimum(c, "cold_start").profit == usd(30 * 0.6)


def frost(damage: float) -> dict[str, float]:
    return {"below_c": -2.0, "minimum_running_share": 0.5, "damage_usd_per_unit_hour": damage}


def test_freeze_protection() -> None:
    """Proves that half the machines run on in frost although they lose money.

    By hand: five machines lose 2 USD each in the cold hour, less than 16 USD of damage. Without it the optimum would
    be nothing on and nothing lost.
    """
    c = conditions(farm(group(freeze_protection=frost(16.0))), [DEAR, DEAR], temperature=[-10, 5])
    assert optimum(c).profit == usd(-5 * 2.0)
    assert optimum(c).on() == [5, 0]
    assert optimum(c, "freeze_protection").profit == usd(0.0)
    assert optimum(c, "frost_damage").profit == usd(0.0)


def test_frost_damage() -> None:
    """Proves that damage is paid where it is cheaper than running.

    By hand, over half an hour: five machines short at 1.5 USD an hour, against a loss of 2 USD an hour. Without it
    the optimum would be free.
    """
    c = conditions(farm(group(freeze_protection=frost(1.5))), [DEAR], hours=0.5, temperature=-10)
    assert optimum(c).profit == usd(-5 * 1.5 * 0.5)
    assert optimum(c).on() == [0]
    assert optimum(c, "frost_damage").profit == usd(0.0)


def test_start_rate() -> None:
    """Proves that machines start at four an hour.

    By hand: 4, 8 and 10 machines gain 0.6 USD an hour. Without it the optimum would be ten at once.
    """
    c = conditions(farm(group(starts_per_hour=4.0), **running(0)), [PAYS] * 3)
    assert optimum(c).profit == usd((4 + 8 + 10) * 0.6)
    assert optimum(c).on() == [4, 8, 10]
    assert optimum(c, "start_rate").profit == usd(30 * 0.6)


def test_hourly_starts() -> None:
    """Proves that two starts an hour stay two where intervals are quarters of an hour, which allow one each.

    By hand: 1, 2, 2, 2 machines run, 7 x 0.25 x 0.6 USD. Without hourly_starts the optimum would be 1, 2, 3, 4.
    """
    c = conditions(farm(group(starts_per_hour=2.0), **running(0)), [PAYS] * 4, hours=0.25)
    assert optimum(c).on() == [1, 2, 2, 2]
    assert optimum(c).profit == usd(7 * 0.25 * 0.6)
    assert optimum(c, "hourly_starts").profit == usd(10 * 0.25 * 0.6)


def test_starts_just_before_the_plan_count_within_the_hour() -> None:
    """Proves that a start at 05:30 uses up one of two an hour until 06:30: 2, 2, 3, 3 machines, one carried in."""
    state = running(1, started=({"at": "2026-02-11 05:30", "units": 1},))
    c = conditions(farm(group(starts_per_hour=2.0), **state), [PAYS] * 4, hours=0.25)
    assert optimum(c).on() == [2, 2, 3, 3]


def test_a_plan_made_anew_every_five_minutes_still_starts_machines() -> None:
    """Proves that the first interval of any plan may start a container, however low the rate."""
    c = conditions(farm(group(starts_per_hour=4.0, units_switched_together=4), **running(0)), [PAYS], hours=1 / 12)
    assert optimum(c).on() == [4]


def test_an_outage_excuses_a_ramp_down() -> None:
    """Proves that load an outage takes away is no ramp: eight of ten 1 MW machines fall out where 1 MW/h is allowed."""
    c = conditions(farm(group(outages=(outage("07:00", "08:00", 8),)), site={"ramp_down_mw_per_hour": 1.0}), [PAYS] * 2)
    assert optimum(c).on() == [10, 2]


def test_daily_starts_are_counted_per_available_machine() -> None:
    """Proves that one start a day and machine is four when four of ten work: they start where it pays most."""
    c = conditions(farm(group(starts_per_day=1.0, availability=0.4), **running(0)), [0.3, DEAR, PAYS])
    assert optimum(c).on() == [4, 0, 0]


def test_daily_starts_are_counted_per_machine_of_that_day() -> None:
    """Proves that half a start a machine is two starts on a day on which four work, though ten did the day before."""
    c = conditions(
        farm(group(starts_per_day=0.5), state={"at": "2026-02-11 22:00", "groups": {"G": {"running": 0}}}),
        [DEAR, DEAR, PAYS, PAYS],
        start="2026-02-11 22:00+00:00",
        availability={"G": [1.0, 1.0, 0.4, 0.4]},
    )
    assert optimum(c).on() == [0, 0, 2, 2]


def test_machines_started_before_the_plan_are_bound_on() -> None:
    """Proves that a start at 05:00 binds until 08:00 when the least run is three hours.

    By hand: four machines lose 2 USD in each of two hours. Without minimum_on the optimum would be nothing on.
    """
    state = running(6, started=({"at": "2026-02-11 05:00", "units": 4},))
    c = conditions(farm(group(minimum_on_hours=3.0), **state), [DEAR] * 3)
    assert optimum(c).profit == usd(-4 * 2 * 2.0)
    assert optimum(c).on() == [4, 4, 0]
    assert optimum(c, "minimum_on").profit == usd(0.0)


def test_machines_stopped_before_the_plan_are_bound_off() -> None:
    """Proves that a stop at 05:30 binds until 07:30 when the least rest is two hours.

    By hand: six machines run two hours, then ten. Without minimum_off the optimum would be ten throughout.
    """
    state = running(6, stopped=({"at": "2026-02-11 05:30", "units": 4},))
    c = conditions(farm(group(minimum_off_hours=2.0), **state), [PAYS] * 3)
    assert optimum(c).profit == usd((6 + 6 + 10) * 0.6)
    assert optimum(c).on() == [6, 6, 10]
    assert optimum(c, "minimum_off").profit == usd(30 * 0.6)


def test_what_was_switched_before_the_plan_is_bound_by_short_minimum_times_too() -> None:
    """Proves that half an hour's rest or run, trivial between hourly intervals, still reaches into the first one.

    By hand: four machines stopped at 05:45 rest until 06:15, so six run and then ten; four started at 05:45 run until
    06:15, so they lose 2 USD each.
    """
    stopped = running(6, stopped=({"at": "2026-02-11 05:45", "units": 4},))
    c = conditions(farm(group(minimum_off_hours=0.5), **stopped), [PAYS] * 2)
    assert optimum(c).profit == usd((6 + 10) * 0.6)
    assert optimum(c, "minimum_off").profit == usd(20 * 0.6)
    started = running(6, started=({"at": "2026-02-11 05:45", "units": 4},))
    c = conditions(farm(group(minimum_on_hours=0.5), **started), [DEAR] * 2)
    assert optimum(c).profit == usd(-4 * 2.0)
    assert optimum(c, "minimum_on").profit == usd(0.0)


def test_minimum_off_over_intervals_of_mixed_length() -> None:
    """Proves that minimum times count hours, not intervals.

    By hand, intervals of 1, 1/4, 1/2 and 1 hour: a stop at 07:00 for half an hour reaches into the half hour that
    begins at 07:15. Stopping earns 0.6 + 0.6 USD, running through 0.6 - 0.25 x 2 + 1.5 x 0.6 USD. Without it the
    optimum would be 2.5 x 0.6 USD.
    """
    c = conditions(farm(group(minimum_off_hours=0.5)), [PAYS, DEAR, PAYS, PAYS], hours=[1.0, 0.25, 0.5, 1.0])
    assert optimum(c).profit == usd(10 * (0.6 + 0.6))
    assert optimum(c).on() == [10, 0, 0, 10]
    assert optimum(c, "minimum_off").profit == usd(10 * 2.5 * 0.6)


def test_each_mode_runs_up_to_its_incremental_strike() -> None:
    """Proves that eco mode (750 TH/s at 0.5 MW) takes over where the last half megawatt no longer pays.

    By hand: the step from eco to normal earns 0.25 USD for 0.5 MWh, which is 0.5 USD/MWh; eco itself earns 0.75 USD for
    0.5 MWh, 1.5 USD/MWh. So normal at 0.4, eco at 0.6 and 1.4, off at 1.6 USD/MWh.
    """
    two = group(other_modes={"eco": (750.0, 0.5e6)}, modes=("normal", "eco"))
    best = optimum(conditions(farm(two), [0.4, 0.6, 1.4, 1.6]))
    assert best.profit == usd(10 * ((1 - 0.4) + (0.75 - 0.3) + (0.75 - 0.7)))
    assert best.on() == [10, 0, 0, 0]
    assert best.on(mode="eco") == [0, 10, 10, 0]


def test_whole_containers() -> None:
    """Proves that four machines behind one switch run together, and the two left over in the third container too.

    By hand: of the 6.5 MW allowed, one container of four and the partly filled one of two: 6 machines. Without it the
    optimum would be 6.5.
    """
    c = conditions(farm(group(units_switched_together=4), limit_mw=6.5), [PAYS])
    assert optimum(c, whole=True).profit == usd(6 * 0.6)
    assert optimum(c, whole=True).on() == [6]
    assert optimum(c, "whole_containers", whole=True).profit == usd(6.5 * 0.6)


def test_one_partial_container() -> None:
    """Proves that the partly filled container is in one mode at a time.

    By hand: six machines of 0.5 MW, four to a container, 2.5 MW allowed, power for nothing. Four in normal mode earn
    4 USD. Without it the optimum would be the same two machines in normal and in turbo mode (1,250 TH/s at 0.75 MW) at
    once: 2 x 1 + 2 x 1.25 USD.
    """
    turbo = {"turbo": (1250.0, 0.75e6)}
    two = group(units=6, watts=0.5e6, units_switched_together=4, other_modes=turbo, modes=("normal", "turbo"))
    c = conditions(farm(two, limit_mw=2.5), [0.0])
    assert optimum(c, whole=True).profit == usd(4.0)
    assert optimum(c, whole=True).on() == [4]
    assert optimum(c, "one_partial_container", whole=True).profit == usd(2 * 1.0 + 2 * 1.25)
