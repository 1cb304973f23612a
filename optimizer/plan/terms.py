"""What each term of the power contract does to a plan: what it is worth, and what heeding it earns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.settlement import settle
from optimizer.config.composed import Listed, kinds
from optimizer.config.energy import Energy
from optimizer.engine.choices import optimum
from optimizer.engine.program import compile_program
from optimizer.errors import InfeasibleError
from optimizer.plan.formulation import build_problem
from optimizer.plan.planning import Plan
from optimizer.plan.tail import to_the_end
from optimizer.plan.whole_units import dispatch_of

MOST_POINT_INTERVALS = 300_000  # operating points times intervals times terms; each 100,000 take some 3 seconds

MINIMUM = "minimum bill"
_NOTHING = 0.005  # USD


@dataclass(frozen=True)
class TermEffect:
    """One term of the contract, all in the continuous optimum, before machines are made whole.

    ``term`` is its kind, in words. ``without_usd`` is the best that the farm could earn if the contract had no such
    term; ``blind_usd`` what that same schedule earns under the contract as it is, which is what a planner who does not
    know of the term ends with; and ``with_usd`` what the plan earns. MWh are those imported in the blind schedule and
    in the plan's.
    """

    term: str
    name: str
    without_usd: float
    blind_usd: float
    with_usd: float
    blind_mwh: float
    with_mwh: float

    @property
    def moved_mwh(self) -> float:
        """What the plan imports more for knowing of the term; below zero what it imports less."""
        return self.with_mwh - self.blind_mwh

    @property
    def idle(self) -> bool:
        """Whether the term changes nothing over the plan, neither money nor schedule."""
        return max(abs(self.worth_usd), abs(self.heeding_usd)) < _NOTHING

    @property
    def worth_usd(self) -> float:
        """What the term brings the farm; below zero what it costs, after the schedule has made the best of it."""
        return self.with_usd - self.without_usd

    @property
    def heeding_usd(self) -> float:
        """What planning for the term earns over planning as if it were not there."""
        return self.with_usd - self.blind_usd


def unmeasured(plan: Plan) -> str:
    """Why `contract_terms` does not say what the terms do; nothing where it does."""
    points = sum(len(group.modes) for group in plan.farm.fleet) * len(to_the_end(plan.conditions).grid)
    terms = sum(1 for _ in variants(plan.farm.energy))
    if points * terms > MOST_POINT_INTERVALS:
        return (
            f"Not worked out for a plan of {points:,} modes times intervals, which would be solved again without each "
            f"of {terms} terms: {MOST_POINT_INTERVALS:,} in all are the most. Plan fewer hours or longer intervals."
        )
    return "Not worked out beside a constraint added with --extend." if terms and plan.extended else ""


def contract_terms(plan: Plan) -> tuple[TermEffect, ...] | str:
    """What every term of the plan's contract does, one linear program for each; or why that is not worked out.

    Without a block everything it would deliver is bought at the interval's price, and its own price is
    not paid; without the right of resale what is left over of it is lost. What the rest of the billing period is
    expected to add stays as it is. Where schedules earn the same without the term, the blind one is any of them.
    """
    if why := unmeasured(plan):
        return why
    c, settled = plan.conditions, plan.continuous
    effects = []
    for term, name, energy in variants(c.farm.energy):
        other = replace(c, farm=c.farm.model_copy(update={"energy": energy}))
        try:
            schedule = _optimum(other)
        except InfeasibleError:  # of the nearest schedule there is, say, to a call below what cannot be switched off
            return f"Not worked out: without {name} no schedule meets every limit either."
        blind = settle(c, _completed(schedule, plan.dispatch))
        effects.append(
            TermEffect(
                term=term,
                name=name,
                without_usd=settle(other, schedule).profit,
                blind_usd=blind.profit,
                with_usd=settled.profit,
                blind_mwh=blind.energy_mwh,
                with_mwh=settled.energy_mwh,
            )
        )
    return tuple(effects)


def variants(energy: Energy) -> Iterator[tuple[str, str, Energy]]:
    """The contract without each of its terms: what kind of term, its name, what is left.

    >>> [(term, name) for term, name, _ in variants(Energy(price_usd_per_mwh=30, minimum_bill_usd_per_month=9))]
    [('minimum bill', 'Minimum bill')]
    """
    for kind in kinds():
        if issubclass(kind, Listed) and kind.TERM and energy.takes(kind):
            given = energy.sections(kind)
            for i, one in enumerate(given):
                yield kind.TERM, one.name, energy.model_copy(update={kind.KEY: (*given[:i], *given[i + 1 :])})
                for key, called in kind.PARTS.items():
                    if getattr(one, key) is not None:
                        left = (*given[:i], one.model_copy(update={key: None}), *given[i + 1 :])
                        yield called, one.name, energy.model_copy(update={kind.KEY: left})
    if energy.minimum_bill_usd_per_month > 0:
        yield MINIMUM, MINIMUM.capitalize(), energy.model_copy(update={"minimum_bill_usd_per_month": 0.0})


def _optimum(c: Conditions) -> Dispatch:
    with_tail = to_the_end(c)
    return dispatch_of(optimum(compile_program(build_problem(with_tail)))).first(len(c.grid))


def _completed(dispatch: Dispatch, plan: Dispatch) -> Dispatch:
    """The schedule with all that a plan decides: what the contract it is made for lacks is not used."""
    nothing = np.zeros(len(dispatch))
    decided = {name: dispatch.table.get(name, {}) for name in plan.table}
    rows = {name: {label: decided[name].get(label, nothing) for label in plan.table[name]} for name in plan.table}
    return dispatch.with_(**rows)
