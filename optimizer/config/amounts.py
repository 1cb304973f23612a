"""Amounts as people write them, in any currency and unit, put into the farm's own before anything is judged.

A field whose name holds `usd` is an amount of money, one that ends in `_c` a temperature: nothing else declares them.
In a file a key that says `usd` is in US dollars, the same key without it in the farm's currency, and a text such as
"62 CAD/MWh" says for itself; `_f` stands for `_c` in degrees Fahrenheit, and so does "14 F". Once read, all money is in
the farm's currency, whatever its name, and every temperature in degrees Celsius.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from optimizer.config.amount_keys import fields_of, is_money, neutral, others
from optimizer.config.currency import USD, FarmCurrency
from optimizer.config.document import Document, Keys, shortened
from optimizer.errors import Fault, Unsaid
from optimizer.units import KW_PER_MW, TERAHASH_PER_PETAHASH, celsius

_AMOUNT = re.compile(
    r"([€£$])?\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*(?:(ct|cents?)\s*)?([A-Za-z]{3}|[€£$])?\s*(?:(?:/|per\b)\s*(.+))?"
)
_SIGNS = {"€": "EUR", "£": "GBP"}
_DOLLARS = ("USD", "AUD", "CAD", "HKD", "NZD", "SGD")  # which of them $ is, the farm's currency says, or nobody
_DEGREES = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*°?\s*([CF])")
_PER = {"mwh": 1.0, "kwh": KW_PER_MW, "gwh": 1 / KW_PER_MW, "mw": 1.0, "kw": KW_PER_MW}
_PER |= {"ph": 1.0, "th": TERAHASH_PER_PETAHASH, "eh": 1 / TERAHASH_PER_PETAHASH}
_CENTS = 100.0
_OF_A_MONTH = ("usd_per_kw", "usd_per_mw")  # per billing period, which contracts call a month
_LONGEST = 60  # characters of an amount


@cache
def _fields() -> dict[str, Any]:
    """Every field by its name; the sections of mechanisms are all there when a file is read."""
    return dict(fields_of())


def in_money(document: Document, money: FarmCurrency) -> Document:
    """A file with every amount in the farm's currency and every temperature in degrees Celsius, under one key each."""
    fields = _fields()
    read = _Reading(
        document, money, {key: name for name in fields for key in others(name) if key not in fields}, fields
    )
    data = read.value((), (), document.data)
    return replace(document, data=data, written=read.written, faults=(*document.faults, *read.faults))


