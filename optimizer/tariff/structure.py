"""Rate structures: periods of tiers, and the months and hours in which each period holds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np

from optimizer.arrays import Int
from optimizer.errors import Fault
from optimizer.tariff.source import TariffRate, as_text

Periods = Int
_KEYS = ("rate", "adj", "max", "unit", "sell")
_ZERO = Decimal(0)
_ENDLESS = Decimal(99_999_999)  # kWh or kW a month: a last tier that ends there or later ends nowhere
_TEN_DECIMALS = Decimal("1e-10")


@dataclass(frozen=True)
class PriceStep:
    """A price, USD per kWh or kW, for what lies above an amount, kWh or kW."""

    above: Decimal
    price: Decimal


def rises(steps: tuple[PriceStep, ...]) -> tuple[PriceStep, ...]:
    """What each step above the first adds to the price of the one before it; steps that add nothing vanish.

    >>> rises((PriceStep(Decimal(0), Decimal("0.5")), PriceStep(Decimal(100), Decimal("0.75"))))
    (PriceStep(above=Decimal('100'), price=Decimal('0.25')),)
    """
    added = (PriceStep(step.above, step.price - last.price) for last, step in pairwise(steps))
    return tuple(step for step in added if step.price)


def is_charge(value: Any) -> bool:
    """Whether a value holds a number other than zero, or a text: something that could be a charge.

    >>> is_charge([[{"rate": Decimal(0)}]]), is_charge([{"key": "Meter", "val": "5"}]), is_charge(None)
    (False, True, False)
    """
    if isinstance(value, dict):
        return any(is_charge(inner) for inner in value.values())
    if isinstance(value, list):
        return any(is_charge(inner) for inner in value)
    return bool(value)


def number_in(rate: TariffRate, path: tuple[str | int, ...], value: Any, faults: list[Fault]) -> Decimal:
    """A number of the file, zero where there is none; what is no number is added to ``faults``.

    Ten decimals: files that tools wrote hold sums such as 0.09999999999999999.
    """
    if value is None:
        return _ZERO
    if isinstance(value, Decimal) and abs(value) < Decimal("1e15"):
        return value.quantize(_TEN_DECIMALS)
    faults.append(rate.fault(path, f"must be a number (got {as_text(value)})"))
    return _ZERO


def steps(rate: TariffRate, key: str, period: int, unit: str, faults: list[Fault]) -> tuple[PriceStep, ...]:
    """The tiers of a period of a structure, from the lowest amount up; what cannot be taken goes into ``faults``."""
    tiers = rate.values[key][period]
    if not isinstance(tiers, list) or not tiers or not all(isinstance(tier, dict) for tier in tiers):
        faults.append(rate.fault((key, period), "must be a list of tiers"))
        return (PriceStep(_ZERO, _ZERO),)
    result: list[PriceStep] = []
    above: Decimal = _ZERO
    for i, tier in enumerate(tiers):
        path = (key, period, i)
        faults += [rate.fault((*path, name), "is not a known key of a tier") for name in tier if name not in _KEYS]
        if tier.get("unit") not in (None, unit):
            sentence = f"must be {unit} a month, which a contract is written in (got {as_text(tier['unit'])})"
            faults.append(rate.fault((*path, "unit"), sentence))
        if is_charge(tier.get("sell")):
            sentence = "is a price of export; give it as energy.onsite.export_price_usd_per_mwh and set it to 0 here"
            faults.append(rate.fault((*path, "sell"), sentence))
        if tier.get("rate") is None and tier.get("adj") is None:
            faults.append(rate.fault((*path, "rate"), "is missing: nothing says what this tier costs; 0 if it is free"))
        price = sum((number_in(rate, (*path, name), tier.get(name), faults) for name in ("rate", "adj")), _ZERO)
        if result and price < result[-1].price:
            faults.append(rate.fault((*path, "rate"), _decreasing(price, result[-1].price, unit)))
        result.append(PriceStep(above, price))
        above = _top(rate, path, tier, above, last=i == len(tiers) - 1, faults=faults)
    return tuple(result)


def _decreasing(price: Decimal, before: Decimal, unit: str) -> str:
    return (
        f"is a tier that decreases, from {as_text(before)} to {as_text(price)} $/{unit}: where more makes the rest "
        "cheaper, the best of many schedules cannot be found by a linear program; give the period the price of the "
        "tier the farm will end in"
    )


def _top(
    rate: TariffRate,
    path: tuple[str | int, ...],
    tier: dict[str, Any],
    above: Decimal,
    *,
    last: bool,
    faults: list[Fault],
) -> Decimal:
    """The amount a tier ends at."""
    top = tier.get("max")
    if last:
        if isinstance(top, Decimal) and top >= _ENDLESS:
            return above
        if top is not None:
            faults.append(rate.fault((*path, "max"), f"leaves what is above {as_text(top)} without a price; remove it"))
        return above
    if top is None:
        faults.append(rate.fault(path, "has no `max`, but another tier above it"))
        return above
    top = number_in(rate, (*path, "max"), top, faults)
    if top <= above:
        faults.append(rate.fault((*path, "max"), f"must be more than {as_text(above)} (got {as_text(top)})"))
    return top


def periods_by_hour(
    rate: TariffRate, structure: str, schedules: tuple[str, str], count: int, faults: list[Fault]
) -> Periods | None:
    """The period of every month, kind of day and hour, (12, weekday or weekend, 24); None with faults.

    A structure of one period needs no schedule.
    """
    if count == 1 and all(rate.values.get(key) in (None, []) for key in schedules):
        return np.zeros((12, 2, 24), dtype=np.int64)
    halves = [_schedule(rate, structure, key, count, faults) for key in schedules]
    return None if any(half is None for half in halves) else np.stack(halves, axis=1)  # type: ignore[arg-type]  # none is None


def _schedule(rate: TariffRate, structure: str, key: str, count: int, faults: list[Fault]) -> Periods | None:
    rows = rate.values.get(key)
    if rows is None:
        faults.append(rate.fault((key,), f"is missing: when the periods of {structure} hold"))
        return None
    if (
        not isinstance(rows, list)
        or len(rows) != 12
        or any(not isinstance(row, list) or len(row) != 24 for row in rows)
    ):
        faults.append(rate.fault((key,), "must be twelve months of 24 hours"))
        return None
    wrong = [(m, h) for m, row in enumerate(rows) for h, period in enumerate(row) if not is_period(period, count)]
    if wrong:
        m, h = wrong[0]
        sentence = f"must be a period of {structure}, 0 to {count - 1} (got {as_text(rows[m][h])})"
        faults.append(rate.fault((key, m, h), sentence))
        return None
    return np.array([[int(period) for period in row] for row in rows], dtype=np.int64)


def is_period(value: Any, count: int) -> bool:
    """Whether a value names one of so many periods."""
    return isinstance(value, Decimal) and value.is_finite() and value == int(value) and 0 <= value < count
