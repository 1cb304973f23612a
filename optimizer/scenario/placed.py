"""A scenario as it is applied: its changes, those of the scenario it extends first, each with its place in a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from optimizer.config.base import Section, SeriesFile
from optimizer.config.document import Document, Keys, dotted
from optimizer.config.located import faults_of
from optimizer.errors import Fault, InputError
from optimizer.scenario.parts import Noticed
from optimizer.scenario.times import DayTime, in_plan_days, resolved, stands_for

S = TypeVar("S", bound=Section)
NO_FILE = Document("<scenario>", {}, {}, {}, {})


@dataclass(frozen=True)
class Placed:
    """A change and where it stands. ``folder`` is the one its series files are relative to.

    >>> from optimizer.scenario.courses import PriceChange
    >>> print(Placed(PriceChange(kind="price", scale=2.0), path=("changes", 0)).fault(("scale",), "is too high"))
    <scenario>:1:1: changes[0].scale: is too high
    """

    change: Noticed
    document: Document = NO_FILE
    path: Keys = ()
    folder: Path = field(default_factory=Path)

    def fault(self, path: Keys, message: str, *, of_key: bool = False) -> Fault:
        """A fault at a path within the change."""
        return self.document.fault(self.path + path, in_plan_days(message), of_key=of_key)

    def refuse(self, path: Keys, message: str) -> InputError:
        """The error with one fault at a path within the change."""
        return InputError([self.fault(path, message)])

    def time(self, moment: datetime | DayTime, path: Keys, begins: datetime, zone: str) -> datetime:
        """UTC of a moment that stands at a path within the change; raises InputError where the clock has none."""
        try:
            return resolved(moment, begins, zone)
        except (ValueError, OverflowError) as error:
            raise self.refuse(path, str(error)) from None

    def on_clock(self, section: S, begins: datetime, zone: str) -> S:
        """A section of the change with dates in place of what stands for days of the plan."""

        def dated(value: Any) -> Any:
            relative = stands_for(value) if isinstance(value, datetime) else None
            return value if relative is None else relative.on_clock(begins, zone)

        dated_section: S = mapped(section, dated)
        return dated_section

    def seen_from_anywhere(self, value: Any) -> Any:
        """Sections with the paths of their series made absolute: the farm's are relative to another file."""

        def absolute(part: Any) -> Any:
            if isinstance(part, SeriesFile):
                return part.model_copy(update={"file": os.path.abspath(self.folder / part.file)})
            return part

        return mapped(value, absolute)

    def rebuilt(self, section: S, origins: dict[Keys, Keys], **changes: Any) -> S:
        """A section with some of its values changed, validated again.

        ``origins`` says of paths in the section where in this change they come from. Raises InputError with every
        fault, at its origin.
        """
        try:
            return type(section).model_validate(dict(section) | changes)
        except ValidationError as error:
            raise InputError(faults_of(error, type(section), self.standing_for(origins))) from None

    def standing_for(self, origins: dict[Keys, Keys], data: Any = None) -> Document:
        """A document whose faults are told at this change; ``data`` is what it holds."""
        return _Elsewhere(**vars(self.document) | {"data": data}, placed=self, origins=origins)


@dataclass(frozen=True)
class _Elsewhere(Document):
    """A section that a change makes; what is wrong with it is told at the change."""

    placed: Placed = field(kw_only=True)
    origins: dict[Keys, Keys] = field(kw_only=True)

    def fault(self, path: Keys, message: str, *, of_key: bool = False) -> Fault:
        """A fault at a path of the section."""
        for length in range(len(path), -1, -1):
            origin = self.origins.get(path[:length])
            if origin is not None:
                return self.placed.fault(origin + path[length:], message, of_key=of_key)
        return self.placed.fault((), f"with this change, {dotted(path)} of the farm {message}")


@dataclass(frozen=True)
class Scenario:
    """Changes in the order they are applied; ``values`` are those of a sweep, by key, where one made this scenario, and
    ``swept`` is the name of what it was made of; ``words`` are the values in words, such as "BTC $60,000".

    ``start`` and ``hours`` are what a plan has unless told otherwise.
    """

    name: str
    changes: tuple[Placed, ...] = ()
    summary: str = ""
    sources: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    start: datetime | None = None
    hours: float | None = None
    values: tuple[tuple[str, Any], ...] = ()
    swept: str = ""
    words: tuple[str, ...] = ()
    document: Document = NO_FILE

    def known(self, begins: datetime, zone: str, known_at: datetime | None) -> tuple[Placed, ...]:
        """The changes whose notice has come by ``known_at``, all of them where it is None."""
        if known_at is None:
            return self.changes
        return tuple(
            placed
            for placed in self.changes
            if placed.change.notice is None or placed.time(placed.change.notice, ("notice",), begins, zone) <= known_at
        )


def mapped(value: Any, changed: Callable[[Any], Any]) -> Any:
    """A value, however deep, with its parts changed: series files, and all that holds nothing further.

    >>> mapped({"a": (1, 2)}, lambda number: number + 1)
    {'a': (2, 3)}
    """
    if isinstance(value, Section) and not isinstance(value, SeriesFile):
        return value.model_copy(update={key: mapped(inner, changed) for key, inner in value})
    if isinstance(value, dict):
        return {key: mapped(inner, changed) for key, inner in value.items()}
    return tuple(mapped(inner, changed) for inner in value) if isinstance(value, tuple) else changed(value)
