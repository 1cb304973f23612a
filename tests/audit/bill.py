"""A second bill of a plan: from schedule.csv, power.csv, the farm file and the price series, no column of money read.

It knows nothing of the program and nothing of the settlement. A line is written as the contract says it. Those of a
mechanism may stand with its tests, in a module `second_bill` with a function of that name.
"""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path

import numpy as np

from optimizer.arrays import F
from tests.audit.calls import payments, penalties
from tests.audit.clock import Period, bill_of, block_mw, counts, expected, hours_in, periods
from tests.audit.currency import currency
from tests.audit.published import Plain, Published, many, modes, number, point
from tests.audit.ratchets import peak_bills

PRESETS = {"ercot_4cp": (4, "month", 15), "pjm_5cp": (5, "season", 60)}


def second_bill(p: Published) -> dict[str, float]:
    """Money by line, in the farm's currency (as is whatever else says USD here), income positive."""
    lines = machines(p) | power(p)
    priced, adders = (amounts for amounts in (p.mw("spot_mw") * _price(p), _billed(p) * _adders(p)))
    spent = (priced + adders) * p.hours
    imported = p.mw("import_mw")
    lines["energy_tiers"] = lines["demand_charge"] = lines["minimum_bill"] = lines["fixed_charges"] = 0.0
    demands = [demand_usd(p, charge) for charge in many(p.farm["energy"], "demand")]
    for period in periods(p):
        tiers, demand = tier_usd(p, period), sum(bills.pop(period.label, 0.0) for bills in demands)
        lines["energy_tiers"] -= tiers
        lines["demand_charge"] -= demand
        fixed = number(p.farm["energy"], "fixed_usd_per_month")
        lines["fixed_charges"] -= fixed * p.hours[period.inside].sum() / hours_in(p, period.begins, period.ends, None)
        least = number(p.farm["energy"], "minimum_bill_usd_per_month")
        if least:
            owed = period.left_of(p, least - fixed - _charged(p, period), after=_charged_after(p, period))
            lines["minimum_bill"] -= max(owed - float(spent[period.inside].sum()) - tiers - demand, 0.0)
    lines["later_demand_charge"] = -sum(usd for bills in demands for usd in bills.values())
    lines["coincident_peak"] = -tag_usd(p)
    energy, once = penalties(p, imported)
    lines |= {"event_penalty": -energy, "event_miss_penalty": -once, "event_payment": payments(p, imported)}
    for mechanism in sorted(Path("tests/mechanisms").glob("*/second_bill.py")):
        lines |= import_module(".".join(mechanism.with_suffix("").parts)).second_bill(p, lines)
    return lines


def machines(p: Published) -> dict[str, float]:
    """What machines earn, lose while they restart, wear, and suffer in frost."""
    earned = hosted = lost = wear = frost = 0.0
    for group in p.farm["fleet"]:
        fee = 1.0 - number(group, "pool_fee_share", number(p.farm["revenue"], "pool_fee_share"))
        started = p.machines(group["name"], "started")
        for mode in modes(group):
            hashrate, watts = point(group, mode)
            machine_hours = p.on(group, mode) * p.hours
            if group.get("hosting") is None:
                earned += float(machine_hours @ p.hashprice) * hashrate * fee
            else:
                hosted += float(machine_hours.sum()) * watts / 1e6 * number(group["hosting"], "fee_usd_per_mwh")
        if group.get("hosting") is None:
            minutes = np.full(len(p.hours), number(group, "restart_minutes"))
            if cold := group.get("cold_restart"):
                minutes = np.where(p.temperature < number(cold, "below_c"), number(cold, "minutes"), minutes)
            lost += float((started * minutes) @ p.hashprice) / 60.0 * point(group, modes(group)[0])[0] * fee
        wear += float(started.sum()) * number(group, "wear_usd_per_start")
        if freeze := group.get("freeze_protection"):
            least = np.floor(number(freeze, "minimum_running_share") * p.available[group["name"]] + 1e-9)
            short = np.maximum(least - p.running(group), 0.0) * (p.temperature < number(freeze, "below_c"))
            frost += float(short @ p.hours) * number(freeze, "damage_usd_per_unit_hour")
    return {
        "hash_revenue": earned,
        "hosting_revenue": hosted,
        "restart_loss": -lost,
        "start_wear": -wear,
        "frost_damage": -frost,
    }


