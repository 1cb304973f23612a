"""The charts of a plan. Groups stand in merit order: the one that can pay most for power is at the bottom of the stack,
and stops last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import Settlement
from optimizer.arrays import F
from optimizer.config.fleet import Group
from optimizer.mechanisms.calls.config import Event
from optimizer.mechanisms.calls.facts import caps
from optimizer.money import currency
from optimizer.plan.explain import Explanation
from optimizer.plan.items import PLAIN_ITEMS, item_title
from optimizer.plan.tables import group_load_mw
from optimizer.report.kit.charts import MOST_GROUPS, price_range, reason_parts, timeline, trace
from optimizer.report.kit.packing import Bins, bins_of, decimals_of, packed
from optimizer.report.kit.reasons import looks
from optimizer.report.kit.text import plural, trimmed

RUNNING = "running"

if TYPE_CHECKING:  # at run time it would bring the solver with it
    from optimizer.plan.planning import Plan


def describe(plan: Plan) -> dict[str, Any]:
    """The charts of a plan, for JSON."""
    shown = _Describer(plan.conditions, plan.dispatch, plan.explanation)
    return shown.timeline([shown.prices(), shown.load(plan.settled), shown.rows()])


def describe_rows(c: Conditions, dispatch: Dispatch, off: Mapping[Reason, F]) -> dict[str, Any]:
    """The groups of a schedule over time alone, for JSON. off: machines by reason, (groups, intervals)."""
    nothing = np.zeros((len(c.farm.fleet), len(c.grid)))
    shown = _Describer(c, dispatch, Explanation({}, nothing[0], nothing, nothing, off))
    return shown.timeline([shown.rows()])


class _Describer:
    def __init__(self, c: Conditions, dispatch: Dispatch, explanation: Explanation) -> None:
        self.c, self.dispatch, self.explanation = c, dispatch, explanation
        self.bins: Bins = bins_of(c.grid)
        self.series: dict[str, Any] = {}
        hours, fleet = c.grid.hours, c.farm.fleet
        size = np.array([group.units * max(p.power_w for p in group.points.values()) for group in fleet])
        named = np.argsort(-size, kind="stable")[:MOST_GROUPS].tolist()
        worth = np.average(explanation.strike, axis=1, weights=hours)
        self.named: list[int] = sorted(named, key=lambda g: (-worth[g], g))
        self.modes = modes_by_name(fleet)
        self.others = [g for g in range(len(fleet)) if g not in named]

    def timeline(self, charts: list[dict[str, Any]]) -> dict[str, Any]:
        """Charts over the plan, zoomed together."""
        grid = self.c.grid
        return timeline(
            grid.timezone,
            int(grid.starts[0].timestamp()),
            self.bins.lengths * 60.0,
            self.series,
            charts,
            self.bins.kind,
        )

    def _send(self, key: str, values: F, decimals: int) -> str:
        self.series[key] = packed(self.bins.mean(values), decimals)
        return key

    def _bands(self) -> list[dict[str, Any]]:
        c, begin, end = self.c, self.c.grid.starts[0], self.c.grid.end
        bands = []
        for e, event in enumerate(c.farm.sections(Event)):
            held = [cap for cap in caps(c) if cap.event == e and not cap.restoring]
            if held:
                touched = [cap.interval for cap in held]
                first, last = c.grid.starts[min(touched)], c.grid.ends[max(touched)]
                lowest = min(cap.cap_mw for cap in held)
                bands.append(
                    {
                        "from": int(max(first, begin).timestamp()),
                        "to": int(min(last, end).timestamp()),
                        "label": event.name,
                        "detail": f"import at most {trimmed(lowest)} MW",
                        "level": round(lowest, 4),
                    }
                )
        return bands

    def _colour(self, place: int) -> str:
        return f"c{place % MOST_GROUPS}"

    def prices(self) -> dict[str, Any]:
        """Prices of power against what each group can pay."""
        market, e = self.c.market, self.explanation
        mean = self.bins.mean
        lines = [
            trace(self._send("marginal", e.marginal_price, 2), "Marginal power price", "marginal", width=2.5),
            trace(self._send("price", market.energy_price_usd_per_mwh, 2), "Energy price", "price", dash=[2, 3]),
        ]
        merged: dict[bytes, dict[str, Any]] = {}
        for place, g in enumerate(self.named):
            values = np.round(mean(e.strike[g]), 2)
            name = self.c.farm.fleet[g].name
            if values.tobytes() in merged:
                merged[values.tobytes()]["label"] += f", {name}"
                continue
            line = trace(self._send(f"strike{g}", e.strike[g], 2), f"Strike: {name}", self._colour(place), width=1.75)
            merged[values.tobytes()] = line
        lines += merged.values()
        for name, item in e.items.items():
            if name not in PLAIN_ITEMS:
                key = self._send(f"item_{name}", item, 2)
                lines.append(trace(key, item_title(name), "", hover=True))
        prices = np.concatenate([mean(e.marginal_price), mean(market.energy_price_usd_per_mwh)])
        return {
            "id": "price",
            "kind": "lines",
            "unit": f"{currency()}/MWh",
            "decimals": 2,
            **price_range(prices, mean(e.strike[self.named])),
            "series": lines,
            "bands": [{**band, "level": None} for band in self._bands()],
        }

    def load(self, settled: Settlement) -> dict[str, Any]:
        """What each group draws, stacked, and what the farm imports."""
        fleet, limit = self.c.farm.fleet, self.c.market.import_limit_mw
        load = group_load_mw(self.c, self.dispatch)
        top = float(max(settled.flows.load_mw.max(), settled.import_mw.max()))
        decimals = decimals_of(top)
        stack = []
        auxiliary = self.c.market.auxiliary_load_mw
        if auxiliary.any():
            stack.append(trace(self._send("auxiliary", auxiliary, decimals), "Auxiliary", "auxiliary"))
        for place, g in enumerate(self.named):
            stack.append(trace(self._send(f"load{g}", load[g], decimals), fleet[g].name, self._colour(place)))
        if self.others:
            rest = self._send("load_others", load[self.others].sum(axis=0), decimals)
            stack.append(trace(rest, plural(len(self.others), "other group"), "others"))
        lines = []
        if float(np.abs(settled.import_mw - settled.flows.load_mw).max()) > 0.5 * 10.0**-decimals:
            lines.append(trace(self._send("import", settled.import_mw, decimals), "Grid import", "marginal", width=2))
        far = float(limit.min()) > 1.6 * top  # a limit far off would press the load into the ground
        lines.append(trace(self._send("limit", limit, decimals), "Import limit", "limit", dash=[8, 4], hover=far))
        highest = top if far else max(top, float(limit[limit <= 1.6 * top].max(initial=0.0)))
        return {
            "id": "load",
            "kind": "stack",
            "unit": "MW",
            "decimals": decimals,
            "range": [min(0.0, float(settled.import_mw.min())), highest * 1.06],
            "full": None,
            "stack": stack,
            "series": lines,
            "bands": self._bands(),
        }

    def rows(self) -> dict[str, Any]:
        """What runs in which mode, group by group, and why the rest does not."""
        fleet, present = self.c.farm.fleet, [r for r in looks() if r in self.explanation.off]
        rows = [self._row(f"{g}", fleet[g].name, [g], present) for g in self.named]
        if self.others:
            rows.append(self._row("_others", plural(len(self.others), "other group"), self.others, present))
        return {
            "id": "reasons",
            "kind": "rows",
            "unit": "machines",
            "parts": reason_parts(present, self.modes),
            "rows": rows,
            "bands": self._bands(),
        }

    def _row(self, key: str, label: str, members: Sequence[int], present: Sequence[Reason]) -> dict[str, Any]:
        """A group's machines by mode, then those off by reason; together all that are installed."""
        fleet, off = [self.c.farm.fleet[g] for g in members], self.explanation.off
        decimals = 0 if self.bins.kind == "interval" else 1
        keys = {}
        for part, mode in enumerate(self.modes):
            on = [self.dispatch.units_on[group.name, mode] for group in fleet if mode in group.modes]
            if on or mode == RUNNING:
                units = np.sum(on or [self.dispatch.running(group) for group in fleet], axis=0)
                keys[str(part)] = self._send(f"on{key}_{part}", units, decimals)
        for part, reason in enumerate(present, start=len(self.modes)):
            units = off[reason][list(members)].sum(axis=0)
            if units.any():
                keys[str(part)] = self._send(f"off{key}_{part}", units, decimals)
        return {"label": label, "total": sum(group.units for group in fleet), "parts": keys}


def modes_by_name(fleet: Sequence[Group]) -> tuple[str, ...]:
    """The modes of a fleet by name, the most frugal first; where it has but one, that machines run says enough."""
    shares: dict[str, list[float]] = {}
    for group in fleet:
        most = max(point.power_w for point in group.points.values())
        for mode, point in group.points.items():
            shares.setdefault(mode, []).append(point.power_w / most)
    return tuple(sorted(shares, key=lambda mode: float(np.mean(shares[mode])))) if len(shares) > 1 else (RUNNING,)
