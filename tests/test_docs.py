"""The contract that the documentation shows is one that plans."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from optimizer.config.load import load_farm
from optimizer.planning import plan_farm

PAGE = Path("docs/contract.md")
FARM = """
name: documented
timezone: America/Chicago
site: {import_limit_mw: 18}
fleet:
  - name: Hall
    units: 4000
    machine: {model: m, hashrate_th: 200, power_w: 3500, cooling: air, source: made up for a test, confidence: low}
revenue: {hashprice_usd_per_ph_day: 33}
horizon: {start: 2026-02-11 00:00, hours: 48}
"""


def blocks(page: Path) -> list[str]:
    return [part.split("```")[0] for part in page.read_text().split("```yaml\n")[1:]]


def test_the_contract_of_the_page_is_planned(tmp_path: Path) -> None:
    (tmp_path / "farm.yaml").write_text(FARM + blocks(PAGE)[0])
    plan = plan_farm(load_farm(tmp_path / "farm.yaml"), tmp_path)
    charged = {line for line, usd in plan.settlement.lines.items() if usd}
    assert {"energy", "block_cost", "adders", "fixed_charges"} <= charged


def test_every_key_of_the_contract_is_on_the_page() -> None:
    """A term that is added must be shown."""
    from optimizer.config.energy import Energy

    shown = yaml.safe_load(blocks(PAGE)[0])["energy"]
    assert set(Energy.model_fields) - set(shown) == {"minimum_bill_usd_per_month"}


def test_without_an_expectation_a_month_may_not_fall_on_a_day(tmp_path: Path) -> None:
    from optimizer.errors import MissingDataError

    text = FARM + blocks(PAGE)[0].replace("      expected_peak_mw: 14\n", "")
    (tmp_path / "farm.yaml").write_text(text)
    with pytest.raises(MissingDataError, match=r"goes on after the plan: give expected_peak_mw, or horizon\.tail"):
        plan_farm(load_farm(tmp_path / "farm.yaml"), tmp_path)
