"""Bills of a schedule: by billing period, line by line as they are printed, with what each line goes by.

The utility's bill is what the farm pays. What others pay the farm is on their invoices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from optimizer.accounts.ledger import Kind, declarations, in_order, of_kind
from optimizer.accounts.settlement import Settlement
from optimizer.arrays import F
from optimizer.config.farm import Farm
from optimizer.market.periods import Period
from optimizer.units import KW_PER_MW


@dataclass(frozen=True)
class BillLine:
    """One line of a bill.

    ``line`` is the line of the account it belongs to, ``name`` what the contract calls it. ``quantity`` times ``rate``
    USD per ``unit`` is the charge; ``usd`` is the plan's part of it, and ``owed_usd`` what is owed without the plan.
    ``measured`` is the measured peak in kW, of a coincident peak what is expected at it, and ``at`` the interval that
    set it. Credits are negative. A line with a ``party`` stands on the invoice to that party, who pays it to the farm.
    """

    period: str
    line: str
    name: str
    quantity: float
    unit: str
    rate: float
    usd: float
    owed_usd: float = 0.0
    measured: float | None = None
    at: int | None = None
    party: str = ""

    @property
    def is_credit(self) -> bool:
        """Whether it is money for power sold, which a bill shows apart."""
        return self.line in of_kind(Kind.SALE)


def bill(settled: Settlement) -> tuple[BillLine, ...]:
    """The bill of a schedule, by period. Its USD add up to the account's lines of the same names, signs turned."""
    return tuple(line for line in _printed(settled) if not line.party)


def invoices(settled: Settlement) -> tuple[BillLine, ...]:
    """The invoices to others, by period. Their USD are part of the account's lines of the same names."""
    return tuple(line for line in _printed(settled) if line.party)


def _printed(settled: Settlement) -> list[BillLine]:
    billed = list(declarations("bill"))
    lines: list[BillLine] = []
    for p in range(len(settled.c.billing.periods)):
        here = [line for lines_of in billed for line in lines_of(settled, p)]
        order = in_order(line.line for line in here)
        lines += sorted(here, key=lambda line: order.index(line.line))
    return lines


def owner_of(farm: Farm, group: str) -> str:
    """Who owns a group of machines; "" where nobody is told of."""
    return next((owners[group] for owned in declarations("owners") if group in (owners := owned(farm))), "")


def by_energy(period: Period, line: str, name: str, mwh: F, usd: F) -> Iterator[BillLine]:
    """A line over energy: kWh and the mean rate. Nothing where there is none of either."""
    inside = slice(period.first, period.stop)
    kwh, charge = KW_PER_MW * float(mwh[inside].sum()), float(usd[inside].sum())
    if kwh or charge:
        yield BillLine(period.label, line, name, kwh, "kWh", charge / kwh if kwh else 0.0, charge)
