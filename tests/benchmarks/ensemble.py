"""Thousands of week-long scenarios: ours against raw HiGHS, against linopy, and one worker against two.

``python -m tests.benchmarks.ensemble PART FOLDER FIRST STOP`` is one measurement in a process of its own and prints one
JSON object: ``raw`` solves the finished programs of the scenarios as HiGHS does by itself, ``warm`` from the basis that
we start from, ``linopy`` builds and solves each anew. Only the solver's run is timed in the first two; for linopy the
model, its hand-over and the run, the arrays it starts from left out.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import yaml

from tests.benchmarks.instance import write_instance
from tests.benchmarks.processes import ROOT, MeasurementError, run
from tests.benchmarks.targets import EQUAL

GROUPS, HOURS, HISTORY_DAYS = 12, 168, 120
SCENARIOS, LINOPY_SAMPLE = 1000, 10
ENSEMBLE = {
    "name": "benchmark",
    "seed": 1,
    "start": "2025-02-03 00:00",
    "hours": HOURS,
    "interval_minutes": 60,
    "prices": {"history": {"file": "prices.csv"}, "same_weekday": True, "season_days": 60, "level_deviation": 0.3},
    "btc": {"volatility_per_year": 0.6},
    "difficulty": {"first_retarget_hours": 70, "deviation_share": 0.05},
}


def write_benchmark(folder: Path) -> None:
    """Farm, ensemble and history: 12 groups of 3 modes; prices and hashprice vary."""
    farm = write_instance(folder, 24 * HISTORY_DAYS, GROUPS)
    data = yaml.safe_load(farm.read_text(encoding="utf-8"))
    data["horizon"] = {"start": ENSEMBLE["start"], "hours": HOURS, "intervals": [{"minutes": 60}]}
    farm.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    (folder / "ensemble.yaml").write_text(yaml.safe_dump(ENSEMBLE), encoding="utf-8")


def study_of(folder: Path) -> Any:
    """The study of the files in a folder; the shipped farm and ensemble for the project's own folder."""
    from optimizer.config.load import load_farm
    from optimizer.ensemble.load import load_ensemble
    from optimizer.ensemble.study import make_study

    files = (folder / "farm.yaml", folder / "ensemble.yaml")
    if folder == ROOT:
        files = (ROOT / "configs/west_texas.yaml", ROOT / "scenarios/ensembles/winter_week.yaml")
    farm = load_farm(files[0])
    ensemble = load_ensemble(files[1], farm)
    if folder == ROOT:  # storms with outages have another matrix, and raw HiGHS would start from nothing
        ensemble = ensemble.model_copy(update={"storms": ()})
    return make_study(farm, files[0].parent, ensemble, files[1].parent)


def part(name: str, folder: Path, first: int, stop: int) -> dict[str, Any]:
    """Seconds and objectives of the scenarios ``first`` to ``stop - 1``."""
    from optimizer.engine.highs import load, solve
    from optimizer.engine.session import Session
    from optimizer.plan.formulation import build_problem

    study = study_of(folder)
    session = Session(build_problem(study.base))
    basis = solve(session.program(build_problem(study.base))).basis
    seconds = cpu = 0.0
    objectives = []
    for number in range(first, stop):
        problem = build_problem(study.draw(number).conditions)
        if name == "linopy":
            from tests.benchmarks.routes import linopy_model

            begun, used = perf_counter(), process_time()
            objectives.append(linopy_model.solve(linopy_model.load(linopy_model.build(problem)), 60.0))
        else:
            highs = load(session.program(problem))
            if name == "warm":
                highs.setBasis(basis)
            begun, used = perf_counter(), process_time()
            highs.run()
            objectives.append(float(highs.getInfo().objective_function_value))
        seconds += perf_counter() - begun
        cpu += process_time() - used
    ours = [session.solve(build_problem(study.draw(number).conditions))[1].objective for number in range(first, stop)]
    apart = max(abs(a - b) / max(abs(b), 1.0) for a, b in zip(ours, objectives, strict=True))
    return {"seconds": seconds, "cpu_s": cpu, "scenarios": stop - first, "objectives_apart": apart}


