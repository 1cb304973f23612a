"""What changes of mode come to, from the published schedule and the farm file alone; see tests/audit."""

from __future__ import annotations

from tests.audit.published import Plain, Published, modes, number, point


def second_bill(p: Published, _: dict[str, float]) -> dict[str, float]:
    """Machines that are in a mode more than before and were not started, the most hash started first."""
    lost = wear = 0.0
    for group in p.farm["fleet"]:
        tuning = group.get("tuning")
        if tuning is None:
            continue
        fee = 1.0 - number(group, "pool_fee_share", number(p.farm["revenue"], "pool_fee_share"))
        kept = fee if group.get("hosting") is None else 0.0
        hours = number(tuning, "minutes") / 60.0 * (1.0 - number(tuning, "hash_share"))
        started, before = p.machines(group["name"], "started"), _before(p, group)
        for t, usd_per_th_hour in enumerate(p.hashprice.tolist()):
            left = float(started[t])
            for mode in sorted(modes(group), key=lambda mode: -point(group, mode)[0]):
                now = float(p.on(group, mode)[t])
                more = max(now - before[mode], 0.0)
                changed = max(more - left, 0.0)
                left, before[mode] = max(left - more, 0.0), now
                lost += changed * hours * point(group, mode)[0] * kept * usd_per_th_hour
                wear += changed * number(tuning, "wear_usd_per_change")
    return {"tuning_loss": -lost, "tuning_wear": -wear}


def _before(p: Published, group: Plain) -> dict[str, float]:
    """Machines by mode as the plan begins: as told, the others that run in the mode of most power."""
    state = ((p.farm.get("state") or {}).get("groups") or {}).get(group["name"]) or {}
    left = float(state.get("running", p.available[group["name"]][0]))
    before = {}
    for mode in modes(group):
        before[mode] = min(float((state.get("modes") or {}).get(mode, 0)), left)
        left -= before[mode]
    before[max(before, key=lambda mode: point(group, mode)[1])] += left
    return before
