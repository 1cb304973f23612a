"""A year of re-planning every quarter of an hour: ours against HiGHS's own time on the same programs.

``python -m tests.benchmarks.replanning FOLDER DAYS`` prints one JSON object. Every step is timed as a whole: what is
known, the program, its optimum, whole machines, the reasons, the state carried on. Between steps HiGHS solves the
step's program as it does by itself, from nothing; only its ``run()`` is timed. Both see the same load of the machine.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import yaml

from tests.benchmarks.instance import START, write_instance
from tests.benchmarks.processes import run

GROUPS, MODES, LOOK_AHEAD_HOURS = 10, ("eco", "normal"), 36
DAYS, QUICK_DAYS = 365, 7
_DAYS_BEFORE = 7  # of prices, for the forecast


def replanning_benchmark(folder: Path, full: bool) -> dict[str, Any]:
    """Every figure, in a process of its own."""
    days = DAYS if full else QUICK_DAYS
    said = run("-m", "tests.benchmarks.replanning", str(folder), str(days)).output
    return dict(json.loads(said.splitlines()[-1]))


def measured(folder: Path, days: int) -> dict[str, Any]:
    """Seconds of every step and of raw HiGHS on the same programs."""
    from optimizer.config.load import load_farm
    from optimizer.engine.highs import load
    from optimizer.through_time import replanning as stepping
    from optimizer.through_time.history import read_history

    file = write_instance(folder, 24 * (days + _DAYS_BEFORE), GROUPS, modes=MODES, minutes=15, contract=True)
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    data["horizon"] = {"hours": LOOK_AHEAD_HOURS, "intervals": [{"minutes": 15, "hours": 2}, {"minutes": 60}]}
    data["replanning"] = {"forecast": {"kind": "same_hour_last_week"}, "deviation_half_life_minutes": 60}
    data["energy"]["demand"][0]["ratchet"]["first_month"] = f"{START + timedelta(days=_DAYS_BEFORE):%Y-%m}"
    data["state"] = {"at": _begin().isoformat(), "bill": {"peaks_mw": {"Demand": 1.0}}}
    file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    k = read_history(load_farm(file), folder, _begin(), 24.0 * days)
    programs: list[Any] = []
    solve = stepping.solve_from

    def noted(program: Any, start: Any) -> Any:
        programs.append(program)
        return solve(program, start)

    stepping.solve_from = noted
    stepper, state = stepping.Stepper(k), k.actual.state
    ours = raw = ours_cpu = raw_cpu = apart = 0.0
    rows = columns = 0
    load_before = os.getloadavg()
    for now in range(len(k.grid)):
        begun, used = perf_counter(), process_time()
        _, state = stepper.step(now, state)
        ours, ours_cpu = ours + perf_counter() - begun, ours_cpu + process_time() - used
        for program in programs:
            rows, columns = max((rows, columns), program.shape)
            highs = load(program)
            begun, used = perf_counter(), process_time()
            highs.run()
            raw, raw_cpu = raw + perf_counter() - begun, raw_cpu + process_time() - used
            value = float(highs.getInfo().objective_function_value)
            apart = (
                max(apart, abs(solve(program, None).objective - value) / max(abs(value), 1.0)) if now < 96 else apart
            )
        programs.clear()
    return {
        "steps": len(k.grid),
        "rows": rows,
        "columns": columns,
        "ours_s": ours,
        "raw_s": raw,
        "over_raw": ours / raw,
        "cpu_over_raw": ours_cpu / raw_cpu,
        "objectives_apart": apart,
        "load": [load_before[0], os.getloadavg()[0]],
    }


def _begin() -> Any:
    return START + timedelta(days=_DAYS_BEFORE)


if __name__ == "__main__":
    print(json.dumps(measured(Path(sys.argv[1]), int(sys.argv[2]))))
