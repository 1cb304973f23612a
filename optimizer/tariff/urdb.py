"""`curtail tariff import`: a rate of the Utility Rate Database as the text of a contract file."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from optimizer.config.load import contract_in
from optimizer.config.scalars import scalar
from optimizer.config.yaml12 import parse
from optimizer.errors import Fault, InputError
from optimizer.tariff.charges import Remarks, demand, energy, fixed
from optimizer.tariff.keys import ENERGY, NOTED, PASSED_OVER, READ, REFUSED, canonical
from optimizer.tariff.source import TariffRate, as_text, read_rate
from optimizer.tariff.structure import is_charge

_LAYOUT: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 110, "default_flow_style": None}
_TAG = "tag:yaml.org,2002:"
_HALF_A_DAY = timedelta(hours=12)
_UNKNOWN = "is not a known key, so it may hold a charge"


def contract_text(
    path: Path, item: int | None = None, leave_out: Iterable[str] = (), holidays: str | None = None
) -> str:
    """The contract file of a URDB file's rate, its ``item``-th (from 1) where it has several.

    ``leave_out`` names keys that may be missing in the contract; its notes then say so. ``holidays`` is the calendar
    whose holidays count as days of the weekend (`energy.holidays`); the format has none. Raises InputError with
    everything of the rate that a contract cannot hold.
    """
    rate = read_rate(path, item)
    left = frozenset(canonical(key) for key in leave_out)
    _refuse_to_leave_out(rate, left)
    kept, remarks = rate.without(left), Remarks(holidays=holidays is not None)
    remarks.faults += _refused(kept)
    parts = energy(kept, remarks) | {"holidays": holidays} | demand(kept, remarks) | fixed(kept, remarks)
    if remarks.faults:
        raise InputError(set(remarks.faults))
    data: dict[str, Any] = {
        "name": as_text(rate.values.get("name") or rate.values.get("label") or path.stem)[:300],
        "source": _source(rate)[:1000],
        "notes": _Lines((*_notes(rate, left, holidays), *remarks.notes)),
        "energy": _Block(_without_nothing(parts)),
    }
    text: str = _header(rate) + yaml.dump(data, Dumper=_Dumper, **_LAYOUT)
    contract_in(parse(text, f"{path} as a contract"))
    return text


def _refuse_to_leave_out(rate: TariffRate, left: frozenset[str]) -> None:
    for key in sorted(left):
        if key not in rate.values:
            raise InputError(f"--leave-out {key}: {rate.file} has no such key")
        if key in ENERGY:
            raise InputError(f"--leave-out {key}: a contract needs a price of energy")


def _refused(rate: TariffRate) -> list[Fault]:
    """What cannot be taken by the name of its key alone; a key with nothing in it is no matter."""
    faults = []
    for key, value in rate.values.items():
        if key in READ or key in PASSED_OVER or key in NOTED or value is None:
            continue
        if key not in REFUSED or is_charge(value):
            reason = REFUSED.get(key, _UNKNOWN)
            acknowledge = f"to do without it: --leave-out {rate.spelling[key]}"
            faults.append(rate.fault((key,), f"{reason} (got {as_text(value)}); {acknowledge}"))
    return faults


def _notes(rate: TariffRate, left: frozenset[str], holidays: str | None) -> list[str]:
    """What a person should know of the rate, with what was left out first."""
    notes = [f"LEFT OUT: {rate.spelling[key]} ({as_text(rate.values[key])})." for key in sorted(left)]
    if rate.values.get("approved") is False:
        notes.append("Not yet approved by the database's reviewers.")
    if rate.values.get("enddate"):
        notes.append(f"In force until {_date(rate.values['enddate'])}.")
    notes += [
        f"{text}: {as_text(rate.values[key])}" for key, text in NOTED.items() if rate.values.get(key) not in (None, "")
    ]
    kind = "as the days of the week they fall on" if holidays is None else "as the weekend"
    return [*notes, f"The database has no holidays; they are billed {kind}."]


def _source(rate: TariffRate) -> str:
    written = [as_text(rate.values[key]) for key in ("source", "uri") if isinstance(rate.values.get(key), str)]
    label = rate.values.get("label")
    return written[0] if written else f"Utility Rate Database, {as_text(label)}" if label else "Utility Rate Database"


def _header(rate: TariffRate) -> str:
    """Comment lines: what was imported."""
    lines = ["Imported by `curtail tariff import` from the Utility Rate Database (https://openei.org/wiki/URDB)."]
    lines += [
        f"{title}: {as_text(rate.values[key])}"
        for key, title in (("utility", "Utility"), ("label", "Label"), ("uri", "Page"), ("sourceparent", "Tariff book"))
        if isinstance(rate.values.get(key), str)
    ]
    if rate.values.get("startdate") is not None:
        lines.append(f"In force from: {_date(rate.values['startdate'])}")
    return "".join(f"# {line}\n" for line in lines)


def _date(value: Any) -> str:
    """A date of the file. Seconds since 1970 mean the midnight of some American clock, or of UTC: the nearest is taken.

    >>> _date(Decimal(1735718400)), _date(Decimal(1727737200)), _date("2025-01-01")
    ('2025-01-01', '2024-10-01', '2025-01-01')
    """
    if isinstance(value, Decimal) and abs(value) < Decimal("1e10"):
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(value))
        return (moment + _HALF_A_DAY).date().isoformat()
    return as_text(value)


def _without_nothing(data: Any) -> Any:
    """Data without keys that hold None."""
    if isinstance(data, dict):
        return {key: _without_nothing(value) for key, value in data.items() if value is not None}
    return [_without_nothing(value) for value in data] if isinstance(data, list) else data


class _Lines(list[str]):
    """Texts that stand each on a line of its own."""


class _Block(dict[str, Any]):
    """A section whose keys stand each on a line of its own."""


class _Dumper(yaml.SafeDumper):
    """Writes the YAML 1.2 that contracts are read as."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write everything out."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """Text in quotes wherever YAML 1.2 would read it as something else."""
    plain = text[:1].isalpha() and scalar(text) == text
    return dumper.represent_scalar(_TAG + "str", text, style=None if plain else '"')


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Lines, lambda dumper, lines: dumper.represent_sequence(_TAG + "seq", lines, flow_style=False))
_Dumper.add_representer(_Block, lambda dumper, block: dumper.represent_mapping(_TAG + "map", block, flow_style=False))
