"""Scenarios for tests, written as an operator writes them."""

from __future__ import annotations

from pathlib import Path

from optimizer.errors import InputError
from optimizer.scenario.load import scenarios_in
from optimizer.scenario.placed import Scenario


def scenario(*changes: str, folder: Path = Path(), **more: str) -> Scenario:
    """A scenario of these changes, each the inside of a mapping: ``kind: price, scale: 2``."""
    listed = "".join(f"  - {{{change}}}\n" for change in changes)
    head = "name: test\nsummary: made up for a test\nsources: [made up]\n"
    others = "".join(f"{key}: {value}\n" for key, value in more.items())
    (one,) = scenarios_in(head + others + (f"changes:\n{listed}" if changes else ""), folder)
    return one


def faults(text: str, folder: Path = Path()) -> list[str]:
    """What is wrong with the text of a scenario."""
    try:
        scenarios_in(text, folder)
    except InputError as error:
        return [str(fault) for fault in error.faults]
    return []
