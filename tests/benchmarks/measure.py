"""One measurement in a process of its own: ``python -m tests.benchmarks.measure ROUTE FOLDER WARM_UP [--solve S]``.

Prints one JSON object. Before the clock starts, the route goes all the way once on the tiny instance in WARM_UP, so
that late imports and one-time set-up are not counted; memory that it touches for the first time is.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import resource
from pathlib import Path
from time import perf_counter


def peak_mb() -> float:
    """Most memory this process has held so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("route")
    parser.add_argument("folder", type=Path)
    parser.add_argument("warm_up", type=Path)
    parser.add_argument("--solve", type=float, metavar="SECONDS", help="solve too, within this time")
    given = parser.parse_args()
    route = importlib.import_module(f"tests.benchmarks.routes.{given.route}")
    route.solve(route.load(route.build(route.arrays(route.prepare(given.warm_up)))), 60.0)
    data = route.prepare(given.folder)
    gc.collect()
    before = peak_mb()
    started = perf_counter()
    problem = route.arrays(data)
    ready = perf_counter()
    model = route.build(problem)
    built = perf_counter()
    solver = route.load(model)
    loaded = perf_counter()
    result = {"arrays_s": ready - started, "build_s": built - ready, "load_s": loaded - built}
    result |= {"loaded_s": loaded - started}
    result |= {"mb_before": before, "mb_loaded": peak_mb(), "solved": False}
    if given.solve is not None:
        objective = route.solve(solver, given.solve)
        result |= {"solved": objective is not None, "objective": objective}
        result |= {"solve_s": perf_counter() - loaded, "total_s": perf_counter() - started}
    result["mb_peak"] = peak_mb()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
