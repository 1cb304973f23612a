"""A controller that lives by the contract of the set-points, and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Points = dict[tuple[str, str], float]


def moment_of(text: str) -> datetime:
    """UTC of a time in a document."""
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass
class Controller:
    """Takes up newer documents of its farm; runs what they say until they end, then goes to its own safe state."""

    file: Path
    farm_id: str = ""
    mark: tuple[int, int] = (-1, -1)
    document: dict[str, Any] | None = None

    def look(self) -> str | None:
        """Take up the document that stands there; why it is not taken up, if so."""
        try:
            found = json.loads(self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return "no document"
        except ValueError:
            return "no JSON"
        if self.farm_id and found["farm"]["id"] != self.farm_id:
            return "of another farm"
        mark = (found["epoch"], found["sequence"])
        if mark <= self.mark:
            return None if mark == self.mark else f"went back from {self.mark} to {mark}"
        self.farm_id, self.mark, self.document = found["farm"]["id"], mark, found
        return None

    def valid(self, moment: datetime) -> bool:
        """Whether anything is promised at a moment."""
        return self.document is not None and moment < moment_of(self.document["valid_until"])

    def running(self, moment: datetime) -> Points:
        """Machines on by group and mode; none where nothing is promised any more."""
        if self.document is None or not self.valid(moment):
            return {}
        return {(row["group"], row["mode"]): at(row, moment) for row in self.document["setpoints"]}


def at(row: dict[str, Any], moment: datetime) -> float:
    """Machines on by one set-point at a moment."""
    then = row["next"]
    return float(then["machines_on"] if then and moment >= moment_of(then["at"]) else row["machines_on"])
