"""Every command in SQLite: what, to whom, why, when, and when it was verified by what. A start is written down first.

What is noted comes together and is written as a whole. While that cannot be, it is kept, and written once it can.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.errors import CurtailError

AUDIT = "machines.sqlite"
_FORM = """
create table if not exists commands (
  id integer primary key, at real not null, machine text not null, "group" text not null, address text not null,
  target text not null, why text not null, plan text not null, sequence integer not null,
  answered_at real, outcome text, verified_at real, watts real, hashrate_th real);
create index if not exists commands_of on commands (machine, id);
create table if not exists standing (
  machine text primary key, target text not null, since real not null, released integer not null,
  verified integer not null);
create table if not exists power (
  minute integer not null, "group" text not null, planned_mw real not null, drawn_mw real not null,
  awake_mw real not null, away_mw real not null, primary key (minute, "group"));
create table if not exists watts (
  minute integer not null, "group" text not null, mode text not null, machines integer not null, watts real not null,
  primary key (minute, "group", mode));
create table if not exists notes (key text primary key, value text not null);
"""

_KEPT_MINUTES = 8 * 1440
_LOCKED_S = 0.1  # that a log which somebody else holds may keep the loop waiting
_UNKNOWN = "not known: curtail ended before the answer"
_STANDING = """
select s.machine, s.target, s.since, s.released, s.verified,
  min(c.at), max(c.at), max(c.id), coalesce(sum(c.outcome = 'accepted'), 0),
  (select target from commands where machine = s.machine order by id desc limit 1)
from standing s left join commands c on c.machine = s.machine and c.target = s.target and c.at >= s.since
  and c.id > (select coalesce(max(id), 0) from commands where machine = s.machine and verified_at is not null)
  and (c.outcome = 'accepted' or coalesce(c.outcome, ?1) = ?1 and s.target <> 'sleep')
