"""What moves the decision, one thing at a time, and two together: the tornado and the heat map of the report."""

from __future__ import annotations

from dataclasses import dataclass, replace

from optimizer.conversion.case import Change
from optimizer.conversion.files.uncertainty import TornadoRanges
from optimizer.conversion.flips import Asker, changed

BTC_FACTORS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0)
RENT_FACTORS = (0.7, 0.85, 1.0, 1.15, 1.3)


@dataclass(frozen=True)
class Swing:
    """What an offer in full gains over mining only, USD, with one quantity at either end of its range."""

    quantity: str
    low: float
    high: float
    gain_low: float
    gain_high: float


@dataclass(frozen=True)
class HeatPoint:
    """The best plan with a price of BTC and a rent: what it gains over mining only, USD, and critical MW converted."""

    btc_factor: float
    rent_factor: float
    gain: float
    converted_mw: float


def tornado(ask: Asker, offer: int, ranges: TornadoRanges) -> tuple[Swing, ...]:
    """Swings over the study's ranges, the widest first."""
    made = []
    for quantity, (low, high) in ranges.ends().items():
        gains = [ask.gain(changed(quantity, value), offer) for value in (low, high)]
        made.append(Swing(quantity, low, high, *gains))
    return tuple(sorted(made, key=lambda swing: -abs(swing.gain_high - swing.gain_low)))


def heat_map(ask: Asker) -> tuple[tuple[HeatPoint, ...], ...]:
    """Cells by rent, the highest first, and within by price of BTC."""
    return tuple(
        tuple(_cell(ask, Change(btc_price=btc, rent=rent)) for btc in BTC_FACTORS) for rent in reversed(RENT_FACTORS)
    )


def _cell(ask: Asker, change: Change) -> HeatPoint:
    npv, converted = ask.best(change)
    return HeatPoint(change.btc_price, change.rent, npv - ask.npv(replace(change, rent=1.0), None), converted)
