"""Demand charges, from the import alone: what a utility reads off the meter when the period is over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.accounts.bill import BillLine
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.ledger import Account, Kind
from optimizer.accounts.settlement import Books
from optimizer.arrays import F
from optimizer.config.farm import Farm
from optimizer.mechanisms.demand.config import Demand
from optimizer.mechanisms.demand.facts import peak_bills, ratchets
from optimizer.mechanisms.demand.later import LaterBill, later_bills, unknown_peaks
from optimizer.money import amount
from optimizer.units import KW_PER_MW

ACCOUNT = Account()
ACCOUNT.words |= {
    "Billed peak": "The highest import of a billing period in the hours a demand charge counts, or a floor under it "
    "where that is higher: the contract's minimum, the month to date, what is expected after the plan, a ratchet.",
    "Month to date": "What the meter has counted in the billing period before the plan: its peak and its energy. "
    "What it already costs is owed whatever the plan does.",
    "Ratchet": "A rule that bills a share of the highest peak of past billing periods, however low the peak is now.",
}
_WHOLE_LOAD = 1e-6  # of full load: what rounding may take from an expected peak


@dataclass(frozen=True)
class Peak:
    """The peak of one demand charge in one period: what was measured and in which interval, what is billed, MW.

    ``at`` is None where no hour that counts lies in the plan.
    """

    measured_mw: float
    at: int | None
    billed_mw: float


def peaks(c: Conditions, imported: F) -> tuple[Peak, ...]:
    """The peak of every bill of ``peak_bills(c)``. imported: MW, (intervals,)."""
    bill_peaks: list[Peak] = []
    for bill in peak_bills(c):
        if not len(bill.intervals):
            bill_peaks.append(Peak(0.0, None, bill.floor_mw))
            continue
        at = int(bill.intervals[np.argmax(imported[bill.intervals])])
        bill_peaks.append(Peak(float(imported[at]), at, max(float(imported[at]), bill.floor_mw)))
    for later, earlier, share in ratchets(c):
        held = max(bill_peaks[later].billed_mw, share * bill_peaks[earlier].measured_mw)
        bill_peaks[later] = Peak(bill_peaks[later].measured_mw, bill_peaks[later].at, held)
    return tuple(bill_peaks)


def later_usd(bill: LaterBill, bill_peaks: Sequence[Peak]) -> tuple[float, int]:
    """What the plan adds to a bill after it, USD, and which of its peaks does: the highest, by its position."""
    highest = max(bill.earlier, key=lambda b: bill_peaks[b].measured_mw)
    held = bill.share * bill_peaks[highest].measured_mw
    return bill.rate_usd_per_mw * max(held - bill.floor_mw, 0.0), highest


@ACCOUNT.line("Demand charges", Kind.POWER | Kind.BY_PERIOD, place=180, to_minimum=True)
def demand_charge(b: Books) -> F:
    """What the plan adds to each billed peak, times its rate, in the interval that sets the peak."""
    demand, billing = np.zeros(len(b.c.grid)), b.c.billing
    for bill, peak in zip(peak_bills(b.c), peaks(b.c, b.flows.import_mw), strict=True):
        at = billing.periods[bill.period].stop - 1 if peak.at is None else peak.at
        demand[at] -= bill.rate_usd_per_mw * (peak.billed_mw - bill.owed_mw)
    return demand


@ACCOUNT.line(
    "Demand charges of later periods, by a ratchet", Kind.POWER | Kind.BY_PERIOD | Kind.BILLED_LATER, place=190
)
def later_demand_charge(b: Books) -> F:
    """What the plan's peaks add to bills after it, in the interval that sets the highest of them."""
    later, bill_peaks = np.zeros(len(b.c.grid)), peaks(b.c, b.flows.import_mw)
    for bill in later_bills(b.c):
        usd, highest = later_usd(bill, bill_peaks)
        later[bill_peaks[highest].at or 0] -= usd
    return later


