"""Charges that are not a price per MWh: tiers, demand charges with ratchets, coincident peaks."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from optimizer.config.base import Name, NonNegative, Positive, Section, Series, SeriesFile, Share, ShareSeries, refuse
from optimizer.config.calendar import Month, When

_MONTH = r"^(20|21)\d\d-(0[1-9]|1[0-2])$"


def _month_label(value: Any) -> Any:
    if not isinstance(value, str) or not re.match(_MONTH, value):
        raise ValueError('must be a month such as "2026-02"')
    return value


MonthLabel = Annotated[
    str,
    BeforeValidator(_month_label, json_schema_input_type=str),
    Field(pattern=_MONTH, description='Such as "2026-02"'),
]
KW_PER_MW = 1000.0


def _number_or_months(value: Any) -> str:
    return "by month" if isinstance(value, dict) else "number"


PeaksByMonth = Annotated[
    Annotated[NonNegative, Tag("number")] | Annotated[dict[MonthLabel, NonNegative], Tag("by month")],
    Discriminator(_number_or_months),
]


class Tier(Section):
    """Energy above an amount in a billing period costs more. Counted as billed, losses included."""

    name: Name = Field(description="What the bill calls it, unique in the file")
    above_mwh_per_month: NonNegative = Field(description="Amount above which it is charged, MWh")
    adds_usd_per_mwh: Annotated[float, Field(ge=-1e6, le=1e6)] = Field(
        description="Added to the price of every MWh above it; not below zero"
    )
    when: When | None = Field(default=None, description="Energy that is counted; all when absent")

    @model_validator(mode="after")
    def _rises(self) -> Tier:
        if self.adds_usd_per_mwh < 0:
            sentence = (
                "must not be below zero: where more energy makes the rest cheaper, the best of many schedules cannot "
                f"be found by a linear program (got {self.adds_usd_per_mwh:g}); plan with the price of the tier the "
                "farm will end in"
            )
            refuse("Tier", [(("adds_usd_per_mwh",), sentence)])
        return self


class Ratchet(Section):
    """Past peaks that hold the billed peak up."""

    share: Share = Field(description="Share of the highest past peak that is billed at least")
    months: Annotated[int, Field(ge=1, le=36)] = Field(description="Billing periods looked back over")
    of_months: Annotated[tuple[Month, ...], Field(min_length=1)] | None = Field(
        default=None, description="Months whose peaks count, such as the summer's; all when absent"
    )
    first_month: MonthLabel | None = Field(
        default=None, description="First billing period of the connection: nothing is looked for before it"
    )


class Demand(Section):
    """A charge on the highest import of a billing period, in MW or kW as the contract has it."""

    name: Name = Field(description="What the bill calls it, unique in the file")
    usd_per_kw: NonNegative | None = Field(default=None, description="USD per kW and billing period")
    usd_per_mw: NonNegative | None = Field(default=None, description="USD per MW and billing period")
    when: When | None = Field(default=None, description="Hours whose import counts; all when absent")
    above_mw: NonNegative = Field(default=0.0, description="Charged for what lies above it: a further tier")
    minimum_mw: NonNegative = Field(default=0.0, description="Least that is billed by contract")
    ratchet: Ratchet | None = Field(default=None, description="Past peaks that hold the billed peak up")
    expected_peak_mw: NonNegative | None = Field(
        default=None, description="Peak expected anyway in a billing period that goes on after the plan"
    )
    expected_peaks_mw: PeaksByMonth | None = Field(
        default=None,
        description="Peaks expected anyway in billing periods after the plan, MW, by month or the same for all: what a "
        "new peak holds up there is charged above them; the highest past peak when absent, full load without any",
    )

    @model_validator(mode="after")
    def _has_one_rate(self) -> Demand:
        if (self.usd_per_kw is None) == (self.usd_per_mw is None):
            raise ValueError("give either usd_per_kw or usd_per_mw")
        return self

    @model_validator(mode="after")
    def _expects_later_peaks_for_a_ratchet(self) -> Demand:
        if self.expected_peaks_mw is not None and self.ratchet is None:
            refuse("Demand", [(("expected_peaks_mw",), "goes with a ratchet: without one no peak is billed later")])
        return self

    def expected_later_mw(self, label: str) -> float | None:
        """The peak that the contract expects of a billing period after the plan, None where it does not say."""
        given = self.expected_peaks_mw
        return given.get(label) if isinstance(given, dict) else given

    @property
    def rate_usd_per_mw(self) -> float:
        """USD per MW and billing period."""
        return self.usd_per_mw if self.usd_per_mw is not None else KW_PER_MW * (self.usd_per_kw or 0.0)


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


class LoadForecastError(Section):
    """How far the load forecast strays: shares of the load, growing with the lead time."""

    near_share: Share = Field(description="Standard deviation of the relative error at once")
    far_share: Share = Field(description="Standard deviation far ahead")
    growth_hours: Positive = Field(description="Hours in which it grows")
    memory_hours: Positive = Field(description="Hours over which errors resemble each other")


class Estimate(Section):
    """The probability of a peak, from a forecast of the grid's load by a seeded simulation."""

    load_forecast_mw: SeriesFile = Field(description="The grid's load over the plan, MW")
    load_history_mw: SeriesFile | None = Field(
        default=None, description="The grid's load before the plan: this month's peak so far, the last four weeks"
    )
    error: LoadForecastError | None = Field(default=None, description="Error of the forecast; ERCOT's when absent")
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] = Field(default=0, description="Same seed, same probabilities")


class CoincidentPeak(Section):
    """A charge on the import in the few intervals in which the whole grid's load is highest."""

    name: Name = Field(description="What the bill calls it, unique in the file")
    rule: PeakRuleChoice = Field(description="A preset, or months, count and interval")
    usd_per_kw_year: NonNegative | None = Field(default=None, description="USD per kW of mean import at the peaks")
    usd_per_mw_year: NonNegative | None = Field(default=None, description="The same per MW")
    next_year_discount_share: Share = Field(
        default=0.0, description="By how much a dollar of next year's bill is worth less"
    )
    minimum_mw: NonNegative = Field(
        default=0.0, description="Billed at least, whatever the import was: a minimum share of the contract, MW"
    )
    elsewhere_mw: NonNegative = Field(default=0.0, description="Import expected at the year's peaks outside the plan")
    probability: Annotated[ShareSeries | None, Series("", "peak_probability", lumps="sum", known="issued")] = Field(
        default=None, description="Probability of each interval to be one of the peaks"
    )
    estimate: Estimate | None = Field(default=None, description="Or how to estimate it")

    @model_validator(mode="after")
    def _has_one_rate_and_one_probability(self) -> CoincidentPeak:
        faults = []
        if (self.usd_per_kw_year is None) == (self.usd_per_mw_year is None):
            faults.append((("usd_per_kw_year",), "give either usd_per_kw_year or usd_per_mw_year"))
        if (self.probability is None) == (self.estimate is None):
            faults.append((("probability",), "give either probability or estimate"))
        refuse("CoincidentPeak", faults)
        return self

    @property
    def rate_usd_per_mw(self) -> float:
        """USD per MW of mean import at the peaks, in today's money."""
        per_mw = self.usd_per_mw_year
        rate = per_mw if per_mw is not None else KW_PER_MW * (self.usd_per_kw_year or 0.0)
        return rate * (1.0 - self.next_year_discount_share)
