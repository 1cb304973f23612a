"""Rows of many families stacked into the arrays of one sparse matrix."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.engine.algebra import BoundedRows, Linear
from optimizer.engine.language import Float


class Matrix:
    """Rows stacked family by family into arrays allocated once, at the size of the regular families."""

    def __init__(self, relations: list[tuple[BoundedRows, tuple[int, ...]]]) -> None:
        self.rows = sum(math.prod(shape) for _, shape in relations)
        self.lower, self.upper = np.empty(self.rows), np.empty(self.rows)
        lengths: list[NDArray[np.int32]] = []
        parts: list[Any] = []
        size = row = 0
        for relation, shape in relations:
            n, linear = math.prod(shape), relation.expression
            self.lower[row : row + n].reshape(*shape, 1)[:] = relation.lower
            self.upper[row : row + n].reshape(*shape, 1)[:] = relation.upper
            if linear.is_plain:
                width = sum(linear.widths)
                lengths.append(np.full(n, width, np.int32))
                parts.append((linear, (*shape, width)))
                size += n * width
            else:
                length, columns, coefficients = _irregular(linear, shape)
                lengths.append(length)
                parts.append((columns, coefficients))
                size += len(columns)
            row += n
        self.starts = np.zeros(self.rows + 1, np.int32)
        np.cumsum(np.concatenate([np.empty(0, np.int32), *lengths]), out=self.starts[1:])
        self.indices, self.coefficients = np.empty(size, np.int32), np.empty(size)
        at = 0
        for first, second in parts:
            end = at + (math.prod(second) if isinstance(first, Linear) else len(first))
            if isinstance(first, Linear):
                first.fill(self.indices[at:end].reshape(second), self.coefficients[at:end].reshape(second))
            else:
                self.indices[at:end], self.coefficients[at:end] = first, second
            at = end


def _merged(columns: NDArray[np.int32], coefficients: Float) -> tuple[NDArray[np.int32], Float]:
    """The same rows with the coefficients of a repeated column added up in its last place."""
    order = np.argsort(columns, axis=1, kind="stable")
    columns = np.take_along_axis(columns, order, 1)
    coefficients = np.take_along_axis(coefficients, order, 1)
    for j in range(1, columns.shape[1]):
        same = columns[:, j] == columns[:, j - 1]
        coefficients[:, j] += np.where(same, coefficients[:, j - 1], 0.0)
        coefficients[:, j - 1] = np.where(same, 0.0, coefficients[:, j - 1])
    return columns, coefficients


def _irregular(linear: Linear, shape: tuple[int, ...]) -> tuple[NDArray[np.int32], NDArray[np.int32], Float]:
    """Row lengths, columns and coefficients, with repeated columns added up and zeros dropped."""
    columns, coefficients = _merged(*linear.table(shape))
    keep = coefficients != 0
    return keep.sum(axis=1, dtype=np.int32), columns[keep], coefficients[keep]
