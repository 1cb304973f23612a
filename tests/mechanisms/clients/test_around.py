"""Promises through all that is done with a plan: months by days, whole machines, states, records, rules, daily runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.accounts.bill import invoices
from optimizer.accounts.billing import Rest
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.settlement import settle
from optimizer.config.farm import Farm
from optimizer.config.load import load_farm
from optimizer.config.state import State
from optimizer.daily.kept import planned_record
from optimizer.daily.record import record_of, sealed
from optimizer.engine import choices
from optimizer.engine.program import compile_program
from optimizer.errors import InfeasibleError
from optimizer.mechanisms.clients.config import Client
from optimizer.mechanisms.clients.state import Standing
from optimizer.plan.checker import check
from optimizer.plan.formulation import build_problem
from optimizer.plan.nearest import plan_or_nearest
from optimizer.plan.planning import plan_conditions, plan_farm
from optimizer.plan.reading import without_tail
from optimizer.plan.state import fitted_state, state_after
from optimizer.plan.whole_units import dispatch_of
from optimizer.report.plan.files import plan_files
from optimizer.through_time.policies.rules import always_on, strike_rule
from optimizer.through_time.step import joined, replanned
from tests.commands.running import CONFIGS, curtail
from tests.engine.test_two_readings import the_same
from tests.farms import call, conditions, farm, farms, group
from tests.mechanisms.clients.test_worked import client, hosted, left, promised, so_far
from tests.test_month_by_days import BEGINS, DAY, DAYS, conditions_from, prices

STEPS = ({"usd_per_machine_hour": 0.05}, {"below": 0.9, "usd_per_machine_hour": 0.2})
SAMPLE = CONFIGS / "hosted_clients.yaml"


def month(*steps: dict[str, Any], share: float = 0.95) -> Conditions:
    """A June of hourly prices for a thousand of a client's machines beside a thousand of the farm's own."""
    own, theirs = group("S21", 1_000, 200.0, 3_500.0), hosted("H", 1_000, th=100.0, watts=3_250.0, restart_minutes=10.0)
    theirs["hosting"] = {"fee_usd_per_mwh": 45.0}
    built = farm(own, theirs, clients=(client(share, *steps),))
    return conditions(built, prices(), start=BEGINS, hashprice=50.0)


@pytest.mark.parametrize("steps", [(), STEPS])
def test_thirty_days_one_by_one_keep_the_month(steps: tuple[dict[str, Any], ...]) -> None:
    """With a tail each day's plan uses what the month's would: within 1 % of its profit, and no promise is broken."""
    whole = month(*steps)
    at_once, state, days = plan_conditions(whole), whole.state, []
    for day in range(DAYS):
        rest = conditions_from(whole, day, state)
        c = rest if day == DAYS - 1 else without_tail(rest, DAY)
        days.append(plan_conditions(c).dispatch)
        state = state_after(c, days[-1])
    one_by_one = joined(days)
    assert check(whole, at_once.dispatch) == check(whole, one_by_one) == []
    assert settle(whole, one_by_one).profit == pytest.approx(at_once.settled.profit, rel=0.01)
    run = float(one_by_one.running(whole.farm.fleet[1]) @ whole.grid.hours) / (1_000 * DAYS * DAY)
    assert run == pytest.approx(0.95, abs=2e-3) if not steps else run < 0.95
    assert state.section(Standing) == Standing(), "the month is over"


def test_without_a_tail_a_day_has_its_part_of_what_is_left() -> None:
    """A day of thirty may use a thirtieth of the month's 36,000 machine-hours; only what is past mending is refused."""
    whole = month()
    day = replace(whole, market=whole.market.part(0, DAY))
    plan, allowed = plan_conditions(day), 0.05 * 1_000 * DAY
    down = state_after(day, plan.dispatch).section(Standing).downtime_machine_hours["Ann"]
    assert 0.9 * allowed < down <= allowed + 1e-6
    used = plan.dispatch.with_(units_on={**plan.dispatch.units_on, ("H", "normal"): np.zeros(DAY)})
    assert check(day, used) == [], "the month can still be kept"


def test_what_the_rest_of_the_period_is_expected_to_take_is_not_left() -> None:
    """Of 36,000 machine-hours the rest takes 35,900: of the 24,000 of a day off 23,900 are credited, 0.05 USD each."""
    c = month(*STEPS)
    rest = Rest({"downtime_machine_hours": {("Ann", "2026-06"): 35_900.0}})
    day = replace(c, market=c.market.part(0, DAY), rest=rest)
    nothing = {point: np.zeros(DAY) for point in plan_conditions(day).dispatch.units_on}
    off = plan_conditions(day).dispatch.with_(units_on=nothing)
    assert settle(day, off).lines["uptime_credits"] == pytest.approx(-23_900 * 0.05)


