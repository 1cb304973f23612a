"""The series files that a farm names, wherever in it they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel

from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.config.patterns import newest
from optimizer.errors import MissingDataError
from optimizer.market.timeseries import clock


def series_of(section: Any, path: str = "") -> Iterator[tuple[str, SeriesFile]]:
    """Every series in a section with its path, such as ``energy.blocks[0].mw``.

    >>> from optimizer.config.load import load_farm
    >>> [path for path, _ in series_of(load_farm(Path("configs/west_texas.yaml")).weather, "weather")]
    ['weather.temperature_c']
    """
    if isinstance(section, SeriesFile):
        yield path, section
    elif isinstance(section, BaseModel):
        for name in type(section).model_fields:
            yield from series_of(getattr(section, name), f"{path}.{name}" if path else name)
    elif isinstance(section, tuple):
        for i, inner in enumerate(section):
            yield from series_of(inner, f"{path}[{i}]")
    elif isinstance(section, dict):
        for key, inner in section.items():
            yield from series_of(inner, f"{path}.{key}")


def with_newest(farm: Farm, folder: Path) -> Farm:
    """The farm with every pattern of ``daily.newest`` in place of the file it stands for.

    Raises MissingDataError where no file fits.
    """
    patterns = farm.daily.newest
    for file, pattern in patterns.items():
        if not newest(folder / pattern).exists():
            raise MissingDataError(f"daily.newest: no file fits {pattern}, which is to be read in place of {file}")

    def changed(spec: SeriesFile) -> SeriesFile:
        return spec.model_copy(update={"file": patterns[spec.file]}) if spec.file in patterns else spec

    replaced: Farm = _replaced(farm, changed) if patterns else farm
    return replaced


def _replaced(value: Any, changed: Callable[[SeriesFile], SeriesFile]) -> Any:
    if isinstance(value, SeriesFile):
        return changed(value)
    if isinstance(value, BaseModel):
        inner = {name: getattr(value, name) for name in type(value).model_fields}
        replaced = {name: _replaced(old, changed) for name, old in inner.items()}
        return value.model_copy(update={name: new for name, new in replaced.items() if new is not inner[name]})
    if isinstance(value, tuple):
        return tuple(_replaced(inner, changed) for inner in value)
    return value


def refuse_stale(farm: Farm, named: Farm, folder: Path, now: datetime) -> None:
    """Refuse series files that were last written too long ago. ``named`` is the farm before `with_newest`.

    Prices as they turned out are late by nature and may be of any age. Raises MissingDataError with all that are old.
    """
    limits, general = farm.daily.stale_after_hours_of, farm.daily.stale_after_hours
    old = {}
    for (path, spec), (_, original) in zip(series_of(farm), series_of(named), strict=True):
        most = limits.get(original.file, general)
        if most is None or path.startswith("daily."):
            continue
        try:
            written = datetime.fromtimestamp(newest(folder / spec.file).stat().st_mtime, UTC)
        except OSError:
            continue  # told when it is read
        age = (now - written) / timedelta(hours=1)
        if age > most:
            old[spec.file] = (
                f"{spec.file}: was last written {clock(pd.Timestamp(written), farm.timezone)}, {age:.1f} hours ago; "
                f"to plan on it, it must be no older than {most:g} hours (daily.stale_after_hours)"
            )
    if old:
        raise MissingDataError("\n".join(old.values()))
