"""One run: plan from now on and hand the schedule out, or keep the one in force and say why."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.config.load import load_farm
from optimizer.daily.carried import state_at
from optimizer.daily.files import Done, files_of_plan, rows_of, safe_files
from optimizer.daily.folder import RECORD, StateFolder
from optimizer.daily.history import NO_PRICES, History, Prices, Rank
from optimizer.daily.inputs import digest_of, files_of, hashes_of, inputs_of, text_of
from optimizer.daily.lock import locked
from optimizer.daily.observed import note_settled
from optimizer.daily.planned import make_plan
from optimizer.daily.posture import safe_record
from optimizer.daily.present import looked_back
from optimizer.daily.record import Record
from optimizer.daily.series import refuse_stale, with_newest
from optimizer.errors import CurtailError, InputError, MissingDataError
from optimizer.market.timeseries import clock
from optimizer.schedule.tables import reason_texts

STOPPED_EARLY = 4
DATA = 5
_STARTED_BY = "a run that ended before it could be logged"


def run_once(farm_file: Path, state: Path, at: datetime | None = None, *, report: bool = True) -> Done:
    """Take the lock, run, let go. ``at`` stands for now; without an offset it is on the farm's clock."""
    with locked(state):
        return run(farm_file, StateFolder(state), at, report=report)


def run(
    farm_file: Path,
    folder: StateFolder,
    at: datetime | None = None,
    *,
    report: bool = True,
    fed: bool = False,
) -> Done:
    """One run by whoever holds the lock. Raises CurtailError where the state folder cannot be used.

    ``fed``: prices that a feed has brought go before the farm's files. With ``replanning`` they always do.
    """
    begun, logged = time.monotonic(), datetime.now(UTC)
    folder.prepare()
    with History(folder.history) as history:
        _catch_up(folder, history, logged)
        job = _Job(farm_file, folder, history, at or logged, report, fed)
        try:
            done, inputs = job.planned()
        except CurtailError as error:
            done, inputs = job.kept(error)
        except Exception as error:  # whatever it is, the schedule in force stays, or the safe posture holds
            if os.environ.get("CURTAIL_DEBUG"):
                raise
            done, inputs = job.kept(CurtailError(f"unexpected: {type(error).__name__}: {error}; please report it"))
        try:
            history.add(
                logged=logged.isoformat(timespec="seconds"),
                seconds=round(time.monotonic() - begun, 3),
                at=job.at_text,
                status=done.status,
                exit_code=done.exit_code,
                message="\n".join(done.said),
                record=done.record if done.status in ("planned", "stopped early", "safe") else None,
                text=job.text,
                inputs=inputs,
            )
        except CurtailError as error:
            in_place = "" if done.folder is None else f"; the schedule in {done.folder} is whole and in force"
            raise CurtailError(f"{error}{in_place}") from None
    return done


def _catch_up(folder: StateFolder, history: History, logged: datetime) -> None:
    """Log the run in force, should it have been killed before it could."""
    found = folder.in_force()
    if found is not None and not history.has(*found):
        record, text = found
        history.add(
            logged=logged.isoformat(timespec="seconds"),
            seconds=None,
            at="",
            status="safe" if record.source == "posture" else "planned",
            exit_code=DATA if record.source == "posture" else 0,
            message=_STARTED_BY,
            record=record,
            text=text,
        )


