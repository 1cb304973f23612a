"""The job in processes of its own, which can be killed, starved of disk, or found hanging."""

from __future__ import annotations

import itertools
import json
import os
import resource
import select
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

HANGS_S = 240.0  # far beyond what a plan takes on a busy machine


@dataclass(frozen=True)
class Ending:
    """How a run ended: its exit code and words, or that it was killed, hung, or left a traceback."""

    code: int | None = None
    said: tuple[str, ...] = ()
    killed: bool = False
    trouble: str = ""
    peak: int = 0


def daily(
    farm: Path, state: Path, at: datetime, *, kill_after: float | None = None, most_bytes: int | None = None
) -> Ending:
    """One run of the job for a moment."""

    def work() -> dict[str, Any]:
        from optimizer.daily.job import run_once

        done = run_once(farm, state, at, report=False)
        return {"code": done.exit_code, "said": list(done.messages)}

    child = _Child(lambda ask, tell: tell(_tried(work)), most_bytes)
    ending = child.answer(kill_after)
    child.end()
    return ending


def command(*words: str) -> Ending:
    """A command as an operator types it."""

    def work() -> dict[str, Any]:
        from typer.testing import CliRunner

        from optimizer.cli.app import app

        result = CliRunner().invoke(app, list(words))
        found = {"code": result.exit_code, "said": result.output.splitlines()}
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return found

    child = _Child(lambda ask, tell: tell(_tried(work)), None)
    ending = child.answer(None)
    child.end()
    return ending


class Watching:
    """A watch that lives from look to look, until it is killed or closed."""

    def __init__(self, farm: Path, state: Path, feed: Path) -> None:
        self._child = _Child(lambda ask, tell: _watch(farm, state, feed, ask, tell), None)
        self.trouble = self._child.answer(None).trouble

    def step(self, at: datetime, kill_after: float | None = None) -> Ending:
        """Look around once at a moment."""
        self._child.ask(at.isoformat())
        return self._child.answer(kill_after)

    def close(self) -> None:
        """End it between two looks."""
        self._child.end()


def _watch(farm: Path, state: Path, feed: Path, ask: Callable[[], str], tell: Callable[[dict[str, Any]], None]) -> None:
    from optimizer.daily.feed import FolderFeed
    from optimizer.daily.lock import locked
    from optimizer.daily.watch import Watch

    said: list[str] = []
    now: list[datetime] = []
    looks = itertools.count()

    def step() -> dict[str, Any]:
        watch.step()
        return {"code": None, "said": said}

    with locked(state):
        watch = Watch(
            farm,
            state,
            FolderFeed(feed),
            say=said.append,
            wall=lambda: now[0],
            ticks=lambda: 1000.0 * next(looks),  # so that nothing waits for a minute that this clock does not know
        )
        tell({"code": None, "said": []})
        while line := ask():
            now[:], said[:] = [datetime.fromisoformat(line)], []
            tell(_tried(step))


def forked(
    work: Callable[[], dict[str, Any]], seconds: float = HANGS_S, most_bytes: int | None = None
) -> tuple[int | None, tuple[str, ...], str, int]:
    """Do something in a process of its own: its code, its words, its trouble, the most memory it had, bytes."""

    def limited() -> dict[str, Any]:
        if most_bytes is not None:
            now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (now + most_bytes, now + most_bytes))
        found = _tried(work)
        return found | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}

    child = _Child(lambda ask, tell: tell(limited()), None)
    ending = child.answer(None, seconds)
    child.end()
    return ending.code, ending.said, ending.trouble, ending.peak


def _tried(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    from optimizer.errors import CurtailError

    try:
        return work()
    except CurtailError as error:
        return {"code": error.exit_code, "said": [str(error)]}
    except Exception:
        return {"code": None, "said": [], "trouble": traceback.format_exc()}


class _Child:
    """A fork that answers in lines of JSON."""

    def __init__(self, work: Callable[[Callable[[], str], Callable[[dict[str, Any]], None]], None], most: int | None):
        hear, tell = os.pipe()
        order, ask = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            code = 1
            try:
                os.close(hear)
                os.close(ask)
                if most is not None:
                    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
                with os.fdopen(order, "r") as orders:
                    work(
                        lambda: orders.readline().strip(),
                        lambda found: _write(tell, json.dumps(found).encode() + b"\n"),
                    )
                code = 0
            except BaseException:
                _write(tell, json.dumps({"code": None, "said": [], "trouble": traceback.format_exc()}).encode() + b"\n")
            finally:
                os._exit(code)
        os.close(tell)
        os.close(order)
        self._hear, self._ask = hear, ask
        self._ended = False

    def ask(self, line: str) -> None:
        """Hand over a line."""
        with suppress(OSError):  # the answer will say that it is gone
            os.write(self._ask, line.encode() + b"\n")

    def answer(self, kill_after: float | None, hangs: float = HANGS_S) -> Ending:
        """The next answer, or none where the child is killed before."""
        ends = time.monotonic() + (hangs if kill_after is None else kill_after)
        parts = b""
        while not parts.endswith(b"\n"):
            ready, _, _ = select.select([self._hear], [], [], max(ends - time.monotonic(), 0.0))
            part = os.read(self._hear, 1 << 16) if ready else b""
            if not part:
                alive = not ready
                self.end()
                if not alive:
                    return Ending(trouble="the process is gone")
                return Ending(killed=True) if kill_after is not None else Ending(trouble=f"hangs for {hangs:g} s")
            parts += part
        found = json.loads(parts)
        return Ending(found["code"], tuple(found["said"]), trouble=found.get("trouble", ""), peak=found.get("peak", 0))

    def end(self) -> None:
        """Kill what still runs."""
        if self._ended:
            return
        self._ended = True
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._hear)
        os.close(self._ask)


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
