"""How the farm is planned day by day: which files are the newest, when data are too old, what to do without a plan."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from optimizer.config.base import Currency, Name, Positive, Price, Section, SeriesFile, refuse


def _relative(pattern: str) -> str:
    if PurePath(pattern).is_absolute():
        raise ValueError("must be relative to this farm file")
    if "**" in pattern:
        raise ValueError("must not hold `**`: name the folder")
    return pattern


FileName = Annotated[str, Field(min_length=1, max_length=300)]
Pattern = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_relative)]
Hours = Annotated[float, Field(gt=0, le=24 * 366)]


class SafePosture(Section):
    """What machines do when no plan can be made and the last good schedule has run out. Hard limits hold all the same.

    Either a price to switch off above, or everything off.
    """

    off_above_usd_per_mwh: Price | None = Field(
        default=None, description="Machines run unless the last known energy price is above this, USD/MWh"
    )
    all_off: bool = Field(default=False, description="No machine runs, but for what frost asks")
    hours: Annotated[float, Field(ge=1, le=24 * 14)] = Field(
        default=24.0, description="Length of the schedule that says so, hours"
    )

    @model_validator(mode="after")
    def _says_one_thing(self) -> SafePosture:
        if self.all_off == (self.off_above_usd_per_mwh is not None):
            refuse("SafePosture", [((), "give off_above_usd_per_mwh, or all_off: true, and not both")])
        return self


class FeedRules(Section):
    """What a row of a price feed must say to be believed, and how long a feed may say nothing new."""

    location: Name | None = Field(default=None, description="Hub, zone or node, where rows of the feed name several")
    currency: Currency | None = Field(default=None, description="Currency of the feed's prices; the farm's when absent")
    usd_per_unit: Positive | None = Field(
        default=None, description="What one of it is worth, in place of the farm's `exchange_rates`"
    )
    market: Name | None = Field(default=None, description="Market, where rows of the feed name several")
    lowest_usd_per_mwh: Price = Field(default=-1e6, description="A row with a lower price is not believed, USD/MWh")
    highest_usd_per_mwh: Price = Field(default=1e6, description="A row with a higher price is not believed, USD/MWh")
    silent_minutes: Annotated[float, Field(gt=0, le=31 * 24 * 60)] | None = Field(
        default=None,
        description="The feed is silent when the newest of its prices that has begun did so longer ago than this, "
        "minutes; never when absent",
    )

    @model_validator(mode="after")
    def _is_a_range(self) -> FeedRules:
        if not self.lowest_usd_per_mwh < self.highest_usd_per_mwh:
            sentence = f"must be more than lowest_usd_per_mwh, which is {self.lowest_usd_per_mwh:g}"
            refuse("FeedRules", [(("highest_usd_per_mwh",), sentence)])
        return self


class Daily(Section):
    """What `curtail daily` and `curtail watch` go by."""

    newest: dict[FileName, Pattern] = Field(
        default={},
        description="Series file as this farm file names it -> pattern such as inbox/dam_*.csv, which is read in its "
        "place: of a time in several files the row of the one whose name sorts last counts",
    )
    stale_after_hours: Positive | None = Field(
        default=None, description="A series file last written longer ago is too old to plan on; never when absent"
    )
    stale_after_hours_of: dict[FileName, Positive] = Field(
        default={}, description="The same for single series files, as this farm file names them"
    )
    at_least_hours: Hours | None = Field(
        default=None,
        description="Where energy prices end before the horizon the plan is cut short, to no less than so many hours; "
        "never cut when absent. With `replanning`: hours of its forecast that must be there, all that should be when "
        "absent",
    )
    latest_price_within_minutes: Annotated[float, Field(ge=0, le=7 * 24 * 60)] = Field(
        default=60.0,
        description="With `replanning`: where the latest price is late, one that is no more than so many minutes older "
        "will do",
    )
    safe_posture: SafePosture | None = Field(
        default=None, description="Without one, nothing is written when the last good schedule has run out"
    )
    feed: FeedRules = Field(default=FeedRules(), description="The price feed of `curtail watch --prices`")
    setpoints_valid_minutes: Annotated[float, Field(ge=1, le=31 * 24 * 60)] | None = Field(
        default=None,
        description="So long set-points hold once they are written, minutes; when absent to the end of the schedule, "
        "of `curtail watch` for three of its looks and no less than 15 minutes",
    )
    settled_prices: SeriesFile | None = Field(
        default=None, description="Energy prices as they turned out, for the history; the energy price when absent"
    )
    keep_runs: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=400, description="Folders of past runs that are kept; the history keeps every run"
    )
