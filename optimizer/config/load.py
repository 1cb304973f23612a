"""Files to typed objects: a farm with its catalogue and contract looked up, or every fault of them all at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError, create_model

from optimizer.config.base import Section
from optimizer.config.catalogue import Catalogue, Machine
from optimizer.config.consistency import faults_of_the_whole
from optimizer.config.contract import Contract
from optimizer.config.currency import money_of
from optimizer.config.document import Document, Keys
from optimizer.config.farm import Farm
from optimizer.config.files import fault_of_file, read_document
from optimizer.config.fleet import standby_faults, unknown_modes
from optimizer.config.located import faults_of
from optimizer.config.plain import entries, get, got, meant
from optimizer.config.state import State, state_form
from optimizer.errors import Fault, InputError
from optimizer.files.shipped import shipped
from optimizer.mechanisms.contents import parts

S = TypeVar("S", bound=Section)


@dataclass(frozen=True)
class _FarmDocument(Document):
    """A farm file whose `energy` stands in a contract file: faults of it are told there."""

    contract: Document | None = None

    def fault(self, path: Keys, message: str, *, of_key: bool = False) -> Fault:
        """A fault at a path of the farm."""
        if self.contract is not None and path[:1] == ("energy",):
            return self.contract.fault(path, message, of_key=of_key)
        return super().fault(path, message, of_key=of_key)


def load_farm(path: Path) -> Farm:
    """Read a farm file, its contract and its catalogue; every group of the result has its machine.

    Raises InputError with every fault of the farm file and of the files it names.

    >>> load_farm(Path("configs/fixed_tariff_12mw.yaml")).site.import_limit_mw
    12.0
    """
    return farm_in(read_document(Path(path)), Path(path))


def farm_in(document: Document, path: Path) -> Farm:
    """The farm of a document; files it names are relative to ``path``, the document's. Raises as `load_farm`."""
    document, of_contract = _with_contract(document, path)
    faults = list(document.faults)
    farm = _validated(document, Farm, faults)
    if farm is None:
        faults += [document.fault(where, what) for where, what in faults_of_the_whole(document.data)]
    machines = machines_of(document, path, faults)
    if of_contract:  # in whose file the farm finds the same again
        faults = [*of_contract, *(fault for fault in faults if fault.file == document.file)]
    if faults or farm is None:
        raise InputError(set(faults))
    looked_up = (
        group if group.model not in machines else group.model_copy(update={"machine": machines[group.model]})
        for group in farm.fleet
    )
    farm = farm.model_copy(update={"fleet": tuple(looked_up)})
    checks = (module.loaded_faults for module in parts("config") if hasattr(module, "loaded_faults"))
    if faults_of_farm := {document.fault(where, what) for check in checks for where, what in check(farm)}:
        raise InputError(faults_of_farm)
    return farm


def load_contract(path: Path) -> Contract:
    """Read a contract file; paths of series in it are relative to it. Raises InputError with every fault."""
    return contract_in(read_document(Path(path)))


def load_state(path: Path, farm: Farm) -> State:
    """Read a file that holds a farm's `state` alone. Raises InputError with every fault."""
    document = read_document(Path(path), money_of(farm))
    faults = list(document.faults)
    state = _validated(document, State, faults)
    whole = faults_of_the_whole(farm.model_copy(update={"state": document.data if state is None else state}))
    faults += [document.fault(where[1:], what) for where, what in whole if where[0] == "state"]
    if faults or state is None:
        raise InputError(set(faults))
    return state


def contract_in(document: Document) -> Contract:
    """The contract of a document. Raises InputError with every fault that shows without a farm."""
    faults = list(document.faults)
    contract = _validated(document, Contract, faults)
    whole = faults_of_the_whole({"energy": get(document.data, "energy")})
    faults += [document.fault(where, what) for where, what in whole if where[0] == "energy"]
    if faults or contract is None:
        raise InputError(set(faults))
    return contract


