"""What was announced."""

from __future__ import annotations

from optimizer.config.farm import Farm
from optimizer.config.state import Announced, Key


def announced_fitted(announced: Announced, farm: Farm) -> Announced:
    """All of it where every group and mode is still there; else nothing."""
    modes = {group.name: set(group.modes) for group in farm.fleet}
    same = set(announced) == set(modes) and all(set(announced[name]) == modes[name] for name in modes)
    return announced if same else {}


KEYS = (Key("announced", lambda _c, _d: {}, announced_fitted),)  # of intervals that are over
