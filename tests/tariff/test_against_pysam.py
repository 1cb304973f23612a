"""Bills under real tariffs agree to the cent with an independent calculator, month by month and line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimizer.accounts.bill import bill
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.settlement import settle
from optimizer.arrays import F
from optimizer.config.load import contract_in
from optimizer.config.yaml12 import parse
from optimizer.errors import InputError
from optimizer.market.grid import grid_of
from optimizer.market.inputs import read_market
from optimizer.plan.planning import plan_conditions
from optimizer.tariff.urdb import contract_text
from tests import farms
from tests.tariff import rates
from tests.tariff.rates import (
    EDISON,
    FLORIDA,
    REAL,
    SACRAMENTO,
    SAN_DIEGO,
    TAKEN,
    TIERED,
    needs_real_files,
    real,
    saved,
)
from tests.tariff.sam import HOURS, sam_bill

pytest.importorskip("PySAM.Utilityrate5", reason="NREL-PySAM is not installed (extra `bills`)")

ZONE = "America/Phoenix"  # no daylight saving, as in the year of the calculator
START = "2018-01-01 00:00"  # a Monday
MACHINES = 2_000  # of one kilowatt each in each group: as many kW as machines run
WORTH = {
    FLORIDA: 90.0,
    EDISON: 165.0,
    SACRAMENTO: 150.0,
    SAN_DIEGO: 190.0,
    TIERED: 110.0,
}  # USD/MWh of the middle group
LINES = {"energy": "energy", "energy_tiers": "energy", "fixed_charges": "fixed", "minimum_bill": "minimum"}


def farm_under(path: Path, leave_out: tuple[str, ...] = (), worth: float = 100.0, **more: Any) -> Conditions:
    """A year of a farm under an imported tariff. Its groups earn a quarter less than ``worth``, that, and more."""
    contract = contract_in(parse(contract_text(path, leave_out=leave_out)))
    groups = [farms.group(f"G{i}", MACHINES, worth * share, 1e3) for i, share in enumerate((0.75, 1.0, 1.25))]
    one = farms.farm(*groups, energy=dict(contract.energy), timezone=ZONE, **more)
    return Conditions(one, read_market(one, Path(), grid_of(one, datetime.fromisoformat(START), HOURS)), one.state)


def running(c: Conditions, kw: F) -> Dispatch:
    """So many machines of the first group, none of the others."""
    none = np.zeros(HOURS)
    return Dispatch.of({(f"G{i}", "normal"): kw if i == 0 else none for i in range(3)}, onsite_mw=none, export_mw=none)


def by_month(c: Conditions, dispatch: Dispatch) -> dict[str, F]:
    """The bill's lines as the calculator sums them up."""
    totals: dict[str, F] = defaultdict(lambda: np.zeros(12))
    for line in bill(settle(c, dispatch)):
        kind = LINES.get(line.line) or ("demand_tou" if line.name.startswith("Demand period") else "demand_flat")
        totals[kind][int(line.period[-2:]) - 1] += line.usd
        totals["total"][int(line.period[-2:]) - 1] += line.usd
    return totals


def agree(c: Conditions, rate: dict[str, Any], dispatch: Dispatch) -> None:
    """Assert that every line of every month is the same to the cent."""
    kw = np.sum(list(dispatch.units_on.values()), axis=0)
    ours, theirs = by_month(c, dispatch), sam_bill(rate, kw)
    for line, usd in theirs.items():
        np.testing.assert_allclose(ours[line], usd, rtol=0, atol=0.005, err_msg=line)


def flat_load(c: Conditions) -> Dispatch:
    return running(c, np.full(HOURS, 1000.0))


def uneven_load(c: Conditions) -> Dispatch:
    """A load that is another in every hour."""
    return running(c, np.random.default_rng(0).uniform(0.0, MACHINES, HOURS).round(3))


def optimised_load(c: Conditions) -> Dispatch:
    """What the plan of a year runs: the farm's groups at times, and never all of them always."""
    found = plan_conditions(c).dispatch
    hours = [on.sum() / MACHINES for on in found.units_on.values()]
    assert any(0 < on < HOURS for on in hours), hours
    return found


