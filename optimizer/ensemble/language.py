"""An ensemble file: what is uncertain, and how it is drawn."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from optimizer.config.base import LocalTime, Name, NonNegative, Positive, Section, SeriesFile, refuse

BlockDays = Annotated[float, Field(ge=1, le=366)]
StormHours = Annotated[float, Field(gt=0, le=24 * 60)]


class PriceDraws(Section):
    """Energy prices: days of a history, drawn in blocks."""

    history: SeriesFile = Field(description="Past prices, USD/MWh, as long as there are")
    method: Literal["stationary", "moving"] = Field(
        default="stationary", description="Blocks of random length (stationary) or all of the same length (moving)"
    )
    block_days: BlockDays = Field(default=3.0, description="Length of a block in days; its mean where it is random")
    season_days: Annotated[int, Field(ge=0, le=183)] = Field(
        default=30, description="A block begins at most so many days of the year from the day it stands for"
    )
    same_weekday: bool = Field(default=True, description="A block begins on the weekday it stands for")
    level_deviation: Annotated[float, Field(ge=0, le=3)] = Field(
        default=0.0, description="Standard deviation of the log of a factor on all prices of a scenario, of mean one"
    )

    @model_validator(mode="after")
    def _whole_blocks(self) -> PriceDraws:
        if self.method == "moving" and self.block_days != round(self.block_days):
            refuse("PriceDraws", [(("block_days",), f"must be whole days for `moving` (got {self.block_days:g})")])
        return self


class BtcPath(Section):
    """The price of bitcoin: a step each day of the plan, lognormal or drawn in blocks from a history."""

    start_usd: Positive | None = Field(default=None, description="Price when the plan begins; the farm's when absent")
    volatility_per_year: Annotated[float, Field(ge=0, le=10)] | None = Field(
        default=None, description="Standard deviation of a year's log return"
    )
    drift_per_year: Annotated[float, Field(ge=-5, le=5)] = Field(
        default=0.0, description="Log of the expected price after a year over today's; with volatility_per_year only"
    )
    history: SeriesFile | None = Field(default=None, description="Past daily prices, USD, whose log returns are drawn")
    block_days: BlockDays = Field(default=5.0, description="Mean length of a block of the history, days")
    keep_drift: bool = Field(default=False, description="Keep the history's mean return; else it is taken off")

    @model_validator(mode="after")
    def _one_way(self) -> BtcPath:
        if (self.volatility_per_year is None) == (self.history is None):
            raise ValueError("give volatility_per_year or history, one of them")
        if self.history is not None and self.drift_per_year:
            refuse("BtcPath", [(("drift_per_year",), "goes with volatility_per_year, not with a history")])
        return self


class DifficultyPath(Section):
    """Retargets of the difficulty, one every 2,016 blocks of ten minutes after the first."""

    first_retarget_hours: Annotated[float, Field(ge=0, le=24 * 366)] = Field(
        default=168.0, description="Hours from the plan's beginning to the first retarget"
    )
    mean_change_share: Annotated[float, Field(ge=-0.75, le=3)] = Field(
        default=0.0, description="Mean change at a retarget: -0.1116 is a cut of 11.16 %"
    )
    deviation_share: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="Standard deviation of the change; it is held to a factor of 4 either way"
    )


class StormPrice(Section):
    """What a storm does to prices. Prices below zero are not multiplied."""

    multiply: Annotated[float, Field(ge=1, le=1000)] = Field(default=1.0, description="Times so much at its height")
    add_usd_per_mwh: NonNegative = Field(default=0.0, description="And so much more")
    at_most_usd_per_mwh: Positive | None = Field(
        default=None, description="The storm lifts no price above this, such as the market's cap"
    )


class StormOutage(Section):
    """Machines a storm takes out of service."""

    groups: Annotated[tuple[Name, ...], Field(min_length=1)] | None = Field(
        default=None, description="Names of groups; all when absent"
    )
    share: Annotated[float, Field(gt=0, le=1)] = Field(description="Share of the machines in service; 1 is all")


class Storm(Section):
    """Something that comes at random times, such as a cold front."""

    name: Name = Field(description="Name of the storm")
    probability_per_week: Annotated[float, Field(ge=0, lt=1)] = Field(
        description="Probability that at least one begins within a week"
    )
    least_hours: StormHours = Field(
        default=12.0, description="Shortest duration; every length up to most_hours is as likely"
    )
    most_hours: StormHours = Field(default=72.0, description="Longest duration")
    shape: Literal["flat", "peak"] = Field(
        default="peak", description="flat: at its height throughout; peak: rises to its height half-way, then falls"
    )
    price: StormPrice | None = Field(default=None, description="What it does to energy prices")
    outage: StormOutage | None = Field(default=None, description="What it does to machines")

    @model_validator(mode="after")
    def _does_something(self) -> Storm:
        faults: list[tuple[tuple[str, ...], str]] = []
        if self.price is None and self.outage is None:
            raise ValueError("does nothing: give price, outage or both")
        if self.most_hours < self.least_hours:
            faults.append(
                (("most_hours",), f"is less than least_hours, {self.least_hours:g} (got {self.most_hours:g})")
            )
        refuse("Storm", faults)
        return self


class Ensemble(Section):
    """How many scenarios of what."""

    name: Name = Field(description="Name of the ensemble")
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(description="The same seed draws the same scenarios")
    scenarios: Annotated[int, Field(ge=1, le=10_000_000)] = Field(default=1000, description="How many")
    start: LocalTime | None = Field(
        default=None, description="When each plan begins; the farm's horizon.start if absent"
    )
    hours: Annotated[float, Field(gt=0, le=24 * 366)] | None = Field(
        default=None, description="Length of each plan, hours; the farm's horizon if absent"
    )
    interval_minutes: Literal[5, 15, 30, 60] | None = Field(
        default=None, description="Intervals of one length in place of the farm's horizon.intervals"
    )
    prices: PriceDraws | None = Field(default=None, description="Energy prices; the farm's own when absent")
    btc: BtcPath | None = Field(default=None, description="Price of bitcoin; the farm's own when absent")
    difficulty: DifficultyPath | None = Field(default=None, description="Difficulty; the farm's own when absent")
    storms: Annotated[tuple[Storm, ...], Field(max_length=50)] = Field(default=(), description="What may come")

    @model_validator(mode="after")
    def _draws_something(self) -> Ensemble:
        if not (self.prices or self.btc or self.difficulty or self.storms):
            raise ValueError("draws nothing: give one or more of prices, btc, difficulty, storms")
        names = [storm.name for storm in self.storms]
        again = [i for i, name in enumerate(names) if name in names[:i]]
        refuse("Ensemble", [(("storms", i, "name"), f"is the name of another storm (got '{names[i]}')") for i in again])
        return self
