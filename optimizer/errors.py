"""The whole exception tree. Each class carries the exit code the command line ends with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from optimizer.outside import printable


class CurtailError(Exception):
    """Anything this project raises on purpose; its text is a sentence for the operator."""

    exit_code = 1


@dataclass(frozen=True)
class Fault:
    """One thing wrong in one file, or in what a program handed over, where it stands and what to do about it.

    >>> print(Fault("farm.yaml", 3, 9, "site.pue", "must be at least 1 (got 0.9)"))
    farm.yaml:3:9: site.pue: must be at least 1 (got 0.9)
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    def __lt__(self, other: Fault) -> bool:
        """By place, whatever kinds of faults the two are."""
        mine, theirs = ((fault.file, fault.line, fault.column, fault.path, fault.message) for fault in (self, other))
        return mine < theirs

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}: " if self.file else ""
        return printable(f"{where}{self.path}: {self.message}" if self.path else where + self.message)


class Absent(Fault):
    """Data that a file does not hold: nothing in it is wrong, but a plan has not enough to go by."""


@dataclass(frozen=True)
class Unsaid(Fault):
    """What amounts are in, that nobody has said: ``keys`` and their values would say it."""

    keys: tuple[tuple[str, str], ...] = ()


class InputError(CurtailError):
    """A file says something it must not; ``faults`` holds every fault found, sorted by place."""

    exit_code = 2

    def __init__(self, faults: Iterable[Fault] | str) -> None:
        self.faults: tuple[Fault, ...] = () if isinstance(faults, str) else tuple(sorted(faults))
        super().__init__(faults if isinstance(faults, str) else "\n".join(map(str, self.faults)))


class MissingDataError(CurtailError):
    """The data do not reach over the hours asked for, or are too old to use."""

    exit_code = 5


class SolverError(CurtailError):
    """The solver refused the program or stopped without an optimum."""


class InfeasibleError(SolverError):
    """No schedule meets every limit; the text says which limits collide, when, by how much."""

    exit_code = 3


class UnboundedError(SolverError):
    """Profit has no limit: a price or a limit is missing."""


class StoppedEarlyError(SolverError):
    """A time limit ended the search before the optimum was proved."""

    exit_code = 4


class RuleBrokenError(CurtailError):
    """The finished schedule breaks a rule: a fault of the program, never of the input."""
