"""What machines of a group really draw, as the loop that commands them measured it, in place of their nameplate."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, Field, ValidationError

from optimizer.config.base import NonNegative, Positive, Section
from optimizer.config.farm import Farm
from optimizer.config.fleet import Group
from optimizer.outside import read_regular

REAL_WATTS = "watts.json"  # in the state folder
ENOUGH_HOURS = 24.0
_SAME, _DOUBTFUL = 0.002, 0.25  # of nameplate watts: less off is the same, more off is another machine
_FORGOTTEN = timedelta(days=7)
_MOST_BYTES = 5_000_000


class MeasuredMode(Section):
    """Watts of a machine that runs in a mode: the mean over ``hours`` in which any did, and over ``machines``."""

    watts: Positive
    hours: NonNegative
    machines: Positive


class RealWatts(Section):
    """By group and mode."""

    at: AwareDatetime
    groups: dict[str, Annotated[dict[str, MeasuredMode], Field(min_length=1)]]


def with_real_watts(farm: Farm, state: Path, now: datetime) -> tuple[Farm, tuple[str, ...]]:
    """The farm at the watts that were measured for a day or more, and a sentence for each that differ."""
    try:
        measured = RealWatts.model_validate_json(read_regular(state / REAL_WATTS, _MOST_BYTES))
    except FileNotFoundError:
        return farm, ()
    except (OSError, ValidationError):
        return farm, (f"{REAL_WATTS} cannot be read: machines are planned at their nameplate",)
    if now - measured.at > _FORGOTTEN:
        return farm, (f"{REAL_WATTS} is of {measured.at:%Y-%m-%d}: machines are planned at their nameplate",)
    messages: list[str] = []
    fleet = tuple(_at_real_watts(group, measured.groups.get(group.name, {}), messages) for group in farm.fleet)
    return farm.model_copy(update={"fleet": fleet}), tuple(messages)


def _at_real_watts(group: Group, measured: dict[str, MeasuredMode], messages: list[str]) -> Group:
    """A group whose machines draw what was measured of them."""
    machine = group.machine
    for mode, plate in group.points.items():
        seen = measured.get(mode)
        if machine is None or seen is None or seen.hours < ENOUGH_HOURS:
            continue
        off = seen.watts / plate.power_w - 1.0
        sentence = (
            f"{group.name}, {mode}: machines draw {seen.watts:,.0f} W (mean of {seen.hours:,.0f} h and about "
            f"{seen.machines:,.0f} machines), {off:+.1%} of the {plate.power_w:,.0f} W of the farm file"
        )
        if abs(off) >= _DOUBTFUL:
            messages.append(f"{sentence}: too far off to be planned with; run curtail inventory check")
        elif abs(off) >= _SAME:
            messages.append(f"{sentence}: planned with what they draw")
            watts = {"power_w": round(seen.watts, 1)}
            if mode == "normal":
                machine = machine.model_copy(update=watts)
            else:
                point = machine.modes[mode].model_copy(update=watts)
                machine = machine.model_copy(update={"modes": machine.modes | {mode: point}})
    return group if machine is group.machine else group.model_copy(update={"machine": machine})
