"""Remarks on data that look wrong: which there are, and why a farm's own data are right all the same."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from optimizer.config.base import Section

Reason = Annotated[str, Field(min_length=3, max_length=300)] | None


class Silenced(Section):
    """Remarks that are not to be made again, each with the reason why its data are right."""

    difficulty: Reason = Field(default=None, description="A difficulty that looks as if given without its 10^12")
    pool_fee: Reason = Field(default=None, description="A pool fee above 10 %, which may be meant in per cent")
    price_per_kwh: Reason = Field(default=None, description="Prices that look as if they were per kWh")
    price_currency: Reason = Field(
        default=None, description="Prices of a publisher in another currency, or that look like one, taken as USD"
    )
    price_zeros: Reason = Field(default=None, description="Zeros at the end of prices, as for hours not published yet")
    old_numbers: Reason = Field(
        default=None, description="A BTC price, difficulty or hashprice that is older than a month when the plan begins"
    )
    expected_peak: Reason = Field(default=None, description="An expected peak below what full load draws")
    amounts: Reason = Field(
        default=None, description="Numbers far from what is usual, as if of another unit, or more MW than the site has"
    )
    events: Reason = Field(default=None, description="Events, outages and the like outside the horizon")

    def remark(self, key: str, sentence: str) -> tuple[str, ...]:
        """A remark with how to silence it, nothing where it is silenced.

        >>> Silenced(pool_fee="a hosted pool").remark("pool_fee", "a high fee")
        ()
        """
        remark = f"{sentence} (if it is right, say why as `silenced: {{{key}: ...}}`)"
        return () if getattr(self, key) is not None else (remark,)
