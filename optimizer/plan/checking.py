"""`curtail check`: a file's own faults, then those of its series over its horizon and of its contract in that plan."""

from __future__ import annotations

import re
from pathlib import Path

from optimizer.accounts.conditions import Conditions
from optimizer.config.check import check_file, missing_files
from optimizer.config.document import Document, Keys
from optimizer.config.files import NO_FILE, read_document
from optimizer.config.load import load_farm
from optimizer.errors import Absent, CurtailError, Fault, InputError, MissingDataError
from optimizer.market.grid import grid_of
from optimizer.market.inputs import read_market
from optimizer.market.periods import with_tail
from optimizer.plan.formulation import build_problem
from optimizer.plan.tail import charged_by_period

_PATH = re.compile(r"((?:[a-z_]+(?:\[\d+\])*\.)*[a-z_]+(?:\[\d+\])*): (.*)")
_SKIPPED = "does not exist on"  # a block's hour on the day on which clocks are put forward


def in_place(path: Path, error: CurtailError) -> CurtailError:
    """What is wrong with the input of a plan, with file and line as `curtail check` tells it, and the same code."""
    if isinstance(error, InputError) and error.faults:
        absent = [fault for fault in error.faults if fault.message.startswith(NO_FILE)]
        named = list(missing_files(read_document(path), path.parent)) if absent and path.is_file() else []
        return InputError([*(fault for fault in error.faults if fault not in absent), *named]) if named else error
    if not isinstance(error, MissingDataError | InputError):
        return error
    return type(error)("\n".join(str(_placed(path, line)) for line in str(error).splitlines()))


def checked(path: Path) -> tuple[list[Fault], list[Fault]]:
    """The faults of a file of ours, and, where it has none, remarks on data that look wrong.

    Where a farm is sound and has a start, faults that its plan would end in are among them. A scenario is checked as
    far as that can be done without a farm.
    """
    scenario = _scenario_in(path)
    if scenario is not None:
        return _faults_of_scenario(scenario, path), []
    faults = check_file(path)
    if faults:
        return faults, []
    try:
        farm = load_farm(path)
    except InputError:  # a sound file that is not a farm
        return [], []
    in_its_place = any(not (path.parent / file).exists() for file in farm.daily.newest)
    if farm.horizon.start is None or in_its_place:  # `daily` alone reads what stands in the place of a file
        return [], []
    try:
        grid = grid_of(farm)
        longer = with_tail(farm, grid) if charged_by_period(farm) else None
        market = read_market(farm, path.parent, longer or grid, head=len(grid))
        conditions = Conditions(farm, market, farm.state)
        _ = build_problem(conditions)
    except CurtailError as error:
        located = list(error.faults if isinstance(error, InputError) else ())
        placed = located or [_placed(path, line) for line in str(error).splitlines()]
        missing = isinstance(error, MissingDataError)
        return [Absent(**vars(fault)) for fault in placed] if missing else placed, []
    faults, remarks = [], list[Fault]()
    for warning in conditions.warnings:
        (faults if _SKIPPED in warning else remarks).append(_placed(path, warning))
    return faults, remarks


def _scenario_in(path: Path) -> Document | None:
    """The document of a file that is meant as a scenario."""
    try:
        document = read_document(path)
    except InputError:
        return None
    meant = isinstance(document.data, dict) and not document.data.keys().isdisjoint(("changes", "extends", "sweep"))
    return document if meant else None


def _faults_of_scenario(document: Document, path: Path) -> list[Fault]:
    from optimizer.scenario.load import load_scenarios  # with the whole language of changes

    faults = set(missing_files(document, path.parent))
    try:
        load_scenarios(path)
    except InputError as error:
        faults |= set(error.faults)
    return sorted(faults)


def _placed(path: Path, sentence: str) -> Fault:
    """A sentence that begins with a key of the farm file, at its place there."""
    match = _PATH.fullmatch(sentence)
    if match is None:
        return Fault(str(path), 1, 1, "", sentence)
    parts = re.findall(r"[a-z_]+|\d+", match[1])
    keys: Keys = tuple(int(part) if part.isdigit() else part for part in parts)
    return read_document(path).fault(keys, match[2])