def test_whole_machines_and_containers_keep_a_hard_promise() -> None:
    """Containers of four: of five machine-hours that may be missed four are, in the hour at 3 USD/MWh."""
    c = promised(
        client(),
        [0.25, 3.0, 1.0, 2.0],
        fleet=(hosted(units_switched_together=4, units=12),),
        state=so_far(left(5.0, units=12)),
    )
    for units in ("rounded", "exact"):
        plan = plan_conditions(c, units=units)  # type: ignore[arg-type]
        assert plan.dispatch.units_on["H", "normal"].tolist() == [12, 8, 12, 12]
        assert plan.objective == pytest.approx(plan.continuous.profit, abs=1e-3)


def test_a_call_goes_before_a_promise() -> None:
    """Where a full stop that nobody excused leaves less than is promised, the call is obeyed, and the plan says why."""
    storm = call("21:00", "22:00", 0.0, "storm") | {"start": "2026-02-28 21:00", "end": "2026-02-28 22:00"}
    c = promised(client(), [0.25, 3.0, 1.0, 2.0], state=so_far(left(0.0)), events=(storm,))
    found = plan_or_nearest(c)
    assert found.nearest
    assert found.plan.dispatch.units_on["H", "normal"].tolist() == [10, 0, 10, 10]
    assert any("Ann" in sentence and "storm" in sentence for sentence in found.messages), found.messages


def test_rules_the_posture_and_old_records_know_nothing_of_it() -> None:
    """A rule that stops above 0.5 USD/MWh pays the credits: 30 machine-hours off, 5 of them free."""
    c = promised(client(0.9, {"usd_per_machine_hour": 1.0}), [0.25, 3.0, 1.0, 2.0])
    assert settle(c, strike_rule(c)).lines["uptime_credits"] == pytest.approx(-25.0)
    assert settle(c, always_on(c)).lines["uptime_credits"] == 0.0
    record = planned_record(plan_conditions(c), nearest=False)
    again = record_of(record.text(), "test")
    assert (again.text(), again.state.section(Standing)) == (record.text(), c.state.section(Standing))
    data = json.loads(record.text())
    del data["farm"]["clients"], data["state"]["uptime"], data["sha256"]
    before = record_of(sealed(json.dumps(data, separators=(",", ":")) + "\n"), "test")
    assert (before.farm.sections(Client), before.state.section(Standing)) == ((), Standing())


def test_what_is_carried_ends_with_the_period_and_with_the_client() -> None:
    c = promised(
        client(excused={"maintenance_hours": 1.0}),
        [3.0] * 6,
        fleet=(hosted(outages=({"start": "2026-02-28 20:00", "end": "2026-03-01 02:00", "units": 1},)),),
    )
    dispatch = plan_conditions(c).dispatch
    into = replace(c, market=c.market.part(0, 3))
    standing = state_after(into, dispatch.first(3)).section(Standing)
    down = float((9 - dispatch.units_on["H", "normal"][:3]).sum())
    assert standing.downtime_machine_hours["Ann"] == pytest.approx(left(5.0) + down)
    assert standing.maintenance_machine_hours == {"Ann": 3.0}
    assert state_after(replace(c, market=c.market.part(0, 4)), dispatch.first(4)).section(Standing) == Standing()
    march = state_after(c, dispatch).section(Standing)
    assert march.maintenance_machine_hours == {"Ann": 2.0}, "March begins anew"
    gone = fitted_state(State(), farm(hosted()))
    assert gone.section(Standing) == Standing()
    kept = c.state.section(Standing).fitted(farm(hosted(), clients=({"name": "Bob", "groups": ("H",)},)))
    assert kept == Standing()


def test_planned_again_at_every_hour_it_is_kept() -> None:
    """A spike that shows an hour ahead: what is left of the promise is kept for it, or used up before."""
    c = promised(client(), [0.25, 1.0, 3.0, 2.0])
    followed, proved = replanned(c, lambda _: c, range(4))
    assert proved
    assert check(c, followed) == []
    assert settle(c, followed).profit == pytest.approx(plan_conditions(c).settled.profit)


def test_scenarios_change_it(tmp_path: Path) -> None:
    file = tmp_path / "no_credits.yaml"
    harbour = "[Yard D Harbour S19 XP containers, Hall E Harbour S21 XP]"
    clients = f"{{name: Northwind, groups: [Hall C Northwind S21]}}, {{name: Harbour, groups: {harbour}}}"
    change = f"{{kind: section, set: {{clients: [{clients}]}}}}"
    file.write_text(f"name: No promise\nsummary: x\nsources: [made up]\nchanges: [{change}]\n")
    done = curtail(
        "plan", SAMPLE, "--scenario", file, "--out", tmp_path / "out", "--no-report", "--hours", "24", "--json"
    )
    assert done.returncode == 0, done.stderr
    usd = json.loads(done.stdout)["usd"]
    assert (usd["uptime_credits"], usd["client_cut_share"], usd["client_fees"]) == (0.0, 0.0, 0.0)
    file.write_text(file.read_text().replace("Hall C Northwind S21", "Hall C Northwind"))
    done = curtail("plan", SAMPLE, "--scenario", file, "--out", tmp_path / "out", "--no-report")
    assert done.returncode != 0
    assert "set.clients[0].groups[0]: no group of the fleet has this name; did you mean" in done.stderr


