"""One run: plan from now on and hand the schedule out, or keep the one in force and say why."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.config.clock import to_utc
from optimizer.config.daily import SafePosture
from optimizer.config.farm import Farm
from optimizer.config.horizon import State
from optimizer.config.load import load_farm
from optimizer.daily.age import price_age
from optimizer.daily.carried import state_at
from optimizer.daily.files import Done, files_of_plan, kept_files, rows_of
from optimizer.daily.folder import RECORD, StateFolder
from optimizer.daily.history import NO_PRICES, History, Prices, Rank
from optimizer.daily.identity import claimed, identity_in
from optimizer.daily.inputs import digest_of, files_of, hashes_of, inputs_of, text_of
from optimizer.daily.kept import covers, kept_record, planned_record, run_out_record
from optimizer.daily.lock import locked
from optimizer.daily.mend import mend
from optimizer.daily.observed import LOOKED_BACK, note_settled
from optimizer.daily.orders import Orders, orders_now
from optimizer.daily.planned import make_plan
from optimizer.daily.posture import safe_record
from optimizer.daily.present import looked_back
from optimizer.daily.record import Record
from optimizer.daily.review import settle_new
from optimizer.daily.series import refuse_stale, with_newest
from optimizer.daily.setpoints import Listener, hand_out
from optimizer.errors import CurtailError, InputError, MissingDataError
from optimizer.market.timeseries import clock

STOPPED_EARLY, DATA, NEAREST = 4, 5, 6


def run_once(
    farm_file: Path,
    state: Path,
    at: datetime | None = None,
    *,
    report: bool = True,
    on_change: Listener | None = None,
) -> Done:
    """Take the lock, run, hand set-points out, let go. ``at`` stands for now; without an offset on the farm's clock."""
    with locked(state):
        folder = StateFolder(state)
        done = run(farm_file, folder, at, report=report)
        _hand_out(done, folder, farm_file, at, on_change)
        return done


def _hand_out(
    done: Done, folder: StateFolder, farm_file: Path, at: datetime | None, on_change: Listener | None
) -> None:
    record, identity = done.record, identity_in(folder.path)
    now, age = at or datetime.now(UTC), None
    if record is not None:
        now = to_utc(now, record.farm.timezone)
        age = price_age(record.farm, farm_file.parent, folder.history, now)
    now = now if now.tzinfo else now.replace(tzinfo=UTC)
    hand_out(
        folder,
        None if identity is None else identity.id,
        record,
        now,
        status=done.status,
        message=done.said,
        price_age_minutes=age,
        on_change=on_change,
    )


def run(
    farm_file: Path,
    folder: StateFolder,
    at: datetime | None = None,
    *,
    report: bool = True,
    fed: bool = False,
    silent: MissingDataError | None = None,
) -> Done:
    """A run by whoever holds the lock. Raises CurtailError where the state folder cannot be used, or is another farm's.

    ``fed``: prices that a feed has brought go before the farm's files. With ``replanning`` they always do. ``silent``
    says that the feed has told nothing for too long: no plan is made, and the safe posture takes over at once.
    """
    begun, logged = time.monotonic(), datetime.now(UTC)
    folder.prepare()
    named = loaded(farm_file, folder)
    with History(folder.history) as history:
        mended = mend(folder, history)
        job = _Job(farm_file, folder, history, at or logged, report, fed)
        inputs = None
        try:
            done, inputs = job.planned(named, silent)
        except CurtailError as error:
            done = _kept(job, error, covering=silent is None)
        except Exception as error:  # whatever it is, the schedule in force stays, or the safe posture holds
            if os.environ.get("CURTAIL_DEBUG"):
                raise
            done = _kept(job, _unexpected(error), covering=True)
        done = replace(done, said=(*done.said, *mended, *history.trouble))
        history.add(
            logged=logged.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - begun, 3),
            at=job.at_text,
            status=done.status,
            exit_code=done.exit_code,
            message="\n".join(done.said),
            record=done.record if job.text else None,
            text=job.text,
            inputs=inputs,
        )
        settle_new(history)
        return replace(done, said=tuple(dict.fromkeys((*done.said, *history.trouble))))


