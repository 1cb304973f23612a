"""The folders of one farm, and everything that can happen to them."""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.daily.walk.farms import full_mw, prices_of, text_of, yaml_of

Deed = Callable[["Place"], None]


class Place:
    """A farm on disk. ``now`` is the clock of the machine, ``wrong`` what is broken at present."""

    def __init__(self, folder: Path, dice: random.Random, farm: dict[str, Any], begins: datetime) -> None:
        self.folder, self.dice, self.farm, self.begins = folder, dice, farm, begins
        self.file, self.prices = folder / "farm" / "farm.yaml", folder / "farm" / "prices.csv"
        self.state, self.feed = folder / "state", folder / "feed"
        for path in (self.file.parent, self.state, self.feed):
            path.mkdir(parents=True)
        self.now = begins
        self.calls: list[dict[str, Any]] = []
        self.phoned: list[dict[str, Any]] = []
        self.farm_is = self.prices_are = "whole"
        self.lost = False  # whether the job may have lost what it carries
        self._price_text = prices_of(dice, begins)
        self.write()

    def write(self) -> None:
        """Write the farm file and the price file as they are to be."""
        write_whole(self.file, FARMS[self.farm_is](self))
        write_whole(self.prices, PRICES[self.prices_are](self))

    def data(self) -> dict[str, Any]:
        """The farm file with its calls."""
        found = copy.deepcopy(self.farm)
        if self.calls:
            found["events"] = copy.deepcopy(self.calls)
        return found

    @property
    def price_text(self) -> str:
        """The prices where nothing is wrong with them."""
        return self._price_text

    def read(self, path: Path) -> str | None:
        """The text of a file; None where there is none."""
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            return None


def write_whole(path: Path, text: str | None) -> None:
    """Put a text in place as editors do; None takes the file away."""
    if text is None:
        path.unlink(missing_ok=True)
        return
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, path)


def _other_section(place: Place) -> str:
    data = place.data()
    dice = place.dice
    match dice.randrange(5):
        case 0:
            data["revenue"] = {"hashprice_usd_per_ph_day": "many"}
        case 1:
            data["energy"]["price_usd_per_mwh"] = {"file": 7}
        case 2:
            data["fleet"][0]["units"] = "many"
        case 3:
            data["horizon"]["hours"] = -1
        case _:
            data["daily"] = {"safe_postures": {"all_off": True}}
    return yaml_of(data)


def _misspelt(place: Place) -> str:
    data = place.data()
    events = data.setdefault("events", [])
    if not events:
        events.append(call(place, "Ghost", place.now, place.now + timedelta(hours=2), {"form": "full_stop"}))
    event = place.dice.choice(events)
    match place.dice.randrange(4):
        case 0:
            event["cut"]["form"] = "fullstop"
        case 1:
            event["end"] = event["start"]
        case 2:
            event["strat"] = event.pop("start")
        case _:
            event["cut"] = {"form": "to_level", "mw": "low"}
    return yaml_of(data)


FARMS: dict[str, Callable[[Place], str | None]] = {
    "whole": lambda place: yaml_of(place.data()),
    "other section": _other_section,
    "misspelt call": _misspelt,
    "no YAML": lambda place: yaml_of(place.data()) + "\nrevenue: {a: [\n",
    "half": lambda place: (text := yaml_of(place.data()))[: place.dice.randrange(len(text))],
    "empty": lambda place: "",
    "gone": lambda place: None,
}
PRICES: dict[str, Callable[[Place], str | None]] = {
    "whole": lambda place: place.price_text,
    "cut": lambda place: place.price_text[: place.dice.randrange(200)],
    "late": lambda place: "".join(
        line + "\n"
        for line in place.price_text.splitlines()
        if line.startswith("i") or datetime.fromisoformat(line.split(",")[0]) < place.now - timedelta(hours=1)
    ),
    "noise": lambda place: "\ufffd\u2028" * 50,
    "gone": lambda place: None,
    "no numbers": lambda place: place.price_text.replace(".", "x"),
}


def call(place: Place, name: str, start: datetime, end: datetime, cut: dict[str, Any]) -> dict[str, Any]:
    """A call as a farm file has it, with what else may stand in one."""
    dice = place.dice
    found: dict[str, Any] = {"name": name, "start": text_of(start), "end": text_of(end), "cut": cut}
    if dice.random() < 0.3:
        found["respond_minutes"] = dice.choice((5, 10, 30))
    if dice.random() < 0.2:
        found["restore_mw_per_hour"] = round(full_mw(place.farm) / dice.choice((1, 3)), 3)
    if dice.random() < 0.2 and end - start > timedelta(hours=1):
        middle = start + (end - start) / 2
        found["excused"] = [{"start": text_of(middle), "end": text_of(middle + timedelta(minutes=30))}]
    return found


