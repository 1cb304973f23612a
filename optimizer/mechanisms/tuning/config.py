"""What a change of mode takes, as a farm file gives it by group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from optimizer.config.base import NonNegative, Positive, Share
from optimizer.config.composed import Place, Single
from optimizer.config.plain import FoundAt, entries, get, meant
from optimizer.units import MINUTES_PER_HOUR


class Tuning(Single):
    """Minutes and wear of a change of mode. A machine that starts comes up in any mode without."""

    KEY: ClassVar[str] = "tuning"
    PLACE: ClassVar[Place] = "group"
    ABOUT: ClassVar[str] = "What a running machine needs to change its mode; nothing when absent"

    minutes: Annotated[float, Field(ge=0, le=24 * 60)] = Field(
        default=0.0, description="Time in which a machine that changed its mode draws the new mode's power untuned"
    )
    hash_share: Share = Field(default=0.0, description="Share of the new mode's hash that it yields meanwhile")
    wear_usd_per_change: NonNegative = Field(default=0.0, description="Wear of one change of one machine")
    changes_per_day: Positive | None = Field(
        default=None,
        description="Changes per available machine and local day, at most (of the most machines available that day)",
    )

    @property
    def lost_hours(self) -> float:
        """Hours of the new mode's hash that a change loses."""
        return self.minutes / MINUTES_PER_HOUR * (1.0 - self.hash_share)


class ModelTuning(Tuning):
    """The same of every machine of a model whose group does not say."""

    PLACE: ClassVar[Place] = "machine"
    ABOUT: ClassVar[str] = "What a running machine needs to change its mode, where its group has no `tuning`"
    BY_SCENARIO: ClassVar[bool] = False


def tuning_of(group: Any) -> Tuning | None:
    """What a machine of a group needs to change its mode; ``group``: Group. Nothing where it has one."""
    if len(group.modes) < 2:
        return None
    tuning: Tuning | None = group.section(Tuning) or group.section(ModelTuning)
    return tuning


def faults(farm: Any) -> Iterator[FoundAt]:
    """Tuning that asks for nothing, or of machines with one mode; changes made by groups that are not there."""
    for path, tuning in (*Tuning.standing(farm), *ModelTuning.standing(farm)):
        if not any(get(tuning, key) for key in ("minutes", "wear_usd_per_change", "changes_per_day")):
            yield path, "asks for nothing: give minutes, wear_usd_per_change or changes_per_day, or leave it out"
    groups = {str(get(group, "name")): group for _, group in entries(farm, "fleet")}
    for name, group in groups.items():
        modes = get(group, "modes")
        if get(group, Tuning.KEY) is not None and len(modes if isinstance(modes, tuple | list) else ("normal",)) < 2:
            at = ("fleet", list(groups).index(name), Tuning.KEY)
            yield at, "goes with two modes or more: machines of one mode never change it"
    made = get(get(get(farm, "state"), Tuning.KEY), "changes_today")
    for name in made if isinstance(made, dict) else ():
        if isinstance(name, str) and name not in groups:
            yield (
                ("state", Tuning.KEY, "changes_today", name),
                f"no group of the fleet has this name; {meant(name, list(groups))}",
            )
