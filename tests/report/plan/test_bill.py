"""The bill on paper: every line of the account that is charged or sold, in its section."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.ledger import Kind, of_kind
from optimizer.accounts.reasons import Reason
from optimizer.mechanisms.demand.account import raised_peaks
from optimizer.plan.planning import plan_conditions
from optimizer.plan.tables import shutdown_blocks
from optimizer.report.plan.bill import bill_json, bill_sections
from optimizer.report.plan.figures import figures
from optimizer.report.plan.files import settlement
from tests.farms import conditions, farm, farms, group
from tests.report.plans import contract_plan, plan_of, rich_plan
from tests.sampling import examples
from tests.worked_examples.test_charges import LAST_HOURS


@examples(20)
@given(farms())
def test_sections_add_up_to_the_account(c: Conditions) -> None:
    plan = plan_conditions(c)
    sections, usd = bill_sections(plan), plan.settled.lines
    charged = [line for line in of_kind(Kind.POWER) if line not in ("coincident_peak", "onsite_cost")]
    assert sum(s.charged_usd for s in sections) == pytest.approx(-sum(usd[line] for line in charged), abs=1e-6)
    assert sum(s.sold_usd for s in sections) == pytest.approx(sum(usd[line] for line in of_kind(Kind.SALE)), abs=1e-6)
    later = sum(row.usd for s in sections for row in s.later)
    assert later == pytest.approx(-usd["coincident_peak"], abs=1e-6)


def test_a_period_as_a_utility_prints_it() -> None:
    """February in Chicago ends with the plan's 24th hour; what March owes is expected or the contract's minimum."""
    february, march = bill_sections(contract_plan())
    assert (february.label, february.begin, february.end) == ("2026-02", "2026-02-28 00:00", "2026-03-01 00:00")
    rows = {row.name: row for row in february.charges}
    assert list(rows)[2:] == ["kept", "supplier", "Adders", "above 100", "demand", "mornings", "Fixed charge"]
    kept = rows["kept"]
    assert (kept.quantity, kept.rate, kept.usd) == ("24,000 kWh", "$0.00075/kWh", 18)
    demand = rows["demand"]
    assert (demand.quantity, demand.rate) == ("14,000 kW", "$0.00200/kW")
    assert (demand.owed_usd, demand.usd) == pytest.approx((9 * 2, 5 * 2)), "9 MW were metered before"
    assert demand.note == "measured 14,000 kW, set at 2026-02-28 00:00"
    morning = rows["mornings"]
    assert (morning.quantity, morning.owed_usd, morning.usd) == ("20,000 kW", 10, 0)
    assert morning.note == "measured 14,000 kW, set at 2026-02-28 06:00"
    assert (rows["Fixed charge"].quantity, rows["Fixed charge"].usd) == ("", pytest.approx(672 / 28))
    (resale,) = february.sales
    assert (resale.quantity, resale.usd) == ("42,000 kWh", pytest.approx(111))
    (later,) = february.later
    assert later.name == "CP 2026, billed next year"
    assert later.usd == pytest.approx(64 * 0.001 / 2 * 14)
    assert march.later == (), "no peak of the rule can come in March"


def test_a_spot_farm_has_a_plain_bill() -> None:
    """Energy and adders are in the account already; a terminal need not print them twice."""
    assert all(section.is_plain for section in bill_sections(plan_of(6)))
    assert not any(section.is_plain for section in bill_sections(contract_plan()))


def test_the_bill_as_data() -> None:
    plan = contract_plan()
    periods = json.loads(json.dumps(settlement(plan), allow_nan=False))["bill"]
    assert periods == bill_json(plan)
    assert [period["period"] for period in periods] == ["2026-02", "2026-03"]
    lines = [line for period in periods for line in period["lines"]]
    billed = of_kind(Kind.POWER) + of_kind(Kind.SALE)
    totals = {line: -usd for line, usd in plan.settled.lines.items() if line in billed}
    for name, usd in totals.items():
        assert sum(line["usd"] for line in lines if line["line"] == name) == pytest.approx(usd, abs=0.01), name
    assert next(line for line in lines if line["name"] == "demand") == {
        "line": "demand_charge", "name": "demand", "quantity": 14_000, "unit": "kW", "rate_usd": 0.002, "usd": 10,
        "owed_usd": 18, "measured_kw": 14_000, "measured_at": "2026-02-28T00:00:00-06:00",
    }  # fmt: skip


def test_a_peak_that_the_plan_raises_is_told() -> None:
    """From 9 MW before to 14; March expects 8 anyway, and mornings are billed 20 by contract.

    Half of 14 is no more than what is expected of later months, the 10 of January.
    """
    assert list(raised_peaks(contract_plan().settled)) == [
        "The plan raises the billed peak of demand in 2026-02 from 9 to 14 MW: $10 for the whole period."
    ]
    assert list(raised_peaks(rich_plan().settled)) == []


def test_a_peak_that_a_ratchet_of_the_plan_raises_is_told_too() -> None:
    """Ten run in February's last hours, none in March's first: it bills half of February's, where 2 MW are expected."""
    ratchet = {"share": 0.5, "months": 1, "first_month": "2026-02"}
    tariff = {"demand": ({"name": "demand", "usd_per_mw": 0.5, "expected_peak_mw": 2.0, "ratchet": ratchet},)}
    built = farm(group(), energy=tariff, state={"bill": {"peaks_mw": {"demand": 4.0}}})
    plan = plan_conditions(conditions(built, [0.0, 0.0, 3.0, 3.0], start=LAST_HOURS))
    assert [sentence.partition(" in ")[2] for sentence in raised_peaks(plan.settled)] == [
        "2026-02 from 4 to 10 MW: $3 for the whole period.",
        "2026-03 from 2 to 5 MW: $2 for the whole period.",
    ]


