"""Whether a farm file that has just been made plans, and where a plan of its prices can begin."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from optimizer.accounts.conditions import Conditions
from optimizer.config.amounts import in_money, money_of
from optimizer.config.base import SeriesFile
from optimizer.config.clock import zone_of
from optimizer.config.load import farm_in
from optimizer.config.yaml12 import parse
from optimizer.errors import InputError
from optimizer.market.grid import grid_of
from optimizer.market.inputs import read_market
from optimizer.market.quantities import PRICES
from optimizer.market.series import read_series
from optimizer.plan.formulation import build_problem


def first_day(price: str, folder: Path, zone: str, currency: str) -> str:
    """The first local midnight in a price file, today's for an amount."""
    try:
        clock = zone_of(zone)
    except ValueError as error:
        raise InputError(f"timezone: {error} (got {zone!r})") from None
    if not (folder / price).is_file():
        return f"{datetime.now(clock):%Y-%m-%d} 00:00"
    spec = SeriesFile(file=price, currency=currency.upper(), duplicates="first", disorder="sort", fill_gaps="previous")
    begins = read_series(folder / price, spec, zone, limits=PRICES).covers[0].tz_convert(clock)
    return f"{begins.ceil('D'):%Y-%m-%d} 00:00"


def require_a_plan(text: str, file: Path) -> None:
    """Raises CurtailError with what keeps a farm file from planning."""
    document = parse(text, str(file))
    farm = farm_in(in_money(document, money_of(document.data)), file)
    build_problem(Conditions(farm, read_market(farm, file.parent, grid_of(farm)), farm.state))
