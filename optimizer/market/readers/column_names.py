"""What the name of a column says of its cells: the zone of its times, the money and unit of its numbers."""

from __future__ import annotations

import re

_PREVAILING = {
    "ept": "America/New_York", "cpt": "America/Chicago", "mpt": "America/Denver", "ppt": "America/Los_Angeles",
    "cet": "Europe/Brussels", "cest": "Europe/Brussels", "mez": "Europe/Berlin", "mesz": "Europe/Berlin",
    "utc": "UTC", "gmt": "UTC",
}  # fmt: skip
OFFSETS = {
    "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "EST": -5, "EDT": -4,
    "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AEST": 10, "AEDT": 11,
}  # fmt: skip
"""Hours from UTC of a zone's letters behind a time, where EST is never EDT."""
_WORD = re.compile(r"[^\W_]+|[€£$¥¢°]")
_PAIRS = {
    ("est", "edt"): "America/New_York", ("cst", "cdt"): "America/Chicago",
    ("mst", "mdt"): "America/Denver", ("pst", "pdt"): "America/Los_Angeles",
}  # fmt: skip
_TITLES = {
    "eastern standard time": "Etc/GMT+5", "eastern prevailing time": "America/New_York",
    "central prevailing time": "America/Chicago", "pacific prevailing time": "America/Los_Angeles",
}  # fmt: skip
_CODES = frozenset(
    [
        "USD",
        "EUR",
        "GBP",
        "CAD",
        "AUD",
        "NZD",
        "CHF",
        "NOK",
        "SEK",
        "DKK",
        "ISK",
        "PLN",
        "CZK",
        "HUF",
        "RON",
        "BGN",
        "UAH",
        "JPY",
        "CNY",
        "KRW",
        "INR",
        "SGD",
        "BRL",
        "MXN",
        "CLP",
        "ZAR",
        "ILS",
    ]
)
_SIGNS = {"€": "EUR", "£": "GBP", "¥": "JPY", "$": "$"}
_CENTS = frozenset(("C", "CT", "CTS", "CENT", "CENTS", "¢", "P", "PENCE"))
_PER = {"MWH": "MWH", "MWHR": "MWH", "MWHOUR": "MWH", "KWH": "KWH", "KWHR": "KWH"}
_PRICES = ("PRICE", "LMP", "SPP", "LBMP", "RRP")
_TEMPERATURES = ("TEMP", "DRYBULB", "DEWPOINT")


def squeezed(name: object) -> str:
    """A column name as letters and digits alone.

    >>> squeezed("SETTLEMENT_DATE (UTC)")
    'settlementdateutc'
    """
    return re.sub(r"[^0-9a-z]+", "", str(name).lower())


def zone_in(name: str) -> str | None:
    """The zone that the name of a column gives for times without an offset.

    >>> [zone_in(name) for name in ("start_utc", "MTU (CET/CEST)", "datetime_beginning_ept", "Hour (EST)", "time")]
    ['UTC', 'Europe/Brussels', 'America/New_York', 'Etc/GMT+5', None]
    """
    words = [word.lower() for word in _WORD.findall(name)]
    for (standard, summer), zone in _PAIRS.items():
        if standard in words and summer in words:
            return zone
    for word in words:
        ending = re.search(r"(?<=time)(utc|gmt|ept)$", word)
        word = ending[0] if ending else word
        if word in _PREVAILING:
            return _PREVAILING[word]
        if word.upper() in OFFSETS and word not in ("west", "bst"):
            return fixed(OFFSETS[word.upper()])
    return None


def zone_of_title(line: str) -> str | None:
    """The zone that a line above the header says all times are in.

    >>> zone_of_title(",,,All Hours-Ending are Eastern Standard Time (EST)")
    'Etc/GMT+5'
    """
    return next((zone for title, zone in _TITLES.items() if title in line.lower()), None)


def fixed(hours: int) -> str:
    """The zone that is always so many hours ahead of UTC.

    >>> fixed(-5), fixed(0)
    ('Etc/GMT+5', 'UTC')
    """
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


def price_in(name: str) -> tuple[str, str]:
    """The money and per what a name says that prices are; empty where it does not.

    >>> [price_in(name) for name in ("Price (EUR/kWh)", "c_per_kwh", "LBMP ($/MWHr)", "price_cad", "load_kwh", "mw")]
    [('EUR', 'KWH'), ('C', 'KWH'), ('$', 'MWH'), ('CAD', ''), ('', ''), ('', '')]
    """
    spelt = name.upper().replace("US$", "USD ").replace("CA$", "CAD ").replace("C$", "CAD ").replace("A$", "AUD ")
    words = [word for word in _WORD.findall(spelt) if word != "PER"]
    at = next((i for i, word in enumerate(words) if word in _PER), None)
    money = next((_SIGNS.get(word, word) for word in words if word in _CODES or word in _SIGNS), "")
    if at and words[at - 1] in _CENTS:
        money = words[at - 1]
    per_energy = at is not None and (money or re.search(r"(?:/|[\b_ ]PER[ _])\s*[MK]WH", spelt))
    return money, _PER[words[at]] if per_energy and at is not None else ""


def other_than_money(name: str) -> str:
    """What a column's name says its numbers are, where that is no money; empty where it may be.

    >>> [other_than_money(name) for name in ("temperature_c", "load_mw", "wind_speed", "lmp_mw", "PointPrice")]
    ['degrees', 'megawatts', 'weather', '', '']
    """
    words = [word.upper() for word in _WORD.findall(name.replace("_", " "))]
    if price_in(name)[0] or any(price in word for word in words for price in _PRICES):
        return ""
    if degrees_in(name) or any(word.startswith(_TEMPERATURES) for word in words):
        return "degrees"
    if {"WIND", "HUMIDITY", "RAIN", "SNOW"} & set(words):
        return "weather"
    return "megawatts" if words and words[-1] in ("MW", "KW", "MWH", "KWH") else ""


def degrees_in(name: str) -> str:
    """Whether a name says degrees Fahrenheit, F, or Celsius, C; empty where neither.

    >>> [degrees_in(name) for name in ("temperature_f", "temperature_2m (°C)", "Temp [F]", "dry bulb", "load_f")]
    ['F', 'C', 'F', '', '']
    """
    words = _WORD.findall(name.upper())
    if "FAHRENHEIT" in words or "CELSIUS" in words:
        return "F" if "FAHRENHEIT" in words else "C"
    if not words or words[-1] not in ("F", "C"):
        return ""
    named = "°" in words or any(word.startswith(_TEMPERATURES) for word in words)
    return words[-1] if named else ""
