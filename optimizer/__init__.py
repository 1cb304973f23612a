"""Which Bitcoin-mining machines run in which interval, why, and what it earns.

The public names below are imported when they are first used, so that the command line starts fast.

>>> import optimizer
>>> "plan_farm" in optimizer.__all__
True
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "Catalogue": "optimizer.config.catalogue",
    "Conditions": "optimizer.accounts.conditions",
    "CurtailError": "optimizer.errors",
    "Farm": "optimizer.config.farm",
    "MarketInputs": "optimizer.market.inputs",
    "Plan": "optimizer.plan.planning",
    "build_problem": "optimizer.plan.formulation",
    "compile_program": "optimizer.engine.program",
    "grid_of": "optimizer.market.grid",
    "load_farm": "optimizer.config.load",
    "load_scenario": "optimizer.scenario.load",
    "plan_conditions": "optimizer.plan.planning",
    "plan_farm": "optimizer.plan.planning",
    "pyomo_model": "optimizer.engine.pyomo_model",
    "read_market": "optimizer.market.inputs",
    "settle": "optimizer.accounts.settlement",
}

__all__ = sorted(_HOME)  # the table above is the one list


def __getattr__(name: str) -> Any:
    """A public name, from the module it lives in."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'optimizer' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    """The public names."""
    return __all__
