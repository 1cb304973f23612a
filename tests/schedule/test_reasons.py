"""Why machines are off: an example for each reason there is. A machine draws one MW and earns one USD per hour."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.conditions import Conditions
from optimizer.planning import Plan, plan_conditions
from optimizer.schedule.reasons import ITEM_REASON, MEANING, Reason
from tests.farms import conditions, farm, group

PAYS, DEAR = 0.4, 3.0


def running(n: int, **more: Any) -> dict[str, Any]:
    return {"state": {"groups": {"G": {"running": n, **more}}}}


def at(clock: str, units: int) -> tuple[dict[str, Any], ...]:
    return ({"at": f"2026-02-11 {clock}", "units": units},)


def call(start: str, end: str, mw: float) -> tuple[dict[str, Any], ...]:
    cut = {"form": "to_level", "mw": mw}
    return ({"name": "call", "start": f"2026-02-11 {start}", "end": f"2026-02-11 {end}", "cut": cut},)


def an_outage() -> tuple[dict[str, Any], ...]:
    return ({"start": "2026-02-11 06:00", "end": "2026-02-11 07:00", "units": 3},)


SELLS = {"available_mw": 4.0, "export_limit_mw": 4.0, "export_price_usd_per_mwh": 2.0}

# reason -> conditions, and machines off for it, per interval
EXAMPLES: dict[Reason, tuple[Conditions, list[float]]] = {
    Reason.OUTAGE: (conditions(farm(group(outages=an_outage())), [PAYS, PAYS]), [3, 0]),
    Reason.PRICE: (conditions(farm(), [PAYS, DEAR]), [0, 10]),
    Reason.EVENT: (conditions(farm(events=call("07:00", "08:00", 4.0)), [PAYS] * 3), [0, 6, 0]),
    Reason.IMPORT_LIMIT: (conditions(farm(limit_mw=6.0), [PAYS]), [4]),
    Reason.RAMP: (
        conditions(farm(site={"ramp_up_mw_per_hour": 3.0}, state={"grid_import_mw": 2.0}), [PAYS] * 3),
        [5, 2, 0],
    ),
    # bought power is dearer than hash, and what is generated sells for twice the hash
    Reason.EXPORT: (conditions(farm(energy={"onsite": SELLS}), [PAYS, DEAR], import_limit=[10.0, 1.0]), []),
    Reason.COLD_START: (
        conditions(farm(group(minimum_start_temperature_c=-5.0), **running(4)), [PAYS] * 2, temperature=[-9.0, 0.0]),
        [6, 0],
    ),
    Reason.START_RATE: (conditions(farm(group(starts_per_hour=4.0), **running(0)), [PAYS] * 3), [6, 2, 0]),
    Reason.STARTS_PER_DAY: (
        conditions(farm(group(starts_per_day=0.5), **running(10, starts_today=2)), [DEAR, PAYS]),
        [0, 7],
    ),
    Reason.MINIMUM_OFF: (
        conditions(farm(group(minimum_off_hours=2.0), **running(6, stopped=at("05:30", 4))), [PAYS] * 3),
        [4, 4, 0],
    ),
    Reason.MINIMUM_ON: (
        conditions(farm(group(minimum_on_hours=3.0), **running(0)), [0.5, 1.5, 1.5]),
        [10, 0, 0],
    ),
    Reason.RESTART_COST: (
        conditions(farm(group(wear_usd_per_start=0.75), **running(0)), [0.5, DEAR]),
        [10, 0],
    ),
    Reason.WHOLE_UNITS: (conditions(farm(group(units=8, units_switched_together=4), limit_mw=6.0), [PAYS]), [2]),
}


def told(plan: Plan) -> dict[Reason, list[float]]:
    """Machines of the first group off per interval, by reason."""
    return {reason: [round(n, 6) for n in counts[0].tolist()] for reason, counts in plan.explanation.off.items()}


@pytest.mark.parametrize("reason", EXAMPLES)
def test_an_example_of_the_reason(reason: Reason) -> None:
    c, off = EXAMPLES[reason]
    plan = plan_conditions(c)
    print(reason, told(plan), {k: v.tolist() for k, v in plan.explanation.items.items()}, plan.explanation.strike)
    assert told(plan).get(reason) == off
