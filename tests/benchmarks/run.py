"""All benchmarks: ``python -m tests.benchmarks.run [--quick] [--json FILE]``. Tables on stdout, progress on stderr.

Each measurement runs in a process of its own, for clean memory and a clean garbage collector; routes take turns, so
that a slow spell of the machine meets all of them. Exits with 1 when a route fails or its optimum differs from ours; a
missed target is reported, not an error, because a busy machine can miss one.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.contract import contract_pair
from tests.benchmarks.ensemble import differing_scenarios, ensemble_benchmark
from tests.benchmarks.instance import write_instance
from tests.benchmarks.portfolio import portfolio_benchmark
from tests.benchmarks.processes import MeasurementError, route, save_program
from tests.benchmarks.replanning import replanning_benchmark
from tests.benchmarks.tables import show
from tests.benchmarks.targets import differing_optima, loaded_ratios, targets
from tests.benchmarks.whole import cold_plan, long_plan

GROUPS = 30
FULL, QUICK = (48, 168, 720, 8760), (48, 168)
ROUTES = ("curtail", "numpy_by_hand", "linopy_model", "pyomo_appsi", "raw")
REPEATS = 5
CONTRACT_WITHIN = 1800.0  # seconds for a solve with all that is charged by the month
LARGE = 720  # hours above which Pyomo is measured once and everybody solves once


def progress(what: str) -> None:
    """Say what is being measured."""
    print(what, file=sys.stderr, flush=True)


def measure_size(folder: Path, hours: int, given: argparse.Namespace) -> dict[str, Any]:
    """All routes at one size: medians, ratios, and what went wrong."""
    write_instance(folder, hours, GROUPS)
    size: dict[str, Any] = {"hours": hours, "groups": GROUPS, "program": save_program(folder), "problems": []}
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ROUTES}
    if importlib.util.find_spec("linopy") is None:
        del runs["linopy_model"]
        size["problems"].append("linopy is not installed: left out")
    if hours > given.pyomo_up_to:
        del runs["pyomo_appsi"]
        size["problems"].append(f"Pyomo left out above {given.pyomo_up_to:,} h")
    for repeat in range(REPEATS):
        for name in list(runs):
            if repeat and hours > LARGE and name == "pyomo_appsi":
                continue
            solve = given.solve_within if repeat == 0 or hours <= LARGE else None
            progress(f"{hours:,} h, round {repeat + 1} of {REPEATS}: {name}")
            try:
                runs[name].append(route(name, folder, folder.parent / "warm-up", solve))
            except MeasurementError as failure:
                size["problems"].append(f"{name} failed: {failure}")
                del runs[name]
    size["routes"] = {name: _medians(measured) for name, measured in runs.items()}
    complete = {"curtail", "numpy_by_hand"} <= set(runs)
    size["ratios"] = loaded_ratios(size["routes"]) if complete else {}
    size["different"] = differing_optima(size["routes"]) if "curtail" in runs else ["curtail failed"]
    size["problems"] += [f"OPTIMA DIFFER: {text}" for text in size["different"]]
    size["problems"] += [
        f"{name}: not solved within {given.solve_within:g} s, the optimum is not compared"
        for name, measured in size["routes"].items()
        if measured["objective"] is None
    ]
    return size


def _medians(runs: list[dict[str, Any]]) -> dict[str, Any]:
    solved = [run for run in runs if run["solved"]]
    result: dict[str, Any] = {
        key: median(run[key] for run in runs) for key in ("arrays_s", "build_s", "load_s", "loaded_s", "mb_loaded")
    }
    for key in ("solve_s", "total_s", "mb_peak"):
        result[key] = median(run[key] for run in solved) if solved else None
    result["objective"] = solved[0]["objective"] if solved else None
    return result | {"runs": runs}


def whole(name: str, measurement: Any, *arguments: Any) -> dict[str, Any]:
    """A whole-process benchmark, or why it failed."""
    progress(name)
    try:
        result: dict[str, Any] = measurement(*arguments)
    except MeasurementError as failure:
        return {"failed": str(failure)}
    return result


def machine() -> dict[str, Any]:
    """Where and with what this was measured."""
    packages = ("highspy", "numpy", "pandas", "pyomo", "linopy")
    found = {name: version(name) for name in packages if importlib.util.find_spec(name) is not None}
    return {"python": platform.python_version(), "cores": os.cpu_count(), "load": os.getloadavg(), **found}


def main() -> int:
    """Measure, print, write; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes only, about a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    parser.add_argument("--pyomo-up-to", type=int, metavar="HOURS", help="leave Pyomo out above (8760; quick: 168)")
    parser.add_argument("--solve-within", type=float, default=300.0, metavar="SECONDS", help="solver's time limit")
    given = parser.parse_args()
    sizes = QUICK if given.quick else FULL
    if given.pyomo_up_to is None:
        given.pyomo_up_to = sizes[-1]
    with tempfile.TemporaryDirectory(prefix="curtail-bench-") as name:
        folder = Path(name)
        results: dict[str, Any] = {"machine": machine()}
        write_instance(folder / "warm-up", 6, 2)
        save_program(folder / "warm-up")
        results["cold_plan"] = whole("cold plan, 48 h x 12 groups", cold_plan, folder / "cold", 48, 12, REPEATS)
        hours = sizes[-1]
        results["long_plan"] = whole(
            f"whole plan, {hours:,} h", long_plan, folder / "long", hours, GROUPS, 1 if hours > LARGE else REPEATS
        )
        results["contract"] = whole(
            f"a power contract, {hours:,} h at 15 minutes",
            contract_pair,
            *(folder / "contract", folder / "warm-up", hours, 1 if hours > LARGE else REPEATS, CONTRACT_WITHIN),
        )
        results["ensemble"] = whole(
            "1,000 weeks" if sizes is FULL else "100 weeks", ensemble_benchmark, folder / "ensemble", sizes is FULL
        )
        results["replanning"] = whole(
            "a year of re-planning" if sizes is FULL else "a week of re-planning",
            replanning_benchmark,
            *(folder / "replanning", sizes is FULL),
        )
        results["portfolio"] = whole(
            "a portfolio, planned again every hour", portfolio_benchmark, folder / "portfolio", sizes is FULL
        )
        results["sizes"] = [measure_size(folder / str(hours), hours, given) for hours in sizes]
    results["targets"] = [vars(target) | {"verdict": target.verdict} for target in targets(results)]
    if given.json is not None:
        given.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    show(results)
    failed = any("failed" in results[key] for key in ("cold_plan", "long_plan", "contract", "ensemble", "replanning"))
    failed = failed or bool(differing_scenarios(results["ensemble"]))
    broken = any(size["different"] or any(" failed: " in p for p in size["problems"]) for size in results["sizes"])
    return 1 if failed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
