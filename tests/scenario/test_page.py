"""The scenario that the documentation shows is one that plans, and shows every kind of change."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import get_args

from optimizer.config.load import load_farm
from optimizer.plan.planning import plan_farm
from optimizer.scenario.language import Change
from optimizer.scenario.load import load_scenarios
from optimizer.scenario.parts import MechanismChange
from tests.config.mutations import CONFIGS
from tests.test_docs import blocks

PAGE = Path("docs/scenarios.md")


def test_the_scenario_of_the_page_is_planned(tmp_path: Path) -> None:
    shown, sweep = blocks(PAGE)[:2]
    (tmp_path / "storm.yaml").write_text(shown)
    (scenario,) = load_scenarios(tmp_path / "storm.yaml")
    kinds = {get_args(kind.model_fields["kind"].annotation)[0]: kind for kind in get_args(get_args(Change)[0])}
    left = kinds.keys() - {placed.change.kind for placed in scenario.changes}
    assert [kind for kind in left if not issubclass(kinds[kind], MechanismChange)] == []
    shutil.copytree(CONFIGS, tmp_path / "configs")
    plan = plan_farm(load_farm(CONFIGS / "west_texas.yaml"), tmp_path / "configs", scenarios=[scenario])
    assert plan.market.energy_price_usd_per_mwh.max() == 5000
    (tmp_path / "storm.yaml").write_text(shown + sweep)
    names = [scenario.name for scenario in load_scenarios(tmp_path / "storm.yaml")]
    assert len(names) == 6
    assert names[0] == "Three cold days [scale=1, minutes=5]"
