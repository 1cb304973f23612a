"""The scenario files of a comparison: every fault of all of them at once, and every name once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from optimizer.config.farm import Farm
from optimizer.errors import Fault, InputError
from optimizer.scenario.load import load_scenarios
from optimizer.scenario.placed import Scenario


def scenarios_of(files: Sequence[Path], farm: Farm | None = None) -> tuple[Scenario, ...]:
    """The scenarios of files in the currency of a farm, sweeps expanded, in their order.

    Raises InputError with the faults of all files, or where two scenarios have the same name.
    """
    by_name: dict[str, Scenario] = {}
    faults: list[Fault] = []
    for file in files:
        try:
            for scenario in load_scenarios(file, farm):
                if scenario.name in by_name:
                    message = (
                        f"is the name of another scenario of this comparison too (got {scenario.name!r}); rename one"
                    )
                    faults.append(scenario.document.fault(("name",), message))
                by_name.setdefault(scenario.name, scenario)
        except InputError as error:
            if not error.faults:
                raise
            faults += error.faults
    if faults:
        raise InputError(set(faults))
    return tuple(by_name.values())