class _Job:
    """A run under way."""

    def __init__(
        self,
        farm_file: Path,
        folder: StateFolder,
        history: History,
        at: datetime,
        report: bool,
        fed: bool,
    ) -> None:
        self.farm_file, self.folder, self.history, self.report = farm_file, folder, history, report
        self.given, self.fed = at, fed
        self.at_text = at.isoformat(timespec="seconds")
        self.farm: Farm | None = None  # as far as it could be read
        self.text = ""

    def planned(self) -> tuple[Done, str | None]:
        """Plan and hand the schedule out."""
        named = load_farm(self.farm_file)
        self.farm = named
        start = self._start(named)
        self.farm = farm = with_newest(named, self.farm_file.parent)
        refuse_stale(farm, named, self.farm_file.parent, self.now)
        files = files_of(self.farm_file, farm, self.folder.measured)
        hashes = hashes_of(files)
        changed = load_farm(self.farm_file) != named  # between reading it and hashing it
        prices = self._fed_since(farm, start)
        state, said = state_at(start, farm, self.history.before(start), self.folder.measured)
        planned = farm.model_copy(update={"state": state})
        plan = make_plan(planned, self.farm_file.parent, start, pd.Timestamp(self.now), prices)
        if changed or hashes_of(files) != hashes:
            raise MissingDataError("an input file was written while it was being read; the next run reads it again")
        more = {"observed_prices": rows_of(prices)} if self.fed or len(prices) else {}
        inputs = inputs_of(hashes, clock(start, farm.timezone), **more)
        texts = tuple(tuple(row) for row in reason_texts(plan.explanation).tolist())
        record = Record(
            "plan", plan.farm, plan.market, plan.dispatch, plan.settlement.profit, texts, plan.conditions.rest.peaks_mw
        )
        late = note_settled(farm, self.farm_file.parent, self.history, self.now)
        where = self._publish(record, files_of_plan(plan, inputs, self.report), inputs)
        said = (*said, *plan.market.warnings, *((late,) if late else ()))
        if plan.proved:
            return Done("planned", 0, said, where, record, plan), digest_of(inputs)
        early = "stopped at a time limit: this schedule keeps every rule but is not proved best"
        return Done("stopped early", STOPPED_EARLY, (*said, early), where, record, plan), digest_of(inputs)

    def _fed_since(self, farm: Farm, start: pd.Timestamp) -> Prices:
        """The prices of a feed that a plan looks at: from its start on, with ``replanning`` those before now."""
        if farm.replanning is not None:
            begins = start - looked_back(farm, farm.replanning)
            return self.history.prices(_seconds(begins), _seconds(pd.Timestamp(self.now)) + 1, least=Rank.FED)
        return self.history.prices(_seconds(start), least=Rank.FED) if self.fed else NO_PRICES

    def kept(self, error: CurtailError) -> tuple[Done, str | None]:
        """Keep the schedule in force; where it has run out, hand out the safe posture."""
        code = self._code_of(error)
        found = self.folder.in_force()
        last = None if found is None else found[0]
        farm = self.farm or (None if last is None else last.farm)
        if last is None or farm is None:
            return Done("nothing", code, (str(error), "there is no schedule to keep"), None, None), None
        start = self._start(farm)
        if last.source != "posture" and start < last.end:
            until = clock(last.end, last.farm.timezone)
            kept = f"the schedule of {clock(last.start, last.farm.timezone)} stays in force; it runs out {until}"
            return Done("kept", code, (str(error), kept), self.folder.latest, last), None
        ran_out = f"the schedule of {clock(last.start, last.farm.timezone)} has run out"
        posture = farm.daily.safe_posture
        if posture is None:
            none = f"{ran_out}, and the farm file has no daily.safe_posture: nothing is handed out"
            return Done("nothing", code, (str(error), none), self.folder.latest, last), None
        before = self.history.before(start) or last
        record = safe_record(farm, self.farm_file.parent, posture, start, before, self.folder.measured)
        inputs = inputs_of({}, clock(start, farm.timezone))
        files = safe_files(record, posture, error)
        where = self._publish(record, files, inputs)
        return Done("safe", code, (str(error), f"{ran_out}; the safe posture is in force"), where, record), None

    @property
    def now(self) -> datetime:
        """The moment this run stands for, UTC."""
        assert self.farm is not None, "the farm's clock is asked for once it is known"
        return self._utc(self.farm)

    def _utc(self, farm: Farm) -> datetime:
        try:
            now = to_utc(self.given, farm.timezone)
        except (ValueError, OverflowError) as error:
            raise InputError(f"--at {self.given}: {error}") from None
        self.at_text = pd.Timestamp(now).tz_convert(farm.timezone).isoformat(timespec="seconds")
        return now

    def _start(self, farm: Farm) -> pd.Timestamp:
        """The beginning of the interval that now lies in, on the farm's clock: what is planned covers now."""
        now = self._utc(farm)
        local = pd.Timestamp(now).tz_convert(farm.timezone)
        past = timedelta(
            minutes=local.minute % farm.horizon.intervals[0].minutes, seconds=now.second, microseconds=now.microsecond
        )
        return pd.Timestamp(now - past).as_unit("us")

    def _code_of(self, error: CurtailError) -> int:
        """The exit code of a failure: a series file that is broken is data that are missing."""
        if not isinstance(error, InputError) or not error.faults or self.farm is None:
            return error.exit_code
        own = {str(self.farm_file), str(self.folder.measured)}
        own |= {
            str(self.farm_file.parent / name) for name in (self.farm.catalogue, self.farm.contract) if name is not None
        }
        return DATA if all(fault.file not in own for fault in error.faults) else error.exit_code

    def _publish(self, record: Record, files: dict[str, str], inputs: dict[str, Any]) -> Path:
        self.text = record.text()
        where = self.folder.publish(record.name, files | {"inputs.json": text_of(inputs), RECORD: self.text})
        self.folder.forget(record.farm.daily.keep_runs)
        return where


def _seconds(moment: pd.Timestamp) -> int:
    return int(moment.timestamp())
