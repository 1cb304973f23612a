"""Try the execution of set-points on a simulated farm: a call met, machines named, kills survived. In simulated time.

``python -m tools.closed_loop --machines 1000 --seeds 100`` prints what was measured; with ``--kills 100`` the process
that sends is ended at so many random moments of each run and begun anew.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from optimizer.config.farm import Farm
from optimizer.daily.document import FarmId, SetPoint, SetPoints
from optimizer.execution.audit import AUDIT, Audit
from optimizer.execution.credentials import Credentials, Login
from optimizer.execution.executor import Executor, Pace
from optimizer.execution.gate import HOLD, Gate, networks
from optimizer.execution.inventory import MachineEntry
from optimizer.execution.unit import units_in
from optimizer.simulated.body import Body
from optimizer.simulated.clock import SimulatedTime
from optimizer.simulated.farm import FaultShares, SimulatedFarm, drawn
from optimizer.simulated.firmware import FIRMWARE

BEGAN = datetime(2026, 2, 11, 12, tzinfo=UTC)
CALL_S, RESPOND_S, CALL_LASTS_S, AFTER_S = 300.0, 600.0, 3600.0, 2100.0
MARGIN = 0.015  # of the load, that the call keeps for machines that cannot be stopped or wake by themselves
RESTART_S = 300.0
PACE = Pace(starts=50, every_s=60.0)
PASSWORD = "hunter2-of-nobody"  # noqa: S105 - of machines that are not there
_SAMPLE_S = 10.0
WATTS, TERAHASHES = 3500.0, 200.0


@dataclass
class Outcome:
    """What a run came to."""

    seed: int
    worst_mw_above: float  # of the meter above the call's limit, from its response time on
    begun_s: float  # from the set-point to the first command that a machine got
    met_s: float  # from the set-point until the meter is at the limit for good
    dead: int
    named_in_time: bool  # every machine that cannot be stopped, before the deadline
    named_mw: float
    held_mw: float  # what those really draw
    starts_in_call: int  # that were asked for
    most_starts: int  # asked for in any stretch of the pace
    astray: int  # machines that answer and are not where they are to be, at the end
    kills: int
    commands: int
    real_s: float
    said: list[str] = field(default_factory=list, repr=False)


def group_of(firmware: str) -> str:
    """The group that holds the machines of a firmware."""
    return f"Hall {firmware}"


def farm_of(machines: int) -> Farm:
    """A farm of one group for each firmware."""
    model = {"hashrate_th": TERAHASHES, "power_w": WATTS, "cooling": "air", "source": "made up", "confidence": "low"}
    fleet = [
        {
            "name": group_of(firmware),
            "units": machines // len(FIRMWARE),
            "standby_w": 25.0,
            "restart_minutes": RESTART_S / 60,
            "machine": model | {"model": f"Of {firmware}"},
        }
        for firmware in FIRMWARE
    ]
    written = {
        "name": "Simulated",
        "timezone": "UTC",
        "site": {"import_limit_mw": machines * 4e-3},
        "fleet": fleet,
        "revenue": {"hashprice_usd_per_ph_day": 33.0},
        "energy": {"price_usd_per_mwh": 40.0},
        "horizon": {"start": "2026-02-11 12:00", "hours": 24},
    }
    return Farm.model_validate_json(json.dumps(written))


def inventory_of(machines: int) -> tuple[MachineEntry, ...]:
    """Each machine at an address of its own, 40 behind a breaker, the later the less efficient."""
    return tuple(
        MachineEntry(
            name=f"m{i:05d}",
            group=group_of(FIRMWARE[i % len(FIRMWARE)]),
            driver=FIRMWARE[i % len(FIRMWARE)],
            address=f"127.{i // 60_000 + 1}.{i // 250 % 240}.{i % 250 + 1}",
            port=4028 if i % 2 == 0 else 8080,
            breaker=f"B{i // 40}",
            j_per_th=17.5 + i * 1e-4,
        )
        for i in range(machines)
    )


def bodies_of(entries: tuple[MachineEntry, ...]) -> list[Body]:
    """The machines themselves."""
    return [
        Body(
            one.name, one.address, one.port or 0, one.driver, WATTS, TERAHASHES, restart_s=RESTART_S, password=PASSWORD
        )
        for one in entries
    ]


def handed_out(on: dict[str, int], now: float, sequence: int) -> SetPoints:
    """Set-points as a watch would write them now, for a quarter of an hour."""
    at = datetime.fromtimestamp(now, UTC)
    points = tuple(
        SetPoint(
            group=group, mode="normal", machines_on=n, since=at, until=at + timedelta(days=1), reason="event", next=None
        )
        for group, n in on.items()
    )
    return SetPoints(
        contract=2,
        farm=FarmId(id="simulated", name="Simulated"),
        plan="run",
        epoch=1,
        sequence=sequence,
        made_at=at,
        valid_until=at + timedelta(minutes=15),
        status="planned",
        source="plan",
        stale=False,
        price_age_minutes=None,
        short_mw=0.0,
        short_until=None,
        message=(),
        setpoints=points,
    )


class Trial:
    """A call of an hour on a simulated farm: all groups but the first sleep, of that one half goes on."""

    def __init__(self, seed: int, machines: int, kills: int, folder: Path, faults: FaultShares | None = None) -> None:
        self.entries, self.farm, self.folder, self.seed = inventory_of(machines), farm_of(machines), folder, seed
        shares = faults or FaultShares(over_s=CALL_S + CALL_LASTS_S)
        self.bodies = drawn(bodies_of(self.entries), shares, seed)
        self.loop_time = 0.0
        self.site = SimulatedFarm(self.bodies, self.wall)
        logins = {firmware: Login(password=SecretStr(PASSWORD)) for firmware in FIRMWARE}
        self.credentials = Credentials({}, logins)
        each = machines // len(FIRMWARE)
        self.all_on = {group_of(firmware): each for firmware in FIRMWARE}
        self.in_call = dict.fromkeys(self.all_on, 0) | {group_of(FIRMWARE[0]): each // 2}
        running = sum(self.in_call.values())
        sleeping = machines - running
        self.limit_mw = (running * WATTS + sleeping * 25.0 + MARGIN * machines * WATTS) / 1e6
        draw = random.Random(seed * 7 + 1)  # noqa: S311 - moments that can be repeated
        ends = CALL_S + CALL_LASTS_S + AFTER_S * 0.5
        self.kills = sorted(draw.uniform(0.0, ends) for _ in range(kills))
        self.said: list[tuple[float, str]] = []
        self.metered: list[tuple[float, float]] = []
        self.named: dict[str, float] = {}
        self.named_mw = 0.0
        self._document: tuple[int, SetPoints] | None = None

    def wall(self) -> float:
        """Seconds since 1970, of the simulation."""
        return BEGAN.timestamp() + asyncio.get_event_loop().time()

    def source(self) -> SetPoints:
        """The set-points of the moment, written anew every minute."""
        passed = self.wall() - BEGAN.timestamp()
        minute = int(passed // 60)
        called = CALL_S <= passed < CALL_S + CALL_LASTS_S
        key = 2 * minute + called
        if self._document is None or self._document[0] != key:
            on = self.in_call if called else self.all_on
            self._document = key, handed_out(on, BEGAN.timestamp() + minute * 60.0, minute * 3 + called + 1)
        return self._document[1]

    def executor(self) -> Executor:
        """A process that begins."""
        gate = Gate(networks(["127.0.0.0/8"]), True, self.folder / HOLD, self.site.open_connection)
        units = units_in(self.entries, self.farm, gate, self.credentials)
        audit = Audit(self.folder / AUDIT)
        return Executor(
            units,
            gate,
            audit,
            self.source,
            self.wall,
            pace=PACE,
            say=lambda line: self.said.append((self.wall(), line)),
        )

    async def watch_meter(self, of: list[Executor]) -> None:
        """Sample the meter, and note who is named as one that cannot be stopped."""
        while True:
            now = self.wall() - BEGAN.timestamp()
            self.metered.append((now, self.site.meter_mw()))
            if CALL_S < now < CALL_S + RESPOND_S:
                status = of[-1].status()
                for one in status["cannot_stop"]:
                    self.named.setdefault(one["machine"], now)
                self.named_mw = status["cannot_stop_mw"]
            await asyncio.sleep(_SAMPLE_S)

    async def run(self) -> None:
        """The whole run, with its kills."""
        of = [self.executor()]
        meter = asyncio.create_task(self.watch_meter(of))
        ends = CALL_S + CALL_LASTS_S + AFTER_S
        for moment in [*self.kills, ends]:
            task = asyncio.create_task(of[-1].run())
            await asyncio.sleep(max(BEGAN.timestamp() + moment - self.wall(), 0.0))
            of[-1].audit.close()  # as a kill leaves it: nothing more is written
            task.cancel()
            with suppress(BaseException):
                await task
            if moment < ends:
                of.append(self.executor())
        meter.cancel()

    def outcome(self, real_s: float) -> Outcome:
        """What was seen, by the simulated machines' own log and the meter alone."""
        begins = BEGAN.timestamp() + CALL_S
        ends = begins + CALL_LASTS_S
        counted = [(at, mw) for at, mw in self.metered if CALL_S + RESPOND_S <= at < CALL_S + CALL_LASTS_S]
        above = [at for at, mw in self.metered if CALL_S <= at < CALL_S + CALL_LASTS_S and mw > self.limit_mw]
        changes = [(one.at, one.what) for body in self.bodies for one in body.log if one.asked]
        starts = sorted(at for at, what in changes if what == "start")
        dead = [body for body in self.bodies if body.faults.gone_from == 0.0]
        wanted_off = {unit.entry.name for unit in self.executor().units}
        asleep_groups = {group for group, n in self.in_call.items() if n == 0}
        must_be_named = {
            body.name for body in dead if body.name in wanted_off and group_of(body.firmware) in asleep_groups
        }
        audit = Audit(self.folder / AUDIT)
        commands = len(audit.commands())
        audit.close()
        stops = [at for at, what in changes if what == "stop" and at >= begins]
        return Outcome(
            seed=self.seed,
            worst_mw_above=max(mw for _, mw in counted) - self.limit_mw,
            begun_s=min(stops, default=float("inf")) - begins,
            met_s=(max(above) + _SAMPLE_S - CALL_S) if above else 0.0,
            dead=len(dead),
            named_in_time=must_be_named <= set(self.named),
            named_mw=self.named_mw,
            held_mw=sum(body.watts for body in dead if body.name in must_be_named) / 1e6,
            starts_in_call=sum(begins + 2.0 < at < ends for at in starts),
            most_starts=max((sum(at <= other < at + PACE.every_s for other in starts) for at in starts), default=0),
            astray=sum(not body.runs for body in self.bodies if body.faults.gone_from),
            kills=len(self.kills),
            commands=commands,
            real_s=real_s,
            said=[line for _, line in self.said],
        )


