"""What curtailment events cost and pay, from the import alone: by call as the caller would reckon it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.arrays import Bool, F
from optimizer.conditions import Conditions


@dataclass(frozen=True)
class Miss:
    """An event that is not followed in full: the most MW above its limit, in which interval, and what is charged.

    over: intervals above the limit, (intervals,). penalty_usd: for energy, (intervals,), negative. miss_usd: once for
    the worst, as far as it exceeds the worst before the plan, negative.
    """

    event: int
    worst_mw: float
    at: int
    over: Bool
    penalty_usd: F
    miss_usd: float


def misses(c: Conditions, imported: F) -> tuple[Miss, ...]:
    """Every event whose limit is exceeded, in the order of the file. imported: MW, (intervals,)."""
    found = []
    for e, event in enumerate(c.farm.events):
        above = np.zeros(len(c.grid))
        for cap in c.event_caps:
            if cap.event == e:
                above[cap.interval] = max(imported[cap.interval] - cap.cap_mw, 0.0)
        worst, at = float(above.max()), int(above.argmax())
        if worst > 0.0:
            usd = -above * c.grid.hours * (event.violation_usd_per_mwh or 0.0)
            beyond = max(worst - c.state.missed_mw.get(event.name, 0.0), 0.0)
            found.append(Miss(e, worst, at, above > 0.0, usd, -beyond * (event.violation_usd_per_mw or 0.0)))
    return tuple(found)


def payments(c: Conditions, imported: F) -> F:
    """What events pay for cuts, USD, (intervals,): each cut is sold once, the best paid first.

    A sale below a baseline leaves less to be sold below that baseline and below every higher one.
    """
    usd = np.zeros(len(c.grid))
    for span in c.paid_spans:
        left = {
            offer.baseline_mw: max(offer.baseline_mw - float(imported[span.interval]), 0.0) for offer in span.offers
        }
        for offer in sorted(span.offers, key=lambda offer: -offer.payment.usd_per_mwh):
            higher = [baseline for baseline in left if baseline >= offer.baseline_mw]
            sold = min(offer.most_mw, *(left[baseline] for baseline in higher))
            usd[span.interval] += sold * span.hours * offer.payment.usd_per_mwh
            for baseline in higher:
                left[baseline] -= sold
    return usd


def event_lines(c: Conditions, imported: F) -> dict[str, F]:
    """USD per interval of every line on events. A penalty per MW is charged in the interval of the worst."""
    penalty, once = np.zeros(len(c.grid)), np.zeros(len(c.grid))
    for miss in misses(c, imported):
        penalty += miss.penalty_usd
        once[miss.at] += miss.miss_usd
    return {"event_penalty": penalty, "event_miss_penalty": once, "event_payment": payments(c, imported)}
