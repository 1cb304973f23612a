"""A farm file that has just been made of answers: whether it plans, and where a plan of its prices can begin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.config.amounts import in_money
from optimizer.config.base import RateFile, SeriesFile
from optimizer.config.check import missing_files
from optimizer.config.clock import zone_of
from optimizer.config.currency import money_of
from optimizer.config.load import farm_in
from optimizer.config.new import LONGEST_HOURS, Answers, farm_text
from optimizer.config.patterns import is_pattern
from optimizer.config.yaml12 import parse
from optimizer.errors import InputError, Unsaid
from optimizer.market.grid import grid_of
from optimizer.market.inputs import read_market
from optimizer.market.quantities import PRICES
from optimizer.market.series import read_series
from optimizer.market.timeseries import Limits, TimeSeries
from optimizer.plan.formulation import build_problem

_DAY = pd.Timedelta(days=1)
_NUMBER = re.compile(r"[€£$]?\s*[-+]?\.?\d")
_A_FILE = re.compile(r"\.\w{2,8}$")


def first_plan(answers: Answers, file: Path) -> tuple[str, tuple[str, ...]]:
    """The farm file of some answers, which plans, and remarks on what looks wrong in it.

    What a price file says it is in, the farm file says too. Raises CurtailError with what keeps it from planning.
    """
    try:
        clock = zone_of(answers.timezone)
    except ValueError as error:
        raise InputError(f"{error} (got {answers.timezone!r})") from None
    price, begins, hours = answers.price, pd.Timestamp(datetime.now(clock).date(), tz=clock), LONGEST_HOURS
    if (section := _price_file(price, file)) is not None:
        price, series = _as_it_says(section, file.parent, answers)
        begins, ends = (moment.tz_convert(clock) for moment in series.covers)
        begins = begins.ceil("D") if begins.ceil("D") + _DAY <= ends else begins
        begins = pd.Timestamp(answers.start, tz=clock) if answers.start else begins
        hours = min(hours, (ends - begins) / pd.Timedelta(hours=1)) if ends > begins else hours
    start = answers.start or f"{begins:%Y-%m-%d %H:%M}"
    text = farm_text(replace(answers, price=price, start=start, hours=answers.hours or f"{hours:g}"))
    return text, _remarks(text, file)


def _price_file(price: str | Mapping[str, Any], file: Path) -> dict[str, Any] | None:
    """The keys of a price file; None for an amount. Raises InputError for what is neither."""
    if not isinstance(price, str):
        return dict(price)
    if price.startswith("{"):
        section = parse(price, "").data
        return section if isinstance(section, dict) else {}
    path = file.parent / price
    if path.is_file() or (is_pattern(path) and not _NUMBER.match(price)):
        return {"file": price}
    if _NUMBER.match(price) and not _A_FILE.search(price):
        return None
    sentence = f'is neither an amount such as "62 CAD/MWh" nor a file in the folder of {file.name}'
    raise InputError(f"{sentence} (got {price!r})")


def _as_it_says(keys: dict[str, Any], folder: Path, answers: Answers) -> tuple[dict[str, Any], TimeSeries]:
    """The keys of a price file with the currency and unit that it says itself, and its prices."""
    own = answers.currency.upper()
    try:
        spec = SeriesFile.model_validate({"currency": own, "duplicates": "first", "disorder": "sort"} | keys)
        spec = spec.model_copy(update={"fill_gaps": "previous", "fill_at_most_hours": 1e6})
    except ValueError as error:
        raise InputError(f"is no section of a price file: {error}") from None
    try:
        series = read_series(folder / spec.file, spec, answers.timezone, limits=PRICES, file=spec.file)
    except InputError as error:
        lacking = dict(pair for fault in error.faults if isinstance(fault, Unsaid) for pair in fault.keys)
        if not lacking or not keys.keys().isdisjoint(lacking):
            raise
        return _as_it_says(keys | lacking, folder, answers)
    if series.currency and "currency" not in keys:
        return _as_it_says(keys | {"currency": series.currency}, folder, answers)
    return {key: value for key, value in keys.items() if (key, value) != ("currency", own)}, series


def _remarks(text: str, file: Path) -> tuple[str, ...]:
    """What looks wrong in a farm file that plans. Raises CurtailError with what keeps it from planning."""
    document = parse(text, str(file))
    money = money_of(document.data)
    farm = farm_in(in_money(document, money), file)
    if faults := list(missing_files(document, file.parent)):
        raise InputError(faults)
    for rate in money.rates.values():
        if isinstance(rate, dict):
            spec = RateFile.model_validate(rate)
            read_series(file.parent / spec.file, spec, farm.timezone, limits=Limits(0.0, above=True), file=spec.file)
    conditions = Conditions(farm, read_market(farm, file.parent, grid_of(farm)), farm.state)
    build_problem(conditions)
    return conditions.warnings
