"""A plan as the plain numbers that the page and the terminal show. No formatting, no drawing, no solver."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np

from optimizer.accounts.ledger import Kind, declarations, ledger, of_kind, offered, title
from optimizer.accounts.limits import shortfalls
from optimizer.arrays import F
from optimizer.mechanisms.calls.account import misses
from optimizer.mechanisms.calls.config import Event
from optimizer.mechanisms.hosting.config import Hosting
from optimizer.plan import items
from optimizer.plan.alarms import Alarm, alarms
from optimizer.plan.tables import group_load_mw
from optimizer.report.kit.text import Clock
from optimizer.report.kit.text import usd as shown
from optimizer.report.plan.actions import ActionStep, ToDo, call_sentences, todo_of
from optimizer.report.plan.bill import BillSection, bill_sections
from optimizer.report.plan.invoices import Invoice, invoices_of
from optimizer.report.plan.rows import FillRow, GroupRow, ItemRow, LineRow, Penalty, ReasonRow
from optimizer.report.plan.shutdowns import ShutdownRow, shutdown_rows
from optimizer.units import WATTS_PER_MEGAWATT

if TYPE_CHECKING:  # at run time it would bring the solver with it
    from optimizer.plan.planning import Plan
    from optimizer.through_time.worth import Worth

_NOTHING = 1e-6  # USD/MWh or USD below which an item is not there


@dataclass(frozen=True)
class Figures:
    """Everything the report says in numbers. USD, MWh, BTC over the plan; prices are means over time.

    ``supplied_mwh`` is what the cost of power paid for: bought at spot and from suppliers, blocks whole, generated.
    """

    farm: str
    scenarios: tuple[str, ...]
    timezone: str
    start: str
    end: str
    hours: float
    intervals: int
    profit: float
    power_cost: float
    supplied_mwh: float
    sold: float
    sold_mwh: float
    generates: bool
    mwh: float
    btc: float | None
    hash_ph_days: float
    run_share: float
    starts: float
    hashprice: float
    btc_price: float | None
    energy_price: float
    objective: float
    continuous_profit: float
    gap_usd: float
    gap_share: float
    method: str
    proved: bool
    cut_short: str
    groups: tuple[GroupRow, ...]
    reasons: tuple[ReasonRow, ...]
    lines: tuple[LineRow, ...]
    items: tuple[ItemRow, ...]
    shortfalls: tuple[str, ...]
    penalties: tuple[Penalty, ...]
    steps: tuple[ActionStep, ...]
    later_steps: tuple[ActionStep, ...]
    calls: tuple[str, ...]
    news: tuple[str, ...]
    idle: str
    worth: Worth | None
    blocks: tuple[ShutdownRow, ...]
    bill: tuple[BillSection, ...]
    invoices: tuple[Invoice, ...]
    notes: tuple[str, ...]
    alarms: tuple[Alarm, ...]
    fills: tuple[FillRow, ...]
    warnings: tuple[str, ...]

    @property
    def under(self) -> str:
        """What the plan is made under, in words; empty without a scenario."""
        names = ", ".join(self.scenarios)
        return f"Under the scenario{'s' if len(self.scenarios) > 1 else ''}: {names}" if names else ""

    @property
    def machine_hours_off(self) -> float:
        """Machine-hours off for any reason."""
        return sum(row.machine_hours for row in self.reasons)


def figures(plan: Plan, worth: Worth | None = None, todo: ToDo | None = None) -> Figures:
    """The numbers of a plan; what it is worth against rules, and what is new against the last plan, where known."""
    c, grid, market, settled = plan.conditions, plan.grid, plan.market, plan.settled
    clock, todo = Clock(grid), todo_of(plan) if todo is None else todo
    hours, total = grid.hours, float(grid.hours.sum())
    groups = tuple(_groups(plan))
    installed = sum(row.units for row in groups) * total
    btc_price, bills = market.btc_price_usd, bill_sections(plan)
    return Figures(
        farm=plan.farm.name,
        scenarios=plan.scenarios,
        timezone=grid.timezone,
        start=clock.start(0),
        end=clock.end(len(grid) - 1),
        hours=total,
        intervals=len(grid),
        profit=settled.profit,
        power_cost=-sum(settled.lines[line] for line in of_kind(Kind.POWER)),
        supplied_mwh=float(offered("supplied", plan.conditions, settled) @ hours),
        sold=sum(settled.lines[line] for line in of_kind(Kind.SALE)),
        sold_mwh=float(offered("sold", plan.conditions, settled) @ hours),
        generates=bool(plan.dispatch.onsite_mw.any()),
        mwh=settled.energy_mwh,
        btc=settled.btc,
        hash_ph_days=settled.hash_ph_days,
        run_share=sum(row.run_share * row.units for row in groups) * total / installed,
        starts=sum(row.starts for row in groups),
        hashprice=_mean(market.hashprice_usd_per_ph_day, hours),
        btc_price=None if btc_price is None else _mean(btc_price, hours),
        energy_price=_mean(market.energy_price_usd_per_mwh, hours),
        objective=plan.objective,
        continuous_profit=plan.continuous.profit,
        gap_usd=plan.rounding_gap_usd,
        gap_share=plan.rounding_gap_share,
        method=plan.method,
        proved=plan.proved,
        cut_short=plan.cut_short,
        groups=groups,
        reasons=tuple(_reasons(plan)),
        lines=tuple(_lines(plan)),
        items=tuple(_items(plan, clock)),
        shortfalls=shortfalls(plan.conditions, plan.settled.import_mw, proved=plan.proved),
        penalties=tuple(_penalties(plan, clock)),
        steps=todo.first,
        later_steps=todo.later,
        calls=call_sentences(c, plan.dispatch),
        news=todo.news_sentences,
        idle=todo.idle(settled.profit),
        worth=worth,
        blocks=shutdown_rows(plan),
        bill=bills,
        invoices=invoices_of(plan),
        notes=(
            *(sentence for note in declarations("note") for sentence in note(settled)),
            *(
                f"{shown(section.owed_usd)} of {section.label} is owed anyway, and not in what the plan earns."
                for section in bills
                if section.owed_usd >= 1.0
            ),
        ),
        alarms=alarms(c, plan.dispatch, plan.explanation),
        fills=tuple(
            FillRow(PurePath(fill.file).name, clock.at(fill.start), clock.at(fill.end), fill.count, fill.method)
            for fill in market.fills
        ),
        warnings=c.warnings,
    )


def _mean(values: F, hours: F) -> float:
    return float(np.average(values, weights=hours))


def _groups(plan: Plan) -> Iterator[GroupRow]:
    hours, strike, off = plan.grid.hours, plan.explanation.strike, plan.explanation.off
    load = group_load_mw(plan.conditions, plan.dispatch)
    for g, group in enumerate(plan.farm.fleet):
        hours_off = {reason: float(units[g] @ hours) for reason, units in off.items()}
        yield GroupRow(
            name=group.name,
            model=group.model or (group.machine.model if group.machine else ""),
            units=group.units,
            hosted=group.section(Hosting) is not None,
            run_share=float(plan.dispatch.running(group) @ hours / (group.units * hours.sum())),
            starts=float(plan.settled.starts[group.name].sum()),
            mwh=float(load[g] @ hours),
            strike_low=float(strike[g].min()),
            strike_high=float(strike[g].max()),
            off_for=tuple(sorted((r for r in hours_off if hours_off[r] > 0), key=lambda r: -hours_off[r])),
        )


def _reasons(plan: Plan) -> Iterator[ReasonRow]:
    """By machine-hours, the most first. MW of a machine as in the shutdown list."""
    c, hours = plan.conditions, plan.grid.hours
    extra_mw = np.array([g.points[g.modes[0]].power_w - g.standby_w for g in c.farm.fleet]) / WATTS_PER_MEGAWATT
    rows = []
    for reason, units in plan.explanation.off.items():
        by_group = units @ hours
        mwh = float(extra_mw @ (units @ (hours * c.pue)))
        rows.append(ReasonRow(reason, reason.meaning, float(by_group.sum()), mwh, by_group))
    yield from sorted(rows, key=lambda row: (-row.machine_hours, row.reason))


def _lines(plan: Plan) -> Iterator[LineRow]:
    """Lines that are not zero in both accounts."""
    before = plan.continuous.lines
    for line, usd in plan.settled.lines.items():
        if abs(usd) > _NOTHING or abs(before[line]) > _NOTHING:
            yield LineRow(line, title(line), usd, before[line])


def _items(plan: Plan, clock: Clock) -> Iterator[ItemRow]:
    hours = plan.grid.hours
    for name, values in plan.explanation.items.items():
        there = np.abs(values) > _NOTHING
        if there.any():
            mean = float(np.average(values[there], weights=hours[there]))
            low, high = float(values[there].min()), float(values[there].max())
            worst = clock.start(int(np.abs(values).argmax()))
            yield ItemRow(name, items.item_title(name), float(hours[there].sum()), mean, low, high, worst)


def _penalties(plan: Plan, clock: Clock) -> Iterator[Penalty]:
    yield from _missed_events(plan, clock)
    for line in ledger():
        usd = plan.settled.usd[line.name]
        if line.broken and usd.sum() < -_NOTHING:
            hours = float(plan.grid.hours[usd < -_NOTHING].sum())
            yield Penalty(line.broken, float(usd.sum()), hours, clock.start(int(usd.argmin())))


def _missed_events(plan: Plan, clock: Clock) -> Iterator[Penalty]:
    """Every event that the plan does not follow in full: which, by how many MW at most, when that is."""
    for miss in misses(plan.conditions, plan.settled.import_mw):
        usd = float(miss.penalty_usd.sum()) + miss.miss_usd
        if usd < -_NOTHING:
            name, over = plan.farm.sections(Event)[miss.event].name, f"{miss.worst_mw:.4g} MW"
            sentence = f'The plan exceeds the limit of curtailment event "{name}" by up to {over} and pays for it'
            yield Penalty(sentence, usd, float(plan.grid.hours[miss.over].sum()), clock.start(miss.at))