def test_the_calculator_bills_a_month_as_by_hand() -> None:
    """January has 23 weekdays: 1,000 kW all month, 1,500 kW from 16:00 to 20:00 on weekdays."""
    evening = [[int(16 <= hour < 20) for hour in range(24)] for _ in range(12)]
    rate = rates.rate(
        energyratestructure=[[{"rate": 0.05}], [{"rate": 0.10, "adj": 0.02}]],
        energyweekdayschedule=evening,
        demandratestructure=[[{"rate": 0}], [{"rate": 11.0}]],
        demandweekdayschedule=evening,
        demandweekendschedule=rates.flat(),
        flatdemandstructure=[[{"rate": 5.0}]],
        flatdemandmonths=[0] * 12,
        fixedchargefirstmeter=10.0,
        fixedchargeunits="$/day",
    )
    hour = np.arange(HOURS)
    kw = np.where((hour // 24 % 7 < 5) & (hour % 24 >= 16) & (hour % 24 < 20), 1500.0, 1000.0)
    found = sam_bill(rate, kw)
    evening_kwh = 23 * 4 * 1500
    assert found["energy"][0] == pytest.approx((31 * 24 - 23 * 4) * 1000 * 0.05 + evening_kwh * 0.12)
    assert found["demand_tou"][0] == pytest.approx(1500 * 11)
    assert found["demand_flat"][0] == pytest.approx(1500 * 5)
    assert found["fixed"][0] == pytest.approx(10 * 365 / 12)


@needs_real_files
@pytest.mark.parametrize("load", [flat_load, uneven_load, optimised_load])
@pytest.mark.parametrize("name", TAKEN)
def test_real_tariffs(name: str, load: Callable[[Conditions], Dispatch]) -> None:
    c = farm_under(REAL / name, TAKEN[name], WORTH[name])
    agree(c, real(name), load(c))


@needs_real_files
def test_decreasing_tiers_are_refused_by_name() -> None:
    with pytest.raises(InputError) as caught:
        contract_text(REAL / TIERED)
    places = [fault.path for fault in caught.value.faults]
    assert places == ["energyratestructure[1][1].rate", "demandratestructure[1][1].rate"]
    assert all("linear program" in fault.message for fault in caught.value.faults)


@needs_real_files
def test_the_same_tiers_rising(tmp_path: Path) -> None:
    turned = real(TIERED)
    turned["energyratestructure"][1][1]["rate"] = 0.095
    turned["demandratestructure"][1][1]["rate"] = 31.5
    c = farm_under(saved(tmp_path, turned), worth=WORTH[TIERED])
    assert c.farm.energy.tiers
    assert any(demand.above_mw == 0.1 for demand in c.farm.energy.demand)
    for dispatch in (flat_load(c), uneven_load(c), running(c, np.full(HOURS, 20.0)), optimised_load(c)):
        agree(c, turned, dispatch)


@needs_real_files
def test_a_minimum_bill(tmp_path: Path) -> None:
    """The total, month by month: the calculator prints the minimum itself, the bill what is missing to it."""
    least = real(FLORIDA) | {"mincharge": 70_000.0, "minchargeunits": "$/month"}
    c = farm_under(saved(tmp_path, least))
    binds = []
    for dispatch in (flat_load(c), uneven_load(c)):
        ours, theirs = by_month(c, dispatch), sam_bill(least, dispatch.units_on["G0", "normal"])
        np.testing.assert_allclose(ours["total"], theirs["total"], rtol=0, atol=0.005)
        binds.append((ours["minimum"] > 0).any())
    assert binds == [True, False]


@needs_real_files
def test_a_ratchet(tmp_path: Path) -> None:
    """The month-by-month demand charge of a tariff with one, four fifths of the highest peak of three months before."""
    held = real(EDISON) | {"lookbackpercent": 0.8, "lookbackrange": 3}
    for key in ("demandratestructure", "demandweekdayschedule", "demandweekendschedule", "demandreactivepowercharge"):
        del held[key]
    none_before = {"Demand": dict.fromkeys(("2017-10", "2017-11", "2017-12"), 0.0)}
    state = {"at": START, "bill": {"past_peaks_mw": none_before}}
    c = farm_under(saved(tmp_path, held), worth=120.0, state=state)
    month = c.grid.local_starts.month.to_numpy()
    kw = np.select([month == 6, month == 7, month == 11], [1500.0, 1000.0, 100.0], 500.0)
    agree(c, held, running(c, kw))
    demand = by_month(c, running(c, kw))["demand_flat"] / 25.36
    np.testing.assert_allclose(demand, [500, 500, 500, 500, 500, 1500, 1200, 1200, 1200, 800, 400, 500])
    agree(c, held, optimised_load(c))
