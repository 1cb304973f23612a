"""Plans for the tests of the report: one with all that a page must show, and hostile names."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from optimizer.conditions import Conditions
from optimizer.market.timeseries import Fill
from optimizer.planning import Plan, plan_conditions
from tests.farms import conditions, farm, group

HOSTILE_NAME = "<script>alert(1)<\\script><b>&\"'{{7*7}}[red]"  # a name may hold anything but a solidus


def with_fill(c: Conditions) -> Conditions:
    """The same conditions, with a gap that was filled."""
    begin = pd.Timestamp("2026-02-11 07:00Z")
    fill = Fill("folder/prices <b>.csv", begin, begin + pd.Timedelta(hours=2), "previous", 2)
    return replace(c, market=replace(c.market, fills=(fill,)))


@cache
def rich_plan() -> Plan:
    """A spike, a soft event that is paid for, containers, an outage, hosting, and names that are markup."""
    event = {
        "name": f"call {HOSTILE_NAME}"[:60],
        "start": "2026-02-11 20:00",
        "end": "2026-02-11 22:00",
        "cut": {"form": "to_level", "mw": 1.0},
        "violation_usd_per_mwh": 2.0,
    }
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


def plan_of(n: int, groups: int = 2, hours: float = 1.0, **more: Any) -> Plan:
    """A plan of so many intervals and groups, with prices and strikes that change in every interval."""
    rng = np.random.default_rng(7)
    fleet = [group(f"Hall {i}", 500 + 10 * i, th=80 + 10 * i, watts=3_300 - 30 * i, **more) for i in range(groups)]
    built = farm(*fleet, limit_mw=1e3, timezone="America/Chicago")
    prices = rng.normal(50, 20, n)
    return plan_conditions(conditions(built, prices, hours=hours, hashprice=rng.normal(33, 1, n)))
