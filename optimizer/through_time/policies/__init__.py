"""What a farm without a plan would do."""

from optimizer.through_time.policies.rules import (
    Rule,
    always_on,
    guarded_threshold,
    on_where,
    one_threshold,
    strike_prices,
    strike_rule,
    with_calendar,
    with_hysteresis,
)
from optimizer.through_time.policies.walk import Followed

__all__ = [
    "Followed",
    "Rule",
    "always_on",
    "guarded_threshold",
    "on_where",
    "one_threshold",
    "strike_prices",
    "strike_rule",
    "with_calendar",
    "with_hysteresis",
]
