"""Whole comparisons: bases, identical rows, failures that stay alone, and figures by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.compare.running import BASE, ComparedFarm, Comparison, Failure, compare
from optimizer.compare.ways import Way
from optimizer.errors import CurtailError
from optimizer.plan.outcomes import Outcome, changed_lines
from optimizer.plan.planning import plan_farm
from optimizer.report.compare.files import compare_json
from optimizer.report.compare.page import render_comparison
from optimizer.report.compare.summary import notes
from optimizer.report.compare.view import waterfall
from tests.compare.cases import ALL_OFF, SPIKE, THREE_HOURS, case, scenario, scenarios
from tests.farms import group

NOTHING = scenario("[]", "Nothing")
DEAR = scenario("[{kind: price, set_usd_per_mwh: 0.8}]", "Dear")
# The site itself draws 2 MW, which no schedule brings down to 1 MW.
TOO_MUCH = scenario(
    "[{kind: event, event: {name: call, start: 2026-02-11 07:00, end: 2026-02-11 08:00, "
    "cut: {form: to_level, mw: 1}}}]",
    "Too much",
)


def outcome(found: Comparison, name: str, way: Way = Way.KNOWING) -> Outcome:
    """The outcome of a way in a scenario."""
    met = next(s for s in (*found.bases, *found.scenarios) if s.name == name).outcome(way)
    assert met is not None
    return met


def test_a_scenario_without_changes_is_the_base_and_the_base_is_the_plan() -> None:
    here = case(THREE_HOURS, group("H", restart_minutes=30.0), state=ALL_OFF)
    found = compare(here, [NOTHING])
    assert found.scenarios[0].ways == found.bases[0].ways
    plan = plan_farm(here.farm, here.folder)
    base = outcome(found, BASE)
    assert base.usd == plan.settled.lines
    assert base.profit == plan.settled.profit
    assert base.starts == 10


def test_figures_by_hand() -> None:
    """Ten machines for four hours at 0.5 and one hour at 3 USD/MWh; 1 PH/s each, 5 of them installed in vain."""
    out = {"start": "2026-02-11 06:00", "end": "2026-02-11 10:00", "units": 5}
    found = compare(case(group(units=15, outages=(out,), restart_minutes=15.0)), [SPIKE])
    mine, always = outcome(found, "Spike"), outcome(found, "Spike", Way.ALWAYS_ON)
    assert mine.off_mwh == {"outage": pytest.approx(20), "price": pytest.approx(10)}
    assert mine.lost_ph_hours == pytest.approx(5 * 4 + 10 + 10 * 0.25)
    assert (mine.starts, always.starts) == (10, 0)
    assert mine.profit == pytest.approx(3 * 5 - 2.5)
    assert (mine.worst_hour, mine.worst_hour_usd) == ("2026-02-11T08:00:00+00:00", 0.0)
    assert (always.worst_hour, always.worst_hour_usd) == ("2026-02-11T08:00:00+00:00", pytest.approx(-20))


def test_the_worst_hour_leaves_out_what_is_billed_by_the_period() -> None:
    """The peak's charge of 100 USD falls on the first hour; the hour that costs most is the spike's."""
    demand = {"name": "Peak", "usd_per_kw": 0.01, "expected_peak_mw": 0.0}
    found = compare(case(energy={"demand": (demand,)}, state={"bill": {"peaks_mw": {"Peak": 0.0}}}), [SPIKE])
    always = outcome(found, "Spike", Way.ALWAYS_ON)
    assert always.usd["demand_charge"] == pytest.approx(-100)
    assert always.worst_hour == "2026-02-11T08:00:00+00:00"


def test_changes_explain_the_difference_line_by_line() -> None:
    found = compare(case(THREE_HOURS, state=ALL_OFF), [SPIKE])
    base, mine = outcome(found, BASE), outcome(found, "Spike")
    assert changed_lines(base, mine) == {"hash_revenue": pytest.approx(-30), "energy": pytest.approx(15)}
    fall = waterfall(found, found.scenarios[0])
    assert [(step.title, round(step.usd, 6)) for step in fall.bars.steps] == [
        ("Without the scenario", 20),
        ("Hash revenue, after the pool's fee", -30),
        ("Energy at the interval's price", 15),
        ("With it, planned knowing it", 5),
        ("Not known before notice", -10),
        ("With it, planned as noticed", -5),
    ]
    assert fall.change == pytest.approx(-15)
    # From -10 to 20 USD: a bar ends where the next begins.
    assert [(round(step.left, 6), round(step.width, 6)) for step in fall.bars.steps] == [
        (pytest.approx(100 / 3), pytest.approx(200 / 3)),
        (0, 100),
        (0, 50),
        (pytest.approx(100 / 3), pytest.approx(50 / 3)),
        (pytest.approx(50 / 3), pytest.approx(100 / 3)),
        (pytest.approx(50 / 3), pytest.approx(50 / 3)),
    ]


def test_a_schedule_that_breaks_a_rule_is_no_measure_of_what_it_is_worth_to_know() -> None:
    found = compare(case(THREE_HOURS, state=ALL_OFF), [SPIKE])
    broken = replace(outcome(found, "Spike", Way.NOTICED), breaches={"event cap": 1})
    ways = found.scenarios[0].ways | {Way.NOTICED: broken}
    fall = waterfall(found, replace(found.scenarios[0], ways=ways))
    assert fall.bars.steps[-1].title == "With it, planned knowing it"


def test_warnings_of_the_market_are_carried_and_told_once() -> None:
    """One change of the spot price under a fixed one, one outside the plan in two scenarios of a sweep."""
    outside = scenarios(
        "[{kind: temperature, shift_c: 1, from: 2021-02-11 08:00, to: 2021-02-11 09:00}, {kind: hashprice, scale: 1}]",
        "Cold",
        sweep="[{change: 1, key: scale, values: [1, 2]}]",
    )
    dear = scenario("[{kind: price, of: spot, set_usd_per_mwh: 0.8}]", "Dear")
    found = compare(case(), [dear, *outside])
    fixed = "scenario Dear: the contract fixes the energy price; changes of the spot price do not touch it"
    cold = [
        f"scenario Cold [scale={n}]: the change of kind temperature in <scenario>:4 lies outside the plan"
        for n in (1, 2)
    ]
    assert [s.warnings for s in found.scenarios] == [(fixed,), (cold[0],), (cold[1],)]
    assert [s["warnings"] for s in compare_json(found)["scenarios"]] == [[fixed], [cold[0]], [cold[1]]]
    assert notes(found) == [fixed, *cold]
    assert fixed in render_comparison(found)


def test_a_warning_of_several_scenarios_is_told_once_and_one_of_the_base_without_names() -> None:
    found = compare(case(), [DEAR, NOTHING])
    both = replace(
        found,
        bases=(replace(found.bases[0], warnings=("of the farm",)),),
        scenarios=tuple(replace(s, warnings=("of the farm", "of these")) for s in found.scenarios),
    )
    assert notes(both) == ["of the farm", "Dear and 1 more: of these"]


def test_scenarios_with_hours_of_their_own_have_bases_of_their_own() -> None:
    longer = scenario("[{kind: price, set_usd_per_mwh: 0.8}]", "Longer", hours="6")
    again = scenario("[{kind: price, set_usd_per_mwh: 0.9}]", "Longer still", hours="6")
    found = compare(case(), [DEAR, longer, again])
    assert [base.hours for base in found.bases] == [4, 6]
    assert [s.base for s in found.scenarios] == [0, 1, 1]
    told = compare(ComparedFarm(case().farm, Path(), hours=3.0), [DEAR, longer])
    assert [(base.hours, base.start) for base in told.bases] == [(3, "2026-02-11T06:00:00+00:00")]


def test_what_fails_is_told_alone() -> None:
    found = compare(case(site={"auxiliary_load_mw": 2.0}), [TOO_MUCH, DEAR])
    first, second = found.scenarios
    failure = first.ways[Way.KNOWING]
    assert isinstance(failure, Failure)
    assert failure.exit_code == 3
    assert "1 MW short" in failure.message
    assert second.outcome(Way.KNOWING) is not None
    always = first.outcome(Way.ALWAYS_ON)
    assert always.breaches == {"event cap": 1}
    assert found.exit_code == 3
    assert compare(case(), [DEAR]).exit_code == 0


@pytest.mark.parametrize(
    ("changes_", "code", "said"),
    [
        ("[{kind: outage, groups: [Nobody], units: 1}]", 2, "Nobody"),
        ("[{kind: price, series: {file: none.csv}}]", 2, "none.csv"),
        ("[{kind: price, set_usd_per_mwh: 1, from: 2027-02-11 08:00, notice: 2026-02-30 08:00}]", 2, "notice"),
    ],
)
def test_what_does_not_fit_the_farm_fails_in_its_row(changes_: str, code: int, said: str) -> None:
    try:
        strange = scenario(changes_, "Strange")
    except CurtailError as error:
        assert said in str(error)
        return
    found = compare(case(), [strange, DEAR])
    failures = {met for met in found.scenarios[0].ways.values() if isinstance(met, Failure)}
    assert len(failures) == 1
    assert next(iter(failures)).exit_code == code
    assert said in next(iter(failures)).message
    assert found.scenarios[1].outcome(Way.NOTICED) is not None
    assert found.exit_code == code


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "{kind: event, event: {name: e, start: day 1 07:00, end: day 1 08:00, program: P, cut: {form: full_stop}}}",
            "changes[0].event.program: no program has this name",
        ),
        ("{kind: price, scale: 2, notice: 2026-03-08 02:30}", "changes[0].notice: 2026-03-08 02:30 does not exist in"),
    ],
)
def test_a_fault_is_told_once_for_all_ways_and_the_rest_goes_on(change: str, said: str) -> None:
    here = case()
    skipping = ComparedFarm(here.farm.model_copy(update={"timezone": "America/New_York"}), here.folder)
    found = compare(skipping, [scenario(f"[{change}]", "Strange"), DEAR])
    (told,) = notes(found)
    assert told.startswith("Strange: <scenario>:4:")
    assert told.count(said) == 1
    assert found.scenarios[1].outcome(Way.KNOWING) is not None
    assert found.exit_code == 2


def test_a_worse_failure_goes_before_another() -> None:
    strange = scenario("[{kind: outage, groups: [Nobody], units: 1}]", "Strange")
    assert compare(case(site={"auxiliary_load_mw": 2.0}), [TOO_MUCH, strange]).exit_code == 2


def test_notice_too_late_for_a_hard_limit_is_a_finding_and_no_failure() -> None:
    """Load may fall by 4 MW an hour: from 10 to 2 MW takes two hours of notice, and there is none."""
    call = scenario(
        "[{kind: event, event: {name: call, start: 2026-02-11 08:00, end: 2026-02-11 09:00, notice_minutes: 0, "
        "cut: {form: to_level, mw: 2}}}]",
        "Call",
    )
    found = compare(case(site={"ramp_down_mw_per_hour": 4.0}), [call])
    assert outcome(found, "Call").profit == pytest.approx(0.5 * (10 + 6 + 2 + 10))
    failure = found.scenarios[0].ways[Way.NOTICED]
    assert isinstance(failure, Failure)
    assert failure.exit_code == 3
    assert found.exit_code == 0


def test_a_state_of_another_time_is_refused() -> None:
    later = scenario("[]", "Later", start="2026-02-12 06:00")
    failure = compare(case(state=ALL_OFF), [later]).scenarios[0].ways[Way.KNOWING]
    assert isinstance(failure, Failure)
    assert "the state in the farm file was read at" in failure.message


def test_the_number_of_workers_changes_nothing() -> None:
    swept = scenarios("[{kind: price, scale: 1}]", "Swept", sweep="[{change: 0, key: scale, values: [1, 2, 3]}]")
    here, all_of_it = case(THREE_HOURS, state=ALL_OFF), [*swept, SPIKE, TOO_MUCH]
    told: list[tuple[int, int]] = []

    def progress(done: int, of: int) -> None:
        told.append((done, of))

    assert compare(here, all_of_it, workers=2, progress=progress) == compare(here, all_of_it)
    assert told == [(i, 6) for i in range(1, 7)]


def test_dearer_power_never_raises_the_plan_s_profit() -> None:
    swept = scenarios("[{kind: price, scale: 1}]", "Swept", sweep="[{change: 0, key: scale, values: [0, 1, 1.5, 4]}]")
    found = compare(case(THREE_HOURS), swept)
    profits = [outcome(found, s.name).profit for s in found.scenarios]
    assert profits == [pytest.approx(usd) for usd in (40, 20, 10, 0)]
