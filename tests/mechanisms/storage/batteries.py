"""Batteries and schedules of theirs for the tests. A machine draws one MW and earns one USD per hour."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.config.farm import Farm
from tests.farms import conditions, farm, group


def battery(name: str = "B", **more: Any) -> dict[str, Any]:
    """4 MWh and 2 MW; of a MWh charged 0.75 are held, of a MWh held 0.8 come out; 0.1 USD of wear per MWh."""
    return {
        "name": name, "capacity_mwh": 4.0, "charge_mw": 2.0, "discharge_mw": 2.0, "charge_efficiency": 0.75,
        "discharge_efficiency": 0.8, "wear_usd_per_mwh": 0.1, **more,
    }  # fmt: skip


def site(*batteries: dict[str, Any], held: float | None = None, fleet: Any = (), **more: Any) -> Farm:
    """Ten machines and these batteries; ``held``: MWh that the first holds."""
    state = more.pop("state", {})
    if held is not None:
        state = {**state, "storage": {"level_mwh": {"B": held}}}
    return farm(*(fleet or (group(units=10),)), storage=batteries, state=state, **more)


def with_battery(prices: Any, held: float | None = None, *, series: Any = None, **more: Any) -> Conditions:
    """A battery at these prices; ``series`` of the market."""
    of_battery = {key: more.pop(key) for key in list(more) if key in battery() or key in _KEYS}
    return conditions(site(battery(**of_battery), held=held, **more), prices, **(series or {}))


_KEYS = ("least_mwh", "standing_loss_share_per_day", "left_usd_per_mwh", "outages")


def powers(dispatch: Dispatch, name: str = "B") -> tuple[list[float], list[float]]:
    """What it charges and discharges, the solver's last digits taken off."""
    charge, discharge = (dispatch.table[key][name] for key in ("charge_mw", "discharge_mw"))
    return np.round(charge + 0.0, 6).tolist(), np.round(discharge + 0.0, 6).tolist()


def schedule(on: Any, charge: Any = None, discharge: Any = None, *, export: Any = None) -> Dispatch:
    """A schedule that no program made."""
    units = np.asarray(on, dtype=np.float64)
    nothing = np.zeros(len(units))
    series = [nothing if one is None else np.asarray(one, dtype=np.float64) for one in (charge, discharge, export)]
    made = Dispatch.of({("G", "normal"): units}, nothing, series[2])
    return made.with_(charge_mw={"B": series[0]}, discharge_mw={"B": series[1]})
