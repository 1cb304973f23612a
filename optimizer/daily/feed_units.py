"""Units of a price feed. Prices are believed to be in one currency per MWh; a row that says otherwise is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from optimizer.market.readers.column_names import price_in
from optimizer.market.readers.currency import CURRENCIES, PER_MWH, UNITS, is_money, parts_of
from optimizer.outside import printable


def refuse_units_of_row(entry: Mapping[Any, Any], price: str, currency: str) -> None:
    """Raises ValueError where a row says that what stands in its column ``price`` is not in a currency per MWh."""
    for column in CURRENCIES:
        unit = _stated(entry, column)
        if unit and not is_money(unit, currency):
            raise ValueError(f"the price is in {unit}, not in {currency}")
    for column in UNITS:
        unit = _stated(entry, column)
        if unit and not _is_per_mwh(unit, currency):
            raise ValueError(f"the price is in {unit}, not in {currency}/MWh")
    if "usd" in price and currency != "USD":
        raise ValueError(f"the column {short(price)} says that prices are in USD, not in {currency}")
    others = [] if f"{currency.lower()}_per_mwh" in price else other_units(entry, currency)
    if others:
        raise ValueError(f"the column {short(others[0])} says that prices are not in {currency}/MWh")


def other_units(columns: Iterable[Any], currency: str = "USD") -> list[str]:
    """The columns whose name says a price in another unit than a currency per MWh.

    >>> other_units(["price_eur_per_mwh", "c/kwh", "price_usd_per_mwh", "price_($/mwh)", "load_kwh", "kg_per_mwh"])
    ['price_eur_per_mwh', 'c/kwh']
    """
    return [column for column in columns if isinstance(column, str) and _is_other_unit(column, currency)]


def _is_other_unit(column: str, currency: str) -> bool:
    money, energy = price_in(column)
    return PER_MWH.get(energy, 1) != 1 or (bool(money) and not is_money(money, currency))


def _is_per_mwh(unit: str, currency: str) -> bool:
    """Whether a unit is that of prices here; one without a currency leaves that to another column.

    >>> [_is_per_mwh(unit, "USD") for unit in ("USD/MWh", "$ / MWh", "usd_per_mwh", "MWH", "USD/kWh", "EUR/MWh", "MW")]
    [True, True, True, True, False, False, False]
    """
    money, energy = parts_of(unit)
    return PER_MWH.get(energy) == 1 and (not money or is_money(money, currency))


def _stated(entry: Mapping[Any, Any], column: str) -> str:
    value = entry.get(column)
    return "" if value is None else short(value).strip()


def short(value: Any) -> str:
    """A value as it stands in the text, short: lists and sections may be deeper than Python can print."""
    return printable(str(value)[:40]) if isinstance(value, str | int | float) else "a list or a section"
