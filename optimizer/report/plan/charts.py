"""The charts of a plan. Groups stand in merit order: the one that can pay most for power is at the bottom of the stack,
and stops last.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.accounts.reasons import Reason
from optimizer.arrays import F
from optimizer.mechanisms.calls.config import Event
from optimizer.mechanisms.calls.facts import caps
from optimizer.money import currency
from optimizer.plan.items import PLAIN_ITEMS, item_title
from optimizer.plan.tables import group_load_mw
from optimizer.report.kit.charts import MOST_GROUPS, price_range, reason_parts, timeline, trace
from optimizer.report.kit.packing import Bins, bins_of, decimals_of, packed
from optimizer.report.kit.reasons import looks
from optimizer.report.kit.text import plural, trimmed

if TYPE_CHECKING:  # at run time it would bring the solver with it
    from optimizer.plan.planning import Plan


def describe(plan: Plan) -> dict[str, Any]:
    """The charts of a plan, for JSON."""
    return _Describer(plan).page()


class _Describer:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.bins: Bins = bins_of(plan.grid)
        self.series: dict[str, Any] = {}
        hours, fleet = plan.grid.hours, plan.farm.fleet
        size = np.array([group.units * max(p.power_w for p in group.points.values()) for group in fleet])
        named = np.argsort(-size, kind="stable")[:MOST_GROUPS].tolist()
        worth = np.average(plan.explanation.strike, axis=1, weights=hours)
        self.named: list[int] = sorted(named, key=lambda g: (-worth[g], g))
        self.others = [g for g in range(len(fleet)) if g not in named]

    def page(self) -> dict[str, Any]:
        grid, charts = self.plan.grid, [self._price(), self._load(), self._rows()]
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
        c, begin, end = self.plan.conditions, self.plan.grid.starts[0], self.plan.grid.end
        bands = []
        for e, event in enumerate(c.farm.sections(Event)):
            held = [cap for cap in caps(c) if cap.event == e and not cap.restoring]
            if held:
                touched = [cap.interval for cap in held]
                first, last = self.plan.grid.starts[min(touched)], self.plan.grid.ends[max(touched)]
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

    def _price(self) -> dict[str, Any]:
        market, e = self.plan.market, self.plan.explanation
        mean = self.bins.mean
        lines = [
            trace(self._send("marginal", e.marginal_price, 2), "Marginal power price", "marginal", width=2.5),
            trace(self._send("price", market.energy_price_usd_per_mwh, 2), "Energy price", "price", dash=[2, 3]),
        ]
        merged: dict[bytes, dict[str, Any]] = {}
        for place, g in enumerate(self.named):
            values = np.round(mean(e.strike[g]), 2)
            name = self.plan.farm.fleet[g].name
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

    def _load(self) -> dict[str, Any]:
        plan, fleet = self.plan, self.plan.farm.fleet
        settled, limit = plan.settled, plan.market.import_limit_mw
        load = group_load_mw(plan.conditions, plan.dispatch)
        top = float(max(settled.flows.load_mw.max(), settled.import_mw.max()))
        decimals = decimals_of(top)
        stack = []
        auxiliary = plan.market.auxiliary_load_mw
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

    def _rows(self) -> dict[str, Any]:
        fleet, present = self.plan.farm.fleet, [r for r in looks() if r in self.plan.explanation.off]
        rows = [self._row(f"{g}", fleet[g].name, [g], present) for g in self.named]
        if self.others:
            rows.append(self._row("_others", plural(len(self.others), "other group"), self.others, present))
        return {
            "id": "reasons",
            "kind": "rows",
            "unit": "machines",
            "parts": reason_parts(present),
            "rows": rows,
            "bands": self._bands(),
        }

    def _row(self, key: str, label: str, members: Sequence[int], present: Sequence[Reason]) -> dict[str, Any]:
        """A group's machines: part 0 runs, the others are off by reason; together all that are installed."""
        fleet, off = [self.plan.farm.fleet[g] for g in members], self.plan.explanation.off
        decimals = 0 if self.bins.kind == "interval" else 1
        running = np.sum([self.plan.dispatch.running(group) for group in fleet], axis=0)
        keys = {"0": self._send(f"on{key}", running, decimals)}
        for part, reason in enumerate(present, start=1):
            units = off[reason][list(members)].sum(axis=0)
            if units.any():
                keys[str(part)] = self._send(f"off{key}_{part}", units, decimals)
        return {"label": label, "total": sum(group.units for group in fleet), "parts": keys}
