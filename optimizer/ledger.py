"""The lines of money: what the account of a schedule is made of, in its order, and what readers call them.

A mechanism declares its lines where its account fills them; the objective of the program has a term of the same name
for each, reports and bills sort them by their kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Flag, auto
from functools import cache
from typing import Any, TypeVar

from optimizer.mechanisms.contents import parts


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

    place: where it stands among the others. broken: of a limit that is broken and paid for, the sentence. afterwards:
    its title once the period is over, where that differs. to_minimum: whether it counts towards a minimum bill.
    """

    name: str
    title: str
    kind: Kind
    place: int = 150
    broken: str = ""
    afterwards: str = ""
    to_minimum: bool = False


Function = Callable[..., Any]
Written = TypeVar("Written", bound=Function)


@dataclass(frozen=True)
class Account:
    """What a mechanism declares of money and of rules broken, each where it is written, by what stands above it.

    lines: USD per interval, income positive, ``f(books)``, by line. offers: what it adds to a balance in numbers,
    ``f(conditions, schedule)``. checks: the rules a schedule breaks, ``f(conditions, schedule)``; those of whole
    machines apart. bills: lines of the bill of a billing period, ``f(books, its position)``. there: the schedule held
    to what is really there, and followed: the schedule after machines in it were changed, ``f(conditions, schedule)``.
    columns: what it shows of every interval besides decisions, ``f(conditions, schedule)``, by the name of a column.
    periods: whether something is charged over a whole billing period, ``f(farm)``. rests: what the intervals from one
    on add to what such a charge goes by, by name, ``f(settlement, the interval)``. remarks: what an operator should
    know, ``f(conditions)``.
    """

    lines: list[tuple[Line, Function]] = field(default_factory=list)
    offers: list[tuple[str, Function]] = field(default_factory=list)
    checks: list[tuple[bool, Function]] = field(default_factory=list)
    bills: list[Function] = field(default_factory=list)
    theres: list[Function] = field(default_factory=list)
    followed: list[Function] = field(default_factory=list)
    columns: list[Function] = field(default_factory=list)
    periods: list[Function] = field(default_factory=list)
    rests: list[tuple[str, Function]] = field(default_factory=list)
    remarks: list[Function] = field(default_factory=list)

    def line(self, title: str, kind: Kind, **more: Any) -> Callable[[Written], Written]:
        """Declare a line of money, of the function's name; ``more`` is as of `Line`."""

        def declared(f: Written) -> Written:
            self.lines.append((Line(f.__name__, title, kind, **more), f))
            return f

        return declared

    def offer(self, balance: str) -> Callable[[Written], Written]:
        """Declare what is added to a balance."""

        def declared(f: Written) -> Written:
            self.offers.append((balance, f))
            return f

        return declared

    def check(self, f: Written) -> Written:
        """Declare a check of a schedule."""
        self.checks.append((False, f))
        return f

    def check_of_whole(self, f: Written) -> Written:
        """Declare a check of a schedule of whole machines."""
        self.checks.append((True, f))
        return f

    def bill(self, f: Written) -> Written:
        """Declare lines of a bill."""
        self.bills.append(f)
        return f

    def there(self, f: Written) -> Written:
        """Declare how a schedule is held to what is there."""
        self.theres.append(f)
        return f

    def follow(self, f: Written) -> Written:
        """Declare what follows in a schedule whose machines were changed."""
        self.followed.append(f)
        return f

    def column(self, f: Written) -> Written:
        """Declare columns of what is shown of every interval."""
        self.columns.append(f)
        return f

    def by_period(self, f: Written) -> Written:
        """Declare when something is charged over a whole billing period."""
        self.periods.append(f)
        return f

    def rest(self, name: str) -> Callable[[Written], Written]:
        """Declare what the rest of a billing period adds to what a charge goes by."""

        def declared(f: Written) -> Written:
            self.rests.append((name, f))
            return f

        return declared

    def remark(self, f: Written) -> Written:
        """Declare what an operator should know."""
        self.remarks.append(f)
        return f


@cache
def accounts() -> tuple[Account, ...]:
    """The accounts of the mechanisms, in order: a later one may read what those before it have filled."""
    return tuple(module.ACCOUNT for module in parts("account"))


@cache
def ledger() -> tuple[Line, ...]:
    """The lines that the accounts declare, in their places."""
    return tuple(sorted((line for one in accounts() for line, _ in one.lines), key=lambda line: line.place))


def title(name: str, *, afterwards: bool = False) -> str:
    """The title of a line, or the one it has ``afterwards``, once its period is over.

    One that nobody declared, such as an extension's, speaks for itself.

    >>> title("energy"), title("carbon_cost")
    ("Energy at the interval's price", 'Carbon cost')
    """
    named = next((line for line in ledger() if line.name == name), None)
    if named is None:
        return name.replace("_", " ").capitalize()
    return named.afterwards if afterwards and named.afterwards else named.title


def in_order(names: Iterable[str]) -> list[str]:
    """Names of lines, each once, in the ledger's order; those that nobody declared last."""
    place = {line.name: i for i, line in enumerate(ledger())}
    return sorted(dict.fromkeys(names), key=lambda name: place.get(name, len(place)))


def of_kind(kind: Kind) -> tuple[str, ...]:
    """The names of the lines of a kind.

    >>> of_kind(Kind.SALE)
    ('resale_revenue', 'export_revenue')
    """
    return tuple(line.name for line in ledger() if kind in line.kind)
