"""A conversion study: years, bitcoin, machines, power, money and what is uncertain about them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from optimizer.config.base import (
    Date,
    Difficulty,
    Name,
    NonNegative,
    Positive,
    Section,
    Share,
    refuse,
)
from optimizer.conversion.files.offer import Sentence
from optimizer.conversion.files.power import Growth, Power
from optimizer.conversion.files.uncertainty import TornadoRanges, Uncertainty


class Years(Section):
    """How time is cut: quarters first, in which may be decided, then years."""

    start: Date = Field(description="The day of the decision")
    quarters: Annotated[int, Field(ge=0, le=40)] = Field(
        default=8, description="Quarters at the beginning; conversions begin in one of them, or in the first period"
    )
    years: Annotated[int, Field(ge=1, le=40)] = Field(default=10, description="Years in all, the quarters included")

    @model_validator(mode="after")
    def _whole_years(self) -> Years:
        if self.quarters % 4:
            refuse("Years", [(("quarters",), f"must be whole years, a multiple of 4 (got {self.quarters})")])
        if self.quarters > 4 * self.years:
            refuse("Years", [(("quarters",), f"must be at most {4 * self.years}, four a year (got {self.quarters})")])
        return self


class Bitcoin(Section):
    """Bitcoin on the central path. Retargets come every 2,016 blocks of ten minutes, halvings on schedule."""

    price_usd: Positive = Field(description="USD per BTC at the start")
    price_growth_per_year: Growth = Field(default=0.0, description="0.1 is 10 % a year")
    difficulty: Difficulty = Field(description="At the start, as a plain number: 125.86e12")
    difficulty_growth_per_year: Growth = Field(default=0.0, description="Spread over the retargets of a year")
    halving_difficulty_share: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="What a halving leaves of the difficulty, as machines stop for good: 1 is all of it"
    )
    fees_btc_per_block: NonNegative = Field(default=0.0, description="Transaction fees, BTC per block")
    pool_fee_share: Share = Field(default=0.0, description="Share of the revenue the pool keeps")


class ResalePrice(Section):
    """What second-hand machines of a class bring."""

    at_most_j_per_th: Positive = Field(description="Machines up to this many J/TH, and above the entry before")
    usd_per_th: NonNegative = Field(description="USD per TH/s at the start")


class Replacement(Section):
    """A machine that may be bought."""

    model: Name = Field(description="A model of the farm's catalogue")
    usd_per_th: Positive = Field(description="Price at the start, USD per TH/s")
    price_growth_per_year: Growth = Field(default=0.0, description="-0.2 is a fall of 20 % a year")
    most_mw: NonNegative = Field(default=0.0, description="MW at the meter that can be bought in any period")


class Machines(Section):
    """What machines are worth and cost."""

    resale: Annotated[tuple[ResalePrice, ...], Field(max_length=20)] = Field(
        default=(),
        description="Second-hand prices, the most efficient class first; what is in none brings nothing",
    )
    resale_growth_per_year: Growth = Field(default=0.0, description="-0.3 is a fall of 30 % a year")
    replacements: Annotated[tuple[Replacement, ...], Field(max_length=5)] = Field(
        default=(), description="Machines that may be bought"
    )
    prices_follow_hashprice: Share = Field(
        default=1.0, description="Per cent by which machine prices move for each per cent of hashprice off its path"
    )
    failures_per_year: Annotated[float, Field(ge=0, le=0.9)] = Field(
        default=0.0, description="Share of the machines that fails for good in a year"
    )
    upkeep_usd_per_mw_year: NonNegative = Field(default=0.0, description="Repair and hands per MW of machines, USD")
    pue: Annotated[float, Field(ge=1, le=3)] | None = Field(
        default=None, description="In place of the farm's; the mean of the farm's curve when absent"
    )


class Treasury(Section):
    """Bitcoin that may be sold to build."""

    btc: NonNegative = Field(description="BTC held")
    sellable_share: Share = Field(default=1.0, description="Share of it that may be sold")
    discount_share: Share = Field(default=0.0, description="What a sale loses against the market price")
    paid_usd_per_btc: NonNegative | None = Field(
        default=None,
        description="What was paid for it: gains are taxed, losses save nothing; the price at the start when absent",
    )


class Equity(Section):
    """Shares that may be issued."""

    most_usd: NonNegative = Field(description="Most that can be raised")
    cost_share: Share = Field(default=0.0, description="What raising it costs, as a share of it")


class Money(Section):
    """Discount rate, tax, and what pays for building."""

    discount_rate: Annotated[float, Field(ge=0, le=1)] = Field(description="Per year; what owners ask for")
    tax_rate: Annotated[float, Field(ge=0, lt=1)] = Field(default=0.0, description="On income, after losses carried")
    losses_carried_usd: NonNegative = Field(default=0.0, description="Losses of earlier years that reduce tax")
    cash_usd: NonNegative = Field(default=0.0, description="Cash at the start")
    least_cash_usd: NonNegative = Field(default=0.0, description="Cash never falls below this")
    treasury: Treasury = Field(default=Treasury(btc=0.0), description="Bitcoin that may be sold")
    equity: Equity = Field(default=Equity(most_usd=0.0), description="Shares that may be issued")
    site_usd_per_year: NonNegative = Field(
        default=0.0, description="Staff, land and the like, whatever is done with the site"
    )
    contract_rest_share: Share = Field(
        default=1.0, description="How much of what contracts pay after the study counts; 0 is the cautious end"
    )

    @model_validator(mode="after")
    def _begins_above_its_floor(self) -> Money:
        if self.cash_usd < self.least_cash_usd:
            sentence = f"must be at least least_cash_usd, {self.least_cash_usd:g} (got {self.cash_usd:g})"
            refuse("Money", [(("cash_usd",), sentence)])
        return self


class Fleet(Section):
    """Another fleet on the same site, to ask the same question of."""

    name: Name = Field(description="Name of the fleet")
    shares: Annotated[dict[Name, Share], Field(min_length=1, max_length=20)] = Field(
        description="Share of the site's MW by model of the catalogue"
    )


class Study(Section):
    """A study file."""

    name: Name = Field(description="Name of the study")
    source: Sentence = Field(description="Where its figures come from")
    assumed: Annotated[tuple[Sentence, ...], Field(max_length=60)] = Field(
        default=(), description="What is assumed where nothing is published, a sentence each"
    )
    years: Years = Field(description="How time is cut")
    bitcoin: Bitcoin = Field(description="Bitcoin on the central path")
    machines: Machines = Field(default=Machines(), description="What machines are worth and cost")
    power: Power = Field(description="What power costs")
    money: Money = Field(description="Discount rate, tax and what pays for building")
    part_share: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.5, description="What `in part` converts, as a share of `in full`"
    )
    whole_steps: bool = Field(default=False, description="Convert in the offers' least sizes and steps")
    ranges: TornadoRanges = Field(
        default=TornadoRanges(), description="How far single figures are moved in the tornado"
    )
    uncertainty: Uncertainty | None = Field(default=None, description="What is not known today")
    fleets: Annotated[tuple[Fleet, ...], Field(max_length=6)] = Field(
        default=(), description="Other fleets for which the price of BTC is sought at which mining wins"
    )
