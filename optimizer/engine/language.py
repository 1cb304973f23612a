"""The words in which rules, and the data they need, are declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Concatenate, Never, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
MILLION = 2.0**20  # for counting: about one, and exact
Int = NDArray[np.int64]
Index: TypeAlias = Any  # of a member of a set: its label, or a vector of positions


class Relation(Protocol):
    """What a rule of a family returns: one comparison, which has no truth value."""

    def __bool__(self) -> Never: ...


class Expression(Protocol):
    """A number, a linear expression, or a table of them by index."""

    def __getitem__(self, index: Index, /) -> Expression: ...
    def __add__(self, other: Expression | float, /) -> Expression: ...
    def __radd__(self, other: Expression | float, /) -> Expression: ...
    def __sub__(self, other: Expression | float, /) -> Expression: ...
    def __rsub__(self, other: Expression | float, /) -> Expression: ...
    def __mul__(self, other: Expression | float, /) -> Expression: ...
    def __rmul__(self, other: Expression | float, /) -> Expression: ...
    def __truediv__(self, other: Expression | float, /) -> Expression: ...
    def __neg__(self) -> Expression: ...
    def __le__(self, other: Expression | float, /) -> Relation: ...
    def __ge__(self, other: Expression | float, /) -> Relation: ...
    def __eq__(self, other: Expression | float, /) -> Relation: ...  # type: ignore[override]  # a constraint


class Model(Protocol):
    """What a rule may use of a model: sums, what is offered to a balance, and by name the sets, maps, parameters and
    variables of its formulation.
    """

    def sum(self, members: Expression, body: Callable[[Index], Expression | float], /) -> Expression:
        """The sum of ``body`` over the members of a set."""

    def offered(self, balance: str, /, *index: Index) -> Expression:
        """The sum of what the formulation's concerns offer to a balance, nothing where none does."""

    def __getattr__(self, name: str, /) -> Expression: ...


Line = Callable[Concatenate[Model, ...], Expression]
Rule = Callable[Concatenate[Model, ...], Relation]


@dataclass(frozen=True)
class LabelSet:
    """A set with a label for each member."""

    labels: tuple[str | int | tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Subset:
    """Some members of another set, by position."""

    of: str
    positions: Int

    def __len__(self) -> int:
        return len(self.positions)


@dataclass(frozen=True, eq=False)
class RangeSet:
    """For each member of the sets ``over``, the members ``start`` .. ``stop`` - 1 of the set ``of``."""

    of: str
    over: tuple[str, ...]
    start: Int
    stop: Int


@dataclass(frozen=True, eq=False)
class Map:
    """For each member of the set ``over``, one member of ``of`` by position; one past the last stands for none."""

    of: str
    over: tuple[str, ...]
    position: Int


AnySet = LabelSet | Subset | RangeSet | Map
Sets = Mapping[str, AnySet]


@dataclass(frozen=True)
class Parameter:
    """Numbers the rules read. ``open_ended`` ones may be infinite."""

    name: str
    over: tuple[str, ...] = ()
    open_ended: bool = False


@dataclass(frozen=True)
class Variable:
    """Columns of the program, at least zero; ``upper`` names the parameter that bounds them.

    ``counted_in`` is the unit a solver may count them in, such as a million of them: see ``engine/scaling.py``.
    """

    name: str
    over: tuple[str, ...]
    upper: str | None = None
    integer: bool = False
    counted_in: float = 1.0
    decided: bool = False  # part of the schedule: over a set of labels and the intervals


@dataclass(frozen=True)
class Item:
    """What rows charge for, as an explanation names it; several families and terms may charge for the same.

    ``reason`` is the code of why a machine is off where this takes most of what it earns. ``earns`` marks what pays a
    machine for running: power may cost so much before it stops. A ``cost`` is paid and limits nothing: it is the reason
    where no limit is one.
    """

    name: str
    title: str
    reason: str | None = None
    earns: bool = False
    cost: bool = False


@dataclass(frozen=True)
class Family:
    """One constraint family: its rule, the sets it is declared over, and how an operator would put one row.

    ``words`` is a format string: names of sets stand for labels, names of parameters for numbers. ``item`` is what its
    shadow price is paid for, ``soft`` the parameter that prices what goes beyond its rows; without one they are hard.
    Where limits collide an inequality gives way and an equality does not, unless ``gives`` says otherwise: of an
    equality that does, the left side may exceed the right. A ``definition`` is no limit: it is named in a conflict only
    where it gives way.
    """

    rule: Rule
    over: tuple[str, ...]
    words: str
    unit: str = "machines"  # of its rows: "MW" for limits at the meter
    item: Item | None = None
    soft: str | None = None
    gives: bool | None = None
    definition: bool = False

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.rule.__name__


@dataclass(frozen=True)
class Term:
    """One line of the objective, in USD, positive when it raises profit; summed over the members of ``over``.

    One that is no ``money`` steers the solver and is no part of profit. ``item`` is as of families.
    """

    rule: Line
    over: tuple[str, ...]
    money: bool = True
    item: Item | None = None

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.rule.__name__


class Rules:
    """The rules of one concern in their order: each is declared where it is written, by what stands above it."""

    def __init__(self) -> None:
        self.families: list[Family] = []
        self.terms: list[Term] = []
        self.offers: list[tuple[str, Line]] = []

    def offer(self, balance: str) -> Callable[[Line], Line]:
        """Declare what this concern adds to a balance, which a rule of any concern reads as one sum."""

        def declared(line: Line) -> Line:
            self.offers.append((balance, line))
            return line

        return declared

    def family(self, over: tuple[str, ...], words: str, **more: Any) -> Callable[[Rule], Rule]:
        """Declare a constraint family; ``more`` is as of `Family`."""

        def declared(rule: Rule) -> Rule:
            self.families.append(Family(rule, over, words, **more))
            return rule

        return declared

    def term(self, over: tuple[str, ...], **more: Any) -> Callable[[Line], Line]:
        """Declare a line of the objective; ``more`` is as of `Term`."""

        def declared(rule: Line) -> Line:
            self.terms.append(Term(rule, over, **more))
            return rule

        return declared


@dataclass(frozen=True)
class Formulation:
    """A linear program as declared: what it reads, decides, keeps to and maximises.

    ``time`` is the set along which conflicts are told. By how much limits are short is told in ``short_in`` where that
    can be. ``offers`` are the lines that add up to each balance.
    """

    parameters: tuple[Parameter, ...]
    variables: tuple[Variable, ...]
    families: tuple[Family, ...]
    terms: tuple[Term, ...]
    time: str
    short_in: str
    offers: Mapping[str, tuple[Line, ...]] = field(default_factory=dict)

    def offered(self, model: Model, balance: str, *index: Index) -> Expression | float:
        """What a model's rules read as the sum of a balance."""
        return sum((line(model, *index) for line in self.offers.get(balance, ())), 0.0)
