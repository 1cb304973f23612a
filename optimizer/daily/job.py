"""One run: plan from now on and hand the schedule out, or keep the one in force and say why."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pandas as pd

from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.config.load import load_farm
from optimizer.config.state import State
from optimizer.daily.age import price_age
from optimizer.daily.carried import state_at
from optimizer.daily.files import Done, files_of_plan, page_of_plan, rows_of
from optimizer.daily.folder import StateFolder
from optimizer.daily.history import History
from optimizer.daily.identity import claimed, damage_set_aside, identity_in
from optimizer.daily.inputs import digest_of, files_of, hashes_of, inputs_of
from optimizer.daily.kept import planned_record
from optimizer.daily.lock import locked
from optimizer.daily.mend import mend
from optimizer.daily.observed import note_settled
from optimizer.daily.planned import make_plan
from optimizer.daily.present import price_lookback
from optimizer.daily.prices import NO_PRICES, Prices, Rank
from optimizer.daily.real_watts import with_real_watts
from optimizer.daily.review import settle_new
from optimizer.daily.run import Run
from optimizer.daily.series import refuse_stale, with_newest
from optimizer.daily.setpoints import Listener, hand_out
from optimizer.daily.standing import NEAREST, kept, unexpected
from optimizer.errors import CurtailError, InputError, MissingDataError
from optimizer.market.timeseries import clock
from optimizer.plan.actions import news
from optimizer.report.plan.actions import ToDo, todo_of
from optimizer.through_time.worth import worth_of

STOPPED_EARLY = 4
_YEARS = 2000, 2200  # that a run may stand for


def run_once(
    farm_file: Path,
    state: Path,
    at: datetime | None = None,
    *,
    report: bool = True,
    on_change: Listener | None = None,
) -> Done:
    """Take the lock, run, hand set-points out, let go. ``at`` stands for now; without an offset on the farm's clock."""
    with locked(state) as in_the_way:
        folder = StateFolder(state)
        done = run(farm_file, folder, at, report=report, in_the_way=in_the_way)
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
        message=done.messages,
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
    in_the_way: tuple[str, ...] = (),
) -> Done:
    """A run by whoever holds the lock. Raises CurtailError where the state folder cannot be used, or is another farm's.

    ``fed``: prices that a feed has brought go before the farm's files. With ``replanning`` they always do. ``silent``
    says that the feed has told nothing for too long: no plan is made, and the safe posture takes over at once.
    ``in_the_way`` is what was set aside to take the lock.
    """
    begun, logged = time.monotonic(), datetime.now(UTC)
    in_the_way = (*in_the_way, *folder.prepare(), *damage_set_aside(folder.path))
    named = loaded(farm_file, folder)
    if isinstance(named, Farm):
        _judge_time(at or logged, named.timezone)
    with History(folder.history) as history:
        mended = mend(folder, history)
        job = Run(farm_file, folder, history, at or logged)
        inputs = None
        try:
            done, inputs = _planned(job, report, fed, named, silent)
        except CurtailError as error:
            done = kept(job, error, covering=silent is None)
        except Exception as error:  # whatever it is, the schedule in force stays, or the safe posture holds
            if os.environ.get("CURTAIL_DEBUG"):
                raise
            done = kept(job, unexpected(error), covering=True)
        done = replace(done, messages=(*done.messages, *job.left_out, *in_the_way, *mended, *history.trouble))
        history.add(
            logged=logged.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - begun, 3),
            at=job.at_text,
            status=done.status,
            exit_code=done.exit_code,
            message="\n".join(done.messages),
            record=done.record if job.text else None,
            text=job.text,
            inputs=inputs,
        )
        settle_new(history)
        return replace(done, messages=tuple(dict.fromkeys((*done.messages, *history.trouble))))


def loaded(farm_file: Path, folder: StateFolder) -> Farm | InputError:
    """The farm file, or what is wrong with it. Raises InputError where the state folder is another farm's."""
    try:
        farm = load_farm(farm_file)
    except InputError as error:
        known = identity_in(folder.path)
        if known is not None and os.path.realpath(known.file) != os.path.realpath(farm_file):
            raise
        return error
    claimed(folder.path, farm_file, farm)
    return farm


