"""What power costs over the years of a study: a year of blocks of hours, by hand or of a history's weeks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from optimizer.config.base import Date, Name, NonNegative, Positive, Price, Section, SeriesFile, Share, refuse
from optimizer.mechanisms.tags.config import PeakRuleChoice

Growth = Annotated[float, Field(ge=-0.9, le=1)]


class PriceBlock(Section):
    """Hours of a year with about the same price."""

    name: Name = Field(description="Name of the block")
    hours_per_year: Positive = Field(
        description="Hours; those of no storm are scaled to a year less storms, calls and peaks"
    )
    usd_per_mwh: Price = Field(description="Price at the hub, USD/MWh")
    storm: bool = Field(default=False, description="Hours of the dearest week, which stands for nothing but itself")


class ChosenWeek(Section):
    """A week that stands for others, as it was chosen from a history; told in the report."""

    first_day: Date = Field(description="Its first day on the farm's clock; it lasts 168 hours")
    weight: Positive = Field(description="How many weeks of the history it stands for")
    kind: Literal["typical", "storm", "peak"] = Field(
        default="typical", description="A storm weighs one; the peak's holds a coincident peak"
    )


class PriceHistory(Section):
    """A year or more of prices. Weeks are chosen that stand for all of it, and cut into blocks of about one price."""

    series: SeriesFile = Field(description="Prices, USD/MWh")
    load_mw: SeriesFile | None = Field(
        default=None, description="Load of the whole system, for its peaks; the dearest hours are taken when absent"
    )
    first_day: Date | None = Field(default=None, description="Where the file holds more; its beginning when absent")
    last_day: Date | None = Field(default=None, description="The last day that counts; the file's end when absent")
    weeks: Annotated[int, Field(ge=2, le=60)] = Field(default=12, description="How many weeks stand for the history")
    storms: Annotated[int, Field(ge=1, le=5)] = Field(
        default=1, description="The dearest weeks, which are always chosen and keep blocks of their own"
    )
    blocks: Annotated[int, Field(ge=1, le=60)] = Field(default=10, description="Blocks of all other hours")
    storm_blocks: Annotated[int, Field(ge=1, le=20)] = Field(default=4, description="Blocks of the storms")

    @model_validator(mode="after")
    def _days_in_order(self) -> PriceHistory:
        if self.first_day is not None and self.last_day is not None and self.last_day <= self.first_day:
            refuse("PriceHistory", [(("last_day",), f"must come after first_day, {self.first_day}")])
        return self


class Call(Section):
    """Hours of a year in which the grid caps machines and tenants together."""

    name: Name = Field(description="Name of the call")
    hours_per_year: Positive = Field(description="Hours of a mean year")
    to_share: Share = Field(description="What the site may draw, as a share of its connection")
    usd_per_mwh: Price | None = Field(
        default=None, description="Price at the hub meanwhile; when absent the dearest hours of the storms are taken"
    )


class Peaks(Section):
    """Coincident peaks: hours in which whoever draws pays for a year of transmission."""

    usd_per_kw_year: NonNegative = Field(description="Charge on the mean draw in them, USD per kW and year")
    rule: PeakRuleChoice = Field(default="ercot_4cp", description="With a history: which of its intervals are peaks")
    hours_each: Annotated[float, Field(gt=0, le=100)] = Field(
        default=10.0,
        description="With a history: hours of highest load around each peak in which one stays off, as it is not known",
    )
    hours_per_year: Positive | None = Field(default=None, description="With blocks: hours in which one stays off")
    usd_per_mwh: Price | None = Field(default=None, description="With blocks: price at the hub meanwhile, USD/MWh")


class Flexibility(Section):
    """What the grid pays for load that can be cut."""

    capacity_usd_per_kw_month: NonNegative = Field(description="For load enrolled, called or not")
    cut_usd_per_mwh: NonNegative = Field(default=0.0, description="For enrolled load that a call cuts")
    most_mw: NonNegative = Field(description="Most that can be enrolled")


class Power(Section):
    """What power costs over a year, in blocks of hours."""

    blocks: Annotated[tuple[PriceBlock, ...], Field(max_length=80)] = Field(
        default=(), description="Hours and prices; or give `history`"
    )
    weeks: Annotated[tuple[ChosenWeek, ...], Field(max_length=60)] = Field(
        default=(), description="The weeks that `blocks` were made of, if any: `power.yaml` of a study with a history"
    )
    history: PriceHistory | None = Field(
        default=None, description="Prices of which weeks are chosen and made into blocks; or give `blocks`"
    )
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
        faults: list[tuple[tuple[str | int, ...], str]] = [
            ((*places[i], "name"), f"is used twice (got '{names[i]}')") for i in again
        ]
        refuse("Power", [*faults, *self._peaks_of_source(), *self._calls_of_storms()])
        return self

    def _peaks_of_source(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        if self.peaks is None:
            return
        for key in ("hours_per_year", "usd_per_mwh"):
            if (getattr(self.peaks, key) is None) == (self.history is None):
                message = f"needs {key}, as there is no history to take it from" if self.history is None else ""
                yield ("peaks",), message or f"leave out {key}: it is taken from the history"

    def _calls_of_storms(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Calls without a price lie in the storms, which must be long enough; those of a history are known later."""
        left = sum(block.hours_per_year for block in self.blocks if block.storm)
        for i, call in enumerate(self.calls):
            if self.history is None and call.usd_per_mwh is None:
                left -= call.hours_per_year
                if left < 0:
                    yield ("calls", i), "needs usd_per_mwh, as no block of a storm has hours left for it"
