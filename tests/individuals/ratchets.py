"""The bills of a demand charge: of the months of the plan, and of later ones that its peaks hold up."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tests.audit.published import Plain, number
from tests.individuals.machines import Model


@dataclass(frozen=True)
class Bill:
    """One month's bill: billed whatever the plan does, of which the plan owes nothing; and shares of peaks it bills."""

    floor_mw: float
    owed_mw: float
    held_by: dict[str, float]


def bills_of(m: Model, charge: Plain, months: list[str]) -> list[Bill]:
    """The bills of a demand charge that the plan can raise. months: those the plan touches, in order."""
    state = (m.farm.get("state") or {}).get("bill") or {}
    so_far = number(state.get("peaks_mw") or {}, charge["name"])
    peaks = dict((state.get("past_peaks_mw") or {}).get(charge["name"]) or {})
    ends = m.start + pd.Timedelta(hours=sum(m.hours))
    begun = m.start > pd.Timestamp(months[0], tz="UTC")
    goes_on = ends < pd.Timestamp(months[-1], tz="UTC") + pd.offsets.MonthBegin(1)
    least = max(number(charge, "minimum_mw"), number(charge, "above_mw"))
    known_peaks = {month: float(mw) for month, mw in peaks.items()}
    if begun:
        known_peaks[months[0]] = so_far
    bills = []
    for month in months:
        known = max(least, _held(charge, month, known_peaks), so_far if begun and month == months[0] else 0.0)
        later = goes_on and month == months[-1]
        floor = max(known, number(charge, "expected_peak_mw") if later else 0.0)
        owed = floor if later else known if begun and month == months[0] else number(charge, "above_mw")
        bills.append(Bill(floor, owed, {month: 1.0} | _shares(charge, month, months)))
    if goes_on:
        known_peaks[months[-1]] = max(known_peaks.get(months[-1], 0.0), number(charge, "expected_peak_mw"))
    return bills + _after(charge, months, known_peaks, least)


def _after(charge: Plain, months: list[str], known_peaks: dict[str, float], least: float) -> list[Bill]:
    """Bills of months after the plan, whose own peaks are expected."""
    if charge.get("ratchet") is None or charge.get("expected_peaks_mw") is None:
        return []
    bills, expected = [], number(charge, "expected_peaks_mw")
    for n in range(1, int(number(charge["ratchet"], "months")) + 1):
        month = str(pd.Period(months[-1], freq="M") + n)
        floor = max(least, expected, _held(charge, month, known_peaks))
        bills.append(Bill(floor, floor, _shares(charge, month, months)))
        known_peaks[month] = expected
    return bills


def _looked_back(charge: Plain, month: str) -> list[str]:
    ratchet = charge.get("ratchet")
    if ratchet is None:
        return []
    back = [pd.Period(month, freq="M") - n for n in range(1, int(number(ratchet, "months")) + 1)]
    counted = ratchet.get("of_months")
    return [str(period) for period in back if counted is None or period.month in counted]


def _held(charge: Plain, month: str, peaks: dict[str, float]) -> float:
    """MW that peaks known of hold a month's bill up to."""
    share = number(charge.get("ratchet") or {}, "share")
    return max((share * peaks.get(back, 0.0) for back in _looked_back(charge, month)), default=0.0)


def _shares(charge: Plain, month: str, months: list[str]) -> dict[str, float]:
    """The share of the plan's earlier months' peaks that a month bills."""
    return {back: number(charge["ratchet"], "share") for back in _looked_back(charge, month) if back in months}
