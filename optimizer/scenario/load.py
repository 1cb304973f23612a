"""Scenario files to scenarios, or every fault of them all at once."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from optimizer.config.currency import FarmCurrency, money_of
from optimizer.config.document import Document
from optimizer.config.farm import Farm
from optimizer.config.files import fault_of_file, read_document
from optimizer.config.located import faults_of
from optimizer.config.plain import get, got
from optimizer.config.yaml12 import parse
from optimizer.errors import Fault, InputError
from optimizer.scenario.courses import PriceChange
from optimizer.scenario.language import ScenarioFile
from optimizer.scenario.placed import Placed, Scenario
from optimizer.scenario.sweeps import swept
from optimizer.scenario.times import in_plan_days


def load_scenarios(path: Path, farm: Farm | None = None) -> tuple[Scenario, ...]:
    """The scenarios of a file: one, or one for each value (or pair of values) of its sweep, in their order.

    Their amounts are in the currency of the ``farm``. Raises InputError with every fault of the file and of those it
    extends.
    """
    money = None if farm is None else money_of(farm)
    return _scenarios(read_document(Path(path), money), Path(path).parent, (os.path.realpath(path),), money)


def load_scenario(path: Path, farm: Farm | None = None) -> Scenario:
    """The scenario of a file. Raises InputError as `load_scenarios` does, and where a sweep makes it several."""
    several = load_scenarios(path, farm)
    if len(several) > 1:
        document = read_document(Path(path))
        message = f"makes {len(several)} scenarios of this file where one is needed; leave the sweep out"
        raise InputError([document.fault(("sweep",), message, of_key=True)])
    return several[0]


def scenarios_in(text: str, folder: Path = Path()) -> tuple[Scenario, ...]:
    """The scenarios of a text; ``folder`` is the one that paths in it are relative to.

    >>> text = "{name: Dear, summary: twice the price, sources: [made up], changes: [{kind: price, scale: 2}]}"
    >>> [scenario.name for scenario in scenarios_in(text)]
    ['Dear']
    """
    return _scenarios(parse(text, "<scenario>"), folder, ())


def _scenarios(
    document: Document, folder: Path, chain: tuple[str, ...], money: FarmCurrency | None = None
) -> tuple[Scenario, ...]:
    """``chain`` holds the true names of the files that extend each other so far, this one's last."""
    whole, file = _whole(document, folder, chain, money)
    return tuple(replace(scenario, changes=_in_steps(scenario.changes)) for scenario in swept(whole, file))


def _in_steps(changes: tuple[Placed, ...]) -> tuple[Placed, ...]:
    """The changes, those that are noticed as they come cut into one for every step."""
    return tuple(
        replace(placed, change=step)
        for placed in changes
        for step in (placed.change.steps() if isinstance(placed.change, PriceChange) else (placed.change,))
    )


def _whole(
    document: Document, folder: Path, chain: tuple[str, ...], money: FarmCurrency | None
) -> tuple[Scenario, ScenarioFile]:
    """The scenario of a document without its sweep, and what its own file says."""
    faults = list(document.faults)
    file = _validated(document, faults)
    base = _base(document, folder, chain, money, faults)
    if file is None or faults:
        raise InputError(set(faults))
    own = tuple(Placed(change, document, ("changes", i), folder) for i, change in enumerate(file.changes))
    whole = Scenario(
        name=file.name,
        changes=base.changes + own,
        summary=file.summary,
        sources=tuple(dict.fromkeys(base.sources + file.sources)),
        assumptions=tuple(dict.fromkeys(base.assumptions + file.assumptions)),
        start=base.start if file.start is None else file.start,
        hours=base.hours if file.hours is None else file.hours,
        document=document,
    )
    return whole, file


def _validated(document: Document, faults: list[Fault]) -> ScenarioFile | None:
    try:
        return ScenarioFile.model_validate(document.data)
    except ValidationError as error:
        located = faults_of(error, ScenarioFile, document)
        faults += [replace(fault, message=in_plan_days(fault.message)) for fault in located]
        return None


def _base(
    document: Document, folder: Path, chain: tuple[str, ...], money: FarmCurrency | None, faults: list[Fault]
) -> Scenario:
    """The scenario that is extended, or an empty one; what is wrong with it goes into ``faults``."""
    file = get(document.data, "extends")
    if isinstance(file, str) and file:
        path = folder / file
        unreadable, name = fault_of_file(path), ""
        if unreadable:
            faults.append(document.fault(("extends",), f"{unreadable} (got {got(file)})"))
        elif (name := os.path.realpath(path)) in chain:
            names = (Path(other).name for other in (*chain[chain.index(name) :], name))
            faults.append(document.fault(("extends",), f"goes round in a circle: {' extends '.join(names)}"))
        else:
            try:
                return _whole(read_document(path, money), path.parent, (*chain, name), money)[0]
            except InputError as error:
                faults += error.faults
    return Scenario("")
