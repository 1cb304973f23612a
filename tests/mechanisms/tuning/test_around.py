"""Changes of mode through all that is done with a plan: files, records, rules, scenarios, extensions, daily runs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest

from optimizer.accounts.settlement import settle
from optimizer.config.check import check_file
from optimizer.config.load import load_farm
from optimizer.config.schema import schema
from optimizer.config.state import State
from optimizer.daily.kept import planned_record
from optimizer.daily.record import record_of, sealed
from optimizer.mechanisms.tuning.account import modes_changed
from optimizer.mechanisms.tuning.config import Tuning, tuning_of
from optimizer.mechanisms.tuning.count import changes_by_group
from optimizer.mechanisms.tuning.state import ChangesMade
from optimizer.plan.checker import check
from optimizer.plan.nearest import plan_or_nearest
from optimizer.plan.planning import plan_conditions, plan_farm
from optimizer.plan.state import fitted_state, state_after
from optimizer.through_time.policies import always_on, on_where, strike_rule
from optimizer.through_time.step import replanned
from tests.commands.running import CONFIGS, curtail
from tests.farms import call, conditions, farm, group, running
from tests.mechanisms.tuning.test_examples import CHEAP, DEAR, ECO, tuned

SAMPLE = CONFIGS / "tuned_modes.yaml"
MODES = ("eco", "normal")
DIP = [CHEAP, DEAR, CHEAP]


def changed(text: str, old: str, new: str) -> str:
    """The sample farm with another text in the place of one, its files where they are."""
    assert old in text
    text = text.replace(old, new, 1).replace("catalogue: ", f"catalogue: {CONFIGS}/")
    return text.replace("market/", f"{CONFIGS}/market/")


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("      minutes: 10\n", "      minutes: -1\n", "fleet[0].tuning.minutes: must be at least 0 (got -1)"),
        ("      minutes: 10\n", "      minuts: 10\n", "fleet[0].tuning.minuts: is not a known key"),
        ("hash_share: 0.5", "hash_share: 50", "fleet[1].tuning.hash_share: must be at most 1"),
        ("changes_per_day: 4", "changes_per_day: 0", "fleet[1].tuning.changes_per_day: must be more than 0 (got 0)"),
        ("{minutes: 15, hash_share: 0.5, wear_usd_per_change: 0.01, changes_per_day: 4}", "{hash_share: 0.5}",
         "fleet[1].tuning: asks for nothing"),
        ("modes: [eco, normal]", "modes: [normal]", "fleet[1].tuning: goes with two modes or more"),
        ("    modes: [eco, normal]\n", "", "fleet[1].tuning: goes with two modes or more"),
        ("horizon:", "state: {at: 2026-02-10 12:00, tuning: {changes_today: {Yard C: 9}}}\nhorizon:",
         "state.tuning.changes_today.Yard C: no group of the fleet has this name; there is"),
    ],
)  # fmt: skip
def test_faults_are_told_at_their_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    file = tmp_path / "farm.yaml"
    file.write_text(changed(SAMPLE.read_text(), old, new))
    told = [f"{one.path}: {one.message}" for one in check_file(file)]
    assert any(fault in one for one in told), told


def test_editors_know_them() -> None:
    whole = schema("farm")
    assert "tuning" in whole["$defs"]["Group"]["properties"]
    assert "tuning" in whole["$defs"]["State"]["properties"]


def test_a_model_says_it_for_groups_that_do_not() -> None:
    """A quarter of an hour by the model keeps normal through the dip, 12.5 USD; a minute by the group, or one mode of
    the group, is another matter.
    """
    of_model = group("G", other_modes=ECO, modes=MODES, wear_usd_per_start=1.0)
    of_model["machine"] = of_model["machine"] | {"tuning": {"minutes": 15.0}}
    own = of_model | {"tuning": {"minutes": 1.0}}
    one_mode = of_model | {"modes": ("eco",)}
    assert plan_conditions(conditions(farm(of_model), DIP)).settled.profit == pytest.approx(12.5)
    assert plan_conditions(conditions(farm(own), DIP)).settled.profit == pytest.approx(13.25 - 10 * 1.6 / 60)
    assert tuning_of(farm(one_mode).fleet[0]) is None
    with pytest.raises(ValueError, match="asks for nothing"):
        farm(of_model | {"machine": of_model["machine"] | {"tuning": {"hash_share": 0.5}}})


def test_a_schedule_with_more_changes_than_a_day_has_is_refused() -> None:
    """Ten machines to eco and back are twenty changes, of which ten are to be had; the day's first hour is named."""
    c = tuned(DIP, changes_per_day=1.0)
    free = plan_conditions(tuned(DIP)).dispatch
    assert [str(breach) for breach in check(c, free)] == [
        "changes of mode per day broken by G in interval 0: 10 changes"
    ]
    assert check(tuned(DIP, changes_per_day=2.0), free) == []
    made = replace(c, state=State(tuning=ChangesMade(changes_today={"G": 4.0})))
    assert [breach.amount for breach in check(made, free)] == [14.0]