def test_it_goes_with_constraints_of_ones_own() -> None:
    """With --extend that keeps a client's machines off at 20:00, what is left of the promise is gone by then."""

    def off_at_first(m: Any) -> None:
        m.covenant = m_rule(m)

    def m_rule(m: Any) -> Any:
        import pyomo.environ as pyo

        return pyo.Constraint(expr=m.units_on["H", "normal", 0] <= 6.0)

    plan = plan_conditions(promised(client(), [0.25, 3.0, 1.0, 2.0]), extend=off_at_first)
    assert plan.dispatch.units_on["H", "normal"].tolist() == [6, 9, 10, 10]


def test_invoices_add_up_to_the_site_in_cents() -> None:
    """Each line of the account is what is on invoices and what is the farm's own, to the cent; so is the profit."""
    plan = plan_farm(load_farm(SAMPLE), CONFIGS)
    written = json.loads(plan_files(plan)["settlement.json"])
    assert [one["party"] for one in written["invoices"]] == ["Harbour", "Northwind"]
    cents = {line: round(100 * usd) for line, usd in written["usd"].items()}
    for line, total in cents.items():
        invoiced = [row["usd"] for one in written["invoices"] for row in one["lines"] if row["line"] == line]
        assert sum(round(100 * usd) for usd in [written["own_usd"][line], *invoiced]) == total, line
    due = sum(round(100 * one["usd"]) for one in written["invoices"])
    assert due + sum(round(100 * usd) for usd in written["own_usd"].values()) == sum(cents.values())
    assert due + round(100 * written["own_profit_usd"]) == round(100 * written["profit_usd"])
    exact: dict[str, float] = {}
    for one in invoices(plan.settled):
        exact[one.line] = exact.get(one.line, 0.0) + one.usd
        assert one.quantity * one.rate == pytest.approx(one.usd, abs=1e-6)
    assert exact == {line: pytest.approx(plan.settled.lines[line], abs=1e-6) for line in exact}
    assert set(exact) == {"hosting_revenue", "client_fees", "uptime_credits", "client_cut_share"}


def test_a_backtest_carries_it(tmp_path: Path) -> None:
    done = curtail(
        "backtest", SAMPLE, "--from", "2026-08-06", "--to", "2026-08-08", "--out", tmp_path / "out", "--workers", "1"
    )
    assert done.returncode == 0, done.stderr


def promised_farm(c: Conditions, draw: Any) -> Farm:
    """A random farm whose hosted groups are one or two clients', on random terms."""
    names = [one.name for one in c.farm.fleet if one.hosting is not None]
    told = []
    for name in names:
        steps = draw(st.sampled_from([(), ({"usd_per_machine_hour": 2.0},), STEPS]))
        excused = {
            "calls": draw(st.sampled_from(["all", (), tuple(e.name for e in c.farm.events[:1])])),
            "above_usd_per_mwh": draw(st.sampled_from([None, 60.0])),
            "maintenance_hours": draw(st.sampled_from([None, 0.0, 2.0])),
        }
        share = draw(st.sampled_from([0.0, 0.5, 0.92]))
        uptime = {"share": 0.92 if steps == STEPS else share, "credits": steps, "excused": excused}
        told.append(
            {
                "name": f"Client of {name}",
                "groups": (name,),
                "uptime": uptime,
                "cut_income_share": 0.25 / len(names),
                "fee_usd_per_month": 10.0,
            }
        )
    return c.farm.model_copy(update={"clients": tuple(Client.model_validate(one) for one in told)})


@settings(max_examples=60)
@given(farms(), st.data())
def test_two_readings_and_two_accounts_agree(c: Conditions, data: Any) -> None:
    """On random farms, soft limits everywhere but for promises that every machine can keep."""
    if not any(one.hosting is not None for one in c.farm.fleet):
        return
    c = replace(c, farm=promised_farm(c, data.draw))
    problem = build_problem(c)
    program = compile_program(problem)
    try:
        found = choices.optimum(program)
    except InfeasibleError:  # a hard promise may collide with minimum times or ramps
        return
    the_same(problem)
    settled = settle(c, dispatch_of(found))
    assert settled.profit == pytest.approx(sum(program.profit_by_term(found.x).values()), rel=1e-9, abs=1e-6)
    assert [b for b in check(c, dispatch_of(found), whole=False) if b.rule == "promised uptime"] == []
    for line in ("hosting_revenue", "client_fees", "uptime_credits", "client_cut_share"):
        on_invoices = sum(one.usd for one in invoices(settle(c, dispatch_of(found))) if one.line == line)
        assert on_invoices == pytest.approx(settled.lines[line], rel=1e-9, abs=1e-6)
