"""Billing periods after the plan: what a ratchet bills there for peaks of the plan, above what is billed anyway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions, fact
from optimizer.config.calendar import Holidays, When
from optimizer.market.calendars import hours_within
from optimizer.market.grid import Grid
from optimizer.market.periods import periods_after
from optimizer.mechanisms.demand.config import Demand, Ratchet
from optimizer.mechanisms.demand.facts import looked_back, peak_bills


@dataclass(frozen=True)
class LaterBill:
    """A demand charge in a billing period after the plan, which a ratchet lets peaks of the plan hold up.

    ``earlier`` are the positions of those peak bills of the plan that it looks back on; a ``share`` of the highest of
    their measured peaks is billed. ``floor_mw`` is billed without any of it.
    """

    charge: int
    label: str
    rate_usd_per_mw: float
    floor_mw: float
    share: float
    earlier: tuple[int, ...]


@fact
def later_bills(c: Conditions) -> tuple[LaterBill, ...]:
    """Every demand charge in every billing period after the plan that a peak of the plan may hold up."""
    charges = enumerate(c.farm.sections(Demand))
    return tuple(bill for i, demand in charges if demand.ratchet for bill in _later_bills(c, i, demand, demand.ratchet))


def _later_bills(c: Conditions, i: int, demand: Demand, ratchet: Ratchet) -> Iterator[LaterBill]:
    """The bills of one demand charge that its ratchet lets the plan's peaks hold up, in time's order.

    Billed anyway are the contract's minimum, the peak expected of the period, and what the ratchet makes of past
    peaks, of the one so far, of the one expected of the rest of the plan's last period and of those expected of the
    periods between. Where no peak is told full load is expected, which no peak of the plan exceeds.
    """
    grid, energy, last = c.grid, c.farm.energy, c.billing.periods[-1]
    at = {c.billing.periods[bill.period].label: b for b, bill in enumerate(peak_bills(c)) if bill.charge == i}
    met = _met_anyway(c, demand)
    for label, begins, ends in periods_after(last, grid.timezone, energy.billing_day, ratchet.months):
        given = demand.expected_later_mw(label)
        expected = c.state.bill.highest_peak_mw(demand.name) if given is None else given
        if expected is None or not _counts(grid.timezone, begins, ends, demand.when, energy.holidays):
            continue  # full load is expected, or no hour of the period counts
        seen = looked_back(ratchet, label)
        if earlier := tuple(at[back] for back in seen if back in at):
            held = ratchet.share * max((met.get(back, 0.0) for back in seen), default=0.0)
            floor = max(demand.minimum_mw, demand.above_mw, expected, held)
            yield LaterBill(i, label, demand.rate_usd_per_mw, floor, ratchet.share, earlier)
        met[label] = expected


def unknown_peaks(c: Conditions) -> Iterator[str]:
    """Ratchets that reach beyond the plan, where nothing says which peaks to expect there."""
    for i, demand in enumerate(c.farm.sections(Demand)):
        ratchet = demand.ratchet
        if ratchet is None or demand.expected_peaks_mw is not None:
            continue
        months = {int(period.label[-2:]) for period in c.billing.periods}
        if ratchet.of_months is not None and not months & set(ratchet.of_months):
            continue
        highest = c.state.bill.highest_peak_mw(demand.name)
        what = "full load is expected" if highest is None else f"{highest:.6g} MW are expected, the highest past peak,"
        yield (
            f"energy.demand[{i}].expected_peaks_mw: is not given: {what} in the {ratchet.months} billing periods after "
            "the plan in which its ratchet bills a new peak"
        )


@lru_cache(maxsize=1024)  # a plan made anew every few minutes asks for the same months
def _counts(
    timezone: str, begins: pd.Timestamp, ends: pd.Timestamp, when: When | None, holidays: Holidays | None
) -> bool:
    """Whether any hour of a period counts."""
    clock = Grid(pd.DatetimeIndex([begins]), np.ones(1), timezone)
    return hours_within(clock, begins, ends, when, holidays) > 0


def _met_anyway(c: Conditions, demand: Demand) -> dict[str, float]:
    """The measured peaks that no plan can change, by the label of their billing period."""
    state, billing, rest = c.state.bill, c.billing, c.rest
    first, last = billing.periods[0], billing.periods[-1]
    met = {label: mw for label, mw in state.past_peaks_mw.get(demand.name, {}).items() if label < first.label}
    if billing.begun_before(first):
        met[first.label] = state.peaks_mw.get(demand.name, rest.unknown_mw or 0.0)
    if billing.goes_on(last):
        expected = rest.of("peaks_mw").get((demand.name, last.label), demand.expected_peak_mw)
        met[last.label] = max(met.get(last.label, 0.0), expected or 0.0)
    return met
