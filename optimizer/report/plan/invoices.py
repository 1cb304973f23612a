"""The invoices of a plan to those who pay the farm, and what is left as the farm's own account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optimizer.accounts.bill import BillLine, invoices
from optimizer.report.kit.text import Clock
from optimizer.report.plan.bill import BillRow, bill_row, line_json

if TYPE_CHECKING:  # at run time it would bring the solver with it
    from optimizer.plan.planning import Plan


@dataclass(frozen=True)
class Invoice:
    """What a party pays for one billing period, as far as the plan reaches over it; credits are below zero."""

    party: str
    label: str
    begin: str
    end: str
    rows: tuple[BillRow, ...]

    @property
    def usd(self) -> float:
        """What it comes to, in cents as its rows are printed."""
        return sum(round(row.usd, 2) for row in self.rows)


def invoices_of(plan: Plan) -> tuple[Invoice, ...]:
    """The invoices of a plan's schedule, party by party."""
    clock = Clock(plan.grid)
    periods = {period.label: period for period in plan.conditions.billing.periods}
    return tuple(
        Invoice(
            party=party,
            label=label,
            begin=clock.at(max(periods[label].begins, plan.grid.starts[0])),
            end=clock.at(min(periods[label].ends, plan.grid.end)),
            rows=tuple(bill_row(line, clock) for line in lines),
        )
        for party, label, lines in _by_party(plan)
    )


def _by_party(plan: Plan) -> Iterator[tuple[str, str, list[BillLine]]]:
    lines = invoices(plan.settled)
    for party, label in sorted(dict.fromkeys((line.party, line.period) for line in lines)):
        yield party, label, [line for line in lines if (line.party, line.period) == (party, label)]


def invoices_json(plan: Plan) -> dict[str, Any]:
    """The invoices as plain data, and the farm's own account, of what is on none; nothing where there are none.

    In cents: with the invoices ``own_usd`` adds up to the account's lines, ``own_profit_usd`` to its profit.
    """
    own = {line: round(usd, 2) + 0.0 for line, usd in plan.settled.lines.items()}
    written = []
    for party, label, lines in _by_party(plan):
        rows = [line_json(line) for line in lines]
        written.append(
            {"party": party, "period": label, "lines": rows, "usd": round(sum(row["usd"] for row in rows), 2) + 0.0}
        )
        for row in rows:
            own[row["line"]] = round(own[row["line"]] - row["usd"], 2) + 0.0
    if not written:
        return {}
    profit = round(round(plan.settled.profit, 2) - sum(one["usd"] for one in written), 2)
    return {"invoices": written, "own_usd": own, "own_profit_usd": profit}
