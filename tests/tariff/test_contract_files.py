"""A farm whose contract stands in a file of its own: what loads, and where faults are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from optimizer.config.base import SeriesFile
from optimizer.config.check import check_file
from optimizer.config.load import load_contract, load_farm
from optimizer.config.schema import schema
from optimizer.errors import InputError
from optimizer.plan.checking import checked
from tests.commands.running import curtail
from tests.config.test_contract import HEAD
from tests.tariff.rates import rate, saved

FARM = HEAD + "contract: tariffs/x.yaml\n"
CONTRACT = """\
name: Large general service
source: a test
energy:
  price_usd_per_mwh: 50
  demand:
    - {name: Peak, usd_per_kw: 9}
"""


def written(folder: Path, farm: str = FARM, contract: str | None = CONTRACT) -> Path:
    (folder / "tariffs").mkdir(exist_ok=True)
    if contract is not None:
        (folder / "tariffs" / "x.yaml").write_text(contract, encoding="utf-8")
    (folder / "farm.yaml").write_text(farm, encoding="utf-8")
    return folder / "farm.yaml"


def faults(path: Path) -> list[str]:
    """What loading a farm says; `curtail check` must say all of it."""
    with pytest.raises(InputError) as caught:
        load_farm(path)
    assert set(caught.value.faults) <= set(check_file(path))
    return [str(fault).removeprefix(f"{path.parent}/") for fault in caught.value.faults]


def test_the_farm_has_the_contracts_energy(tmp_path: Path) -> None:
    farm = load_farm(written(tmp_path))
    assert farm.contract == "tariffs/x.yaml"
    assert farm.energy == load_contract(tmp_path / "tariffs" / "x.yaml").energy
    written_out = FARM.replace("contract: tariffs/x.yaml\n", CONTRACT[CONTRACT.index("energy:") :])
    assert farm.energy == load_farm(written(tmp_path, written_out)).energy
    assert check_file(written(tmp_path)) == []


def test_either_contract_or_energy(tmp_path: Path) -> None:
    both = faults(written(tmp_path, FARM + "energy: {price_usd_per_mwh: 5}\n"))
    assert both == ["farm.yaml:9:1: contract: give `contract` or `energy`, not both"]
    neither = faults(written(tmp_path, FARM.replace("contract: tariffs/x.yaml\n", "")))
    assert neither == ["farm.yaml:1:1: energy: is missing (What energy costs; or name a `contract` file that says so)"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("price_usd_per_mwh: 50", "price_usd_per_mwh: 50\n  price_usd: 50",
         ["tariffs/x.yaml:5:3: energy.price_usd: is not a known key; did you mean `price_usd_per_mwh`?"]),
        ("usd_per_kw: 9", "usd_per_kw: -9",
         ["tariffs/x.yaml:6:32: energy.demand[0].usd_per_kw: must be at least 0 (got -9)"]),
        ("price_usd_per_mwh: 50", "price_usd_per_mwh: 50\n  import_limit_mw: 5",
         ["tariffs/x.yaml:5:3: energy.import_limit_mw: is not a known key; known here: price_usd_per_mwh"]),
        ("source: a test\n", "", ["tariffs/x.yaml:1:1: source: is missing (Where it is written)"]),
        ("  demand:", "  demand: [", ["tariffs/x.yaml:6:5: this is not YAML"]),
    ],
)  # fmt: skip
def test_faults_are_told_in_the_contracts_file(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    said = faults(written(tmp_path, contract=CONTRACT.replace(old, new)))
    assert [text[: len(start)] for text, start in zip(said, expected, strict=True)] == expected


def test_faults_of_the_whole_are_told_where_they_stand(tmp_path: Path) -> None:
    """Two charges of one name are the contract's fault, a ratchet without past peaks shows with the farm only."""
    twice = CONTRACT + "    - {name: Peak, usd_per_kw: 8}\n"
    (said,) = faults(written(tmp_path, contract=twice))
    assert said.startswith("tariffs/x.yaml:7:14: energy.demand[1].name: is the name of energy.demand[0] too")
    ratchet = CONTRACT.replace("usd_per_kw: 9", "usd_per_kw: 9, ratchet: {share: 0.8, months: 11}")
    (said,) = faults(written(tmp_path, contract=ratchet))
    assert said.startswith("tariffs/x.yaml:6:44: energy.demand[0].ratchet: goes by past peaks")
    assert check_file(tmp_path / "tariffs" / "x.yaml") == []
    farm = FARM + 'state:\n  at: "2026-02-11 06:00"\n  bill: {peaks_mw: {Peek: 3}}\n'
    (said,) = faults(written(tmp_path, farm))
    assert said.startswith("farm.yaml:12:")
    assert "did you mean `Peak`?" in said


