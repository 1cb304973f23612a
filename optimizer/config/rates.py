"""Prices by time of use: rates and the hours they hold."""

from __future__ import annotations

from itertools import combinations
from typing import Annotated, Any

import numpy as np
from pydantic import Discriminator, Field, Tag, model_validator

from optimizer.config.base import Name, Price, Section, SeriesFile, refuse
from optimizer.config.calendar import DAYS, When, slot_text

OTHER_HOURS = "Other hours"  # what the bill calls the hours of no rate


class Rate(Section):
    """A price that holds at certain times."""

    name: Name = Field(description="What the bill calls it, such as On-peak")
    usd_per_mwh: Price
    when: When = Field(description="When it holds")


class Rates(Section):
    """A price by time of use. No two rates may hold at once; what no rate covers costs `otherwise`."""

    rates: Annotated[tuple[Rate, ...], Field(min_length=1, max_length=100)] = Field(description="Rates by their times")
    otherwise_usd_per_mwh: Price | None = Field(default=None, description="Whenever no rate holds")

    @model_validator(mode="after")
    def _one_price_at_a_time(self) -> Rates:
        tables = [rate.when.table() for rate in self.rates]
        names = [rate.name for rate in self.rates]
        faults: list[tuple[tuple[str | int, ...], str]] = []
        for i, name in enumerate(names):
            if name in names[:i]:
                sentence = f"is the name of rates[{names.index(name)}] too; the bill prints them apart by name"
                faults.append((("rates", i, "name"), sentence))
            elif name == OTHER_HOURS:
                faults.append((("rates", i, "name"), "is what the bill calls the hours of no rate; choose another"))
        for (i, one), (j, other) in combinations(enumerate(tables), 2):
            both = np.argwhere(one & other)
            if len(both):
                moment = slot_text(*both[0].tolist())
                sentence = f"overlaps rates[{i}], {names[i]}, such as {moment}; one price may hold at a time"
                faults.append((("rates", j, "when"), sentence))
        if self.otherwise_usd_per_mwh is None:
            # holidays are judged where the farm names a calendar of them
            open_slots = np.argwhere(~np.any(tables, axis=0)[:, : len(DAYS) - 1])
            if len(open_slots):
                moment = slot_text(*open_slots[0].tolist())
                sentence = (
                    f"leave hours without a price, such as {moment}: give otherwise_usd_per_mwh, or a rate for them"
                )
                faults.append((("rates",), sentence))
        refuse("Rates", faults)
        return self


# Not `rates`: what pydantic puts into an error's location for a branch must not be a key of the section.
RATES_TAG = "time of use"


def _kind(value: Any) -> str:
    if isinstance(value, dict) and "file" not in value:
        return RATES_TAG if any(str(key).startswith(("rate", "otherwise")) for key in value) else "file"
    return RATES_TAG if isinstance(value, Rates) else "file" if isinstance(value, dict | SeriesFile) else "number"


PriceSeries = Annotated[
    Annotated[Price, Tag("number")] | Annotated[SeriesFile, Tag("file")] | Annotated[Rates, Tag(RATES_TAG)],
    Discriminator(_kind),
]
