"""When the plan begins and how far it looks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from optimizer.config.base import LocalTime, Section, refuse
from optimizer.config.rates import PriceSeries


class Step(Section):
    """So many hours in intervals of so many minutes."""

    minutes: Literal[5, 15, 30, 60] = Field(description="Length of each interval, minutes")
    hours: Annotated[float, Field(gt=0, le=24 * 366)] | None = Field(
        default=None, description="Absent in the last step: to the end of the horizon"
    )


class Tail(Section):
    """From the plan's end to the end of the billing period: not scheduled, but reckoned with in the charges."""

    minutes: Literal[15, 30, 60, 120, 180, 240, 360, 720, 1440] = Field(
        default=60, description="Length of its intervals, minutes"
    )
    price_usd_per_mwh: PriceSeries | None = Field(
        default=None, description="Forecast of the energy price; the energy price itself when absent"
    )


class Horizon(Section):
    """The dispatch intervals: fine ones first, coarser ones after."""

    start: LocalTime | None = Field(default=None, description="Default start; --start overrides it")
    hours: Annotated[float, Field(gt=0, le=24 * 366)] = Field(default=48.0, description="Length of the plan, hours")
    intervals: Annotated[tuple[Step, ...], Field(min_length=1, max_length=10)] = Field(
        default=(Step(minutes=60),), description="Interval lengths, the finest first"
    )
    tail: Tail | None = Field(
        default=None, description="The rest of the billing period, where charges depend on all of it"
    )

    @model_validator(mode="after")
    def _only_the_last_step_is_open(self) -> Horizon:
        sentence = "is missing: only the last step may leave it out"
        open_steps = [i for i, step in enumerate(self.intervals[:-1]) if step.hours is None]
        refuse("Horizon", [(("intervals", i, "hours"), sentence) for i in open_steps])
        return self
