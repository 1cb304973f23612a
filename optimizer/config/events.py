"""Curtailment events: instructions or contract calls to cut load."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from optimizer.config.base import LocalTime, Name, NonNegative, Positive, Section, Share, refuse


class ToLevel(Section):
    """Grid import at most so many MW."""

    form: Literal["to_level"] = Field(description="An absolute limit")
    mw: NonNegative = Field(description="Most grid import, MW")


class ByAmount(Section):
    """Grid import at most the baseline less so many MW."""

    form: Literal["by_amount"] = Field(description="A limit so much below a baseline")
    mw: Positive = Field(description="Cut below the baseline, MW")
    baseline_mw: Positive = Field(description="What the site draws without the call, MW")


class ToShare(Section):
    """Grid import at most a share of the baseline."""

    form: Literal["to_share"] = Field(description="A limit as a share of a baseline")
    share: Share = Field(description="Share of the baseline that may still be drawn")
    baseline_mw: Positive = Field(description="What the site draws without the call, MW")


class FullStop(Section):
    """Grid import at most auxiliary and standby load. On-site power may still run machines."""

    form: Literal["full_stop"] = Field(description="No machine runs on grid power")


class Event(Section):
    """One call, from its start to its release."""

    name: Name = Field(description="Name of the call, unique in this file")
    start: LocalTime
    end: LocalTime
    cut: Annotated[ToLevel | ByAmount | ToShare | FullStop, Field(discriminator="form")] = Field(
        description="How the limit is given"
    )
    violation_usd_per_mwh: Positive | None = Field(
        default=None, description="Makes the limit soft at this price; hard when absent"
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Event:
        faults: list[tuple[tuple[str, ...], str]] = []
        if (self.start.tzinfo is None) == (self.end.tzinfo is None) and self.end <= self.start:
            faults.append((("end",), f"the event ends ({self.end}) before it starts ({self.start})"))
        if isinstance(self.cut, ByAmount) and self.cut.mw > self.cut.baseline_mw:
            most = f"must be at most the baseline, {self.cut.baseline_mw:g} MW (got {self.cut.mw:g})"
            faults.append((("cut", "mw"), most))
        refuse("Event", faults)
        return self
