"""What the site may draw, what power costs, what peaks are billed, what calls ask and pay; in whole numbers."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from pyscipopt import quicksum

from tests.audit.published import Plain, many, modes, number, point
from tests.audit.ratchets import peak_bills
from tests.individuals.machines import Machine, Model, draw_mw, in_service


def loads(m: Model, machines: list[Machine]) -> list[Any]:
    """Load behind the meter, MW."""
    site = m.farm["site"]
    pue = number(site, "pue", 1.0)
    return [
        pue * quicksum(term for machine in machines for term in draw_mw(machine, t)) + number(site, "auxiliary_load_mw")
        for t in m.times
    ]


def full_load_mw(m: Model, t: int) -> float:
    """Load with every machine in service on in its strongest mode, MW."""
    pue = number(m.farm["site"], "pue", 1.0)
    watts = sum(in_service(m, g)[t] * max(point(g, mode)[1] for mode in modes(g)) for g in m.farm["fleet"])
    return pue * watts / 1e6 + number(m.farm["site"], "auxiliary_load_mw")


def imports(m: Model, machines: list[Machine]) -> list[Any]:
    """MW through the meter, balanced with on-site power and export, within the site's limits."""
    onsite = m.farm["energy"].get("onsite") or {}
    drawn = []
    for t, load in enumerate(loads(m, machines)):
        imported = m.number(number(m.farm["site"], "import_limit_mw"))
        used, exported = m.number(number(onsite, "available_mw")), m.number(number(onsite, "export_limit_mw"))
        m.hold(imported + used == load + exported)
        m.hold(exported <= used)
        earned = number(onsite, "export_price_usd_per_mwh") * exported - number(onsite, "cost_usd_per_mwh") * used
        m.profit.append(m.hours[t] * earned)
        drawn.append(imported)
    _ramps(m, machines, drawn)
    return drawn


def _ramps(m: Model, machines: list[Machine], imported: list[Any]) -> None:
    """Import rises and falls no faster than allowed, but for load that falls away with machines an outage takes."""
    site, before = m.farm["site"], (m.farm.get("state") or {}).get("grid_import_mw")
    for t in m.times:
        if t == 0 and before is None:
            continue
        earlier = float(str(before)) if t == 0 else imported[t - 1]
        if site.get("ramp_up_mw_per_hour") is not None:
            m.hold(imported[t] - earlier <= number(site, "ramp_up_mw_per_hour") * m.hours[t])
        if site.get("ramp_down_mw_per_hour") is not None:
            groups = [[i for i in machines if i.group is group] for group in m.farm["fleet"]]
            fallen = number(site, "pue", 1.0) * quicksum(_falls_away(m, group, t) for group in groups)
            if t > 0 and _binding_mw(m, t) < _binding_mw(m, t - 1):
                reach = max(_binding_mw(m, t), _idle_mw(m, t))
                m.hold(earlier <= reach + number(site, "ramp_down_mw_per_hour") * min(m.hours) + fallen)
            m.hold(earlier - imported[t] <= number(site, "ramp_down_mw_per_hour") * m.hours[t] + fallen)


def _binding_mw(m: Model, t: int) -> float:
    """The most import that no price lifts: calls, baselines of calls that owe a cut and are paid, the site's limit."""
    most = number(m.farm["site"], "import_limit_mw")
    for event in many(m.farm, "events"):
        if event.get("cut") is None or t not in m.touched(event["start"], event["end"]):
            continue
        if event.get("violation_usd_per_mwh") is None:
            most = min(most, number(event["cut"], "mw"))
        if event.get("payment") is not None:
            most = min(most, _baseline_mw(m, event["payment"], t))
    return most


def _idle_mw(m: Model, t: int) -> float:
    """Import with every machine off."""
    site, onsite = m.farm["site"], m.farm["energy"].get("onsite") or {}
    standby = sum(in_service(m, g)[t] * number(g, "standby_w") for g in m.farm["fleet"]) / 1e6
    idle = number(site, "pue", 1.0) * standby + number(site, "auxiliary_load_mw")
    return max(idle - number(onsite, "available_mw"), 0.0)


def _falls_away(m: Model, machines: list[Machine], t: int) -> Any:
    """MW that fall away with machines of a group that an outage takes: standby, and beyond it what those that ran drew.

    Where others of the group start in their place that is nothing; it is no more than the group's load falls by, nor
    than the group drew as the plan began.
    """
    group, unreplaced = machines[0].group, m.yes_or_no()
    standby = number(group, "standby_w") / 1e6
    extra = {mode: point(group, mode)[1] / 1e6 - standby for mode in modes(group)}
    beyond: list[Any] = []
    for machine in machines:
        m.hold(machine.started[t] <= 1 - unreplaced)
        for mode, ran in machine.ran(t - 1).items():
            taken = m.number(1)
            m.hold(taken <= ran)
            m.hold(taken <= machine.taken[t])
            m.hold(taken <= unreplaced)
            beyond.append(extra[mode] * taken)

    def draw(t: int) -> Any:
        return quicksum(extra[mode] * ran for machine in machines for mode, ran in machine.ran(t).items())

    most = len(machines) * max(extra.values())
    m.hold(quicksum(beyond) <= draw(t - 1) - draw(t) + most * (1 - unreplaced))
    m.hold(quicksum(beyond) <= draw(-1))
    return quicksum(beyond) + standby * quicksum(machine.taken[t] for machine in machines)


