"""Peaks of the plan's billing periods: which intervals count, and what is billed whatever the plan does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.accounts.conditions import Conditions, fact
from optimizer.arrays import Int
from optimizer.errors import MissingDataError
from optimizer.market.periods import Period
from optimizer.mechanisms.demand.config import Demand, Ratchet


@dataclass(frozen=True)
class PeakBill:
    """A demand charge in a billing period: ``intervals`` whose import counts, and what is billed without any of it.

    ``floor_mw`` is billed whatever the plan imports; of it ``owed_mw`` is owed without the plan. ``so_far_mw`` was owed
    as the plan begins, ``known_mw`` is the floor without what is expected of the rest. Where the hours that count lie
    outside the plan there are no intervals, but the charge is owed all the same.
    """

    charge: int
    period: int
    intervals: Int
    rate_usd_per_mw: float
    floor_mw: float
    owed_mw: float
    so_far_mw: float
    known_mw: float


def looked_back(ratchet: Ratchet, label: str) -> list[str]:
    """Labels of the billing periods whose peaks a ratchet counts in the one labelled so.

    >>> looked_back(Ratchet(share=0.8, months=3), "2026-02")
    ['2026-01', '2025-12', '2025-11']
    """
    year, month = (int(part) for part in label.split("-"))
    back = (divmod(12 * year + month - 1 - n, 12) for n in range(1, ratchet.months + 1))
    counted = ((y, m + 1) for y, m in back if ratchet.of_months is None or m + 1 in ratchet.of_months)
    return [f"{y:04d}-{m:02d}" for y, m in counted]


@fact
def peak_bills(c: Conditions) -> tuple[PeakBill, ...]:
    """Every demand charge in every period in which its hours come, by period.

    Raises MissingDataError where a peak that the bill depends on is not known.
    """
    charges = c.farm.sections(Demand)
    if not charges:
        return ()
    missing: list[str] = []
    periods = range(len(c.billing.periods))
    bills = [_peak_bill(c, i, demand, p, missing) for p in periods for i, demand in enumerate(charges)]
    if missing:
        raise MissingDataError("\n".join(missing))
    return tuple(bill for bill in bills if bill is not None)


def _peak_bill(c: Conditions, i: int, demand: Demand, p: int, missing: list[str]) -> PeakBill | None:
    billing, so_far = c.billing, c.state.bill
    period = billing.periods[p]
    intervals = billing.counted(demand.when, period)
    whole = not billing.begun_before(period) and not billing.goes_on(period)
    if not len(intervals) and (whole or not billing.comes_in(demand.when, period)):
        return None
    known = [demand.minimum_mw, demand.above_mw]
    if demand.ratchet is not None:
        known += _ratchet_floors(c, demand, demand.ratchet, p, missing)
    if billing.begun_before(period):
        unknown = c.rest.unknown_mw
        if demand.name not in so_far.peaks_mw and len(intervals) and unknown is None:
            missing.append(
                f"state.bill.peaks_mw: the plan begins within the billing period {period.label}: give the highest "
                f"import so far that {demand.name} counts, as `state: {{at: {c.grid.local_starts[0]:%Y-%m-%d %H:%M}, "
                f"bill: {{peaks_mw: {{{demand.name}: ...}}}}}}`"
            )
        known.append(so_far.peaks_mw.get(demand.name, unknown or 0.0))
    floor = max(known)
    owed = owed_before = floor if billing.begun_before(period) else demand.above_mw
    if billing.goes_on(period):
        owed = floor = max(floor, _expected(c, i, demand, period, missing if len(intervals) else []))
    return PeakBill(i, p, intervals, demand.rate_usd_per_mw, floor, owed, owed_before, max(known))


def _expected(c: Conditions, i: int, demand: Demand, period: Period, missing: list[str]) -> float:
    rest = c.rest.of("peaks_mw").get((demand.name, period.label), demand.expected_peak_mw)
    if rest is None and not c.rest.over:
        missing.append(
            f"energy.demand[{i}]: the billing period {period.label} goes on after the plan: give expected_peak_mw, or "
            "horizon.tail with a price forecast, else a month's charge falls on this plan alone"
        )
    return rest or 0.0


def _ratchet_floors(c: Conditions, demand: Demand, ratchet: Ratchet, p: int, missing: list[str]) -> Iterator[float]:
    """What past peaks hold the bill up to; periods of the plan itself are left to the plan."""
    billing, so_far = c.billing, c.state.bill
    past, first = so_far.past_peaks_mw.get(demand.name, {}), billing.periods[0]
    lacking = []
    for label in looked_back(ratchet, billing.periods[p].label):
        if label > first.label or (label == first.label and not billing.begun_before(first)):
            continue
        peak = so_far.peaks_mw.get(demand.name) if label == first.label else past.get(label)
        if peak is None and (ratchet.first_month is None or label >= ratchet.first_month):
            lacking += [label] if c.rest.unknown_mw is None else []
        yield ratchet.share * (peak or 0.0)
    if lacking:
        missing.append(
            f"state.bill.past_peaks_mw: the ratchet of {demand.name} looks back over {ratchet.months} billing "
            f"periods; the peaks of {', '.join(lacking)} are missing (or say ratchet.first_month)"
        )


@fact
def ratchets(c: Conditions) -> tuple[tuple[int, int, float], ...]:
    """Pairs of peak bills of the plan, (later, earlier), and the share of the earlier peak the later one bills."""
    at = {(bill.charge, c.billing.periods[bill.period].label): b for b, bill in enumerate(peak_bills(c))}
    pairs = []
    for (charge, label), later in at.items():
        ratchet = c.farm.sections(Demand)[charge].ratchet
        if ratchet is None:
            continue
        earlier = (at.get((charge, back)) for back in looked_back(ratchet, label))
        pairs += [(later, b, ratchet.share) for b in earlier if b is not None]
    return tuple(pairs)