def cut_of(place: Place) -> dict[str, Any]:
    """A limit in any of the forms."""
    dice, full = place.dice, full_mw(place.farm)
    share = dice.choice((0.0, 0.2, 0.5, 0.7))
    return dice.choice(
        (
            {"form": "full_stop"},
            {"form": "to_level", "mw": round(share * full, 3)},
            {"form": "by_amount", "mw": round(full * (1.01 - share), 3)},
            {"form": "by_amount", "mw": round(full * 0.4, 3), "baseline_mw": round(full * 0.8, 3)},
            {"form": "to_share", "share": share},
        )
    )


def _ruin(path: Path, dice: random.Random) -> None:
    """What disks, people and programs do to a file."""
    data = path.read_bytes() if path.is_file() else b""
    if path.is_dir():
        shutil.rmtree(path) if not path.is_symlink() else path.unlink()
    match dice.randrange(7):
        case 0:
            path.write_bytes(data[: dice.randrange(len(data) + 1)])
        case 1:
            path.write_bytes(dice.randbytes(dice.randrange(1, 3000)))
        case 2:
            path.write_bytes(b"")
        case 3:
            path.unlink(missing_ok=True)
        case 4:
            path.write_bytes(dice.choice((b"{}", b"[]", b"null", b"[[[[[[", b'{"a": 1e999}', b"[" * 100_000, b"NaN")))
        case 5:
            rotten = bytearray(data or b"x")
            for _ in range(dice.randrange(1, 20)):
                rotten[dice.randrange(len(rotten))] = dice.randrange(256)
            path.write_bytes(bytes(rotten))
        case _:
            path.unlink(missing_ok=True)
            path.mkdir()


def hurt_history(place: Place) -> None:
    place.lost = True
    for path in place.state.glob("history.sqlite-*"):
        path.unlink()
    _ruin(place.state / "history.sqlite", place.dice)


def hurt_latest(place: Place) -> None:
    place.lost, link = True, place.state / "latest"
    aim = place.dice.choice((None, "runs/none", "latest", "/", "../farm", "file"))
    link.unlink(missing_ok=True)
    if aim == "file":
        link.write_text("runs/none")
    elif aim is not None:
        link.symlink_to(aim)


def hurt_record(place: Place) -> None:
    if (place.state / "latest" / "record.json").exists():
        place.lost = True
        _ruin((place.state / "latest").resolve() / "record.json", place.dice)


def hurt_record_data(place: Place) -> None:
    """Change a value somewhere in the record."""
    file = place.state / "latest" / "record.json"
    try:
        data = json.loads(file.read_text())
    except (OSError, ValueError):
        return
    place.lost = True
    part = data
    while isinstance(part, dict | list) and part:
        key = place.dice.choice(list(part) if isinstance(part, dict) else range(len(part)))
        if not isinstance(part[key], dict | list) or not part[key] or place.dice.random() < 0.2:
            part[key] = place.dice.choice((None, "x", -1, 10**400, [], {}, True, 1e308))
            break
        part = part[key]
    file.write_text(json.dumps(data))


def hurt_points(place: Place) -> None:
    _ruin(place.state / place.dice.choice(("setpoints.json", "setpoints.json", "setpoints.csv")), place.dice)


def hurt_identity(place: Place) -> None:
    _ruin(place.state / "farm.json", place.dice)


def hurt_calls(place: Place) -> None:
    _ruin(place.state / "calls.yaml", place.dice)


def hurt_measured(place: Place) -> None:
    text = place.dice.choice(
        (
            "at: 1999-01-01 00:00\ngroups: {A: {running: 3}}\n",
            f'at: "{text_of(place.now)}"\ngroups: {{A: {{running: -3}}}}\n',
            f'at: "{text_of(place.now)}"\ngroups: {{Z: {{running: 3}}}}\n',
            "at: soon\n",
            "[1, 2\n",
            "\x00\x01",
            f'at: "{text_of(place.now)}"\ngrid_import_mw: .inf\n',
        )
    )
    (place.state / "state.yaml").write_text(text)


def hurt_feed(place: Place) -> None:
    """Files that are no prices, or none of these days."""
    number = place.dice.randrange(3)
    row = f"{text_of(place.now)},{place.dice.choice(('nan', '1e999', '1' + '0' * 310, '--', '9' * 400, 'lots'))}"
    text = ("start,price\n" + row, '{"rows": [[]], "more": []}', "[" * 50_000)[number]
    (place.feed / f"bad{place.dice.randrange(100)}.{('csv', 'json', 'json')[number]}").write_text(text)


HURTS: dict[str, Deed] = {
    "history damaged": hurt_history,
    "latest damaged": hurt_latest,
    "record damaged": hurt_record,
    "record altered": hurt_record_data,
    "set-points damaged": hurt_points,
    "identity damaged": hurt_identity,
    "phone calls damaged": hurt_calls,
    "state.yaml damaged": hurt_measured,
    "feed noise": hurt_feed,
}
