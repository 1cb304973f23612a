"""What is wrong with a file of ours by itself, and with the files it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizer.config.document import Document, Keys
from optimizer.config.files import fault_of_file, read_document
from optimizer.config.load import load_catalogue, load_contract, load_farm
from optimizer.config.plain import get, got
from optimizer.errors import Fault, InputError


def has_fleet(path: Path) -> bool:
    """Whether a file is meant as a farm."""
    try:
        data = read_document(path).data
    except InputError:
        return False
    return isinstance(data, dict) and "fleet" in data


def check_file(path: Path) -> list[Fault]:
    """Every fault of a farm (has `fleet`), catalogue (`machines`) or contract (`energy`) and of the files it names."""
    path = Path(path)
    try:
        document = read_document(path)
    except InputError as error:
        return list(error.faults)
    load = {"fleet": load_farm, "machines": load_catalogue, "energy": load_contract}
    kinds = [key for key in load if isinstance(document.data, dict) and key in document.data]
    if "energy" in kinds and (len(kinds) > 1 or "site" in document.data):
        kinds.remove("energy")  # a farm's, unless nothing else of a farm is there
    if len(kinds) != 1:
        sentence = (
            "is neither a farm file (it has no `fleet`), nor a catalogue (`machines`), nor a contract (`energy`), "
            "nor a scenario (`changes`)"
        )
        return sorted({*document.faults, document.fault((), sentence)})
    faults = set(missing_files(document, path.parent))
    contract = get(document.data, "contract")
    if kinds == ["fleet"] and isinstance(contract, str) and fault_of_file(path.parent / contract) is None:
        faults |= set(_missing_files_of_contract(path.parent / contract))
    try:
        load[kinds[0]](path)
    except InputError as error:
        faults |= set(error.faults)
    return sorted(faults)


def _missing_files_of_contract(path: Path) -> Iterator[Fault]:
    try:
        yield from missing_files(read_document(path), path.parent)
    except InputError:
        return  # told when the farm is loaded


def missing_files(document: Document, folder: Path) -> Iterator[Fault]:
    """A fault for every series file that cannot be opened, or the pattern that `daily.newest` puts in its place.

    Only a series has the key `file`.
    """
    daily = document.data.get("daily") if isinstance(document.data, dict) else None
    newest = daily.get("newest") if isinstance(daily, dict) else None
    patterns = newest if isinstance(newest, dict) else {}
    todo: list[tuple[Keys, Any]] = [((), document.data)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, dict):
            todo += [((*path, key), inner) for key, inner in value.items()]
            file = value.get("file")
            if isinstance(file, str) and file:
                pattern = patterns.get(file)
                unreadable = fault_of_file(folder / file)
                if unreadable and isinstance(pattern, str):
                    unreadable = fault_of_file(folder / pattern)
                if unreadable:
                    yield document.fault((*path, "file"), f"{unreadable} (got {got(file)})")
        elif isinstance(value, tuple):
            todo += [((*path, i), inner) for i, inner in enumerate(value)]
