"""What import was."""

from __future__ import annotations

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.config.farm import Farm
from optimizer.config.state import Key


def imported_after(c: Conditions, dispatch: Dispatch) -> float:
    """Import in the last interval, MW."""
    return max(float(grid_import_mw(c, dispatch)[-1]), 0.0)


def _ramped(farm: Farm) -> bool:
    return farm.site.ramp_up_mw_per_hour is not None or farm.site.ramp_down_mw_per_hour is not None


KEYS = (Key("grid_import_mw", imported_after, asked=_ramped),)
