"""Offer and study files to typed objects, and with a farm to what a study begins with; faults with their places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from optimizer.config.base import Section, SeriesFile
from optimizer.config.catalogue import Machine
from optimizer.config.document import Document, Keys
from optimizer.config.farm import Farm
from optimizer.config.files import fault_of_file, plain_document
from optimizer.config.load import load_catalogue
from optimizer.config.located import faults_of
from optimizer.config.plain import entries, get, got, meant
from optimizer.conversion.case import StudySite
from optimizer.conversion.files.offer import Offer
from optimizer.conversion.files.study import Study
from optimizer.conversion.groups import Groups, groups_of_farm, groups_of_fleet
from optimizer.conversion.history import made_of_history
from optimizer.conversion.paths import central_bitcoin
from optimizer.conversion.power import blocks_of
from optimizer.conversion.strikes import strikes_of
from optimizer.conversion.timeline import HOURS_PER_YEAR, timeline_of
from optimizer.errors import Fault, InputError

S = TypeVar("S", bound=Section)
Placed = tuple[Keys, str]
_WEEKS_PER_YEAR = HOURS_PER_YEAR / 168.0
_ABOUT = 0.05


@dataclass(frozen=True, eq=False)
class Read:
    """A site with the farm's machines, and the same site with each of the study's other fleets."""

    site: StudySite
    fleets: dict[str, Groups]


def load_offer(path: Path) -> Offer:
    """Read an offer file. Raises InputError with every fault.

    >>> load_offer(Path("configs/hosting/terawulf_fluidstack.yaml")).rent.usd_per_kw_month
    154.0
    """
    document = plain_document(Path(path))
    faults = list(document.faults)
    return _whole(_typed(document, Offer, faults), faults)


def read_study(farm: Farm, folder: Path, offers: list[Path], study: Path) -> Read:
    """The files of a study, with a farm whose files lie in ``folder``. Raises InputError with every fault of all."""
    document = plain_document(Path(study))
    faults = list(document.faults)
    typed = _typed(document, Study, faults)
    catalogue = {} if farm.catalogue is None else load_catalogue(folder / farm.catalogue).by_model()
    catalogue |= {group.machine.model: group.machine for group in farm.fleet if group.machine is not None}
    if _meant_as(document) is not Offer:
        placed = (*_not_for(document, farm, catalogue), *_missing(document, Path(study).parent))
        faults += [document.fault(where, what) for where, what in placed]
    loaded = [_offer(path, faults, in_steps=get(document.data, "whole_steps") is True) for path in offers]
    named = [offer.name for offer in loaded if offer is not None]
    for path, offer in zip(offers, loaded, strict=True):
        if offer is not None and named.count(offer.name) > 1:
            faults.append(
                plain_document(path).fault(("name",), f"is the name of another offer, too (got '{offer.name}')")
            )
    known = _whole(typed, faults)
    folder = Path(study).parent
    try:
        return study_site(farm, tuple(offer for offer in loaded if offer is not None), known, folder, catalogue)
    except InputError as error:
        if error.faults:
            raise
        at = ("power",) if known.power.history is None else ("power", "history")
        raise InputError([document.fault(at, str(error))]) from None


def faults_of_conversion(path: Path) -> list[Fault] | None:
    """Every fault of an offer or a study file that shows alone; None for a file that is meant as neither."""
    try:
        document = plain_document(Path(path))
    except InputError:
        return None
    model = _meant_as(document)
    if model is None:
        return None
    faults = list(document.faults)
    _typed(document, model, faults)
    faults += [document.fault(where, what) for where, what in _missing(document, Path(path).parent)]
    return sorted(set(faults))


def _meant_as(document: Document) -> type[Section] | None:
    """What a file is meant as: a study, an offer, or neither."""
    data = document.data
    if isinstance(data, dict) and "bitcoin" in data and "money" in data:
        return Study
    return Offer if isinstance(data, dict) and "rent" in data else None


_MIXED_UP = {
    Offer: "this is a study, not an offer; give it with --study",
    Study: "this is an offer, not a study; give a study with --study",
}


def _typed(document: Document, model: type[S], faults: list[Fault]) -> S | None:
    if _meant_as(document) not in (model, None):
        faults.append(Fault(document.file, 1, 1, "", _MIXED_UP[model]))
        return None
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        faults += faults_of(error, model, document)
        return None


def _whole(section: S | None, faults: list[Fault]) -> S:
    if faults or section is None:
        raise InputError(set(faults))
    return section


def _offer(path: Path, faults: list[Fault], *, in_steps: bool) -> Offer | None:
    try:
        document = plain_document(Path(path))
    except InputError as error:
        faults += error.faults
        return None
    faults += document.faults
    offer = _typed(document, Offer, faults)
    if offer is not None and in_steps and offer.size.step_mw is None:
        faults.append(document.fault(("size",), "needs step_mw, as the study asks for whole_steps"))
    return offer


def _missing(document: Document, folder: Path) -> Iterator[Placed]:
    for key in ("series", "load_mw"):
        file = get(get(get(get(document.data, "power"), "history"), key), "file")
        if isinstance(file, str) and file and (unreadable := fault_of_file(folder / file)):
            yield ("power", "history", key, "file"), f"{unreadable} (got {got(file)})"


def _not_for(document: Document, farm: Farm, catalogue: dict[str, Machine]) -> Iterator[Placed]:
    """What in a study does not go with the farm."""
    data, power = document.data, get(document.data, "power")

    def unknown(name: str) -> str:
        return f"the farm's catalogue has no such model; {meant(name, list(catalogue))}"

    if isinstance(farm.site.import_limit_mw, SeriesFile) and get(power, "site_mw") is None:
        yield ("power",), "needs site_mw, as the farm's import limit is a series over time"
    if not isinstance(farm.energy.adders_usd_per_mwh, float) and get(power, "adders_usd_per_mwh") is None:
        yield ("power",), "needs adders_usd_per_mwh, as the farm's are no plain number"
    for i, entry in entries(get(data, "machines"), "replacements"):
        name = get(entry, "model")
        if isinstance(name, str) and name not in catalogue:
            yield ("machines", "replacements", i, "model"), unknown(name)
    for i, fleet in entries(data, "fleets"):
        shares = get(fleet, "shares")
        for name in shares if isinstance(shares, dict) else ():
            if isinstance(name, str) and name not in catalogue:
                yield ("fleets", i, "shares", name), unknown(name)


def _of_another_length(study: Study) -> Iterator[str]:
    """What a history of more or less than a year does to what came once in it."""
    lasted = sum(week.weight for week in study.power.weeks)
    if lasted and abs(lasted / _WEEKS_PER_YEAR - 1.0) > _ABOUT:
        often = f"{_WEEKS_PER_YEAR / lasted:.2g} times a year"
        yield f"The history lasts {lasted:.0f} weeks, not a year: what comes once in it comes {often}."


def study_site(
    farm: Farm, offers: tuple[Offer, ...], study: Study, folder: Path, catalogue: dict[str, Machine]
) -> Read:
    """What a study begins with; the study goes with the farm. Raises InputError where a price file is wrong."""
    power, timeline, notes = study.power, timeline_of(study.years), []
    limit, auxiliary = farm.site.import_limit_mw, farm.site.auxiliary_load_mw
    if power.site_mw is not None:
        limit = power.site_mw
    assert isinstance(limit, float), "judged before"
    if isinstance(auxiliary, SeriesFile):
        auxiliary = 0.0
        notes.append("The farm's auxiliary load is a series over time and is left out.")
    adders = farm.energy.adders_usd_per_mwh if power.adders_usd_per_mwh is None else power.adders_usd_per_mwh
    assert isinstance(adders, float), "judged before"
    if study.machines.pue is None and not isinstance(farm.site.pue, float):
        notes.append("The PUE is the mean of the farm's curve.")
    if any(isinstance(group.availability, SeriesFile) for group in farm.fleet):
        notes.append("Machines whose availability is a series over time all count as working.")
    site_mw = limit - auxiliary
    groups, bitcoin = groups_of_farm(farm, study.machines, catalogue), central_bitcoin(study.bitcoin, timeline)
    fleets = {fleet.name: groups_of_fleet(fleet, site_mw, farm, study.machines, catalogue) for fleet in study.fleets}
    if power.history is not None:
        every = (groups, *fleets.values())
        strikes = strikes_of(every, bitcoin, study, adders_usd_per_mwh=adders, loss_share=farm.energy.loss_share)
        study = study.model_copy(update={"power": made_of_history(power, folder, farm.timezone, strikes)})
    notes += _of_another_length(study)
    site = StudySite(
        name=farm.name,
        study=study,
        offers=offers,
        timeline=timeline,
        groups=groups,
        blocks=blocks_of(study.power),
        bitcoin=bitcoin,
        site_mw=site_mw,
        auxiliary_mw=auxiliary,
        adders_usd_per_mwh=adders,
        loss_share=farm.energy.loss_share,
        notes=tuple(notes),
    )
    return Read(site, fleets)
