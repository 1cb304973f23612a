"""What must be true of the set-points after every run, whatever happened. Imports nothing of the program."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.daily.walk.controller import Controller, moment_of
from tests.daily.walk.orders import Orders

STATUSES = {"planned", "stopped early", "kept", "nearest", "safe", "nothing", "run out"}
SOURCES = {"plan", "kept", "nearest", "posture"}
STALE_SOURCES, STALE_STATUSES = {"kept", "posture"}, {"kept", "safe", "nothing", "run out"}
CODES = {0, 2, 3, 4, 5, 6}
TINY = 1e-6


@dataclass(frozen=True)
class Look:
    """One look of the job: when, how it ended, and what was known of the moments before it.

    before: most that may have been drawn just before the interval that ``at`` lies in, MW; None where nothing is known.
    lost: whether the state that the job carries was lost since it last planned.
    """

    at: datetime
    start: datetime
    code: int | None  # None of a watch, which goes on
    before: float | None
    lost: bool
    hurt: bool  # whether this run was killed or met a full disk
    silent: bool = False  # whether a watch has waited too long for its feed


def faults(look: Look, orders: Orders, controller: Controller) -> Iterator[str]:
    """What is wrong with the set-points that stand after a run."""
    if look.code is not None and look.code not in CODES and not (look.hurt and look.code == 1):
        yield f"exit code {look.code}"
    document = controller.document
    if document is None:
        return
    fresh = moment_of(document["made_at"]) == look.at.replace(microsecond=0)
    if not fresh:
        if not look.hurt:
            yield f"the set-points were not written: made at {document['made_at']}, looked at {look.at:%d %H:%M:%S}"
        return
    yield from _form(document, look, orders)
    yield from _limits(look, orders, controller)
    yield from _nearest(document, look, orders)
    if not look.hurt:
        yield from _twin(document, controller.file.with_suffix(".csv"))


def _form(document: dict[str, Any], look: Look, orders: Orders) -> Iterator[str]:
    status, source = document["status"], document["source"]
    if status not in STATUSES or (source not in SOURCES and (source, status) != (None, "nothing")):
        yield f"status {status!r}, source {source!r}"
    if (source in STALE_SOURCES or status in STALE_STATUSES) and not document["stale"]:
        yield f"source {source}, status {status}: not stale"
    if look.silent and look.code is None and not document["stale"]:
        yield "the feed is silent: not stale"
    if source == "plan" and status == "planned" and document["stale"] and not look.silent:
        yield "a plan of today's data is stale"
    if look.code is not None and (
        (status == "planned") != (look.code == 0) or (status == "nearest" and look.code != 6)
    ):
        yield f"status {status} with exit code {look.code}"
    if status == "run out" and moment_of(document["valid_until"]) > look.at:
        yield "run out, and still valid"
    ran = status in ("run out", "nothing")
    for row in document["setpoints"]:
        place, name = f"{row['group']}/{row['mode']}", row["group"]
        if (row["group"], row["mode"]) not in orders.fleet.watts:
            yield f"{place} is no group and mode of the farm"
            continue
        if moment_of(row["since"]) > look.at or (moment_of(row["until"]) <= look.at and not ran):
            yield f"{place} runs since {row['since']} until {row['until']}, made at {document['made_at']}"
        then = row["next"]
        if then and (moment_of(then["at"]) <= look.at or moment_of(then["at"]) != moment_of(row["until"])):
            yield f"{place} changes at {then['at']}, until {row['until']}, made at {document['made_at']}"
        size, units = orders.fleet.container[name], orders.fleet.units[name]
        for count in (row["machines_on"], *([then["machines_on"]] if then else [])):
            if not 0 <= count <= units or count % size not in (0, units % size):
                yield f"{place}: {count} of {units} machines in containers of {size}"
    wrong = set(orders.fleet.watts) ^ {(r["group"], r["mode"]) for r in document["setpoints"]}
    if wrong and not ran:
        yield f"set-points missing or too many: {sorted(wrong)}"


def _limits(look: Look, orders: Orders, controller: Controller) -> Iterator[str]:
    """Nothing in force above what is allowed, or above what cannot be avoided, until the next look."""
    document, fleet = controller.document, orders.fleet
    least = fleet.least_path(look.before, look.start)
    ends = moment_of(document["valid_until"])
    changes = [moment_of(row["next"]["at"]) for row in document["setpoints"] if row["next"]]
    for moment in sorted({look.at, *(m for m in (*changes, *orders.edges()) if look.at < m < ends)}):
        drawn, allowed = fleet.import_mw(controller.running(moment)), orders.allowed(moment)
        if not controller.valid(moment) or drawn <= allowed + TINY:
            continue
        floor = next((level for a, b, level in least if a <= moment < b), fleet.idle_mw)
        told = f"{moment:%d %H:%M}Z: {drawn:.4f} MW where {allowed:.4f} is allowed"
        source = f"({document['source']}, {document['status']})"
        if drawn > floor + fleet.container_mw + TINY:
            yield f"{told} and {floor:.4f} can be reached {source}"
        elif not look.lost:
            bind = [call for call in orders.calls if orders.most(call, moment) < drawn - TINY]
            promised = min((orders.promised(call, moment) for call in bind), default=math.inf)
            if drawn > promised + 2 * fleet.container_mw + TINY:
                yield f"{told} and {promised:.4f} was within reach when the call became known {source}"
    drawn = fleet.import_mw(controller.running(look.at))
    if not controller.valid(look.at):
        return
    short = drawn - orders.asked(look.at)
    if short > max(TINY, document["short_mw"] + 1e-3):
        yield f"is {short:.4f} MW short, and tells of {document['short_mw']:.4f} MW"
    span = fleet.longest
    strictest = min(orders.asked(look.at - span, 2 * span, doubtful=True), orders.asked(look.at))
    if document["short_mw"] > max(drawn - strictest, 0.0) + 1e-3:
        yield f"tells of {document['short_mw']:.4f} MW short, draws {drawn:.4f} where {strictest:.4f} is asked"


def _nearest(document: dict[str, Any], look: Look, orders: Orders) -> Iterator[str]:
    """Nearest only where no schedule meets the calls, which bind in the whole of an interval that they touch."""
    if document["source"] != "nearest" or look.lost:
        return
    path, longest = orders.fleet.least_path(look.before, look.start), orders.fleet.longest
    if all(level <= orders.asked(a, longest, doubtful=True) + TINY for a, _, level in path):
        yield "nearest, where a schedule meets every call"


def _twin(document: dict[str, Any], file: Path) -> Iterator[str]:
    """The CSV file says the same."""
    with file.open(newline="", encoding="utf-8") as text:
        rows = list(csv.DictReader(text))
    mark = str(document["epoch"]), str(document["sequence"])
    here = [(*mark, row["group"], row["mode"], str(row["machines_on"])) for row in document["setpoints"]]
    there = [(row["epoch"], row["sequence"], row["group"], row["mode"], row["machines_on"]) for row in rows]
    if here != there:
        yield f"the CSV file says {there}, the JSON file {here}"
