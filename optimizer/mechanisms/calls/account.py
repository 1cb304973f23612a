"""What curtailment events cost and pay, from the import alone: by call as the caller would compute it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from optimizer.accounts.breach import MW_TOLERANCE, Breach
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.ledger import Account, Kind
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import Books
from optimizer.arrays import Bool, F
from optimizer.config.farm import Farm
from optimizer.mechanisms.calls.config import Event
from optimizer.mechanisms.calls.facts import caps, paid_spans

ACCOUNT = Account()
_NEXT_TO_NOTHING = 1e-3  # USD/MWh


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
    missed = []
    for e, event in enumerate(c.farm.sections(Event)):
        above = np.zeros(len(c.grid))
        for cap in caps(c):
            if cap.event == e:
                above[cap.interval] = max(imported[cap.interval] - cap.cap_mw, 0.0)
        worst, at = float(above.max()), int(above.argmax())
        if worst > 0.0:
            usd = -above * c.grid.hours * (event.violation_usd_per_mwh or 0.0)
            beyond = max(worst - c.state.missed_mw.get(event.name, 0.0), 0.0)
            missed.append(Miss(e, worst, at, above > 0.0, usd, -beyond * (event.violation_usd_per_mw or 0.0)))
    return tuple(missed)


def payments(c: Conditions, imported: F) -> F:
    """What events pay for cuts, USD, (intervals,): each cut is sold once, the best paid first.

    A sale below a baseline leaves less to be sold below that baseline and below every higher one.
    """
    usd = np.zeros(len(c.grid))
    for span in paid_spans(c):
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


@ACCOUNT.line("Penalty: event not followed in full", Kind.PENALTY, place=140)
def event_penalty(b: Books) -> F:
    """MWh above the limits of events, times their prices."""
    return sum((miss.penalty_usd for miss in misses(b.c, b.flows.import_mw)), np.zeros(len(b.c.grid)))


@ACCOUNT.line("Penalty: event missed, by its worst MW", Kind.PENALTY, place=145)
def event_miss_penalty(b: Books) -> F:
    """The worst MW above the limit of each event, times its price, in the interval of the worst."""
    once = np.zeros(len(b.c.grid))
    for miss in misses(b.c, b.flows.import_mw):
        once[miss.at] += miss.miss_usd
    return once


@ACCOUNT.line("Cuts paid for in events", Kind.CUT, place=160)
def event_payment(b: Books) -> F:
    """What cuts are paid."""
    return payments(b.c, b.flows.import_mw)


@ACCOUNT.offer("called")
def called(c: Conditions, names: Collection[str] | None = None) -> F:
    """In how many ways calls cap or pay in an interval, (intervals,); only those, or programs, of certain names."""
    ways, events = np.zeros(len(c.grid)), c.farm.sections(Event)
    counts = [names is None or bool({event.name, event.program} & set(names)) for event in events]
    for cap in caps(c):
        ways[cap.interval] += counts[cap.event]
    for span in paid_spans(c):
        ways[span.interval] += sum(counts[offer.event] for offer in span.offers)
    return ways


@ACCOUNT.offer("cut_income")
def cut_income(_: Conditions, b: Books) -> F:
    """What cuts are paid, USD, (intervals,)."""
    return b.usd["event_payment"]


@ACCOUNT.check
def breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    """Import above a hard cap, or above the baseline of a call that owes a cut."""
    if not c.farm.sections(Event):
        return
    imported = grid_import_mw(c, dispatch)
    for cap in caps(c):
        if cap.violation_usd_per_mwh is None and imported[cap.interval] > cap.cap_mw + MW_TOLERANCE:
            name = c.farm.sections(Event)[cap.event].name
            yield Breach("event cap", name, cap.interval, float(imported[cap.interval] - cap.cap_mw), "MW")
    for span in paid_spans(c):
        if span.holds is not None and imported[span.interval] > span.held_mw + MW_TOLERANCE:
            name = c.farm.sections(Event)[span.holds.event].name
            excess = float(imported[span.interval] - span.held_mw)
            yield Breach("baseline of a paid event", name, span.interval, excess, "MW")


@ACCOUNT.limit(Reason.EVENT)
def most_import_mw(c: Conditions, priced: bool) -> F:
    """Caps of hard calls, and baselines that calls who pay hold import to."""
    most = np.full(len(c.grid), np.inf)
    for cap in caps(c):
        if priced or cap.violation_usd_per_mwh is None:
            most[cap.interval] = min(most[cap.interval], cap.cap_mw)
    for span in paid_spans(c):
        most[span.interval] = min(most[span.interval], span.held_mw)
    return most


@ACCOUNT.ease
def next_to_free(farm: Farm) -> Farm:
    """Calls that owe a cut may be missed for next to nothing."""
    softened = {"violation_usd_per_mwh": _NEXT_TO_NOTHING, "payment": None}
    events = farm.sections(Event)
    eased = (event if event.voluntary or event.soft else event.model_copy(update=softened) for event in events)
    return farm.model_copy(update={Event.KEY: tuple(eased)})