def on_two_cores(name: str, folder: Path, scenarios: int) -> dict[str, Any]:
    """A part split over two processes at the same time: seconds of the slower one, largest difference from ours."""
    half = scenarios // 2
    begun = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.ensemble", name, str(folder), str(first), str(stop)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        for first, stop in ((0, half), (half, scenarios))
    ]
    told = [process.communicate()[0] for process in begun]
    if any(process.returncode for process in begun):
        raise MeasurementError(f"{name}: a process ended with {[process.returncode for process in begun]}")
    parts = [json.loads(text.splitlines()[-1]) for text in told]  # linopy prints before it
    return {
        "seconds": max(one["seconds"] for one in parts),
        "cpu_s": sum(one["cpu_s"] for one in parts),
        "scenarios": scenarios,
        "objectives_apart": max(one["objectives_apart"] for one in parts),
    }


def _cpu() -> float:
    """Processor seconds of this process and of those it has waited for."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def ours(folder: Path, scenarios: int, **how: Any) -> dict[str, Any]:
    """A whole run, starting its workers, writing and collecting included."""
    from optimizer.ensemble.run import run_study as run_ensemble

    study = study_of(folder)
    with tempfile.TemporaryDirectory() as out:
        begun, used = perf_counter(), _cpu()
        found = run_ensemble(study, Path(out) / "results.sqlite", scenarios=scenarios, **how)
        result = {"seconds": perf_counter() - begun, "cpu_s": _cpu() - used}
    if found.failures:
        raise MeasurementError(f"scenarios without a result: {found.failures}")
    return result


def measured(folder: Path, scenarios: int = SCENARIOS) -> dict[str, Any]:
    """Every figure of one farm."""
    result: dict[str, Any] = {"scenarios": scenarios, "load_before": os.getloadavg()}
    result["ours"] = ours(folder, scenarios, workers=2)
    result["raw"] = on_two_cores("raw", folder, scenarios)
    result["warm"] = on_two_cores("warm", folder, scenarios)
    for name in ("raw", "warm"):
        result[f"over_{name}"] = {key: result["ours"][key] / result[name][key] for key in ("seconds", "cpu_s")}
    if folder != ROOT and importlib.util.find_spec("linopy") is not None:
        sample = on_two_cores("linopy", folder, LINOPY_SAMPLE)
        result["linopy"] = sample
        result["linopy_over_ours"] = {
            key: sample[key] * scenarios / LINOPY_SAMPLE / result["ours"][key] for key in ("seconds", "cpu_s")
        }
    return result | {"load_after": os.getloadavg()}


def scaling(folder: Path, scenarios: int) -> dict[str, Any]:
    """One Dask worker against two, on the same scenarios."""
    from tests.ensemble.cluster import Cluster

    seconds = {}
    for workers in (1, 2):
        with tempfile.TemporaryDirectory() as files:
            cluster = Cluster(Path(files), workers)
            try:
                ours(folder, 40, dask=cluster.address)  # workers are there and have imported everything
                seconds[workers] = ours(folder, scenarios, dask=cluster.address)["seconds"]
            finally:
                cluster.end()
    return {"scenarios": scenarios, "seconds": seconds, "speedup": seconds[1] / seconds[2], "load": os.getloadavg()}


def ensemble_benchmark(folder: Path, full: bool) -> dict[str, Any]:
    """As `_ensemble_benchmark`, in a process of its own, so that the one that measures all the others stays small."""
    said = run("-m", "tests.benchmarks.ensemble", "all", str(folder), str(int(full))).output
    return dict(json.loads(said.splitlines()[-1]))


def _ensemble_benchmark(folder: Path, full: bool) -> dict[str, Any]:
    """The benchmark's farm, the sample farm, and scaling where Dask is installed; a tenth of it unless ``full``."""
    write_benchmark(folder)
    scenarios = SCENARIOS if full else SCENARIOS // 10
    farms = {"12 groups": measured(folder, scenarios), "sample farm": measured(ROOT, scenarios)}
    result: dict[str, Any] = {"full": full, "farms": farms}
    if importlib.util.find_spec("distributed") is not None:
        result["scaling"] = scaling(folder, 4 * scenarios)
    return result


def differing_scenarios(found: dict[str, Any]) -> list[str]:
    """Ways that reached other optima than ours, by farm."""
    return [
        f"{farm}: {name}"
        for farm, figures in found.get("farms", {}).items()
        for name in ("raw", "warm", "linopy")
        if name in figures and not figures[name]["objectives_apart"] <= EQUAL
    ]


if __name__ == "__main__":
    what, where, *numbers = sys.argv[1:]
    if what == "all":
        print(json.dumps(_ensemble_benchmark(Path(where), numbers == ["1"])))
    else:
        print(json.dumps(part(what, Path(where), int(numbers[0]), int(numbers[1]))))