def _with_contract(document: Document, path: Path) -> tuple[Document, list[Fault]]:
    """The farm's document with the `energy` of the contract it names, and what is wrong with the contract."""
    file = get(document.data, "contract")
    if file is None:
        return document, []
    if get(document.data, "energy") is not None:
        return document, [document.fault(("contract",), "give `contract` or `energy`, not both", of_key=True)]
    faults: list[Fault] = []
    contract = energy = None
    if isinstance(file, str) and file:
        unreadable = fault_of_file(path.parent / file)
        try:
            if unreadable:
                raise InputError([document.fault(("contract",), f"{unreadable} (got {got(file)})")])
            contract = read_document(path.parent / file, money_of(document.data))
            energy = _seen_from(Path(file).parent, get(contract.data, "energy"))
            contract_in(contract)
        except InputError as error:
            faults += error.faults
    if energy is None:
        energy = {"price_usd_per_mwh": 0.0}  # that there is none is told already
    return _FarmDocument(**vars(document) | {"data": document.data | {"energy": energy}, "contract": contract}), faults


def _seen_from(folder: Path, value: Any) -> Any:
    """A contract's data with the paths of its series as the farm file would write them. Only a series has `file`."""
    if isinstance(value, dict):
        return {
            key: str(folder / inner) if key == "file" and isinstance(inner, str) else _seen_from(folder, inner)
            for key, inner in value.items()
        }
    return tuple(_seen_from(folder, inner) for inner in value) if isinstance(value, tuple) else value


def load_catalogue(path: Path) -> Catalogue:
    """Read a machine catalogue. Raises InputError with every fault.

    >>> s21 = load_catalogue(Path("configs/machines.yaml")).by_model()["Antminer S21"]
    >>> s21.hashrate_th, s21.power_w
    (200.0, 3500.0)
    """
    document = read_document(Path(path))
    faults = list(document.faults)
    catalogue = _validated(document, Catalogue, faults)
    if faults or catalogue is None:
        raise InputError(set(faults))
    return catalogue


def _validated(document: Document, model: type[S], faults: list[Fault]) -> S | None:
    """The document as a model, or None and the reasons added to ``faults``."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        faults += [*faults_of(error, model, document), *_faults_of_state(document, model)]
        return None


def _faults_of_state(document: Document, model: type[Section]) -> Iterator[Fault]:
    """What is wrong in the state alone: keys that nobody knows are else told once all other keys are right."""
    form = state_form() if model is State else create_model("File", __base__=Section, state=(state_form(), State()))
    data = document.data if model is State else {"state": state} if (state := get(document.data, "state")) else {}
    try:
        form.model_validate(data)
    except ValidationError as error:
        yield from faults_of(error, form, document)


def machines_of(document: Document, path: Path, faults: list[Fault]) -> dict[str, Machine]:
    """The catalogue's machines by model; what the groups ask for and it lacks is added to ``faults``."""
    groups = entries(document.data, "fleet")
    wanted = [(i, group) for i, group in groups if isinstance(get(group, "model"), str)]
    if not document.file:  # handed over by a program: what was looked up before stays
        wanted = [(i, group) for i, group in wanted if get(get(group, "machine"), "model") != get(group, "model")]
    file = get(document.data, "catalogue") if wanted or document.file else ""
    if file is None:
        file = os.path.abspath(shipped("machines.yaml")) if wanted else ""
    if not isinstance(file, str) or not file:
        return {}
    unreadable = fault_of_file(path.parent / file)
    if unreadable:
        faults.append(document.fault(("catalogue",), f"{unreadable} (got {got(file)})"))
        return {}
    try:
        machines = load_catalogue(path.parent / file).by_model()
    except InputError as error:
        faults += error.faults
        return {}
    for i, group in wanted:
        model = group["model"]
        machine = machines.get(model)
        if get(group, "machine") is not None:
            faults.append(document.fault(("fleet", i, "model"), "give `model` or `machine`, not both"))
        elif machine is None:
            sentence = f"the catalogue has no such model (got {got(model)}); {meant(model, list(machines))}"
            faults.append(document.fault(("fleet", i, "model"), sentence))
        elif isinstance(modes := group.get("modes", ("normal",)), tuple):
            named = tuple(mode if isinstance(mode, str) else "normal" for mode in modes)
            unknown = unknown_modes(machine, named)
            faults += [document.fault(("fleet", i, "modes", j), sentence) for j, sentence in unknown]
            standby = group.get("standby_w")
            if type(standby) in (int, float) and isfinite(standby):
                drawn = standby_faults(machine, named, standby)
                faults += [document.fault(("fleet", i, "standby_w"), sentence) for sentence in drawn]
    return machines
