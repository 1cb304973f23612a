"""Plans with outages, minimum times and ramps against another program: one that knows every machine by itself.

Machines are individuals here, each with its own binary columns, and SciPy solves for them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from optimizer.accounts.conditions import Conditions
from optimizer.errors import InfeasibleError
from optimizer.plan.checker import check
from optimizer.plan.planning import plan_conditions
from tests.farms import HASHPRICE, conditions, farm, group

LIMIT, WEAR = 5.0, 0.05
Row = Mapping[int, float]


class Columns:
    """Columns and rows of a program, one by one."""

    def __init__(self) -> None:
        self.worth: list[float] = []
        self.upper: list[float] = []
        self.whole: list[bool] = []
        self.rows: list[tuple[Row, float, float]] = []

    def column(self, worth: float = 0.0, upper: float = 1.0, *, whole: bool = True) -> int:
        """A column that starts at zero."""
        self.worth.append(worth)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.worth) - 1

    def at_most(self, limit: float, *terms: Row) -> None:
        """The sum of the terms is at most a limit."""
        row: dict[int, float] = {}
        for term in terms:
            for column, factor in term.items():
                row[column] = row.get(column, 0.0) + factor
        self.rows.append((row, -np.inf, limit))

    def equal(self, value: float, *terms: Row) -> None:
        """The sum of the terms is a value."""
        self.at_most(value, *terms)
        self.rows[-1] = (self.rows[-1][0], value, value)

    def best(self) -> float | None:
        """The most the columns can be worth, None where no values keep the rows."""
        entries = [(i, j, v) for i, (row, _, _) in enumerate(self.rows) for j, v in row.items()]
        i, j, v = zip(*entries, strict=True)
        matrix = sp.csr_array((v, (i, j)), shape=(len(self.rows), len(self.worth)))
        low, high = (np.array([row[k] for row in self.rows]) for k in (1, 2))
        found = milp(
            -np.array(self.worth), constraints=LinearConstraint(matrix, low, high), bounds=Bounds(0, self.upper),
            integrality=np.array(self.whole, dtype=int), options={"mip_rel_gap": 1e-9},
        )  # fmt: skip
        assert found.status in (0, 2), found.message
        return None if found.status == 2 else -float(found.fun)


def one(column: int, factor: float = 1.0) -> Row:
    return {column: factor}


def summed(columns: Any, factor: float = 1.0) -> Row:
    return dict.fromkeys(columns, factor)


def by_individuals(c: Conditions) -> float | None:
    """The most a farm of this file can earn, USD; None where no schedule keeps the limits."""
    p, n, hour = Columns(), len(c.grid), c.hours_before.tolist()
    price, ramp = c.market.energy_price_usd_per_mwh, c.farm.site.ramp_down_mw_per_hour
    draws: list[dict[int, float]] = [{} for _ in range(n)]  # MW of every column that is one
    standby = np.zeros(n)
    excused: list[dict[int, float]] = [{} for _ in range(n)]
    idle_falls = np.zeros(n)
    for g, only in enumerate(c.farm.fleet):
        watts = {mode: point.power_w / 1e6 for mode, point in only.points.items()}
        th = {mode: point.hashrate_th for mode, point in only.points.items()}
        idle = only.standby_w / 1e6
        state = c.state.groups[only.name]
        ran = [mode for mode, units in state.modes.items() for _ in range(units)]
        many, there = range(only.units), int(c.before.in_service[g])
        since_on = [c.hours_since_start(s.at) for s in state.started for _ in range(s.units)]
        since_off = [c.hours_since_start(s.at) for s in state.stopped for _ in range(s.units)]
        on = [[{mode: p.column(th[mode] * HASHPRICE / 24e3 * h) for mode in watts} for h in c.grid.hours] for _ in many]
        out, taken = ([[p.column() for _ in range(n)] for _ in many] for _ in range(2))
        start = [[p.column(-WEAR) for _ in range(n)] for _ in many]
        stop = [[p.column() for _ in range(n)] for _ in many]
        fallen = np.maximum(-np.diff(c.units_available[g], prepend=there), 0.0)
        for t in range(n):
            p.equal(len(many) - c.units_available[g, t], summed(o[t] for o in out))
            p.equal(fallen[t], summed(x[t] for x in taken))
            standby[t] += idle * c.units_available[g, t]
            for i in many:
                draws[t] |= {column: watts[mode] - idle for mode, column in on[i][t].items()}
        for i in many:
            runs = i < state.running
            for t in range(n):
                now = summed(on[i][t].values())
                p.at_most(1.0, now, one(out[i][t]))
                last, last_out = (float(runs), float(i >= there)) if t == 0 else (0.0, 0.0)
                before = {} if t == 0 else summed(on[i][t - 1].values(), -1.0)
                p.at_most(last, now, before, one(start[i][t], -1.0))
                p.at_most(-last, summed(now, -1.0), summed(before), one(stop[i][t], -1.0), one(taken[i][t], -1.0))
                p.at_most(last_out, one(out[i][t]), {} if t == 0 else one(out[i][t - 1], -1.0), one(taken[i][t], -1.0))
                for s in range(t):
                    excuse = summed((taken[i][x] for x in range(s + 1, t + 1)), -1.0)
                    if hour[t] - hour[s] < only.minimum_on_hours - 1e-9:
                        p.at_most(0.0, one(start[i][s]), summed(now, -1.0), excuse)
                    if hour[t] - hour[s] < only.minimum_off_hours - 1e-9:
                        p.at_most(1.0, one(stop[i][s]), one(start[i][t]), excuse)
                excuse = summed((taken[i][x] for x in range(t + 1)), -1.0)
                told = since_on[i : i + 1] if runs else since_off[i - state.running : i - state.running + 1]
                for since in told:
                    if runs and since + only.minimum_on_hours > hour[t] + 1e-9:
                        p.at_most(-1.0, summed(now, -1.0), excuse)
                    if not runs and since + only.minimum_off_hours > hour[t] + 1e-9:
                        p.at_most(0.0, one(start[i][t]), excuse)
        if ramp is None:
            continue
        least = sum(watts[mode] - idle for mode in ran)
        for t in np.flatnonzero(fallen).tolist():
            alone, gone = p.column(), {}
            idle_falls[t] += idle * fallen[t]
            after = {column: watts[m] - idle for i in many for m, column in on[i][t].items()}
            before = {} if t == 0 else {col: watts[m] - idle for i in many for m, col in on[i][t - 1].items()}
            for i in many:
                p.at_most(1.0, one(start[i][t]), one(alone))  # nobody starts in the place of those taken
                for mode in watts:
                    ran_in_it = 1.0 if t == 0 and i < state.running and ran[i] == mode else 0.0
                    column = p.column(whole=False)
                    p.at_most(0.0, one(column), one(taken[i][t], -1.0))
                    p.at_most(0.0, one(column), one(alone, -1.0))
                    p.at_most(ran_in_it, one(column), {} if t == 0 else one(on[i][t - 1][mode], -1.0))
                    gone[column] = watts[mode] - idle
            most = 2.0 * len(many)
            known = least if t == 0 else 0.0
            p.at_most(most + known, gone, after, {col: -mw for col, mw in before.items()}, one(alone, most))
            p.at_most(least, gone)
            excused[t] |= gone
    for t in range(n):
        p.at_most(LIMIT - standby[t], draws[t])
        for column, mw in draws[t].items():
            p.worth[column] -= mw * price[t] * c.grid.hours[t]
        before_mw = c.farm.state.grid_import_mw if t == 0 else standby[t - 1]
        if ramp is not None and before_mw is not None:
            fall = [] if t == 0 else [draws[t - 1]]
            minus = ({column: -mw for column, mw in part.items()} for part in (draws[t], excused[t]))
            most = ramp * c.grid.hours[t] + idle_falls[t] - before_mw + standby[t]
            p.at_most(most, *fall, *minus)
    best = p.best()
    return None if best is None else best - float((standby * price * c.grid.hours).sum())


def random_farm(seed: int) -> Conditions:
    """One or two groups of a few machines, with outages and a state carried in, and with or without a ramp down."""
    rng = random.Random(seed)
    n = rng.randint(2, 6)
    groups, told, imported = [], {}, 0.0
    for name in ("G", "H")[: rng.randint(1, 2)]:
        units = rng.randint(1, 4)
        running = rng.randint(0, units)
        started, stopped = rng.randint(0, running), rng.randint(0, units - running)
        eco = rng.randint(0, running)
        standby = rng.choice([0.0, 0.125])
        outages = tuple(
            {"start": f"2026-02-11 {at:02d}:00", "end": f"2026-02-11 {at + rng.randint(1, 3):02d}:00",
             "units": rng.randint(1, units)}
            for at in (rng.randint(5, 10) for _ in range(rng.randint(0, 2)))
        )  # fmt: skip
        groups.append(
            group(
                name, units, th=1000.0 * rng.choice([1.0, 0.9, 1.3]), other_modes={"eco": (750.0, 0.625e6)},
                modes=("normal", "eco"), standby_w=standby * 1e6, wear_usd_per_start=WEAR, outages=outages,
                minimum_on_hours=rng.choice([0.0, 2.0, 3.0]), minimum_off_hours=rng.choice([0.0, 2.0, 4.0]),
            )
        )  # fmt: skip
        told[name] = {
            "running": running,
            "modes": {"normal": running - eco, "eco": eco},
            "in_service": rng.choice([running + stopped, units]),
            "started": ({"at": f"2026-02-11 0{rng.randint(3, 5)}:00", "units": started},) if started else (),
            "stopped": ({"at": f"2026-02-11 0{rng.randint(3, 5)}:00", "units": stopped},) if stopped else (),
        }
        imported += running - 0.375 * eco + standby * (told[name]["in_service"] - running)
    ramp = rng.choice([None, 0.25, 0.5, 1.0])
    state = {"groups": told, "grid_import_mw": None if ramp is None or rng.random() < 0.3 else imported}
    site = {} if ramp is None else {"ramp_down_mw_per_hour": ramp}
    prices = [rng.choice([0.1, 0.4, 0.9, 1.1, 3.0, 8.0]) for _ in range(n)]
    return conditions(farm(*groups, site=site, state=state, limit_mw=LIMIT), prices)


def test_plans_earn_what_individuals_can() -> None:
    """Also that the checker passes every plan: one that it does not pass is refused."""
    seen, ramps = 0, 0
    for seed in range(60):
        c = random_farm(seed)
        best = by_individuals(c)
        if best is None:
            with pytest.raises(InfeasibleError):
                plan_conditions(c, units="exact")
            continue
        plan = plan_conditions(c, units="exact")
        assert plan.settled.profit == pytest.approx(best, rel=1e-6, abs=1e-4), f"seed {seed}"
        assert check(c, plan.dispatch) == []
        seen += bool(c.fallen_out.any())
        ramps += c.farm.site.ramp_down_mw_per_hour is not None and bool(c.fallen_out.any())
    assert seen > 20
    assert ramps > 10
