"""When the plan begins, how far it looks, and what runs when it begins."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from optimizer.config.base import Count, LocalTime, Name, NonNegative, Section, refuse
from optimizer.config.charges import MonthLabel
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


class State(Section):
    """State carried in. A group left out is taken to run with every machine available."""

    model_config = ConfigDict(
        json_schema_extra={
            "dependentRequired": {key: ["at"] for key in ("groups", "announced", "grid_import_mw", "bill", "missed_mw")}
        }
    )

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
