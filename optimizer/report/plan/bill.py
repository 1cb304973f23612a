"""The bill of a plan as people and programs read it, and the peaks it raises. No drawing, no solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from optimizer.accounts.bill import BillLine, bill
from optimizer.accounts.ledger import Kind, of_kind
from optimizer.plan.text import time_texts
from optimizer.report.kit.text import Clock, number, rate

if TYPE_CHECKING:  # at run time it would bring the solver with it
    from optimizer.plan.planning import Plan

_PLAIN_LINES = 2


@dataclass(frozen=True)
class BillRow:
    """One line of a bill; amounts in USD, credits as income. ``note`` tells a demand charge's peak and when it was."""

    name: str
    quantity: str
    rate: str
    owed_usd: float
    usd: float
    note: str


@dataclass(frozen=True)
class BillSection:
    """One billing period as a utility prints it: what is charged, apart what is sold, and what is billed later.

    ``charged_usd`` and ``owed_usd`` add up ``charges``, ``sold_usd`` adds up ``sales``.
    """

    label: str
    begin: str
    end: str
    charges: tuple[BillRow, ...]
    sales: tuple[BillRow, ...]
    later: tuple[BillRow, ...]

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing on it but energy and adders."""
        return len(self.charges) <= _PLAIN_LINES and not self.sales and not self.later

    @property
    def charged_usd(self) -> float:
        """What this plan adds to the bill."""
        return sum(row.usd for row in self.charges)

    @property
    def owed_usd(self) -> float:
        """What is owed whatever the plan does."""
        return sum(row.owed_usd for row in self.charges)

    @property
    def sold_usd(self) -> float:
        """What power sold brings."""
        return sum(row.usd for row in self.sales)


def bill_sections(plan: Plan) -> tuple[BillSection, ...]:
    """The bill of a plan's schedule, a section for every billing period the plan touches."""
    clock = Clock(plan.grid)
    lines = bill(plan.settled)

    def rows(label: str, part: str) -> tuple[BillRow, ...]:
        return tuple(bill_row(line, clock) for line in lines if line.period == label and _part(line) == part)

    return tuple(
        BillSection(
            label=period.label,
            begin=clock.at(max(period.begins, plan.grid.starts[0])),
            end=clock.at(min(period.ends, plan.grid.end)),
            charges=rows(period.label, "charges"),
            sales=rows(period.label, "sales"),
            later=rows(period.label, "later"),
        )
        for period in plan.conditions.billing.periods
    )


def _part(line: BillLine) -> str:
    """Which part of its section a line belongs to; none for a year's charge in a month without a part in it."""
    if line.line in of_kind(Kind.BILLED_LATER):
        return "later" if line.quantity > 0 else ""
    return "sales" if line.is_credit else "charges"


def bill_row(line: BillLine, clock: Clock) -> BillRow:
    """A line in words."""
    metered = line.unit != "period"
    note = ""
    if line.measured is not None and line.at is not None:
        note = f"measured {number(line.measured)} kW, set at {clock.start(line.at)}"
    sign = -1.0 if line.is_credit else 1.0
    return BillRow(
        name=line.name,
        quantity=f"{number(line.quantity)} {line.unit}" if metered else "",
        rate=f"{rate(sign * line.rate, 5 if line.unit == 'kWh' else 2)}/{line.unit}" if metered else "",
        owed_usd=line.owed_usd,
        usd=sign * line.usd,
        note=note,
    )


def bill_json(plan: Plan) -> list[dict[str, Any]]:
    """The bill as plain data: every period with its lines, credits negative, peaks with the interval that set them."""
    at = time_texts(plan.grid.starts, plan.grid.timezone)
    lines = bill(plan.settled)
    return [
        {
            "period": period.label,
            "lines": [
                line_json(line)
                | {
                    "owed_usd": round(line.owed_usd, 2) + 0.0,
                    "measured_kw": None if line.measured is None else round(line.measured, 3),
                    "measured_at": None if line.at is None else at[line.at],
                }
                for line in lines
                if line.period == period.label
            ],
        }
        for period in plan.conditions.billing.periods
    ]


def line_json(line: BillLine) -> dict[str, Any]:
    """What is charged on a line, as plain data."""
    return {
        "line": line.line,
        "name": line.name,
        "quantity": round(line.quantity, 3),
        "unit": line.unit,
        "rate_usd": round(line.rate, 8) + 0.0,
        "usd": round(line.usd, 2) + 0.0,
    }
