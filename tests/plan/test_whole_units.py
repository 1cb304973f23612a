"""From the continuous optimum to whole machines. A machine draws one MW and earns one USD per hour."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from optimizer.accounts.conditions import Conditions
from optimizer.engine.choices import optimum
from optimizer.engine.highs import solve
from optimizer.engine.program import compile_program
from optimizer.errors import InfeasibleError, StoppedEarlyError
from optimizer.plan import narrowing, search
from optimizer.plan.checker import check
from optimizer.plan.formulation import build_problem
from optimizer.plan.planning import Plan, plan_conditions
from optimizer.plan.whole_units import dispatch_of, round_down
from tests.farms import call, conditions, farm, farms, group, outage

FREE = 0.0


def on(plan: Plan, name: str = "G", mode: str = "normal") -> list[float]:
    return plan.dispatch.units_on[name, mode].tolist()


def test_machines_are_rounded_down() -> None:
    """6.5 MW run six machines; the half that is lost is the rounding gap."""
    plan = plan_conditions(conditions(farm(limit_mw=6.5), [0.4]))
    assert on(plan) == [6]
    assert plan.continuous.profit == pytest.approx(6.5 * 0.6)
    assert plan.rounding_gap_usd == pytest.approx(0.5 * 0.6)
    assert plan.rounding_gap_share == pytest.approx(0.5 * 0.6 / 6.5)


def test_whole_machines_are_not_rounded() -> None:
    plan = plan_conditions(conditions(farm(limit_mw=6.0), [0.4]))
    assert (on(plan), plan.method) == ([6], "rounded down")
    assert plan.rounding_gap_usd == pytest.approx(0.0)


def test_containers() -> None:
    """Twelve machines, four to a container: 7.5 MW run one container."""
    boxes = group(units=12, units_switched_together=4)
    for units in ("rounded", "exact"):
        plan = plan_conditions(conditions(farm(boxes, limit_mw=7.5), [0.4]), units=units)  # type: ignore[arg-type]
        assert on(plan) == [4]


def test_the_partly_filled_container() -> None:
    """Ten machines in containers of four: 6.5 MW run a full one and the one of two, 5.5 MW a full one."""
    boxes = group(units_switched_together=4)
    for units in ("rounded", "exact"):
        plan = plan_conditions(conditions(farm(boxes), [0.4] * 3, import_limit=[6.5, 5.5, 12.0]), units=units)  # type: ignore[arg-type]
        assert on(plan) == [6, 4, 10]


def test_an_outage_leaves_a_container_partly_filled() -> None:
    """Eight machines in two containers; when three are out, a full one and one of a single machine are left."""
    boxes = group(units=8, units_switched_together=4, outages=(outage("07:00", "08:00", 3),))
    plan = plan_conditions(conditions(farm(boxes), [0.4] * 3))
    assert on(plan) == [8, 5, 8]


def test_modes_are_rounded_to_the_frugal_one() -> None:
    """7.25 MW at power for nothing: ten in eco (0.5 MW), 4.5 of them lifted to normal; rounded, four are."""
    two = group(other_modes={"eco": (750.0, 0.5e6)}, modes=("normal", "eco"))
    c = conditions(farm(two, limit_mw=7.25), [FREE])
    plan = plan_conditions(c)
    continuous = dispatch_of(solve(compile_program(build_problem(c))))
    rounded = round_down(c, continuous).units_on
    assert (rounded["G", "normal"].tolist(), rounded["G", "eco"].tolist()) == ([4], [6])
    assert (on(plan), on(plan, mode="eco")) == ([4], [6])
    assert plan.continuous.profit == pytest.approx(4.5 * 1 + 5.5 * 0.75)
    assert plan.settled.profit == pytest.approx(4 * 1 + 6 * 0.75)


def test_rounding_that_breaks_a_ramp_is_solved_again() -> None:
    """4.5 MW, then 2.5 MW more: rounded down that is four machines, then seven, a rise of three. Six it must be."""
    c = conditions(farm(site={"ramp_up_mw_per_hour": 2.5}), [FREE, FREE], import_limit=[4.5, 20.0])
    plan = plan_conditions(c)
    assert (on(plan), plan.method) == ([4, 6], "integers near the best with fractions of single machines")
    assert plan.continuous.profit == pytest.approx(4.5 + 7.0)
    assert plan.proved
    assert on(plan_conditions(c, units="exact")) == [4, 6]


def test_another_group_fills_what_a_container_cannot() -> None:
    """6.5 MW: five machines at 1 USD/MWh leave half a container; two containers of three at 0.95 USD/MWh fit.

    Rounding down would earn 5.0 USD; the gap is worth a search, which finds what the exact one does.
    """
    better = group("better", 5, units_switched_together=5)
    worse = group("worse", 6, th=950.0, units_switched_together=3)
    c = conditions(farm(better, worse, limit_mw=6.5), [FREE])
    rounded, exact = plan_conditions(c), plan_conditions(c, units="exact")
    assert round_down(c, dispatch_of(solve(compile_program(build_problem(c))))).running(c.farm.fleet[1]) == [0.0]
    assert rounded.settled.profit == pytest.approx(6 * 0.95)
    assert rounded.proved
    assert exact.settled.profit == pytest.approx(6 * 0.95)
    assert exact.continuous.profit == pytest.approx(5.0 + 1.5 * 0.95)
    assert (exact.method, exact.proved) == ("exact", True)


def test_on_site_power_that_fewer_machines_do_not_take_is_turned_down() -> None:
    """6.5 MW generated, nothing bought or sold: half a machine less takes half a megawatt less."""
    c = conditions(farm(energy={"onsite": {"available_mw": 6.5}}), [3.0])
    plan = plan_conditions(c)
    assert on(plan) == [6]
    assert plan.dispatch.onsite_mw.tolist() == [6.0]
    assert check(c, plan.dispatch) == []


@pytest.mark.parametrize(("limit_mw", "price", "exported"), [(6.5, 0.5, 0.5), (0.25, 0.5, 0.25), (6.5, 0.05, 0.0)])
def test_on_site_power_that_fewer_machines_do_not_take_is_exported_where_that_pays(
    limit_mw: float, price: float, exported: float
) -> None:
    """Of half a megawatt: as much as may be exported, and none for less than the 0.1 USD/MWh that it costs."""
    own = {"available_mw": 6.5, "cost_usd_per_mwh": 0.1, "export_limit_mw": limit_mw, "export_price_usd_per_mwh": price}
    c = conditions(farm(energy={"onsite": own}), [3.0])
    fewer = round_down(c, dispatch_of(solve(compile_program(build_problem(c)))))
    assert (fewer.onsite_mw.tolist(), fewer.export_mw.tolist()) == ([6.0 + exported], [exported])
    assert check(c, fewer) == []


def supplier(name: str, limit_mw: float, price: Any) -> dict[str, Any]:
    return {"name": name, "limit_mw": limit_mw, "price_usd_per_mwh": price}


def test_what_fewer_machines_do_not_take_of_suppliers_is_not_drawn() -> None:
    """6.5 MW through the meter, all from suppliers: without the half machine half a megawatt less of the dearer one."""
    two = (supplier("dear", 6.0, 0.5), supplier("cheap", 3.0, 0.25))
    for supplies in (two, two[::-1]):
        c = conditions(farm(limit_mw=6.5, energy={"supplies": supplies}), [3.0])
        plan = plan_conditions(c)
        assert (on(plan), check(c, plan.dispatch)) == ([6], [])
        assert {name: mw.tolist() for name, mw in plan.dispatch["supply_mw"].items()} == {"cheap": [3.0], "dear": [3.0]}
        assert plan.continuous.lines["supply_cost"] == pytest.approx(-(3.5 * 0.5 + 3 * 0.25))
        assert plan.settled.lines["supply_cost"] == pytest.approx(-(3 * 0.5 + 3 * 0.25))


def test_suppliers_give_way_one_after_the_other() -> None:
    """With losses of a quarter five machines take 6.25 MW at the hub: all 0.5 of the dearer supplier's MW go first."""
    two = (supplier("dear", 0.5, 0.5), supplier("cheap", 6.5, 0.25))
    c = conditions(farm(limit_mw=10.0, energy={"supplies": two, "loss_share": 0.25}), [0.7])
    continuous = dispatch_of(solve(compile_program(build_problem(c))))
    fewer = continuous.with_(units_on={("G", "normal"): np.array([5.5])})
    rounded = round_down(c, fewer)
    assert [mw.tolist() for mw in continuous["supply_mw"].values()] == [pytest.approx([0.5]), pytest.approx([6.5])]
    assert {name: mw.tolist() for name, mw in rounded["supply_mw"].items()} == {"dear": [0.0], "cheap": [5 * 1.25]}
    assert check(c, rounded) == []


