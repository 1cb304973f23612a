"""The optimum of a small farm by another tool: SCIP."""

from __future__ import annotations

import pandas as pd
from pyscipopt import quicksum

from tests.individuals.contract import answer_calls, bill_peaks, bill_tags, buy, imports
from tests.individuals.farms import Small
from tests.individuals.machines import Model, machines_of


def best_profit(small: Small) -> float | None:
    """USD of the best whole schedule; None where there is none."""
    farm = small.conditions.farm.model_dump(mode="json")
    m = Model(farm, pd.Timestamp(small.start), small.hours)
    machines = [machine for group in farm["fleet"] for machine in machines_of(m, group)]
    imported = imports(m, machines)
    buy(m, imported, small.prices)
    answer_calls(m, imported)
    bill_peaks(m, imported)
    bill_tags(m, imported, small.chances)
    scip = m.program
    scip.hideOutput()
    scip.setParam("numerics/feastol", 1e-9)
    scip.setObjective(quicksum(m.profit), "maximize")
    scip.optimize()
    assert scip.getStatus() in ("optimal", "infeasible"), scip.getStatus()
    return float(scip.getObjVal()) if scip.getStatus() == "optimal" else None
