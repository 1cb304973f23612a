"""A portfolio file: whose farms, over which hours, and what they have together."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator

from optimizer.config.base import LocalTime, Name, NonNegative, NonNegativeSeries, Section, refuse
from optimizer.config.clock import to_utc
from optimizer.config.farm import TimeZone
from optimizer.errors import InputError

RESERVED = frozenset({"portfolio.html", "portfolio.csv", "portfolio.json", "ceiling.csv"})
"""Names of the files that stand beside the sites' folders."""


class PortfolioSite(Section):
    """One farm."""

    name: Name = Field(description="Its name, unique in the portfolio, and of its folder among the results")
    farm: Annotated[str, Field(min_length=1)] = Field(description="Farm file, relative to this file")


class EnergyTreasury(Section):
    """Cash that all sites pay their energy from."""

    energy_usd: NonNegative = Field(
        description="Most that energy at the interval's price and its adders may cost all sites over the plan"
    )


class Portfolio(Section):
    """Farms, and what couples them; without a ceiling and a treasury nothing does."""

    name: Name = Field(description="Name of the portfolio")
    timezone: TimeZone = Field(default="UTC", description="Clock of `start` and of series without an offset")
    sites: Annotated[tuple[PortfolioSite, ...], Field(min_length=1, max_length=1000)] = Field(description="The farms")
    start: LocalTime | None = Field(default=None, description="When each plan begins; the farm's own start if absent")
    hours: Annotated[float, Field(gt=0, le=24 * 366)] | None = Field(
        default=None, description="Length of each plan, hours; the farm's own if absent"
    )
    import_ceiling_mw: NonNegativeSeries | None = Field(
        default=None, description="Most import of all sites together, MW, in every interval"
    )
    treasury: EnergyTreasury | None = Field(default=None, description="What all sites may spend on energy together")

    @model_validator(mode="after")
    def _names_are_folders(self) -> Portfolio:
        faults: list[tuple[tuple[str | int, ...], str]] = []
        seen: set[str] = set()
        for i, site in enumerate(self.sites):
            folded = site.name.casefold()
            if folded in seen:
                faults.append((("sites", i, "name"), f"is another site's name too (got {site.name!r}); rename one"))
            elif site.name.startswith(".") or folded in RESERVED:
                faults.append((("sites", i, "name"), f"cannot be a folder of results (got {site.name!r}); rename it"))
            seen.add(folded)
        refuse("Portfolio", faults)
        return self

    def at(self, time: datetime) -> datetime:
        """A time on the portfolio's clock, where it has no offset. Raises InputError for one that is not there."""
        try:
            return to_utc(time, self.timezone)
        except (ValueError, OverflowError) as error:
            raise InputError(f"the plans cannot start at {time}: {error}") from None

    @property
    def couples(self) -> bool:
        """Whether anything is shared."""
        return self.import_ceiling_mw is not None or self.treasury is not None