def _price(p: Published) -> F:
    return p.values("price", p.farm["energy"]["price_usd_per_mwh"])


def _adders(p: Published) -> F:
    return p.values("adders", p.farm["energy"].get("adders_usd_per_mwh"))


def _billed(p: Published) -> F:
    return p.mw("import_mw") * (1.0 + number(p.farm["energy"], "loss_share"))


def power(p: Published) -> dict[str, float]:
    """What each MW is bought and sold for."""
    energy, hours, price = p.farm["energy"], p.hours, _price(p)
    onsite = energy.get("onsite") or {}
    lines = {
        "energy": -float((p.mw("spot_mw") * price) @ hours),
        "adders": -float((_billed(p) * _adders(p)) @ hours),
        "onsite_cost": -float(p.mw("onsite_mw") @ hours) * number(onsite, "cost_usd_per_mwh"),
        "export_revenue": float(
            (p.mw("export_mw") * p.values("export price", onsite.get("export_price_usd_per_mwh"))) @ hours
        ),
    }
    lines["block_cost"] = lines["resale_revenue"] = lines["supply_cost"] = lines["take_shortfall_penalty"] = 0.0
    for block in many(energy, "blocks"):
        paid = p.values(f"block price/{block['name']}", block["price_usd_per_mwh"])
        lines["block_cost"] -= float((block_mw(p, block) * paid) @ hours)
        resale = block.get("resale") or {}
        earned = np.minimum(price, number(resale, "cap_usd_per_mwh", np.inf)) - number(resale, "fee_usd_per_mwh")
        lines["resale_revenue"] += float((p.mw(f"{block['name']}/sold_mw") * earned) @ hours)
    for supply in many(energy, "supplies"):
        drawn = p.mw(f"{supply['name']}/mw")
        paid = p.values(f"supply price/{supply['name']}", supply["price_usd_per_mwh"])
        lines["supply_cost"] -= float((drawn * paid) @ hours)
        for period in periods(p) if supply.get("minimum_take") else ():
            lines["take_shortfall_penalty"] -= _not_taken(p, supply, drawn, period)
    limit = p.values("import limit", p.farm["site"]["import_limit_mw"])
    over = float(np.maximum(p.mw("import_mw") - limit, 0.0) @ hours)
    lines["import_overrun_penalty"] = -over * number(p.farm["site"], "import_violation_usd_per_mwh")
    return lines


def _not_taken(p: Published, supply: Plain, drawn: F, period: Period) -> float:
    take, when = supply["minimum_take"], supply.get("when")
    hours = counts(p, period, when)
    if not hours.any():
        return 0.0
    taken = number(bill_of(p).get("taken_mwh") or {}, supply["name"]) if period.begun else 0.0
    after = expected(p, "taken_mwh", supply["name"], period.label)
    least = max(period.left_of(p, number(take, "mwh_per_month") - taken, when, after), 0.0)
    return max(least - float(hours @ drawn), 0.0) * number(take, "shortfall_usd_per_mwh")


def tier_usd(p: Published, period: Period) -> float:
    """What energy beyond the tiers costs more in a period."""
    usd = 0.0
    for tier in many(p.farm["energy"], "tiers"):
        used = number(bill_of(p).get("tier_mwh") or {}, tier["name"]) if period.begun else 0.0
        after = expected(p, "tier_mwh", tier["name"], period.label)
        left = max(period.left_of(p, number(tier, "above_mwh_per_month") - used, tier.get("when"), after), 0.0)
        counted = float(counts(p, period, tier.get("when")) @ _billed(p))
        usd += max(counted - left, 0.0) * number(tier, "adds_usd_per_mwh")
    return usd


def _rate(charge: Plain, per: str) -> float:
    """USD per MW of a charge per kW or MW."""
    return number(charge, f"usd_per_mw{per}") + 1000.0 * number(charge, f"usd_per_kw{per}")


