"""actions.ics: the first steps of a schedule as a calendar, in the form of RFC 5545.

Written out here: with a library it took 7% of the time of a short plan, and `daily` writes one every few minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import NAMESPACE_OID, uuid5

from optimizer.report.kit.text import number, plural
from optimizer.report.plan.actions import ActionStep, ToDo

MOST_IN_CALENDAR = 200
_OCTETS = 74  # of a line, its break left out
_REMINDER = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:curtail", "TRIGGER:-PT15M", "END:VALARM")


def calendar(todo: ToDo) -> str:
    """The text of the file: each step with a reminder; one that stays in the next plan keeps its UID."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//curtail//what to do//EN"]
    lines.append(f"X-WR-CALNAME:{_escaped(f'{todo.c.farm.name}: what to do')}")
    for step in todo.steps[:MOST_IN_CALENDAR]:
        lines += ["BEGIN:VEVENT", *_event(todo, step), *_REMINDER, "END:VEVENT"]
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCALENDAR"))


def _event(todo: ToDo, step: ActionStep) -> Iterator[str]:
    farm, starts = todo.c.farm.id or todo.c.farm.name, todo.c.grid.starts
    at = starts[step.at]
    those = [
        f"{todo.name(one)}: {one.switch.before} to {one.switch.after}, {plural(one.switch.units, 'machine')}"
        for one in step.actions
    ]
    title = f"{step.what}: {step.who} ({plural(step.units, 'machine')}, {number(step.mw, 2)} MW)"
    yield f"SUMMARY:{_escaped(title)}"
    yield f"DTSTART:{at:%Y%m%dT%H%M%SZ}"
    yield f"DTSTAMP:{starts[0]:%Y%m%dT%H%M%SZ}"
    yield f"UID:{uuid5(NAMESPACE_OID, f'{farm} {at.isoformat()} {step.what} {step.actions[0].reason}')}"
    text = "\n".join([": ".join(filter(None, [step.why, step.prices])), *those])
    yield f"DESCRIPTION:{_escaped(text)}"
    yield "TRANSP:TRANSPARENT"


def _escaped(text: str) -> str:
    r"""A text as a value.

    >>> _escaped("a, b; c\n")
    'a\\, b\\; c\\n'
    """
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> str:
    r"""A line over several, each begun by a space; characters and what is escaped stay whole.

    >>> [len(piece) for piece in _folded("x" * 100).split("\r\n ")]
    [74, 26]
    """
    octets, pieces = line.encode(), list[bytes]()
    while len(octets) > _OCTETS:
        at = _OCTETS
        while octets[at] & 0xC0 == 0x80:  # within a character
            at -= 1
        at -= octets[at - 1] in b"\\"
        pieces.append(octets[:at])
        octets = octets[at:]
    return b"\r\n ".join([*pieces, octets]).decode()
