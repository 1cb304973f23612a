"""When a term of a contract applies: months, kinds of day, hours of the local day."""

from __future__ import annotations

import re
from calendar import month_name
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from optimizer.arrays import Bool
from optimizer.config.base import Date, Section, refuse

Month = Annotated[int, Field(ge=1, le=12)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")
SLOT_MINUTES = 5  # every interval is a multiple of it
SLOTS = 24 * 60 // SLOT_MINUTES
_ROUNDED_SLOTS = 0.01  # 6.0833 hours are meant to be 06:05
_CALENDARS = "must be nerc, a country or state such as US or US-TX, or a list of dates"
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


def _region(value: Any) -> Any:
    """A country or state whose holidays are known; which, says the package ``holidays``."""
    if not isinstance(value, str):
        raise ValueError(_CALENDARS)
    from holidays import list_supported_countries

    known = list_supported_countries(include_aliases=False)
    country, _, part = value.partition("-")
    if country not in known or len(country) != 2:
        raise ValueError(_CALENDARS)
    if part not in ("", *known[country]) or value.endswith("-"):
        listed = f"its parts are {', '.join(known[country])}" if known[country] else "it has no parts here"
        raise ValueError(f"names no part of {country} with holidays of its own; {listed}")
    return value


def _kind_of_calendar(value: Any) -> str:
    return "dates" if isinstance(value, tuple | list) else "nerc" if value == "nerc" else "region"


Holidays = Annotated[
    Annotated[Literal["nerc"], Tag("nerc")]
    | Annotated[str, BeforeValidator(_region, json_schema_input_type=str), Tag("region")]
    | Annotated[tuple[Date, ...], Tag("dates")],
    Discriminator(_kind_of_calendar),
]


def _on_a_slot(hour: float) -> float:
    """The hour, which may be rounded as 6.0833 is, at the beginning of a slot."""
    slot = round(hour * 60 / SLOT_MINUTES)
    if abs(hour * 60 / SLOT_MINUTES - slot) > _ROUNDED_SLOTS:
        raise ValueError(f"must be a multiple of {SLOT_MINUTES} minutes, such as 6.25 for 06:15")
    return slot * SLOT_MINUTES / 60.0


class Hours(Section):
    """Hours of the local day, from the beginning of one to the beginning of another."""

    start: Annotated[float, Field(ge=0, lt=24), AfterValidator(_on_a_slot)] = Field(
        description="First hour, such as 6 or 6.5"
    )
    end: Annotated[float, Field(gt=0, le=24), AfterValidator(_on_a_slot)] = Field(
        description="Hour it ends at; 24 is midnight"
    )

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Hours:
        if self.end <= self.start:
            sentence = f"ends at {self.end:g} but starts at {self.start:g}; say the part after midnight apart"
            refuse("Hours", [(("end",), sentence)])
        return self


class Part(Section):
    """Whatever is left out does not limit."""

    months: Annotated[tuple[Month, ...], Field(min_length=1)] | None = Field(default=None, description="1 to 12")
    days: Annotated[tuple[Day, ...], Field(min_length=1)] | None = Field(
        default=None, description="Kinds of day; a holiday of the contract's calendar is `holiday`, not its weekday"
    )
    hours: Annotated[tuple[Hours, ...], Field(min_length=1)] | None = Field(
        default=None, description="Hours of the local day"
    )

    def table(self) -> Bool:
        """Whether it applies, (12 months, 8 kinds of day, 288 slots of five minutes)."""
        covered = np.ones((12, len(DAYS), SLOTS), dtype=np.bool_)
        if self.months is not None:
            covered &= np.isin(np.arange(1, 13), self.months)[:, None, None]
        if self.days is not None:
            covered &= np.isin(DAYS, self.days)[None, :, None]
        if self.hours is not None:
            hour = np.arange(SLOTS) * SLOT_MINUTES / 60.0
            covered &= np.any([(hour >= span.start) & (hour < span.end) for span in self.hours], axis=0)
        return covered


class When(Part):
    """Months, kinds of day and hours that must all hold, and one of `any_of` where it is given."""

    any_of: Annotated[tuple[Part, ...], Field(min_length=1, max_length=400)] | None = Field(
        default=None, description="Parts of which at least one must hold"
    )

    def table(self) -> Bool:
        """Whether it applies, (12 months, 8 kinds of day, 288 slots of five minutes).

        >>> When(days=("sat", "sun"), hours=({"start": 0, "end": 6},)).table().sum(axis=(1, 2)).tolist()[:2]
        [144, 144]
        """
        covered = super().table()
        if self.any_of is not None:
            covered &= np.any([part.table() for part in self.any_of], axis=0)
        return covered


def slot_text(month: int, day: int, slot: int) -> str:
    """A place in the table for people: month, kind of day, time.

    >>> slot_text(6, 0, 170)
    'July, mon, 14:10'
    """
    hour, minute = divmod(slot * SLOT_MINUTES, 60)
    return f"{month_name[month + 1]}, {DAYS[day]}, {hour:02d}:{minute:02d}"