def test_rules_know_nothing_of_it_and_pay_for_it() -> None:
    """By hand: the strike rule is in eco for the dear hour, two changes of ten machines for a quarter of an hour."""
    c = tuned(DIP, minutes=15.0)
    assert settle(c, strike_rule(c)).lines["tuning_loss"] == pytest.approx(-10 * (0.15 + 0.25))
    assert settle(c, always_on(c)).lines["tuning_loss"] == 0.0
    assert settle(c, on_where(c, np.array([True, False, True]))).lines["tuning_loss"] == 0.0  # the posture
    limited = tuned(DIP, changes_per_day=1.0)
    assert [breach.rule for breach in check(limited, strike_rule(limited))] == ["changes of mode per day"]


def test_records_keep_it_and_those_of_before_are_read() -> None:
    c = tuned(DIP, minutes=15.0, changes_per_day=2.0, state={"state": {"tuning": {"changes_today": {"G": 3.0}}}})
    record = planned_record(plan_conditions(c), nearest=False)
    again = record_of(record.text(), "test")
    assert (again.text(), again.state.section(ChangesMade).changes_today) == (record.text(), {"G": 3.0})
    data = json.loads(record.text())
    del data["farm"]["fleet"][0]["tuning"], data["state"]["tuning"], data["sha256"]
    before = record_of(sealed(json.dumps(data, separators=(",", ":")) + "\n"), "test")
    assert before.farm.fleet[0].section(Tuning) is None
    assert before.state.section(ChangesMade) == ChangesMade()


def test_what_is_carried_ends_with_the_day_and_with_the_group() -> None:
    c = tuned(DIP, changes_per_day=4.0, state={"state": {"tuning": {"changes_today": {"G": 3.0}}}})
    dispatch = plan_conditions(c).dispatch
    assert state_after(c, dispatch).section(ChangesMade).changes_today == {"G": 23.0}
    first = replace(c, market=c.market.part(0, 1))
    assert state_after(first, dispatch.first(1)).section(ChangesMade).changes_today == {"G": 3.0}
    late = replace(c, market=conditions(c.farm, DIP, start="2026-02-11 22:00+00:00").market)
    assert state_after(late, dispatch).section(ChangesMade).changes_today == {"G": 10.0}
    midnight = replace(late, market=late.market.part(0, 2))
    assert state_after(midnight, dispatch.first(2)).section(ChangesMade).changes_today == {"G": 0.0}
    made = State(tuning=ChangesMade(changes_today={"G": 3.0, "H": 1.0}))
    assert fitted_state(made, c.farm).section(ChangesMade).changes_today == {"G": 3.0}
    assert fitted_state(made, tuned(DIP).farm).section(ChangesMade) == ChangesMade()