@ACCOUNT.bill
def charged(b: Books, p: int) -> Iterator[BillLine]:
    """The demand charges of a billing period, and what its peaks add to later ones: a line for each charge."""
    billing, bill_peaks = b.c.billing, peaks(b.c, b.flows.import_mw)
    label = billing.periods[p].label
    for position, (bill, peak) in enumerate(zip(peak_bills(b.c), bill_peaks, strict=True)):
        if bill.period != p:
            continue
        demand, rate = b.c.farm.sections(Demand)[bill.charge], bill.rate_usd_per_mw / KW_PER_MW
        measured = None if peak.at is None else KW_PER_MW * peak.measured_mw
        yield BillLine(
            label,
            "demand_charge",
            demand.name,
            KW_PER_MW * (peak.billed_mw - demand.above_mw),
            "kW",
            rate,
            bill.rate_usd_per_mw * (peak.billed_mw - bill.owed_mw),
            bill.rate_usd_per_mw * (bill.owed_mw - demand.above_mw),
            measured,
            peak.at,
        )
        added = [
            (late, usd) for late in later_bills(b.c) for usd, at in [later_usd(late, bill_peaks)] if at == position
        ]
        if held := [(late, usd) for late, usd in added if usd]:
            charge = sum(usd for _, usd in held)
            name = f"{demand.name} held up in {len(held)} later periods to {held[-1][0].label}"
            yield BillLine(
                label, "later_demand_charge", name, charge / rate, "kW", rate, charge, 0.0, measured, peak.at
            )


@ACCOUNT.by_period
def by_period(farm: Farm) -> bool:
    """Demand charges are."""
    return bool(farm.sections(Demand))


@ACCOUNT.offer("owed_usd")
def owed_usd(c: Conditions) -> F:
    """What comes to be owed without the plan, USD, in the first interval of its billing period, (intervals,)."""
    owed = np.zeros(len(c.grid))
    for bill in peak_bills(c):
        owed[c.billing.periods[bill.period].first] += bill.rate_usd_per_mw * (bill.owed_mw - bill.so_far_mw)
    return owed


@ACCOUNT.rest("peaks_mw")
def peaks_after(s: Books, head: int) -> dict[tuple[str, str], float]:
    """The highest import from an interval on, by charge, in the last billing period."""
    c, last = s.c, len(s.c.billing.periods) - 1
    imported = s.flows.import_mw * (np.arange(len(c.grid)) >= head)
    return {
        (c.farm.sections(Demand)[bill.charge].name, c.billing.periods[last].label): float(
            imported[bill.intervals].max(initial=0.0)
        )
        for bill in peak_bills(c)
        if bill.period == last
    }


@ACCOUNT.offer("charged_usd")
def charged_usd(c: Conditions, s: Books) -> F:
    """What the peaks measured in the last billing period come to above what was owed, USD, in its last interval."""
    usd = np.zeros(len(c.grid))
    for bill, peak in zip(peak_bills(c), peaks(c, s.flows.import_mw), strict=True):
        if bill.period == len(c.billing.periods) - 1:
            usd[-1] += bill.rate_usd_per_mw * (max(bill.known_mw, peak.measured_mw) - bill.so_far_mw)
    return usd


ACCOUNT.remark(unknown_peaks)


@ACCOUNT.remark
def low_expected_peaks(c: Conditions) -> Iterator[str]:
    """Peaks that are expected anyway, but below what full load draws in the plan."""
    for i, demand in enumerate(c.farm.sections(Demand)):
        peak = demand.expected_peak_mw
        if peak is not None and peak < (full := float(c.most_import_mw.max())) * (1.0 - _WHOLE_LOAD):
            path = f"energy.demand[{i}].expected_peak_mw"
            sentence = (
                f"{path}: {peak:g} MW is below the {full:.4g} MW that full load draws: every MW above it is charged"
            )
            yield from c.farm.silenced.remark("expected_peak", sentence)


@ACCOUNT.note
def raised_peaks(s: Books) -> Iterator[str]:
    """A sentence for every charge whose billed peak the plan raises in a period that is not all its own."""
    c, billing = s.c, s.c.billing
    bill_peaks = peaks(c, s.flows.import_mw)
    added = [later_usd(bill, bill_peaks) for bill in later_bills(c)]
    for b, (one, peak) in enumerate(zip(peak_bills(c), bill_peaks, strict=True)):
        period, raised = billing.periods[one.period], peak.billed_mw - one.floor_mw
        if (billing.begun_before(period) or billing.goes_on(period)) and raised * KW_PER_MW >= 1.0:
            later = sum(amount for amount, highest in added if highest == b)
            held = f", and {amount(f'{later:,.0f}')} in later ones by its ratchet" if later else ""
            costs = amount(f"{raised * one.rate_usd_per_mw:,.0f}")
            yield (
                f"The plan raises the billed peak of {c.farm.sections(Demand)[one.charge].name} in {period.label} from "
                f"{round(one.floor_mw, 3):g} to {round(peak.billed_mw, 3):g} MW: {costs} "
                f"for the whole period{held}."
            )
