"""Changes of a quantity over time: prices, temperature, what hashing earns."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from optimizer.config.base import Celsius, Difficulty, Positive, Price, Section, SeriesFile, refuse
from optimizer.scenario.parts import Between, Course, Factor, Point
from optimizer.scenario.times import Moment

Hashprice = Annotated[float, Field(ge=0, le=1e6)]


class PricePoint(Point):
    """A price at a moment."""

    VALUE: ClassVar[str] = "usd_per_mwh"
    usd_per_mwh: Price


class TemperaturePoint(Point):
    """An outdoor temperature at a moment."""

    VALUE: ClassVar[str] = "c"
    c: Celsius = Field(description="Degrees Celsius")


class HashpricePoint(Point):
    """A hashprice at a moment."""

    VALUE: ClassVar[str] = "usd_per_ph_day"
    usd_per_ph_day: Hashprice = Field(description="USD per PH/s and day")


class BtcPoint(Point):
    """A BTC price at a moment."""

    VALUE: ClassVar[str] = "usd"
    usd: Positive = Field(description="USD per BTC")


class DifficultyPoint(Point):
    """A difficulty at a moment."""

    VALUE: ClassVar[str] = "difficulty"
    difficulty: Difficulty = Field(description="As a plain number: 125.86e12")


class Retarget(Point):
    """A change of the difficulty at a moment."""

    VALUE: ClassVar[str] = "change_share"
    change_share: Annotated[float, Field(ge=-0.75, le=3)] = Field(
        description="-0.1116 is a fall of 11.16 %; a retarget changes it by at most a factor of 4"
    )


class Spike(Section):
    """The price is at least so high for some minutes."""

    at: Moment
    minutes: Annotated[float, Field(gt=0, le=24 * 60)] = Field(description="How long")
    usd_per_mwh: Price


class PriceChange(Course):
    """The energy price of the interval: what is not bought in advance costs it."""

    SERIES: ClassVar[str] = "energy_price_usd_per_mwh"
    OPERATIONS: ClassVar[dict[str, str]] = {
        "scale": "scale", "shift_usd_per_mwh": "shift", "set_usd_per_mwh": "set", "spike": "spike",
        "cap_usd_per_mwh": "cap", "floor_usd_per_mwh": "floor", "series": "series", "shape": "shape",
    }  # fmt: skip
    kind: Literal["price"] = Field(description="The energy price")
    of: Literal["any", "spot"] = Field(
        default="any", description="spot: a farm whose contract fixes the price, by a number or rates, keeps it"
    )
    scale: Factor | None = Field(default=None, description="Times so much")
    shift_usd_per_mwh: Price | None = Field(default=None, description="So much dearer, USD/MWh")
    set_usd_per_mwh: Price | None = Field(default=None, description="This price, USD/MWh")
    spike: Spike | None = Field(default=None, description="At least so high for some minutes")
    cap_usd_per_mwh: Price | None = Field(default=None, description="At most this, USD/MWh")
    floor_usd_per_mwh: Price | None = Field(default=None, description="At least this, USD/MWh")
    series: SeriesFile | None = Field(default=None, description="Prices of a file, relative to this one")
    shape: Annotated[tuple[PricePoint, ...], Field(min_length=1, max_length=10_000)] | None = Field(
        default=None, description="Prices at moments; replaces the price from the first to the last, or to `to`"
    )
    between: Between = "line"
    noticed_as_it_comes: bool = Field(
        default=False,
        description="The farm learns of each price of a held shape when it begins, until when it holds too",
    )

    @model_validator(mode="after")
    def _comes_in_steps(self) -> PriceChange:
        if self.noticed_as_it_comes and (self.shape is None or self.between != "hold" or self.notice is not None):
            sentence = "goes with a shape and `between: hold`, and in place of `notice`"
            refuse("Change", [(("noticed_as_it_comes",), sentence)])
        return self

    def steps(self) -> tuple[PriceChange, ...]:
        """A change of its own for every price that is noticed as it comes; else the change itself."""
        if not self.noticed_as_it_comes or self.shape is None:
            return (self,)
        ends = (*(point.at for point in self.shape[1:]), self.to)
        return tuple(
            self.model_copy(update={"shape": (point,), "to": end, "notice": point.at, "noticed_as_it_comes": False})
            for point, end in zip(self.shape, ends, strict=True)
        )


class AddersChange(Course):
    """The per-MWh charges on top of the energy price, such as a fuel surcharge."""

    SERIES: ClassVar[str] = "adders_usd_per_mwh"
    OPERATIONS: ClassVar[dict[str, str]] = {"scale": "scale", "shift_usd_per_mwh": "shift"}
    kind: Literal["adders"] = Field(description="Per-MWh charges on top of the price")
    scale: Factor | None = Field(default=None, description="Times so much")
    shift_usd_per_mwh: Price | None = Field(default=None, description="So much dearer, USD/MWh")


class TemperatureChange(Course):
    """The outdoor temperature; it does nothing on a farm without `weather`."""

    SERIES: ClassVar[str] = "temperature_c"
    OPERATIONS: ClassVar[dict[str, str]] = {"shift_c": "shift", "set_c": "set", "series": "series", "shape": "shape"}
    kind: Literal["temperature"] = Field(description="The outdoor temperature")
    shift_c: Annotated[float, Field(ge=-80, le=80)] | None = Field(default=None, description="So much warmer, degrees")
    set_c: Celsius | None = Field(default=None, description="This temperature, degrees Celsius")
    series: SeriesFile | None = Field(default=None, description="Temperatures of a file, relative to this one")
    shape: Annotated[tuple[TemperaturePoint, ...], Field(min_length=1, max_length=10_000)] | None = Field(
        default=None, description="Temperatures at moments; from the first to the last, or to `to`"
    )
    between: Between = "line"


class HashpriceChange(Course):
    """The hashprice itself, at the same BTC price: as transaction fees would change it."""

    SERIES: ClassVar[str] = "hashprice_usd_per_ph_day"
    OPERATIONS: ClassVar[dict[str, str]] = {"scale": "scale", "set_usd_per_ph_day": "set", "path": "path"}
    kind: Literal["hashprice"] = Field(description="What a PH/s earns a day")
    scale: Factor | None = Field(default=None, description="Times so much")
    set_usd_per_ph_day: Hashprice | None = Field(default=None, description="This hashprice, USD per PH/s and day")
    path: Annotated[tuple[HashpricePoint, ...], Field(min_length=1, max_length=10_000)] | None = Field(
        default=None, description="Hashprices at moments; the last one holds on"
    )
    between: Between = "line"


class BtcPriceChange(Course):
    """The BTC price; the hashprice follows it."""

    SERIES: ClassVar[str] = "btc_price_usd"
    OPERATIONS: ClassVar[dict[str, str]] = {"scale": "scale", "set_usd": "set", "path": "path"}
    kind: Literal["btc_price"] = Field(description="The BTC price")
    scale: Annotated[Factor, Field(gt=0)] | None = Field(default=None, description="Times so much")
    set_usd: Positive | None = Field(default=None, description="This price, USD per BTC")
    path: Annotated[tuple[BtcPoint, ...], Field(min_length=1, max_length=10_000)] | None = Field(
        default=None, description="Prices at moments; the last one holds on"
    )
    between: Between = "line"


class DifficultyChange(Course):
    """The difficulty; the hashprice falls as it rises."""

    SERIES: ClassVar[str] = "difficulty"
    OPERATIONS: ClassVar[dict[str, str]] = {"scale": "scale", "set": "set", "path": "path", "retargets": "retargets"}
    kind: Literal["difficulty"] = Field(description="The difficulty")
    scale: Annotated[Factor, Field(gt=0)] | None = Field(default=None, description="Times so much")
    set: Difficulty | None = Field(default=None, description="This difficulty, as a plain number: 125.86e12")
    path: Annotated[tuple[DifficultyPoint, ...], Field(min_length=1, max_length=10_000)] | None = Field(
        default=None, description="Difficulties at moments, each until the next; the last one holds on"
    )
    retargets: Annotated[tuple[Retarget, ...], Field(min_length=1, max_length=1000)] | None = Field(
        default=None, description="Retargets by their share, one upon the other"
    )
    between: Between = "hold"


CourseChange = PriceChange | AddersChange | TemperatureChange | HashpriceChange | BtcPriceChange | DifficultyChange
