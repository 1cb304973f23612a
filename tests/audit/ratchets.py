"""The bills of a demand charge: of the periods of the plan, and of later ones that its peaks hold up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimizer.arrays import F
from tests.audit.clock import Period, Plan, bill_of, counts, expected, hours_in, period_of, periods
from tests.audit.published import Plain, number


@dataclass(frozen=True)
class PeakBill:
    """One bill of a demand charge, MW.

    ``floor_mw`` is billed whatever the plan does, ``owed_mw`` of it without the plan, ``begun_mw`` before it. ``hours``
    are those of the plan that count, none in a later period; ``held_by`` tells the share of earlier peaks of the plan
    that is billed.
    """

    label: str
    hours: F
    floor_mw: float
    owed_mw: float
    begun_mw: float
    held_by: dict[str, float]


def peak_bills(p: Plan, charge: Plain) -> list[PeakBill]:
    """The bills that a plan may raise, in the order of time."""
    own = periods(p)
    least = max(number(charge, "minimum_mw"), number(charge, "above_mw"))
    so_far = number(bill_of(p).get("peaks_mw") or {}, charge["name"])
    past = (bill_of(p).get("past_peaks_mw") or {}).get(charge["name"]) or {}
    known = {label: float(mw) for label, mw in past.items() if label < own[0].label}
    if own[0].begun:
        known[own[0].label] = so_far
    bills = []
    for period in own:
        if bill := _of_the_plan(p, charge, period, known, least):
            bills.append(bill)
    highest = max([*(float(mw) for mw in past.values()), 0.0])
    usual = max(highest, so_far) if highest > 0.0 else None
    if own[-1].goes_on:
        known[own[-1].label] = max(known.get(own[-1].label, 0.0), _expected(p, charge, own[-1]))
    return bills + list(_afterwards(p, charge, known, least, usual))


def _expected(p: Plan, charge: Plain, period: Period) -> float:
    """The peak expected of the rest of a period: by the tail, else as the farm file has it."""
    told = expected(p, "peaks_mw", charge["name"], period.label)
    return number(charge, "expected_peak_mw") if told is None else told


def _of_the_plan(p: Plan, charge: Plain, period: Period, known: dict[str, float], least: float) -> PeakBill | None:
    hours, when = counts(p, period, charge.get("when")), charge.get("when")
    if not hours.any():
        whole = not period.begun and not period.goes_on
        if whole or not hours_in(p, period.begins, period.ends, when):
            return None
    begun = max(least, _held(charge, period.label, known), known.get(period.label, 0.0))
    floor = max(begun, _expected(p, charge, period)) if period.goes_on else begun
    before = begun if period.begun else number(charge, "above_mw")
    owed = floor if period.goes_on else before
    return PeakBill(period.label, hours, floor, owed, before, _shares(charge, period.label, periods(p)))


def _afterwards(
    p: Plan, charge: Plain, known: dict[str, float], least: float, highest: float | None
) -> Iterator[PeakBill]:
    """Bills of periods after the plan, each of which has a peak that is expected: as told, else the highest known of.

    Where none is known of full load is expected, and no peak of the plan adds to it.
    """
    ratchet, told, own = charge.get("ratchet"), charge.get("expected_peaks_mw"), periods(p)
    for n in range(1, int(number(ratchet or {}, "months")) + 1):
        period = period_of(p, pd.Period(own[-1].label, freq="M") + n)
        given: Any = told.get(period.label) if isinstance(told, dict) else told
        peak = highest if given is None else float(given)
        shares = _shares(charge, period.label, own)
        if peak is None or not hours_in(p, period.begins, period.ends, charge.get("when")):
            continue
        if shares:
            floor = max(least, peak, _held(charge, period.label, known))
            yield PeakBill(period.label, np.zeros(len(p.hours)), floor, floor, floor, shares)
        known[period.label] = peak


def _looked_back(charge: Plain, label: str) -> list[str]:
    """Labels of the periods whose peaks a bill's ratchet counts."""
    ratchet = charge.get("ratchet") or {}
    back = [pd.Period(label, freq="M") - n for n in range(1, int(number(ratchet, "months")) + 1)]
    counted = ratchet.get("of_months")
    return [str(month) for month in back if not counted or month.month in [int(n) for n in counted]]


def _held(charge: Plain, label: str, known: dict[str, float]) -> float:
    share = number(charge.get("ratchet") or {}, "share")
    return max((share * known.get(back, 0.0) for back in _looked_back(charge, label)), default=0.0)


def _shares(charge: Plain, label: str, own: list[Period]) -> dict[str, float]:
    labels = {period.label for period in own}
    return {back: number(charge["ratchet"], "share") for back in _looked_back(charge, label) if back in labels}