def test_faults_of_both_files_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, FARM.replace("units: 100", "units: -1"), CONTRACT.replace("price_usd_per_mwh: 50", "x: 1"))
    assert [text.split(":")[0] for text in faults(path)] == ["farm.yaml", "tariffs/x.yaml", "tariffs/x.yaml"]


def test_what_a_faulty_contract_names_is_there_all_the_same(tmp_path: Path) -> None:
    farm = FARM + 'state:\n  at: "2026-02-11 06:00"\n  bill: {peaks_mw: {Peak: 3}}\n'
    (said,) = faults(written(tmp_path, farm, CONTRACT.replace("usd_per_kw: 9", "usd_per_kw: -9")))
    assert said.startswith("tariffs/x.yaml:6:")


def test_a_contract_that_is_not_there(tmp_path: Path) -> None:
    said = faults(written(tmp_path, contract=None))
    assert said == ["farm.yaml:9:11: contract: there is no such file (got 'tariffs/x.yaml')"]
    assert faults(written(tmp_path, FARM.replace("tariffs/x.yaml", "3"), None)) == [
        "farm.yaml:9:11: contract: must be text: put it in quotes (got 3)"
    ]


def test_series_of_a_contract_lie_beside_it(tmp_path: Path) -> None:
    series = CONTRACT.replace("price_usd_per_mwh: 50", "price_usd_per_mwh: {file: prices.csv}")
    path = written(tmp_path, FARM + 'horizon: {start: "2026-02-11 06:00", hours: 2}\n', series)
    missing = f"{tmp_path}/tariffs/x.yaml:4:29: energy.price_usd_per_mwh.file: there is no such file (got 'prices.csv')"
    for one in (path, tmp_path / "tariffs" / "x.yaml"):
        assert [str(fault) for fault in check_file(one)] == [missing]
    hours = "".join(f"2026-02-11T{hour:02d}:00:00-06:00,{40 + hour}\n" for hour in range(24))
    (tmp_path / "tariffs" / "prices.csv").write_text(f"time,price\n{hours}", encoding="utf-8")
    price = load_farm(path).energy.price_usd_per_mwh
    assert isinstance(price, SeriesFile)
    assert price.file == "tariffs/prices.csv"
    faults_of_series = checked(path)[0]
    assert not any("no such file" in fault.message for fault in faults_of_series), faults_of_series


def test_schemas() -> None:
    Draft202012Validator.check_schema(schema("contract"))
    farm = Draft202012Validator(schema("farm"))
    sections = {"name": "T", "timezone": "UTC", "site": {"import_limit_mw": 1}, "revenue": {},
                "fleet": [{"name": "A", "units": 1, "model": "X"}]}  # fmt: skip
    energy = {"price_usd_per_mwh": 50}
    assert farm.is_valid(sections | {"energy": energy})
    assert farm.is_valid(sections | {"contract": "x.yaml"})
    assert not farm.is_valid(sections)
    assert not farm.is_valid(sections | {"energy": energy, "contract": "x.yaml"})
    contract = Draft202012Validator(schema("contract"))
    assert contract.is_valid({"name": "T", "source": "a test", "energy": energy})
    assert not contract.is_valid({"name": "T", "energy": energy})


def test_the_command_writes_what_check_accepts(tmp_path: Path) -> None:
    done = curtail("tariff", "import", saved(tmp_path, rate()), "--out", tmp_path / "tariffs" / "x.yaml")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    done = curtail("check", written(tmp_path, contract=None), tmp_path / "tariffs" / "x.yaml")
    assert (done.returncode, done.stderr) == (0, "2 files checked: nothing wrong\n")
    assert load_farm(tmp_path / "farm.yaml").energy.price_usd_per_mwh == 50.0


def test_the_command_writes_nothing_when_it_refuses(tmp_path: Path) -> None:
    path = saved(tmp_path, rate(demandreactivepowercharge=1, surcharge=2))
    done = curtail("tariff", "import", path, "--out", tmp_path / "x.yaml")
    assert done.returncode == 2
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == ["demandreactivepowercharge", "surcharge"]
    assert not (tmp_path / "x.yaml").exists()
    options = ("--leave-out", "demandreactivepowercharge", "--leave-out", "surcharge", "--holidays", "US-FL")
    done = curtail("tariff", "import", path, *options)
    assert done.returncode == 0, done.stderr
    assert "LEFT OUT: surcharge (2)." in done.stdout
    assert "  holidays: US-FL\n" in done.stdout
    assert curtail("tariff", "import", path, *options).stdout == done.stdout
