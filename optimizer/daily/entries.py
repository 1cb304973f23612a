"""What the log of a state folder holds of a run, and of a schedule that one has handed out."""

from __future__ import annotations

from typing import NamedTuple


class RunEntry(NamedTuple):
    """One entry of the log. Times of the schedule are seconds since 1970; None for a run that handed none out."""

    number: int
    logged: str
    seconds: float | None
    at: str
    status: str
    exit_code: int
    message: str
    run: str | None
    start: int | None
    end: int | None
    planned_usd: float | None
    inputs: str | None


class Entry(NamedTuple):
    """A schedule that was handed out, by its run's number: when it begins and ends, seconds since 1970."""

    number: int
    run: str
    start: int
    end: int