def _judge_time(at: datetime, zone: str) -> None:
    """Raises InputError for a moment that is none, before anything is handed out for it."""
    try:
        year = to_utc(at, zone).year
    except (ValueError, OverflowError) as error:
        raise InputError(f"--at {at}: {error}") from None
    if not _YEARS[0] <= year <= _YEARS[1]:
        raise InputError(f"--at {at}: the year must be from {_YEARS[0]} to {_YEARS[1]}")


def _planned(
    run: Run, report: bool, fed: bool, named: Farm | InputError, silent: MissingDataError | None
) -> tuple[Done, str | None]:
    """Plan and hand the schedule out."""
    if isinstance(named, InputError):
        raise named
    run.farm = named
    start = run.start(named)
    orders = run.orders()
    farm, of_watts = with_real_watts(with_newest(orders.over(named), run.farm_file.parent), run.folder.path, run.now)
    run.farm = farm
    if silent is not None:
        raise silent
    refuse_stale(farm, named, run.farm_file.parent, run.now)
    files = files_of(run.farm_file, farm, run.folder.path)
    hashes = hashes_of(files)
    changed = load_farm(run.farm_file) != named  # between reading it and hashing it
    prices = _fed_since(run, fed, farm, start)
    state, messages = state_at(start, farm, run.before(start), run.folder.measured)
    state, of_another_time = _of_its_time(state, start, farm)
    obeyed = make_plan(farm, state, run.farm_file.parent, start, pd.Timestamp(run.now), prices)
    plan = obeyed.plan
    if changed or hashes_of(files) != hashes:
        raise MissingDataError("an input file was written while it was being read; the next run reads it again")
    more = {"observed_prices": rows_of(prices)} if fed or len(prices) else {}
    inputs = inputs_of(hashes, clock(start, farm.timezone), **more)
    record = planned_record(plan, nearest=obeyed.nearest)
    late = note_settled(farm, run.farm_file.parent, run.history, run.now)
    messages = (
        *obeyed.messages,
        *orders.messages,
        *of_watts,
        *of_another_time,
        *messages,
        *plan.conditions.warnings,
        *((late,) if late else ()),
    )
    last, c = run.before(start - pd.Timedelta(seconds=1)), plan.conditions  # the same run again says the same

    def compared() -> ToDo:
        return todo_of(plan, None if last is None else news(c, plan.dispatch, (last.conditions, last.dispatch)))

    worth = run.besides("what it is worth", lambda: worth_of(c, plan.settled))
    done = Done("planned", 0, messages, None, record, plan, worth, run.besides("what is new in it", compared))
    texts = files_of_plan(done, plan, inputs)
    pages = partial(page_of_plan, done, plan, terms=not fed) if report else dict[str, str]
    where = run.publish(record, texts, inputs, pages)
    done = replace(done, folder=where)
    if obeyed.nearest:
        done = replace(done, status="nearest", exit_code=NEAREST)
    elif not plan.proved:
        early = f"{plan.cut_short}: this schedule keeps every rule but is not proved best"
        done = replace(done, status="stopped early", exit_code=STOPPED_EARLY, messages=(*messages, early))
    return done, digest_of(inputs)


def _fed_since(run: Run, fed: bool, farm: Farm, start: pd.Timestamp) -> Prices:
    """The prices of a feed that a plan looks at: from its start on, with ``replanning`` those before now."""
    if farm.replanning is not None:
        begins = start - price_lookback(farm, farm.replanning)
        return run.history.prices(_seconds(begins), _seconds(pd.Timestamp(run.now)) + 1, least=Rank.FED)
    return run.history.prices(_seconds(start), least=Rank.FED) if fed else NO_PRICES


def _seconds(moment: pd.Timestamp) -> int:
    return int(moment.timestamp())


def _of_its_time(state: State, start: pd.Timestamp, farm: Farm) -> tuple[State, tuple[str, ...]]:
    """The state a plan begins in; one that a farm file has of another time says nothing."""
    read = None if state.at is None else pd.Timestamp(to_utc(state.at, farm.timezone))
    if read is None or abs(read - start) <= pd.Timedelta(minutes=farm.horizon.intervals[0].minutes):
        return state, ()
    then = clock(read, farm.timezone)
    return State(), (
        f"the farm file's state is of {then}, not of now: every machine is taken to run; `state.yaml` tells",
    )
