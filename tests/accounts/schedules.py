"""Schedules written down for tests: what runs, and what is drawn from where."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.settlement import Settlement, settle
from tests.farms import conditions, farm


def dispatch(
    units: dict[tuple[str, str], list[float]], onsite: Any = 0.0, export: Any = 0.0, **supply: list[float]
) -> Dispatch:
    """A schedule of machines by (group, mode), on-site generation and export in MW, and MW at the hub by supplier."""
    n = len(next(iter(units.values())))
    on = {point: np.array(values, dtype=np.float64) for point, values in units.items()}
    drawn = {name: np.array(mw, dtype=np.float64) for name, mw in supply.items()}
    return Dispatch.of(MappingProxyType(on), np.zeros(n) + onsite, np.zeros(n) + export, supply_mw=drawn)


def machines(on: list[float], **supply: list[float]) -> Dispatch:
    """Machines of the one group of `tests.farms`: each draws one MW and earns one USD per hour."""
    return dispatch({("G", "normal"): on}, **supply)


# Two hours of February and two of March, with everything a contract charges over a billing period.
ACROSS = "2026-02-28 22:00+00:00"
ON = [8.0, 10.0, 4.0, 2.0]
DRAWN = [4.0, 5.0, 1.0, 0.0]
PRICES = [1.5, 0.5, 2.0, 2.0]
_RULE = {"months": (2, 3), "count": 1, "per": "month", "interval_minutes": 60, "source": "made up for a test"}
_TAKE = {"mwh_per_month": 744.0, "shortfall_usd_per_mwh": 0.75}
CONTRACT: dict[str, Any] = {
    "adders_usd_per_mwh": 0.2,
    "loss_share": 0.25,
    "supplies": ({"name": "S", "limit_mw": 6.0, "price_usd_per_mwh": 0.25, "minimum_take": _TAKE},),
    "tiers": ({"name": "Tier 2", "above_mwh_per_month": 744.0, "adds_usd_per_mwh": 1.5},),
    "demand": (
        {
            "name": "Demand",
            "usd_per_kw": 0.003,
            "minimum_mw": 1.0,
            "expected_peak_mw": 3.0,
            "ratchet": {"share": 0.5, "months": 2, "first_month": "2025-12"},
        },
    ),
    "coincident_peaks": (
        {
            "name": "CP",
            "rule": _RULE,
            "usd_per_mw_year": 8.0,
            "next_year_discount_share": 0.5,
            "minimum_mw": 2.0,
            "elsewhere_mw": 2.0,
            "probability": 0.0,
        },
    ),
    "fixed_usd_per_month": 672.0,
    "minimum_bill_usd_per_month": 672.0 + 11_169.0,
}
SO_FAR = {
    "peaks_mw": {"Demand": 4.0},
    "past_peaks_mw": {"Demand": {"2026-01": 6.0, "2025-12": 8.0}},
    "tier_mwh": {"Tier 2": 732.0},
    "taken_mwh": {"S": 732.0},
    "charged_usd": 11_114.0,
}


def across_two_periods() -> tuple[Conditions, Dispatch]:
    """The four hours, and their schedule."""
    built = farm(energy=CONTRACT, state={"bill": SO_FAR})
    c = conditions(built, PRICES, start=ACROSS, probability={"CP": [0.0, 0.5, 0.25, 0.0]})
    return c, machines(ON, S=DRAWN)


def settled(energy: dict[str, Any], on: list[float], prices: Any = 0.0, **more: Any) -> Settlement:
    """The account of a schedule of machines under a contract, power for nothing unless told."""
    built = farm(energy=energy, state={"bill": more.pop("bill", {})})
    supply = more.pop("supply", {})
    c = conditions(built, np.zeros(len(on)) + prices, **more)
    return settle(c, machines(on, **supply))
