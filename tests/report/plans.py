"""Plans for the tests of the report: one with all that a page must show, and hostile names."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.market.timeseries import Fill
from optimizer.plan.planning import Plan, plan_conditions
from optimizer.plan.terms import contract_terms
from optimizer.report.plan.page import render_plan
from tests.farms import call, conditions, farm, group

HOSTILE_NAME = "<script>alert(1)<\\script><b>&\"'{{7*7}}[red]"  # a name may hold anything but a solidus


def with_fill(c: Conditions) -> Conditions:
    """The same conditions, with a gap that was filled."""
    begin = pd.Timestamp("2026-02-11 07:00Z")
    fill = Fill("folder/prices <b>.csv", begin, begin + pd.Timedelta(hours=2), "previous", 2)
    return replace(c, market=replace(c.market, fills=(fill,)))


@cache
def rich_plan() -> Plan:
    """A spike, a soft event that is paid for, containers, an outage, hosting, and names that are markup."""
    event = call("20:00", "22:00", 1.0, f"call {HOSTILE_NAME}"[:60], violation_usd_per_mwh=2.0)
    fleet = [
        group(HOSTILE_NAME, 20, th=1_000, watts=1e6 / 10, minimum_on_hours=2.0, restart_minutes=15.0),
        group("Old <b>hall", 30, th=400, watts=1e6 / 10, wear_usd_per_start=0.5, units_switched_together=10),
        group("Hosted", 10, th=500, watts=1e6 / 10, hosting={"fee_usd_per_mwh": 70.0}, availability=0.85),
    ]
    energy, site = {"adders_usd_per_mwh": 4.0}, {"pue": 1.0625}
    built = farm(*fleet, events=(event,), limit_mw=5.5, energy=energy, site=site, timezone="America/Chicago")
    hours = np.arange(36)
    prices = 40 + 30 * np.sin(hours / 24 * 2 * np.pi)
    prices[30] = 5_000.0
    return plan_conditions(with_fill(conditions(built, prices, hashprice=150.0)))


@cache
def contract_plan() -> Plan:
    """Every kind of contract term, over the last day of February in Chicago and the first of March.

    Machines draw 1 MW and earn 1 USD an hour, 2 USD the new ones. From noon on the last of February spot is dear.
    """
    rule = {"months": (2,), "count": 2, "per": "month", "interval_minutes": 60, "source": "made up for a test"}
    ratchet = {"share": 0.5, "months": 1}
    energy = {
        "adders_usd_per_mwh": 0.125,
        "blocks": (
            {"name": f"block {HOSTILE_NAME}"[:60], "mw": 6.0, "price_usd_per_mwh": 0.5, "resale": {}},
            {"name": "kept", "mw": 1.0, "price_usd_per_mwh": 0.75},
        ),
        "supplies": ({"name": "supplier", "limit_mw": 2.0, "price_usd_per_mwh": 0.25},),
        "tiers": ({"name": "above 100", "above_mwh_per_month": 100.0, "adds_usd_per_mwh": 0.25},),
        "demand": (
            {"name": "demand", "usd_per_kw": 0.002, "expected_peak_mw": 8.0, "ratchet": ratchet},
            {"name": "mornings", "usd_per_mw": 0.5, "when": {"hours": ({"start": 6, "end": 9},)}, "minimum_mw": 20.0,
             "expected_peak_mw": 0.0},
        ),
        "coincident_peaks": (
            {"name": "CP", "rule": rule, "usd_per_mw_year": 64.0, "elsewhere_mw": 4.0, "probability": 0.0},
        ),
        "fixed_usd_per_month": 672.0,
    }  # fmt: skip
    bill = {
        "peaks_mw": {"demand": 9.0, "mornings": 3.0},
        "past_peaks_mw": {"demand": {"2026-01": 10.0}},
        "tier_mwh": {"above 100": 90.0},
    }
    fleet = (group("new", 8, th=2_000.0), group("old", 6))
    state = {"bill": bill, "at": "2026-02-28 00:00"}
    built = farm(*fleet, energy=energy, timezone="America/Chicago", state=state)
    hours = np.arange(36)
    prices = np.where((hours >= 12) & (hours < 18), 3.0, 0.5)
    probability = {"CP": np.where(hours == 20, 0.5, np.where(hours == 4, 0.001, 0.0))}
    return plan_conditions(conditions(built, prices, start="2026-02-28 06:00Z", probability=probability))


def plan_of(n: int, groups: int = 2, hours: float = 1.0, **more: Any) -> Plan:
    """A plan of so many intervals and groups, with prices and strikes that change in every interval."""
    rng = np.random.default_rng(7)
    fleet = [group(f"Hall {i}", 500 + 10 * i, th=80 + 10 * i, watts=3_300 - 30 * i, **more) for i in range(groups)]
    built = farm(*fleet, limit_mw=1e3, timezone="America/Chicago")
    prices = rng.normal(50, 20, n)
    return plan_conditions(conditions(built, prices, hours=hours, hashprice=rng.normal(33, 1, n)))


def page_of(plan: Plan) -> str:
    """The page of a plan, with what the terms of its contract do."""
    return render_plan(plan, contract_terms(plan))