def test_on_site_power_is_turned_down_before_suppliers_are_judged() -> None:
    """4 MW generated, 2.5 drawn for 6.5 machines: with six of them nothing is generated in vain, 2 MW are drawn."""
    own = {"onsite": {"available_mw": 4.0}, "supplies": (supplier("S", 2.5, 0.5),)}
    c = conditions(farm(energy=own), [3.0])
    plan = plan_conditions(c)
    assert (on(plan), plan.dispatch.onsite_mw.tolist(), check(c, plan.dispatch)) == ([6], [4.0], [])
    assert plan.dispatch["supply_mw"]["S"].tolist() == pytest.approx([2.0])


def test_rounding_lowers_the_peak_that_is_billed() -> None:
    """6.5 MW are worth their peak over two hours; six machines are billed for six."""
    charge = {"name": "D", "usd_per_mw": 0.5, "expected_peak_mw": 0.0}
    state = {"bill": {"peaks_mw": {"D": 4.0}}}
    c = conditions(farm(limit_mw=6.5, energy={"demand": (charge,)}, state=state), [0.4, 0.4])
    plan = plan_conditions(c)
    assert (on(plan), check(c, plan.dispatch)) == ([6, 6], [])
    assert plan.continuous.lines["demand_charge"] == pytest.approx(-2.5 * 0.5)
    assert plan.settled.lines["demand_charge"] == pytest.approx(-2 * 0.5)


