"""What every section of a farm file shares: frozen, closed, finite, with typed quantities."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError


class Section(BaseModel):
    """A part of a configuration file. Unknown keys, NaN and infinities are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


_judged: ContextVar[bool] = ContextVar("judged", default=True)


@contextmanager
def as_written() -> Iterator[None]:
    """Read what this program has written itself: types and ranges count, checks made for people's files do not."""
    token = _judged.set(False)
    try:
        yield
    finally:
        _judged.reset(token)


def judged() -> bool:
    """Whether what is read is a person's, and judged as such."""
    return _judged.get()


def refuse(section: str, faults: Iterable[tuple[tuple[str | int, ...], str]]) -> None:
    """Raise one ValidationError for all faults, each at its path inside the section; none, no error.

    A plain ValueError from a validator of a whole section can name one fault, at the section only. Nothing is refused
    of what is read `as_written`.
    """
    if not _judged.get():
        return
    details = [
        InitErrorDetails(type=PydanticCustomError("rule", "{sentence}", {"sentence": sentence}), loc=path, input=None)
        for path, sentence in faults
    ]
    if details:
        raise ValidationError.from_exception_data(section, details)


FIRST_YEAR, LAST_YEAR = 2009, 2199  # Bitcoin's first block; what every calendar library can still reckon with


def _date_time(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime):
        raise ValueError('must be a date and time such as "2026-02-11 06:00"')
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"must lie in the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _time_of_day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass
    if not isinstance(value, time) or value.tzinfo is not None:
        raise ValueError('must be a time of day such as "13:30"')
    return value


def _date(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError('must be a date such as "2026-02-11"') from None


def _visible(name: str) -> str:
    hidden = next((sign for sign in name if not sign.isprintable()), None)
    if hidden is not None:
        raise ValueError(f"must not hold U+{ord(hidden):04X}, which cannot be seen: the name could pass for another")
    return name


# Names go into CSV files, where = + - @ before a text make spreadsheets run it as a formula.
Name = Annotated[
    str,
    Field(min_length=1, max_length=60, pattern=r"^[^\s/\x00-\x1f=+\-@][^/\x00-\x1f]*$"),
    AfterValidator(_visible),
]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day, json_schema_input_type=str)]
LocalTime = Annotated[
    datetime,
    BeforeValidator(_date_time, json_schema_input_type=str),
    Field(description='A time on the farm\'s clock, "2026-02-11 06:00", or with an offset'),
]
Date = Annotated[date, BeforeValidator(_date, json_schema_input_type=str)]
Positive = Annotated[float, Field(gt=0, le=1e15)]
NonNegative = Annotated[float, Field(ge=0, le=1e15)]
Difficulty = Annotated[float, Field(ge=1, le=1e18)]  # 1 is the least the network allows
Price = Annotated[float, Field(ge=-1e6, le=1e6, description="USD/MWh")]