def trial(seed: int, machines: int = 1000, kills: int = 0, faults: FaultShares | None = None) -> Outcome:
    """One seeded run, in simulated time."""
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=SimulatedTime) as runner:
        begun = time.monotonic()

        async def whole() -> Outcome:
            tried = Trial(seed, machines, kills, Path(folder), faults)
            await tried.run()
            return tried.outcome(time.monotonic() - begun)

        return runner.run(whole())


def main() -> None:
    """Runs one after another, a line of JSON each, then what they have in common."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--machines", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--kills", type=int, default=0)
    given = parser.parse_args()
    found: list[Outcome] = []
    for seed in range(given.first, given.first + given.seeds):
        found.append(trial(seed, given.machines, given.kills))
        shown: dict[str, Any] = asdict(found[-1])
        shown.pop("said")
        print(json.dumps(shown), flush=True)
    met = [one for one in found if one.worst_mw_above <= 0.0]
    print(
        f"{len(met)} of {len(found)} calls met at the meter; at the limit for good after "
        f"{statistics.median(one.met_s for one in found):.0f} s (median), "
        f"{max(one.met_s for one in found):.0f} s (most); "
        f"begun within {max(one.begun_s for one in found):.1f} s; "
        f"all named in time in {sum(one.named_in_time for one in found)}; "
        f"{sum(one.starts_in_call for one in found)} starts in calls; "
        f"{sum(one.astray for one in found)} machines astray; "
        f"most starts in {PACE.every_s:.0f} s: {max(one.most_starts for one in found)}"
    )


if __name__ == "__main__":
    main()