@given(farms(most_groups=2, most_intervals=6))
def test_rounding_never_draws_more_than_it_imports(c: Conditions) -> None:
    """Whatever else is broken by it, no supplier is drawn on beyond its limit or beyond what is imported."""
    continuous = dispatch_of(optimum(compile_program(build_problem(c))))
    rounded = round_down(c, continuous)
    broken = {breach.rule for breach in check(c, rounded)}
    assert not broken & {"supply below zero", "supplier's limit", "suppliers above import", "import below zero"}
    for name, mw in rounded["supply_mw"].items():
        assert (mw <= continuous["supply_mw"][name] + 1e-9).all()


def mixed(limit_mw: float) -> Conditions:
    """Two containers of 3 MW that earn 3 USD an hour each beside 500 machines of 10 kW that earn two cents each."""
    boxes = group("boxes", 6, units_switched_together=3)
    singles = group("singles", 500, th=20.0, watts=1e4)
    return conditions(farm(boxes, singles, limit_mw=limit_mw), [0.5])


def test_single_machines_beside_containers_are_searched_near_the_best_in_fractions() -> None:
    """By hand: power at 0.5 USD/MWh leaves a container 1.5 USD and a single machine 1.5 cents.

    Of 7.2501 MW a container and 425 machines make 7.875 USD, all 500 machines 7.5. With 425.01 machines it would be
    0.00015 USD more, which proves it, as 0.009 more do not that 425.6 machines would make of 7.256 MW.
    """
    near = "integers near the best with fractions of single machines"
    for limit_mw in (7.2501, 7.256):
        c = mixed(limit_mw)
        plan = plan_conditions(c)
        assert (on(plan, "boxes"), on(plan, "singles")) == ([3], [425])
        assert (plan.method, plan.proved) == (near, True)
        assert plan.settled.profit == pytest.approx(1.5 + 6.375)
        program = compile_program(build_problem(c))
        found = search.Search(c, program, solve(program), None)
        found.around([])
        assert found.bound == pytest.approx(7.5 / 500 * (425 + (limit_mw - 7.25) * 100) + 1.5)
        found.throughout([])
        assert found.bound == pytest.approx(7.875, abs=1e-4)


def ramped() -> Any:
    return conditions(farm(site={"ramp_up_mw_per_hour": 2.5}), [FREE, FREE], import_limit=[4.5, 20.0])


def test_where_nothing_near_the_optimum_will_do_all_is_solved_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_narrow(c: Any, program: Any, solution: Any, breaches: Any) -> Any:
        lower = program.col_lower.copy()
        lower[program.columns["units_on"].span] = 11.0
        return replace(program, col_lower=lower)

    monkeypatch.setattr(narrowing, "near", too_narrow)
    monkeypatch.setattr(search.Search, "around", lambda *_: None)
    plan = plan_conditions(ramped())
    assert (on(plan), plan.method) == ([4, 6], "integers throughout")


