"""Caps of events by interval, and the pieces of intervals in which cuts are paid for."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.language import AnySet, LabelSet, Map, RangeSet, Subset
from optimizer.engine.parts import LOOSE_MW, Part, in_a_row, where
from optimizer.mechanisms.calls.config import Event
from optimizer.mechanisms.calls.facts import caps, paid_spans


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    calls, held, paid = c.farm.sections(Event), caps(c), paid_spans(c)
    interval = np.array([cap.interval for cap in held], dtype=np.int64)
    event = np.array([cap.event for cap in held], dtype=np.int64)
    priced = np.array([cap.violation_usd_per_mwh is not None for cap in held], dtype=np.bool_)
    price = np.array([cap.violation_usd_per_mwh or 0.0 for cap in held])
    missed_usd = np.array([call.violation_usd_per_mw or 0.0 for call in calls])
    cuts = [(span, offer) for span in paid for offer in span.offers]
    cut_at = np.array([span.interval for span, _ in cuts], dtype=np.int64)
    first = np.cumsum([0, *(len(span.offers) for span in paid)], dtype=np.int64)
    baselines = [(k, offer, count) for k, span in enumerate(paid) for offer, count in span.baselines]
    piece = np.array([k for k, _, _ in baselines], dtype=np.int64)
    below = np.array([count for _, _, count in baselines], dtype=np.int64)
    interval_of_baseline = np.array([paid[k].interval for k in piece], dtype=np.int64)
    event_of_baseline = np.array([offer.event for _, offer, _ in baselines], dtype=np.int64)
    levels = [(int(at), offer.baseline_mw) for at, (_, offer, _) in zip(interval_of_baseline, baselines, strict=True)]
    choices = _choices(c, levels)
    choice = np.array([choices.get(level, 0) for level in levels], dtype=np.int64)
    chosen = np.array([level in choices for level in levels], dtype=np.bool_)
    choice_mw = np.array([mw for _, mw in choices])
    most_mw = c.most_import_mw[np.array([at for at, _ in choices], dtype=np.int64)]
    sets: dict[str, AnySet] = {
        "EVENTS": LabelSet(tuple(call.name for call in calls)),
        "EVENT_CAPS": LabelSet(tuple(range(len(held)))),
        "event_of_cap": Map("EVENTS", ("EVENT_CAPS",), event),
        "interval_of_cap": Map("INTERVALS", ("EVENT_CAPS",), interval),
        "EVENT_STAGES": LabelSet(("allows", "has restored")),
        "stage_of_cap": Map("EVENT_STAGES", ("EVENT_CAPS",), np.array([cap.restoring for cap in held], dtype=np.int64)),
        "MISS_CAPS": Subset("EVENT_CAPS", where(missed_usd[event] > 0.0)),
        "PAID_CUTS": LabelSet(tuple(range(len(cuts)))),
        "CUTS_OF_INTERVAL": in_a_row("INTERVALS", "PAID_CUTS", np.bincount(cut_at, minlength=len(c.grid)).tolist()),
        "PAID_BASELINES": LabelSet(tuple(range(len(baselines)))),
        "CUTS_BELOW": RangeSet("PAID_CUTS", ("PAID_BASELINES",), first[piece], first[piece] + below),
        "interval_of_baseline": Map("INTERVALS", ("PAID_BASELINES",), interval_of_baseline),
        "event_of_baseline": Map("EVENTS", ("PAID_BASELINES",), event_of_baseline),
        "CALL_CHOICES": LabelSet(tuple(range(len(choices)))),
        "CHOICE_AT": RangeSet("CALL_CHOICES", ("PAID_BASELINES",), choice, choice + chosen),
        "CHOSEN_BASELINES": Subset("PAID_BASELINES", where(chosen)),
    }
    return sets, {
        "event_cap_mw": np.array([cap.cap_mw for cap in held]),
        "event_violation_limit": np.where(priced, np.inf, 0.0),
        "event_violation_usd": price * c.grid.hours[interval],
        "event_miss_usd": missed_usd,
        "missed_before_mw": np.array([c.state.missed_mw.get(call.name, 0.0) for call in calls]),
        "paid_baseline_mw": np.array([offer.baseline_mw for _, offer, _ in baselines]),
        "choice_mw": choice_mw,
        "declined_mw": most_mw - choice_mw + LOOSE_MW,
        "paid_cut_limit": np.array([offer.most_mw for _, offer in cuts]),
        "paid_cut_usd": np.array([span.hours * offer.payment.usd_per_mwh for span, offer in cuts]),
    }


def _choices(c: Conditions, levels: list[tuple[int, float]]) -> dict[tuple[int, float], int]:
    """Places of the choices between drawing more than a baseline and being paid below it, by (interval, baseline MW).

    Import is one number in an interval, so there is one choice however many pieces it has and calls share a baseline;
    none where a call that owes a cut holds import, or where no more can be drawn.
    """
    most = c.most_import_mw.copy()
    for span in paid_spans(c):
        most[span.interval] = min(most[span.interval], span.held_mw)
    open_levels = dict.fromkeys((at, mw) for at, mw in levels if mw < most[at])
    return {level: place for place, level in enumerate(open_levels)}