group by s.machine
"""


@dataclass(frozen=True)
class Command:
    """A row that is written before it is sent."""

    at: float
    machine: str
    group: str
    address: str
    target: str
    why: str
    plan: str
    sequence: int


@dataclass(frozen=True)
class LastCommand:
    """What a machine was last to do, since when; commands for that which it took or may have; what it was told last."""

    target: str
    since: float
    released: bool
    verified: bool
    first_at: float | None
    last_at: float | None
    number: int | None
    tries: int
    sent: str | None


class Audit:
    """The log of commands in a state folder. One process writes it."""

    def __init__(self, file: Path) -> None:
        self._kept: list[tuple[str, tuple[Any, ...]]] = []  # not written yet
        try:
            self._db = sqlite3.connect(file, isolation_level=None, timeout=_LOCKED_S)
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=normal")
            self._db.executescript(_FORM)
            self._last = self._db.execute("select coalesce(max(id), 0) from commands").fetchone()[0]
        except sqlite3.Error as error:
            raise CurtailError(f"cannot write {file}: {error}; move it away to begin a new one") from None

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def write(self) -> None:
        """Write what has come together, as a whole. Raises CurtailError, and it is kept."""
        if not self._kept:
            return
        try:
            self._db.execute("begin immediate")
            for text, values in self._kept:
                self._db.execute(text, values)
            self._db.execute("commit")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("rollback")
            fault = f"the log of commands cannot be written ({error})"
            raise CurtailError(f"{fault}: machines are put to sleep, none is started") from None
        self._kept = []

    def intend(self, commands: Iterable[Command]) -> list[int]:
        """What will be sent; its numbers."""
        text = (
            'insert into commands (id, at, machine, "group", address, target, why, plan, sequence) '
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        numbers = []
        for one in commands:
            self._last += 1
            numbers.append(self._last)
            self._kept.append((text, (self._last, *vars(one).values())))
            self._kept.append(("update standing set verified = 0 where machine = ?", (one.machine,)))
        return numbers

    def answered(self, number: int, at: float, outcome: str) -> None:
        """How a machine took a command."""
        self._kept.append(("update commands set answered_at = ?, outcome = ? where id = ?", (at, outcome, number)))

    def verified(
        self, machine: str, number: int | None, at: float, watts: float | None, hashrate_th: float | None
    ) -> None:
        """When watts or hash rate showed a machine where it is to be, and by which command."""
        self._kept.append(("update standing set verified = 1 where machine = ?", (machine,)))
        text = "update commands set verified_at = ?, watts = ?, hashrate_th = ? where id = ? and verified_at is null"
        self._kept.append((text, (at, watts, hashrate_th, number)))

    def stand(self, rows: Iterable[tuple[str, str, float, bool, bool]]) -> None:
        """What machines are to do: name, target, since when, whether released, whether seen there."""
        self._kept += (("insert or replace into standing values (?, ?, ?, ?, ?)", row) for row in rows)

    def standing(self, now: float) -> dict[str, LastCommand]:
        """What machines were last to do, by name; commands that a killed process left open are closed."""
        text = "update commands set answered_at = ?, outcome = ? where outcome is null and id <= ?"
        self._kept.append((text, (now, _UNKNOWN, self._last)))
        return {
            name: LastCommand(target, since, bool(released), bool(verified), *rest)
            for name, target, since, released, verified, *rest in self._db.execute(_STANDING, (_UNKNOWN,))
        }

    def starts_since(self, moment: float) -> list[float]:
        """When machines were told to run since a moment."""
        text = "select at from commands where at > ? and target <> 'sleep' order by at"
        return [at for (at,) in self._db.execute(text, (moment,))]

    def draw(self, minute: int, rows: Iterable[tuple[str, float, float, float, float]]) -> None:
        """What groups draw in a minute: name, planned, drawn, of that of machines that are to sleep, missing; MW."""
        text = "insert or replace into power values (?, ?, ?, ?, ?, ?)"
        self._kept += ((text, (minute, *row)) for row in rows)

    def drawn(self, since: float) -> list[tuple[str, int, float, float, float, float]]:
        """By group since a moment: name, minutes, and the MWh planned, drawn, drawn by those to sleep, missing."""
        text = (
            'select "group", count(*), sum(planned_mw) / 60, sum(drawn_mw) / 60, sum(awake_mw) / 60, sum(away_mw) / 60 '
            'from power where minute >= ? group by "group" order by min(rowid)'
        )
        return list(self._db.execute(text, (int(since // 60),)))

    def run_at(self, minute: int, rows: Iterable[tuple[str, str, int, float]]) -> None:
        """What machines that run draw in a minute: group, mode, machines, W each. The last eight days are kept."""
        self._kept += (("insert or replace into watts values (?, ?, ?, ?, ?)", (minute, *row)) for row in rows)
        self._kept.append(("delete from watts where minute < ?", (minute - _KEPT_MINUTES,)))

    def ran_at(self, since: float) -> list[tuple[str, str, float, float, float]]:
        """By group and mode since a moment: hours in which any ran, machines then, W of one."""
        text = (
            'select "group", mode, count(*) / 60.0, avg(machines), sum(machines * watts) / sum(machines) '
            'from watts where minute >= ? group by "group", mode'
        )
        return list(self._db.execute(text, (int(since // 60),)))

    def note(self, key: str, value: Any) -> None:
        """Keep something small across restarts."""
        self._kept.append(("insert or replace into notes values (?, ?)", (key, json.dumps(value))))

    def noted(self, key: str) -> Any:
        """What was kept; None where nothing was."""
        row = self._db.execute("select value from notes where key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def commands(self, machine: str | None = None) -> list[Mapping[str, Any]]:
        """The rows, oldest first, of one machine or of all."""
        rows = self._db.execute("select * from commands where ? is null or machine = ? order by id", (machine, machine))
        names = [column[0] for column in rows.description]
        return [dict(zip(names, row, strict=True)) for row in rows]
