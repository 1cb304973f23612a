"""What calls cap and pay, reckoned from the farm file: minutes that are owed, levels, penalties, cuts sold once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from optimizer.arrays import F
from tests.audit.published import Plain, Published, many, modes, number, point

Span = tuple[pd.Timestamp, pd.Timestamp]
_HOUR = pd.Timedelta(hours=1)


def cut_off(spans: list[Span], taken: list[Span]) -> list[Span]:
    """Stretches of time without others."""
    for begin, finish in taken:
        spans = [(a, b) for s, e in spans for a, b in ((s, min(e, begin)), (max(s, finish), e)) if a < b]
    return spans


def length(spans: list[Span]) -> float:
    """Hours of stretches that do not overlap."""
    return sum((end - start) / _HOUR for start, end in spans)


def owed(p: Published) -> dict[str, list[Span]]:
    """When each event counts: without what it excuses and what its program's season has no calls or hours left for."""
    found = {}
    for event in many(p.farm, "events"):
        excused = [(p.moment(s["start"]), p.moment(s["end"])) for s in many(event, "excused")]
        found[event["name"]] = cut_off([(p.moment(event["start"]), p.moment(event["end"]))], excused)
    for program in many(p.farm, "programs"):
        assert program.get("season_months") is None, "only programs of the whole year are read here"
        year, calls, hours = None, 0.0, 0.0
        counted: list[Span] = []
        until = pd.Timestamp.min.tz_localize("UTC")
        mine = [e for e in many(p.farm, "events") if e.get("program") == program["name"] and found[e["name"]]]
        for event in sorted(mine, key=lambda event: found[event["name"]]):
            begin, end = p.moment(event["start"]), p.moment(event["end"])
            if (local := begin.tz_convert(p.farm["timezone"]).year) != year:
                first = year is None
                calls, hours = (number(program, "calls_used"), number(program, "hours_used")) if first else (0.0, 0.0)
                year, counted, until = local, [], pd.Timestamp.min.tz_localize("UTC")
            spans = found[event["name"]]
            if begin >= until and calls >= number(program, "calls_per_season", np.inf):
                found[event["name"]] = []
                continue
            new = cut_off(spans, counted)
            reached = _first(new, max(number(program, "hours_per_season", np.inf) - hours, 0.0))
            found[event["name"]] = spans = cut_off(spans, cut_off(new, reached))
            if not spans:
                continue
            calls += begin >= until
            hours += length(reached)
            counted = counted + reached
            until = max(until, end)
    return found


def _first(spans: list[Span], hours: float) -> list[Span]:
    found = []
    for start, end in spans:
        if hours > 0:
            found.append((start, end if (end - start) / _HOUR <= hours else start + hours * _HOUR))
            hours -= (end - start) / _HOUR
    return found


def _loads(p: Published) -> tuple[F, F]:
    """Site load with every machine off, and with all of them in their strongest mode."""
    site = p.farm["site"]
    auxiliary = p.values("auxiliary", site.get("auxiliary_load_mw"))
    pue = site.get("pue")
    if isinstance(pue, dict):
        pue = np.interp(p.temperature, np.array(pue["temperature_c"], float), np.array(pue["pue"], float))
    factor = np.ones(len(p.hours)) * np.asarray(1.0 if pue is None else pue, dtype=np.float64) / 1e6
    off, full = auxiliary.copy(), auxiliary.copy()
    for group in p.farm["fleet"]:
        off += p.available[group["name"]] * number(group, "standby_w") * factor
        full += p.available[group["name"]] * max(point(group, mode)[1] for mode in modes(group)) * factor
    return off, full


def _baseline(p: Published, given: object) -> F:
    """What the site draws without a call, MW: as told, else full load less on-site power, within the import limit."""
    if given is not None:
        return np.full(len(p.hours), float(str(given)))
    onsite = p.farm["energy"].get("onsite") or {}
    power = p.values("onsite", onsite.get("available_mw"))
    return np.clip(_loads(p)[1] - power, 0.0, p.values("import limit", p.farm["site"]["import_limit_mw"]))


def _level(p: Published, cut: Plain) -> F:
    form = cut["form"]
    if form == "to_level":
        return np.full(len(p.hours), number(cut, "mw"))
    if form == "by_amount":
        return np.maximum(_baseline(p, cut.get("baseline_mw")) - number(cut, "mw"), 0.0)
    if form == "to_share":
        return _baseline(p, cut.get("baseline_mw")) * number(cut, "share")
    return _loads(p)[0]


def _binding(p: Published, event: Plain, spans: list[Span]) -> list[Span]:
    answered = p.moment(event["start"]) + pd.Timedelta(minutes=number(event, "respond_minutes"))
    return [(max(start, answered), end) for start, end in spans if end > answered]


def penalties(p: Published, imported: F) -> tuple[float, float]:
    """USD for MWh drawn above calls, and, once for each call, for the most MW above it."""
    energy = once = 0.0
    before = (p.farm.get("state") or {}).get("missed_mw") or {}
    for event in many(p.farm, "events"):
        spans = owed(p)[event["name"]]
        if event.get("cut") is None or not spans:
            continue
        level = _level(p, event["cut"])
        cap = np.full(len(p.hours), np.inf)
        for start, end in _binding(p, event, spans):
            cap = np.where((p.starts < end) & (p.ends > start), level, cap)
        if event.get("restore_mw_per_hour") is not None:
            released = spans[-1][1]
            risen = level + number(event, "restore_mw_per_hour") * np.asarray((p.ends - released) / _HOUR)
            cap = np.where((p.starts >= released) & (risen < _loads(p)[1]), risen, cap)
        above = np.maximum(imported - cap, 0.0)
        energy += float(above @ p.hours) * number(event, "violation_usd_per_mwh")
        beyond = max(float(above.max()) - number(before, event["name"]), 0.0)
        once += beyond * number(event, "violation_usd_per_mw") if above.max() > 0.0 else 0.0
    return energy, once


def _pieces(p: Published, paying: list[tuple[Plain, list[Span]]]) -> Iterator[tuple[int, float, list[Plain]]]:
    """Pieces of intervals in which the same events pay: interval, hours, events."""
    for t, (start, end) in enumerate(zip(p.starts, p.ends, strict=True)):
        edges = {start, end} | {edge for _, spans in paying for span in spans for edge in span if start < edge < end}
        for a, b in pairwise(sorted(edges)):
            here = [event for event, spans in paying if any(s <= a and b <= e for s, e in spans)]
            if here:
                yield t, (b - a) / _HOUR, here


def payments(p: Published, imported: F) -> float:
    """USD paid for cuts: of each MW cut in a piece of time the best use, found by a small linear program."""
    spans = owed(p)
    events = [event for event in many(p.farm, "events") if event.get("payment") is not None]
    paying = [(event, _binding(p, event, spans[event["name"]])) for event in events]
    total = 0.0
    for t, hours, here in _pieces(p, paying):
        offers = [event["payment"] for event in here]
        baseline = np.array([_baseline(p, offer.get("baseline_mw"))[t] for offer in offers])
        price = np.array([number(offer, "usd_per_mwh") for offer in offers])
        most = [(0.0, number(offer, "most_mw", np.inf)) for offer in offers]
        below = np.array([baseline <= level for level in baseline], dtype=np.float64)
        sold = linprog(-price, A_ub=below, b_ub=np.maximum(baseline - imported[t], 0.0), bounds=most)
        total += -sold.fun * hours
    return total
