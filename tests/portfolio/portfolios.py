"""Small portfolios for tests: by hand, at random, and as files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from optimizer.accounts.conditions import Conditions
from optimizer.portfolio.priced import Priced, answered
from optimizer.portfolio.sites import Shared, SiteCase
from tests.ensemble.studies import FARM
from tests.farms import conditions, farm, group


def cases_of(*sites: Conditions) -> tuple[SiteCase, ...]:
    """Sites by the letters."""
    return tuple(SiteCase(chr(ord("A") + i), c) for i, c in enumerate(sites))


def here(cases: tuple[SiteCase, ...], shared: Shared) -> Any:
    """Answers worked out in this process."""

    def answer(price: np.ndarray) -> list[Priced]:
        return [answered(cases, shared, site, price) for site in range(len(cases))]

    return answer


def at_random(dice: np.random.Generator) -> tuple[tuple[SiteCase, ...], Shared]:
    """Two to four farms with restarts, ramps, several modes and on-site power, under a ceiling, a treasury or both."""
    n, sites = int(dice.integers(3, 9)), []
    for _ in range(int(dice.integers(2, 5))):
        groups = [
            group(
                f"G{g}",
                units=int(dice.integers(2, 9)),
                th=float(dice.uniform(600, 1800)),
                standby_w=float(dice.choice([0.0, 2e4])),
                restart_minutes=float(dice.choice([0.0, 8.0])),
                wear_usd_per_start=float(dice.choice([0.0, 0.05])),
                other_modes={"eco": (500.0, 4e5)} if dice.random() < 0.5 else {},
            )
            for g in range(int(dice.integers(1, 4)))
        ]
        more: dict[str, Any] = {"site": {"auxiliary_load_mw": 0.25}, "energy": {"adders_usd_per_mwh": 0.05}}
        if dice.random() < 0.5:
            more["site"]["ramp_up_mw_per_hour"] = 6.0
        if dice.random() < 0.5:
            more["energy"]["onsite"] = {"available_mw": 2.0, "cost_usd_per_mwh": 0.3}
        sites.append(conditions(farm(*groups, **more), dice.uniform(-0.1, 1.6, n).round(3).tolist(), adders=0.05))
    cases = cases_of(*sites)
    full = np.sum([case.conditions.full_import_mw for case in cases], axis=0)
    least = sum(case.conditions.idle_load_mw for case in cases)
    ceiling = least + (full - least) * dice.uniform(0.2, 0.9, n) if dice.random() < 0.8 else None
    spent = 0.1 * float(full.sum()) if ceiling is None or dice.random() < 0.5 else None
    return cases, Shared(ceiling, spent)


def write_portfolio(folder: Path, sites: int = 3, *, farm: Any = None, **more: Any) -> Path:
    """A portfolio of farms that differ in their size, as files; ``farm``: other sections of them."""
    for i in range(sites):
        fleet = [one | {"units": one["units"] - 200 * i} for one in FARM["fleet"]]
        told = FARM | {"name": f"Farm {i}", "fleet": fleet}
        told |= {"horizon": FARM["horizon"] | {"hours": 12}} | (farm or {})
        (folder / f"farm_{i}.yaml").write_text(yaml.safe_dump(told, sort_keys=False), encoding="utf-8")
    listed = [{"name": f"Site {i}", "farm": f"farm_{i}.yaml"} for i in range(sites)]
    path = folder / "portfolio.yaml"
    path.write_text(yaml.safe_dump({"name": "Test portfolio", "sites": listed, **more}, sort_keys=False))
    return path
