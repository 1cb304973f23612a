"""Machines as the study sees them: megawatts at the meter by model, of the farm or of another fleet; replacements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F
from optimizer.config.catalogue import Machine
from optimizer.config.farm import Farm
from optimizer.config.site import PueCurve
from optimizer.conversion.files.study import Fleet, Machines, Replacement, ResalePrice
from optimizer.errors import InputError
from optimizer.mechanisms.hosting.config import Hosting
from optimizer.units import megawatts


@dataclass(frozen=True, eq=False)
class Groups:
    """Groups of machines, each array (groups,); replacements that may be bought come last, with no MW at the start.

    th_per_mw: TH/s per MW at the meter that earn for the farm (none where a customer's machines are hosted);
    hosted_usd_per_mwh: what hosted machines pay per MWh at the meter. resale_usd_per_mw and purchase_usd_per_mw are of
    the study's start and grow by the two growths; bought_limit_mw is per period.
    """

    names: tuple[str, ...]
    mw: F
    th_per_mw: F
    j_per_th: F
    hosted_usd_per_mwh: F
    resale_usd_per_mw: F
    resale_growth: float
    purchase_usd_per_mw: F
    purchase_growth: F
    bought_limit_mw: F


@dataclass(frozen=True)
class _Row:
    name: str
    mw: float
    machine: Machine
    hosted_usd_per_mwh: float = 0.0
    hosted: bool = False
    replacement: Replacement | None = None


def pue_of(farm: Farm, machines: Machines) -> float:
    """The PUE of the study: its own, the farm's number, or the mean of the farm's curve."""
    if machines.pue is not None:
        return machines.pue
    pue = farm.site.pue
    return float(np.mean(pue.pue)) if isinstance(pue, PueCurve) else pue


def groups_of_farm(farm: Farm, machines: Machines, catalogue: dict[str, Machine]) -> Groups:
    """The farm's machines by model; those a customer owns are on their own. Machines run in the mode `normal`."""
    pue = pue_of(farm, machines)
    rows: dict[str, _Row] = {}
    for group in farm.fleet:
        machine = group.machine
        assert machine is not None, "load_farm resolves every model"
        works = group.availability if isinstance(group.availability, float) else 1.0
        mw = group.units * works * megawatts(machine.power_w) * pue
        hosting = group.section(Hosting)
        name = f"{machine.model} hosted" if hosting is not None else machine.model
        fee = 0.0 if hosting is None else hosting.fee_usd_per_mwh / pue
        if name in rows:
            before = rows[name]
            fee = (fee * mw + before.hosted_usd_per_mwh * before.mw) / (mw + before.mw)
            mw += before.mw
        rows[name] = _Row(name, mw, machine, fee, hosting is not None)
    return _groups([*rows.values(), *_replacements(machines, catalogue)], machines, pue)


def groups_of_fleet(
    fleet: Fleet, site_mw: float, farm: Farm, machines: Machines, catalogue: dict[str, Machine]
) -> Groups:
    """The site filled with another fleet, for which nothing is bought. Raises InputError for an unknown model."""
    rows = []
    total = sum(fleet.shares.values())
    for model, share in fleet.shares.items():
        if model not in catalogue:
            raise InputError(f"fleet {fleet.name!r}: the farm's catalogue has no machine {model!r}")
        rows.append(_Row(model, site_mw * share / total, catalogue[model]))
    return _groups(rows, machines, pue_of(farm, machines))


def _replacements(machines: Machines, catalogue: dict[str, Machine]) -> list[_Row]:
    rows = []
    for entry in machines.replacements:
        if entry.model not in catalogue:
            raise InputError(f"replacements: the farm's catalogue has no machine {entry.model!r}")
        rows.append(_Row(f"{entry.model} new", 0.0, catalogue[entry.model], replacement=entry))
    return rows


def _groups(rows: list[_Row], machines: Machines, pue: float) -> Groups:
    th_per_mw = np.array([row.machine.hashrate_th / (megawatts(row.machine.power_w) * pue) for row in rows])
    own = np.array([not row.hosted for row in rows], dtype=np.float64)
    j_per_th = [row.machine.power_w / row.machine.hashrate_th for row in rows]
    resale = np.array([_resale(machines.resale, value) for value in j_per_th])
    bought = [row.replacement for row in rows]
    return Groups(
        tuple(row.name for row in rows),
        np.array([row.mw for row in rows]),
        th_per_mw * own,
        np.array(j_per_th),
        np.array([row.hosted_usd_per_mwh for row in rows]),
        resale * th_per_mw * own,
        machines.resale_growth_per_year,
        np.array([0.0 if new is None else new.usd_per_th for new in bought]) * th_per_mw,
        np.array([0.0 if new is None else new.price_growth_per_year for new in bought]),
        np.array([0.0 if new is None else new.most_mw for new in bought]),
    )


def _resale(prices: tuple[ResalePrice, ...], j_per_th: float) -> float:
    """USD per TH/s of the first class that takes the machine; nothing where none does."""
    return next((price.usd_per_th for price in prices if j_per_th <= price.at_most_j_per_th), 0.0)
