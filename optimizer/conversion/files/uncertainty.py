"""What a study does not know: how far figures may be off; paths by name, or drawn, and the weight of the worst."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from optimizer.config.base import Name, Section, refuse
from optimizer.conversion.files.offer import Months, Sentence

Factor = Annotated[float, Field(gt=0, le=100)]
Ends = Annotated[tuple[Factor, Factor], Field(description="Lowest and highest, as factors on the study's figure")]


class TornadoRanges(Section):
    """How far single figures are moved to see what they do: the tornado of the report."""

    reason: Sentence = Field(
        default="Round figures: prices move by 30 % within a year; rents and costs of offers differ by 15 and 20 %",
        description="Why so far; the report tells it",
    )
    btc_price: Ends = Field(default=(0.7, 1.3))
    hashprice: Ends = Field(default=(0.7, 1.3))
    power: Ends = Field(default=(0.7, 1.3))
    rent: Ends = Field(default=(0.85, 1.15))
    capex: Ends = Field(default=(0.8, 1.2))
    delay_months: Annotated[tuple[Months, Months], Field(description="Months by which first rents are late")] = (0, 12)

    @model_validator(mode="after")
    def _low_before_high(self) -> TornadoRanges:
        faults: list[tuple[tuple[str | int, ...], str]] = []
        for name, (low, high) in self.ends().items():
            if low >= high:
                faults.append(((name,), f"must be the lower and the higher end (got {low:g} and {high:g})"))
        refuse("TornadoRanges", faults)
        return self

    def ends(self) -> dict[str, tuple[float, float]]:
        """Both ends by quantity."""
        return {name: getattr(self, name) for name in type(self).model_fields if name != "reason"}


class NamedPath(Section):
    """One way things may go: factors on the central path, reached after `years` and kept."""

    name: Name = Field(description="Name of the path")
    probability: Annotated[float, Field(gt=0, le=1)] = Field(
        description="Its probability; those of all paths come to 1"
    )
    btc_price: Factor = Field(default=1.0, description="Factor on the price of BTC")
    difficulty: Factor = Field(default=1.0, description="Factor on the difficulty")
    power_price: Factor = Field(default=1.0, description="Factor on hub prices")
    delay_months: Months = Field(default=0, description="Months by which first rents are late")
    years: Annotated[float, Field(ge=0, le=20)] = Field(default=2.0, description="Years until the factors are reached")


class Drawn(Section):
    """Paths drawn by seed, in pairs that mirror each other."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(description="The same seed draws the same paths")
    count: Annotated[int, Field(ge=2, le=500)] = Field(default=20, description="How many paths")
    btc_volatility_per_year: Annotated[float, Field(ge=0, le=3)] = Field(
        description="Standard deviation of a year's log return; the mean price is the central path's"
    )
    difficulty_follows: Annotated[float, Field(ge=0, le=2)] = Field(
        default=0.0, description="Per cent by which difficulty moves in a year for each per cent of BTC off its path"
    )
    difficulty_deviation_per_year: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="Standard deviation of a year's log change besides"
    )
    power_deviation_per_year: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="Standard deviation of a year's log change of hub prices"
    )
    delays_months: Annotated[tuple[Months, ...], Field(min_length=1, max_length=20)] = Field(
        default=(0,), description="Delays of first rents, each as likely"
    )


class Uncertainty(Section):
    """Paths with probabilities, when they are known, and how much the worst of them weigh."""

    named: Annotated[tuple[NamedPath, ...], Field(max_length=100)] = Field(default=(), description="Paths by name")
    drawn: Drawn | None = Field(default=None, description="Paths drawn at random; or give `named`")
    known_after_quarters: Annotated[int, Field(ge=1, le=40)] = Field(
        default=4, description="Quarters decided before the paths are known"
    )
    tail_share: Annotated[float, Field(gt=0, le=1)] = Field(default=0.1, description="Worst share of paths for CVaR")
    risk_weight: Annotated[float, Field(ge=0, le=100)] = Field(
        default=0.0, description="Weight of CVaR beside the expected value when deciding"
    )

    @model_validator(mode="after")
    def _one_source(self) -> Uncertainty:
        if bool(self.named) == (self.drawn is not None):
            raise ValueError("give named or drawn, one of them")
        total = sum(path.probability for path in self.named)
        if self.named and abs(total - 1.0) > 1e-6:
            refuse("Uncertainty", [(("named",), f"probabilities must come to 1 together (got {total:g})")])
        return self
