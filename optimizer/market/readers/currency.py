"""What a file or a feed says its prices are in. Here they are in USD/MWh; nothing else is believed unasked."""

from __future__ import annotations

import re
from collections.abc import Iterable

from optimizer.market.readers.raw import Ask, names
from optimizer.market.readers.table import Table, snake

PER_MWH = {"MWH": 1.0, "KWH": 1000.0}
CURRENCIES = ("currency", "currency_unit", "currency_unit_name", "price_currency")
UNITS = ("unit", "units", "price_unit", "price_units", "price_measure_unit", "price_measure_unit_name")
_DOLLARS = frozenset(("USD", "$", "US$", "USD$", "DOLLAR", "DOLLARS", "US DOLLAR", "US DOLLARS"))
_RATIO = re.compile(r"\s*(?:/|\bPER\b|_PER_)\s*")


def is_usd(currency: str) -> bool:
    """Whether a currency is that of prices here."""
    return currency.strip().upper() in _DOLLARS


def parts_of(unit: str) -> tuple[str, str]:
    """The money of a unit of prices, empty where it names none, and per what it is.

    >>> [parts_of(unit) for unit in ("USD/MWh", "$ / MWh", "c_per_kWh", "MWH")]
    [('USD', 'MWH'), ('$', 'MWH'), ('C', 'KWH'), ('', 'MWH')]
    """
    money, per, energy = _RATIO.sub("/", unit.strip().upper()).rpartition("/")
    return (money, energy) if per else ("", energy)


def refuse_currencies(held: Iterable[str], ask: Ask, line: int = 1) -> None:
    """Raises InputError for prices not in USD that the farm file gives no exchange rate of."""
    currencies = sorted(set(held))
    told = names(currency or "no currency" for currency in currencies)
    if not all(map(is_usd, currencies)) and "usd_per_unit" not in ask.spec.model_fields_set:
        raise ask.error(f"prices are in {told}; give the exchange rate as `usd_per_unit` in the farm file", line)
    if len(currencies) > 1 and not all(map(is_usd, currencies)):
        raise ask.error(f"prices are in several currencies, {told}", line)


def refuse_other_units(table: Table, ask: Ask) -> None:
    """Raises InputError for a table that says its prices are not in USD/MWh, where the farm file does not convert."""
    refuse_currencies(_held(table, CURRENCIES), ask, table.header_line)
    if {"unit", "usd_per_unit"} & ask.spec.model_fields_set:
        return
    for unit in _held(table, UNITS):
        money, energy = parts_of(unit)
        if money and energy in PER_MWH and not (is_usd(money) and PER_MWH[energy] == 1):
            told = f"prices are in {names([unit])}, not in USD/MWh"
            raise ask.error(f"{told}; give `usd_per_unit` or `unit` in the farm file", table.header_line)


def _held(table: Table, columns: tuple[str, ...]) -> list[str]:
    found = [column for column in table.frame.columns if snake(column) in columns]
    cells = (table.frame[column].dropna().astype("str").str.strip().unique() for column in found)
    return [str(cell) for held in cells for cell in held if cell]
