"""A plan as tables: the schedule, its shutdown blocks, and the strike sheet. Columns of plain arrays, no money.

Each table is a mapping from column name to an array, one entry per row; times are UTC positions on the grid's edges
until they are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.ledger import offered
from optimizer.accounts.reasons import Reason, reason_of
from optimizer.arrays import F
from optimizer.plan.explain import REASONS, Explanation
from optimizer.units import WATTS_PER_MEGAWATT

_NOTHING = 1e-9  # USD/MWh


@dataclass(frozen=True)
class Shutdown:
    """Machines of one group off over consecutive intervals [first, end), and why, in the order the reasons come."""

    group: int
    first: int
    end: int
    units: float
    mw: float
    reasons: tuple[Reason, ...]


def group_load_mw(c: Conditions, dispatch: Dispatch) -> F:
    """Load of each group at the meter, standby and PUE included, MW, (groups, intervals)."""
    rows = []
    for g, group in enumerate(c.farm.fleet):
        watts = group.standby_w * (c.units_available[g] - dispatch.running(group))
        for mode, point in group.points.items():
            watts = watts + point.power_w * dispatch.units_on[group.name, mode]
        rows.append(watts / WATTS_PER_MEGAWATT * c.pue)
    return np.array(rows)


def shutdown_blocks(c: Conditions, off: Mapping[Reason, F]) -> list[Shutdown]:
    """Blocks of consecutive intervals in which as many machines of a group are off: another reason is no new block.

    off: machines by reason, (groups, intervals). MW is what the block takes off the meter: nameplate of the group's
    first mode less standby, times PUE, averaged. Sorted by start, then group. Machines out of service are not
    shutdowns and are left out.
    """
    known = [(reason, off[reason]) for reason in REASONS if reason in off and reason is not Reason.OUTAGE]
    idle = np.sum([np.zeros((len(c.farm.fleet), len(c.grid))), *(units for _, units in known)], axis=0)
    blocks = []
    for g, group in enumerate(c.farm.fleet):
        edges = np.flatnonzero(np.diff(idle[g], prepend=-1.0, append=-1.0))
        extra = (group.points[group.modes[0]].power_w - group.standby_w) / WATTS_PER_MEGAWATT
        for first, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            if idle[g, first] > 0:
                begins = {reason: int((units[g, first:end] > 0).argmax()) for reason, units in known
                          if (units[g, first:end] > 0).any()}  # fmt: skip
                pue = float(np.average(c.pue[first:end], weights=c.grid.hours[first:end]))
                units = float(idle[g, first])
                reasons = tuple(sorted(begins, key=lambda reason: begins[reason]))
                blocks.append(Shutdown(g, first, end, units, units * extra * pue, reasons))
    return sorted(blocks, key=lambda block: (block.first, block.group))


def reason_texts(explanation: Explanation) -> NDArray[np.object_]:
    """The reasons of a plan, as `off_texts`."""
    return off_texts(explanation.off, explanation.strike.shape)


def off_texts(off: Mapping[Reason, F], shape: tuple[int, ...]) -> NDArray[np.object_]:
    """For each group and interval the reasons machines are off: one code, or codes with their counts, or nothing.

    off: machines by reason, (groups, intervals), which is ``shape``.
    """
    present = [reason for reason in REASONS if reason in off]
    if not present:
        return np.full(shape, "", dtype=object)
    counts = np.array([off[reason] for reason in present]).reshape(len(present), -1).T
    kinds, which = np.unique(counts, axis=0, return_inverse=True)
    texts = []
    for row in kinds.tolist():
        some = [(reason, n) for reason, n in zip(present, row, strict=True) if n > 0]
        texts.append(str(some[0][0]) if len(some) == 1 else " ".join(f"{reason}={n:g}" for reason, n in some))
    return np.array(texts, dtype=object)[which.ravel()].reshape(shape)


def off_of(texts: Sequence[Sequence[str]], idle: F) -> dict[Reason, F]:
    """Machines off by reason, (groups, intervals), from `off_texts` and the machines that do not run."""
    off: dict[Reason, F] = {}
    for g, row in enumerate(texts):
        for t, text in enumerate(row):
            for part in text.split():
                code, _, units = part.partition("=")
                mine = off.setdefault(reason_of(code), np.zeros(idle.shape))
                mine[g, t] = float(units) if units else idle[g, t]
    return off


@dataclass(frozen=True)
class StrikeRow:
    """A mode of a group, and the energy price above which it should give way, USD/MWh, (intervals,)."""

    group: str
    mode: str
    stop_above: F


def strike_sheet(c: Conditions, explanation: Explanation) -> list[StrikeRow]:
    """For controllers that act between plans: the energy price at which each group should leave each mode.

    It is the strike price of the mode's extra power (against the next more frugal mode that pays, or against off), less
    every other item of the interval's marginal power price, before losses; ``inf`` where no price should. Where a mode
    runs on what a block would bring if it were resold, it gives way later, by what the resale pays less than the price.
    Modes that never pay best are left out.
    """
    n = len(c.grid)
    others = np.zeros(n)
    for name, values in explanation.items.items():
        if name not in ("energy", "no_import"):  # that nothing is imported is no charge that a machine would pay
            others = others + values
    billed = 1.0 + c.farm.energy.loss_share
    # Where the next MWh comes from a block that is kept or from another supplier, the interval's price should stop none
    fixed = explanation.items["energy"] / billed
    price = c.market.energy_price_usd_per_mwh
    apart = price - fixed > _NOTHING
    rows, p = [], 0
    for group in c.farm.fleet:
        points = group.points
        extra = np.array([point.power_w - group.standby_w for point in points.values()]) / WATTS_PER_MEGAWATT
        earned = explanation.point_strike[p : p + len(points)] * extra[:, None] * c.pue
        order = np.argsort(extra)
        for mode, strike in _marginal_strikes(list(points), extra, earned, c.pue, order):
            worth = (strike - others) / billed
            later = offered("stop_later_usd_per_mwh", c, fixed, worth)
            pays = worth > fixed
            resold = (later > 0.0) & (pays | (worth + later < price))
            stop_above = np.where(apart & pays & ~resold, np.inf, worth + np.where(resold, later, 0.0))
            rows.append(StrikeRow(group.name, mode, stop_above))
        p += len(points)
    return rows


def _marginal_strikes(modes: list[str], extra: F, earned: F, pue: F, order: NDArray[np.intp]) -> list[tuple[str, F]]:
    """Modes on the upper hull of earnings over power, with the USD/MWh each step up earns."""
    hull: list[int] = []
    mean = earned.mean(axis=1)

    def slope(low: int | None, high: int) -> float:
        base_earned, base_power = (0.0, 0.0) if low is None else (mean[low], extra[low])
        return float((mean[high] - base_earned) / (extra[high] - base_power))

    for i in order.tolist():
        if hull and extra[i] <= extra[hull[-1]]:
            continue
        while hull and slope(hull[-1], i) >= slope(hull[-2] if len(hull) > 1 else None, hull[-1]):
            hull.pop()
        hull.append(i)
    steps = []
    for position, i in enumerate(hull):
        low = hull[position - 1] if position else None
        base_earned, base_power = (0.0, 0.0) if low is None else (earned[low], extra[low])
        steps.append((modes[i], (earned[i] - base_earned) / ((extra[i] - base_power) * pue)))
    return steps
