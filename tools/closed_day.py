"""A day of the August sample in a closed loop, faster than time: prices, plan, machines, meter, and back.

``python -m tools.closed_day --hours 24`` plans the sample farm, at a hundredth of its size, every quarter of an hour
from the state that was measured, carries the set-points out on simulated machines, and explains the dollars between
what was planned for each quarter of an hour and what the meter had, cause by cause.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.ledger import Kind, ledger
from optimizer.accounts.settlement import settle
from optimizer.config.load import load_farm
from optimizer.daily.carried import followed_until
from optimizer.daily.job import run_once
from optimizer.daily.record import Record
from optimizer.execution.audit import AUDIT, Audit
from optimizer.execution.credentials import Credentials
from optimizer.execution.executor import Executor, Pace
from optimizer.execution.gate import Gate, networks
from optimizer.execution.service import SetPointsFile, measured, write_measured
from optimizer.execution.unit import Unit, units_in
from optimizer.simulated.body import Body
from optimizer.simulated.clock import SimulatedTime
from optimizer.simulated.farm import FaultShares, SimulatedFarm
from optimizer.simulated.made import inventory_of, simulated

CONFIGS = Path(__file__).parents[1] / "configs"
SCALED = (  # to a hundredth
    ("units: 3000", "units: 30"),
    ("units: 2400", "units: 24"),
    ("units: 2000", "units: 20"),
    ("import_limit_mw: 30", "import_limit_mw: 0.3"),
    ("auxiliary_load_mw: 0.2", "auxiliary_load_mw: 0.002"),
    ("mw: 10\n", "mw: 0.1\n"),
    ("elsewhere_mw: 2 ", "elsewhere_mw: 0.02 "),
    ("file: market/", f"file: {CONFIGS}/market/"),
    ("catalogue: machines.yaml", f"catalogue: {CONFIGS}/machines.yaml"),
)
BEGINS = datetime(2026, 8, 6, 17, tzinfo=UTC)  # noon on the farm's clock
FAULTS = FaultShares(dead=0.0, over_s=86_400.0)
STEP, SAMPLE_S = timedelta(minutes=15), 10.0
_BY_MACHINES = ("told", "starting", "awake", "nameplate")
Machines = defaultdict[tuple[str, str], float]
ByCause = dict[str, Machines]  # machines by group and mode
Sample = tuple[float, ByCause, float, float]  # MW by the meter, machines by cause, TH/s made, TH/s lost in changes
_LABELS = {
    "told": "machines told otherwise than planned",
    "starting": "machines that start and stop later than planned",
    "awake": "machines awake that were to sleep",
    "nameplate": "watts other than at nameplate",
    "changing": "hash not made while machines change to other watts, which the plan takes to be at once",
    "hash": "hash not made as planned for other reasons",
}


@dataclass
class Day:
    """What a stretch came to: MWh and USD planned and metered, USD by cause, and what is left."""

    planned_mwh: float = 0.0
    metered_mwh: float = 0.0
    planned_usd: float = 0.0
    metered_usd: float = 0.0
    causes: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    worst_meter_mw: float = 0.0  # between the simulated meter and the account of what machines drew
    commands: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    machines: int = 0

    @property
    def unexplained_usd(self) -> float:
        """What no cause accounts for."""
        return self.metered_usd - self.planned_usd - sum(self.causes.values())


def farm_file(folder: Path) -> Path:
    """The sample farm at a hundredth of its size."""
    text = (CONFIGS / "august_week.yaml").read_text(encoding="utf-8")
    for old, new in SCALED:
        assert old in text, old
        text = text.replace(old, new)
    file = folder / "farm.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def equivalents(units: tuple[Unit, ...], bodies: Mapping[str, Body], now: float) -> ByCause:
    """Machines of a moment by group and mode, cause added after cause; the last are what is really drawn.

    A machine that draws half of what it does at nameplate counts half.
    """
    found: ByCause = {cause: defaultdict(float) for cause in _BY_MACHINES}
    for unit in units:
        body, key = bodies[unit.entry.name], (unit.entry.group, unit.mode)
        plate = unit.kind.targets[unit.mode].watts - body.standby_w
        runs = unit.target is not None and unit.target.runs
        really = (body.power_w(now) - body.standby_w) / plate
        full = (body.watts * body.share - body.standby_w) / plate
        drawn = really / full  # as at nameplate
        found["told"][key] += runs
        found["starting"][key] += drawn if runs else 0.0
        found["awake"][key] += drawn
        found["nameplate"][key] += really
    return found


class Stretch:
    """So many hours in simulated time, in a folder."""

    def __init__(self, folder: Path, hours: float, faults: FaultShares, seed: int, begins: datetime) -> None:
        self.begins = begins
        self.folder, self.steps, self.day = folder, round(hours / 0.25), Day()
        self.file = farm_file(folder)
        self.state = folder / "state"
        self.farm = load_farm(self.file)
        entries = inventory_of(self.farm)
        self.site: SimulatedFarm = simulated(entries, self.farm, Credentials({}), faults, seed, self.seconds)
        self.bodies = {body.name: body for body in self.site.bodies}
        gate = Gate(networks(["127.0.0.0/8"]), True, opener=self.site.open_connection)
        self.units = units_in(entries, self.farm, gate, Credentials({}))
        self.gate = gate
        self.day.machines = len(self.units)

    @staticmethod
    def seconds() -> float:
        """Since the beginning."""
        return asyncio.get_running_loop().time()

    def wall(self) -> float:
        """Seconds since 1970."""
        return self.begins.timestamp() + self.seconds()

    async def run(self) -> Day:
        """Plan, carry out and account, a quarter of an hour after another."""
        self.state.mkdir()
        audit = Audit(self.state / AUDIT)
        executor = Executor(
            self.units, self.gate, audit, SetPointsFile(self.state), self.wall, pace=Pace(50, 60.0), say=lambda _: None
        )
        loop = asyncio.create_task(executor.run())
        for k in range(self.steps):
            now = self.begins + k * STEP
            found = measured(executor)
            if found is not None:
                write_measured(self.state, found, self.wall())
            done = run_once(self.file, self.state, now, report=False)
            self.day.statuses[done.status] += 1
            assert done.record is not None
            samples = [one async for one in self._sampled(executor)]
            self._account(done.record, now, samples)
        loop.cancel()
        self.day.commands = len(audit.commands())
        audit.close()
        return self.day

    async def _sampled(self, executor: Executor) -> AsyncIterator[Sample]:
        """What is seen every few seconds of a step."""
        for _ in range(round(STEP.total_seconds() / SAMPLE_S)):
            await asyncio.sleep(SAMPLE_S)
            now = self.seconds()
            hashing = sum(body.hashes_th(now) for body in self.site.bodies)
            changing = sum(body.hashrate_th * body.share for body in self.site.bodies if body.changes(now))
            yield self.site.meter_mw(), equivalents(executor.units, self.bodies, now), hashing, changing

    def _account(self, record: Record, now: datetime, samples: list[Sample]) -> None:
        """Settle a step as planned, then with one cause after another, and last as it was."""
        c, planned = followed_until(record, pd.Timestamp(now + STEP))
        n, hours = len(c.grid), c.grid.hours
        assert n == 1, "the sample farm plans in quarters of an hour"

        def spent(units: Mapping[tuple[str, str], float]) -> tuple[float, float]:
            """USD of all lines but what machines earn, and MWh, of machines by group and mode."""
            schedule = planned.with_(units_on={key: np.full(n, units.get(key, 0.0)) for key in planned.units_on})
            usd = settle(c, schedule).usd
            mwh = float((grid_import_mw(c, schedule) * hours).sum())
            return float(sum(usd[line.name].sum() for line in ledger() if Kind.MACHINES not in line.kind)), mwh

        books = settle(c, planned)
        per_ph_day = float((c.market.hashprice_usd_per_ph_day * hours).sum() / hours.sum())
        kept = (1.0 - (self.farm.revenue.pool_fee_share or 0.0)) * float(hours.sum()) / 24e3
        made, lost = (float(np.mean([sample[k] for sample in samples])) * kept for k in (2, 3))
        before, planned_mwh = spent({key: float(units[0]) for key, units in planned.units_on.items()})
        self.day.planned_usd += before + books.hash_ph_days * per_ph_day
        self.day.planned_mwh += planned_mwh
        last, mwh = before, planned_mwh
        for cause in _BY_MACHINES:
            mean: Machines = defaultdict(float)
            for _, by_cause, *_ in samples:
                for key, units in by_cause[cause].items():
                    mean[key] += units / len(samples)
            usd, mwh = spent(mean)
            self.day.causes[cause] += usd - last
            last = usd
        earned = made * per_ph_day
        self.day.causes["changing"] -= lost * per_ph_day
        self.day.causes["hash"] += earned + lost * per_ph_day - books.hash_ph_days * per_ph_day
        pue, own = float(c.pue[0]), float(c.market.auxiliary_load_mw[0])
        meter = (float(np.mean([mw for mw, *_ in samples])) - own) * pue + own
        meter_mwh = meter * float(hours.sum())
        self.day.metered_mwh += meter_mwh
        price = float(c.market.energy_price_usd_per_mwh[0])
        self.day.metered_usd += last + earned - (meter_mwh - mwh) * price  # what the meter has beyond the machines
        self.day.worst_meter_mw = max(self.day.worst_meter_mw, abs(meter - mwh / float(hours.sum())))


def closed_day(hours: float, faults: FaultShares = FAULTS, seed: int = 1, begins: datetime = BEGINS) -> Day:
    """A stretch of the August sample, closed loop."""

    async def whole(folder: str) -> Day:
        return await Stretch(Path(folder), hours, faults, seed, begins).run()

    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=SimulatedTime) as runner:
        return runner.run(whole(folder))


def main() -> None:
    """Print what the day came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    day = closed_day(given.hours, seed=given.seed)
    print(f"{day.machines} machines, {day.commands} commands, plans: {dict(day.statuses)}")
    print(f"energy: planned {day.planned_mwh:.4f} MWh, metered {day.metered_mwh:.4f} MWh")
    print(f"planned {day.planned_usd:10.4f} USD")
    for cause, usd in day.causes.items():
        print(f"        {usd:+10.4f} {_LABELS[cause]}")
    print(f"metered {day.metered_usd:10.4f} USD; not explained: {day.unexplained_usd:+.6f} USD")
    print(f"meter against the account of what machines drew: at most {day.worst_meter_mw * 1e3:.4f} kW apart")


if __name__ == "__main__":
    main()