def test_what_a_ratchet_bills_after_the_plan_is_told_and_stands_apart_on_the_bill() -> None:
    """Ten run in February's last hours: 6 MW more than the 4 that are expected of March and April, 0.5 USD each."""
    ratchet = {"share": 1.0, "months": 2, "first_month": "2026-02"}
    tariff = {"demand": ({"name": "demand", "usd_per_mw": 0.5, "expected_peaks_mw": 4.0, "ratchet": ratchet},)}
    built = farm(group(), energy=tariff, state={"bill": {"peaks_mw": {"demand": 4.0}}})
    plan = plan_conditions(conditions(built, [0.0, 0.0], start=LAST_HOURS))
    (sentence,) = raised_peaks(plan.settled)
    assert sentence.endswith("from 4 to 10 MW: $3 for the whole period, and $6 in later ones by its ratchet.")
    (section,) = bill_sections(plan)
    (later,) = section.later
    assert (later.name, later.usd, later.quantity) == ("demand held up in 2 later periods to 2026-04", 6.0, "12,000 kW")
    assert section.charged_usd == 3.0


def test_a_plan_of_a_whole_period_raises_nothing() -> None:
    """Its peak is its own; there is none that it would be raised above."""
    tariff = {"demand": ({"name": "demand", "usd_per_mw": 3.0, "minimum_mw": 4.0},)}
    month = plan_conditions(
        conditions(farm(group(), energy=tariff), np.zeros(28), hours=24.0, start="2026-02-01 00:00Z")
    )
    assert bill_sections(month)[0].charges[-1].quantity == "10,000 kW"
    assert list(raised_peaks(month.settled)) == []


def test_the_cost_of_power_and_what_is_sold_stand_apart() -> None:
    plan = contract_plan()
    f, s = figures(plan), plan.settled
    others = sum(s.lines[line] for line in ("hash_revenue", "hosting_revenue", "restart_loss", "start_wear"))
    assert f.profit == pytest.approx(others - f.power_cost + f.sold)
    assert f.sold == pytest.approx((6 * 3 + 1 * 0.5) * 6 + 2 * 6 * 0.5)
    assert f.sold_mwh == pytest.approx(42 + 12)
    assert f.supplied_mwh == pytest.approx(f.mwh + f.sold_mwh + 1), "a MWh of the kept block is lost at the peak"
    assert not f.generates


def test_a_change_of_reason_is_no_new_shutdown() -> None:
    """Of group 0 two are off throughout, first for the price, then to sell, and four in the last hour."""
    c = conditions(farm(group("a", 8), group("b", 8)), np.zeros(5))
    off = {
        Reason.PRICE: np.array([[2, 2, 0, 2, 4], [0, 3, 0, 0, 0]], dtype=float),
        Reason.RESALE: np.array([[0, 0, 2, 0, 0], [0, 0, 0, 0, 0]], dtype=float),
        Reason.OUTAGE: np.array([[1, 0, 0, 0, 0], [5, 0, 0, 0, 0]], dtype=float),
    }
    told = [(s.group, s.first, s.end, s.units, s.reasons) for s in shutdown_blocks(c, off)]
    price = (Reason.PRICE,)
    assert told == [(0, 0, 4, 2, (Reason.PRICE, Reason.RESALE)), (1, 1, 2, 3, price), (0, 4, 5, 4, price)]


def test_a_shutdown_names_all_its_reasons() -> None:
    f = figures(contract_plan())
    hours = {block.group: 0.0 for block in f.blocks}
    for block in f.blocks:
        hours[block.group] += block.units * block.hours
    off = np.array([g.units for g in contract_plan().farm.fleet]) * f.hours
    running = [float(contract_plan().dispatch.running(g).sum()) for g in contract_plan().farm.fleet]
    assert list(hours.values()) == pytest.approx((off - running).tolist())
