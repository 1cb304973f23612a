"""power.csv: where every megawatt comes from and goes, by hand and on random farms."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.report.kit.power import power_text
from tests.accounts.test_bill import schedules
from tests.farms import conditions, farm, group


def columns_of(text: str) -> dict[str, list[str]]:
    rows = list(csv.DictReader(io.StringIO(text)))
    return {name: [row[name] for row in rows] for name in rows[0]}


def test_every_megawatt_of_two_intervals_by_hand() -> None:
    """Eight machines of 1 MW, then two. On-site gives 2 MW, of which 1 leaves; losses of a quarter are billed.

    First the meter takes 8 + 1 - 2 = 7 MW, 8.75 at the hub: the supplier gives 1, the kept block of 3 and the one of 2
    that could be sold at 50 - 10 are used up, spot gives the rest, 2.75. Then it takes 1 MW, 1.25 at the hub: 1 comes
    from the supplier, 0.25 from the kept block, whose rest is lost; the other block is sold.
    """
    energy = {
        "loss_share": 0.25,
        "onsite": {"available_mw": 2.0, "export_limit_mw": 1.0, "export_price_usd_per_mwh": 90.0},
        "supplies": ({"name": "Gas, north", "limit_mw": 1.0, "price_usd_per_mwh": 20.0},),
        "blocks": (
            {"name": "PPA", "mw": 2.0, "price_usd_per_mwh": 30.0, "resale": {"fee_usd_per_mwh": 10.0}},
            {"name": "Kept", "mw": 3.0, "price_usd_per_mwh": 30.0},
        ),
    }
    c = conditions(farm(group(units=8), energy=energy), [50.0, 50.0], hours=[1.0, 0.25])
    dispatch = Dispatch.of(
        units_on={("G", "normal"): np.array([8.0, 2.0])},
        onsite_mw=np.array([2.0, 2.0]),
        export_mw=np.array([1.0, 1.0]),
        supply_mw={"Gas, north": np.array([1.0, 1.0])},
    )
    assert columns_of(power_text(c, dispatch)) == {
        "interval_start": ["2026-02-11T06:00:00+00:00", "2026-02-11T07:00:00+00:00"],
        "interval_end": ["2026-02-11T07:00:00+00:00", "2026-02-11T07:15:00+00:00"],
        "hours": ["1", "0.25"],
        "energy_usd_per_mwh": ["50", "50"],
        "load_mw": ["8", "2"],
        "onsite_mw": ["2", "2"],
        "export_mw": ["1", "1"],
        "import_mw": ["7", "1"],
        "spot_mw": ["2.75", "0"],
        "Gas, north/mw": ["1", "1"],
        "PPA/used_mw": ["2", "0"],
        "PPA/sold_mw": ["0", "2"],
        "Kept/used_mw": ["3", "0.25"],
        "Kept/sold_mw": ["0", "0"],
    }


@given(schedules())
def test_power_balances_at_the_meter_and_at_the_hub(case: tuple[Conditions, Dispatch]) -> None:
    c, dispatch = case
    mw = {name: np.array(values) for name, values in columns_of(power_text(c, dispatch)).items()}
    mw = {name: values.astype(np.float64) for name, values in mw.items() if name.endswith("mw")}
    taken = mw["load_mw"] + mw["export_mw"]
    assert taken == pytest.approx(mw["import_mw"] + mw["onsite_mw"], abs=1e-8)
    bought = mw["spot_mw"] + sum(values for name, values in mw.items() if name.endswith(("/mw", "/used_mw")))
    assert bought == pytest.approx(mw["import_mw"] * (1.0 + c.farm.energy.loss_share), abs=1e-8)
    for block in c.farm.energy.blocks:
        left = c.market.block_mw[block.name] - mw[f"{block.name}/used_mw"]
        assert (left >= -1e-8).all()
        assert mw[f"{block.name}/sold_mw"] == pytest.approx(left if block.resale is not None else 0.0 * left, abs=1e-8)
