"""What the terms of a contract do, by hand. A machine draws 1 MW and earns 1 USD an hour; energy is in USD/MWh."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from optimizer.accounts.conditions import Conditions
from optimizer.plan import terms
from optimizer.plan.planning import Plan, plan_conditions
from optimizer.plan.terms import TermEffect, contract_terms, unmeasured, variants
from tests.farms import conditions, farm, farms, group
from tests.report.plans import contract_plan, plan_of
from tests.sampling import examples
from tests.worked_examples.test_blocks import block
from tests.worked_examples.test_charges import LAST_HOURS, demand, with_demand
from tests.worked_examples.test_supplies import supplier

COSTS = {"energy tier", "demand charge", "coincident peaks", "minimum bill"}


def planned(energy: dict[str, Any], prices: list[float], *, bill: Any = None, **more: Any) -> Plan:
    state = {"bill": bill} if bill else {}
    return plan_conditions(conditions(farm(group(units=10), energy=energy, state=state), prices, **more))


def effects(plan: Plan) -> dict[str, TermEffect]:
    """Every effect by its kind."""
    return {effect.term: effect for effect in contract_terms(plan)}


def usd_of(effect: TermEffect) -> Any:
    return pytest.approx((effect.without_usd, effect.blind_usd, effect.with_usd))


def test_demand_charge() -> None:
    """Without it ten run two hours for 20 USD; then 6 MW above the 4 metered cost 18; planned for, four run for 8."""
    (effect,) = contract_terms(plan_conditions(conditions(with_demand(demand()), [0.0, 0.0])))
    assert (effect.term, effect.name) == ("demand charge", "demand")
    assert usd_of(effect) == (20, 2, 8)
    assert (effect.worth_usd, effect.heeding_usd) == pytest.approx((-12, 6))
    assert (effect.blind_mwh, effect.with_mwh, effect.moved_mwh) == pytest.approx((20, 8, -12))
    assert not effect.idle


def test_a_block_and_the_right_to_resell_it() -> None:
    """At 3 USD/MWh 6 MWh at 0.5 are sold for 18 USD and nothing runs, as it would without the block.

    Who may not resell runs six machines on them; doing so beside the right of resale earns the same 3 USD.
    """
    found = effects(planned({"blocks": (block(resale={}),)}, [3.0]))
    assert usd_of(found["block"]) == (0, 15, 15)
    assert usd_of(found["right to resell"]) == (3, 3, 15)
    assert found["block"].moved_mwh == pytest.approx(0)
    assert found["right to resell"].moved_mwh == pytest.approx(-6)


def test_of_two_blocks_only_the_one_is_left_out() -> None:
    """The other block of 2 MWh at 1 USD/MWh sells for 6 USD in every case."""
    other = block(name="other", mw=2.0, price_usd_per_mwh=1.0, resale={})
    found = contract_terms(planned({"blocks": (block(resale={}), other)}, [3.0]))
    assert [(e.term, e.name) for e in found] == [
        ("block", "block"), ("right to resell", "block"), ("block", "other"), ("right to resell", "other"),
    ]  # fmt: skip
    assert [e.without_usd for e in found] == pytest.approx([4, 3 + 4, 15, 15 + 0])


def test_a_supplier_that_a_blind_schedule_does_not_draw_on() -> None:
    """At 3 USD/MWh spot six run on the supplier's 0.25; without it none does, and its minimum take is not met."""
    take = {"mwh_per_month": 6.0, "shortfall_usd_per_mwh": 0.5}
    plan = planned({"supplies": (supplier(minimum_take=take),)}, [3.0], bill={"taken_mwh": {"supplier": 0.0}},
                   start="2026-02-28 23:00+00:00")  # fmt: skip
    assert usd_of(effects(plan)["supplier"]) == (0, -3, 4.5)


