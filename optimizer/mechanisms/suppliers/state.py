"""Energy taken in the billing period so far."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.thresholds import counted_mwh
from optimizer.config.farm import Farm
from optimizer.config.state import Key
from optimizer.mechanisms.suppliers.config import Supply
from optimizer.mechanisms.suppliers.facts import takes


def after(c: Conditions, dispatch: Dispatch) -> dict[str, float]:
    """Energy taken in the billing period the schedule ends in, by supplier with a minimum."""
    last, supplies = len(c.billing.periods) - 1, c.farm.sections(Supply)
    if not c.billing.goes_on(c.billing.periods[last]):
        return {}
    taken = dict.fromkeys(_with_minimum(c.farm), 0.0)
    for take in takes(c):
        name = supplies[take.item].name
        if take.period == last:
            taken[name] += counted_mwh(take, dispatch["supply_mw"][name])
    return {name: c.bill_carried.taken_mwh.get(name, 0.0) + mwh for name, mwh in taken.items()}


def _with_minimum(farm: Farm) -> list[str]:
    return [supply.name for supply in farm.sections(Supply) if supply.minimum_take is not None]


def fitted(taken_mwh: Mapping[str, float], farm: Farm) -> dict[str, float]:
    """Without suppliers or minimums that are gone."""
    there = _with_minimum(farm)
    return {name: mwh for name, mwh in taken_mwh.items() if name in there}


KEYS = (Key("bill.taken_mwh", after, fitted),)
