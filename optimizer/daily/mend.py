"""A state folder whose history or link is damaged is mended before a run: what cannot be read never stops the job.

Whatever is damaged is set aside under another name. The schedule in force is then that of the newest record that can be
read: of the history, else of the folders of runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from optimizer.daily.aside import set_aside
from optimizer.daily.folder import RECORD, StateFolder, record_in
from optimizer.daily.history import History
from optimizer.daily.record import Record
from optimizer.errors import CurtailError
from optimizer.files.outputs import write_file
from optimizer.market.timeseries import clock

_STARTED_BY = "a run that ended before it could be logged"
_CODES = {"posture": 5, "nearest": 6, "kept": 5}


def mend(folder: StateFolder, history: History) -> tuple[str, ...]:
    """Make the schedule in force one that can be read, and log it and, in a new history, those before it.

    What an operator should know of it is said. Raises CurtailError where the folder cannot be written.
    """
    messages: tuple[str, ...] = ()
    history.check()
    try:
        schedule = folder.in_force()
    except CurtailError as error:
        schedule, messages = _replaced(folder, history, error)
    if history.fresh:
        for run in folder.kept():
            _log(history, _readable(run))
    _log(history, schedule)
    return messages


def in_force_mended(folder: StateFolder, say: Callable[[str], None]) -> tuple[Record, str] | None:
    """The schedule in force, and its text; where it cannot be read the folder is mended, and that is said."""
    try:
        return folder.in_force()
    except CurtailError:
        with History(folder.history) as history:
            for line in (*mend(folder, history), *history.trouble):
                say(line)
    return folder.in_force()


def _replaced(
    folder: StateFolder, history: History, error: CurtailError
) -> tuple[tuple[Record, str] | None, tuple[str, ...]]:
    """The newest schedule that can be read, which is then in force; and what was done to what cannot be."""
    messages = [_aside(folder, str(error))]
    newest = history.last()
    if newest is None:
        others = [one for one in map(_readable, folder.kept()) if one is not None]
        newest = max(others, key=lambda one: one[0].start, default=None)
    if newest is None:
        if os.path.lexists(folder.latest):
            messages.append(set_aside(folder.latest, "there is no record of a run"))
        return None, (*messages, "no schedule before this one can be read")
    record, text = newest
    run = folder.runs / record.name
    if _readable(run) is None:
        if run.is_dir():
            write_file(run / RECORD, text)
        else:
            folder.publish(record.name, {RECORD: text})
    folder.point_to(record.name)
    messages.append(
        f"the schedule of {clock(record.start, record.farm.timezone)}, the newest that can be read, is in force"
    )
    return newest, tuple(messages)


def _aside(folder: StateFolder, because: str) -> str:
    """Set aside the record that ``latest`` points to, or ``latest`` itself where it points to no run."""
    run = Path(os.path.realpath(folder.latest))  # a link may lead to itself
    if folder.latest.is_symlink() and run.parent == Path(os.path.realpath(folder.runs)) and (run / RECORD).exists():
        return set_aside(run / RECORD, because, where=folder.path)
    return set_aside(folder.latest, because)


def _readable(run: Path) -> tuple[Record, str] | None:
    try:
        return record_in(run)
    except CurtailError:
        return None


def _log(history: History, schedule: tuple[Record, str] | None) -> None:
    """Log a schedule that was handed out, should it have been killed before it could, or its log be lost."""
    if schedule is None or history.has(*schedule):
        return
    record, text = schedule
    history.add(
        logged=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=None,
        at="",
        status={"plan": "planned", "posture": "safe"}.get(record.source, record.source),
        exit_code=_CODES.get(record.source, 0),
        message=_STARTED_BY,
        record=record,
        text=text,
    )
