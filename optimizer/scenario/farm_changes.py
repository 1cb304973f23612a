"""What a scenario changes of the farm: outages and cold restarts, fleet, contract, sections, fixed costs."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import singledispatch
from pathlib import Path
from typing import Any, get_args

from optimizer.config.base import LAST_YEAR
from optimizer.config.composed import Place, kinds
from optimizer.config.document import Keys
from optimizer.config.energy import Energy
from optimizer.config.farm import Farm
from optimizer.config.fleet import ColdRestart, Group, Outage
from optimizer.config.load import machines_of
from optimizer.config.plain import meant
from optimizer.errors import Fault, InputError
from optimizer.scenario.language import (
    ColdRestartChange,
    ContractChange,
    FixedCostsChange,
    FleetChange,
    OutageChange,
    SectionChange,
    Sections,
)
from optimizer.scenario.parts import MechanismChange
from optimizer.scenario.placed import Placed, S, Scenario

_AFTER_EVERY_PLAN = datetime(LAST_YEAR, 12, 31, tzinfo=UTC)


def farm_with(
    farm: Farm, scenario: Scenario, begins: datetime, folder: Path = Path(), *, known_at: datetime | None = None
) -> Farm:
    """The farm as a scenario has it, for a plan that begins at ``begins``, a time with an offset.

    ``folder`` is the farm file's, for the catalogue. With ``known_at`` it is the farm as it is known then: changes and
    events, the farm's own too, whose notice is later are left out. A change's notice is that of the event it holds.
    Raises InputError with every fault, located in the scenario's file.
    """
    faults: list[Fault] = []
    for placed in scenario.known(begins, farm.timezone, known_at):
        try:
            farm = _changed(placed.change, farm, placed, begins, folder)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(set(faults))
    return farm if known_at is None else farm.known_at(known_at)


@singledispatch
def _changed(change: Any, farm: Farm, placed: Placed, begins: datetime, _folder: Path) -> Farm:
    """The farm after one change; changes of the market leave it as it is."""
    return change.farm(farm, placed, begins) if isinstance(change, MechanismChange) else farm


@_changed.register
def _(change: OutageChange, farm: Farm, placed: Placed, begins: datetime, _folder: Path) -> Farm:
    zone = farm.timezone
    start = begins.astimezone(UTC) if change.begin is None else placed.time(change.begin, ("from",), begins, zone)
    end = _AFTER_EVERY_PLAN if change.to is None else placed.time(change.to, ("to",), begins, zone)
    if end <= start:
        raise placed.refuse(("to",), f"ends ({change.to}) before it begins ({change.begin or 'with the plan'})")
    names = _chosen(change, farm, placed)
    short = [group for group in farm.fleet if group.name in names and (change.units or 0) > group.units]
    if short:
        counts = ", ".join(f"{group.name} has {group.units}" for group in short)
        raise placed.refuse(("units",), f"is more than there are (got {change.units}): {counts}; give a share instead")
    fleet = list(farm.fleet)
    for g, group in enumerate(farm.fleet):
        if group.name in names:
            units = change.units if change.units is not None else _share_of(group.units, change.share or 0.0)
            outages = (*group.outages, Outage(start=start, end=end, units=units))
            fleet[g] = group.model_copy(update={"outages": outages})
    return placed.rebuilt(farm, {}, fleet=tuple(fleet))


def _chosen(change: OutageChange | ColdRestartChange | SectionChange, farm: Farm, placed: Placed) -> list[str]:
    """Names of the groups that a change is for."""
    names = [group.name for group in farm.fleet]
    if change.groups == "all":
        return names
    _judge_names(change.groups, names, placed, [("groups", i) for i in range(len(change.groups))])
    return list(change.groups)


def _share_of(units: int, share: float) -> int:
    """Whole machines nearest to a share of them, one at least.

    >>> _share_of(10, 0.25), _share_of(10, 0.01), _share_of(10, 1.0)
    (2, 1, 10)
    """
    return max(round(units * share), 1)


@_changed.register
def _(change: ColdRestartChange, farm: Farm, placed: Placed, _begins: datetime, _folder: Path) -> Farm:
    names = _chosen(change, farm, placed)
    if farm.weather is None:
        return farm
    cold = ColdRestart(below_c=change.below_c, minutes=change.minutes)
    fleet = tuple(
        placed.rebuilt(group, {("cold_restart",): ()}, cold_restart=cold) if group.name in names else group
        for group in farm.fleet
    )
    return placed.rebuilt(farm, {}, fleet=fleet)


@_changed.register
def _(change: FixedCostsChange, farm: Farm, placed: Placed, _begins: datetime, _folder: Path) -> Farm:
    key, verb = change.operation
    value: float = getattr(change, key)
    usd = farm.costs.fixed_usd_per_month * value if verb == "scale" else value
    costs = placed.rebuilt(farm.costs, {("fixed_usd_per_month",): (key,)}, fixed_usd_per_month=usd)
    return placed.rebuilt(farm, {}, costs=costs)


@_changed.register
def _(change: ContractChange, farm: Farm, placed: Placed, _begins: datetime, _folder: Path) -> Farm:
    given = {key: getattr(change.set, key) for key in change.set.model_fields_set}
    energy: Energy = placed.rebuilt(farm.energy, {(): ("set",)}, **placed.seen_from_anywhere(given))
    return placed.rebuilt(farm, {("energy",): ("set",)}, energy=energy)


@_changed.register
def _(change: SectionChange, farm: Farm, placed: Placed, begins: datetime, _folder: Path) -> Farm:
    given = placed.on_clock(change.set, begins, farm.timezone)
    names, keys = _chosen(change, farm, placed), change.set.model_fields_set
    changed: dict[str, dict[str, Any]] = {place: {} for place in get_args(Place)}
    for kind in kinds():
        if kind.KEY in keys and Sections.takes(kind):
            changed[kind.PLACE][kind.KEY] = placed.seen_from_anywhere(getattr(given, kind.KEY))

    def rebuilt(section: S, place: Place) -> S:
        origins: dict[Keys, Keys] = {(key,): ("set", key) for key in changed[place]}
        return placed.rebuilt(section, origins, **changed[place]) if changed[place] else section

    def fitted(group: Group) -> Group:
        machine = None if group.machine is None else rebuilt(group.machine, "machine")
        return rebuilt(group.model_copy(update={"machine": machine}), "group")

    fleet = tuple(fitted(group) if group.name in names else group for group in farm.fleet)
    whole = {"site": rebuilt(farm.site, "site"), "energy": rebuilt(farm.energy, "energy"), "fleet": fleet}
    origins: dict[Keys, Keys] = {(key,): ("set", key) for key in changed["farm"]}
    origins |= {(place, key): ("set", key) for place in ("site", "energy") for key in changed[place]}
    for g in range(len(fleet)):
        origins |= {("fleet", g, key): ("set", key) for key in changed["group"]}
        origins |= {("fleet", g, "machine", key): ("set", key) for key in changed["machine"]}
    return placed.rebuilt(farm, origins, **whole, **changed["farm"])


@_changed.register
def _(change: FleetChange, farm: Farm, placed: Placed, _begins: datetime, folder: Path) -> Farm:
    names = [group.name for group in farm.fleet]
    _judge_names(change.remove, names, placed, [("remove", i) for i in range(len(change.remove))])
    fleet = [group for group in farm.fleet if group.name not in change.remove]
    origins: dict[Keys, Keys] = {("fleet", len(fleet) + i): ("add", i) for i in range(len(change.add))}
    fleet += _with_machines(change.add, farm, placed, folder)
    names = [group.name for group in fleet]
    for key, section in (("modes", change.modes), ("units", change.units)):
        _judge_names(tuple(section), names, placed, [(key, name) for name in section])
        for name, value in section.items():
            g = names.index(name)
            fleet[g] = placed.rebuilt(fleet[g], {(key,): (key, name)}, **{key: value})
    state = {name: before for name, before in farm.state.groups.items() if name not in change.remove}
    carried_in = placed.rebuilt(farm.state, {}, groups=state)
    return placed.rebuilt(farm, origins, fleet=tuple(fleet), state=carried_in)


def _with_machines(added: tuple[Group, ...], farm: Farm, placed: Placed, folder: Path) -> list[Group]:
    """Groups that are added, with their machines of the farm's catalogue and the paths of their series."""
    wanted = [i for i, group in enumerate(added) if group.machine is None]
    if wanted:
        faults: list[Fault] = []
        data = {"catalogue": farm.catalogue, "fleet": tuple(added[i].model_dump() for i in wanted)}
        origins: dict[Keys, Keys] = {("fleet", k): ("add", i) for k, i in enumerate(wanted)}
        machines = machines_of(placed.standing_for(origins, data), folder / "farm.yaml", faults)
        if faults:
            raise InputError(set(faults))
        added = tuple(
            group if group.machine is not None else group.model_copy(update={"machine": machines[group.model or ""]})
            for group in added
        )
    return list(placed.seen_from_anywhere(added))


def _judge_names(asked: tuple[str, ...], known: list[str], placed: Placed, paths: list[Keys]) -> None:
    unknown = [(name, path) for name, path in zip(asked, paths, strict=True) if name not in known]
    if unknown:
        raise InputError(
            placed.fault(path, f"no group of the fleet has this name (got {name!r}); {meant(name, known)}")
            for name, path in unknown
        )
