"""Whose state folder this is. It belongs to one farm, and refuses another's."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from optimizer.config.farm import Farm
from optimizer.daily.aside import set_aside
from optimizer.daily.folder import StateFolder
from optimizer.errors import CurtailError, InputError
from optimizer.files.outputs import write_file
from optimizer.outside import read_regular

FILE, SETPOINTS = "farm.json", "setpoints.json"
_MOST_BYTES = 5_000_000
_SAME = 2  # of name, file and groups that are as they were: a farm that is renamed, moved or rebuilt is the same


@dataclass(frozen=True)
class Identity:
    """The farm of a state folder; ``id`` survives its renaming. What is not known is empty."""

    id: str
    name: str
    file: str
    groups: tuple[str, ...]
    timezone: str


def identity_in(folder: Path) -> Identity | None:
    """Whose a state folder is; None where it does not say, or what it says is damaged."""
    try:
        data = json.loads(read_regular(folder / FILE, _MOST_BYTES))
        identity = Identity(**{**data, "groups": tuple(data["groups"])})
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    texts = (identity.id, identity.name, identity.file, identity.timezone, *identity.groups)
    return identity if all(isinstance(text, str) for text in texts) else None


def damage_set_aside(folder: Path) -> tuple[str, ...]:
    """Set aside what should say whose the folder is and does not. A sentence says so, or that it is missing."""
    if identity_in(folder) is not None:
        return ()
    file, instead = folder / FILE, "its schedule and set-points tell whose this folder is"
    if os.path.lexists(file):
        return (set_aside(file, f"is damaged; {instead}, where they can be read"),)
    return () if _known(folder) is None else (f"{file}: is missing; {instead}",)


def _known(folder: Path) -> Identity | None:
    """Whose a state folder is: by its own file, where that says nothing by its schedule, else by its set-points."""
    return identity_in(folder) or _of_schedule(folder) or _of_setpoints(folder)


def _of_schedule(folder: Path) -> Identity | None:
    """The farm of the schedule in force, else of the newest that can be read; the set-points tell its id."""
    record = StateFolder(folder).newest()
    if record is None:
        return None
    farm, points = record.farm, _of_setpoints(folder)
    number = farm.id or ("" if points is None else points.id)
    return Identity(number, farm.name, "", tuple(group.name for group in farm.fleet), farm.timezone)


def _of_setpoints(folder: Path) -> Identity | None:
    """The farm as controllers know it. Set-points know neither its file nor its clock."""
    try:
        data = json.loads(read_regular(folder / SETPOINTS, _MOST_BYTES))
        farm, groups = data["farm"], dict.fromkeys(str(point["group"]) for point in data["setpoints"])
        names = [text if isinstance(text, str) else "" for text in (farm["id"], farm["name"])]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return Identity(names[0], names[1], "", tuple(groups), "")


def claimed(folder: Path, farm_file: Path, farm: Farm) -> Identity:
    """The farm's identity, after the state folder was told of it. Raises InputError where it is another farm's.

    With a key ``id`` in the farm file that decides; else a farm is the same where two of its name, its file and any of
    its groups are as they were, or what of them is known.
    """
    before = _known(folder)
    file, groups = os.path.abspath(farm_file), tuple(group.name for group in farm.fleet)
    if before is not None and not _same(before, farm, file, groups):
        of = f" of {before.file}" if before.file else f", as its schedule says ({FILE} is damaged or missing)"
        same = f"; if it is the same farm, write `id: {before.id}` into its farm file" if before.id else ""
        raise InputError(
            f"{folder} belongs to farm {before.name!r}{of}, not to {farm.name!r} of {file}: give each farm a --state "
            f"of its own{same}"
        )
    minted = hashlib.sha256(f"{farm.name}\n{file}".encode()).hexdigest()[:12]
    number = farm.id or ("" if before is None else before.id) or minted
    now = Identity(number, farm.name, file, groups, farm.timezone)
    if now != before:
        text = json.dumps(asdict(now), indent=2) + "\n"
        try:
            write_file(folder / FILE, text)
        except CurtailError:
            return now  # told where the state folder is used
    return now


def _same(before: Identity, farm: Farm, file: str, groups: tuple[str, ...]) -> bool:
    if farm.id is not None and before.id:
        return farm.id == before.id
    alike = [farm.name == before.name] if before.name else []
    alike += [file == before.file] if before.file else []
    alike += [bool(set(groups) & set(before.groups))] if before.groups else []
    return sum(alike) >= min(_SAME, len(alike))
