"""The state at the end of a schedule, for the plan that goes on from there.

Every key of the state says what a schedule leaves in it and what of it survives a changed farm; they are listed here
alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from optimizer.conditions import Conditions
from optimizer.config.farm import Farm
from optimizer.config.state import State, state_sections
from optimizer.dispatch import Dispatch
from optimizer.state import bill, calls, fleet
from optimizer.state.calls import Announced

__all__ = ["Announced", "fitted", "state_after"]


@dataclass(frozen=True)
class Key:
    """One key of the state."""

    name: str
    after: Callable[[Conditions, Dispatch], Any]
    fitted: Callable[[Any, Farm], Any]


def _any(value: Any, _: Farm) -> Any:
    return value


KEYS = (
    Key("at", lambda c, _: c.grid.end.to_pydatetime(), _any),
    Key("groups", fleet.after, fleet.fitted),
    Key("announced", lambda _c, _d: {}, calls.announced_fitted),  # of intervals that are over
    Key("grid_import_mw", calls.imported_after, _any),
    Key("bill", bill.after, bill.fitted),
    Key("missed_mw", calls.missed_after, calls.missed_fitted),
)


def state_after(c: Conditions, dispatch: Dispatch) -> State:
    """What runs, what still binds and what was billed so far at the end of a whole schedule; old states carry on."""
    own = {kind.KEY: c.state.section(kind).after(c, dispatch) for kind in state_sections()}
    return c.state.model_copy(update={key.name: key.after(c, dispatch) for key in KEYS} | own)


def fitted(state: State, farm: Farm) -> State:
    """A state that fits a farm whose file has changed since: no more machines than there are, no names that are gone.

    >>> from pathlib import Path
    >>> from optimizer.config.load import load_farm
    >>> from optimizer.config.state import GroupState
    >>> farm = load_farm(Path("configs/fixed_tariff_12mw.yaml"))
    >>> state = State(groups={"S19": GroupState(running=2000), "Gone": GroupState(running=1)})
    >>> {name: group.running for name, group in fitted(state, farm).groups.items()}
    {'S19': 1400}
    """
    own = {kind.KEY: state.section(kind).fitted(farm) for kind in state_sections()}
    return state.model_copy(update={key.name: key.fitted(getattr(state, key.name), farm) for key in KEYS} | own)
