"""A program of the operator's that is handed new set-points, as JSON on its standard input."""

from __future__ import annotations

import hashlib
import os
import shlex
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from optimizer.daily.document import SetPoints
from optimizer.daily.folder import StateFolder
from optimizer.errors import CurtailError, InputError
from optimizer.files.outputs import write_text
from optimizer.outside import read_regular

AT_MOST_S = 10.0
AGAIN_S = 60.0  # after a failure, unless something else is commanded before
_DOZE_S = 0.02
HANDED_OVER = "handed_over"  # in the state folder: what the program has been handed last


def command_of(text: str, option: str = "--on-change") -> list[str]:
    """The words of a command line; no shell has a part in it. Raises InputError.

    >>> command_of("plc --site 'Hall A'")
    ['plc', '--site', 'Hall A']
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise InputError(f"{option} {text!r}: {error}") from None
    if not words or "\0" in text:
        raise InputError(f"{option} {text!r}: must name a program")
    return words


class OnChange:
    """Handed each document that commands something new; whatever it does, no more than its failure is told.

    What it has taken is noted in the state folder, so that neither a kill nor a restart loses or repeats a change.
    """

    def __init__(self, command: str, say: Callable[[str], None], stopped: Callable[[], bool] = lambda: False) -> None:
        self.words, self.say, self.stopped = command_of(command), say, stopped
        self._taken: str | None = None
        self._failed, self._again_at = "", 0.0

    def tell(self, folder: StateFolder, document: SetPoints) -> None:
        """Hand a document over where it commands something new, or where the program has failed a while ago."""
        digest, note = hashlib.sha256(document.commanded().encode()).hexdigest(), folder.path / HANDED_OVER
        if self.stopped():
            return  # and told when the watch begins again
        taken = _noted(note) if self._taken is None else self._taken
        if digest == taken or (digest == self._failed and time.monotonic() < self._again_at):
            return
        fault = handed_to(self.words, document.text(), self.stopped)
        if fault is not None:
            self._failed, self._again_at = digest, time.monotonic() + AGAIN_S
            self.say(f"--on-change {self.words[0]}: {fault}")
            return
        self._taken, self._failed = digest, ""
        try:
            write_text(note, digest + "\n")
        except CurtailError as error:
            self.say(str(error))


def handed_to(words: list[str], text: str, stopped: Callable[[], bool] = lambda: False) -> str | None:
    """Give a text to a program; what went wrong, if anything has. All that it prints goes to standard error."""
    try:
        with tempfile.TemporaryFile() as given:
            given.write(text.encode())
            given.seek(0)
            program = subprocess.Popen(words, stdin=given, stdout=2, start_new_session=True)  # noqa: S603  # the operator's
    except (OSError, ValueError) as error:
        return f"cannot be run: {getattr(error, 'strerror', None) or error}"
    ends = time.monotonic() + AT_MOST_S
    while program.poll() is None:
        if stopped():
            _kill(program)
            return "was ended with the watch"
        if time.monotonic() > ends:
            _kill(program)
            return f"took longer than {AT_MOST_S:g} s and was ended"
        time.sleep(_DOZE_S)
    return None if program.returncode == 0 else f"ended with code {program.returncode}"


def _kill(program: subprocess.Popen[bytes]) -> None:
    """End a program and what it has begun."""
    try:
        os.killpg(program.pid, signal.SIGKILL)
    except OSError:
        program.kill()
    program.wait()


def _noted(note: Path) -> str:
    try:
        return read_regular(note, 100).decode().strip()
    except (OSError, ValueError):
        return ""
