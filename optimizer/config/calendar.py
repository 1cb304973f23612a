"""When a term of a contract applies: months, days of the week, hours of the local day."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from optimizer.config.base import Section

Month = Annotated[int, Field(ge=1, le=12)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Hours(Section):
    """Hours of the local day, from the beginning of one to the beginning of another."""

    start: Annotated[float, Field(ge=0, lt=24)] = Field(description="First hour, such as 6 or 6.5")
    end: Annotated[float, Field(gt=0, le=24)] = Field(description="Hour it ends at; 24 is midnight")

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Hours:
        if self.end <= self.start:
            raise ValueError(f"ends at {self.end:g} but starts at {self.start:g}; say the part after midnight apart")
        return self


class When(Section):
    """Whatever is left out does not limit."""

    months: Annotated[tuple[Month, ...], Field(min_length=1)] | None = Field(default=None, description="1 to 12")
    days: Annotated[tuple[Day, ...], Field(min_length=1)] | None = Field(default=None, description="Days of the week")
    hours: Annotated[tuple[Hours, ...], Field(min_length=1)] | None = Field(
        default=None, description="Hours of the local day"
    )
