"""What runs, still binds and was billed when a plan begins; sections of mechanisms of their own beside it."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

from pydantic import ConfigDict, Field, ValidationInfo, create_model, model_validator

from optimizer.config.base import Count, LocalTime, Name, NonNegative, Section, as_written, judged
from optimizer.config.calendar import MonthLabel
from optimizer.mechanisms.contents import classes


class StateSection(Section):
    """What a mechanism carries from one plan to the next, under a ``KEY`` of its own; all of it has a default.

    ``version`` is that of its layout, and written with it: what an older one wrote is first ``upgraded``.
    """

    KEY: ClassVar[str]
    VERSION: ClassVar[int] = 1

    version: int = 1

    @classmethod
    def upgraded(cls, data: dict[str, Any], version: int) -> dict[str, Any]:
        """What a layout of before wrote, in that of now; a section whose layout changes says how."""
        raise ValueError(f"has version {version} ({', '.join(data)}), which nobody says how to read")

    @abstractmethod
    def after(self, c: Any, dispatch: Any) -> Self:
        """The section at the end of a schedule that began with it; ``c``: Conditions, ``dispatch``: Dispatch."""

    @abstractmethod
    def fitted(self, farm: Any) -> Self:
        """What of it survives in a changed farm; ``farm``: Farm."""

    @model_validator(mode="before")
    @classmethod
    def _of_before(cls, data: Any) -> Any:
        version = data.get("version", cls.VERSION) if isinstance(data, dict) else cls.VERSION
        if isinstance(version, int) and version < cls.VERSION:
            return cls.upgraded(data, version) | {"version": cls.VERSION}
        if version != cls.VERSION:
            raise ValueError(f"has version {version}, of which this version of curtail knows nothing")
        return data


def _version(data: Any) -> int:
    version = data.get("version", 0) if isinstance(data, dict) else 0
    return version if isinstance(version, int) else 0


S = TypeVar("S", bound=StateSection)
Announced = dict[str, dict[str, tuple[int, ...]]]


def state_sections() -> tuple[type[StateSection], ...]:
    """The mechanisms' own sections of the state."""
    return classes("state", StateSection)  # type: ignore[type-abstract]  # only its kin are sought


@dataclass(frozen=True)
class Key:
    """A key of the state, or of a section of it, and the mechanism's word on it.

    after: what a schedule leaves in it, ``f(conditions, schedule)``. fitted: what of it survives in a changed farm,
    ``f(value, farm)``. asked: whether anything in a farm asks for it. at_full: what it is taken to be where that is not
    known and the farm drew so many MW, ``f(farm, MW)``; as by default without it.
    """

    name: str
    after: Callable[[Any, Any], Any]
    fitted: Callable[[Any, Any], Any] = lambda value, _: value
    asked: Callable[[Any], bool] = lambda _: True
    at_full: Callable[[Any, float], Any] | None = None


class Switched(Section):
    """Machines switched lately, while minimum on or off times still bind."""

    at: LocalTime
    units: Count = Field(description="Machines switched")


class GroupState(Section):
    """What a group was doing when the plan begins."""

    running: Count = Field(description="Machines running")
    modes: dict[str, Count] = Field(
        default={}, description="Machines running, by mode; those not told of run in the group's strongest"
    )
    in_service: Count | None = Field(
        default=None, description="Machines in service just before; those running, resting or there now when absent"
    )
    started: tuple[Switched, ...] = Field(
        default=(), description="Starts not longer ago than minimum_on_hours or an hour"
    )
    stopped: tuple[Switched, ...] = Field(default=(), description="Stops not longer ago than minimum_off_hours")
    starts_today: NonNegative = Field(default=0.0, description="Machine starts already made on the first local day")


