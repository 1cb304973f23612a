"""What a power contract costs the solver: a year with charges over whole months beside the same year without them."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.instance import write_instance
from tests.benchmarks.processes import MeasurementError, route, save_program

GROUPS = 10
MODES = ("normal", "turbo")
MINUTES = 15
WITH, WITHOUT = "with contract", "without"


def contract_pair(folder: Path, warm_up: Path, hours: int, rounds: int, solve_within: float) -> dict[str, Any]:
    """From data to optimum with and without monthly demand charges, a ratchet, four coincident peaks and a block.

    Both run in turn; figures are medians. ``solver_share`` is HiGHS's part of the time. Raises MeasurementError.
    """
    runs: dict[str, list[dict[str, Any]]] = {WITH: [], WITHOUT: []}
    result: dict[str, Any] = {"hours": hours, "groups": GROUPS, "modes": len(MODES), "minutes": MINUTES}
    for name in runs:
        write_instance(folder / name, hours, GROUPS, modes=MODES, minutes=MINUTES, contract=name == WITH)
        result[name] = save_program(folder / name)
    for _ in range(rounds):
        for name, measured in runs.items():
            measured.append(route("curtail", folder / name, warm_up, solve_within))
            if not measured[-1]["solved"]:
                raise MeasurementError(f"{name}: not solved within {solve_within:g} s")
    for name, measured in runs.items():
        for key in ("loaded_s", "solve_s", "total_s", "mb_peak"):
            result[name][key] = median(run[key] for run in measured)
        result[name]["solver_share"] = result[name]["solve_s"] / result[name]["total_s"]
    for key, name in (("total_s", "time_ratio"), ("mb_peak", "memory_ratio")):
        result[name] = result[WITH][key] / result[WITHOUT][key]
    return result | {"runs": rounds}
