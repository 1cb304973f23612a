"""What a file or a feed says its prices are in. They are in the currency that the farm file says, per MWh."""

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


def is_money(told: str, currency: str) -> bool:
    """Whether what a file or a feed says is a currency.

    >>> is_money("US$", "USD"), is_money("nok", "NOK"), is_money("EUR", "USD")
    (True, True, False)
    """
    return told.strip().upper() in (_DOLLARS if currency == "USD" else {currency})


def asked_for(ask: Ask) -> str:
    """The currency in which the farm file says the amounts of a file are."""
    return getattr(ask.spec, "currency", None) or "USD"


def parts_of(unit: str) -> tuple[str, str]:
    """The money of a unit of prices, empty where it names none, and per what it is.

    >>> [parts_of(unit) for unit in ("USD/MWh", "$ / MWh", "c_per_kWh", "MWH")]
    [('USD', 'MWH'), ('$', 'MWH'), ('C', 'KWH'), ('', 'MWH')]
    """
    money, per, energy = _RATIO.sub("/", unit.strip().upper()).rpartition("/")
    return (money, energy) if per else ("", energy)


def refuse_currencies(held: Iterable[str], ask: Ask, line: int = 1) -> None:
    """Raises InputError for prices in another currency than the farm file says, which gives no exchange rate either."""
    currencies = sorted(set(held))
    told = names(currency or "no currency" for currency in currencies)
    if all(is_money(currency, asked_for(ask)) for currency in currencies):
        return
    if len(currencies) > 1:
        raise ask.error(f"prices are in several currencies, {told}", line)
    if ask.spec.model_fields_set.isdisjoint({"usd_per_unit"}) or getattr(ask.spec, "currency", None):
        what = f"beside the file say `currency: {told}`, and at the top of the farm file, unless it is the farm's own, "
        raise ask.error(f"prices are in {told}, not in {asked_for(ask)}; {what}`exchange_rates: {{{told}: ...}}`", line)


def refuse_other_units(table: Table, ask: Ask) -> None:
    """Raises InputError for a table that says its prices are in another unit than the farm file says."""
    refuse_currencies(_held(table, CURRENCIES), ask, table.header_line)
    given = ask.spec.model_fields_set
    if "unit" in given or ("usd_per_unit" in given and getattr(ask.spec, "currency", None) is None):
        return
    for unit in _held(table, UNITS):
        money, energy = parts_of(unit)
        if money and energy in PER_MWH and not (is_money(money, asked_for(ask)) and PER_MWH[energy] == 1):
            told = f"prices are in {names([unit])}, not in {asked_for(ask)}/MWh"
            raise ask.error(f"{told}; give `currency` or `unit` beside the file in the farm file", table.header_line)


def _held(table: Table, columns: tuple[str, ...]) -> list[str]:
    found = [column for column in table.frame.columns if snake(column) in columns]
    cells = (table.frame[column].dropna().astype("str").str.strip().unique() for column in found)
    return [str(cell) for held in cells for cell in held if cell]
