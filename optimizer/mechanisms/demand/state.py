"""Peaks: the highest import of the billing period so far, and of those before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.config.farm import Farm
from optimizer.config.state import Key
from optimizer.mechanisms.demand.account import peaks
from optimizer.mechanisms.demand.config import Demand
from optimizer.mechanisms.demand.facts import peak_bills

V = TypeVar("V")


def peaks_after(c: Conditions, dispatch: Dispatch) -> dict[str, float]:
    """The highest import of the billing period the schedule ends in, by charge."""
    last = c.billing.periods[-1]
    if not c.billing.goes_on(last):
        begun = last.ends < c.grid.end  # by the end of an interval that began before
        return {demand.name: 0.0 for demand in c.farm.sections(Demand) if begun}
    return {name: mw for (name, label), mw in _measured(c, dispatch).items() if label == last.label}


def past_peaks_after(c: Conditions, dispatch: Dispatch) -> dict[str, dict[str, float]]:
    """The highest import of the billing periods before that, by charge and month."""
    billing, past = c.billing, {name: dict(months) for name, months in c.state.bill.past_peaks_mw.items()}
    over = {period.label for period in billing.periods if not billing.goes_on(period)}
    for (name, label), mw in _measured(c, dispatch).items() if over else ():
        if label in over:
            past.setdefault(name, {})[label] = mw
    return past


def _measured(c: Conditions, dispatch: Dispatch) -> dict[tuple[str, str], float]:
    """The measured peak of every demand charge in every period so far, by name and label; none that is not known."""
    if not c.farm.sections(Demand):
        return {}
    billing, so_far = c.billing, c.state.bill.peaks_mw
    first = billing.periods[0]
    peaks_mw = {(demand.name, period.label): 0.0 for demand in c.farm.sections(Demand) for period in billing.periods}
    if billing.begun_before(first):
        peaks_mw |= {(name, first.label): mw for name, mw in so_far.items()}
        for demand in c.farm.sections(Demand):
            if demand.name not in so_far and billing.counted_before(demand.when, first):
                del peaks_mw[demand.name, first.label]
    for bill, peak in zip(peak_bills(c), peaks(c, grid_import_mw(c, dispatch)), strict=True):
        key = c.farm.sections(Demand)[bill.charge].name, billing.periods[bill.period].label
        if key in peaks_mw:
            peaks_mw[key] = max(peaks_mw[key], peak.measured_mw)
    return peaks_mw


def fitted(of_charges: Mapping[str, V], farm: Farm) -> dict[str, V]:
    """Without charges that are gone."""
    there = {demand.name for demand in farm.sections(Demand)}
    return {name: value for name, value in of_charges.items() if name in there}


def _at_full(farm: Farm, full_mw: float) -> dict[str, float]:
    return {demand.name: full_mw for demand in farm.sections(Demand)}


def _has_ratchets(farm: Farm) -> bool:
    return any(demand.ratchet is not None for demand in farm.sections(Demand))


KEYS = (
    Key("bill.peaks_mw", peaks_after, fitted, at_full=_at_full),
    Key("bill.past_peaks_mw", past_peaks_after, fitted, asked=_has_ratchets),
)
