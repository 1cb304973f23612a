"""Changes of mode already made on the day a plan begins in. (In which modes machines run is told of every group.)"""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field

from optimizer.config.base import Name, NonNegative
from optimizer.config.state import StateSection
from optimizer.mechanisms.tuning.config import tuning_of
from optimizer.mechanisms.tuning.count import changes_by_group, tunings


class ChangesMade(StateSection):
    """Changes of mode so far, of groups that have so many on a day."""

    KEY: ClassVar[str] = "tuning"
    changes_today: dict[Name, NonNegative] = Field(
        default={}, description="Changes of mode already made on the first local day, by group"
    )

    def after(self, c: Any, dispatch: Any) -> Self:
        """Those of the local day in which the schedule ends; none where it ends at midnight."""
        if not tunings(c):
            return self.model_copy(update={"changes_today": {}})
        today = np.asarray(c.grid.day_of_interval == (len(c.grid.days) - 1 if c.grid.last_day_goes_on else -1))
        before, changed = self.changes_today if today[0] else {}, changes_by_group(c, dispatch)
        made = {
            group.name: float(changed[group.name][today].sum()) + before.get(group.name, 0.0)
            for group in c.farm.fleet
            if _limited(group)
        }
        return self.model_copy(update={"changes_today": made})

    def fitted(self, farm: Any) -> Self:
        """Without groups that are gone, or have no such limit."""
        kept = {group.name for group in farm.fleet if _limited(group)}
        made = {name: changes for name, changes in self.changes_today.items() if name in kept}
        return self.model_copy(update={"changes_today": made})


def _limited(group: Any) -> bool:
    tuning = tuning_of(group)
    return tuning is not None and tuning.changes_per_day is not None