def buy(m: Model, imported: list[Any], prices: list[float]) -> None:
    """Power at the hub: blocks are paid for anyway; spot only beside kept blocks that are full."""
    energy = m.farm["energy"]
    for t in m.times:
        billed = (1.0 + number(energy, "loss_share")) * imported[t]
        m.profit.append(-m.hours[t] * number(energy, "adders_usd_per_mwh") * billed)
        spot, most = m.number(), 2.0 * number(m.farm["site"], "import_limit_mw")
        sources = [spot]
        m.profit.append(-m.hours[t] * prices[t] * spot)
        for block in many(energy, "blocks"):
            size = number(block, "mw")
            used = m.number(size)
            m.profit.append(-m.hours[t] * size * number(block, "price_usd_per_mwh"))
            if block.get("resale") is not None:
                paid = min(prices[t], number(block["resale"], "cap_usd_per_mwh", float("inf")))
                m.profit.append(m.hours[t] * (paid - number(block["resale"], "fee_usd_per_mwh")) * (size - used))
            else:
                full = m.yes_or_no()
                m.hold(spot <= most * full)
                m.hold(used >= size * full)
            sources.append(used)
        m.hold(billed == quicksum(sources))


def answer_calls(m: Model, imported: list[Any]) -> None:
    """Calls cap import, at a price where they have one; cuts below a baseline are paid for, each megawatt once.

    Where a cut is owed and paid for, import stays at or below the baseline; an offer to cut holds nobody.
    """
    for event in many(m.farm, "events"):
        worst = m.number()
        for t in m.touched(event["start"], event["end"]) if event.get("cut") is not None else ():
            above = m.number(None if event.get("violation_usd_per_mwh") is not None else 0.0)
            m.hold(imported[t] <= number(event["cut"], "mw") + above)
            m.hold(above <= worst)
            m.profit.append(-m.hours[t] * number(event, "violation_usd_per_mwh") * above)
            if event.get("payment") is not None:
                m.hold(imported[t] <= _baseline_mw(m, event["payment"], t))
    paying = [event for event in many(m.farm, "events") if event.get("payment") is not None]
    spans = [(m.since(event["start"]), m.since(event["end"])) for event in paying]
    for t in m.times:
        begin, end = m.begin(t), m.begin(t) + m.hours[t]
        edges = sorted({begin, end, *(edge for span in spans for edge in span if begin < edge < end)})
        for a, b in pairwise(edges):
            offers = [event["payment"] for event, (x, y) in zip(paying, spans, strict=True) if x <= a and b <= y]
            if offers:
                _sell_cuts(m, imported[t], b - a, [(_baseline_mw(m, offer, t), offer) for offer in offers])


def _baseline_mw(m: Model, offer: Plain, t: int) -> float:
    """What the site draws without a call: as told, else full load less on-site power, within the import limit."""
    onsite = number(m.farm["energy"].get("onsite") or {}, "available_mw")
    limit = number(m.farm["site"], "import_limit_mw")
    return number(offer, "baseline_mw", min(max(full_load_mw(m, t) - onsite, 0.0), limit))


def _sell_cuts(m: Model, imported: Any, hours: float, offers: list[tuple[float, Plain]]) -> None:
    """Import lies above a baseline and nothing is sold below it, or at or below it and every megawatt is sold once."""
    limit = number(m.farm["site"], "import_limit_mw")
    sold = [m.number(number(offer, "most_mw", baseline)) for baseline, offer in offers]
    for level in {baseline for baseline, _ in offers}:
        below = m.yes_or_no()
        m.hold(imported <= level + max(limit - level, 0.0) * (1 - below))
        lower = quicksum(mw for mw, (baseline, _) in zip(sold, offers, strict=True) if baseline <= level)
        m.hold(lower <= level - imported + max(limit - level, 0.0) * (1 - below))
        m.hold(lower <= level * below)
    for mw, (_, offer) in zip(sold, offers, strict=True):
        m.profit.append(hours * number(offer, "usd_per_mwh") * mw)


def bill_tags(m: Model, imported: list[Any], chances: dict[str, list[float]]) -> None:
    """Of a month's one coincident peak the expected excess above the floor, beyond what is expected anyway."""
    for charge in many(m.farm["energy"], "coincident_peaks"):
        rule = charge["rule"]
        assert rule["per"] == "month" and int(rule["count"]) == 1, "one peak a month"
        peaks = len(rule["months"])
        rate = 1000.0 * number(charge, "usd_per_kw_year") + number(charge, "usd_per_mw_year")
        rate *= 1.0 - number(charge, "next_year_discount_share")
        others = (peaks - 1) * number(charge, "elsewhere_mw")
        for t in m.times:
            chance = chances[charge["name"]][t]
            if chance > 0.0:
                excess, anyway = m.number(), max(others / peaks - number(charge, "minimum_mw"), 0.0)
                m.hold(excess >= (others + imported[t]) / peaks - number(charge, "minimum_mw"))
                m.profit.append(-chance * rate * (excess - anyway))


def bill_peaks(m: Model, imported: list[Any]) -> None:
    """Demand charges with ratchets: what the plan adds to the bills of its months and of those its peaks hold up."""
    for charge in many(m.farm["energy"], "demand"):
        rate = 1000.0 * number(charge, "usd_per_kw") + number(charge, "usd_per_mw")
        measured: dict[str, Any] = {}
        for bill in peak_bills(m.plan, charge):
            billed, measured[bill.label] = m.number(), m.number()
            for t in np.flatnonzero(bill.hours > 0).tolist():
                m.hold(imported[t] <= measured[bill.label])
            m.hold(billed >= bill.floor_mw)
            for label, share in {bill.label: 1.0, **bill.held_by}.items():
                m.hold(billed >= share * measured[label])
            m.profit.append(-rate * (billed - bill.owed_mw))
