"""The parts of a rate as data of a contract: energy, tiers, demand, ratchets, fixed and minimum charges."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from optimizer.errors import Fault
from optimizer.tariff.schedule import months_data, when_data
from optimizer.tariff.source import TariffRate, as_text
from optimizer.tariff.structure import PriceStep, is_charge, is_period, number_in, periods_by_hour, rises, steps

Entry = dict[str, Any]
_KILO = Decimal(1000)
_PERIODS_A_YEAR = {"$/month": Decimal(1), "$/day": Decimal(365) / 12, "$/year": Decimal(1) / 12}
_ENERGY_SCHEDULES = ("energyweekdayschedule", "energyweekendschedule")
_DEMAND_SCHEDULES = ("demandweekdayschedule", "demandweekendschedule")


@dataclass
class Remarks:
    """What of a rate cannot be taken, and what a person should know; whether days of the weekend include holidays."""

    holidays: bool = False
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def energy(rate: TariffRate, remarks: Remarks) -> Entry:
    """The price of energy and its tiers. Prices per kWh become prices per MWh, `adj` included."""
    key = "energyratestructure"
    if rate.values.get(key) in (None, []):
        remarks.faults.append(rate.fault((key,), "is missing: a contract needs a price of energy"))
    structure = _structure(rate, key, remarks)
    if structure is None:
        return {}
    table = periods_by_hour(rate, key, _ENERGY_SCHEDULES, len(structure), remarks.faults)
    if table is None:
        return {}
    used = np.unique(table).tolist()
    tiers = {period: steps(rate, key, period, "kWh", remarks.faults) for period in used}
    data: Entry = {"price_usd_per_mwh": float(tiers[used[0]][0].price * _KILO)}
    if len({tiers[period][0].price for period in used}) > 1:
        rates = [
            {
                "name": f"Energy period {period + 1}",
                "usd_per_mwh": float(tiers[period][0].price * _KILO),
                "when": when_data(table == period, holidays=remarks.holidays),
            }
            for period in used
        ]
        data = {"price_usd_per_mwh": {"rates": rates}}
    months = [tuple(np.unique(table[month]).tolist()) for month in range(12)]
    return data | _energy_tiers(rate, months, tiers, remarks)


def _energy_tiers(
    rate: TariffRate, months: list[tuple[int, ...]], tiers: dict[int, tuple[PriceStep, ...]], remarks: Remarks
) -> dict[str, list[Entry]]:
    """Tiers of the month's energy; months with the same ones share them."""
    months_of: dict[PriceStep, set[int]] = {}
    for month, periods in enumerate(months):
        added = [rises(tiers[period]) for period in periods]
        if any(other != added[0] for other in added):
            sentence = (
                f"has tiers in a month of several periods ({_periods(periods)}) that differ in more than their first "
                "price: the format does not say whether a tier counts the energy of its period or of the month"
            )
            remarks.faults.append(rate.fault(("energyratestructure",), sentence))
            return {}
        for step in added[0]:
            months_of.setdefault(step, set()).add(month)
    entries = [
        {
            "name": f"Energy tier {i}, above {as_text(step.above)} kWh",
            "above_mwh_per_month": float(step.above / _KILO),
            "adds_usd_per_mwh": float(step.price * _KILO),
            "when": months_data(frozenset(covered)),
        }
        for i, (step, covered) in enumerate(months_of.items(), 1)
    ]
    return {"tiers": entries} if entries else {}


def demand(rate: TariffRate, remarks: Remarks) -> Entry:
    """Demand charges by time of use and by month, with the ratchet that the rate has."""
    groups = [*_demand_by_hours(rate, remarks), *_demand_by_months(rate, remarks)]
    ratchet = _ratchet(rate, groups, remarks)
    entries = [entry | ratchet for group in groups for entry in group]
    return {"demand": entries} if entries else {}


def _demand_by_hours(rate: TariffRate, remarks: Remarks) -> list[list[Entry]]:
    key = "demandratestructure"
    structure = _structure(rate, key, remarks)
    if structure is None or not is_charge(structure):
        return []
    table = periods_by_hour(rate, key, _DEMAND_SCHEDULES, len(structure), remarks.faults)
    used = [] if table is None else np.unique(table).tolist()
    when = {p: when_data(table == p, holidays=remarks.holidays) for p in used}
    groups = [_group(rate, key, p, f"Demand period {p + 1}", when[p], remarks) for p in used]
    return _in_kw(rate, "demandrateunit", groups, remarks)


def _demand_by_months(rate: TariffRate, remarks: Remarks) -> list[list[Entry]]:
    key = "flatdemandstructure"
    structure = _structure(rate, key, remarks)
    if structure is None or not is_charge(structure):
        return []
    months = rate.values.get("flatdemandmonths")
    if months is None and len(structure) == 1:
        months = [Decimal(0)] * 12
    count = len(structure)
    if not isinstance(months, list) or len(months) != 12 or not all(is_period(period, count) for period in months):
        sentence = f"must be twelve periods of flatdemandstructure, 0 to {count - 1}"
        remarks.faults.append(rate.fault(("flatdemandmonths",), sentence))
        return []
    used = sorted({int(period) for period in months})
    names = {p: "Demand" if len(used) == 1 else f"Demand of season {p + 1}" for p in used}
    when = {p: months_data(frozenset(month for month in range(12) if months[month] == p)) for p in used}
    groups = [_group(rate, key, p, names[p], when[p], remarks) for p in used]
    return _in_kw(rate, "flatdemandunit", groups, remarks)


