"""The state at the end of a schedule, for the plan that goes on from there.

Every mechanism says of its keys of the state what a schedule leaves in them and what survives a changed farm.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.config.farm import Farm
from optimizer.config.state import Key, State, state_sections
from optimizer.mechanisms.contents import parts


def keys() -> tuple[Key, ...]:
    """The keys of the state that mechanisms say something of."""
    return tuple(key for module in parts("state") for key in getattr(module, "KEYS", ()))


def state_after(c: Conditions, dispatch: Dispatch) -> State:
    """What runs, what still binds and what was billed so far at the end of a whole schedule; old states carry on."""
    own = {kind.KEY: c.state.section(kind).after(c, dispatch) for kind in state_sections()}
    known = _with(c.state, lambda key, _: key.after(c, dispatch))
    return known.model_copy(update={"at": c.grid.end.to_pydatetime()}).with_sections(own)


def fitted_state(state: State, farm: Farm) -> State:
    """A state that fits a farm whose file has changed since: no more machines than there are, no names that are gone.

    >>> from pathlib import Path
    >>> from optimizer.config.load import load_farm
    >>> from optimizer.config.state import GroupState
    >>> farm = load_farm(Path("configs/fixed_tariff_12mw.yaml"))
    >>> state = State(groups={"S19": GroupState(running=2000), "Gone": GroupState(running=1)})
    >>> {name: group.running for name, group in fitted_state(state, farm).groups.items()}
    {'S19': 1400}
    """
    own = {kind.KEY: state.section(kind).fitted(farm) for kind in state_sections()}
    return _with(state, lambda key, value: key.fitted(value, farm)).with_sections(own)


def asked(state: State, farm: Farm) -> State:
    """A state with what nothing in the farm file asks for left out."""
    return _with(state, lambda key, value: value if key.asked(farm) else _default(key))


def at_full(farm: Farm, begins: datetime, full_mw: float) -> State:
    """The state of a farm of which nothing else is known than that it drew so many MW."""
    nothing = State(at=begins)
    return _with(nothing, lambda key, value: value if key.at_full is None else key.at_full(farm, full_mw))


def _default(key: Key) -> Any:
    section, _, name = key.name.rpartition(".")
    empty = State()
    return getattr(getattr(empty, section) if section else empty, name)


def _with(state: State, value: Callable[[Key, Any], Any]) -> State:
    """The state with other values of the mechanisms' keys; of one such as `bill.peaks_mw` in a section of it."""
    by_section: dict[str, Any] = {}
    for key in keys():
        section, _, name = key.name.rpartition(".")
        holder = getattr(state, section) if section else state
        by_section.setdefault(section, {})[name] = value(key, getattr(holder, name))
    sections = {name: getattr(state, name).model_copy(update=keys) for name, keys in by_section.items() if name}
    return state.model_copy(update=by_section.get("", {}) | sections)
