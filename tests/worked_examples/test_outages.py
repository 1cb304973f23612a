"""Ramps down and outages: what each family of rules/outages.py is worth.

A machine earns one USD per hour in normal mode, at one MW, unless told otherwise; the ramp is one MW per hour.
"""

from __future__ import annotations

from typing import Any

from optimizer.accounts.conditions import Conditions
from optimizer.plan.planning import plan_conditions
from tests.farms import conditions, farm, group, outage
from tests.worked_examples.optimum import optimum, usd

PAYS, DEAR = 0.4, 3.0  # USD/MWh
ECO: dict[str, Any] = {"other_modes": {"eco": (750.0, 0.5e6)}, "modes": ("normal", "eco")}


def ramped(*groups: dict[str, Any], state: dict[str, Any], before: float | None = None) -> Any:
    told = {"groups": state} if before is None else {"groups": state, "grid_import_mw": before}
    return farm(*groups, site={"ramp_down_mw_per_hour": 1.0}, state=told)


def idle_ones_fall_out() -> Conditions:
    """Four machines G run; four machines H, which never pay, fall out in the dear hour."""
    late = group("H", 4, th=300.0, outages=(outage("08:00", "12:00", 4),))
    state = {"G": {"running": 4}, "H": {"running": 0}}
    return conditions(ramped(group(units=4), late, state=state, before=4.0), [PAYS, PAYS, DEAR, PAYS])


def test_ran_before_plan() -> None:
    """Proves that an outage of machines that are off excuses nothing, nor are any started for it to take.

    By hand: G goes down by one an hour, 3 and 2 at 0.6 USD and 1 in the dear hour at -2 USD, and then up to 4. Without
    it the optimum would shift two megawatts to H before the dear hour, at 0.1 USD an hour each, to lose them in it:
    4, then 1 beside 2 of H, 0, and 4.
    """
    c = idle_ones_fall_out()
    assert optimum(c).profit == usd((3 + 2 + 4) * 0.6 - 2.0)
    assert optimum(c).on() == [3, 2, 1, 4]
    assert optimum(c, "ran_before_plan").profit == usd((4 + 1 + 4) * 0.6 - 2 * 0.1)
    assert plan_conditions(c).settled.profit == usd((3 + 2 + 4) * 0.6 - 2.0)


def test_idle_machines_that_fall_out_save_their_standby() -> None:
    """Proves that idle machines excuse what they draw, and no more: four of H stand by at 0.25 MW each.

    By hand: that megawatt falls away with them in the dear hour, beside the one that the ramp allows G.
    """
    late = group("H", 4, th=300.0, standby_w=0.25e6, outages=(outage("08:00", "12:00", 4),))
    state = {"G": {"running": 4}, "H": {"running": 0}}
    c = conditions(ramped(group(units=4), late, state=state, before=5.0), [PAYS, PAYS, DEAR, PAYS])
    assert optimum(c).on() == [3, 2, 1, 4]
    assert optimum(c).profit == usd((3 + 2 + 4) * 0.6 - 2.0 - 2 * PAYS)


def test_taken_ran() -> None:
    """Proves that a machine excuses what it drew in its own mode.

    By hand: G's four run in eco mode, as normal mode earns next to nothing; with H's four that is 6 MW. At 0.6 USD/MWh
    one of H gives way: 3 x 0.4 + 4 x 0.45 USD. At 3 USD/MWh two of G fall out and excuse a megawatt, so three are left:
    the two others of G lose 0.75 USD each, two of H 2 USD each. Without it the optimum would stop all of G, call two
    megawatts excused, and lose 2 USD with two of H.
    """
    busy = group(units=4, th=10.0, outages=(outage("07:00", "12:00", 2),), **ECO)
    state = {"G": {"running": 4, "modes": {"eco": 4}}, "H": {"running": 4}}
    c = conditions(ramped(busy, group("H", 4), state=state, before=6.0), [0.6, DEAR])
    assert optimum(c).profit == usd(3 * 0.4 + 4 * 0.45 - 2 * 0.75 - 2 * 2.0)
    assert optimum(c, "taken_ran").profit == usd(3 * 0.4 + 4 * 0.45 - 2 * 2.0)


def test_the_state_tells_the_mode() -> None:
    """Proves that machines taken as the plan begins excuse what the state says they drew.

    By hand: of four in eco mode two fall out, a megawatt; the ramp allows another, so of 6 MW four are left in the dear
    hour: the two left of G lose 0.75 USD each, three of H 2 USD each. A state without modes takes them for normal ones:
    two megawatts are excused.
    """
    busy = group(units=4, outages=(outage("06:00", "12:00", 2),), **ECO)
    for modes, left in (({"eco": 4}, 3), ({}, 2)):
        state = {"G": {"running": 4, "modes": modes, "in_service": 4}, "H": {"running": 4}}
        c = conditions(ramped(busy, group("H", 4), state=state, before=6.0), [DEAR])
        assert optimum(c).profit == usd(-2 * 0.75 - left * 2.0)
        assert optimum(c).on("H") == [left]


