"""What hashing earns."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from optimizer.config.base import (
    Count,
    DifficultySeries,
    LocalTime,
    NonNegative,
    NonNegativeSeries,
    PositiveSeries,
    Section,
    Series,
    SeriesFile,
    Share,
    refuse,
)


class Epoch(Section):
    """Where the difficulty epoch stands, for an estimate of the next retarget."""

    at: LocalTime = Field(description="When those counts were read, on the farm's clock or with an offset")
    blocks_so_far: Annotated[int, Field(gt=0, le=2016)] = Field(description="Blocks found since the last retarget")
    hours_so_far: Annotated[float, Field(gt=0, le=24 * 365)] = Field(description="Hours since the last retarget")


class Revenue(Section):
    """Hashprice, as such or from BTC price and difficulty."""

    hashprice_usd_per_ph_day: Annotated[
        NonNegativeSeries | None, Series("USD per PH/s and day", known="held", words="hashprice")
    ] = Field(default=None, description="Expected revenue per PH/s per day before the pool's fee")
    btc_price_usd: Annotated[PositiveSeries | None, Series("USD", known="held", words="BTC price")] = Field(
        default=None, description="USD per BTC"
    )
    difficulty: Annotated[DifficultySeries | None, Series("", known="held", words="difficulty")] = Field(
        default=None, description="As a plain number: 125.86e12"
    )
    block_height: Count | None = Field(
        default=None, description="Height at the plan's start; sets the subsidy (else the date does)"
    )
    subsidy_btc: NonNegative | None = Field(default=None, description="Overrides the subsidy schedule")
    fees_btc_per_block: Annotated[NonNegativeSeries, Series("BTC", known="held")] = Field(
        default=0.0, description="Transaction fees, BTC per block"
    )
    pool_fee_share: Share = Field(default=0.0, description="Share of the revenue the pool keeps")
    epoch: Epoch | None = Field(default=None, description="Estimates the difficulty after the next retarget")

    @model_validator(mode="after")
    def _has_one_way_to_a_hashprice(self) -> Revenue:
        computed = self.btc_price_usd is not None and self.difficulty is not None
        if self.hashprice_usd_per_ph_day is None and not computed:
            raise ValueError("give hashprice_usd_per_ph_day, or both btc_price_usd and difficulty")
        faults: list[tuple[tuple[str, ...], str]] = []
        if self.hashprice_usd_per_ph_day is not None and self.difficulty is not None:
            faults.append((("difficulty",), "give hashprice_usd_per_ph_day or difficulty, not both"))
        if self.epoch is not None:
            if isinstance(self.difficulty, SeriesFile) or isinstance(self.hashprice_usd_per_ph_day, SeriesFile):
                faults.append((("epoch",), "needs difficulty as a plain number: a file holds the retargets itself"))
            elif self.difficulty is None:
                faults.append((("epoch",), "needs difficulty besides it"))
        refuse("Revenue", faults)
        return self
