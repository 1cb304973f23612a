"""Small farms to compare scenarios on, worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from optimizer.compare.running import ComparedFarm
from optimizer.scenario.load import scenarios_in
from optimizer.scenario.placed import Scenario
from tests.farms import farm, group

SOURCES = "sources: [made up]"


def case(*groups: dict[str, Any], price: float = 0.5, hours: float = 4.0, **more: Any) -> ComparedFarm:
    """Ten machines of one megawatt that earn 1 USD an hour each, power at one price, from 06:00 on in UTC."""
    horizon = {"start": "2026-02-11 06:00", "hours": hours, "intervals": ({"minutes": 60},)}
    energy = {"price_usd_per_mwh": price, **more.pop("energy", {})}
    return ComparedFarm(farm(*groups, energy=energy, horizon=horizon, **more), Path())


def scenario(changes: str, name: str = "S", **more: str) -> Scenario:
    """A scenario with these changes, YAML in flow style."""
    return scenarios(changes, name, **more)[0]


def scenarios(changes: str, name: str = "S", **more: str) -> tuple[Scenario, ...]:
    """The scenarios of a sweep."""
    rest = "\n".join(f"{key}: {value}" for key, value in more.items())
    return scenarios_in(f"name: {name}\nsummary: made up\n{SOURCES}\nchanges: {changes}\n{rest}\n")


SPIKE = scenario(
    "[{kind: price, set_usd_per_mwh: 3, from: 2026-02-11 08:00, to: 2026-02-11 09:00, notice: 2026-02-11 08:00}]",
    "Spike",
)
"""Power at 3 USD/MWh from 08:00 to 09:00, known when it begins."""

THREE_HOURS = group(minimum_on_hours=3.0)
"""Whatever starts runs three hours."""

ALL_OFF = {"groups": {"G": {"running": 0}}}