@dataclass(frozen=True)
class OfImport:
    """Marks MW of grid import: more than the site's limit means nothing."""


Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=10_000_000)]
Celsius = Annotated[float, Field(ge=-80, le=80)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$", description="Three letters of ISO 4217, such as NOK")]


class File(Section):
    """Numbers over time read from a file; what the file's layout says by itself need not be said."""

    file: Annotated[
        str,
        Field(
            min_length=1,
            description="Path, relative to this farm file, or a pattern such as inbox/dam_*.csv: of a time in several "
            "files the row of the one whose name sorts last counts",
        ),
    ]
    location: str | None = Field(default=None, description="Hub, zone or node, where the file has several")
    market: str | None = Field(default=None, description="Market, auction or sequence, where the file has several")
    rows: dict[str, str] | None = Field(
        default=None, description="Column -> cell of the rows that are meant, where the file has several series"
    )
    time_column: str | None = Field(default=None, description="The column with the times")
    value_column: str | None = Field(default=None, description="The column with the values")
    time_is: Literal["start", "end"] = Field(
        default="start", description="Whether a time, or a number of an hour, begins its interval or ends it"
    )
    timezone: str | None = Field(default=None, description="Zone of times without an offset, where the file tells none")
    date_order: Literal["month_first", "day_first"] | None = Field(
        default=None, description="How 02/11/2026 is read; needed where no day is above 12 and no layout tells it"
    )
    decimal: Literal["point", "comma"] | None = Field(
        default=None, description="The decimal mark; needed where 3,148 could be either"
    )
    unit: Literal["as_is", "fahrenheit", "cents_per_kwh", "per_kwh"] = Field(
        default="as_is", description="Converts Fahrenheit to Celsius, cents or currency per kWh to currency per MWh"
    )
    fill_gaps: Literal["no", "previous", "linear", "same_hour_day_before"] = Field(
        default="no", description="How gaps are filled; every fill is listed in the report"
    )
    fill_at_most_hours: Positive = Field(default=6.0, description="A longer gap is an error all the same")
    repeated_hour: Literal["twice", "once"] = Field(
        default="twice",
        description="Whether the hour that the clock repeats in autumn has rows of its own, or those of the first "
        "stand for both",
    )
    holds_until_next: Annotated[
        bool, Field(description="A value holds until the next, as a difficulty does; then nothing is a gap")
    ] = False
    holds_on: bool = Field(default=False, description="The last value holds on after the file's end")
    duplicates: Literal["error", "first", "last", "mean"] = Field(
        default="error", description="What to do with a time given twice"
    )
    disorder: Literal["error", "sort"] = Field(default="error", description="What to do with times out of order")


class RateFile(File):
    """Exchange rates over time; each holds until the next, the last one on."""

    holds_until_next: bool = Field(default=True, description="A rate holds until the next")
    holds_on: bool = Field(default=True, description="The last rate holds on after the file's end")


def number_or_file(value: Any) -> str:
    """Which of the two a quantity is: the tag that keeps error messages to one branch."""
    return "file" if isinstance(value, dict | File) else "number"


Rate = Annotated[
    Annotated[Positive, Tag("number")] | Annotated[RateFile, Tag("file")],
    Discriminator(number_or_file),
]


class SeriesFile(File):
    """Numbers over time read from a file, in whatever currency; the file's layout need not be said."""

    currency: Currency | None = Field(default=None, description="Currency of amounts in the file, such as EUR")
    usd_per_unit: Annotated[float, Field(ge=-1e15, le=1e15)] | RateFile = Field(
        default=1.0, description="Exchange rate applied to the values, in place of the farm's `exchange_rates`"
    )

    def is_amount(self, currency: str) -> bool:
        """Whether it is one amount at rates that change, in a farm's currency: the file is that of the rates."""
        return self.holds_on and self.currency == currency and not isinstance(self.usd_per_unit, RateFile)


@dataclass(frozen=True)
class Series:
    """What a field says of the quantity over time that people write there, as a number, rates or a file.

    unit: of its values. name: in the market, the field's where it has none of its own. lumps: what a longer interval
    has of the shorter ones in it. known: how it looks ahead to a farm that plans again: as the file has it, by the
    farm's forecast, as at the same hour of the last day seen, as last known, or as last issued. words: in messages of
    scenarios; None where none may change it. absent: what stands for it in a farm without its section. within: whether
    it is nothing outside the times that its section names.
    """

    unit: str
    name: str = ""
    lumps: Literal["mean", "least", "sum"] = "mean"
    known: Literal["ahead", "forecast", "seen", "held", "issued"] = "ahead"
    words: str | None = None
    absent: float | None = None
    within: bool = False


PositiveSeries = Annotated[
    Annotated[Positive, Tag("number")] | Annotated[SeriesFile, Tag("file")],
    Discriminator(number_or_file),
]
DifficultySeries = Annotated[
    Annotated[Difficulty, Tag("number")] | Annotated[SeriesFile, Tag("file")],
    Discriminator(number_or_file),
]
NonNegativeSeries = Annotated[
    Annotated[NonNegative, Tag("number")] | Annotated[SeriesFile, Tag("file")],
    Discriminator(number_or_file),
]
ShareSeries = Annotated[
    Annotated[Share, Tag("number")] | Annotated[SeriesFile, Tag("file")],
    Discriminator(number_or_file),
]
CelsiusSeries = Annotated[
    Annotated[Celsius, Tag("number")] | Annotated[SeriesFile, Tag("file")],
    Discriminator(number_or_file),
]
