"""Linear expressions over solver columns: the vector half of the rule language.

A rule such as ``m.sum(m.POINTS, lambda p: m.power_mw[p] * m.units_on[p, t]) <= m.limit_mw[t]`` is plain Python.
Given a Pyomo model and one interval it builds a Pyomo expression; given an `ArrayModel` and the vector of *all*
intervals it builds a `Linear` that stands for all rows of the family at once.

Conventions. The rows of a family lie along one axis per set it is declared over; each index varies along its own axis
only, and an index that is summed over lies along one more, the last. NumPy's broadcasting does the rest, so that
nothing is stored per row before the matrix itself. Indices are unsigned: one before the first then wraps to an absurdly
large number, which is refused, instead of to -1, which NumPy would silently take for the last one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Never

import numpy as np
from numpy.typing import NDArray

from optimizer.arrays import Bool, F, Int

Index = NDArray[np.unsignedinteger[Any]]
Number = float | F


_ONE = np.ones(1)


@dataclass(frozen=True, eq=False)
class Linear:
    """``sum_j coefficient[..., j] * x[column[..., j]] + constant``: one row per row of the family.

    Each part is a pair (columns, coefficients) of arrays that broadcast to (*rows, terms).

    >>> x = Linear.of(np.array([[0], [1]], dtype=np.int32))
    >>> columns, coefficients = (2.0 * x + x).table((2,))
    >>> coefficients.tolist()
    [[2.0, 1.0], [2.0, 1.0]]
    """

    parts: tuple[tuple[NDArray[np.int32], F], ...]
    constant: Number = 0.0
    __array_ufunc__ = None  # ndarray * Linear must reach Linear.__rmul__

    @classmethod
    def of(cls, column: NDArray[np.int32]) -> Linear:
        """The columns themselves, each with coefficient one."""
        return cls(((column, _ONE),))

    def __add__(self, other: Linear | Number) -> Linear:
        if isinstance(other, Linear):
            return Linear(self.parts + other.parts, self.constant + other.constant)
        return Linear(self.parts, self.constant + other)

    __radd__ = __add__

    def __mul__(self, factor: Number) -> Linear:
        return Linear(tuple((col, coef * factor) for col, coef in self.parts), self.constant * factor)

    __rmul__ = __mul__

    def __truediv__(self, divisor: Number) -> Linear:
        return self * (1.0 / np.asarray(divisor))

    def __neg__(self) -> Linear:
        return self * -1.0

    def __sub__(self, other: Linear | Number) -> Linear:
        return self + (-other)

    def __rsub__(self, other: Number) -> Linear:
        return -self + other

    def __le__(self, other: Linear | Number) -> BoundedRows:
        return BoundedRows.of(self - other, -np.inf, 0.0)

    def __ge__(self, other: Linear | Number) -> BoundedRows:
        return BoundedRows.of(self - other, 0.0, np.inf)

    def __eq__(self, other: Linear | Number) -> BoundedRows:  # type: ignore[override]  # a rule's == is a constraint
        return BoundedRows.of(self - other, 0.0, 0.0)

    def __lt__(self, other: object) -> Never:
        raise TypeError("strict inequalities are not linear constraints")

    __gt__ = __lt__
    __hash__ = None  # type: ignore[assignment]  # equality builds a constraint, so nothing can be hashed by it

    def __bool__(self) -> Never:
        raise TypeError("a linear expression has no truth value; did a rule use `if` on it?")

    @property
    def widths(self) -> list[int]:
        """Number of terms in each part."""
        return [max(col.shape[-1], coef.shape[-1]) for col, coef in self.parts]

    def fill(self, columns: NDArray[np.int32], coefficients: F) -> None:
        """Write the parts side by side into arrays of shape (*rows, terms)."""
        at = 0
        for (col, coef), width in zip(self.parts, self.widths, strict=True):
            columns[..., at : at + width] = col
            coefficients[..., at : at + width] = coef
            at += width

    def table(self, rows: tuple[int, ...]) -> tuple[NDArray[np.int32], F]:
        """Columns and coefficients side by side, each of shape (rows, terms)."""
        shape = (*rows, sum(self.widths))
        columns, coefficients = np.empty(shape, np.int32), np.empty(shape)
        self.fill(columns, coefficients)
        flat = (math.prod(rows), shape[-1])
        return columns.reshape(flat), coefficients.reshape(flat)

    @property
    def is_plain(self) -> bool:
        """Whether no column stands twice in a row and no coefficient is zero."""
        if not all(coef.all() for _, coef in self.parts):
            return False
        spans = [(int(col.min(initial=0)), int(col.max(initial=-1))) for col, _ in self.parts]
        for i, (col, _) in enumerate(self.parts):
            if col.shape[-1] == 1 and self.widths[i] > 1:
                return False
            for j in range(i):
                apart = spans[i][1] < spans[j][0] or spans[j][1] < spans[i][0]
                if not apart and (col[..., :, None] == self.parts[j][0][..., None, :]).any():
                    return False
        return True


@dataclass(frozen=True, eq=False)
class BoundedRows:
    """lower <= expression <= upper, one row per row of the family."""

    expression: Linear
    lower: Number
    upper: Number

    @classmethod
    def of(cls, difference: Linear, lower: float, upper: float) -> BoundedRows:
        """Move the constant to the other side."""
        return cls(Linear(difference.parts), lower - difference.constant, upper - difference.constant)

    def __bool__(self) -> Never:
        raise TypeError("a constraint has no truth value (chained comparison `a <= x <= b` is not supported)")


@dataclass(frozen=True)
class Members:
    """The members of a ragged set for each row: indices (*rows, most members), and which of them are real.

    ``real`` is None where every row has as many.
    """

    index: Index
    real: Bool | None


def summed(members: Index | Members, terms: Linear | Number) -> Linear | Number:
    """Sum over the last axis of terms that were built with ``members`` as an index."""
    index, real = (members.index, members.real) if isinstance(members, Members) else (members, None)
    width = index.shape[-1]
    if isinstance(terms, Linear):
        constant = summed(members, terms.constant) if np.any(terms.constant) else 0.0
        parts = []
        for col, coef in terms.parts:
            if col.shape[-1] != width and coef.shape[-1] != width:
                coef = np.broadcast_to(coef, (*coef.shape[:-1], width))  # a term that does not depend on the member
            parts.append((col, coef if real is None else coef * real))
        assert not isinstance(constant, Linear)
        return Linear(tuple(parts) if width else (), constant)
    values = np.asarray(terms, dtype=np.float64)
    values = np.broadcast_to(values, np.broadcast_shapes(values.shape, index.shape))
    total: F = np.sum(values if real is None else values * real, axis=-1, keepdims=True)
    return total


def _checked(name: str, key: Any, shape: tuple[int, ...]) -> tuple[Index, ...]:
    """The indices as a tuple, every one within its axis."""
    keys: tuple[Index, ...] = key if isinstance(key, tuple) else (key,)
    for index, size in zip(keys, shape, strict=True):
        if index.size and (index.max() >= size or (index.dtype.kind == "i" and index.min() < 0)):
            raise IndexError(
                f"{name}: an index outside the set; an interval before the first one? declare the family over "
                "LATER_INTERVALS"
            )
    return keys


class Table:
    """Numbers, or positions, addressed by indices over named axes."""

    def __init__(self, name: str, values: NDArray[Any]) -> None:
        self.name, self.values = name, values

    def __getitem__(self, key: Any) -> Any:
        return self.values[_checked(self.name, key, self.values.shape)]


class Columns:
    """Consecutive solver columns from ``first`` on, addressed by indices over axes; the result is an expression."""

    def __init__(self, name: str, first: int, shape: tuple[int, ...]) -> None:
        self.name, self.first, self.shape = name, first, shape

    def __getitem__(self, key: Any) -> Linear:
        column: Any = self.first
        stride = 1
        for index, size in zip(_checked(self.name, key, self.shape)[::-1], self.shape[::-1], strict=True):
            column = column + index.astype(np.int32) * np.int32(stride)
            stride *= size
        return Linear.of(column)


class Ranges:
    """A ragged set: for each key, the members from ``start`` up to ``stop`` of another set."""

    def __init__(self, name: str, start: Int, stop: Int) -> None:
        self.start, self.stop = Table(name, start), Table(name, stop)

    def __getitem__(self, key: Any) -> Members:
        start, stop = self.start[key], self.stop[key]
        if start.shape[-1] != 1:
            raise TypeError(f"{self.start.name}: sums do not nest; index a ragged set by the family's own indices")
        width = int(np.max(stop - start, initial=0))
        index = start + np.arange(width)
        real = index < stop
        if real.all():
            return Members(index.astype(np.uint32), None)
        return Members(np.where(real, index, 0).astype(np.uint32), real)
