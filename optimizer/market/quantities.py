"""The series that a farm file may name: found by a walk over its sections, whose fields declare them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple, get_args

import numpy as np

from optimizer.config.base import Price, Section, Series
from optimizer.market.timeseries import Limits


def limits_of(quantity: Any) -> Limits:
    """The range that a quantity of ``config.base`` has as a plain number, where it may be a series too.

    >>> from optimizer.config.base import Share, ShareSeries
    >>> str(limits_of(Share)), str(limits_of(ShareSeries | None))
    ('at least 0 and at most 1', 'at least 0 and at most 1')
    """
    inner, *marks = get_args(quantity)
    if inner is not float:
        return limits_of(inner)
    low, high, above = -np.inf, np.inf, False
    for bound in marks[0].metadata:
        low = float(getattr(bound, "ge", getattr(bound, "gt", low)))
        high = float(getattr(bound, "le", high))
        above = above or hasattr(bound, "gt")
    return Limits(low, high, above)


PRICES = limits_of(Price)


class Place(NamedTuple):
    """Where a farm gives a quantity: the path in its file, the section it stands in, what stands there.

    ``name`` is that of the entry of a list it stands in, or of the entries from the outer to the inner.
    """

    path: str
    name: str
    section: Any
    quantity: Any


@dataclass(frozen=True)
class Declared:
    """A series, the range of its values, and where in a farm its field stands: by ``keys`` from the farm on, in
    ``many`` sections where they stand in a list.
    """

    series: Series
    limits: Limits
    keys: tuple[str, ...]
    many: bool

    def places(self, farm: Section) -> Iterator[Place]:
        """Its places in a farm, none where its section is not given.

        >>> from optimizer.config.energy import Energy
        >>> two = ({"name": "A", "mw": 1, "price_usd_per_mwh": 9}, {"name": "B", "mw": 2, "price_usd_per_mwh": 9})
        >>> energy = Energy.model_validate({"price_usd_per_mwh": 40, "blocks": two})
        >>> [(place.path, place.name, place.quantity) for place in declared(Energy)["block_mw"].places(energy)]
        [('blocks[0].mw', 'A', 1.0), ('blocks[1].mw', 'B', 2.0)]
        """
        yield from _followed(farm, self.keys, "", "")

    def absent(self, n: int) -> Any:
        """What stands for it over ``n`` intervals in a farm that does not give it."""
        if self.many:
            return {}
        return None if self.series.absent is None else np.full(n, self.series.absent)

    def names(self, farm: Section) -> set[str]:
        """The names of the entries of a list that give it."""
        return {place.name for place in self.places(farm)}


@cache
def declared(section: type[Section]) -> Mapping[str, Declared]:
    """Every series that the fields of a section and of those in it declare, by name."""
    return {field.series.name: field for field in _walked(section, (), many=False)}


def known_as(farm: Section, *how: str) -> list[str]:
    """The names of the series of which is declared that they are known so."""
    return [name for name, one in declared(type(farm)).items() if one.series.known in how]


def _walked(section: type[Section], keys: tuple[str, ...], *, many: bool) -> Iterator[Declared]:
    for key, field in section.model_fields.items():
        marks = [mark for mark in field.metadata if isinstance(mark, Series)]
        if marks:
            series = replace(marks[0], name=marks[0].name or key)
            yield Declared(series, limits_of(field.annotation), (*keys, key), many)
            continue
        for inner, listed in _sections(field.annotation):
            yield from _walked(inner, (*keys, key), many=many or listed)


def _sections(annotation: Any) -> Iterator[tuple[type[Section], bool]]:
    """The sections in the type of a field, and whether they stand in a list."""
    if Section in getattr(annotation, "__mro__", ()):  # `issubclass` asks the abstract base of every type there is
        yield annotation, False
    for inner in get_args(annotation):
        for section, listed in _sections(inner):
            yield section, listed or Ellipsis in get_args(annotation)


def _followed(section: Any, keys: tuple[str, ...], path: str, name: str) -> Iterator[Place]:
    value, at, further = getattr(section, keys[0]), f"{path}{keys[0]}", keys[1:]
    if not further:
        yield Place(at, name, section, value)
    elif isinstance(value, tuple):
        for i, inner in enumerate(value):
            yield from _followed(inner, further, f"{at}[{i}].", f"{name}/{inner.name}" if name else inner.name)
    elif value is not None:
        yield from _followed(value, further, f"{at}.", name)
