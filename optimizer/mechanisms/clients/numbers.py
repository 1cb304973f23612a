"""Promises of uptime: the hours that count, what is owed in them, and what of the downtime is left."""

from __future__ import annotations

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.engine.language import AnySet, LabelSet, Map, RangeSet
from optimizer.engine.parts import Part
from optimizer.mechanisms.clients.config import Client
from optimizer.mechanisms.clients.facts import Promise, credit_steps, fee_usd_per_hour
from optimizer.mechanisms.clients.state import promised


def numbers(c: Conditions) -> Part:
    """Sets and parameters."""
    clients = c.farm.sections(Client)
    known = promised(c)
    credit = credit_steps(c, known)
    points = [group.name for group in c.farm.fleet for _ in group.modes]
    hours = [_hours(promise, points) for promise in known]
    stop = np.cumsum([len(mine) for mine in hours], dtype=np.int64)
    start = stop - np.array([len(mine) for mine in hours], dtype=np.int64)
    rows = np.vstack([np.zeros((0, 3)), *hours])
    sets: dict[str, AnySet] = {
        "PROMISES": LabelSet(tuple((clients[one.client].name, c.billing.periods[one.period].label) for one in known)),
        "PROMISED_HOURS": LabelSet(tuple(range(len(rows)))),
        "HOURS_OF_PROMISE": RangeSet("PROMISED_HOURS", ("PROMISES",), start, stop),
        "point_of_promised": Map("POINTS", ("PROMISED_HOURS",), rows[:, 0].astype(np.int64)),
        "interval_of_promised": Map("INTERVALS", ("PROMISED_HOURS",), rows[:, 1].astype(np.int64)),
        "UPTIME_STEPS": LabelSet(tuple(range(len(credit)))),
        "promise_of_step": Map("PROMISES", ("UPTIME_STEPS",), np.array([s.promise for s in credit], dtype=np.int64)),
    }
    return sets, {
        "promised_hours": rows[:, 2],
        "promise_owed": np.array([float((one.hours * one.owed).sum()) for one in known]),
        "downtime_left": np.array([step.left for step in credit]),
        "uptime_credit_usd": np.array([step.adds_usd or 0.0 for step in credit]),
        "uptime_missed_limit": np.array([0.0 if step.adds_usd is None else np.inf for step in credit]),
        "client_fees_usd_per_hour": sum((fee_usd_per_hour(c, one) for one in clients), np.zeros(len(c.grid))),
        "client_cut_income_share": np.array(sum(one.cut_income_share for one in clients)),
    }


def _hours(promise: Promise, points: list[str]) -> np.ndarray:
    """Point, interval and hours of every hour that counts, by the groups of the points."""
    mine = {group.name for group in promise.groups}
    at = np.flatnonzero(promise.hours)
    return np.array([(p, t, promise.hours[t]) for p, name in enumerate(points) if name in mine for t in at]).reshape(
        -1, 3
    )
