"""The figures of a settled schedule that comparisons show: money by line, energy off by reason, hash lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.ledger import Kind, of_kind
from optimizer.accounts.reasons import Reason, reasons
from optimizer.accounts.settlement import Settlement, settle
from optimizer.arrays import F
from optimizer.plan.checker import check
from optimizer.units import TERAHASH_PER_PETAHASH, WATTS_PER_MEGAWATT

_NOTHING = 0.005  # USD


@dataclass(frozen=True)
class Outcome:
    """What one schedule does and earns over a plan.

    usd: line of the account -> USD. off_mwh: reason -> MWh that machines off would have drawn. lost_ph_hours: PH-hours
    less than with every installed machine in its group's fastest mode throughout, restarts included. worst_hour: when
    the clock hour begins that earns least, in UTC, without charges that go by the billing period. breaches: rule -> how
    often the schedule breaks it. proved: False where the search for whole machines ended before.
    """

    usd: dict[str, float]
    off_mwh: dict[str, float]
    lost_ph_hours: float
    energy_mwh: float
    starts: float
    worst_hour: str
    worst_hour_usd: float
    breaches: dict[str, int]
    proved: bool = True

    @property
    def profit(self) -> float:
        """USD over the plan."""
        return sum(self.usd.values())

    def of(self, kind: Kind) -> float:
        """USD of the lines of a kind together."""
        return sum(self.usd.get(line, 0.0) for line in of_kind(kind))

    @property
    def curtailed_mwh(self) -> float:
        """MWh off for any reason."""
        return sum(self.off_mwh.values())


def outcome(c: Conditions, dispatch: Dispatch, off: Mapping[Reason, F], *, proved: bool = True) -> Outcome:
    """The figures of a schedule under what really happens; ``off``: machines off by reason, (groups, intervals)."""
    s = settle(c, dispatch)
    when, usd = _worst_hour(c, s)
    return Outcome(
        usd=s.lines,
        off_mwh=off_mwh(c, off),
        lost_ph_hours=_lost_ph_hours(c, dispatch, s),
        energy_mwh=s.energy_mwh,
        starts=float(sum(started.sum() for started in s.starts.values())),
        worst_hour=when,
        worst_hour_usd=usd,
        breaches=dict(sorted(Counter(breach.rule for breach in check(c, dispatch)).items())),
        proved=proved,
    )


def off_mwh(c: Conditions, off: Mapping[Reason, F]) -> dict[str, float]:
    """MWh at the meter by reason, in the order of `Reason`: first mode of the group, less standby, times PUE."""
    extra_mw = np.array([g.points[g.modes[0]].power_w - g.standby_w for g in c.farm.fleet]) / WATTS_PER_MEGAWATT
    return {
        str(reason): float(extra_mw @ (off[reason] @ (c.grid.hours * c.pue)))
        for reason in reasons()
        if reason in off and off[reason].any()
    }


def _lost_ph_hours(c: Conditions, dispatch: Dispatch, s: Settlement) -> float:
    lost = 0.0
    for g, group in enumerate(c.farm.fleet):
        fastest = max(point.hashrate_th for point in group.points.values())
        lost += group.units * fastest * float(c.grid.hours.sum())
        for mode, point in group.points.items():
            lost -= point.hashrate_th * float(dispatch.units_on[group.name, mode] @ c.grid.hours)
        first = group.points[group.modes[0]].hashrate_th
        lost += first * float(s.starts[group.name] @ c.restart_hours[g])
    return lost / TERAHASH_PER_PETAHASH


def _worst_hour(c: Conditions, s: Settlement) -> tuple[str, float]:
    usd = np.sum([values for line, values in s.usd.items() if line not in of_kind(Kind.BY_PERIOD)], axis=0)
    hour = c.grid.starts.floor("h")
    first = np.flatnonzero(np.append(True, hour[1:] != hour[:-1]))
    by_hour = np.round(np.add.reduceat(usd, first), 9)
    worst = int(by_hour.argmin())
    return c.grid.starts[first[worst]].tz_convert(c.farm.timezone).isoformat(), float(by_hour[worst])


def changed_lines(one: Outcome, other: Outcome) -> dict[str, float]:
    """What makes the profit of ``other`` that of ``one``: USD by line, in the order of the account, without zeros.

    The sum is the difference of profits, to half a cent for each line left out.
    """
    lines = dict.fromkeys([*one.usd, *other.usd])
    differences = {line: other.usd.get(line, 0.0) - one.usd.get(line, 0.0) for line in lines}
    return {line: usd for line, usd in differences.items() if abs(usd) >= _NOTHING}
