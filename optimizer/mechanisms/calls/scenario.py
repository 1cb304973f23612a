"""What scenarios change of calls."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from optimizer.config.document import Keys
from optimizer.config.farm import Farm
from optimizer.mechanisms.calls.config import Event, Program
from optimizer.scenario.parts import MechanismChange
from optimizer.scenario.placed import Placed
from optimizer.scenario.times import InPlanDays


class EventChange(MechanismChange):
    """A curtailment event; its times are all dates or all days of the plan."""

    LASTS: ClassVar[str | None] = "event"
    kind: Literal["event"] = Field(description="An instruction or contract call to cut load")
    event: Annotated[Event, InPlanDays] = Field(description="The event, as in a farm file")

    def farm(self, farm: Farm, placed: Placed, begins: datetime) -> Farm:
        """With the event, of which the farm learns when it learns of the change."""
        event = placed.on_clock(self.event, begins, farm.timezone)
        if self.notice is not None:
            notice = placed.time(self.notice, ("notice",), begins, farm.timezone)
            event = placed.rebuilt(event, {(): ("event",), ("notice",): ("notice",)}, notice=notice)
        events = farm.sections(Event)
        return placed.rebuilt(farm, {(Event.KEY, len(events)): ("event",)}, **{Event.KEY: (*events, event)})


class ProgramsChange(MechanismChange):
    """Programs that calls are owed under, so that an event may belong to one."""

    kind: Literal["programs"] = Field(description="Limits on the calls of a season")
    set: Annotated[tuple[Program, ...], Field(min_length=1)] = Field(
        description="Programs as in a farm file; one takes the place of the farm's of its name"
    )

    def farm(self, farm: Farm, placed: Placed, _begins: datetime) -> Farm:
        """With the programs, in place of those of their names."""
        given = {program.name: program for program in self.set}
        kept = tuple(given.get(program.name, program) for program in farm.sections(Program))
        known = {program.name for program in kept}
        added = [i for i, program in enumerate(self.set) if program.name not in known]
        origins: dict[Keys, Keys] = {(Program.KEY, len(kept) + k): ("set", i) for k, i in enumerate(added)}
        return placed.rebuilt(farm, origins, **{Program.KEY: (*kept, *(self.set[i] for i in added))})
