"""Portfolio files: typed, with the farms they name; every fault of all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from optimizer.config.amounts import in_money
from optimizer.config.base import SeriesFile
from optimizer.config.check import missing_files
from optimizer.config.currency import money_of
from optimizer.config.farm import Farm
from optimizer.config.files import fault_of_file, plain_document, read_document
from optimizer.config.load import load_farm
from optimizer.config.located import faults_of
from optimizer.config.plain import entries, get, got
from optimizer.errors import Fault, InputError
from optimizer.portfolio.language import Portfolio


@dataclass(frozen=True)
class Loaded:
    """A portfolio with its farms, in the order of its sites; ``path`` is its file."""

    portfolio: Portfolio
    farms: tuple[Farm, ...]
    path: Path

    @property
    def currency(self) -> str:
        """The money of all its farms."""
        return self.farms[0].currency

    def folder(self, site: int) -> Path:
        """The folder that a farm's series are relative to."""
        return (self.path.parent / self.portfolio.sites[site].farm).parent

    @property
    def ceiling_file(self) -> SeriesFile | None:
        """The series of the ceiling, where it is one."""
        ceiling = self.portfolio.import_ceiling_mw
        return ceiling if isinstance(ceiling, SeriesFile) else None


def load_portfolio(path: Path) -> Loaded:
    """Read a portfolio file and its farms. Raises InputError with every fault of all these files."""
    path = Path(path)
    document, farms, faults, first = plain_document(path), list[Farm](), list[Fault](), ""
    for i, site in entries(document.data, "sites"):
        file = get(site, "farm")
        if not isinstance(file, str) or not file:
            continue
        if unreadable := fault_of_file(path.parent / file):
            faults.append(document.fault(("sites", i, "farm"), f"{unreadable} (got {got(file)})"))
            continue
        try:
            farm = load_farm(path.parent / file)
        except InputError as error:
            faults += error.faults
            continue
        farms.append(farm)
        first = first or str(get(site, "name"))
        if farm.currency != farms[0].currency:
            both = f"is in {farm.currency}, and {first} in {farms[0].currency}"
            add_up = "sites add up in one currency: give both farms the same `currency`, amounts in others as they are"
            faults.append(document.fault(("sites", i, "farm"), f"{both}: {add_up}"))
    document = in_money(document, money_of(farms[0] if farms else None))
    faults += [*document.faults, *missing_files(document, path.parent)]
    portfolio = None
    try:
        portfolio = Portfolio.model_validate(document.data)
    except ValidationError as error:
        faults += faults_of(error, Portfolio, document)
    if faults or portfolio is None:
        raise InputError(set(faults))
    return Loaded(portfolio, tuple(farms), path)


def faults_of_portfolio(path: Path) -> list[Fault] | None:
    """Every fault of a portfolio file and its farms; None for a file that is not meant as one."""
    try:
        data = read_document(Path(path)).data
    except InputError:
        return None
    if not isinstance(data, dict) or "sites" not in data or "fleet" in data:
        return None
    try:
        load_portfolio(path)
    except InputError as error:
        return list(error.faults)
    return []
