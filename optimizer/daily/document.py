"""The form of set-points: the contract that a controller lives by, as JSON and as a table with the same fields."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from optimizer.config.base import Section
from optimizer.daily.record import Source

Status = Literal["planned", "stopped early", "kept", "nearest", "safe", "nothing", "run out"]
MOST = 2**53 - 1  # the largest whole number that every reader of JSON can hold
Counted = Annotated[int, Field(ge=0, le=MOST)]
Machines = Annotated[int, Field(ge=0, description="Machines that run")]


class FarmId(Section):
    """The farm that set-points are of."""

    id: str = Field(description="Survives renaming; a controller ignores documents of another farm")
    name: str


class Next(Section):
    """What a mode is to run once the current set-point is over."""

    at: AwareDatetime
    machines_on: Machines
    reason: str


class SetPoint(Section):
    """One mode of a group: what it is to run now, and what next."""

    group: str
    mode: str
    machines_on: Machines
    since: AwareDatetime = Field(description="Since when so many machines are to run")
    until: AwareDatetime = Field(description="The next change, or the end of the schedule")
    reason: str = Field(description="Why the others of the group are off; empty where none is")
    next: Next | None = Field(description="null where nothing changes before the end of the schedule")


class SetPoints(Section):
    """What each group of a farm is to run, now and next, and how long that holds.

    A controller obeys a set-point until `until`, then its `next` from that time on, and nothing past `valid_until`,
    where it goes to its own safe state. It ignores what is of another farm, of a lower epoch or, within an epoch, of a
    sequence that is not higher than the last.
    """

    contract: Literal[2] = Field(description="Number of this form")
    farm: FarmId
    plan: str | None = Field(description="The run in force, a folder under runs/; null where there is none")
    epoch: Counted = Field(description="Rises when the sequence had to begin anew")
    sequence: Counted = Field(description="Rises by 1 with every writing")
    made_at: AwareDatetime
    valid_until: AwareDatetime = Field(description="From then on nothing is promised")
    status: Status = Field(description="What the last run came to, or that its schedule has run out")
    source: Source | None = Field(description="What kind of schedule is in force; null where there is none")
    stale: bool = Field(description="Whether it does not rest on good data of now")
    price_age_minutes: Annotated[float, Field(ge=0)] | None = Field(
        description="Age of the newest price known, minutes; null where there is none"
    )
    short_mw: float = Field(ge=0, description="By how much import exceeds what binds it now, MW")
    short_until: AwareDatetime | None = Field(description="When the last shortfall ahead is over; null without any")
    message: tuple[str, ...] = Field(description="For the operator")
    setpoints: tuple[SetPoint, ...]

    def commanded(self) -> str:
        """What a controller acts on, as text: the same as long as nothing is commanded anew."""
        points = [
            f"{point.group}/{point.mode}: {point.machines_on}"
            + (f", from {point.next.at} on {point.next.machines_on}" if point.next is not None else "")
            for point in self.setpoints
        ]
        return "\n".join((self.farm.id, f"{self.source} {self.short_mw} {self.short_until}", *points))

    def text(self) -> str:
        """The JSON document."""
        return self.model_dump_json(indent=2) + "\n"

    def table(self) -> str:
        """The CSV document: a row for each mode of a group, with all fields but the message."""
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, list(columns()), lineterminator="\n", restval="", extrasaction="ignore")
        writer.writeheader()
        whole = dict(_flat(self.model_dump(mode="json", exclude={"message", "setpoints"})))
        writer.writerows(whole | dict(_flat(point.model_dump(mode="json"))) for point in self.setpoints)
        return buffer.getvalue()


def columns() -> Iterator[str]:
    """The columns of the table, in the order of the document.

    >>> " ".join(columns())[:46]
    'contract farm_id farm_name plan epoch sequence'
    """
    inner: Mapping[str, type[Section]] = {"farm": FarmId, "next": Next}
    whole = [name for name in SetPoints.model_fields if name not in ("message", "setpoints")]
    for name in (*whole, *SetPoint.model_fields):
        yield from (f"{name}_{part}" for part in inner[name].model_fields) if name in inner else (name,)


def _flat(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, dict):
            yield from ((f"{name}_{part}", inner) for part, inner in value.items())
        else:
            yield name, str(value).lower() if isinstance(value, bool) else value