def loaded(farm_file: Path, folder: StateFolder) -> Farm | InputError:
    """The farm file, or what is wrong with it. Raises InputError where the state folder is another farm's."""
    try:
        farm = load_farm(farm_file)
    except InputError as error:
        known = identity_in(folder.path)
        if known is not None and known.file != os.path.abspath(farm_file):
            raise
        return error
    claimed(folder.path, farm_file, farm)
    return farm


def _kept(job: _Job, error: CurtailError, *, covering: bool) -> Done:
    """What is in force without a plan. Whatever goes wrong with that too is said; what was in force stays."""
    try:
        return job.kept(error, covering=covering)
    except CurtailError as worse:
        return Done("nothing", worse.exit_code, (str(error), str(worse)), None, None)
    except Exception as worse:
        if os.environ.get("CURTAIL_DEBUG"):
            raise
        return Done("nothing", CurtailError.exit_code, (str(error), str(_unexpected(worse))), None, None)


def _unexpected(error: Exception) -> CurtailError:
    return CurtailError(f"unexpected: {type(error).__name__}: {error}; please report it")


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

    def planned(self, named: Farm | InputError, silent: MissingDataError | None) -> tuple[Done, str | None]:
        """Plan and hand the schedule out."""
        if isinstance(named, InputError):
            raise named
        self.farm = named
        start = self._start(named)
        orders = self._orders()
        self.farm = farm = with_newest(orders.over(named), self.farm_file.parent)
        if silent is not None:
            raise silent
        refuse_stale(farm, named, self.farm_file.parent, self.now)
        files = files_of(self.farm_file, farm, self.folder.path)
        hashes = hashes_of(files)
        changed = load_farm(self.farm_file) != named  # between reading it and hashing it
        prices = self._fed_since(farm, start)
        state, said = state_at(start, farm, self.history.before(start), self.folder.measured)
        state, of_another_time = _of_its_time(state, start, farm)
        planned = farm.model_copy(update={"state": state})
        found = make_plan(planned, self.farm_file.parent, start, pd.Timestamp(self.now), prices)
        plan = found.plan
        if changed or hashes_of(files) != hashes:
            raise MissingDataError("an input file was written while it was being read; the next run reads it again")
        more = {"observed_prices": rows_of(prices)} if self.fed or len(prices) else {}
        inputs = inputs_of(hashes, clock(start, farm.timezone), **more)
        record = planned_record(plan, nearest=found.nearest)
        late = note_settled(farm, self.farm_file.parent, self.history, self.now)
        where = self._publish(record, files_of_plan(plan, inputs, self.report), inputs)
        said = (*found.said, *orders.said, *of_another_time, *said, *plan.market.warnings, *((late,) if late else ()))
        done = Done("planned", 0, said, where, record, plan)
        if found.nearest:
            done = replace(done, status="nearest", exit_code=NEAREST)
        elif not plan.proved:
            early = f"{plan.cut_short}: this schedule keeps every rule but is not proved best"
            done = replace(done, status="stopped early", exit_code=STOPPED_EARLY, said=(*said, early))
        return done, digest_of(inputs)

    def _orders(self) -> Orders:
        """The calls and limits of now. Raises CurtailError where none were ever read."""
        last = self._newest()
        found = orders_now(self.farm_file, self.folder.path, self.farm, None if last is None else last.farm)
        if found is None:
            raise CurtailError("no farm file was ever read, so no call is known")
        return found

    def _fed_since(self, farm: Farm, start: pd.Timestamp) -> Prices:
        """The prices of a feed that a plan looks at: from its start on, with ``replanning`` those before now."""
        if farm.replanning is not None:
            begins = start - looked_back(farm, farm.replanning)
            return self.history.prices(_seconds(begins), _seconds(pd.Timestamp(self.now)) + 1, least=Rank.FED)
        return self.history.prices(_seconds(start), least=Rank.FED) if self.fed else NO_PRICES

    def kept(self, error: CurtailError, *, covering: bool = True) -> Done:
        """Keep the schedule that covers now, under the calls of now; without one, hand out the safe posture."""
        code = self._code_of(error)
        last = self._newest()
        if last is None:
            return Done("nothing", code, (str(error), "there is no schedule to keep"), None, None)
        start, orders = self._start(self.farm or last.farm), self._orders()
        before = self._before(start) or last
        because = tuple(dict.fromkeys((str(error), *orders.said)))
        posture = (self.farm or last.farm).daily.safe_posture
        if (covering or posture is None) and before.source != "posture" and covers(before, start):
            return self._kept_from(start, before, orders, because, code)
        ran_out = f"the schedule of {clock(before.start, before.farm.timezone)} {_over(before, start)}"
        if posture is None:
            held = run_out_record(before, orders, start, self.folder.measured, self.farm_file.parent)
            none = f"{ran_out}, and the farm file has no daily.safe_posture"
            if held is None:
                return Done("nothing", code, (*because, f"{none}: nothing is handed out"), self.folder.latest, before)
            where = self._publish_kept(held, because)
            return Done("kept", code, (*because, f"{none}: it goes on, under the calls of now"), where, held)
        fed = self.history.prices(_seconds(start - LOOKED_BACK), least=Rank.FED)
        record, said = safe_record(
            self.farm, self.farm_file.parent, posture, start, before, orders, fed, self.folder.measured
        )
        because = (*because, *said)
        where = self._publish_kept(record, because, posture)
        return Done("safe", code, (*because, f"{ran_out}; the safe posture is in force"), where, record)

    def _kept_from(
        self, start: pd.Timestamp, before: Record, orders: Orders, because: tuple[str, ...], code: int
    ) -> Done:
        record, said = kept_record(before, orders, start, self.folder.measured, self.farm_file.parent)
        until = clock(record.end, record.farm.timezone)
        kept = f"the schedule of {clock(before.start, before.farm.timezone)} stays in force; it runs out {until}"
        where, found = self.folder.latest, self.folder.in_force()
        if record is not before:
            kept += "; calls and site limits of now are laid over it"
        if record is not before or found is None or found[0].name != before.name:
            where = self._publish_kept(record, because)
        worst, ends = record.short_from(start)
        if ends is not None:
            until = clock(ends, record.farm.timezone)
            kept += f"; no schedule meets them: this is the nearest, up to {worst:.4g} MW above until {until}"
            return Done("nearest", NEAREST, (*because, *said, kept), where, record)
        return Done("kept", code, (*because, *said, kept), where, record)

    def _newest(self) -> Record | None:
        """The schedule in force, whatever time it is of."""
        found = self.folder.in_force()
        return None if found is None else found[0]

    def _before(self, start: pd.Timestamp) -> Record | None:
        """The schedule that says what is in force at a moment: that in force, but for one of a later time."""
        last = self._newest()
        return last if last is not None and last.start <= start else self.history.before(start)

    def _publish_kept(self, record: Record, because: tuple[str, ...], posture: SafePosture | None = None) -> Path:
        inputs = inputs_of({}, clock(record.start, record.farm.timezone))
        return self._publish(record, kept_files(record, because, posture), inputs)

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


def _over(record: Record, start: pd.Timestamp) -> str:
    if covers(record, start):
        return "is followed no longer"
    return "is of a later time" if start < record.start else "has run out"


def _of_its_time(state: State, start: pd.Timestamp, farm: Farm) -> tuple[State, tuple[str, ...]]:
    """The state a plan begins in; one that a farm file has of another time says nothing."""
    read = None if state.at is None else pd.Timestamp(to_utc(state.at, farm.timezone))
    if read is None or abs(read - start) <= pd.Timedelta(minutes=farm.horizon.intervals[0].minutes):
        return state, ()
    then = clock(read, farm.timezone)
    return State(), (
        f"the farm file's state is of {then}, not of now: every machine is taken to run; `state.yaml` tells",
    )
