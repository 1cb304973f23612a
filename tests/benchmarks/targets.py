"""What was asked for, and whether it was met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

YEAR = 8760
STEPS = 35_040  # quarter hours of a year
EQUAL = 1e-6  # relative difference of optima that counts as none


@dataclass(frozen=True)
class Target:
    """A figure with its bound. ``measured`` is None where this run did not measure it; then ``why`` says so."""

    name: str
    at_most: float | None = None
    at_least: float | None = None
    measured: float | None = None
    why: str = ""

    @property
    def verdict(self) -> str:
        """met, missed, or the reason why neither."""
        if self.measured is None:
            return self.why or "not measured"
        met = (self.at_most is None or self.measured <= self.at_most) and (
            self.at_least is None or self.measured >= self.at_least
        )
        return "met" if met else "missed"

    @property
    def bound(self) -> str:
        """The bound as text."""
        return f"<= {self.at_most:g}" if self.at_most is not None else f">= {self.at_least:g}"


def loaded_ratios(routes: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Ratios of the times from data to loaded solver at one size, where both sides were measured.

    The last one gives this project no allowance: its time includes making the dispatch arrays, which the matrix by hand
    also needs and is then spared.
    """
    seconds = {name: measured["loaded_s"] for name, measured in routes.items()}
    ours = seconds["curtail"]
    ratios = {"curtail / NumPy by hand": ours / seconds["numpy_by_hand"]}
    for name, label in (("pyomo_appsi", "Pyomo / curtail"), ("linopy_model", "linopy / curtail")):
        if name in seconds:
            ratios[label] = seconds[name] / ours
    hand = routes["numpy_by_hand"]
    ratios["curtail / NumPy by hand from finished arrays"] = ours / (hand["build_s"] + hand["load_s"])
    return ratios


def differing_optima(routes: dict[str, dict[str, Any]]) -> list[str]:
    """Routes whose optimum is not ours."""
    ours = routes["curtail"].get("objective")
    return [
        f"{name} {measured['objective']!r}, curtail {ours!r}"
        for name, measured in routes.items()
        if measured.get("objective") is not None
        and (ours is None or abs(measured["objective"] - ours) > EQUAL * abs(ours))
    ]


def targets(results: dict[str, Any]) -> Iterator[Target]:
    """Every target, with what this run measured."""
    year = next((size for size in results["sizes"] if size["hours"] == YEAR), None)
    ratios = year["ratios"] if year else {}
    why = "" if year else "not in this run"
    size = f"loaded, {YEAR:,} h"
    by_hand = "curtail / NumPy by hand"
    yield Target(f"{size}: {by_hand}", at_most=1.5, measured=ratios.get(by_hand), why=why)
    pyomo = "Pyomo / curtail"
    yield Target(f"{size}: {pyomo}", at_least=100, measured=ratios.get(pyomo), why=why or "Pyomo was left out")
    long, cold = results["long_plan"], results["cold_plan"]
    is_year = long.get("hours") == YEAR
    why = long.get("failed", "" if is_year else "not in this run")
    for key, bound in (("time", 1.25), ("memory", 1.5)):
        measured = long.get(f"{key}_ratio") if is_year else None
        yield Target(f"whole plan, {YEAR:,} h: {key} / raw HiGHS", at_most=bound, measured=measured, why=why)
    yield Target(
        "cold plan, 48 h x 12: time / bare imports",
        at_most=1.6,
        measured=cold.get("time_ratio"),
        why=cold.get("failed", ""),
    )
    yield from _ensemble_targets(results["ensemble"])
    steps = results["replanning"]
    why = steps.get("failed", "" if steps.get("steps") == STEPS else "not in this run")
    ratio = steps["over_raw"] if not why else None
    yield Target("a year of re-planning: ours / raw HiGHS", at_most=2.5, measured=ratio, why=why)
    many = results["portfolio"]
    why = many.get("failed", "" if many.get("full") else "not in this run")
    yield Target("a portfolio: one worker / two", at_least=1.9, measured=many["speedup"] if not why else None, why=why)
    grows = many["mb_per_site"] if not why else None
    yield Target("a portfolio: MB that a site adds", at_most=2.0, measured=grows, why=why)


def _ensemble_targets(found: dict[str, Any]) -> Iterator[Target]:
    why = found.get("failed", "" if found.get("full") else "not in this run")
    for farm, figures in found.get("farms", {}).items():
        ratio = figures["over_raw"]["seconds"] if not why else None
        yield Target(f"1,000 weeks, {farm}: ours / raw HiGHS", at_most=1.5, measured=ratio, why=why)
        if "linopy_over_ours" in figures:
            ratio = figures["linopy_over_ours"]["seconds"] if not why else None
            yield Target(f"1,000 weeks, {farm}: linopy / ours", at_least=10, measured=ratio, why=why)
    speedup = found["scaling"]["speedup"] if "scaling" in found and not why else None
    yield Target("one Dask worker / two", at_least=1.7, measured=speedup, why=why or "Dask is not installed")
