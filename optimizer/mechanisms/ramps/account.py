"""How fast import rose and fell, and the load that outages took with them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.accounts.breach import Breach, mw_breaches
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.ledger import Account
from optimizer.arrays import F
from optimizer.units import WATTS_PER_MEGAWATT

ACCOUNT = Account()


@ACCOUNT.offer("paid_to_draw")
def held_up(c: Conditions) -> F:
    """Everywhere, where import may fall only so fast: what draws less before a cut costs more than drawing on."""
    return np.full(len(c.grid), float(c.farm.site.ramp_down_mw_per_hour is not None))


@ACCOUNT.check
def breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    """Import that changes faster than it may."""
    site, before = c.farm.site, c.state.grid_import_mw
    if site.ramp_up_mw_per_hour is None and site.ramp_down_mw_per_hour is None:
        return
    imported = grid_import_mw(c, dispatch)
    change = np.diff(imported, prepend=imported[0] if before is None else before)
    if site.ramp_up_mw_per_hour is not None:
        yield from mw_breaches("ramp up", "", change - site.ramp_up_mw_per_hour * c.grid.hours)
    if site.ramp_down_mw_per_hour is not None:
        allowed = site.ramp_down_mw_per_hour * c.grid.hours + _fallen_away_mw(c, dispatch)
        yield from mw_breaches("ramp down", "", -change - allowed)


def _fallen_away_mw(c: Conditions, dispatch: Dispatch) -> F:
    """Load that falls away with machines an outage takes as an interval begins, MW, (intervals,).

    It takes running machines as far as the group's number of them falls, the strongest first: those in whose place
    others start draw as before. Of their load counts what the group's load falls by, should others be turned up. The
    rest of the machines it takes were idle, and save their standby.
    """
    watts = np.zeros(len(c.grid))
    for g, group in enumerate(c.farm.fleet):
        beyond_standby = {mode: point.power_w - group.standby_w for mode, point in c.points[group.name].items()}
        before = {
            mode: np.concatenate([[c.before.modes[group.name, mode]], dispatch.units_on[group.name, mode][:-1]])
            for mode in group.modes
        }
        lost = np.maximum(sum(before.values()) - dispatch.running(group), 0.0)
        left = np.minimum(lost, c.fallen_out[g])
        taken_w, fall_w = np.zeros((2, len(c.grid)))
        for mode in sorted(group.modes, key=lambda mode: -beyond_standby[mode]):
            taken = np.minimum(left, before[mode])
            left = left - taken
            taken_w += beyond_standby[mode] * taken
            fall_w += beyond_standby[mode] * (before[mode] - dispatch.units_on[group.name, mode])
        watts += group.standby_w * c.fallen_out[g] + np.minimum(taken_w, np.maximum(fall_w, 0.0))
    return watts / WATTS_PER_MEGAWATT * c.pue_before