def test_no_whole_schedule_in_time_says_what_is_in_the_way_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "solve", too_late)
    with pytest.raises(StoppedEarlyError, match=r"ramp up broken by the site in interval 1: 0\.5 MW.*--time-limit"):
        plan_conditions(ramped())


def too_late(*_: Any, **__: Any) -> Any:
    raise StoppedEarlyError("no schedule found within the limit")


def boxed() -> Any:
    """Two containers of 1.5 MW that may shed 1 MW an hour, called to 2 MW: a part of a container would have to do."""
    box = group("G", 6, th=500.0, watts=0.5e6, units_switched_together=3)
    state = {"grid_import_mw": 3.0, "groups": {"G": {"running": 6}}, "at": "2026-02-11 06:00"}
    return conditions(
        farm(box, site={"ramp_down_mw_per_hour": 1.0}, events=(call("06:00", "08:00", 2.0),), state=state), [FREE, FREE]
    )


@pytest.mark.parametrize("units", ["rounded", "exact"])
def test_where_only_fractions_would_do_the_message_says_so(units: str) -> None:
    with pytest.raises(InfeasibleError, match="with whole containers it cannot; the first limit in the way: ramp down"):
        plan_conditions(boxed(), units=units)  # type: ignore[arg-type]


def test_a_search_cut_short_is_not_proved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the search for something better than rounding runs out of time, the plan does not claim to be best."""
    monkeypatch.setattr(search, "solve", too_late)
    plan = plan_conditions(conditions(farm(limit_mw=6.5), [0.4]))
    assert (on(plan), plan.proved) == ([6], False)


def test_the_schedule_is_made_of_whole_numbers() -> None:
    plan = plan_conditions(conditions(farm(limit_mw=3.3), [0.1, 0.2, 0.3]), units="exact")
    units = plan.dispatch.units_on["G", "normal"]
    assert np.array_equal(units, np.round(units))


def test_everything_else_is_solved_once_more_around_whole_machines() -> None:
    """Proves that power which rounding frees is exported: of 6.5 MW of one's own six machines take six.

    By hand: a machine earns 1 USD/MWh, export 0.5: 6 + 0.25 USD. Turned down it would be 6.
    """
    own = {"onsite": {"available_mw": 6.5, "export_limit_mw": 6.5, "export_price_usd_per_mwh": 0.5}}
    c = conditions(farm(limit_mw=0.0, energy=own), [3.0])
    for units in ("rounded", "exact"):
        plan = plan_conditions(c, units=units)  # type: ignore[arg-type]
        assert (on(plan), plan.dispatch.export_mw.tolist()) == ([6], [pytest.approx(0.5)])
        assert plan.settled.profit == pytest.approx(6.25)
        assert plan.proved


def test_of_two_suppliers_the_one_with_a_minimum_to_take_is_drawn_first() -> None:
    """Proves that suppliers are weighed anew: half a machine less leaves 0.5 MW of the cheap one, not of the dearer
    one whose minimum costs 1 USD for every MWh that is not taken.

    By hand: 6.5 MW, of these 4 from the dear supplier for 2 USD and 2.5 from the other for 0.625: with six machines 2.
    """
    take = {"mwh_per_month": 100.0, "shortfall_usd_per_mwh": 1.0}
    two = (supplier("dear", 4.0, 0.5) | {"minimum_take": take}, supplier("cheap", 6.5, 0.25))
    state = {"bill": {"taken_mwh": {"dear": 96.0}}}
    built = farm(limit_mw=6.5, energy={"supplies": two}, state=state)
    c = conditions(built, [3.0], start="2026-02-28 23:00+00:00")
    plan = plan_conditions(c)
    assert {name: mw.tolist() for name, mw in plan.dispatch["supply_mw"].items()} == {"dear": [4.0], "cheap": [2.0]}
    assert plan.settled.profit == pytest.approx(6 - 4 * 0.5 - 2 * 0.25)


def test_a_voluntary_call_is_chosen_anew_for_whole_machines() -> None:
    """Proves that the choice is made for the machines that run: 4.2 of five containers would be cut to for the call.

    By hand: with a container of 2 MW for 1.2 USD an hour of gain, a call below 8 MW that pays 0.7 USD/MWh: 5.6 USD with
    nothing on, 6 USD with ten machines on and no payment; half of a container more to gain is not there to be had.
    """
    boxes = group(units=10, units_switched_together=2)
    offer = {"name": "offer", "start": "2026-02-11 06:00", "end": "2026-02-11 07:00", "voluntary": True,
             "payment": {"usd_per_mwh": 0.7, "baseline_mw": 8.0}}  # fmt: skip
    for limit_mw, machines, profit in ((10.0, 10, 6.0), (9.5, 0, 5.6)):
        plan = plan_conditions(conditions(farm(boxes, limit_mw=limit_mw, events=(offer,)), [0.4]))
        assert (on(plan), plan.proved) == ([machines], True)
        assert plan.settled.profit == pytest.approx(profit)


def test_proved_is_judged_by_profit_not_by_revenue() -> None:
    """Proves that a thin margin is searched: rounded down, 20 of 26.5 MW run in a container and single machines idle.

    By hand, at 0.998 USD/MWh a machine in a container keeps 0.0021 USD an hour and a single one 0.002: 20 and 6 of them
    0.054. Without the six a fifth of the profit is lost, though less than 0.05 % of the revenue.
    """
    boxes = group("boxes", 40, th=1_000.1, units_switched_together=20)
    c = conditions(farm(boxes, group("singles", 30), limit_mw=26.5), [0.998] * 4)
    plan = plan_conditions(c)
    assert (on(plan, "boxes"), on(plan, "singles")) == ([20] * 4, [6] * 4)
    assert plan.settled.profit == pytest.approx(4 * 0.054)
    assert plan.proved


def test_a_plan_that_falls_short_by_less_than_shows_is_proved_at_once() -> None:
    """By hand: 0.004 of a machine is worth 0.0024 USD in an hour, less than half a cent; 0.04 of one is worth more."""
    for limit_mw, searched in ((6.004, False), (6.04, True)):
        c = conditions(farm(limit_mw=limit_mw), [0.4])
        program = compile_program(build_problem(c))
        found = search.Search(c, program, solve(program), None)
        found.keep("rounded down", np.array([[6.0]]))
        assert found.proved is not searched


def test_the_search_begins_from_the_rounded_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no branch allowed the solver still has what was handed to it: the schedule in hand, 6 and then 5.5 MW."""
    boxes = group(units_switched_together=4)
    c = conditions(farm(boxes), [0.4] * 3, import_limit=[6.5, 5.5, 12.0])
    handed: list[Any] = []
    original = search.solve

    def noted(program: Any, *, start: Any = None, **more: Any) -> Any:
        handed.append(start)
        return original(program, start=start, **more)

    monkeypatch.setattr(search, "solve", noted)
    assert on(plan_conditions(c, units="exact")) == [6, 4, 10]
    columns, values = handed[-1]
    program = compile_program(build_problem(replace(c, whole=True)))
    x = np.zeros(program.shape[1])
    x[columns] = values
    assert program.columns["units_on"].of(x).tolist() == [[6, 4, 10]]
    assert program.columns["containers_on"].of(x).tolist() == [[1, 1, 2]]
    assert program.columns["partial_on"].of(x).tolist() == [[1, 0, 1]]


