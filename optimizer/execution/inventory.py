"""Which machine stands where: a CSV row each, with its group, its driver, its address and its breaker."""

from __future__ import annotations

import csv
import io
import ipaddress
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from optimizer.config.base import Name, Positive, Section
from optimizer.config.farm import Farm
from optimizer.config.files import why_unreadable
from optimizer.errors import Fault, InputError
from optimizer.execution.drivers import driver, driver_names
from optimizer.outside import read_regular

_MOST_BYTES = 50_000_000


class MachineEntry(Section):
    """A machine. ``j_per_th`` ranks it in its group; without it all are as the group's nameplate.

    With ``mac`` one that answers at its address and has another MAC address is told nothing.
    """

    name: Name
    group: str
    driver: str
    address: str
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    breaker: str = ""
    j_per_th: Positive | None = None
    mac: Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{2}[:-]?){5}[0-9A-Fa-f]{2}$")] | None = None


COLUMNS = tuple(MachineEntry.model_fields)


def read_inventory(
    file: Path, columns: Mapping[str, str] | None = None, given: Mapping[str, str] | None = None
) -> tuple[MachineEntry, ...]:
    """The machines of a CSV file. Raises InputError with every fault.

    ``columns`` says which column of another program's export holds a field, ``given`` what a field is in every row.
    """
    try:
        text = read_regular(file, _MOST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise InputError([Fault(str(file), 1, 1, "", why_unreadable(error))]) from None
    except ValueError:
        raise InputError([Fault(str(file), 1, 1, "", "the file is not UTF-8")]) from None
    named = {field: field for field in COLUMNS} | dict(columns or {})
    rows = csv.DictReader(io.StringIO(text))
    there = [name.strip() for name in rows.fieldnames or ()]
    rows.fieldnames = there
    faults = [
        Fault(str(file), 1, 1, named[field], f"there is no such column; there are: {', '.join(there) or 'none'}")
        for field, rule in MachineEntry.model_fields.items()
        if (rule.is_required() or field in (columns or {})) and named[field] not in there and field not in (given or {})
    ]
    entries: list[MachineEntry] = []
    seen: dict[tuple[str, ...], int] = {}
    for row in rows if not faults else ():
        values = {field: (row.get(named[field]) or "").strip() for field in COLUMNS} | dict(given or {})
        try:
            entry = MachineEntry.model_validate({key: value for key, value in values.items() if value}, strict=False)
        except ValidationError as error:
            for fault in error.errors():
                field = ".".join(map(str, fault["loc"]))
                faults.append(
                    _fault(file, rows.line_num, there, named, field, f"{fault['msg']} (got {values.get(field, '')!r})")
                )
            continue
        problems = _wrong(entry)
        for field, sentence in problems:
            faults.append(_fault(file, rows.line_num, there, named, field, sentence))
        for key in (("name", entry.name), _place(entry)):
            if key in seen:
                faults.append(
                    _fault(file, rows.line_num, there, named, key[0], f"{key[1]} stands in line {seen[key]} already")
                )
            seen.setdefault(key, rows.line_num)
        entries.append(entry)
    if faults:
        raise InputError(faults)
    return tuple(entries)


def _fault(file: Path, line: int, there: Sequence[str], named: Mapping[str, str], field: str, sentence: str) -> Fault:
    column = there.index(named[field]) + 1 if named.get(field) in there else 1
    return Fault(str(file), line, column, named.get(field, field), sentence)


def _place(entry: MachineEntry) -> tuple[str, ...]:
    """Where it listens, the same however that is written."""
    port = entry.port or (driver(entry.driver).PORT if entry.driver in driver_names() else 0)
    with suppress(ValueError):
        return "address", str(ipaddress.ip_address(entry.address)), str(port)
    return "address", entry.address, str(port)


def _wrong(entry: MachineEntry) -> list[tuple[str, str]]:
    problems = []
    try:
        ipaddress.ip_address(entry.address)
    except ValueError:
        problems.append(
            ("address", f"must be an IP address, so that it can be held to the allowed ones (got {entry.address!r})")
        )
    if entry.driver not in driver_names():
        problems.append(("driver", f"there is none called {entry.driver!r}; there are: {', '.join(driver_names())}"))
    return problems


def inventory_text(entries: Iterable[MachineEntry]) -> str:
    """The CSV of an inventory."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(entry.model_dump() for entry in entries)
    return buffer.getvalue()


def differences(entries: Sequence[MachineEntry], farm: Farm) -> tuple[str, ...]:
    """What inventory and farm file say differently, in sentences with what to do."""
    counted = Counter(entry.group for entry in entries)
    groups = {group.name: group for group in farm.fleet}
    lines = [
        f"{name}: the farm file has no such group; correct `group` of {n} machines, or add it to `fleet`"
        for name, n in counted.items()
        if name not in groups
    ]
    for name, group in groups.items():
        n = counted[name]
        if n != group.units:
            more = "add them, or lower `units`" if n < group.units else "raise `units`"
            lines.append(f"{name}: {n:,} machines in the inventory, {group.units:,} in the farm file; {more}")
        if len(group.modes) > 1:
            rigid = sorted(
                {entry.driver for entry in entries if entry.group == name and not driver(entry.driver).STEPS}
            )
            if rigid:
                lines.append(
                    f"{name}: {', '.join(rigid)} cannot set watts, so the modes {', '.join(group.modes)} are all one "
                    "to it; plan the group with one mode"
                )
    return tuple(lines)
