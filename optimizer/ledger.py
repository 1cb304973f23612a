"""The lines of money: what the account of a schedule is made of, in its order, and what readers call them.

Whoever earns, settles or shows money takes its lines from here: the account fills them, the objective of the program
has a term of the same name for each, reports and bills sort them by their kinds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Flag, auto


class Kind(Flag):
    """What a line is; some are of two kinds."""

    MACHINES = auto()  # what machines earn, and what starts cost
    POWER = auto()  # the cost of power
    SALE = auto()  # power sold: a credit on the bill
    CUT = auto()  # cuts that events pay for
    PENALTY = auto()  # a limit broken, or an agreement, and paid for
    BY_PERIOD = auto()  # owed for a billing period, not for an hour
    BILLED_LATER = auto()  # on a bill after the period's own


@dataclass(frozen=True)
class Line:
    """A line of the account.

    broken: of a limit that is broken and paid for, the sentence. afterwards: its title once the period is over, where
    that differs.
    """

    name: str
    title: str
    kind: Kind
    broken: str = ""
    afterwards: str = ""


LEDGER = [
    Line("hash_revenue", "Hash revenue, after the pool's fee", Kind.MACHINES),
    Line("hosting_revenue", "Hosting fees", Kind.MACHINES),
    Line("restart_loss", "Hash lost while restarting", Kind.MACHINES),
    Line("start_wear", "Wear of starts", Kind.MACHINES),
    Line("energy", "Energy at the interval's price", Kind.POWER),
    Line("block_cost", "Blocks bought in advance", Kind.POWER),
    Line("resale_revenue", "Resale of what blocks leave over", Kind.SALE),
    Line("supply_cost", "Other suppliers", Kind.POWER),
    Line("adders", "Adders (wires, services, margin)", Kind.POWER),
    Line("onsite_cost", "On-site generation", Kind.POWER),
    Line("export_revenue", "Export", Kind.SALE),
    Line(
        "import_overrun_penalty",
        "Penalty: import above the limit",
        Kind.PENALTY,
        broken="The plan imports more than the interconnection allows and pays for it",
    ),
    Line(
        "frost_damage",
        "Penalty: frost damage",
        Kind.PENALTY,
        broken="The plan keeps fewer machines running in frost than protection asks for",
    ),
    Line("event_penalty", "Penalty: event not followed in full", Kind.PENALTY),
    Line("event_miss_penalty", "Penalty: event missed, by its worst MW", Kind.PENALTY),
    Line("event_payment", "Cuts paid for in events", Kind.CUT),
    Line("energy_tiers", "Energy above a tier", Kind.POWER | Kind.BY_PERIOD),
    Line("demand_charge", "Demand charges", Kind.POWER | Kind.BY_PERIOD),
    Line(
        "later_demand_charge",
        "Demand charges of later periods, by a ratchet",
        Kind.POWER | Kind.BY_PERIOD | Kind.BILLED_LATER,
    ),
    Line(
        "coincident_peak",
        "Coincident peaks, expected, billed next year",
        Kind.POWER | Kind.BY_PERIOD | Kind.BILLED_LATER,
        afterwards="Coincident peaks that came, billed next year",
    ),
    Line(
        "take_shortfall_penalty",
        "Penalty: less taken than agreed",
        Kind.POWER | Kind.PENALTY | Kind.BY_PERIOD,
    ),
    Line("fixed_charges", "Fixed charges", Kind.POWER),
    Line("minimum_bill", "To the minimum bill", Kind.POWER | Kind.BY_PERIOD),
]


def title(name: str, *, afterwards: bool = False) -> str:
    """The title of a line, or the one it has ``afterwards``, once its period is over.

    One that nobody declared, such as an extension's, speaks for itself.

    >>> title("energy"), title("carbon_cost")
    ("Energy at the interval's price", 'Carbon cost')
    """
    named = next((line for line in LEDGER if line.name == name), None)
    if named is None:
        return name.replace("_", " ").capitalize()
    return named.afterwards if afterwards and named.afterwards else named.title


def in_order(names: Iterable[str]) -> list[str]:
    """Names of lines, each once, in the ledger's order; those that nobody declared last."""
    place = {line.name: i for i, line in enumerate(LEDGER)}
    return sorted(dict.fromkeys(names), key=lambda name: place.get(name, len(place)))


def of_kind(kind: Kind) -> tuple[str, ...]:
    """The names of the lines of a kind.

    >>> of_kind(Kind.SALE)
    ('resale_revenue', 'export_revenue')
    """
    return tuple(line.name for line in LEDGER if kind in line.kind)
