"""Demand charges: the peaks that are billed, and those that ratchets hold up."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.language import AnySet, LabelSet, Map
from optimizer.engine.parts import Part, in_a_row, positions
from optimizer.mechanisms.demand.config import Demand
from optimizer.mechanisms.demand.facts import peak_bills, ratchets
from optimizer.mechanisms.demand.later import later_bills


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    charges, billing = c.farm.sections(Demand), c.billing
    bills, held_up, later = peak_bills(c), ratchets(c), later_bills(c)
    peak_hours = np.concatenate([np.arange(0), *(bill.intervals for bill in bills)]).astype(np.int64)
    bill_of_hour = np.repeat(np.arange(len(bills)), [len(bill.intervals) for bill in bills])
    held = [(at, b) for at, bill in enumerate(later) for b in bill.earlier]
    pairs = [(later_bill, earlier) for later_bill, earlier, _ in held_up]
    sets: dict[str, AnySet] = {
        "PEAK_BILLS": LabelSet(tuple((charges[b.charge].name, billing.periods[b.period].label) for b in bills)),
        "PEAK_HOURS": LabelSet(tuple(range(len(peak_hours)))),
        "bill_of_peak": Map("PEAK_BILLS", ("PEAK_HOURS",), bill_of_hour.astype(np.int64)),
        "interval_of_peak": Map("INTERVALS", ("PEAK_HOURS",), peak_hours),
        "RATCHETS": LabelSet(tuple(range(len(held_up)))),
        "later_of_ratchet": Map("PEAK_BILLS", ("RATCHETS",), positions(pairs, 0)),
        "earlier_of_ratchet": Map("PEAK_BILLS", ("RATCHETS",), positions(pairs, 1)),
        "LATER_BILLS": LabelSet(tuple((charges[bill.charge].name, bill.label) for bill in later)),
        "LATER_RATCHETS": LabelSet(tuple(range(len(held)))),
        "bill_of_later_ratchet": Map("LATER_BILLS", ("LATER_RATCHETS",), positions(held, 0)),
        "peak_of_later_ratchet": Map("PEAK_BILLS", ("LATER_RATCHETS",), positions(held, 1)),
        "PEAKS_OF_BILL": in_a_row(
            "LEAST_BILLS", "PEAK_BILLS", [sum(b.period == p for b in bills) for p in c.billing.with_minimum]
        ),
    }
    return sets, {
        "peak_floor_mw": np.array([bill.floor_mw for bill in bills]),
        "peak_due_mw": np.array([bill.floor_mw - bill.owed_mw for bill in bills]),
        "peak_usd_per_mw": np.array([bill.rate_usd_per_mw for bill in bills]),
        "ratchet_share": np.array([share for _, _, share in held_up]),
        "later_floor_mw": np.array([bill.floor_mw for bill in later]),
        "later_share": np.array([bill.share for bill in later]),
        "later_usd_per_mw": np.array([bill.rate_usd_per_mw for bill in later]),
    }
