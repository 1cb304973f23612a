"""What there is to say of the pond's water, and how the pump's is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from optimizer.mechanisms.pond.config import Pond, Pump

from optimizer.arrays import F
from optimizer.config.farm import Farm
from optimizer.market.grid import Grid
from optimizer.market.quantities import Declared, Place
from optimizer.market.reading import MarketReading


def remarks(farm: Farm, grid: Grid, read: Collection[str]) -> Iterator[str]:
    """That little water flows in."""
    pond = farm.section(Pond)
    if "pond_inflow" in read and pond is not None and pond.inflow_m3 == 0.0:
        yield "no water flows into the pond"


def works(reading: MarketReading, place: Place, one: Declared) -> F:
    """Half of what the file says."""
    return reading.values(place, one) / 2


VALUES = {Pump: works}