def test_too_many_at_once_are_solved_stretch_after_stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes before a stretch is held, what comes after it may run in fractions; it bounds nothing.

    By hand: containers of four and of three machines under 7.5 MW in every hour take seven.
    """
    boxes = (group("four", 8, units_switched_together=4), group("three", 9, units_switched_together=3))
    c = conditions(farm(*boxes, limit_mw=7.5), [0.4] * 7)
    whole = plan_conditions(c)
    monkeypatch.setattr(narrowing, "MOST_AT_ONCE", 5)
    plan = plan_conditions(c)
    assert (on(plan, "four"), on(plan, "three")) == ([4] * 7, [3] * 7)
    assert (whole.ended, plan.ended) == ("", "work")
    assert [s.stop - s.start for s in narrowing.stretches(np.full(7, 2))] == [2, 2, 2, 1]


def test_what_ended_a_search_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its work where nobody sets a time, by the clock where one does."""
    monkeypatch.setattr(search, "solve", too_late)
    c = conditions(farm(limit_mw=6.5), [0.4])
    assert plan_conditions(c).cut_short == "the search ended at the work it may do"
    assert plan_conditions(c, time_limit=5.0).cut_short == "the time limit ended the search"
    assert Plan.cut_short.fget(replace(plan_conditions(c), ended="")) == ""  # type: ignore[attr-defined]
