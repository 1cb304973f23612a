"""What an ensemble file may say; everything else is told at its place."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from optimizer.config.load import load_farm
from optimizer.config.schema import schema_of
from optimizer.ensemble.language import Ensemble
from optimizer.ensemble.load import load_ensemble
from optimizer.errors import InputError
from tests.commands.running import ROOT, WEST_TEXAS
from tests.ensemble.studies import ENSEMBLE, write_files
from tests.sampling import number

SHIPPED = ROOT / "scenarios" / "ensembles" / "winter_week.yaml"
COUNT = number(200, 2000)


def refused(folder: Path, **ensemble: Any) -> str:
    farm, file = write_files(folder, **ensemble)
    with pytest.raises(InputError) as told:
        load_ensemble(file, load_farm(farm))
    return str(told.value).replace(str(folder), "")


def test_the_shipped_ensemble_goes_with_the_sample_farm() -> None:
    assert load_ensemble(SHIPPED, load_farm(WEST_TEXAS)).scenarios == 1000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": -1}, "ensemble.yaml:2:7: seed: must be at least 0 (got -1)"),
        ({"seeds": 1}, "seeds: is not a known key; did you mean `seed`?"),
        ({"scenarios": 0}, "scenarios: must be at least 1 (got 0)"),
        ({"prices": {"history": {"file": "none.csv"}}}, "prices.history.file: there is no such file (got 'none.csv')"),
        (
            {"prices": {"history": {"file": "history.csv"}, "method": "moving", "block_days": 1.5}},
            "prices.block_days: must be whole days for `moving` (got 1.5)",
        ),
        ({"btc": {"drift_per_year": 0.1}}, "btc: give volatility_per_year or history, one of them"),
        (
            {"btc": {"history": {"file": "history.csv"}, "drift_per_year": 0.1}},
            "btc.drift_per_year: goes with volatility_per_year, not with a history",
        ),
        (
            {"storms": [{"name": "S", "probability_per_week": 0.1}]},
            "storms[0]: does nothing: give price, outage or both",
        ),
        (
            {"storms": [{"name": "S", "probability_per_week": 1.0, "outage": {"share": 1}}]},
            "storms[0].probability_per_week: must be less than 1 (got 1.0)",
        ),
        (
            {"storms": [{"name": "S", "probability_per_week": 0.1, "outage": {"share": 0.5, "groups": ["Hall C"]}}]},
            "storms[0].outage.groups[0]: the farm has no such group; did you mean `Hall",
        ),
        (
            {"prices": None, "btc": None, "difficulty": None, "storms": None},
            "draws nothing: give one or more of prices, btc, difficulty, storms",
        ),
    ],
)
def test_faults_are_told_at_their_place(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    assert said in refused(tmp_path, **change)


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    told = refused(tmp_path, seed=-1, btc={"volatility_per_year": -1}, difficulty={"deviation_share": 2})
    assert told.count("\n") == 2


def test_what_does_not_go_with_the_farm(tmp_path: Path) -> None:
    farm, file = write_files(
        tmp_path, {"revenue": {"hashprice_usd_per_ph_day": 30.0}}, btc={"volatility_per_year": 0.5, "start_usd": 6e4}
    )
    with pytest.raises(InputError, match="the farm gives a hashprice and no BTC price"):
        load_ensemble(file, load_farm(farm))


def test_the_schema_takes_what_is_taken() -> None:
    schema = schema_of(Ensemble, "An ensemble of curtail")
    Draft202012Validator.check_schema(schema)
    for data in (ENSEMBLE, yaml.safe_load(SHIPPED.read_text()) | {"start": "2026-02-09 00:00"}):
        Draft202012Validator(schema).validate(data)
    assert not Draft202012Validator(schema).is_valid(ENSEMBLE | {"seed": -1})


def test_mutated_files_load_or_are_refused_at_a_place(tmp_path: Path) -> None:
    _, file = write_files(tmp_path)
    text, dice, loaded = file.read_text(), random.Random(20260211), 0
    pieces = [line + "\n" for line in text.splitlines()]
    words = [
        "-1",
        "1e400",
        ".nan",
        "null",
        "[]",
        "{}",
        "'x'",
        "yes",
        "2026-02-30 25:00",
        "- ",
        ": ",
        "\t",
        "#",
        "\x00",
        "&a *a",
    ]
    for n in range(COUNT):
        lines = list(pieces)
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(lines))
            key, colon, _value = lines[at].partition(": ")
            lines[at] = dice.choice(
                [
                    "",
                    lines[at] * 2,
                    f"{key}{colon}{dice.choice(words)}\n",
                    "  " + lines[at],
                    lines[at].replace("e", dice.choice("aou"), 1),
                    lines[at][: dice.randrange(len(lines[at]) + 1)],
                ]
            )
        file.write_text("".join(lines))
        try:
            load_ensemble(file)
            loaded += 1
        except InputError as error:
            assert error.faults, n
            assert all(f.line >= 1 and f.column >= 1 and f.message and str(f).isprintable() for f in error.faults), n
    assert COUNT * 0.02 < loaded < COUNT * 0.9


def test_the_ensemble_of_the_page_is_one() -> None:
    """Every key is on the page."""
    text = (ROOT / "docs" / "ensembles.md").read_text(encoding="utf-8")
    shown = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    shown["start"] = str(shown["start"])
    shown["storms"] = tuple(shown["storms"])
    shown["storms"][0]["outage"]["groups"] = tuple(shown["storms"][0]["outage"]["groups"])
    ensemble = Ensemble.model_validate(shown)
    assert set(Ensemble.model_fields) == set(shown)
    assert ensemble.prices is not None
    assert set(shown["prices"]) == set(type(ensemble.prices).model_fields)
    assert set(shown["storms"][0]) == set(type(ensemble.storms[0]).model_fields)
