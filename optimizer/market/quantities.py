"""The series that a farm file may name: found by a walk over its sections, whose fields declare them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, NamedTuple, get_args

import numpy as np

from optimizer.config.base import Section, Series
from optimizer.market.timeseries import Limits


def limits_of(quantity: Any) -> Limits:
    """The range that a quantity of ``config.base`` has as a plain number, where it may be a series too.

    >>> from optimizer.config.base import Share, ShareSeries
    >>> str(limits_of(Share)), str(limits_of(ShareSeries | None))
    ('at least 0 and at most 1', 'at least 0 and at most 1')
    """
    inner, *said = get_args(quantity)
    if inner is not float:
        return limits_of(inner)
    low, high, above = -np.inf, np.inf, False
    for bound in said[0].metadata:
        low = float(getattr(bound, "ge", getattr(bound, "gt", low)))
        high = float(getattr(bound, "le", high))
        above = above or hasattr(bound, "gt")
    return Limits(low, high, above)


class Place(NamedTuple):
    """Where a farm gives a quantity: the path in its file, the section it stands in, what stands there."""

    path: str
    section: Any
    quantity: Any


@dataclass(frozen=True)
class Declared:
    """A series and where in a farm its field stands: ``keys`` from the farm on, ``many`` if in sections of a list."""

    series: Series
    keys: tuple[str, ...]
    many: bool
    kind: Any

    @cached_property
    def limits(self) -> Limits:
        """The range of its values."""
        return limits_of(self.kind)

    def places(self, farm: Section) -> Iterator[Place]:
        """Its places in a farm, none where its section is not given.

        >>> from optimizer.config.energy import Energy
        >>> two = ({"name": "A", "mw": 1, "price_usd_per_mwh": 9}, {"name": "B", "mw": 2, "price_usd_per_mwh": 9})
        >>> energy = Energy.model_validate({"price_usd_per_mwh": 40, "blocks": two})
        >>> [(place.path, place.section.name, place.quantity) for place in declared(Energy)["block_mw"].places(energy)]
        [('blocks[0].mw', 'A', 1.0), ('blocks[1].mw', 'B', 2.0)]
        """
        sections: list[tuple[str, Any]] = [("", farm)]
        for key in self.keys[:-1]:
            found = [(f"{path}{key}", getattr(section, key)) for path, section in sections]
            sections = [(f"{path}.", inner) for path, inner in _one_by_one(found) if inner is not None]
        for path, section in sections:
            yield Place(f"{path}{self.keys[-1]}", section, getattr(section, self.keys[-1]))


@cache
def declared(section: type[Section]) -> Mapping[str, Declared]:
    """Every series that the fields of a section and of those in it declare, by name.

    >>> from optimizer.config.farm import Farm
    >>> weather = declared(Farm)["temperature_c"]
    >>> weather.keys, weather.series.known, str(weather.limits)
    (('weather', 'temperature_c'), 'seen', 'at least -80 and at most 80')
    """
    return {found.series.name: found for found in _walked(section, (), many=False)}


def known_as(farm: Section, *how: str) -> list[str]:
    """The names of the series of which is declared that they are known so."""
    return [name for name, one in declared(type(farm)).items() if one.series.known in how]


def _walked(section: type[Section], keys: tuple[str, ...], *, many: bool) -> Iterator[Declared]:
    for key, field in section.model_fields.items():
        marks = [mark for mark in field.metadata if isinstance(mark, Series)]
        if marks:
            yield Declared(marks[0], (*keys, key), many, field.annotation)
            continue
        for inner, listed in _sections(field.annotation):
            yield from _walked(inner, (*keys, key), many=many or listed)


def _sections(annotation: Any) -> Iterator[tuple[type[Section], bool]]:
    """The sections in the type of a field, and whether they stand in a list."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation, False
    for inner in get_args(annotation):
        for section, listed in _sections(inner):
            yield section, listed or Ellipsis in get_args(annotation)


def _one_by_one(found: list[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for path, value in found:
        if isinstance(value, tuple):
            yield from ((f"{path}[{i}]", inner) for i, inner in enumerate(value))
        else:
            yield path, value
