"""On small random farms the exact plan earns what another tool finds, with machines as individuals; its bill again too.

The other program is written from the documents, by machine and in whole numbers: nothing of it is counted in groups,
windows or caps. A run draws 60 farms of 300; `CURTAIL_INDIVIDUALS=1000` tries the first 1,000.
"""

from __future__ import annotations

import os

import pytest

from optimizer.errors import InfeasibleError
from optimizer.plan.planning import plan_conditions
from tests.audit.test_second_bill import billed_again, published
from tests.individuals.farms import MECHANISMS, small_farm
from tests.sampling import sample

optimum = pytest.importorskip("tests.individuals.optimum", reason="pyscipopt is not installed (extra `dev`)")
ASKED = os.environ.get("CURTAIL_INDIVIDUALS")
FARMS = range(int(ASKED)) if ASKED else sample(range(300), 60)
TIE_BREAK_USD = 1e-4  # what the solver may give away to start fewer machines: 1e-5 a start


@pytest.mark.parametrize("seed", FARMS)
def test_no_schedule_of_individual_machines_earns_more_or_less(seed: int) -> None:
    small = small_farm(seed)
    best = optimum.best_profit(small)
    if best is None:
        with pytest.raises(InfeasibleError):
            plan_conditions(small.conditions, units="exact")
        return
    plan = plan_conditions(small.conditions, units="exact")
    assert plan.settled.profit == pytest.approx(best, rel=1e-6, abs=TIE_BREAK_USD)
    billed_again(plan, published(plan))


def test_the_farms_have_every_mechanism_in_pairs() -> None:
    """Of any two mechanisms there are farms with both, and most farms have a schedule."""
    drawn = [small_farm(seed) for seed in range(60)]
    for one in MECHANISMS:
        for other in MECHANISMS:
            assert sum({one, other} <= small.mechanisms for small in drawn) >= 5, (one, other)