def demand_usd(p: Published, charge: Plain) -> dict[str, float]:
    """What the plan adds to the bills of a demand charge, by the label of their period."""
    usd, measured = {}, {}
    for bill in peak_bills(p, charge):
        peak = measured[bill.label] = float(p.mw("import_mw")[bill.hours > 0].max(initial=0.0))
        held = [share * measured.get(label, 0.0) for label, share in bill.held_by.items()]
        usd[bill.label] = _rate(charge, "") * (max(peak, bill.floor_mw, *held) - bill.owed_mw)
    return usd


def _charged(p: Published, period: Period) -> float:
    """USD that count to a minimum bill without the plan: charged so far, and for peaks that the rest brings."""
    usd = number(bill_of(p), "charged_usd") if period.begun else 0.0
    for charge in many(p.farm["energy"], "demand"):
        bills = (bill for bill in peak_bills(p, charge) if bill.label == period.label)
        usd += _rate(charge, "") * sum(bill.owed_mw - bill.begun_mw for bill in bills)
    return usd


def _charged_after(p: Published, period: Period) -> float | None:
    """Money that counts to a minimum bill after the plan, where a tail says what is expected."""
    told = p.rest.get(f"charged_{currency(p.farm)}") or {}
    return float(told[period.label]) if period.label in told else None


def tag_usd(p: Published) -> float:
    """What coincident peaks are expected to cost, beyond what is expected anyway, by year."""
    years = np.asarray(p.starts.tz_convert(p.farm["timezone"]).year)
    usd = 0.0
    for charge in many(p.farm["energy"], "coincident_peaks"):
        rate = _rate(charge, "_year") * (1.0 - number(charge, "next_year_discount_share"))
        chance = p.mw(f"{charge['name']}/probability")
        for year in set(years[chance > 0].tolist()):
            usd += rate * _tag_mw(p, charge, np.where(years == year, chance, 0.0))
    return usd


def _rule(charge: Plain) -> tuple[int, str, int]:
    """Peaks a year, whether they are those of months or of a season, and minutes of an interval that counts."""
    rule = charge["rule"]
    if isinstance(rule, str):
        return PRESETS[rule]
    of_months = len(rule["months"]) if rule["per"] == "month" else 1
    return int(rule["count"]) * of_months, str(rule["per"]), int(rule["interval_minutes"])


def _tag_mw(p: Published, charge: Plain, chance: F) -> float:
    """MW that a plan is expected to add to the tag: of each peak by its place, the others at their expectation."""
    count, per, minutes = _rule(charge)
    elsewhere, least, imported = number(charge, "elsewhere_mw"), number(charge, "minimum_mw"), p.mw("import_mw")
    local = p.starts.tz_convert(p.farm["timezone"])
    month = np.asarray(local.month if per == "month" else local.year)
    peaks = [row for of in dict.fromkeys(month.tolist()) for row in _told_apart(np.where(month == of, chance, 0.0))]
    outside = [(1.0 - row.sum()) * elsewhere for row in peaks]
    place = np.asarray(p.starts.floor(f"{minutes}min").asi8)
    added = 0.0
    for k, row in enumerate(peaks):
        others = sum(float(other @ imported) for j, other in enumerate(peaks) if j != k)
        anyway = sum(outside) - outside[k] + (count - len(peaks)) * elsewhere

        def billed(mw: float, anyway: float = anyway) -> float:
            return max(least, (mw + anyway) / count)

        mean = (1.0 - row.sum()) * (billed(elsewhere + others) - billed(elsewhere))
        for here in (place == slot for slot in dict.fromkeys(place.tolist())):
            mw = float(imported[here] @ p.hours[here]) / float(p.hours[here].sum())
            mean += row[here].sum() * (billed(mw + others) - billed(0.0))
        added += mean * row.sum() / chance.sum()
    return added


def _told_apart(chance: F) -> list[F]:
    """Chances of a month or season by peak, those that are sure to be the first one filled up first."""
    summed = np.cumsum(chance)
    return [np.diff(np.clip(summed, k, k + 1), prepend=k) for k in range(math.ceil(summed[-1] - 1e-9))]
