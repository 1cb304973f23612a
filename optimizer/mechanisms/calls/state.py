"""By how much calls were missed."""

from __future__ import annotations

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.config.farm import Farm
from optimizer.config.state import Key
from optimizer.mechanisms.calls.account import misses
from optimizer.mechanisms.calls.config import Event


def missed_after(c: Conditions, dispatch: Dispatch) -> dict[str, float]:
    """The worst miss so far of every event that is charged for it, MW."""
    missed = dict(c.state.missed_mw)
    if all(event.violation_usd_per_mw is None for event in c.farm.sections(Event)):
        return missed
    for miss in misses(c, grid_import_mw(c, dispatch)):
        event = c.farm.sections(Event)[miss.event]
        if event.violation_usd_per_mw is not None:
            missed[event.name] = max(missed.get(event.name, 0.0), miss.worst_mw)
    return missed


def missed_fitted(missed: dict[str, float], farm: Farm) -> dict[str, float]:
    """Without events that are gone or no longer charged."""
    charged = {event.name for event in farm.sections(Event) if event.violation_usd_per_mw is not None}
    return {name: mw for name, mw in missed.items() if name in charged}


KEYS = (Key("missed_mw", missed_after, missed_fitted),)
