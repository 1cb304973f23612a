"""The machine catalogue that the project ships."""

from __future__ import annotations

from itertools import pairwise

import pytest

from optimizer.config.load import load_catalogue
from optimizer.units import megawatts, usd_per_th_hour
from tests.config.mutations import CONFIGS

# All-in power price (USD/MWh) at which a model just pays at 33.31 USD/PH/day, computed and rounded apart from
# this project, in the table of models that the catalogue was made from. For the S21, 200 TH/s x 33.31/24,000
# USD per TH/s and hour, over 0.0035 MW.
STRIKES = {
    **{"Antminer S9": 14.2, "Antminer S17e": 30.8, "Antminer S17 Pro": 35.1, "Antminer S19": 40.6},
    **{"Antminer S19 Pro": 47.0, "Antminer S19j Pro": 47.0, "Antminer S19j Pro+": 50.5},
    **{"Antminer S19k Pro": 60.3, "Antminer S19 XP": 64.5, "Antminer S19 XP Hyd": 66.7},
    **{"Antminer S19 XP+ Hyd": 73.0, "Antminer T21": 73.0, "Antminer S21": 79.3, "Antminer S21 Imm": 75.0},
    **{"Antminer S21+": 84.1, "Antminer S21 Hyd": 86.7, "Antminer S21 Pro": 92.5, "Antminer S21+ Hyd": 92.5},
    **{"Antminer S21 XP": 102.8, "Antminer S21e XP Hyd 3U": 106.7, "Antminer S21 XP Hyd": 115.6},
    **{"Antminer S21 XP+ Hyd": 126.2, "Antminer S23": 126.2, "Antminer S23 Hyd": 146.1},
    **{"Antminer S23 Hyd 3U": 146.1, "WhatsMiner M30S": 36.5, "WhatsMiner M30S+": 40.8},
    **{"WhatsMiner M30S++": 44.8, "WhatsMiner M50": 47.9, "WhatsMiner M50S": 53.4, "WhatsMiner M50S++": 62.3},
    **{"WhatsMiner M53": 47.9, "WhatsMiner M56S++": 62.2, "WhatsMiner M60": 69.7, "WhatsMiner M60S": 75.0},
    **{"WhatsMiner M60S+": 77.1, "WhatsMiner M63S": 75.0, "WhatsMiner M66S": 75.0, "Avalon A1246": 36.5},
    **{"Avalon A1346": 46.3, "Avalon A1366": 55.5, "Avalon A1466": 64.5, "Avalon A1566": 75.0},
    **{"SealMiner A2": 84.1, "SealMiner A2 Pro Air": 93.1, "SealMiner A3 Pro Hydro": 111.0},
}

MACHINES = load_catalogue(CONFIGS / "machines.yaml").by_model()


def test_it_holds_every_model_of_the_table() -> None:
    assert set(MACHINES) == set(STRIKES)
    assert len(MACHINES) >= 40


@pytest.mark.parametrize("model", STRIKES)
def test_strike_prices_agree_with_the_published_table(model: str) -> None:
    machine = MACHINES[model]
    strike = machine.hashrate_th * usd_per_th_hour(33.31) / megawatts(machine.power_w)
    assert strike == pytest.approx(STRIKES[model], abs=0.1)


def test_every_row_says_where_it_is_from() -> None:
    for machine in MACHINES.values():
        assert machine.source
        assert machine.bin
        if machine.confidence == "low":
            assert machine.note, f"{machine.model} is doubtful and does not say why"


@pytest.mark.parametrize("model", ["WhatsMiner M60S+", "WhatsMiner M63S", "WhatsMiner M66S"])
def test_conflicts_are_visible(model: str) -> None:
    assert MACHINES[model].confidence == "low"
    assert "conflict" in str(MACHINES[model].note)


def test_modes_are_convex() -> None:
    """More hash costs more power per hash, between any two neighbouring modes: measured curves are convex."""
    with_modes = [machine for machine in MACHINES.values() if machine.modes]
    assert [machine.model for machine in with_modes] == ["Antminer S19j Pro", "Antminer S19k Pro"]
    for machine in with_modes:
        points = sorted((p.hashrate_th, p.power_w) for p in map(machine.point, machine.mode_names))
        slopes = [(w2 - w1) / (h2 - h1) for (h1, w1), (h2, w2) in pairwise(points)]
        assert slopes == sorted(slopes), machine.model
