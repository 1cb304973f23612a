"""The two programs that couple sites: theirs side by side, and the mix of their answers to prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F
from optimizer.engine.highs import solve
from optimizer.engine.program import ColumnRange, LinearProgram, Rows
from optimizer.portfolio.priced import Priced, SiteProgram


def one_program(sites: Sequence[SiteProgram], limit: F, beyond_usd: F) -> LinearProgram:
    """The programs side by side, and below them what they use together; to go beyond that costs so much, USD."""
    programs, n = [site.program for site in sites], len(limit)
    first = np.cumsum([0, *(program.shape[1] for program in programs)])
    rows = np.concatenate([*(site.use.rows for site in sites), np.arange(n)])
    used = [site.use.columns + a for site, a in zip(sites, first, strict=False)]
    columns = np.concatenate([*used, first[-1] + np.arange(n)])
    coefficients = np.concatenate([*(site.use.coefficients for site in sites), -np.ones(n)])
    order = np.argsort(rows, kind="stable")
    entries = np.cumsum([0, *(len(program.indices) for program in programs)])
    starts = [program.starts[:-1] + at for program, at in zip(programs, entries, strict=False)]
    below = entries[-1] + np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])

    def all_of(name: str, more: F) -> F:
        return np.concatenate([*(getattr(program, name) for program in programs), more])

    indices = [program.indices + a for program, a in zip(programs, first, strict=False)]
    return LinearProgram(
        cost=all_of("cost", -beyond_usd),
        offset=sum(program.offset for program in programs),
        starts=np.concatenate([*starts, below]).astype(np.int32),
        indices=np.concatenate([*indices, columns[order]]).astype(np.int32),
        coefficients=all_of("coefficients", coefficients[order]),
        row_lower=all_of("row_lower", np.full(n, -np.inf)),
        row_upper=all_of("row_upper", limit),
        col_lower=all_of("col_lower", np.zeros(n)),
        col_upper=all_of("col_upper", np.full(n, np.inf)),
        integer=np.concatenate([*(program.integer for program in programs), np.zeros(n, np.bool_)]),
        columns={"beyond": ColumnRange(int(first[-1]), (n,))},
        rows={"shared": Rows(sum(program.shape[0] for program in programs), (n,))},
        terms={},
    )


@dataclass(frozen=True)
class Mix:
    """Answers of each site in shares that add up to one: what each site uses of each row, (sites, rows).

    price: what one more of each row would earn, USD, (rows,); value: what each site's answers earn at these prices,
    USD, (sites,). beyond: how much more than there is they use, (rows,).
    """

    profit: float
    used: F
    price: F
    value: F
    beyond: F


def mixed(answers: Sequence[Priced], sites: int, limit: F, beyond_usd: F) -> Mix:
    """The mix of answers that earns the most within what there is; to go beyond that costs so much, USD."""
    n, m = len(limit), len(answers)
    of = np.array([one.site for one in answers])
    use = np.array([one.used for one in answers]).reshape(m, n)
    matrix = np.zeros((n + sites, m + n))
    matrix[:n, :m], matrix[:n, m:] = use.T, -np.eye(n)
    matrix[n + of, np.arange(m)] = 1.0
    rows, columns = np.nonzero(matrix)
    program = LinearProgram(
        cost=np.concatenate([[one.profit for one in answers], -beyond_usd]),
        offset=0.0,
        starts=np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n + sites))]).astype(np.int32),
        indices=columns.astype(np.int32),
        coefficients=matrix[rows, columns],
        row_lower=np.concatenate([np.full(n, -np.inf), np.ones(sites)]),
        row_upper=np.concatenate([limit, np.ones(sites)]),
        col_lower=np.zeros(m + n),
        col_upper=np.full(m + n, np.inf),
        integer=np.zeros(m + n, np.bool_),
        columns={"share": ColumnRange(0, (m,)), "beyond": ColumnRange(m, (n,))},
        rows={"shared": Rows(0, (n,)), "one": Rows(n, (sites,))},
        terms={},
    )
    solution = solve(program)
    used = np.zeros((sites, n))
    np.add.at(used, of, solution.x[:m, None] * use)
    price = np.maximum(solution.row_dual[:n], 0.0)
    return Mix(solution.objective, used, price, solution.row_dual[n:], solution.x[m:])
