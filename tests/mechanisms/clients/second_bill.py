"""What clients pay and are credited, billed a second time from published files alone."""

from __future__ import annotations

import numpy as np

from optimizer.arrays import F, Int
from tests.audit.calls import owed
from tests.audit.clock import expected, periods
from tests.audit.published import Plain, Published, many, number


def second_bill(p: Published, lines: dict[str, float]) -> dict[str, float]:
    """USD by line, from what other lines come to."""
    clients = many(p.farm, "clients")
    shared = sum(number(client, "cut_income_share") for client in clients)
    fees = credit = 0.0
    for client in clients:
        for period in periods(p):
            length = (period.ends - period.begins).total_seconds() / 3600.0
            fees += number(client, "fee_usd_per_month") * float(p.hours[period.inside].sum()) / length
        credit += credited(p, client)
    return {"client_fees": fees, "uptime_credits": -credit, "client_cut_share": -shared * lines["event_payment"]}


def credited(p: Published, client: Plain) -> float:
    """Service credits of a client, hour by hour: each machine-hour at the price of the step that it falls into."""
    uptime = client.get("uptime") or {}
    steps = many(uptime, "credits")
    groups = [group for group in p.farm["fleet"] if group["name"] in client["groups"]]
    installed = sum(float(group["units"]) for group in groups)
    running = np.sum([p.running(group) for group in groups], axis=0)
    there = np.sum([p.available[group["name"]] for group in groups], axis=0)
    told = (p.farm.get("state") or {}).get("uptime") or {}
    terms, usd = uptime.get("excused") or {}, 0.0
    free = excused(p, terms)
    for period in periods(p) if steps else ():
        length = installed * (period.ends - period.begins).total_seconds() / 3600.0
        down, repaired = (
            (told.get(key) or {}) if period.begun else {}
            for key in ("downtime_machine_hours", "maintenance_machine_hours")
        )
        so_far, used = number(down, client["name"]), number(repaired, client["name"])
        most = np.inf if terms.get("maintenance_hours") is None else float(terms["maintenance_hours"]) * installed
        after = expected(p, "downtime_machine_hours", client["name"], period.label)
        left = [
            max(
                period.left_of(
                    p, (1.0 - number(step, "below", number(uptime, "share"))) * length - so_far, after=after
                ),
                0.0,
            )
            for step in steps
        ]
        total = 0.0
        for t in np.flatnonzero(period.inside & (free == 0)).tolist():
            out = p.hours[t] * (installed - there[t])
            repair = min(out, max(most - used, 0.0))
            used += repair
            hours = p.hours[t] * (installed - running[t]) - repair
            bounds = [*left, np.inf]
            for step, low, high in zip(steps, bounds[:-1], bounds[1:], strict=True):
                usd += max(min(total + hours, high) - max(total, low), 0.0) * price(client, step, length)
            total += hours
    return usd


def price(client: Plain, step: Plain, length: float) -> float:
    """USD per machine-hour in a step."""
    if step.get("usd_per_machine_hour") is not None:
        return float(step["usd_per_machine_hour"])
    return float(step["fee_share_per_point"]) * number(client, "fee_usd_per_month") / (length / 100.0)


def excused(p: Published, terms: Plain) -> Int:
    """One in intervals whose downtime does not count; calls here answer at once and restore at once."""
    free: F = np.zeros(len(p.hours))
    if terms.get("above_usd_per_mwh") is not None:
        free[p.values("price", p.farm["energy"]["price_usd_per_mwh"]) > float(terms["above_usd_per_mwh"])] = 1.0
    named = terms.get("calls") or ()
    for event in many(p.farm, "events"):
        if named == "all" or event["name"] in named or event.get("program") in named:
            for start, end in owed(p)[event["name"]]:
                free[np.asarray((p.starts < end) & (p.ends > start))] = 1.0
    return free.astype(np.int64)
