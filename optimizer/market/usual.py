"""Numbers of a farm file that are far from what is usual: as if of another unit, or more than the site has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

import numpy as np

from optimizer.config.amount_keys import is_money, neutral
from optimizer.config.base import OfImport, Section
from optimizer.config.currency import USD
from optimizer.config.farm import Farm
from optimizer.units import KW_PER_MW, megawatts

# By the end of a field's name, the longest that fits; US dollars of 2026 where it is money.
_USUAL: Mapping[str, tuple[float, float]] = {
    "price_usd_per_mwh": (1, 1_000), "usd_per_mwh": (0.01, 5_000),  # ERCOT's cap is 5,000
    "usd_per_kw": (0.1, 100), "usd_per_mw": (100, 100_000),  # demand charges
    "usd_per_kw_year": (1, 1_000), "usd_per_mw_year": (1_000, 1_000_000),  # transmission and capacity
    "usd_per_ph_day": (1, 1_000), "btc_price_usd": (1_000, 10_000_000), "usd_per_th_year": (0.01, 100),
    "usd_per_start": (1e-4, 100), "usd_per_change": (1e-4, 100), "usd_per_unit_hour": (1e-3, 50),
    "usd_per_machine_hour": (1e-3, 50), "usd_per_month": (1, 100_000_000),
    "import_limit_mw": (0.01, 5_000), "hashrate_th": (10, 5_000), "power_w": (100, 50_000),
}  # fmt: skip
_PRICES_OF_BREACH = ("violation", "shortfall", "highest", "lowest")  # as high as anybody likes
_NOT_JUDGED = ("exchange_rates", "state", "replanning", "backtest", "daily")  # keys at the top
_UNITS = {"mwh": "MWh", "kw": "kW", "mw": "MW", "ph": "PH/s", "th": "TH/s", "w": "W", "btc": "BTC"}
_SHIFT = KW_PER_MW
_MOST_SITES = 300.0  # times what all machines draw, that a connection may have


def unusual(farm: Farm, import_limit_mw: Any) -> Iterator[str]:
    """A sentence for every number that looks as if of another unit; ``import_limit_mw`` is the limit over a plan."""
    worth = 1.0 if farm.currency == USD else farm.exchange_rates.get(USD)
    most = np.inf if import_limit_mw is None else float(np.max(import_limit_mw))
    judged = ((key, getattr(farm, key)) for key in type(farm).model_fields if key not in _NOT_JUDGED)
    for path, name, value, of_import in (one for key, section in judged for one in _numbers(section, key, key, False)):
        low, high = _range_of(name, worth)
        unit, size = _unit(name, farm.currency), abs(value)
        if of_import and value > most:
            yield f"{path}: {value:,.10g} MW is more than the {most:,.10g} MW that the site may draw"
        elif size and not low <= size <= high:
            meant = next((one for one in (value / _SHIFT, value * _SHIFT) if low <= abs(one) <= high), None)
            advice = f": is {meant:,.10g} {unit} meant?" if meant is not None else ": is it of another unit?"
            yield f"{path}: {value:,.10g} {unit} is far from the usual {low:,.3g} to {high:,.10g}{advice}"
    draw_mw = megawatts(sum(group.units * group.machine.power_w for group in farm.fleet if group.machine))
    if 0 < draw_mw * _MOST_SITES < most < _USUAL["import_limit_mw"][1]:
        sentence = f"{most:,.10g} MW is more than {_MOST_SITES:g} times what all machines draw, {draw_mw:,.3g} MW"
        yield f"site.import_limit_mw: {sentence}: are kW meant?"


def _numbers(value: Any, path: str, name: str, of_import: bool) -> Iterator[tuple[str, str, float, bool]]:
    """Path, name and value of the numbers in a section and those in it, and whether they are of grid import."""
    if isinstance(value, Section):
        for key in type(value).model_fields:
            yield from _numbers(getattr(value, key), f"{path}.{key}", key, _of_import(type(value), key))
    elif isinstance(value, tuple):
        for i, inner in enumerate(value):
            yield from _numbers(inner, f"{path}[{i}]", name, of_import)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _numbers(inner, f"{path}.{key}", name, of_import)
    elif type(value) in (int, float):
        yield path, name, float(value), of_import


@cache
def _of_import(section: type[Section], name: str) -> bool:
    field = section.model_fields[name]
    todo = [*field.metadata, field.annotation]
    while todo:
        one = todo.pop()
        if isinstance(one, OfImport):
            return True
        todo += get_args(one)
    return False


def _range_of(name: str, worth: Any) -> tuple[float, float]:
    """What a number of that name usually lies between, in the farm's currency; anything where nobody can say."""
    ends = [end for end in _USUAL if name.endswith(end)]
    if not ends or any(word in name for word in _PRICES_OF_BREACH) or (is_money(name) and type(worth) is not float):
        return 0.0, np.inf
    low, high = _USUAL[max(ends, key=len)]
    return (low * worth, high * worth) if is_money(name) else (low, high)


def _unit(name: str, currency: str) -> str:
    """The unit in a name, as people write it."""
    if not is_money(name):
        return _UNITS.get(name.rpartition("_")[2], "")
    words = neutral(name).partition("per_")[2].split("_")
    return "/".join([currency, *(_UNITS.get(word, word) for word in words if word)])
