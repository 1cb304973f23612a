"""The figures of a report against the plan, by other ways of counting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from optimizer.accounts.conditions import Conditions
from optimizer.plan.items import ITEMS
from optimizer.plan.planning import plan_conditions
from optimizer.report.plan.figures import figures
from tests.farms import farms
from tests.report.plans import contract_plan, plan_of, rich_plan
from tests.sampling import examples


@examples(15)
@given(farms())
def test_figures_add_up_on_any_farm(c: Conditions) -> None:
    plan = plan_conditions(c)
    f = figures(plan)
    installed = sum(group.units for group in c.farm.fleet) * float(c.grid.hours.sum())
    assert f.run_share * installed + f.machine_hours_off == pytest.approx(installed)
    assert sum(row.usd for row in f.lines) == pytest.approx(f.profit, abs=1e-5)
    assert sum(row.continuous_usd for row in f.lines) == pytest.approx(f.continuous_profit, abs=1e-5)
    auxiliary = float(plan.market.auxiliary_load_mw @ c.grid.hours)
    assert sum(g.mwh for g in f.groups) + auxiliary == pytest.approx(float(plan.settled.flows.load_mw @ c.grid.hours))
    mean_marginal = sum(item.mean * item.hours for item in f.items)
    assert mean_marginal == pytest.approx(float(plan.explanation.marginal_price @ c.grid.hours), rel=1e-4, abs=1e-3)
    off = sum(block.units * block.hours for block in f.blocks)
    outage = sum(row.machine_hours for row in f.reasons if row.reason == "outage")
    assert off + outage == pytest.approx(f.machine_hours_off)


def test_mwh_off_is_what_the_shutdown_list_says() -> None:
    plan = rich_plan()
    f = figures(plan)
    whole = sum(block.mw * block.hours for block in f.blocks)
    assert whole == pytest.approx(sum(row.mwh for row in f.reasons if row.reason != "outage"))


def test_penalties_fills_and_times_are_told() -> None:
    f = figures(rich_plan())
    (penalty,) = f.penalties
    assert "curtailment event" in penalty.sentence
    assert penalty.usd == pytest.approx(f.profit - sum(r.usd for r in f.lines if r.line != "event_penalty"))
    assert penalty.worst in ("2026-02-11 20:00", "2026-02-11 21:00")
    (fill,) = f.fills
    assert (fill.file, fill.start, fill.count) == ("prices <b>.csv", "2026-02-11 01:00", 2)
    assert (f.start, f.end) == ("2026-02-11 00:00", "2026-02-12 12:00")  # 06:00 UTC is midnight in Chicago


def test_a_plan_without_penalties_has_none() -> None:
    f = figures(plan_of(24))
    assert f.penalties == ()
    assert f.fills == ()
    assert np.isclose(f.hours, 24)


def test_every_code_has_words() -> None:
    """A code without them would speak for itself, in the programmer's words."""
    assert set(contract_plan().explanation.items) <= set(ITEMS)
