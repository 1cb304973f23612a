"""A second bill of a plan: from schedule.csv, power.csv, the farm file and the price series, no column of USD read.

It knows nothing of the program and nothing of the settlement. A line is written as the contract says it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tests.audit.calls import payments, penalties
from tests.audit.clock import Period, bill_of, block_mw, hours_in, months_before, periods, shares
from tests.audit.published import Plain, Published, many, modes, number, point

F = NDArray[np.float64]
PEAKS_A_YEAR = {"ercot_4cp": 4, "pjm_5cp": 5}


def second_bill(p: Published) -> dict[str, float]:
    """USD by line, income positive."""
    lines = machines(p) | power(p)
    priced, adders = (amounts for amounts in (p.mw("spot_mw") * _price(p), _billed(p) * _adders(p)))
    spent = (priced + adders) * p.hours
    imported = p.mw("import_mw")
    lines["energy_tiers"] = lines["demand_charge"] = lines["minimum_bill"] = lines["fixed_charges"] = 0.0
    measured: dict[str, dict[str, float]] = {}
    for period in periods(p):
        tiers, demand = tier_usd(p, period), demand_usd(p, period, measured)
        lines["energy_tiers"] -= tiers
        lines["demand_charge"] -= demand
        fixed = number(p.farm["energy"], "fixed_usd_per_month")
        lines["fixed_charges"] -= fixed * p.hours[period.inside].sum() / hours_in(p, period.begins, period.ends, None)
        least = number(p.farm["energy"], "minimum_bill_usd_per_month")
        if least:
            owed = period.left_of(p, least - fixed - _charged(p, period))
            lines["minimum_bill"] -= max(owed - float(spent[period.inside].sum()) - tiers - demand, 0.0)
    lines["coincident_peak"] = -tag_usd(p)
    energy, once = penalties(p, imported)
    return lines | {"event_penalty": -energy, "event_miss_penalty": -once, "event_payment": payments(p, imported)}


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
        earned = price - number(block.get("resale") or {}, "fee_usd_per_mwh")
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


def _counts(p: Published, period: Period, when: Plain | None) -> F:
    """Hours of each interval that a charge counts in a period."""
    return p.hours * shares(p, when) * period.inside


def _not_taken(p: Published, supply: Plain, drawn: F, period: Period) -> float:
    take, when = supply["minimum_take"], supply.get("when")
    hours = _counts(p, period, when)
    if not hours.any():
        return 0.0
    taken = number(bill_of(p).get("taken_mwh") or {}, supply["name"]) if period.begun else 0.0
    least = max(period.left_of(p, number(take, "mwh_per_month") - taken, when), 0.0)
    return max(least - float(hours @ drawn), 0.0) * number(take, "shortfall_usd_per_mwh")


def tier_usd(p: Published, period: Period) -> float:
    """What energy beyond the tiers costs more in a period."""
    usd = 0.0
    for tier in many(p.farm["energy"], "tiers"):
        used = number(bill_of(p).get("tier_mwh") or {}, tier["name"]) if period.begun else 0.0
        left = max(period.left_of(p, number(tier, "above_mwh_per_month") - used, tier.get("when")), 0.0)
        counted = float(_counts(p, period, tier.get("when")) @ _billed(p))
        usd += max(counted - left, 0.0) * number(tier, "adds_usd_per_mwh")
    return usd


def _rate(charge: Plain, per: str) -> float:
    """USD per MW of a charge per kW or MW."""
    return number(charge, f"usd_per_mw{per}") + 1000.0 * number(charge, f"usd_per_kw{per}")


def _floors(p: Published, charge: Plain, period: Period, measured: dict[str, float]) -> tuple[float, float, float]:
    """What is billed of a demand charge without any import: as known before, with the rest, and by peaks of the plan.

    ``measured`` holds the peaks of the plan's earlier periods. The first two are MW known as the plan begins.
    """
    so_far, past = (bill_of(p).get(key) or {} for key in ("peaks_mw", "past_peaks_mw"))
    known = [number(charge, "minimum_mw"), number(charge, "above_mw")]
    held = 0.0
    if ratchet := charge.get("ratchet"):
        for label in months_before(period.label, int(ratchet["months"]), ratchet.get("of_months")):
            share = number(ratchet, "share")
            begun = next((other for other in periods(p) if other.begun), None)
            if begun is not None and label == begun.label:
                known.append(share * number(so_far, charge["name"]))
            elif label < periods(p)[0].label:
                known.append(share * number(past.get(charge["name"]) or {}, label))
            held = max(held, share * measured.get(label, 0.0))
    if period.begun:
        known.append(number(so_far, charge["name"]))
    expected = number(charge, "expected_peak_mw") if period.goes_on else 0.0
    return max(known), max(*known, expected), held


def _owed(charge: Plain, period: Period, known: float, expected: float) -> float:
    """MW that are billed whatever the plan does."""
    if period.goes_on:
        return expected
    return known if period.begun else number(charge, "above_mw")


def _demands(p: Published, period: Period) -> Iterator[tuple[Plain, F]]:
    """Demand charges whose hours come in a period, and the hours of the plan that they count."""
    for charge in many(p.farm["energy"], "demand"):
        hours = _counts(p, period, charge.get("when"))
        if hours.any() or (
            (period.begun or period.goes_on) and hours_in(p, period.begins, period.ends, charge.get("when")) > 0
        ):
            yield charge, hours


def demand_usd(p: Published, period: Period, measured: dict[str, dict[str, float]]) -> float:
    """What the plan adds to the demand charges of a period; keeps the peaks it measures by charge and period."""
    usd = 0.0
    for charge, hours in _demands(p, period):
        peaks = measured.setdefault(charge["name"], {})
        known, expected, held = _floors(p, charge, period, peaks)
        peak = float(p.mw("import_mw")[hours > 0].max(initial=0.0))
        usd += _rate(charge, "") * (max(peak, expected, held) - _owed(charge, period, known, expected))
        peaks[period.label] = peak
    return usd


def _charged(p: Published, period: Period) -> float:
    """USD that count to a minimum bill without the plan: charged so far, and for peaks that the rest brings."""
    usd = number(bill_of(p), "charged_usd") if period.begun else 0.0
    for charge, _ in _demands(p, period):
        known, expected, _ = _floors(p, charge, period, {})
        before = known if period.begun else number(charge, "above_mw")
        usd += _rate(charge, "") * (_owed(charge, period, known, expected) - before)
    return usd


def tag_usd(p: Published) -> float:
    """What coincident peaks are expected to cost, beyond what is expected anyway, by year."""
    usd = 0.0
    years = np.asarray(p.starts.tz_convert(p.farm["timezone"]).year)
    for charge in many(p.farm["energy"], "coincident_peaks"):
        rule, chance = charge["rule"], p.mw(f"{charge['name']}/probability")
        if isinstance(rule, str):
            count = float(PEAKS_A_YEAR[rule])
        else:
            count = number(rule, "count") * (len(rule["months"]) if rule["per"] == "month" else 1)
        rate = _rate(charge, "_year") * (1.0 - number(charge, "next_year_discount_share"))
        for year in set(years[chance > 0].tolist()):
            weight = np.where(years == year, chance, 0.0) / count
            elsewhere = number(charge, "elsewhere_mw") * max(1.0 - float(weight.sum()), 0.0)
            floor = max(number(charge, "minimum_mw"), elsewhere)
            usd += rate * max(elsewhere + float(weight @ p.mw("import_mw")) - floor, 0.0)
    return usd
