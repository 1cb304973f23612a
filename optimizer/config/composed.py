"""Sections that mechanisms add to a farm file: where each stands, and how it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field, create_model

from optimizer.config.base import Name, Section
from optimizer.config.document import Keys
from optimizer.config.plain import FoundAt, entries, get, meant
from optimizer.mechanisms import contents

Place = Literal["farm", "site", "energy", "group", "machine"]


class Own(Section):
    """A section that a mechanism adds to a farm file, under a ``KEY`` that no other has.

    PLACE: what it is a key of. ABOUT: the description of the key. BY_TEMPERATURE: keys of it that need the outdoor
    temperature where they are given. BY_SCENARIO: whether a scenario may put another in its place.
    """

    KEY: ClassVar[str]
    PLACE: ClassVar[Place] = "farm"
    ABOUT: ClassVar[str]
    BY_TEMPERATURE: ClassVar[tuple[str, ...]] = ()
    BY_SCENARIO: ClassVar[bool] = True

    @classmethod
    def field(cls) -> Any:
        """Type and default of its key."""
        raise NotImplementedError  # `Single` and `Listed` say it

    @classmethod
    def standing(cls, farm: Any) -> Iterator[tuple[Keys, Any]]:
        """Where it stands in a farm, a validated one or the plain data of a file, and what stands there."""
        hosts: list[tuple[Keys, Any]] = [((cls.PLACE,), get(farm, cls.PLACE))]
        if cls.PLACE == "farm":
            hosts = [((), farm)]
        elif cls.PLACE == "group":
            hosts = [(("fleet", g), group) for g, group in entries(farm, "fleet")]
        elif cls.PLACE == "machine":
            hosts = [(("fleet", g, "machine"), get(group, "machine")) for g, group in entries(farm, "fleet")]
        for path, host in hosts:
            value = get(host, cls.KEY)
            if isinstance(value, tuple | list):
                yield from (((*path, cls.KEY, i), entry) for i, entry in enumerate(value))
            elif value is not None:
                yield (*path, cls.KEY), value


class Single(Own):
    """A section that is there once or not at all."""

    @classmethod
    def field(cls) -> Any:
        """Type and default of its key."""
        return cls | None, Field(default=None, description=cls.ABOUT)


class Listed(Own):
    """An entry of a list, by its name, which no other entry has. MOST: how many; ENTRY: what one is called.

    TERM: what one is called as a term of the contract that a report leaves out to say what it does; nothing for none.
    PARTS: keys of one that are such terms themselves, and what they are called. CALL: whether it is a call to cut load,
    or stands for several.
    """

    MOST: ClassVar[int] = 100
    ENTRY: ClassVar[str]
    TERM: ClassVar[str] = ""
    PARTS: ClassVar[Mapping[str, str]] = MappingProxyType({})
    CALL: ClassVar[bool] = False

    name: Name = Field(description="Its name, unique in the list")

    def known_at(self, zone: str) -> datetime | None:  # noqa: ARG002  # for those that go by the clock
        """When the farm learns of it, UTC; None where it has always known. ``zone`` is the farm's clock."""
        return None

    @classmethod
    def unknown(cls, farm: Any, *table: str) -> Iterator[FoundAt]:
        """Names that a table of the farm has, and no entry."""
        known = [name for _, entry in cls.standing(farm) if isinstance(name := get(entry, "name"), str)]
        written = farm
        for key in table:
            written = get(written, key)
        for name in written if isinstance(written, dict) else ():
            if isinstance(name, str) and name not in known:
                yield (*table, name), f"no {cls.ENTRY} of the contract has this name; {meant(name, known)}"

    @classmethod
    def field(cls) -> Any:
        """Type and default of its key."""
        entries_of = Annotated[tuple[cls, ...], Field(max_length=cls.MOST)]  # type: ignore[valid-type]  # made as it runs
        return entries_of, Field(default=(), description=cls.ABOUT)


S = TypeVar("S", bound=Single)
L = TypeVar("L", bound=Listed)
H = TypeVar("H", bound="Host")


class Host(Section):
    """A section that mechanisms add sections to: the farm, its site, its energy, each group, each model of machine."""

    HOLDS: ClassVar[Place]

    @classmethod
    def takes(cls, kind: type[Own]) -> bool:
        """Whether sections of a kind stand in it."""
        return kind.PLACE == cls.HOLDS

    def section(self, kind: type[S]) -> S | None:
        """A mechanism's section; of a farm in its site or energy too, of a group in its machine too.

        None where it is not given.
        """
        own: S | None = getattr(self._home(kind), kind.KEY)
        return own

    def sections(self, kind: type[L]) -> tuple[L, ...]:
        """The entries of a mechanism's list; as of ``section``."""
        listed: tuple[L, ...] = getattr(self._home(kind), kind.KEY)
        return listed

    def _home(self, kind: type[Own]) -> Any:
        return self if self.takes(kind) else getattr(self, kind.PLACE)


def kinds() -> tuple[type[Own], ...]:
    """Every section of every mechanism, in their order."""
    return tuple(kind for kind in contents.classes("config", Own) if hasattr(kind, "KEY"))


def calls_in(farm: Any) -> list[str]:
    """Names of the calls in a farm, a validated one or the plain data of a file, by which other sections go."""
    calls = (kind for kind in kinds() if issubclass(kind, Listed) and kind.CALL)
    return [name for kind in calls for _, call in kind.standing(farm) if isinstance(name := get(call, "name"), str)]


def composed(host: type[H]) -> type[H]:
    """A section of the same name with the keys of the mechanisms' sections that it takes."""
    fields: dict[str, Any] = {}
    for kind in filter(host.takes, kinds()):
        if kind.KEY in fields or kind.KEY in host.model_fields:
            raise TypeError(f"{kind.__name__} cannot have the key {kind.KEY}: {host.__name__} has it already")
        fields[kind.KEY] = kind.field()
    made: type[H] = create_model(
        host.__name__, __base__=host, __module__=host.__module__, __doc__=host.__doc__, **fields
    )
    return made
