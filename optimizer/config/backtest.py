"""What a backtest compares: the rules of fleet software, as they would be set."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from optimizer.config.base import Section
from optimizer.config.calendar import Hours, When


class Backtest(Section):
    """How the rules on the ladder are set."""

    hysteresis_share: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.1, description="How much below its strike price power must fall before a stopped machine runs again"
    )
    minimum_minutes: Annotated[float, Field(ge=0, le=1440)] = Field(
        default=30.0, description="How long the guarded threshold leaves machines on or off once it has switched them"
    )
    spike_share: Annotated[float, Field(ge=0, le=100)] = Field(
        default=1.0, description="How far above its threshold a price stops them at once, whatever their minimum time"
    )
    peak_calendar: When = Field(
        default=When(
            months=(6, 7, 8, 9), days=("mon", "tue", "wed", "thu", "fri"), hours=(Hours(start=15.0, end=18.0),)
        ),
        description="Hours a farm without probabilities would stop for coincident peaks",
    )
