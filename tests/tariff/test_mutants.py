"""Broken rates end in a contract or a located message, never in a traceback."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from optimizer.config.load import contract_in
from optimizer.config.yaml12 import parse
from optimizer.errors import InputError
from optimizer.tariff.urdb import contract_text
from tests.tariff.rates import flat, rate, saved

COUNT = 400
VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        "",
        " ",
        "kVA",
        "x" * 700,
        "\u2028",
        "\x00",
        "é" * 70,
        [],
        {},
        [[]],
        [{}],
        [[{}]],
        [None],
        {"": 0},
    ),
    *(
        0,
        -1,
        1,
        0.5,
        99,
        1e-300,
        1e308,
        -1e308,
        10**30,
        2**63,
        [0] * 12,
        [[0] * 24] * 12,
        [[0.5] * 24] * 12,
        [True] * 12,
    ),
)
WHOLE = rate(
    energyratestructure=[[{"rate": 0.04, "max": 9e3}, {"rate": 0.05}], [{"rate": 0.06, "max": 9e3}, {"rate": 0.07}]],
    energyweekendschedule=flat(1),
    demandratestructure=[[{"rate": 0}], [{"rate": 8, "max": 50}, {"rate": 9}]],
    demandweekdayschedule=flat(),
    demandweekendschedule=flat(1),
    flatdemandstructure=[[{"rate": 3}], [{"rate": 4}]],
    flatdemandmonths=[0] * 6 + [1] * 6,
    demandrateunit="kW",
    fixedchargefirstmeter=9,
    fixedchargeunits="$/month",
    lookbackpercent=0,
    lookbackrange=11,
    lookbackmonths=[False] * 12,
    minmonthlycharge=5,
    startdate=1735718400,
    description="A rate",
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value; of a schedule to its first rows only."""
    inner = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


def mutant(dice: random.Random) -> dict[str, Any]:
    """The rate with up to three values replaced or taken out."""
    whole = json.loads(json.dumps(WHOLE))
    for _ in range(dice.choice((1, 1, 2, 3))):
        *way, last = dice.choice(places(whole)[1:])
        around = whole
        for key in way:
            around = around[key]
        if dice.random() < 0.15:
            del around[last]
        else:
            around[last] = json.loads(json.dumps(dice.choice(VALUES)))
    return whole


def test_mutated_rates(tmp_path: Path) -> None:
    dice, taken = random.Random(7), 0
    for _ in range(COUNT):
        path = saved(tmp_path, mutant(dice))
        try:
            contract_in(parse(contract_text(path)))
            taken += 1
        except InputError as error:
            assert error.faults
            assert all(fault.line > 0 and fault.message for fault in error.faults)
    assert COUNT // 25 < taken < COUNT, "some load, some do not"


def test_truncated_files(tmp_path: Path) -> None:
    text, dice = json.dumps({"items": [WHOLE]}), random.Random(8)
    for _ in range(COUNT // 4):
        path = saved(tmp_path, text=text[: dice.randrange(len(text) - 1)])
        try:
            contract_text(path)
        except InputError as error:
            assert error.faults
        else:
            raise AssertionError(path.read_text())
