"""Small random farms, by seed: a few machines over a few intervals, with the mechanisms that are asked for."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.accounts.conditions import Conditions
from tests.farms import START, farm, group, market

OUTAGES, RAMPS, TIMES, CALLS, KEPT, RATCHETS, TAGS = MECHANISMS = (
    *("outages", "ramps", "minimum times", "voluntary calls", "kept blocks", "ratchets", "tags"),
)
TAG_RULE = {"months": (2, 6, 7, 8), "count": 1, "per": "month", "interval_minutes": 15, "source": "made up for a test"}


@dataclass(frozen=True)
class Small:
    """A farm and its market; ``chances`` of a coincident peak by charge."""

    conditions: Conditions
    prices: list[float]
    hours: list[float]
    start: str
    chances: dict[str, list[float]]
    mechanisms: frozenset[str]


def small_farm(seed: int, mechanisms: Collection[str] = MECHANISMS) -> Small:
    """A random farm of 1 to 3 groups of 1 to 4 machines over 3 to 7 intervals."""
    return _Draw(random.Random(seed), set(mechanisms)).small()


class _Draw:
    def __init__(self, rng: random.Random, mechanisms: set[str]) -> None:
        self.rng = rng
        # each mechanism in half of the farms, so that they meet in pairs and larger sets
        self.has = {name: rng.random() < 0.5 and name in mechanisms for name in MECHANISMS}
        self.n = rng.randint(3, 7)
        self.hours = [1.0] * self.n if rng.random() < 0.6 else [rng.choice((0.25, 0.5, 1.0)) for _ in range(self.n)]
        over_two_months = self.has[RATCHETS] and rng.random() < 0.5
        self.start = "2026-02-28 22:00+00:00" if over_two_months else START

    def names(self) -> frozenset[str]:
        """The mechanisms that this farm has."""
        return frozenset(name for name, has in self.has.items() if has)

    def maybe(self, value: Any, otherwise: Any = None, chance: float = 0.5) -> Any:
        return value if self.rng.random() < chance else otherwise

    def at(self, hours: float) -> str:
        """A moment of the plan, as the farm file writes it."""
        return f"{pd.Timestamp(self.start) + pd.Timedelta(hours=hours):%Y-%m-%d %H:%M}"

    def stretch(self, least: int = 0) -> tuple[str, str]:
        """Whole intervals in a row, from one of a least position on."""
        first = self.rng.randrange(least, self.n)
        last = self.rng.randint(first, min(first + 2, self.n - 1))
        return self.at(sum(self.hours[:first])), self.at(sum(self.hours[: last + 1]))

    def group(self, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """A group, and what the state says of it."""
        rng = self.rng
        units = rng.randint(1, 4)
        watts = rng.choice((0.25, 0.5, 0.75, 1.0)) * 1e6
        th = watts / 1e6 * rng.choice((600.0, 1_000.0, 1_400.0, 2_300.0)) * rng.choice((0.97, 1.0, 1.03))
        one_mode = rng.random() < 0.6
        other = {} if one_mode else {"eco": (th * 0.7, watts * 0.6)}
        made = group(name, units, th, watts, other_modes=other)
        made["modes"] = ("normal", *other)
        made["standby_w"] = rng.choice((0.0, 0.0, 50_000.0))
        made["restart_minutes"] = rng.choice((0.0, 6.0, 15.0))
        made["wear_usd_per_start"] = rng.choice((0.0, 0.1, 0.7))
        told: dict[str, Any] = {"running": rng.randint(0, units)}
        if self.has[TIMES]:
            made["minimum_on_hours"] = rng.choice((0.0, 1.0, 2.0, 3.0))
            made["minimum_off_hours"] = rng.choice((0.0, 1.0, 2.0, 4.0))
            started, stopped = rng.randint(0, told["running"]), rng.randint(0, units - told["running"])
            told["started"] = ({"at": self.at(-rng.choice((0.25, 1.0, 1.5))), "units": started},)
            told["stopped"] = ({"at": self.at(-rng.choice((0.5, 1.0, 2.5))), "units": stopped},)
        if self.has[OUTAGES]:
            outages = []
            for _ in range(rng.randint(0, 2)):
                # which mode a machine ran in before the plan is not known, so what falls away with it is not either
                begin, end = self.stretch(0 if one_mode or not self.has[RAMPS] else 1)
                outages.append({"start": begin, "end": end, "units": rng.randint(1, units)})
            made["outages"] = tuple(outages)
            if one_mode and rng.random() < 0.3:
                told["in_service"] = units
        return made, told

    def small(self) -> Small:
        rng = self.rng
        drawn = [self.group(f"G{i}") for i in range(rng.randint(1, 3))]
        fleet, told = [made for made, _ in drawn], {made["name"]: state for made, state in drawn}
        full = sum(g["units"] * g["machine"]["power_w"] for g in fleet) / 1e6
        low = rng.random() < (0.8 if self.has[KEPT] else 0.3)
        prices = [round(rng.uniform(-1.5 if low else 0.1, 2.5), 2) for _ in range(self.n)]
        energy: dict[str, Any] = {
            "loss_share": rng.choice((0.0, 0.0, 0.05)),
            "adders_usd_per_mwh": rng.choice((0.0, 0.1)),
        }
        site: dict[str, Any] = {"auxiliary_load_mw": rng.choice((0.0, 0.1)), "pue": rng.choice((1.0, 1.05))}
        state: dict[str, Any] = {"groups": told}
        more: dict[str, Any] = {}
        if rng.random() < 0.3:
            energy["onsite"] = {
                "available_mw": round(full * rng.choice((0.2, 0.5)), 3),
                "cost_usd_per_mwh": rng.choice((0.0, 0.4)),
                "export_limit_mw": rng.choice((0.0, round(full * 0.2, 3))),
                "export_price_usd_per_mwh": rng.choice((0.2, 1.3)),
            }
        if self.has[RAMPS]:
            self.ramps(site, state, fleet, told)
        if self.has[KEPT] or rng.random() < 0.2:
            energy["blocks"] = tuple(self.block(f"B{i}", full) for i in range(rng.randint(1, 2)))
        if self.has[RATCHETS]:
            energy["demand"], state["bill"] = self.demand(full)
        chances: dict[str, list[float]] = {}
        if self.has[TAGS]:
            energy["coincident_peaks"], chances = self.tags(full)
        if self.has[CALLS]:
            more["events"] = tuple(self.offer(f"offer {i}", full) for i in range(rng.randint(1, 2)))
        if rng.random() < 0.25:
            begin, end = self.stretch()
            call = {
                "name": "call",
                "start": begin,
                "end": end,
                "cut": {"form": "to_level", "mw": round(full * rng.choice((0.1, 0.5)), 3)},
            }
            if rng.random() < 0.3:
                call["payment"] = {"usd_per_mwh": 0.4, "baseline_mw": round(full * rng.choice((0.8, 1.2)), 3)}
            more["events"] = (*more.get("events", ()), call | {"violation_usd_per_mwh": rng.choice((0.3, 20.0, None))})
        limit = 2 * full + 2.0 if rng.random() < 0.6 else round(full * 0.7 + 0.3, 3)
        made = farm(*fleet, limit_mw=limit, site=site, energy=energy, state={**state, "at": self.start}, **more)
        series = market(made, prices, hours=self.hours, start=self.start, probability=chances)
        return Small(Conditions(made, series, made.state), prices, self.hours, self.start, chances, self.names())

    def ramps(self, site: dict[str, Any], state: dict[str, Any], fleet: Any, told: dict[str, Any]) -> None:
        """Ramps a little above what one machine needs, from the import that the state's machines draw."""
        largest = max(g["machine"]["power_w"] for g in fleet) / 1e6 * site["pue"]
        before = sum(
            told[g["name"]]["running"] * g["machine"]["power_w"]
            + (g["units"] - told[g["name"]]["running"]) * g["standby_w"]
            for g in fleet
        )
        if self.rng.random() < 0.7:
            site["ramp_down_mw_per_hour"] = round(largest * self.rng.choice((1.0, 1.5, 2.5)) * 1.02 + 0.01, 3)
        if self.rng.random() < 0.5:
            site["ramp_up_mw_per_hour"] = round(largest * self.rng.choice((1.0, 2.5)) * 1.02 + 0.01, 3)
        if self.rng.random() < 0.5:
            state["grid_import_mw"] = round(before / 1e6 * site["pue"] + site["auxiliary_load_mw"], 6)

    def block(self, name: str, full: float) -> dict[str, Any]:
        kept = self.has[KEPT] and self.rng.random() < 0.7
        resale = None
        if not kept:
            resale = {"fee_usd_per_mwh": self.rng.choice((0.0, 0.2)), "cap_usd_per_mwh": self.rng.choice((None, 0.9))}
        return {
            "name": name,
            "mw": round(full * self.rng.choice((0.2, 0.45, 0.8)), 3),
            "price_usd_per_mwh": self.rng.choice((0.2, 0.8)),
            "resale": resale,
        }

    def demand(self, full: float) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
        """A demand charge with a ratchet, and what the meter says."""
        rng = self.rng
        part = [round(full * share, 3) for share in (0.0, 0.3, 0.6, 0.9)]
        charge = {
            "name": "D",
            "usd_per_mw": rng.choice((0.2, 1.0, 4.0)),
            "minimum_mw": rng.choice((0.0, part[1])),
            "ratchet": {"share": rng.choice((0.6, 1.0)), "months": rng.randint(1, 3)},
            "expected_peak_mw": rng.choice(part),
            "expected_peaks_mw": rng.choice(
                (None, rng.choice(part), {"2026-03": rng.choice(part), "2026-05": part[1]})
            ),
        }
        past = {"2026-01": part[1], "2025-12": part[0], "2025-11": part[2]}
        return (charge,), {"peaks_mw": {"D": rng.choice(part)}, "past_peaks_mw": {"D": past}}

    def tags(self, full: float) -> tuple[tuple[dict[str, Any], ...], dict[str, list[float]]]:
        """A coincident peak of one month in four, with a floor in most farms."""
        rng = self.rng
        raw = [rng.choice((0.0, 0.0, 1.0, 3.0)) * hours for hours in self.hours]
        scale = rng.choice((0.05, 0.4, 0.9)) / max(sum(raw), 1e-9)
        february = [pd.Timestamp(self.start) + pd.Timedelta(hours=sum(self.hours[:t])) for t in range(self.n)]
        chances = [round(p * scale, 6) * (time.month == 2) for p, time in zip(raw, february, strict=True)]
        charge = {
            "name": "CP",
            "rule": TAG_RULE,
            "usd_per_mw_year": rng.choice((4.0, 40.0)),
            "elsewhere_mw": round(full * rng.choice((0.0, 0.5, 1.0)), 3),
            "minimum_mw": round(full * rng.choice((0.0, 0.4, 0.6, 0.9)), 3),
            "probability": 0.0,
        }
        return (charge,), {"CP": chances}

    def offer(self, name: str, full: float) -> dict[str, Any]:
        """A voluntary call, often with a baseline below what the site would draw, and from within an interval on."""
        begin, end = self.stretch()
        begin = self.maybe(f"{pd.Timestamp(begin) + pd.Timedelta(minutes=7.5):%Y-%m-%d %H:%M:%S}", begin, 0.3)
        payment = {
            "usd_per_mwh": self.rng.choice((0.05, 0.6, 1.5)),
            "baseline_mw": self.maybe(round(full * self.rng.choice((0.3, 0.6, 1.1)), 3), chance=0.8),
            "most_mw": self.maybe(round(full * 0.3, 3)),
        }
        return {"name": name, "start": begin, "end": end, "voluntary": True, "payment": payment}
