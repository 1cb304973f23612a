"""What the changes of a scenario share: notice, from and to, one operation each, points in time's order."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, model_validator

from optimizer.config.base import Section, refuse
from optimizer.scenario.times import Moment, surely_not_after

if TYPE_CHECKING:
    from optimizer.config.farm import Farm
    from optimizer.scenario.placed import Placed

Factor = Annotated[float, Field(ge=0, le=1e6)]
Between = Annotated[Literal["line", "hold"], Field(description="Between points: a straight line, or the last value")]


class Noticed(Section):
    """What every change may say."""

    notice: Moment | None = Field(default=None, description="When the farm learns of it; at once when absent")


class MechanismChange(Noticed):
    """A change of the farm that a mechanism declares, in the `scenario` module of its folder.

    LASTS: the key of its section that has `start` and `end`, where it does nothing outside them.
    """

    LASTS: ClassVar[str | None] = None

    @abstractmethod
    def farm(self, farm: Farm, placed: Placed, begins: datetime) -> Farm:
        """The farm after it; arguments as of `farm_with`, ``placed`` tells faults at its place."""


class Timed(Noticed):
    """A change that holds for a while."""

    begin: Moment | None = Field(default=None, alias="from", description="When it begins; with the plan when absent")
    to: Moment | None = Field(default=None, description="When it ends; with the plan when absent")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Timed:
        if surely_not_after(self.to, self.begin):
            refuse("Change", [(("to",), f"ends at {self.to}, which is not after its beginning, {self.begin}")])
        return self


def _one_of(schema: dict[str, Any], model: type[Any]) -> None:
    schema["oneOf"] = [{"required": [key]} for key in model.OPERATIONS]


class Operated(Section):
    """A section of which exactly one key says what is done."""

    model_config = ConfigDict(json_schema_extra=_one_of)
    OPERATIONS: ClassVar[dict[str, str]]  # key -> verb

    @model_validator(mode="after")
    def _does_one_thing(self) -> Operated:
        given = [key for key in self.OPERATIONS if getattr(self, key) is not None]
        if len(given) != 1:
            got = f"got {', '.join(given)}; write the others as changes of their own" if given else "got none"
            raise ValueError(f"give one of {', '.join(self.OPERATIONS)} ({got})")
        return self

    @property
    def operation(self) -> tuple[str, str]:
        """The key that is given and its verb."""
        return next((key, verb) for key, verb in self.OPERATIONS.items() if getattr(self, key) is not None)


class Point(Section):
    """A value at a moment."""

    VALUE: ClassVar[str]
    at: Moment

    @property
    def value(self) -> float:
        """The value."""
        return float(getattr(self, self.VALUE))


class Course(Timed, Operated):
    """A change of a series of the market, by its name there. Keys with points name them in time's order."""

    SERIES: ClassVar[str]

    @model_validator(mode="after")
    def _points_rise(self) -> Course:
        key, verb = self.operation
        points = getattr(self, key)
        if verb not in ("shape", "path", "retargets"):
            return self
        faults: list[tuple[tuple[str | int, ...], str]] = [
            ((key, i, "at"), f"is {points[i].at}, not after the point before it, {points[i - 1].at}")
            for i in range(1, len(points))
            if surely_not_after(points[i].at, points[i - 1].at)
        ]
        if verb == "shape" and self.to is None:
            if getattr(self, "between", None) == "hold":
                faults.append((("to",), "is missing: until when the last value of the shape holds"))
            elif len(points) < 2:
                faults.append(((key,), "needs a second point, or `to`: until when its only value holds"))
        refuse("Change", faults)
        return self
