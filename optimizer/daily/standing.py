"""What is in force without a plan: the schedule that covers now, under the calls of now, or the safe posture."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from optimizer.config.daily import SafePosture
from optimizer.daily.files import Done, Status, kept_files, page_of_kept
from optimizer.daily.inputs import hashes_of, inputs_of, of_state
from optimizer.daily.kept import covers, kept_record, run_out_record
from optimizer.daily.observed import LOOKED_BACK
from optimizer.daily.orders import Orders
from optimizer.daily.posture import safe_record
from optimizer.daily.prices import Rank
from optimizer.daily.record import Record
from optimizer.daily.run import Run
from optimizer.errors import CurtailError, InputError
from optimizer.market.timeseries import clock

DATA, NEAREST = 5, 6


def kept(run: Run, error: CurtailError, *, covering: bool) -> Done:
    """What is in force without a plan. Whatever goes wrong with that too is said; what was in force stays."""
    try:
        return _kept(run, error, covering=covering)
    except CurtailError as worse:
        return Done("nothing", worse.exit_code, (str(error), str(worse)), None, None)
    except Exception as worse:
        if os.environ.get("CURTAIL_DEBUG"):
            raise
        return Done("nothing", CurtailError.exit_code, (str(error), str(unexpected(worse))), None, None)


def unexpected(error: Exception) -> CurtailError:
    """What is wrong with the program, as an error like others."""
    return CurtailError(f"unexpected: {type(error).__name__}: {error}; please report it")


def _kept(run: Run, error: CurtailError, *, covering: bool) -> Done:
    """Keep the schedule that covers now, under the calls of now; without one, hand out the safe posture."""
    code = _code_of(run, error)
    last = run.newest()
    if last is None:
        return Done("nothing", code, (str(error), "there is no schedule to keep"), None, None)
    start, orders = run.start(run.farm or last.farm), run.orders()
    before = run.before(start) or last
    because = tuple(dict.fromkeys((str(error), *orders.messages)))
    posture = (run.farm or last.farm).daily.safe_posture
    if (covering or posture is None) and before.source != "posture" and covers(before, start):
        return _kept_from(run, start, before, orders, because, code)
    ran_out = f"the schedule of {clock(before.start, before.farm.timezone)} {_over(before, start)}"
    if posture is None:
        held = run_out_record(before, orders, start, run.folder.measured, run.farm_file.parent)
        none = f"{ran_out}, and the farm file has no daily.safe_posture"
        if held is None:
            return Done("nothing", code, (*because, f"{none}: nothing is handed out"), run.folder.latest, before)
        where = _publish_kept(run, held, because)
        return _with_shortfall(
            "kept", code, (*because, f"{none}: it goes on, under the calls of now"), where, held, start
        )
    fed = run.history.prices(int((start - LOOKED_BACK).timestamp()), least=Rank.FED)
    record, messages = safe_record(
        run.farm, run.farm_file.parent, posture, start, before, orders, fed, run.folder.measured
    )
    because = (*because, *messages)
    where = _publish_kept(run, record, because, posture)
    return _with_shortfall("safe", code, (*because, f"{ran_out}; the safe posture is in force"), where, record, start)


def _with_shortfall(
    status: Status, code: int, messages: tuple[str, ...], where: Path, record: Record, start: pd.Timestamp
) -> Done:
    """What is in force, and by how much it falls short of what binds; no plan would come nearer."""
    worst, ends = record.short_from(start)
    if ends is None:
        return Done(status, code, messages, where, record)
    until = clock(ends, record.farm.timezone)
    short = f"no schedule meets every limit: this is the nearest, up to {worst:.4g} MW above until {until}"
    return Done("nearest" if status == "kept" else status, NEAREST, (*messages, short), where, record)


def _kept_from(
    run: Run, start: pd.Timestamp, before: Record, orders: Orders, because: tuple[str, ...], code: int
) -> Done:
    record, messages = kept_record(before, orders, start, run.folder.measured, run.farm_file.parent)
    until = clock(record.end, record.farm.timezone)
    kept = f"the schedule of {clock(before.start, before.farm.timezone)} stays in force; it runs out {until}"
    where, schedule = run.folder.latest, run.folder.in_force()
    if record is not before:
        kept += "; calls and site limits of now are laid over it"
    if record is not before or schedule is None or schedule[0].name != before.name:
        where = _publish_kept(run, record, because)
    return _with_shortfall("kept", code, (*because, *messages, kept), where, record, start)


def _publish_kept(run: Run, record: Record, because: tuple[str, ...], posture: SafePosture | None = None) -> Path:
    measured = hashes_of(of_state(run.folder.measured))
    inputs = inputs_of(measured, clock(record.start, record.farm.timezone))
    files = kept_files(record, because, posture)
    return run.publish(record, files, inputs, lambda: page_of_kept(record, because, posture))


def _code_of(run: Run, error: CurtailError) -> int:
    """The exit code of a failure: a series file that is broken is data that are missing."""
    if not isinstance(error, InputError) or not error.faults or run.farm is None:
        return error.exit_code
    own = {str(run.farm_file), str(run.folder.measured)}
    own |= {str(run.farm_file.parent / name) for name in (run.farm.catalogue, run.farm.contract) if name is not None}
    return DATA if all(fault.file not in own for fault in error.faults) else error.exit_code


def _over(record: Record, start: pd.Timestamp) -> str:
    if covers(record, start):
        return "is followed no longer"
    return "is of a later time" if start < record.start else "has run out"
