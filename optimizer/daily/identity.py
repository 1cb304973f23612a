"""Whose state folder this is. It belongs to one farm, and refuses another's."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from optimizer.config.farm import Farm
from optimizer.errors import CurtailError, InputError
from optimizer.outputs import write_file
from optimizer.outside import read_regular

FILE, SETPOINTS = "farm.json", "setpoints.json"
_MOST_BYTES = 5_000_000
_SAME = 2  # of name, file and groups that are as they were: a farm that is renamed, moved or rebuilt is the same


@dataclass(frozen=True)
class Identity:
    """The farm of a state folder; ``id`` survives its renaming."""

    id: str
    name: str
    file: str
    groups: tuple[str, ...]
    timezone: str


def identity_in(folder: Path) -> Identity | None:
    """Whose a state folder is; None where it does not say, or what it says is damaged."""
    try:
        data = json.loads(read_regular(folder / FILE, _MOST_BYTES))
        found = Identity(**{**data, "groups": tuple(data["groups"])})
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    texts = (found.id, found.name, found.file, found.timezone, *found.groups)
    return found if all(isinstance(text, str) for text in texts) else None


def _number_in(folder: Path) -> str | None:
    """The farm's id as controllers know it, where the folder's own file is damaged."""
    try:
        number = json.loads(read_regular(folder / SETPOINTS, _MOST_BYTES))["farm"]["id"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return number if isinstance(number, str) and number else None


def claimed(folder: Path, farm_file: Path, farm: Farm) -> Identity:
    """The farm's identity, after the state folder was told of it. Raises InputError where it is another farm's.

    With a key ``id`` in the farm file that decides; else a farm is the same where two of its name, its file and any of
    its groups are as they were.
    """
    before = identity_in(folder)
    file, groups = os.path.abspath(farm_file), tuple(group.name for group in farm.fleet)
    if before is not None and not _same(before, farm, file, groups):
        raise InputError(
            f"{folder} belongs to farm {before.name!r} of {before.file}, not to {farm.name!r} of {file}: give each "
            f"farm a --state of its own; if it is the same farm, write `id: {before.id}` into its farm file"
        )
    minted = hashlib.sha256(f"{farm.name}\n{file}".encode()).hexdigest()[:12]
    number = farm.id or (before.id if before is not None else _number_in(folder) or minted)
    now = Identity(number, farm.name, file, groups, farm.timezone)
    if now != before:
        text = json.dumps(asdict(now), indent=2) + "\n"
        try:
            write_file(folder / FILE, partial(_fill, text=text))
        except CurtailError:
            return now  # told where the state folder is used
    return now


def _same(before: Identity, farm: Farm, file: str, groups: tuple[str, ...]) -> bool:
    if farm.id is not None:
        return farm.id == before.id
    alike = (farm.name == before.name, file == before.file, bool(set(groups) & set(before.groups)))
    return sum(alike) >= _SAME


def _fill(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
