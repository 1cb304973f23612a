"""A site's share of a ceiling on import that several sites have together."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from optimizer.config.base import NonNegativeSeries, Series
from optimizer.config.composed import Place, Single


class PortfolioShare(Single):
    """Import stays within the site's share of a ceiling that binds all sites together, hard, beside the site's own
    limits. `curtail portfolio` hands shares out, and writes them to be named here.
    """

    KEY: ClassVar[str] = "portfolio_share"
    PLACE: ClassVar[Place] = "site"
    ABOUT: ClassVar[str] = "What a portfolio leaves the site of a ceiling that several sites share"

    import_mw: Annotated[NonNegativeSeries, Series("MW", "share_mw", lumps="least")] = Field(
        description="Most import, MW at the meter"
    )
