"""Linear expressions over blocks of solver columns: the vector half of the rule language.

A rule such as ``m.sum(m.POINTS, lambda p: m.power_mw[p] * m.units_on[p, t]) <= m.limit_mw[t]`` is plain Python.
Given a Pyomo model and one interval it builds a Pyomo expression; given an `ArrayModel` and the vector of *all*
intervals it builds a `Linear` that stands for all rows of the family at once.

Conventions. An index of the rows is an unsigned column of shape (rows, 1); an index that is summed over lies along
the second axis. Unsigned, because an index before the first one then wraps to an absurdly large number, which NumPy
refuses, instead of to -1, which NumPy would silently take for the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Never

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.unsignedinteger[Any]]
Number = float | NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Linear:
    """``sum_j coefficient[:, j] * x[column[:, j]] + constant``: one row per row of the family.

    Each block is a pair (columns, coefficients) of arrays that broadcast to (rows, terms).

    >>> x = Linear.of(np.array([[0], [1]], dtype=np.int32))
    >>> columns, coefficients = (2.0 * x + x).table(2)
    >>> coefficients.tolist()
    [[2.0, 1.0], [2.0, 1.0]]
    """

    blocks: tuple[tuple[NDArray[np.int32], NDArray[np.float64]], ...]
    constant: Number = 0.0
    __array_ufunc__ = None  # ndarray * Linear must reach Linear.__rmul__

    @classmethod
    def of(cls, column: NDArray[np.int32]) -> Linear:
        """The columns themselves, each with coefficient one."""
        return cls(((column, np.ones((1, 1))),))

    def __add__(self, other: Linear | Number) -> Linear:
        if isinstance(other, Linear):
            return Linear(self.blocks + other.blocks, self.constant + other.constant)
        return Linear(self.blocks, self.constant + other)

    __radd__ = __add__

    def __mul__(self, factor: Number) -> Linear:
        return Linear(tuple((col, coef * factor) for col, coef in self.blocks), self.constant * factor)

    __rmul__ = __mul__

    def __truediv__(self, divisor: Number) -> Linear:
        return self * (1.0 / np.asarray(divisor))

    def __neg__(self) -> Linear:
        return self * -1.0

    def __sub__(self, other: Linear | Number) -> Linear:
        return self + (-other)

    def __rsub__(self, other: Number) -> Linear:
        return -self + other

    def __le__(self, other: Linear | Number) -> Relation:
        return Relation.of(self - other, -np.inf, 0.0)

    def __ge__(self, other: Linear | Number) -> Relation:
        return Relation.of(self - other, 0.0, np.inf)

    def __eq__(self, other: Linear | Number) -> Relation:  # type: ignore[override]  # a rule's == is a constraint
        return Relation.of(self - other, 0.0, 0.0)

    def __lt__(self, other: object) -> Never:
        raise TypeError("strict inequalities are not linear constraints")

    __gt__ = __lt__
    __hash__ = None  # type: ignore[assignment]  # equality builds a constraint, so nothing can be hashed by it

    def __bool__(self) -> Never:
        raise TypeError("a linear expression has no truth value; did a rule use `if` on it?")

    def table(self, rows: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Columns and coefficients side by side, each of shape (rows, terms)."""
        shapes = [np.broadcast_shapes(col.shape, coef.shape) for col, coef in self.blocks]
        width = sum(shape[1] for shape in shapes)
        columns, coefficients = np.empty((rows, width), np.int32), np.empty((rows, width))
        at = 0
        for (col, coef), shape in zip(self.blocks, shapes, strict=True):
            columns[:, at : at + shape[1]] = col
            coefficients[:, at : at + shape[1]] = coef
            at += shape[1]
        return columns, coefficients


@dataclass(frozen=True, eq=False)
class Relation:
    """lower <= expression <= upper, one row per row of the family."""

    expression: Linear
    lower: Number
    upper: Number

    @classmethod
    def of(cls, difference: Linear, lower: float, upper: float) -> Relation:
        """Move the constant to the other side."""
        return cls(Linear(difference.blocks), lower - difference.constant, upper - difference.constant)

    def __bool__(self) -> Never:
        raise TypeError("a constraint has no truth value (chained comparison `a <= x <= b` is not supported)")


@dataclass(frozen=True)
class Members:
    """The members of a ragged set for each row: indices (rows, most members), and which of them are real."""

    index: Index
    real: NDArray[np.bool_]


def summed(members: Index | Members, terms: Linear | Number) -> Linear | Number:
    """Sum over the second axis of terms that were built with ``members`` as an index."""
    index, real = (members.index, members.real) if isinstance(members, Members) else (members, None)
    width = index.shape[1]
    if isinstance(terms, Linear):
        constant = summed(members, terms.constant) if np.any(terms.constant) else 0.0
        blocks = []
        for col, coef in terms.blocks:
            if col.shape[1] != width and coef.shape[1] != width:
                coef = np.broadcast_to(coef, (coef.shape[0], width))  # a term that does not depend on the member
            blocks.append((col, coef if real is None else coef * real))
        assert not isinstance(constant, Linear)
        return Linear(tuple(blocks) if width else (), constant)
    values = np.asarray(terms, dtype=np.float64)
    values = np.broadcast_to(values, np.broadcast_shapes(values.shape, index.shape))
    total: NDArray[np.float64] = np.sum(values if real is None else values * real, axis=1, keepdims=True)
    return total


class Table:
    """Numbers, or labels' positions, addressed by indices over named axes."""

    def __init__(self, name: str, values: NDArray[Any]) -> None:
        self.name, self.values = name, values

    def _at(self, key: Any) -> Any:
        keys: Sequence[Any] = key if isinstance(key, tuple) else (key,)
        for k in keys:
            if k.dtype.kind == "i" and k.size and k.min() < 0:
                raise IndexError(f"{self.name}: an index before the first one was addressed")
        try:
            return self.values[tuple(keys)]
        except IndexError as error:
            raise IndexError(
                f"{self.name}: {error}; an interval before the first one? declare the family over LATER_INTERVALS"
            ) from None

    def __getitem__(self, key: Any) -> Any:
        return self._at(key)


class Columns(Table):
    """Solver columns addressed by indices; the result is an expression."""

    def __getitem__(self, key: Any) -> Linear:
        return Linear.of(self._at(key))


class Ranges:
    """A ragged set: for each key, the members from ``start`` up to ``stop`` of another set."""

    def __init__(self, name: str, start: NDArray[np.int64], stop: NDArray[np.int64]) -> None:
        self.start, self.stop = Table(name, start), Table(name, stop)

    def __getitem__(self, key: Any) -> Members:
        start, stop = self.start[key], self.stop[key]
        if start.ndim != 2 or start.shape[1] != 1:
            raise TypeError(f"{self.start.name}: sums do not nest; index a ragged set by the family's own indices")
        width = int(np.max(stop - start, initial=0))
        index = start + np.arange(width)
        real = index < stop
        return Members(np.where(real, index, 0).astype(np.uint32), real)
