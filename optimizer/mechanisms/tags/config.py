"""Coincident peaks as a contract gives them, the rule they go by, and how their probability is estimated."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from optimizer.config.base import (
    LocalTime,
    Name,
    NonNegative,
    OfImport,
    Positive,
    Section,
    Series,
    SeriesFile,
    Share,
    ShareSeries,
    TimeOfDay,
    refuse,
)
from optimizer.config.calendar import Month
from optimizer.config.composed import Listed, Place
from optimizer.units import KW_PER_MW

if TYPE_CHECKING:
    from optimizer.peaks.rule import PeakRule


class PeakRuleSection(Section):
    """Which intervals of the grid's load are its coincident peaks."""

    months: Annotated[tuple[Month, ...], Field(min_length=1)] = Field(description="Months in which peaks count")
    count: Annotated[int, Field(ge=1, le=100)] = Field(description="Peaks per month or season")
    per: Literal["month", "season"] = Field(description="Over what the highest are taken")
    interval_minutes: Literal[5, 15, 30, 60] = Field(description="Length of the interval that counts")
    distinct_days: bool = Field(default=True, description="Whether no two peaks may fall on one day")
    source: Annotated[str, Field(min_length=1, max_length=500)] = Field(description="Where the rule is written")

    @model_validator(mode="after")
    def _names_no_month_twice(self) -> PeakRuleSection:
        twice = {month for month in self.months if self.months.count(month) > 1}
        if twice:
            refuse("PeakRuleSection", [(("months",), f"name {min(twice)} twice")])
        return self


def _preset_or_rule(value: Any) -> str:
    return "rule" if isinstance(value, dict | PeakRuleSection) else "preset"


PeakRuleChoice = Annotated[
    Annotated[Literal["ercot_4cp", "pjm_5cp"], Tag("preset")] | Annotated[PeakRuleSection, Tag("rule")],
    Discriminator(_preset_or_rule),
]


def rule_of(rule: PeakRuleChoice) -> PeakRule:
    """The rule of a charge: a preset by its name, or the file's own.

    >>> rule_of("ercot_4cp").months
    (6, 7, 8, 9)
    """
    from optimizer.peaks.rule import PRESETS, PeakRule  # brings pandas, which reading a file does without

    return PeakRule(**rule.model_dump()) if isinstance(rule, PeakRuleSection) else PRESETS[rule]


class LoadForecastError(Section):
    """How far the load forecast strays: shares of the load, growing with the lead time."""

    near_share: Share = Field(description="Standard deviation of the relative error at once")
    far_share: Share = Field(description="Standard deviation far ahead")
    growth_hours: Positive = Field(description="Hours in which it grows")
    memory_hours: Positive = Field(description="Hours over which errors resemble each other")


class Estimate(Section):
    """The probability of a peak, from forecasts of the grid's load and the load so far by a seeded simulation."""

    load_forecast_mw: SeriesFile = Field(
        description="The grid's load as it was forecast, MW: over the plan, and of days before, to learn how it errs"
    )
    published: TimeOfDay = Field(
        default=time(13, 30),
        description="When tomorrow's load forecast is out, on the farm's clock; that of today is out at midnight",
    )
    load_history_mw: SeriesFile | None = Field(
        default=None, description="The grid's load before the plan: this month's peak so far, the last four weeks"
    )
    error: LoadForecastError | None = Field(default=None, description="Error of the forecast; ERCOT's when absent")
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = Field(default=0, description="Same seed, same probabilities")


class Chance(Section):
    """How likely a peak lies within a while."""

    start: LocalTime
    end: LocalTime
    share: Share = Field(description="Chance that one of the peaks lies between them, spread evenly")

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Chance:
        if self.start.tzinfo == self.end.tzinfo and self.end <= self.start:
            refuse("Chance", [(("end",), f"must lie after start, {self.start} (got {self.end})")])
        return self


class CoincidentPeak(Listed):
    """A charge on the import in the few intervals in which the whole grid's load is highest."""

    KEY: ClassVar[str] = "coincident_peaks"
    PLACE: ClassVar[Place] = "energy"
    ABOUT: ClassVar[str] = "Charges on the import while the whole grid peaks"
    ENTRY: ClassVar[str] = "coincident peak"
    TERM: ClassVar[str] = "coincident peaks"
    MOST: ClassVar[int] = 5

    name: Name = Field(description="What the bill calls it, unique in the file")
    rule: PeakRuleChoice = Field(description="A preset, or months, count and interval")
    usd_per_kw_year: NonNegative | None = Field(default=None, description="USD per kW of mean import at the peaks")
    usd_per_mw_year: NonNegative | None = Field(default=None, description="The same per MW")
    next_year_discount_share: Share = Field(
        default=0.0, description="By how much a dollar of next year's bill is worth less"
    )
    minimum_mw: Annotated[NonNegative, OfImport()] = Field(
        default=0.0, description="Billed at least, whatever the import was: a minimum share of the contract, MW"
    )
    elsewhere_mw: Annotated[NonNegative, OfImport()] = Field(
        default=0.0, description="Import expected at the year's peaks outside the plan"
    )
    probability: Annotated[ShareSeries | None, Series("", "peak_probability", lumps="sum", known="issued")] = Field(
        default=None, description="Probability of each interval to be one of the peaks"
    )
    estimate: Estimate | None = Field(default=None, description="Or how to estimate it")
    chances: tuple[Chance, ...] = Field(
        default=(), description="Or when a peak is how likely; at other times it is not"
    )

    @model_validator(mode="after")
    def _has_one_rate_and_one_probability(self) -> CoincidentPeak:
        faults = []
        if (self.usd_per_kw_year is None) == (self.usd_per_mw_year is None):
            faults.append((("usd_per_kw_year",), "give either usd_per_kw_year or usd_per_mw_year"))
        if [self.probability is None, self.estimate is None, not self.chances].count(False) != 1:
            faults.append((("probability",), "give one of probability, estimate and chances"))
        refuse("CoincidentPeak", faults)
        return self

    @property
    def peak_rule(self) -> PeakRule:
        """The rule it goes by."""
        return rule_of(self.rule)

    @property
    def rate_usd_per_mw(self) -> float:
        """USD per MW of mean import at the peaks, in today's money."""
        per_mw = self.usd_per_mw_year
        rate = per_mw if per_mw is not None else KW_PER_MW * (self.usd_per_kw_year or 0.0)
        return rate * (1.0 - self.next_year_discount_share)
