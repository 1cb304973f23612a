"""A site's share of what several sites have together: a ceiling on import, a treasury that pays for energy."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from optimizer.config.base import NonNegativeSeries, Series
from optimizer.config.composed import Place, Single


class PortfolioShare(Single):
    """The site keeps to its share of a ceiling on import and of a treasury that several sites have together, beside
    its own limits. `curtail portfolio` hands the shares out.
    """

    KEY: ClassVar[str] = "portfolio_share"
    PLACE: ClassVar[Place] = "site"
    ABOUT: ClassVar[str] = "What a portfolio leaves the site of what several sites have together"

    import_mw: Annotated[NonNegativeSeries | None, Series("MW", "share_mw", lumps="least")] = Field(
        default=None, description="Most import, MW at the meter"
    )
    energy_usd: Annotated[float, Field(ge=-1e15, le=1e15)] | None = Field(
        default=None, description="Most that energy at the interval's price and its adders may cost over the plan, USD"
    )
