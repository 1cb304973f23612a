"""Calls that an operator opts out of, where their contract allows it: asked for by a file each in the state folder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from optimizer.errors import InputError
from optimizer.files.outputs import write_text
from optimizer.outside import read_regular
from optimizer.signals.sources import Source

_PREFIX, _MOST_BYTES = "opt-out-", 1_000
_FORGOTTEN = timedelta(hours=24)  # a request that nobody took up; another call may have its name by then


def ask_to_opt_out(state: Path, sources: Sequence[Source], name: str, known: Sequence[str]) -> None:
    """Ask that a call be opted out of. Raises InputError where there is none, or its contract does not allow that."""
    if name not in known:
        listed = f"there are: {', '.join(known)}" if known else "there is none"
        raise InputError(f"--opt-out {name!r}: no call has this name; {listed}")
    source = next((one for one in sources if name.startswith(f"{one.name} ")), None)
    if source is None or not source.may_opt_out:
        whose = "it is of no source in the file" if source is None else f"{source.name} has no `may_opt_out: true`"
        raise InputError(f"--opt-out {name!r}: the call is owed: {whose}")
    write_text(state / (_PREFIX + hashlib.sha256(name.encode()).hexdigest()[:12]), name)


def asked_to_opt_out(state: Path, now: datetime) -> dict[str, Path]:
    """The names of calls that are to be opted out of, with the file that asks for it, removed once that is done."""
    asked = {}
    for file in sorted(state.glob(f"{_PREFIX}*")):
        try:
            if file.stat().st_mtime < (now - _FORGOTTEN).timestamp():
                file.unlink()
            else:
                asked[read_regular(file, _MOST_BYTES).decode()] = file
        except (OSError, ValueError):
            continue
    return asked
