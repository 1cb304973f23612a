"""What a run was made from: every file it read with its SHA-256, and the versions of the software."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimizer.config.farm import Farm
from optimizer.config.patterns import fitting, is_pattern
from optimizer.daily.folder import INPUTS, MEASURED
from optimizer.daily.orders import CALLS
from optimizer.daily.real_watts import REAL_WATTS
from optimizer.daily.series import series_of
from optimizer.files.software import versions
from optimizer.outside import open_regular

_CHUNK = 1 << 20
SOFTWARE = ("curtail", "highspy", "numpy", "pandas")
Hashes = dict[str, dict[str, Any]]


def files_of(farm_file: Path, farm: Farm, state: Path) -> dict[str, Path]:
    """The files a plan of a farm reads, by the names the farm file gives them: all but prices as they turned out.

    Of a pattern the files that fit it.

    Of the ``state`` folder what people have put into it.
    """
    folder = farm_file.parent
    series = [spec.file for path, spec in series_of(farm) if not path.startswith("daily.")]
    named = [farm.catalogue, farm.contract, *series]
    files = {farm_file.name: farm_file}
    for name in sorted({name for name in named if name is not None}):
        path = folder / name
        several = fitting(path) if is_pattern(path) else []
        files |= {os.path.relpath(one, folder): one for one in several} if several else {name: path}
    for path in (state / name for name in (CALLS, MEASURED, REAL_WATTS)):
        files |= of_state(path) if path.exists() else {}
    return files


def hashes_of(files: Mapping[str, Path]) -> Hashes:
    """SHA-256 and size of each file; those that cannot be read are left out, for whoever needs them will tell."""
    hashes: Hashes = {}
    for name, path in files.items():
        try:
            digest, size = hashlib.sha256(), 0
            with open_regular(path) as file:
                while part := file.read(_CHUNK):
                    digest.update(part)
                    size += len(part)
        except OSError:
            continue
        hashes[name] = {"sha256": digest.hexdigest(), "bytes": size}
    return hashes


def inputs_of(hashes: Hashes, at: str, **more: Any) -> dict[str, Any]:
    """What stands in ``inputs.json``; ``at`` is the moment the plan was made for."""
    return {"at": at, "files": hashes, **more, "versions": versions(*SOFTWARE) | {"python": platform.python_version()}}


def of_state(path: Path) -> dict[str, Path]:
    """A file that people put into the state folder, by the name that ``inputs.json`` gives it."""
    return {f"(state folder)/{path.name}": path}


def made_from(run: Path, path: Path) -> bool:
    """Whether a run, by its folder, was made from a file of the state folder as that is now."""
    try:
        recorded = json.loads((run / INPUTS).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return False
    now = hashes_of(of_state(path))
    return bool(now) and isinstance(recorded, dict) and recorded.items() >= now.items()


def digest_of(inputs: Mapping[str, Any]) -> str:
    """A short name for what a run was made from: equal for equal inputs."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()[:16]


def text_of(data: Mapping[str, Any]) -> str:
    """A JSON file's text."""
    return json.dumps(data, indent=2, allow_nan=False) + "\n"