def test_a_call_frees_no_changes() -> None:
    """By hand: to keep a call to 5 MW two and a half of ten may change to eco: two whole ones, four stay in normal."""
    c = conditions(
        farm(
            group("G", 10, other_modes=ECO, modes=MODES, tuning={"changes_per_day": 0.25}),
            events=(call("07:00", "08:00", 5.0),),
            **running(10),
        ),
        [CHEAP, CHEAP],
    )
    plan = plan_or_nearest(c).plan
    on = {mode: plan.dispatch.units_on["G", mode].tolist() for mode in ("eco", "normal")}
    assert on == {"eco": [0, 2], "normal": [10, 4]}
    assert {str(reason) for reason in plan.explanation.off} == {"event"}


def test_limits_that_collide_are_told_with_it() -> None:
    """Ten that must run on could keep a call to 5 MW in eco; with one change left five stop early, and it is told."""
    c = conditions(
        farm(
            group("G", 10, other_modes=ECO, modes=MODES, minimum_on_hours=3.0, tuning={"changes_per_day": 0.1}),
            events=(call("07:00", "08:00", 5.0),),
            **running(10, started=({"at": "2026-02-11 05:30", "units": 10},)),
        ),
        [CHEAP, CHEAP, CHEAP],
    )
    found = plan_or_nearest(c)
    assert found.plan.dispatch.units_on["G", "normal"].tolist() == [10, 5, 10]
    assert "group G has 1 changes of mode left on 2026-02-11" in found.messages[-1]
    assert "come from rest" not in found.messages[-1]
    free = replace(c, farm=tuned(DIP, changes_per_day=2.0).farm.model_copy(update={"events": c.farm.events}))
    assert plan_or_nearest(free).plan.dispatch.units_on["G", "eco"].tolist() == [0, 10, 0]


def test_it_goes_with_constraints_of_ones_own() -> None:
    """With --extend that allows four machines at a time to change, two times four do, for seven of the dear hours each.

    By hand: 7 x 0.075 is more than 0.15 + 0.25; the last two would have five hours in eco, and 5 x 0.075 is less.
    """

    def four_at_a_time(m: Any) -> None:
        m.crew = pyo.Constraint(
            m.INTERVALS, rule=lambda m, t: sum(m.changed_into[k] for k in m.CHANGES_AT["G", t]) <= 4
        )

    c = tuned([CHEAP, *[DEAR] * 8, CHEAP, CHEAP], minutes=15.0)
    plan = plan_conditions(c, extend=four_at_a_time)
    assert plan.dispatch.units_on["G", "eco"].tolist() == [0, 4, 8, 8, 8, 8, 8, 8, 4, 0, 0]
    assert check(c, plan.dispatch) == []


def test_scenarios_change_it(tmp_path: Path) -> None:
    """New firmware that tunes for nothing: no hash is lost, and more is earned."""
    file = tmp_path / "firmware.yaml"
    file.write_text(
        "name: New firmware\nsummary: x\nsources: [made up]\n"
        "changes: [{kind: section, groups: [Hall A S19k Pro], set: {tuning: null}}]\n"
    )
    usd = {}
    for name, more in (("as it is", ()), ("changed", ("--scenario", file))):
        done = curtail("plan", SAMPLE, "--out", tmp_path / "out", "--no-report", "--json", *more)
        assert done.returncode == 0, done.stderr
        usd[name] = json.loads(done.stdout)
    assert usd["as it is"]["usd"]["tuning_loss"] < 0 == usd["changed"]["usd"]["tuning_wear"]
    assert usd["changed"]["profit_usd"] > usd["as it is"]["profit_usd"]
    file.write_text(file.read_text().replace("null", "{minutes: -5}"))
    done = curtail("plan", SAMPLE, "--out", tmp_path / "out", "--no-report", "--scenario", file)
    assert "changes[0].set.tuning.minutes: must be at least 0" in done.stderr


