"""Ensemble files: typed, checked against the farm, or every fault at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from optimizer.config.currency import money_of
from optimizer.config.document import Document, Keys
from optimizer.config.farm import Farm
from optimizer.config.files import fault_of_file, read_document
from optimizer.config.located import faults_of
from optimizer.config.plain import entries, get, got, meant
from optimizer.config.rates import Rates
from optimizer.ensemble.language import Ensemble
from optimizer.errors import Fault, InputError


def load_ensemble(path: Path, farm: Farm | None = None) -> Ensemble:
    """Read an ensemble file; with a farm, also whether it goes with that farm.

    Paths of histories in it are relative to it. Raises InputError with every fault.
    """
    document = read_document(Path(path), None if farm is None else money_of(farm))
    faults = list(document.faults)
    ensemble = None
    try:
        ensemble = Ensemble.model_validate(document.data)
    except ValidationError as error:
        faults += faults_of(error, Ensemble, document)
    faults += [document.fault(where, what) for where, what in _missing_files(document, Path(path).parent)]
    if farm is not None:
        faults += [document.fault(where, what) for where, what in _not_for(document.data, farm)]
    if faults or ensemble is None:
        raise InputError(set(faults))
    return ensemble


def faults_of_ensemble(path: Path) -> list[Fault] | None:
    """Every fault of an ensemble file that shows without a farm; None for a file that is not meant as one."""
    try:
        data = read_document(Path(path)).data
    except InputError:
        return None
    if not isinstance(data, dict) or "seed" not in data or "fleet" in data:
        return None
    try:
        load_ensemble(path)
    except InputError as error:
        return list(error.faults)
    return []


def _missing_files(document: Document, folder: Path) -> Iterator[tuple[Keys, str]]:
    for section in ("prices", "btc"):
        file = get(get(get(document.data, section), "history"), "file")
        if isinstance(file, str) and file and (unreadable := fault_of_file(folder / file)):
            yield (section, "history", "file"), f"{unreadable} (got {got(file)})"


def _not_for(data: Any, farm: Farm) -> Iterator[tuple[Keys, str]]:
    names = [group.name for group in farm.fleet]
    for i, storm in entries(data, "storms"):
        for j, name in entries(get(storm, "outage"), "groups"):
            if isinstance(name, str) and name not in names:
                yield ("storms", i, "outage", "groups", j), f"the farm has no such group; {meant(name, names)}"
    if isinstance(farm.energy.price_usd_per_mwh, Rates) and get(data, "prices") is not None:
        yield ("prices",), "the farm pays rates by time of use, in whose place no history can stand; leave it out"
    if farm.revenue.btc_price_usd is None and get(get(data, "btc"), "start_usd") is not None:
        yield ("btc", "start_usd"), "the farm gives a hashprice and no BTC price; leave this out and it moves by shares"
