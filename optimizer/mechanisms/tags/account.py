"""Coincident peaks: what the import while the grid peaks is expected to cost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.accounts.bill import BillLine
from optimizer.accounts.ledger import Account, Kind
from optimizer.accounts.settlement import Books
from optimizer.arrays import F
from optimizer.mechanisms.tags.config import CoincidentPeak
from optimizer.mechanisms.tags.facts import Tag, tags
from optimizer.units import KW_PER_MW

ACCOUNT = Account()
ACCOUNT.words |= {
    "Coincident peak": "An interval in which the whole grid's load is highest. Import in the few of them sets a "
    "charge on next year's bill; until they are known, each interval counts with its probability.",
}


def tag_usd(tag: Tag, imported: F) -> F:
    """What the import of each interval adds to a coincident-peak charge, USD, (intervals,)."""
    if not tag.cases:
        return tag.rate_usd_per_mw * tag.weight * imported
    at_others = [tag.others(peak) * imported for peak in range(len(tag.chances))]
    others_mw = [float(mw.sum()) for mw in at_others]
    added = np.zeros(len(imported))
    for case in tag.cases:
        inside = slice(case.first, case.first + len(case.shares))
        here = imported[inside] * case.shares
        import_mw = float(here.sum()) + others_mw[case.peak] + case.elsewhere_mw
        above = max(import_mw / tag.count - case.floor_mw, 0.0)
        if above > 0 and here.any():
            added[inside] += case.chance * above * here / here.sum()
        elif above > 0:  # the place itself draws nothing: the peaks beside it do
            added += case.chance * above * at_others[case.peak] / others_mw[case.peak]
    return tag.rate_usd_per_mw * added


@ACCOUNT.line(
    "Coincident peaks, expected, billed next year",
    Kind.POWER | Kind.BY_PERIOD | Kind.BILLED_LATER,
    place=200,
    afterwards="Coincident peaks that came, billed next year",
)
def coincident_peak(b: Books) -> F:
    """What each tag is expected to cost more for the plan's import."""
    charged = np.zeros(len(b.c.grid))
    for tag in tags(b.c):
        charged -= tag_usd(tag, b.flows.import_mw)
    return charged


@ACCOUNT.bill
def expected(b: Books, p: int) -> Iterator[BillLine]:
    """The part of a billing period in each year's tag."""
    period, imported = b.c.billing.periods[p], b.flows.import_mw
    inside = slice(period.first, period.stop)
    for tag in tags(b.c):
        if not tag.weight[inside].any():
            continue
        rate = tag.rate_usd_per_mw / KW_PER_MW
        measured = KW_PER_MW * float((tag.weight * imported)[inside].sum())
        charge = float(tag_usd(tag, imported)[inside].sum())
        name = f"{b.c.farm.sections(CoincidentPeak)[tag.charge].name} {tag.year}, billed next year"
        billed = charge / rate if rate else 0.0
        yield BillLine(period.label, "coincident_peak", name, billed, "kW", rate, charge, 0.0, measured)