def test_taken_running() -> None:
    """Proves that an outage of idle machines excuses no others that are turned down, even if those could be started.

    By hand: four of six machines run, and two rest until 07:00, when two fall out. At 0.4 USD/MWh normal mode earns
    0.6 USD; at 0.6 USD/MWh eco mode earns 0.45 USD, 0.05 more, and the ramp lets two be turned down. Without either
    rule the optimum would turn down all four: it would say that two which ran were taken, or taken and replaced.
    """
    busy = group(units=6, minimum_off_hours=2.0, outages=(outage("07:00", "12:00", 2),), **ECO)
    state = {"G": {"running": 4, "stopped": ({"at": "2026-02-11 05:00", "units": 2},)}}
    c = conditions(ramped(busy, state=state), [PAYS, 0.6])
    assert optimum(c, whole=True).profit == usd(4 * 0.6 + 2 * 0.45 + 2 * 0.4)
    assert optimum(c, "taken_running", whole=True).profit == usd(4 * 0.6 + 4 * 0.45)
    assert optimum(c, "unreplaced_start", whole=True).profit == usd(4 * 0.6 + 4 * 0.45)


def test_taken_unreplaced() -> None:
    """Proves that machines in whose place others start excuse nothing: no load falls away.

    By hand: four machines of G run and four rest until 07:00, when four fall out: the resting ones. At 1.2 USD/MWh
    those of G gain 0.3 USD and those of H lose 0.2 USD, but one alone may stop. Without it the optimum would start the
    resting ones as the others fall out, and stop all of H.
    """
    busy = group(units=8, th=1500.0, minimum_off_hours=2.0, outages=(outage("07:00", "12:00", 4),))
    state = {"G": {"running": 4, "stopped": ({"at": "2026-02-11 05:00", "units": 4},)}, "H": {"running": 4}}
    c = conditions(ramped(busy, group("H", 4), state=state), [PAYS, 1.2])
    best = optimum(c, whole=True)
    assert best.profit == usd(4 * 1.1 + 4 * 0.6 + 4 * 0.3 - 3 * 0.2)
    assert best.on("H") == [4, 3]
    assert optimum(c, "taken_unreplaced", whole=True).profit == usd(4 * 1.1 + 4 * 0.6 + 4 * 0.3)


def turned_up(start: str, **more: Any) -> Any:
    busy = group(units=4, outages=(outage(start, "12:00", 2),), **ECO)
    state = {"G": {"running": 4, "modes": {"normal": 2, "eco": 2}}, "H": {"running": 2, **more.pop("state", {})}}
    return ramped(busy, group("H", 2, th=300.0, **more.pop("H", {})), state=state, **more)


def test_first_fall_of_group() -> None:
    """Proves that no more is excused than the group's load falls by.

    By hand: of two machines in normal mode and two in eco mode two fall out, and two in normal mode earn most, 0.6 USD
    each. So a megawatt falls away with them, and with the ramp's one of H, which loses 0.1 USD, must run on. Without it
    the optimum would say that the normal ones fell out and the others were turned up, and stop both of H.
    """
    c = conditions(turned_up("06:00", before=5.0), [PAYS])
    assert optimum(c, whole=True).profit == usd(2 * 0.6 - 0.1)
    assert optimum(c, "first_fall_of_group", whole=True).profit == usd(2 * 0.6)


def test_fall_of_group() -> None:
    """Proves the same later on.

    By hand: in the first hour the two of H must run and 5 MW are allowed: two of G in normal mode at 0.6 USD, two in
    eco mode at 0.55 USD, two of H at -0.1 USD. Then it is as above.
    """
    bound = {"started": ({"at": "2026-02-11 05:00", "units": 2},)}
    c = conditions(turned_up("07:00", state=bound, H={"minimum_on_hours": 2.0}), [PAYS] * 2, import_limit=[5.0, 9.0])
    first = 2 * 0.6 + 2 * 0.55 - 2 * 0.1
    assert optimum(c, whole=True).profit == usd(first + 2 * 0.6 - 0.1)
    assert optimum(c, "fall_of_group", whole=True).profit == usd(first + 2 * 0.6)


def test_what_fell_away_was_drawn_in_the_interval_before() -> None:
    """Proves that machines excuse what they drew at the PUE of then.

    By hand: four machines that must run draw 5 MW in the warm first hour. Two fall out in the cold dear hour and excuse
    2.5 MW, the ramp allows another, so 1.5 MW are left, at a PUE of one: 4 x 0.5 - 1.5 x 2 USD.
    """
    busy = group(units=4, minimum_on_hours=2.0, outages=(outage("07:00", "12:00", 2),))
    state = {"groups": {"G": {"running": 4, "started": ({"at": "2026-02-11 05:00", "units": 4},)}}}
    site = {"ramp_down_mw_per_hour": 1.0, "pue": {"temperature_c": (0.0, 40.0), "pue": (1.0, 1.25)}}
    c = conditions(farm(busy, site=site, state=state), [PAYS, DEAR], temperature=[40.0, 0.0])
    assert optimum(c, uncut="a state counts whole machines").on() == [4, 1.5]
    assert optimum(c).profit == usd(4 * 0.5 - 1.5 * 2.0)


def test_machines_that_rest_from_before_fall_out_too() -> None:
    """By hand: six ran and four stopped half an hour before the plan, so ten were there; two fall out at once."""
    stopped = ({"at": "2026-02-11 05:30", "units": 4},)
    state = {"groups": {"G": {"running": 6, "stopped": stopped}}}
    c = conditions(farm(group(minimum_off_hours=2.0, outages=(outage("06:00", "12:00", 2),)), state=state), [0.0, 0.0])
    assert c.before.in_service.tolist() == [10.0]
    assert c.fallen_out.tolist() == [[2.0, 0.0]]
