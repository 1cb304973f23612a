"""The lines of money: what the account of a schedule is made of, in its order, and what readers call them.

A mechanism declares its lines where its account fills them; the objective of the program has a term of the same name
for each, reports and bills sort them by their kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Flag, auto
from functools import cache
from typing import Any, TypeVar

import numpy as np

from optimizer.accounts.reasons import Reason
from optimizer.arrays import F
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


class Account:
    """What a mechanism says of money and of a schedule, each where it is written, by what stands above it.

    Functions take `Conditions` c, a `Dispatch`, `Books` (a schedule that is being settled) or a `Farm`, as told here;
    arrays are (intervals,).
    """

    def __init__(self) -> None:
        self.lines: list[tuple[Line, Function]] = []
        self.offers: list[tuple[str, Function]] = []
        self.checks: list[tuple[bool, Function]] = []
        self.decided: list[tuple[str, Function]] = []
        self.shown: list[tuple[str, Function]] = []
        self.rests: list[tuple[str, Function]] = []
        self.limits: list[tuple[Reason, Function]] = []
        self.words: dict[str, str] = {}  # what a reader of a page may have to look up
        self.plain: dict[str, list[Function]] = {}

    def line(self, title: str, kind: Kind, **more: Any) -> Callable[[Written], Written]:
        """``f(books)``: USD per interval of the line of its name, income positive; ``more`` is as of `Line`."""

        def declared(f: Written) -> Written:
            self.lines.append((Line(f.__name__, title, kind, **more), f))
            return f

        return declared

    def offer(self, balance: str) -> Callable[[Written], Written]:
        """``f(c, ...)``: what is added to a balance, in numbers; see `offered`."""
        return _into(self.offers, balance)

    def check(self, f: Written) -> Written:
        """``f(c, dispatch)``: the rules that a schedule breaks."""
        return _into(self.checks, False)(f)

    def check_of_whole(self, f: Written) -> Written:
        """``f(c, dispatch)``: the rules that a schedule of whole machines breaks besides."""
        return _into(self.checks, True)(f)

    def bill(self, f: Written) -> Written:
        """``f(books, position of a billing period)``: its lines of the bill."""
        return self._add("bill", f)

    def owners(self, f: Written) -> Written:
        """``f(farm)``: who owns groups of machines, by group; what owners pay stands on their invoices."""
        return self._add("owners", f)

    def labels(self, variable: str) -> Callable[[Written], Written]:
        """``f(farm)``: by what a decided variable is told apart; a record that has other labels is refused."""
        return _into(self.decided, variable)

    def columns(self, variable: str) -> Callable[[Written], Written]:
        """``f(books)``: by column of power.csv what is shown of a decided variable, before anything is settled."""
        return _into(self.shown, variable)

    def idle(self, f: Written) -> Written:
        """``f(c, dispatch)``: the schedule with what policies decide of this."""
        return self._add("idle", f)

    def limit(self, reason: Reason) -> Callable[[Written], Written]:
        """``f(c, priced)``: the most import that binds whatever is handed out, MW, inf where nothing does; machines it
        keeps off are off for the reason. With ``priced`` what may be exceeded at a price counts too.
        """
        return _into(self.limits, reason)

    def ease(self, f: Written) -> Written:
        """``f(farm)``: the farm with such limits next to free to exceed, for a search in which they give way."""
        return self._add("ease", f)

    def share(self, f: Written) -> Written:
        """``f(c, import_mw, energy_usd)``: the conditions held to a share of what several sites have together: the most
        import, MW, (intervals,), and the most that energy and adders may cost, USD; None where it is not shared.
        """
        return self._add("share", f)

    def there(self, f: Written) -> Written:
        """``f(c, dispatch)``: the schedule held to what is really there."""
        return self._add("there", f)

    def follow(self, f: Written) -> Written:
        """``f(c, dispatch)``: the schedule after machines in it were changed."""
        return self._add("follow", f)

    def by_period(self, f: Written) -> Written:
        """``f(farm)``: whether something is charged over a whole billing period."""
        return self._add("by_period", f)

    def rest(self, name: str) -> Callable[[Written], Written]:
        """``f(books, interval)``: what the intervals from that on add to what such a charge goes by."""
        return _into(self.rests, name)

    def remark(self, f: Written) -> Written:
        """``f(c)``: sentences that an operator should know before."""
        return self._add("remark", f)

    def note(self, f: Written) -> Written:
        """``f(books)``: sentences that a reader of a plan should know."""
        return self._add("note", f)

    def _add(self, kind: str, f: Written) -> Written:
        self.plain.setdefault(kind, []).append(f)
        return f


def _into(declared: list[tuple[Any, Function]], name: Any) -> Callable[[Written], Written]:
    def add(f: Written) -> Written:
        declared.append((name, f))
        return f

    return add


@cache
def accounts() -> tuple[Account, ...]:
    """The accounts of the mechanisms, in order: a later one may read what those before it have filled."""
    return tuple(module.ACCOUNT for module in parts("account"))


def words() -> dict[str, str]:
    """The words that accounts explain."""
    return {word: text for account in accounts() for word, text in account.words.items()}


def declarations(kind: str) -> Iterator[Function]:
    """What accounts declare of a kind that has no name: ``bill``, ``idle``, ``there``, ``follow``, ``remark`` ..."""
    for account in accounts():
        yield from account.plain.get(kind, ())


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


def offered(balance: str, c: Any, *of: object) -> F:
    """The sum of what the accounts offer to a balance, (intervals,).

    Of conditions: ``most_load``, the most MW that may be drawn besides the fleet's; ``paid_to_draw``, above zero where
    drawing more may be worth money; ``called``, above zero where calls bind or pay, those of certain names where some
    are given; ``owed_usd``. Of the marginal price of energy and what a MWh is worth: ``stop_later_usd_per_mwh``, by how
    much the price of energy may be higher before it stops a machine. Of a schedule: ``load``, ``behind_the_meter``,
    ``exportable`` and ``delivered``, MW; ``earning_th_hours`` and ``lost_th_hours``. Of the MW that are open:
    ``filled``. Of a settlement: ``supplied`` and ``sold``, MW; ``cut_income``, USD; ``charged_usd`` and
    ``charged_after`` an interval, USD towards a minimum bill.
    """
    total: F = np.zeros(len(c.grid))
    for offer in _offers(accounts(), balance):
        total = total + offer(c, *of)
    return total


@cache
def _offers(of: tuple[Account, ...], balance: str) -> tuple[Function, ...]:
    return tuple(offer for account in of for name, offer in account.offers if name == balance)