class BillState(Section):
    """The bill so far: what was metered in the billing period the plan begins in, and in those before it."""

    peaks_mw: dict[Name, NonNegative] = Field(
        default={}, description="Highest import of the billing period so far, by demand charge"
    )
    past_peaks_mw: dict[Name, dict[MonthLabel, NonNegative]] = Field(
        default={}, description="Highest import of past billing periods, by demand charge and month of their beginning"
    )
    tier_mwh: dict[Name, NonNegative] = Field(default={}, description="Energy of the period so far, by tier")
    taken_mwh: dict[Name, NonNegative] = Field(default={}, description="Taken in the period so far, by supplier")
    charged_usd: NonNegative = Field(
        default=0.0, description="What counts towards the minimum bill in the period so far, fixed charge left out"
    )

    def highest_peak_mw(self, demand: str) -> float | None:
        """The highest import known of a demand charge; None where no past period has any.

        The peak of the period so far alone says too little: it may be that of the first hour.
        """
        past = max(self.past_peaks_mw.get(demand, {}).values(), default=0.0)
        return max(past, self.peaks_mw.get(demand, 0.0)) if past > 0 else None


class _Known(Section):
    """The keys of a state that are no mechanism's own."""

    at: LocalTime | None = Field(
        default=None,
        description="The moment the state was read; needed with groups, announced, grid_import_mw, bill or missed_mw",
    )
    groups: dict[Name, GroupState] = Field(default={}, description="By the name of the group")
    announced: dict[Name, dict[str, tuple[Count, ...]]] = Field(
        default={},
        description="Machines announced before, by group and mode, for the intervals of the first length from now on",
    )
    grid_import_mw: NonNegative | None = Field(default=None, description="Import just before; lets ramps bind at once")
    bill: BillState = Field(default=BillState(), description="The bill so far")
    missed_mw: dict[Name, NonNegative] = Field(
        default={}, description="Most MW drawn above the limit of an event so far, by events with violation_usd_per_mw"
    )


def state_form() -> type[Section]:
    """All that a state may hold, as one closed section: the keys above and those of the mechanisms' own sections."""
    own: dict[str, Any] = {section.KEY: (section, section()) for section in state_sections()}
    return create_model("State", __base__=_Known, **own) if own else _Known


def _described(schema: dict[str, Any]) -> None:
    schema["dependentRequired"] = {key: ["at"] for key in schema["properties"] if key != "at"}
    schema["properties"] |= {section.KEY: section.model_json_schema() for section in state_sections()}
    schema["additionalProperties"] = False


class State(_Known):
    """State carried in. A group left out is taken to run with every machine available."""

    model_config = ConfigDict(extra="allow", json_schema_extra=_described)

    @model_validator(mode="after")
    def _closed(self, info: ValidationInfo) -> State:
        """A person's state holds nothing else than the keys above and the mechanisms' own sections, in their types."""
        if (own := self.__pydantic_extra__) and judged():
            checked = state_form().model_validate(own, strict=info.mode != "json")
            own.update({key: getattr(checked, key) for key in own})
        return self

    @classmethod
    def written(cls, text: str) -> State:
        """A state in the JSON that this program wrote: sections that nobody knows, or of a newer layout, are kept."""
        data = json.loads(text)
        if not isinstance(data, dict):
            raise ValueError("a state is an object")
        newer = {section.KEY for section in state_sections() if _version(data.get(section.KEY)) > section.VERSION}
        with as_written():
            known = {key: value for key, value in data.items() if key not in newer}
            known_form = state_form().model_validate_json(json.dumps(known), extra="ignore")
        written_keys = {key: getattr(known_form, key) for key in known_form.model_fields_set}
        return cls.model_construct(set(data), **data | written_keys)

    def with_sections(self, sections: Mapping[str, StateSection]) -> State:
        """The state with other sections of mechanisms; one that says nothing is left out."""
        kept = {key: value for key, value in (self.__pydantic_extra__ or {}).items() if key not in sections}
        kept |= {key: section for key, section in sections.items() if section != type(section)()}
        known = {name: getattr(self, name) for name in type(self).model_fields}
        named = (self.model_fields_set - sections.keys()) | kept.keys()
        return State.model_construct(named, **known, **kept)

    def section(self, kind: type[S]) -> S:
        """A mechanism's section; as by default where it is not there."""
        own = (self.__pydantic_extra__ or {}).get(kind.KEY)
        return own if isinstance(own, kind) else kind()
