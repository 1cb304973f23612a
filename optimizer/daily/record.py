"""One run's schedule with all that its account needs, as text and back: what later runs and the history go on from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.arrays import F
from optimizer.config.base import as_written
from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.config.state import State
from optimizer.daily.record_check import judge
from optimizer.errors import CurtailError
from optimizer.market.grid import Grid
from optimizer.market.inputs import WORTH, MarketInputs, Named
from optimizer.market.quantities import declared
from optimizer.mechanisms.calls.config import Event
from optimizer.plan import tail

Source = Literal["plan", "kept", "nearest", "posture"]
FORM = 4  # of the text; those of before are read too
_SOURCES: dict[str, Source] = {"plan": "plan", "safe": "posture"}  # what form 1 called a kind
_SHORT_MW = 1e-6
_BEGINS = re.compile(r'^\{"sha256":"[0-9a-f]{64}",')


@dataclass(frozen=True)
class Record:
    """A schedule that was handed out, and where it comes from.

    ``source``: a plan; one kept on the data of before, under the calls of now; the nearest to calls that cannot be met;
    or a safe posture. ``short_mw`` is by how much each interval exceeds what binds it, (intervals,), MW.
    ``state`` is the one it began in. ``planned_usd`` is the profit that was planned, None without a plan.
    ``reasons`` says by group and interval why machines are off. ``expected_mw`` are the peaks that a tail expects of
    the rest of the billing period, by demand charge and period.
    """

    source: Source
    farm: Farm
    market: MarketInputs
    state: State
    dispatch: Dispatch
    planned_usd: float | None
    reasons: tuple[tuple[str, ...], ...]
    expected_mw: Mapping[tuple[str, str], float] = field(default_factory=dict)
    short_mw: tuple[float, ...] = ()

    @property
    def conditions(self) -> Conditions:
        """What it was made under."""
        return Conditions(self.farm, self.market, self.state)

    @property
    def start(self) -> pd.Timestamp:
        """When the schedule begins, UTC."""
        return self.market.grid.starts[0]

    @property
    def end(self) -> pd.Timestamp:
        """When it has run out, UTC."""
        return self.market.grid.end

    @property
    def name(self) -> str:
        """The name of the run's folder: its start on the farm's clock."""
        begins = self.start.tz_convert(self.farm.timezone).strftime("%Y-%m-%dT%H%M%z")
        if self.source == "posture":
            return f"{begins}-safe"
        return begins if self.planned_usd is not None else f"{begins}-kept"

    def short_from(self, moment: pd.Timestamp) -> tuple[float, pd.Timestamp | None]:
        """By how much the schedule exceeds what binds it at most from a moment on, MW, and until when it does."""
        ends = self.market.grid.ends
        short = [(mw, end) for mw, end in zip(self.short_mw, ends, strict=False) if mw > _SHORT_MW and end > moment]
        return (max(mw for mw, _ in short), short[-1][1]) if short else (0.0, None)

    def source_at(self, moment: pd.Timestamp) -> Source:
        """Where the schedule comes from as of a moment; the nearest to calls that bind no more is one like others."""
        if self.source != "nearest" or (self.start <= moment and self.short_from(moment)[1] is not None):
            return self.source
        return "kept" if self.planned_usd is None else "plan"

    def outlasts_a_call(self, now: pd.Timestamp) -> bool:
        """Whether a call has ended within a long interval of the schedule, which holds machines to its end."""
        grid, zone = self.market.grid, self.farm.timezone
        present = (grid.starts <= now) & (grid.ends > now) & (grid.hours > grid.hours[0])
        ends = [pd.Timestamp(to_utc(event.end, zone)) for event in self.farm.sections(Event) if not event.voluntary]
        return any(end <= now and bool((present & (grid.starts < end)).any()) for end in ends)

    def text(self) -> str:
        """The record as JSON, the same for the same schedule. It says all: a default may be another one day."""
        grid, table = self.market.grid, self.market.table
        there = [name for name in table if table[name] is not None]  # of what has no name here: none is not told
        data = {
            "form": FORM,
            "source": self.source,
            "short_mw": self.short_mw,
            "planned_usd": self.planned_usd,
            "starts": [int(start.timestamp()) for start in grid.starts],
            "hours": grid.hours.tolist(),
            "decisions": self.dispatch.to_json(),
            "reasons": self.reasons,
            "expected_mw": [[*key, mw] for key, mw in self.expected_mw.items()],
            "market": {name: _plain(table[name]) for name in dict.fromkeys((*Named.__annotations__, *there))},
            "farm": json.loads(self.farm.model_dump_json(exclude={"state"})),
            "state": json.loads(self.state.model_dump_json()),
        }
        return sealed(json.dumps(data, separators=(",", ":"), allow_nan=False) + "\n")


def record_of(text: str, where: object) -> Record:
    """The record in a text, as it was written. Raises CurtailError, which names ``where`` it stands."""
    try:
        return _record_of(text)
    except CurtailError as error:
        raise CurtailError(f"{where}: {error}") from None
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise CurtailError(f"{where}: is no record of a run ({type(error).__name__})") from None


@lru_cache(maxsize=4)  # a job reads the schedule in force several times; the same text is the same record
def _record_of(text: str) -> Record:
    data = json.loads(text)
    if data["form"] not in range(1, FORM + 1):
        raise CurtailError(f"is of another version of curtail (form {data['form']}, not {FORM})")
    if data["form"] != 1 and sealed(_BEGINS.sub("{", text, count=1)) != text:
        raise CurtailError("is not as it was written (its SHA-256 is another)")
    record = _read(data)
    judge(record)
    return record


def sealed(body: str) -> str:
    """A JSON object with the SHA-256 of its text put before all else."""
    return f'{{"sha256":"{hashlib.sha256(body.encode()).hexdigest()}",{body[1:]}'


def _read(data: dict[str, Any]) -> Record:
    with as_written():
        farm = Farm.model_validate_json(json.dumps(data["farm"]), extra="ignore")
        state = farm.state if data["form"] <= 3 else State.written(json.dumps(data["state"]))
    starts = pd.to_datetime(data["starts"], unit="s", utc=True).as_unit("us")
    grid = Grid(starts, np.array(data["hours"], dtype=np.float64), farm.timezone)
    return Record(
        source=_SOURCES[data["kind"]] if data["form"] == 1 else data["source"],
        farm=farm,
        market=MarketInputs(grid, _series(data["market"], len(grid))),
        state=state,
        dispatch=_before(data) if data["form"] <= 2 else Dispatch.from_json(data["decisions"]),
        planned_usd=data["planned_usd"],
        reasons=tuple(tuple(row) for row in data["reasons"]),
        expected_mw={(name, label): mw for name, label, mw in data["expected_mw"]},
        short_mw=() if data["form"] == 1 else tuple(data["short_mw"]),
    )


def _series(market: dict[str, Any], n: int) -> dict[str, Any]:
    """The series of a record, and what stands for those that no farm gave when it was written.

    What this version does not know by name is passed over where it is none.
    """

    def is_given(value: Any) -> bool:
        rows = value.values() if isinstance(value, dict) else [value]
        return all(isinstance(row, list) and len(row) == n for row in rows)

    given = {name: _arrays(value) for name, value in market.items() if name in Named.__annotations__ or is_given(value)}
    new = declared(Farm).keys() - given.keys() - {*Named.__annotations__, *WORTH}
    return given | {name: one.absent(n) for name, one in declared(Farm).items() if name in new}


def _before(data: dict[str, Any]) -> Dispatch:
    """The decisions of forms 1 and 2."""
    units_on = {(group, mode): _array(units) for group, mode, units in data["units_on"]}
    return Dispatch.of(
        units_on, _array(data["onsite_mw"]), _array(data["export_mw"]), supply_mw=_arrays(data["supply_mw"])
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return None if value is None else value.tolist()


def _array(values: list[float]) -> F:
    return np.array(values, dtype=np.float64)


def _arrays(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _arrays(inner) for name, inner in value.items()}
    return None if value is None else _array(value)


def past_conditions(
    record: Record, market: MarketInputs, farm: Farm | None = None, state: State | None = None
) -> Conditions:
    """Conditions of hours of a schedule that are over, or of another ``farm`` or ``state`` in them.

    Peaks expected of the rest of a billing period are those of the plan; where it expected none, a demand charge falls
    on the hours that set the peak. Where the peak so far is not known, after a long silence, it is taken to be so high
    that these hours add nothing to the charge.
    """
    c = tail.metered(farm or record.farm, market, state or record.state, record.expected_mw)
    return replace(c, rest=replace(c.rest, unknown_mw=float(market.import_limit_mw.max())))
