"""How a farm plans again as prices arrive: what is known when, what is expected of the rest, what changes may cost."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import Field

from optimizer.config.base import NonNegative, Section, SeriesFile, TimeOfDay

_MINUTES_PER_WEEK = 7 * 24 * 60


class DayAhead(Section):
    """Prices of a whole local day, published on the day before; beyond them, those of the last day published."""

    kind: Literal["day_ahead"] = Field(description="Prices of tomorrow, published today")
    price_usd_per_mwh: SeriesFile = Field(description="The day-ahead prices")
    published: TimeOfDay = Field(
        default=time(13, 30), description="When tomorrow's prices are out, on the farm's clock; ERCOT's by 13:30"
    )

    @property
    def expected(self) -> str:
        """What is expected of later prices, as a sentence."""
        return (
            "Later prices are expected to be the day-ahead market's, known from "
            f"{self.published:%H:%M} of the day before; beyond them, those of the last day out."
        )


class SameHourLastWeek(Section):
    """The price of the same hour a week before."""

    kind: Literal["same_hour_last_week"] = Field(description="What the same hour cost last week")

    @property
    def expected(self) -> str:
        """What is expected of later prices, as a sentence."""
        return "Later prices are expected to be those of the same hour a week before."


class Persistence(Section):
    """The last price that is known holds on."""

    kind: Literal["persistence"] = Field(description="The latest price holds on")

    @property
    def expected(self) -> str:
        """What is expected of later prices, as a sentence."""
        return "Later prices are expected to stay at the latest that is known."


class Column(Section):
    """A supplied forecast, each value known so many hours before its interval begins."""

    kind: Literal["column"] = Field(description="A supplied forecast")
    price_usd_per_mwh: SeriesFile = Field(description="The forecast")
    known_hours_before: Annotated[float, Field(ge=0, le=24 * 14)] = Field(
        description="How long before an interval its value is known; earlier, that of the same hour a day before stands"
    )

    @property
    def expected(self) -> str:
        """What is expected of later prices, as a sentence."""
        return (
            f"Later prices are those of the farm's own forecast, each known {self.known_hours_before:g} hours before; "
            "where it is not known yet, those a day before."
        )


Forecast = Annotated[DayAhead | SameHourLastWeek | Persistence | Column, Field(discriminator="kind")]


class Replanning(Section):
    """Planning again at every interval of the first length in `horizon.intervals`, `horizon.hours` ahead."""

    forecast: Forecast = Field(description="What is expected of the energy price where it is not known")
    price_lag_intervals: Annotated[int, Field(ge=0, le=96)] = Field(
        default=0, description="0: an interval's price is known as it begins; 1: only that of the one before"
    )
    hash_lag_hours: Annotated[float, Field(ge=0, le=24)] = Field(
        default=24.0,
        description="How late it is known what hashing is worth: a day's mean is known when the day is over",
    )
    deviation_half_life_minutes: Annotated[float, Field(ge=0, le=_MINUTES_PER_WEEK)] = Field(
        default=0.0,
        description="How long it takes until half of a price's departure from its forecast is expected to be gone, "
        "where that is not fitted",
    )
    fit_deviations: bool = Field(
        default=True,
        description="Whether how departures last is fitted every month on the years of prices and forecasts before it, "
        "where the files tell of 28 days or more",
    )
    frozen_intervals: Annotated[int, Field(ge=0, le=96)] = Field(
        default=0, description="Intervals ahead, from the present one, in which an announced schedule is kept"
    )
    change_usd_per_machine: NonNegative = Field(
        default=0.0, description="What changing the announced schedule must be worth, per machine and interval, USD"
    )
