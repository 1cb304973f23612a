"""One day from its seed: a farm, calls, and what happens; every look of the job is judged."""

from __future__ import annotations

import csv
import itertools
import random
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.daily.walk import driver
from tests.daily.walk.controller import Controller, moment_of
from tests.daily.walk.farms import BEGINNINGS, farm_of, text_of, yaml_of
from tests.daily.walk.judge import Look, faults
from tests.daily.walk.orders import Orders, fleet_of
from tests.daily.walk.place import FARMS, HURTS, PRICES, Place, call, cut_of, write_whole

JUMPS = (timedelta(minutes=-55), timedelta(hours=-3), timedelta(days=-400), timedelta(hours=5), timedelta(days=1500))
HOUR = timedelta(hours=1)


@dataclass
class Day:
    """A day under way. ``told`` is what happened, in words; ``wrong`` what must not be."""

    seed: int
    folder: Path
    told: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.dice = dice = random.Random(self.seed)
        self.begins = dice.choice(BEGINNINGS)
        first = self.begins + timedelta(hours=dice.choice((2, 7, 13)), minutes=dice.choice((0, 0, 7, 31)))
        farm = farm_of(dice)
        if "demand" in farm["energy"]:
            begins = first - timedelta(minutes=first.minute % farm["horizon"]["intervals"][0]["minutes"])
            farm["state"] = {"at": text_of(begins), "bill": {"peaks_mw": {"Any time": 0}}}
        self.watched = dice.random() < 0.4
        self.silent_after = timedelta(minutes=90) if self.watched and dice.random() < 0.4 else None
        if self.silent_after is not None:
            farm["daily"]["feed"] = {"silent_minutes": self.silent_after.total_seconds() / 60}
        self.place = Place(self.folder, dice, farm, self.begins)
        self.place.now = first
        text = yaml_of(farm)
        self.orders = Orders(fleet_of(text), farm["timezone"])
        self.controller = Controller(self.place.state / "setpoints.json")
        self.watching: driver.Watching | None = None
        self.drawn: float | None = None  # by the controller, just before the last look
        self.every = timedelta(minutes=dice.choice((10, 15, 30, 30, 60)))
        self.looks = dice.randrange(8, 15)
        self.torn = False  # whether calls by telephone were damaged
        self.inside = self.seed % 5 in (0, 1)
        self.feeding, self.fed = True, first  # whether prices arrive, and when the newest one began
        self.past: list[tuple[datetime, datetime, float]] = []  # what the controller drew, from, until

    def run(self) -> Day:
        """Walk through the day."""
        dice, place = self.dice, self.place
        try:
            self._look(None)
            plan = self._script()
            for number in range(1, self.looks):
                place.now += self.every + timedelta(seconds=dice.choice((0, 0, 1, 50)))
                self.told.append(f"-- {text_of(place.now)}")
                kill = self._happen(plan.get(number, []))
                self._look(kill)
        finally:
            if self.watching is not None:
                self.watching.close()
        return self

    def _script(self) -> dict[int, list[str]]:
        """What happens before which look."""
        dice, last = self.dice, self.looks - 1
        plan: dict[int, list[str]] = {}
        first = self.place.now
        for number in range(dice.choice((1, 1, 2))):
            at = dice.randrange(1, max(last // 2, 2))
            begins = first + at * self.every + timedelta(minutes=dice.choice((-20, 0, 3, 30, 45, 120)))
            begins -= timedelta(minutes=begins.minute % 5, seconds=begins.second)
            ends = begins + timedelta(minutes=dice.choice((45, 60, 180, 240)))
            how = dice.choice(("file", "file", "phone"))
            plan.setdefault(at, []).append(f"{how} {number} {begins.isoformat()} {ends.isoformat()}")
            if dice.random() < 0.25:
                plan.setdefault(dice.randrange(at + 1, last + 2), []).append(dice.choice(("cancel", "release")))
            if self.inside and number == 0:
                within = [n for n in range(at, last + 1) if begins <= first + n * self.every < ends] or [at]
                plan.setdefault(dice.choice(within), []).append(self._fault())
        for _ in range(dice.choice((0, 1, 1, 2, 3))):
            plan.setdefault(dice.randrange(1, last + 1), []).append(self._fault())
        if self.silent_after is not None and dice.random() < 0.6:
            plan.setdefault(dice.randrange(1, last), []).append("feed dies")
        for number in sorted(plan):
            if any(deed.split(":")[0] in ("farm", "prices") for deed in plan[number]) and dice.random() < 0.7:
                plan.setdefault(number + dice.randrange(1, 4), []).insert(0, "repair")
        return plan

    def _fault(self) -> str:
        dice = self.dice
        kinds = (
            *(f"farm:{name}" for name in FARMS if name != "whole"),
            *(f"prices:{name}" for name in PRICES if name != "whole"),
            *(f"hurt:{name}" for name in HURTS),
            *("kill", "kill", "kill", "jump", "jump", "full disk", "silence", "measured", "stranger", "feed dies"),
        )
        return dice.choice(kinds)

    def _happen(self, deeds: list[str]) -> str:
        """Let things happen; what is to befall the run itself, if so."""
        place, dice, run = self.place, self.dice, ""
        for deed in deeds:
            kind, _, name = deed.partition(":") if ":" in deed.split(" ")[0] else deed.partition(" ")
            self.told.append(deed)
            self.count[kind if kind != "hurt" else deed] += 1
            if kind == "file" or kind == "phone":
                number, begins, ends = name.split(" ")
                made = call(
                    place, f"C{number}", datetime.fromisoformat(begins), datetime.fromisoformat(ends), cut_of(place)
                )
                self.told[-1] = f"{kind}: {made}"
                (place.calls if kind == "file" else place.phoned).append(made)
                self._ring(made) if kind == "phone" else place.write()
            elif kind in ("cancel", "release"):
                self._let_go(kind)
            elif kind == "farm":
                place.farm_is = name
                place.write()
            elif kind == "prices":
                place.prices_are = name
                place.write()
            elif kind == "repair":
                place.farm_is = place.prices_are = "whole"
                place.write()
            elif kind == "hurt":
                HURTS[name](place)
                self.torn = self.torn or name == "phone calls damaged"
            elif kind == "jump":
                by = dice.choice(JUMPS)
                self.told[-1] = f"the clock jumps by {by}"
                place.now += by
                self.orders.known.clear()
            elif kind == "feed dies":
                self.feeding = False
            elif kind == "silence":
                place.now += timedelta(hours=dice.choice((3, 14, 200)))
            elif kind == "measured":
                self._measured()
            elif kind == "stranger":
                self._stranger()
            else:
                run = deed
        return run

    def _ring(self, made: dict[str, Any]) -> None:
        """A call by telephone: by the command where it can say as much, else by hand."""
        form, place = made["cut"]["form"], self.place
        plain = set(made) == {"name", "start", "end", "cut"} and set(made["cut"]) <= {"form", "mw"}
        if plain and form != "to_share" and (place.state / "farm.json").is_file():
            what = {"to_level": "--to", "by_amount": "--by"}.get(form, "--to"), str(made["cut"].get("mw", "stop"))
            when = ("--from", made["start"], "--until", made["end"], "--at", text_of(place.now))
            ending = driver.command("call", "--state", str(place.state), *what, *when, "--name", made["name"])
            if ending.code == 0:
                return
            if ending.trouble or (moment_of(made["end"]) > place.now and not self.torn):
                self.wrong.append(f"curtail call {what} {when}: {ending}")
        self._phone()

    def _phone(self) -> None:
        file = self.place.state / "calls.yaml"
        if file.is_dir():
            shutil.rmtree(file)
        write_whole(file, yaml_of({"events": self.place.phoned}))

    def _let_go(self, kind: str) -> None:
        place = self.place
        for calls in (place.calls, place.phoned):
            if calls and kind == "cancel":
                calls.pop()
            elif calls and moment_of(calls[-1]["start"]) < place.now < moment_of(calls[-1]["end"]):
                calls[-1]["end"] = text_of(place.now)
                calls[-1].pop("excused", None)
        place.write()
        if (place.state / "calls.yaml").exists():
            self._phone()

    def _measured(self) -> None:
        """An operator hands over what really runs."""
        document = self.controller.document
        if document is None:
            return
        running = self.controller.running(self.place.now)
        groups: dict[str, int] = {}
        for (group, _), count in running.items():
            groups[group] = groups.get(group, 0) + int(count)
        data = {
            "at": text_of(self.place.now),
            "grid_import_mw": round(self.orders.fleet.import_mw(running), 4),
            "groups": {name: {"running": count} for name, count in groups.items()},
        }
        target = self.place.state / "state.yaml"
        shutil.rmtree(target, ignore_errors=True)
        write_whole(target, yaml_of({key: value for key, value in data.items() if value != {}}))

    def _stranger(self) -> None:
        """Another farm's job is given this farm's state folder: it must leave everything as it is."""
        if self.watching is not None or not (self.place.state / "farm.json").exists():
            return
        elsewhere = self.folder / f"other{len(self.told)}"
        elsewhere.mkdir()
        other = farm_of(random.Random(self.seed + 10**6))
        other["fleet"][0]["name"] = "Other"
        (elsewhere / "farm.yaml").write_text(yaml_of(other))
        shutil.copy(self.folder / "farm" / "prices.csv", elsewhere) if self.place.prices.exists() else None
        before = self._bytes()
        ending = driver.daily(elsewhere / "farm.yaml", self.place.state, self.place.now)
        if ending.code in (0, 4, 6) or self._bytes() != before:
            self.wrong.append(f"another farm used this state: code {ending.code}, {ending.said}")

    def _bytes(self) -> list[bytes]:
        files = [self.place.state / name for name in ("setpoints.json", "setpoints.csv", "latest/record.json")]
        return [file.read_bytes() if file.is_file() else b"" for file in files]

    def _look(self, run: str | None) -> None:
        """One look of the job, and the judgement of it."""
        place = self.place
        self._feed()
        before = self._before()
        kill = self.dice.uniform(0.0, 0.12) if run == "kill" else None
        known = (place.read(place.file), place.read(place.state / "calls.yaml"))
        most = self.dice.choice((0, 300, 5_000, 40_000)) if run == "full disk" else None
        ending = self._run(kill, most)
        self.told.append(f"   {ending.code} {' | '.join(ending.said)[:300]}{' killed' if ending.killed else ''}")
        if ending.trouble or any("unexpected: " in line for line in ending.said):
            self.wrong.append(f"{text_of(place.now)}: {ending.trouble or ending.said}")
        said = self.controller.look()
        if said not in (None, "no document"):
            self.wrong.append(f"{text_of(place.now)}: the document {said}")
        if said == "no document" and not ending.killed and self.controller.document is None and run != "full disk":
            self.count["no document yet"] += 1
        done = not ending.killed and not (most is not None and ending.code == 1)
        document = self.controller.document
        if done or (document is not None and moment_of(document["made_at"]) == place.now.replace(microsecond=0)):
            self.orders.read(*known, meant=None if place.farm_is == "whole" and not self.torn else place.calls)
            self.orders.note(self._start(), self.orders.fleet.full_mw if before is None else before)
            silent = self._silent() and self.watching is not None
            look = Look(place.now, self._start(), ending.code, before, place.lost, not done, silent)
            found = list(faults(look, self.orders, self.controller)) if document is not None else []
            self.wrong += [f"{text_of(place.now)}: {fault}" for fault in found]
            if document is not None:
                self.count[f"source {document['source']}"] += 1
                self.count[f"status {document['status']}"] += 1
                self.told.append(f"   {document['status']}, {document['source']}, short {document['short_mw']}")
                place.lost = place.lost and document["source"] not in ("plan", "nearest")
        self._draw(place.now, place.now + self.every)

    def _feed(self) -> None:
        """Let the price of the present quarter of an hour arrive."""
        if self.silent_after is None or not self.feeding:
            return
        now = self.place.now
        self.fed = now - timedelta(minutes=now.minute % 15, seconds=now.second, microseconds=now.microsecond)
        row = f"start,price\n{text_of(self.fed)},{self.dice.uniform(10, 60):.2f}\n"
        write_whole(self.place.feed / "now.csv", row)

    def _silent(self) -> bool:
        """Whether the feed has said nothing for longer than the farm file allows."""
        return self.silent_after is not None and self.place.now - self.fed > self.silent_after

    def _run(self, kill: float | None, most: int | None) -> driver.Ending:
        place = self.place
        if not self.watched or most is not None:
            if self.watching is not None:
                self.watching.close()
                self.watching = None
            return driver.daily(place.file, place.state, place.now, kill_after=kill, most_bytes=most)
        if self.watching is None:
            self.watching = driver.Watching(place.file, place.state, place.feed)
            if self.watching.trouble:
                return driver.Ending(trouble=self.watching.trouble)
        ending = self.watching.step(place.now, kill)
        if ending.killed or ending.trouble:
            self.watching.close()
            self.watching = None
        return ending

    def _start(self) -> datetime:
        """The beginning of the interval that now lies in."""
        now, minutes = self.place.now, self.place.farm["horizon"]["intervals"][0]["minutes"]
        return now - timedelta(minutes=now.minute % minutes, seconds=now.second, microseconds=now.microsecond)

    def _draw(self, begins: datetime, ends: datetime) -> None:
        """Note what the controller draws until the next look."""
        document = self.controller.document
        changes = [moment_of(row["next"]["at"]) for row in document["setpoints"] if row["next"]] if document else []
        changes += [moment_of(document["valid_until"])] if document else []
        edges = sorted({begins, *(m for m in changes if begins < m < ends), ends})
        for a, b in itertools.pairwise(edges):
            if self.controller.valid(a):
                self.past.append((a, b, self.orders.fleet.import_mw(self.controller.running(a))))

    def _before(self) -> float | None:
        """The most that may have been drawn just before this look's interval: by the controller, or by the schedule."""
        start, fleet = self._start(), self.orders.fleet
        seen = [mw for a, b, mw in self.past if a < start <= b]
        try:
            with (self.place.state / "latest" / "schedule.csv").open(newline="") as text:
                table = list(csv.DictReader(text))
        except (OSError, ValueError, csv.Error):
            table = []
        ends = [row for row in table if moment_of(row["interval_start"]) < start]
        last = max((moment_of(row["interval_start"]) for row in ends), default=None)
        on = {
            (row["group"], key[3:]): float(value)
            for row in ends
            if moment_of(row["interval_start"]) == last
            for key, value in row.items()
            if key.startswith("on_") and value
        }
        if on:
            seen.append(fleet.import_mw({point: count for point, count in on.items() if point in fleet.watts}))
        begun = [row for row in table if moment_of(row["interval_start"]) == start]
        if (
            table and not ends and begun and self.past
        ):  # the same interval again: the plan began from what ran before it
            seen.append(max(mw for _, _, mw in self.past))
        return max(seen, default=None)


def walk(seed: int) -> Day:
    """One day in a folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"walk-{seed}-"))
    try:
        return Day(seed, folder).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