def test_the_sample_keeps_its_modes_where_it_would_else_step_through_them() -> None:
    """Seen, one change is made in 36 hours; blind to it, seventeen, which cost more than they gain.

    Machines are off for it in the quarter of an hour that would pay in eco alone, at 48 USD/MWh; where little is left
    of a day that would have to repay a restart, that is the reason.
    """
    loaded = load_farm(SAMPLE)
    plan = plan_farm(loaded, CONFIGS)
    fleet = tuple(one.model_copy(update={"tuning": None}) for one in loaded.fleet)
    blind = plan_farm(loaded.model_copy(update={"fleet": fleet}), CONFIGS).dispatch
    seen, unseen = (
        sum(int((changed > 0).sum()) for changed in changes_by_group(plan.conditions, dispatch).values())
        for dispatch in (plan.dispatch, blind)
    )
    assert (seen, unseen) == (1, 17)
    off = {str(reason): units.sum(axis=1).tolist() for reason, units in plan.explanation.off.items()}
    assert off["tuning"] == [0, 900]
    assert off["restart_cost"][1] > 0
    assert plan.settled.profit > settle(plan.conditions, blind).profit + 500
    assert list(modes_changed(plan.settled)) == [
        "Machines of Hall A S19k Pro change their mode 1,600 times, in 1 of 144 intervals."
    ]
    assert any(breach.rule == "changes of mode per day" for breach in check(plan.conditions, blind))


def test_planned_again_at_every_hour_with_the_state_carried() -> None:
    """Of twenty changes a day ten are down and ten back: planned again every hour the day has no more."""
    c = tuned([CHEAP, DEAR, CHEAP, DEAR, CHEAP], changes_per_day=2.0)
    followed, proved = replanned(c, lambda _: c, range(5))
    assert proved
    assert check(c, followed) == []
    assert settle(c, followed).profit == pytest.approx(plan_conditions(c).settled.profit)


def test_a_backtest_carries_it(tmp_path: Path) -> None:
    """Re-planning on forecasts, the machines' modes carried from step to step: every rung is settled with it."""
    file = tmp_path / "farm.yaml"
    file.write_text(changed(SAMPLE.read_text(), "horizon:", "replanning: {forecast: {kind: persistence}}\nhorizon:"))
    days, out = ("--from", "2026-02-10", "--to", "2026-02-11"), tmp_path / "out"
    done = curtail("backtest", file, *days, "--out", out, "--workers", "1")
    assert done.returncode == 0, done.stderr
    rungs = json.loads((out / "ladder.json").read_text())["rungs"]
    assert rungs["strike"]["usd"]["tuning_loss"] < -200
    assert rungs["strike"]["breaches"] == 1  # four changes a day are too few for it
    assert rungs["replanning"]["breaches"] == 0
    assert rungs["replanning"]["profit_usd"] > rungs["strike"]["profit_usd"] + 200


def test_daily_runs_carry_it(tmp_path: Path) -> None:
    """Three runs of the job, four hours apart: the state knows the modes and the changes of the day."""
    site = tmp_path / "farm.yaml"
    cheap = changed(SAMPLE.read_text(), "{minutes: 15, hash_share: 0.5, wear_usd_per_change: 0.01, changes_per_day: 4}",
                    "{minutes: 0.5, changes_per_day: 4}")  # fmt: skip
    site.write_text(cheap.replace("hours: 36", "hours: 12"))
    state = tmp_path / "state"
    for hour in (14, 18, 22):
        done = curtail("daily", site, "--state", state, "--at", datetime(2026, 2, 10, hour).isoformat(), "--no-report")
        assert done.returncode == 0, done.stderr
    found = record_of(next((state / "latest").glob("record.json")).read_text(), "latest").state
    assert found.section(ChangesMade).changes_today["Yard B S19j Pro"] > 0
    assert sum(found.groups["Yard B S19j Pro"].modes.values()) == found.groups["Yard B S19j Pro"].running
