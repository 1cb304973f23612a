"""Amounts of a farm file in the farm's currency, as its documentation tells them: by key, by text, by rate.

Under a key that says `usd` a bare amount is in US dollars, under the same key without it in the farm's currency. What
comes out stands under the key that says `usd`, as the bill reads it, and is the farm's money.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Plain = Mapping[str, Any]

_TEXT = re.compile(r"(?P<number>[-+.\deE]+) *(?P<cents>ct)? *(?P<currency>[A-Z]{3})? *(?:/ *(?P<per>\w+).*)?")
_OF_NO_MONEY = {"btc", "calls", "changes", "hours", "mw", "mwh", "share", "starts"}  # such as `mwh_per_month`
_SIZES = {"kw": 1e-3, "mw": 1.0, "gw": 1e3, "kwh": 1e-3, "mwh": 1.0, "gwh": 1e3, "th": 1e-3, "ph": 1.0, "eh": 1e3}


def currency(farm: Plain) -> str:
    """The currency of a farm file, as columns and keys name it: `usd`."""
    return str(farm.get("currency", "USD")).lower()


def money_key(key: str) -> str | None:
    """The key that says `usd` of an amount of money; None for another quantity."""
    words = key.split("_")
    if "usd" in words:
        return key
    if key in ("btc_price", "charged"):
        return f"{key}_usd"
    at = words.index("per") if "per" in words else -1
    if at < 0 or len(words) == at + 1 or (at > 0 and words[at - 1] in _OF_NO_MONEY):
        return None
    return "_".join([*words[:at], "usd", *words[at:]])


def in_own_money(farm: Plain) -> dict[str, Any]:
    """A farm file whose every amount is in its own currency.

    An amount over time is a table of its `file` and of the `times` it counts: a number, or a file of rates.
    """
    own = str(farm.get("currency", "USD"))
    rates = {own: "1"} | dict(farm.get("exchange_rates") or {})

    def read(plain: Any) -> Any:
        if isinstance(plain, list):
            return [read(value) for value in plain]
        if not isinstance(plain, Mapping):
            return plain
        found = {}
        for key, value in plain.items():
            name = money_key(key)
            money = name is not None and (isinstance(value, str) or "file" in value)
            found[name or key] = amount(str(name), value, "USD" if name == key else own) if money else read(value)
        return found

    def amount(name: str, value: Any, unnamed: str) -> Any:
        if not isinstance(value, str):
            return {"file": value["file"], "times": rates[value.get("currency", unnamed)]}
        text = _TEXT.fullmatch(value)
        assert text, f"{name}: {value}"
        times = float(text["number"]) / (100.0 if text["cents"] else 1.0)
        if text["per"]:
            mine, theirs = name.partition("usd_per_")[2].split("_")[0], text["per"].lower()
            times *= 1.0 if mine == theirs else _SIZES[mine] / _SIZES[theirs]
        rate = rates[text["currency"] or unnamed]
        return times * float(rate) if isinstance(rate, str) else {"file": rate["file"], "times": times}

    return dict(read({key: value for key, value in farm.items() if key != "exchange_rates"}))