class _Reading:
    """A walk over the data of one file."""

    def __init__(
        self, document: Document, money: FarmCurrency, names: Mapping[str, str], fields: Mapping[str, Any]
    ) -> None:
        self.document, self.money, self.names, self.fields = document, money, names, fields
        self.written: dict[Keys, str] = {}
        self.faults: list[Fault] = []

    def value(self, path: Keys, written: Keys, value: Any) -> Any:
        """What stands at a path, ``written`` as the file has it."""
        if isinstance(value, tuple | list):
            return tuple(self.value((*path, i), (*written, i), inner) for i, inner in enumerate(value))
        if not isinstance(value, dict):
            return value
        data: dict[str, Any] = {}
        for key, inner in value.items():
            name, at = self.names.get(key, key), (*written, key)
            if name != key:
                if name in value:
                    self.faults.append(self.document.fault(at, f"is given as `{name}` too", of_key=True))
                    continue
                self.written[(*path, name)] = key
            rates = (name == "exchange_rates" and not path) or (name == "usd_per_unit" and isinstance(inner, dict))
            data[name] = inner if rates else self.quantity(name, key, at, self.value((*path, name), at, inner))
        return self.swept(data, written)

    def swept(self, data: dict[str, Any], at: Keys) -> dict[str, Any]:
        """A sweep, whose values are those of the key it names."""
        key, values = data.get("key"), data.get("values")
        if isinstance(key, str) and isinstance(values, tuple):
            before, dot, last = key.rpartition(".")
            name = self.names.get(last, last)
            data |= {"key": before + dot + name, "values": self.quantity(name, last, (*at, "values"), values)}
        return data

    def quantity(self, name: str, key: str, at: Keys, value: Any) -> Any:
        """The value of a field, in the farm's currency or in degrees Celsius where it is one of the two."""
        if is_money(name) and name in self.fields:
            return self.amount(name, USD if name == key else self.money.currency, at, value)
        if name.endswith("_c") and name in self.fields:
            return self.temperature("C" if name == key else "F", value)
        if isinstance(value, dict) and "file" in value:  # such as a history of prices
            return self.file(self.money.currency, at, value)
        return value

    def amount(self, name: str, currency: str, at: Keys, value: Any) -> Any:
        """Money under a key that is in a currency unless the value says another."""
        if isinstance(value, tuple):
            return tuple(self.amount(name, currency, (*at, i), one) for i, one in enumerate(value))
        if isinstance(value, dict):
            return self.file(currency, at, value) if "file" in value else value
        times, as_written = 1.0, value
        if isinstance(value, str):
            amount = _AMOUNT.fullmatch(value.strip()) if len(value) <= _LONGEST else None
            if amount is None:
                return self.fault(at, f"must be a number, {self.example(name)}{_or_file(self.fields[name])}", value)
            sign, number, cents, named, per = amount.groups()
            named = named or sign
            scale = _scale(name, per)
            if scale is None:
                return self.fault(at, f"is not per what `{neutral(name)}` is: write {self.example(name)}", value)
            try:
                value = float(number)
            except ValueError:
                return value
            if named == "$" and self.money.currency not in _DOLLARS[:1]:
                mine = self.money.currency
                which = f"USD or {mine}" if mine in _DOLLARS else "USD"
                return self.fault(at, f"may be dollars of several countries: write {which} in place of $", as_written)
            currency = currency if named is None else _SIGNS.get(named, USD if named == "$" else named.upper())
            times = scale / (_CENTS if cents else 1.0)
        if type(value) not in (int, float):
            return value
        rate = self.money.rate(currency)
        if isinstance(rate, dict):
            if not _holds_files(self.fields[name]):
                sentence = (
                    f"is in {currency}, whose rate changes: give one amount for all times in {self.money.currency}"
                )
                return self.fault(at, sentence, as_written)
            return {"holds_until_next": True, "holds_on": True} | rate | {
                "currency": self.money.currency, "usd_per_unit": value * times
            }  # fmt: skip
        factor = times * self.rate(currency, at)
        return value if factor == 1.0 else value * factor

    def file(self, currency: str, at: Keys, spec: dict[str, Any]) -> dict[str, Any]:
        """A file of amounts; what `usd_per_unit` makes of them has been put into the farm's currency already."""
        own = spec.get("currency")
        currency = own if isinstance(own, str) else currency
        if "usd_per_unit" in spec or (currency == self.money.currency == USD):
            return spec
        rate = self.money.rate(currency)
        rate = rate if isinstance(rate, dict) else self.rate(currency, (*at, "currency") if own else at)
        return spec | {"currency": currency} | ({} if rate == 1.0 else {"usd_per_unit": rate})

    def rate(self, currency: str, at: Keys) -> float:
        """A rate that is a number; 1 where there is none, which is told."""
        rate = self.money.rate(currency)
        if type(rate) in (int, float):
            return float(rate)
        sentence = (
            f"is in {currency}, and the farm's currency is {self.money.currency}: give what one {currency} is worth, "
            f"`exchange_rates: {{{currency}: ...}}` at the top of the farm file"
        )
        fault = self.document.fault(at, sentence)
        self.faults.append(Unsaid(**vars(fault), keys=(("exchange_rates", currency),)))
        return 1.0

    def temperature(self, degrees: str, value: Any) -> Any:
        """Degrees Celsius."""
        if isinstance(value, tuple):
            return tuple(self.temperature(degrees, one) for one in value)
        if isinstance(value, dict):
            return value | {"unit": "fahrenheit"} if degrees == "F" and "file" in value else value
        if isinstance(value, str) and len(value) <= _LONGEST and (degree := _DEGREES.fullmatch(value.strip())):
            degrees, value = degree[2], float(degree[1])
        return celsius(value) if degrees == "F" and type(value) in (int, float) else value

    def fault(self, at: Keys, sentence: str, value: Any) -> float:
        """Tell a fault; a value that is no further one stands for what was written."""
        self.faults.append(self.document.fault(at, f"{sentence} (got {shortened(repr(value))})"))
        return 1.0

    def example(self, name: str) -> str:
        """An amount as a field takes it."""
        per = neutral(name).partition("per_")[2].replace("_", "-").replace("mwh", "MWh").replace("kw", "kW")
        per = f"{per}-month" if name in _OF_A_MONTH else per
        per = per.replace("mw", "MW")
        return f'"62 {self.money.currency}/{per}"' if per else f'"62 {self.money.currency}"'


def _scale(name: str, per: str | None) -> float | None:
    """What an amount per something comes to per what a field has it; None where they are of different kinds.

    >>> _scale("price_usd_per_mwh", "kWh"), _scale("usd_per_kw", "kW-month"), _scale("price_usd_per_mwh", "kW")
    (1000.0, 1.0, None)
    """
    if per is None:
        return 1.0
    asked = (name.partition("usd_per_")[2] or "btc").split("_")
    words = [word for word in re.split(r"[\s_\-/*·]+|\bper\b|\band\b", per.lower()) if word]
    words = [{"h": "hour", "yr": "year", "mo": "month", "units": "unit"}.get(word, word) for word in words]
    asked += ["month"] * (name in _OF_A_MONTH and words[-1:] == ["month"])
    if len(words) != len(asked):
        return None
    scale = 1.0
    for mine, theirs in zip(asked, words, strict=True):
        if mine != theirs:
            if mine not in _PER or theirs not in _PER or mine[1:] != theirs[1:]:
                return None
            scale *= _PER[theirs] / _PER[mine]
    return scale


def _or_file(annotation: Any) -> str:
    """What else may stand in a field of amounts."""
    return ", or a section with a `file`" if _holds_files(annotation) else ""


def _holds_files(annotation: Any) -> bool:
    return "SeriesFile" in repr(annotation)
