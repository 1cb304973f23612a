"""What power costs over the years of a study, in blocks of hours, and what the grid asks and pays."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from optimizer.config.base import Name, NonNegative, Positive, Price, Section, SeriesFile, Share, refuse

Growth = Annotated[float, Field(ge=-0.9, le=10)]


class PriceBlock(Section):
    """Hours of a year with about the same price."""

    name: Name = Field(description="Name of the block")
    hours_per_year: Positive = Field(description="Hours; all blocks are scaled to a year less calls and peaks")
    usd_per_mwh: Price = Field(description="Price at the hub, USD/MWh")


class PriceHistory(Section):
    """A year or more of prices, cut into blocks of about the same price."""

    series: SeriesFile = Field(description="Prices, USD/MWh")
    blocks: Annotated[int, Field(ge=1, le=60)] = Field(default=10, description="How many blocks")


class Call(Section):
    """Hours of a year in which the grid caps machines and tenants together."""

    name: Name = Field(description="Name of the call")
    hours_per_year: Positive = Field(description="Hours of a mean year")
    to_share: Share = Field(description="What the site may draw, as a share of its connection")
    usd_per_mwh: Price = Field(description="Price at the hub meanwhile, USD/MWh")


class Peaks(Section):
    """Coincident peaks: hours in which whoever draws pays for a year of transmission."""

    hours_per_year: Positive = Field(description="Hours in which one must stay off, as the peaks are not known before")
    usd_per_kw_year: NonNegative = Field(description="Charge on the mean draw in them, USD per kW and year")
    usd_per_mwh: Price = Field(description="Price at the hub meanwhile, USD/MWh")


class Flexibility(Section):
    """What the grid pays for load that can be cut."""

    capacity_usd_per_kw_month: NonNegative = Field(description="For load enrolled, called or not")
    cut_usd_per_mwh: NonNegative = Field(default=0.0, description="For enrolled load that a call cuts")
    most_mw: NonNegative = Field(description="Most that can be enrolled")


class Power(Section):
    """What power costs over a year, in blocks of hours."""

    blocks: Annotated[tuple[PriceBlock, ...], Field(max_length=60)] = Field(
        default=(), description="Hours and prices; or give `history`"
    )
    history: PriceHistory | None = Field(default=None, description="Prices to cut into blocks; or give `blocks`")
    adders_usd_per_mwh: Price | None = Field(default=None, description="In place of the farm's")
    growth_per_year: Growth = Field(default=0.0, description="Rise of hub prices a year")
    calls: Annotated[tuple[Call, ...], Field(max_length=10)] = Field(default=(), description="Caps of the grid")
    peaks: Peaks | None = Field(default=None, description="Coincident peaks")
    flexibility: Flexibility | None = Field(default=None, description="Payments for load that can be cut")
    site_mw: Positive | None = Field(default=None, description="In place of the farm's import limit")

    @model_validator(mode="after")
    def _one_source(self) -> Power:
        if bool(self.blocks) == (self.history is not None):
            raise ValueError("give blocks or history, one of them")
        names = [*(b.name for b in self.blocks), *(call.name for call in self.calls)]
        places = [*(("blocks", i) for i in range(len(self.blocks))), *(("calls", i) for i in range(len(self.calls)))]
        again = [i for i, name in enumerate(names) if name in names[:i]]
        refuse("Power", [((*places[i], "name"), f"is used twice (got '{names[i]}')") for i in again])
        return self
