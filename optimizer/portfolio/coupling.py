r"""What each site is left of what all share, so that together they earn the most.

Maximise :math:`\sum_s f_s(x_s)` over schedules :math:`x_s` of the sites that use no more than there is of each row,
:math:`\sum_s A_s x_s \le b`. A small portfolio is one program. A large one is decomposed by prices, after Dantzig and
Wolfe (Operations Research 8, 1960, doi:10.1287/opre.8.1.101): sites answer prices :math:`p \ge 0` each for itself, and
a master program mixes answers so far within :math:`b`, whose shadow prices are the next prices. At any prices

.. math:: \sum_s \max_{x_s} (f_s(x_s) - p A_s x_s) + p b

is more than anything that keeps to :math:`b` can earn: that bound certifies how near the mix is. Prices are drawn half
of the way to the best so far, after Wentges (International Transactions in Operational Research 4, 1997,
doi:10.1016/S0969-6016(97)00001-4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F
from optimizer.engine.choices import optimum
from optimizer.errors import InfeasibleError
from optimizer.portfolio.master import mixed, one_program
from optimizer.portfolio.priced import Priced, site_program
from optimizer.portfolio.sites import Shared, SiteCase

ONE_PROGRAM = 150_000  # columns of all sites up to which they are one program
WITHIN = 1e-7  # of the optimum's size: how near the bound a mix is good enough
_MOST_ROUNDS = 200
_SMOOTHED = 0.5
_SAME = 1e-6  # USD
_MOST_NAMED = 5
_BEYOND = 1e-6  # MW, or USD for each USD of the treasury's size

Answer = Callable[[F], list[Priced]]
"""The answers of all sites to prices, in their order."""


@dataclass(frozen=True)
class Coupled:
    """How much of each row each site uses in the best schedules of all, (sites, rows).

    apart_usd: what the sites would earn if nothing were shared; profit_usd: what they earn together, before machines
    are whole; most_usd: what no schedules earn, as proved. price: what one more of each row would earn, USD, (rows,).
    """

    used: F
    price: F
    apart_usd: float
    profit_usd: float
    most_usd: float

    def shares(self, shared: Shared, room: F) -> F:
        """What each site is left of each row, (sites, rows): what it uses, and of what is left over a part.

        ``room``: what each could use at most, (sites, rows); left over is shared in proportion to what is missing to
        that.
        """
        left = np.maximum(shared.limit - self.used.sum(axis=0), 0.0)
        missing = np.maximum(room - self.used, 0.0)
        whole = missing.sum(axis=0)
        part = np.divide(missing, whole, out=np.full(missing.shape, 1.0 / len(missing)), where=whole > 0.0)
        shares: F = self.used + left * part
        return shares


def coupled(cases: tuple[SiteCase, ...], shared: Shared, answer: Answer) -> Coupled:
    """The best use of what is shared. Raises InfeasibleError where the sites need more than there is."""
    first = answer(np.zeros(len(shared.limit)))
    used = np.array([one.used for one in first])
    apart = sum(one.profit for one in first)
    if (used.sum(axis=0) <= shared.limit).all():
        nothing = np.zeros(len(shared.limit))
        return Coupled(used, nothing, apart, apart, sum(one.most for one in first))
    if sum(one.columns for one in first) <= ONE_PROGRAM:
        return together(cases, shared, apart)
    return by_prices(cases, shared, first, answer)


def together(cases: Sequence[SiteCase], shared: Shared, apart_usd: float) -> Coupled:
    """All sites in one program."""
    sites = [site_program(case, shared) for case in cases]
    beyond = shared.beyond_usd(cases[0].conditions.grid.hours)
    program = one_program(sites, shared.limit, beyond)
    solution = optimum(program)
    first = np.cumsum([0, *(site.program.shape[1] for site in sites)])
    used = np.array([site.use.of(solution.x[a:b]) for site, a, b in zip(sites, first[:-1], first[1:], strict=True)])
    _judge(cases, shared, solution.x[first[-1] :])
    price = np.maximum(solution.row_dual[-len(shared.limit) :], 0.0)
    return Coupled(used, price, apart_usd, solution.objective, max(solution.bound, solution.objective))


def by_prices(cases: Sequence[SiteCase], shared: Shared, first: Sequence[Priced], answer: Answer) -> Coupled:
    """The best mix of answers to prices, until the bound says that none is better, by as much as shows."""
    limit, beyond = shared.limit, shared.beyond_usd(cases[0].conditions.grid.hours)
    answers, best, bound, smoothed = list(first), np.zeros(len(limit)), sum(one.most for one in first), _SMOOTHED
    mix = mixed(answers, len(cases), limit, beyond)
    for _ in range(_MOST_ROUNDS):
        query = smoothed * best + (1.0 - smoothed) * mix.price
        new = answer(query)
        most = sum(one.most for one in new) + float(query @ limit)
        if most < bound:
            bound, best = most, query
        gains = any(one.profit - float(mix.price @ one.used) > mix.value[one.site] + _SAME for one in new)
        if gains:
            answers += new
            mix = mixed(answers, len(cases), limit, beyond)
        if bound - mix.profit <= WITHIN * max(abs(mix.profit), 1.0) or not (gains or smoothed):
            break
        smoothed = _SMOOTHED if gains else 0.0  # answers to the mix's own prices better it, or prove it best
    _judge(cases, shared, mix.beyond)
    return Coupled(mix.used, mix.price, sum(one.profit for one in first), mix.profit, max(bound, mix.profit))


def _judge(cases: Sequence[SiteCase], shared: Shared, beyond: F) -> None:
    """Raise InfeasibleError where the sites cannot keep to what is shared, with when and by how much."""
    short, grid = [], cases[0].conditions.grid
    for row, (limit, more) in enumerate(zip(shared.limit, beyond, strict=True)):
        if more <= _BEYOND * max(1.0, abs(limit)):
            continue
        if shared.ceiling_mw is not None and row < len(grid):
            begin, end = (times[row].tz_convert(grid.timezone) for times in (grid.starts, grid.ends))
            when = f"{begin:%Y-%m-%d %H:%M} to {end:%H:%M} {grid.timezone}"
            short.append(f"{when}: the sites must import {limit + more:.6g} MW, the ceiling is {limit:.6g} MW")
        else:
            short.append(f"energy costs {limit + more:.2f} USD at least, the treasury has {limit:.2f} USD")
    if short:
        more_of_them = f"\nand in {len(short) - _MOST_NAMED} more" if len(short) > _MOST_NAMED else ""
        raise InfeasibleError("no schedules keep to what is shared:\n" + "\n".join(short[:_MOST_NAMED]) + more_of_them)
