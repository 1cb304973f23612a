"""What a file or a feed says its numbers are in. Prices are in the currency that the farm file says, per MWh; nothing
else is believed unasked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from optimizer.errors import InputError, Unsaid
from optimizer.market.readers.column_names import degrees_in, price_in, squeezed
from optimizer.market.readers.raw import Ask, names
from optimizer.market.readers.table import RawTable

PER_MWH = {"MWH": 1.0, "KWH": 1000.0}
CURRENCIES = ("currency", "currency_unit", "currency_unit_name", "price_currency")
UNITS = ("unit", "units", "price_unit", "price_units", "price_measure_unit", "price_measure_unit_name")
_DOLLARS = frozenset(("USD", "$", "US$", "USD$", "DOLLAR", "DOLLARS", "US DOLLAR", "US DOLLARS"))
_CENTS = frozenset(("C", "CT", "CTS", "CENT", "CENTS", "¢", "P", "PENCE"))
_RATIO = re.compile(r"\s*(?:/|\bPER\b|_PER_)\s*")


def is_money(unit: str, currency: str) -> bool:
    """Whether what a file or a feed says is a currency.

    >>> is_money("US$", "USD"), is_money("nok", "NOK"), is_money("EUR", "USD")
    (True, True, False)
    """
    return unit.strip().upper() in (_DOLLARS if currency == "USD" else {currency})


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


def refuse_currencies(held: Iterable[str], ask: Ask, line: int = 1, per: str = "", unit: str = "") -> None:
    """Raises InputError for prices in another currency than the farm file says, which gives no exchange rate either.

    ``unit`` is what the farm file has to say besides, of prices ``per`` something.
    """
    currencies = sorted(set(held))
    listed = names(currency or "no currency" for currency in currencies)
    if all(is_money(currency, asked_for(ask)) for currency in currencies):
        return
    if len(currencies) > 1:
        raise ask.error(f"prices are in several currencies, {listed}", line)
    if ask.spec.model_fields_set.isdisjoint({"usd_per_unit"}) or getattr(ask.spec, "currency", None):
        code = "USD" if listed.upper() in _DOLLARS else listed
        keys = (("currency", code), *([("unit", unit)] if unit else ()))
        beside = ", ".join(f"{key}: {value}" for key, value in keys)
        per, mine = (per, f"{asked_for(ask)}/MWh") if unit else (listed, asked_for(ask))
        rate = f"at the top of the farm file, unless it is the farm's own, `exchange_rates: {{{code}: ...}}`"
        sentence = f"prices are in {per}, not in {mine}; beside the file say `{beside}`, and {rate}"
        raise _unsaid(ask, sentence, line, keys)


def refuse_other_units(table: RawTable, column: str, ask: Ask, usual: str = "") -> str:
    """The currency that only its publisher is known for, where values are taken as in another; else nothing.

    ``column`` holds the values, ``usual`` is that currency. Where the farm file says the worth of one unit and no
    currency, it knows of it. Raises InputError where the table says that its values are
    in another unit than what they are taken for.
    """
    if not hasattr(ask.spec, "usd_per_unit"):  # of exchange rates the header names both currencies
        return ""
    line, asked = table.header_line, asked_for(ask)
    money, energy = price_in(column)
    units = {parts_of(unit) for unit in _held(table, UNITS)}
    named = {("" if usual and is_money(money, "USD") else money, energy)} | {u for u in units if u[1] in PER_MWH}
    cents = {money for money, _ in named if money in _CENTS}
    held = _held(table, CURRENCIES) or sorted({money for money, _ in named if money and money not in _CENTS})
    per = {energy for _, energy in named if energy}
    unit = ask.spec.unit if "unit" in ask.spec.model_fields_set else None
    wanted = "cents_per_kwh" if cents else "per_kwh" if "KWH" in per else ""
    wanted = "" if unit in (wanted, "as_is") else wanted
    other = next((f"{money}/{energy}" for money, energy in named if money in cents or energy == "KWH"), "")
    other = other.strip("/").replace("KWH", "kWh")
    whole = other if "/" in other else f"{names(sorted(set(held)))}/{other}"
    refuse_currencies(held, ask, line, whole, wanted)
    if wanted:
        sentence = f"prices are in {other}, not in {asked}/MWh; say `unit: {wanted}` in the farm file"
        raise _unsaid(ask, sentence, line, (("unit", wanted),))
    if per == {"MWH"} and unit in ("cents_per_kwh", "per_kwh"):
        raise ask.error(f"{column}: prices are per MWh, but the farm file says `unit: {unit}`", line)
    degrees = degrees_in(column)
    if degrees == "F" and unit is None:
        raise ask.error(f"{column}: is in Fahrenheit; say `unit: fahrenheit` in the farm file", line)
    if degrees == "C" and unit == "fahrenheit":
        raise ask.error(f"{column}: is in Celsius, but the farm file says `unit: fahrenheit`", line)
    converted = "usd_per_unit" in ask.spec.model_fields_set and not getattr(ask.spec, "currency", None)
    return "" if held or is_money(usual, asked) or converted else usual


def _unsaid(ask: Ask, sentence: str, line: int, keys: tuple[tuple[str, str], ...]) -> InputError:
    """That the farm file lacks some keys beside the file."""
    return InputError([Unsaid(**vars(ask.fault(sentence, line)), keys=keys)])


def _held(table: RawTable, columns: tuple[str, ...]) -> list[str]:
    known = {squeezed(name) for name in columns}
    columns_there = [column for column in table.frame.columns if squeezed(column) in known]
    cells = (table.frame[column].dropna().astype("str").str.strip().unique() for column in columns_there)
    return [
        *(str(cell) for held in cells for cell in held if cell),
        *(table.metadata[name] for name in known & table.metadata.keys()),
    ]