def _group(rate: TariffRate, key: str, period: int, name: str, when: Entry | None, remarks: Remarks) -> list[Entry]:
    """The demand charge of a period, with a further one for each tier above its first; none where none is charged."""
    tiers = steps(rate, key, period, "kW", remarks.faults)
    if tiers[0].price < 0:
        sentence = f"must not come to less than zero with its `adj` (got {as_text(tiers[0].price)} $/kW)"
        remarks.faults.append(rate.fault((key, period, 0, "rate"), sentence))
    first = {"name": name, "usd_per_kw": float(tiers[0].price), "when": when}
    further = [
        {
            "name": f"{name}, above {as_text(step.above)} kW",
            "usd_per_kw": float(step.price),
            "above_mw": float(step.above / _KILO),
            "when": when,
        }
        for step in rises(tiers)
    ]
    return [first, *further] if tiers[0].price else further


def _in_kw(rate: TariffRate, key: str, groups: list[list[Entry]], remarks: Remarks) -> list[list[Entry]]:
    """The charges, where they are per kW and month."""
    charged = [group for group in groups if group]
    unit = rate.values.get(key)
    if charged and unit not in (None, "kW"):
        sentence = (
            f"must be kW: a schedule says nothing of other units, nor of charges by the day (got {as_text(unit)})"
        )
        remarks.faults.append(rate.fault((key,), sentence))
    return charged


def _ratchet(rate: TariffRate, groups: list[list[Entry]], remarks: Remarks) -> Entry:
    """The ratchet, where the rate has one and there is one demand charge it can belong to."""
    key = "lookbackpercent"
    share = number_in(rate, (key,), rate.values.get(key), remarks.faults)
    back = number_in(rate, ("lookbackrange",), rate.values.get("lookbackrange"), remarks.faults)
    flags = rate.values.get("lookbackmonths") or []
    months = [m + 1 for m, flag in enumerate(flags) if flag] if isinstance(flags, list) and len(flags) == 12 else []
    if not share:
        return {}
    problem = None
    if not 0 < share <= 1:
        problem = f"must be a share, 0 to 1 (got {as_text(share)})"
    elif bool(back) == bool(months):
        problem = "needs either lookbackrange, months, or lookbackmonths with a month that counts"
    elif back and not is_period(back, 37):
        problem = f"needs a lookbackrange of 1 to 36 months (got {as_text(back)})"
    elif len(groups) != 1 or any(_months_of(entry) != set(range(1, 13)) for entry in groups[0]):
        problem = (
            f"is a ratchet, and there are {len(groups)} demand charges, or one that is not charged all year: the "
            "format does not say whose peaks count; leave it out and write `ratchet` into the charge it belongs to"
        )
    if problem:
        remarks.faults.append(rate.fault((key,), problem))
        return {}
    if back:
        return {"ratchet": {"share": float(share), "months": int(back)}}
    sentence = "lookbackmonths does not say how far back: the ratchet counts these months among the 11 before each"
    remarks.notes.append(f"{sentence} bill, a year with the bill's own.")
    return {"ratchet": {"share": float(share), "months": 11, **({"of_months": months} if len(months) < 12 else {})}}


def _months_of(entry: Entry) -> set[int]:
    """Months in which a demand charge has hours."""
    parts = (entry["when"] or {}).get("any_of") or [entry["when"] or {}]
    return {month for part in parts for month in part.get("months", range(1, 13))}


def fixed(rate: TariffRate, remarks: Remarks) -> Entry:
    """The customer charge and the minimum bill, both a month."""
    data = {}
    customer = _a_month(rate, "fixedchargefirstmeter", "fixedchargeunits", remarks)
    monthly = number_in(rate, ("fixedmonthlycharge",), rate.values.get("fixedmonthlycharge"), remarks.faults)
    if customer and monthly:
        sentence = "is given beside fixedchargefirstmeter; leave one of them out"
        remarks.faults.append(rate.fault(("fixedmonthlycharge",), sentence))
    if customer or monthly:
        data["fixed_usd_per_month"] = float(customer or monthly)
    if rate.values.get("minchargeunits") == "$/year" and is_charge(rate.values.get("mincharge")):
        sentence = "is a minimum over a year; minimum_bill_usd_per_month holds for a billing period"
        remarks.faults.append(rate.fault(("mincharge",), sentence))
        return data
    least = _a_month(rate, "mincharge", "minchargeunits", remarks)
    least = max(least, number_in(rate, ("minmonthlycharge",), rate.values.get("minmonthlycharge"), remarks.faults))
    if least:
        data["minimum_bill_usd_per_month"] = float(least)
    return data


def _a_month(rate: TariffRate, key: str, unit_key: str, remarks: Remarks) -> Decimal:
    amount = number_in(rate, (key,), rate.values.get(key), remarks.faults)
    unit = rate.values.get(unit_key)
    if not amount:
        return amount
    if not isinstance(unit, str) or unit not in _PERIODS_A_YEAR:
        listed = ", ".join(_PERIODS_A_YEAR)
        remarks.faults.append(
            rate.fault((unit_key,), f"must be one of {listed} (got {as_text(unit) if unit else 'nothing'})")
        )
        return Decimal(0)
    if unit == "$/day":
        remarks.notes.append(f"{key} is {as_text(amount)} $/day: a month is taken to have 365/12 days.")
    if unit == "$/year":
        remarks.notes.append(f"{key} is {as_text(amount)} $/year: a twelfth is taken for every month.")
    return amount * _PERIODS_A_YEAR[unit]


def _structure(rate: TariffRate, key: str, remarks: Remarks) -> list[Any] | None:
    value = rate.values.get(key)
    if value in (None, []):
        return None
    if isinstance(value, list):
        return value
    remarks.faults.append(rate.fault((key,), "must be a list of periods"))
    return None


def _periods(periods: tuple[int, ...]) -> str:
    return ", ".join(str(period) for period in periods)