def test_a_blind_schedule_draws_on_the_other_suppliers() -> None:
    """Three more on another 3 MW at 0.5 USD/MWh, whichever is left out."""
    other = supplier(name="other", limit_mw=3.0, price_usd_per_mwh=0.5)
    found = contract_terms(planned({"supplies": (supplier(), other)}, [3.0]))
    assert [usd_of(effect) for effect in found] == [(1.5, 1.5, 6), (4.5, 4.5, 6)]


def test_energy_tier() -> None:
    """Two hours to the end of the month, 8 MWh left at 0, beyond it 3 USD/MWh: without the tier 20 MWh run."""
    tier = {"name": "T", "above_mwh_per_month": 100.0, "adds_usd_per_mwh": 3.0}
    plan = planned({"tiers": (tier,)}, [0.0, 0.0], bill={"tier_mwh": {"T": 92.0}}, start=LAST_HOURS)
    assert usd_of(effects(plan)["energy tier"]) == (20, 20 - 12 * 3, 8)


def test_coincident_peak() -> None:
    """An hour with a chance of a half at one of two peaks: 8 USD/MW and year are 2 USD/MW in it, twice the hash."""
    rule = {"months": (2,), "count": 2, "per": "month", "interval_minutes": 60, "source": "made up for a test"}
    peak = {"name": "CP", "rule": rule, "usd_per_mw_year": 8.0, "probability": 0.0}
    plan = planned({"coincident_peaks": (peak,)}, [0.0, 0.0], probability={"CP": [0.0, 0.5]})
    assert usd_of(effects(plan)["coincident peaks"]) == (20, 0, 10)


def test_minimum_bill() -> None:
    """At 1.5 USD/MWh nothing runs; a bill of 30 USD for two hours is due anyway and buys both: 20 USD of hash."""
    plan = planned({"minimum_bill_usd_per_month": 30.0}, [1.5, 1.5], bill={"charged_usd": 0.0}, start=LAST_HOURS)
    found = effects(plan)["minimum bill"]
    assert usd_of(found) == (0, -30, -10)
    assert found.moved_mwh == pytest.approx(20)


def test_a_term_of_another_season_is_idle() -> None:
    tariff = demand(when={"months": (7,)})
    (effect,) = contract_terms(planned({"demand": (tariff,)}, [0.0]))
    assert effect.idle
    assert usd_of(effect) == (10, 10, 10)


def test_every_term_has_its_variant() -> None:
    kinds = [term for term, _, _ in variants(contract_plan().farm.energy)]
    assert kinds == ["block", "right to resell", "block", "supplier", "demand charge", "demand charge", "energy tier",
                     "coincident peaks"]  # fmt: skip
    assert list(variants(farm().energy)) == []


@examples(25)
@given(farms())
def test_heeding_never_loses_and_charges_never_pay(c: Conditions) -> None:
    plan = plan_conditions(c)
    slack = 1e-6 * (1 + abs(plan.continuous.profit))
    for effect in contract_terms(plan):
        assert effect.with_usd == plan.continuous.profit
        assert effect.heeding_usd >= -slack, effect
        if effect.term in COSTS:
            assert effect.worth_usd <= slack, effect
        if effect.term == "supplier" and not any(s.minimum_take for s in c.farm.energy.supplies):
            assert effect.worth_usd >= -slack, effect


def test_is_not_worked_out_where_it_would_take_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two groups over 36 hours, and eight terms."""
    plan = contract_plan()
    monkeypatch.setattr(terms, "MOST_POINT_INTERVALS", 2 * 36 * 8)
    assert not unmeasured(plan)
    monkeypatch.setattr(terms, "MOST_POINT_INTERVALS", 2 * 36 * 8 - 1)
    assert "72 modes times intervals, which would be solved again without each of 8 terms" in str(contract_terms(plan))


def test_is_not_worked_out_beside_an_extension() -> None:
    assert not unmeasured(contract_plan())
    assert "--extend" in str(contract_terms(replace(contract_plan(), extended=True)))


def test_a_farm_without_terms_has_nothing_to_say() -> None:
    plan = plan_of(6)
    assert contract_terms(replace(plan, extended=True)) == ()
