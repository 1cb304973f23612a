"""What is charged over a billing period: demand, ratchets, tiers, coincident peaks, minimum bill."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optimizer.arrays import F
from optimizer.assembly.parts import Part
from optimizer.billing import Quantity
from optimizer.conditions import Conditions
from optimizer.engine.language import AnySet, Int, LabelSet, Map, RangeSet, Subset


def lengths_to_range(over: str, of: str, lengths: Sequence[int]) -> RangeSet:
    """Members of ``of`` that stand in a row, so many for each member of ``over``."""
    stop = np.cumsum(np.asarray(lengths, dtype=np.int64))
    return RangeSet(of, (over,), stop - np.asarray(lengths, dtype=np.int64), stop)


def hours_of(quantities: Sequence[Quantity], bills: str, hours: str, sum_of: str) -> tuple[dict[str, AnySet], Int, F]:
    """Sets of the hours each threshold counts, the threshold of each hour, and its MWh per MW."""
    counts = [len(q.intervals) for q in quantities]
    sets: dict[str, AnySet] = {
        hours: LabelSet(tuple(range(sum(counts)))),
        sum_of: lengths_to_range(bills, hours, counts),
    }
    interval = np.concatenate([np.arange(0), *(q.intervals for q in quantities)]).astype(np.int64)
    sets[f"interval_of_{hours.split('_')[0].lower()}"] = Map("INTERVALS", (hours,), interval)
    owner = np.repeat(np.arange(len(quantities)), counts)
    return sets, owner, np.concatenate([np.zeros(0), *(q.mwh_per_mw for q in quantities)])


def charges(c: Conditions) -> Part:
    """Sets and parameters of ``lp/rules/charges.py``."""
    energy, billing = c.farm.energy, c.billing
    bills, tiers, tags, ratchets = billing.peak_bills, billing.tiers, billing.tags, billing.ratchets
    peak_hours = np.concatenate([np.arange(0), *(bill.intervals for bill in bills)]).astype(np.int64)
    bill_of_hour = np.repeat(np.arange(len(bills)), [len(bill.intervals) for bill in bills])
    later = billing.later_bills
    held = [(at, b) for at, bill in enumerate(later) for b in bill.earlier]
    tier_sets, _, tier_hours = hours_of(tiers, "TIER_BILLS", "TIER_HOURS", "HOURS_OF_TIER")
    least = billing.periods if billing.least_usd else ()
    sets: dict[str, AnySet] = {
        "PEAK_BILLS": LabelSet(
            tuple((energy.demand[bill.charge].name, billing.periods[bill.period].label) for bill in bills)
        ),
        "PEAK_HOURS": LabelSet(tuple(range(len(peak_hours)))),
        "bill_of_peak": Map("PEAK_BILLS", ("PEAK_HOURS",), bill_of_hour.astype(np.int64)),
        "interval_of_peak": Map("INTERVALS", ("PEAK_HOURS",), peak_hours),
        "RATCHETS": LabelSet(tuple(range(len(ratchets)))),
        "later_of_ratchet": Map("PEAK_BILLS", ("RATCHETS",), _column(ratchets, 0).astype(np.int64)),
        "earlier_of_ratchet": Map("PEAK_BILLS", ("RATCHETS",), _column(ratchets, 1).astype(np.int64)),
        "LATER_BILLS": LabelSet(tuple((energy.demand[bill.charge].name, bill.label) for bill in later)),
        "LATER_RATCHETS": LabelSet(tuple(range(len(held)))),
        "bill_of_later_ratchet": Map("LATER_BILLS", ("LATER_RATCHETS",), _positions(held, 0)),
        "peak_of_later_ratchet": Map("PEAK_BILLS", ("LATER_RATCHETS",), _positions(held, 1)),
        "TIER_BILLS": LabelSet(
            tuple((energy.tiers[tier.item].name, billing.periods[tier.period].label) for tier in tiers)
        ),
        **tier_sets,
        "TAGS": LabelSet(tuple((energy.coincident_peaks[tag.charge].name, str(tag.year)) for tag in tags)),
        "LEAST_BILLS": LabelSet(tuple(period.label for period in least)),
        "INTERVALS_OF_BILL": lengths_to_range("LEAST_BILLS", "INTERVALS", [p.stop - p.first for p in least]),
        "PEAKS_OF_BILL": lengths_to_range(
            "LEAST_BILLS", "PEAK_BILLS", [sum(bill.period == p for bill in bills) for p in range(len(least))]
        ),
        "TIERS_OF_BILL": lengths_to_range(
            "LEAST_BILLS", "TIER_BILLS", [sum(tier.period == p for tier in tiers) for p in range(len(least))]
        ),
    }
    case_sets, cases = _cases(c)
    return sets | case_sets, cases | {
        "peak_floor_mw": np.array([bill.floor_mw for bill in bills]),
        "peak_due_mw": np.array([bill.floor_mw - bill.owed_mw for bill in bills]),
        "peak_usd_per_mw": np.array([bill.rate_usd_per_mw for bill in bills]),
        "ratchet_share": _column(ratchets, 2),
        "later_floor_mw": np.array([bill.floor_mw for bill in later]),
        "later_share": np.array([bill.share for bill in later]),
        "later_usd_per_mw": np.array([bill.rate_usd_per_mw for bill in later]),
        "tier_mwh_per_mw": tier_hours,
        "tier_left_mwh": np.array([tier.amount for tier in tiers]),
        "tier_adds_usd_per_mwh": np.array([energy.tiers[tier.item].adds_usd_per_mwh for tier in tiers]),
        "tag_weight": np.array([tag.weight for tag in tags]).reshape(len(tags), len(c.grid)),
        "tag_usd_per_mw": np.array([tag.rate_usd_per_mw for tag in tags]),
        "fixed_usd_per_hour": billing.fixed_usd_per_hour,
        "least_usd": np.array(billing.least_usd),
    }


def _cases(c: Conditions) -> Part:
    """Every place of every peak on which the plan has a say, of tags with a floor; rows of a tag stand together."""
    tags, grid = c.billing.tags, c.grid
    at = [(k, case) for k, tag in enumerate(tags) for case in tag.cases if len(case.shares) or len(tag.chances) > 1]
    several = [(k, tag) for k, tag in enumerate(tags) if tag.cases and len(tag.chances) > 1]
    peaks = [(k, p) for k, tag in several for p in range(len(tag.chances))]
    first = np.array([case.first for _, case in at], dtype=np.int64)
    stop = first + np.array([len(case.shares) for _, case in at], dtype=np.int64)
    other = np.array([peaks.index((k, case.peak)) if (k, case.peak) in peaks else 0 for k, case in at], dtype=np.int64)
    shared = np.array([(k, case.peak) in peaks for k, case in at], dtype=np.int64)
    hours = [float(grid.hours[i:j].sum()) if j > i else 1.0 for i, j in zip(first, stop, strict=True)]
    floored = np.array([bool(tag.cases) for tag in tags], dtype=np.bool_)
    sets: dict[str, AnySet] = {
        "PLAIN_TAGS": Subset("TAGS", np.flatnonzero(~floored)),
        "FLOORED_TAGS": Subset("TAGS", np.flatnonzero(floored)),
        "CASES": LabelSet(tuple(range(len(at)))),
        "SHARED_PEAKS": LabelSet(tuple(range(len(peaks)))),
        "INTERVALS_OF_CASE": RangeSet("INTERVALS", ("CASES",), first, stop),
        "OTHERS_OF_CASE": RangeSet("SHARED_PEAKS", ("CASES",), other, other + shared),
        "CASES_OF_TAG": lengths_to_range("TAGS", "CASES", [sum(k == tag for k, _ in at) for tag in range(len(tags))]),
    }
    return sets, {
        "case_hours": np.array(hours),
        "case_peaks": np.array([float(tags[k].count) for k, _ in at]),
        "case_chance": np.array([case.chance for _, case in at]),
        "case_elsewhere_mw": np.array([case.elsewhere_mw for _, case in at]),
        "case_floor_mw": np.array([case.floor_mw for _, case in at]),
        "others_chance": np.array([tags[k].others(p) for k, p in peaks]).reshape(len(peaks), len(grid)),
    }


def _positions(pairs: Sequence[tuple[int, int]], which: int) -> Int:
    return np.array([pair[which] for pair in pairs], dtype=np.int64)


def _column(rows: Sequence[tuple[int, int, float]], position: int) -> F:
    return np.array([float(row[position]) for row in rows])
