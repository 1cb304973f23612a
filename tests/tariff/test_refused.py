"""What a contract cannot hold is refused by name and place, all of it at once; nothing is dropped in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optimizer.errors import InputError
from optimizer.tariff.urdb import contract_text
from tests.tariff.rates import flat, rate, saved

EVENING = [[int(16 <= hour < 21) for hour in range(24)] for _ in range(12)]
TOU = {"demandratestructure": [[{"rate": 3}], [{"rate": 9}]], "demandweekdayschedule": EVENING,
       "demandweekendschedule": flat()}  # fmt: skip
FLAT = {"flatdemandstructure": [[{"rate": 5}]], "flatdemandmonths": [0] * 12}
SEASONS = {"flatdemandstructure": [[{"rate": 5}], [{"rate": 6}]], "flatdemandmonths": [0] * 6 + [1] * 6}


def faults(folder: Path, *, leave_out: tuple[str, ...] = (), **more: Any) -> list[str]:
    """What is said of the rate, without the place."""
    path = saved(folder, rate(**more))
    with pytest.raises(InputError) as caught:
        contract_text(path, leave_out=leave_out)
    return [f"{fault.path}: {fault.message}" for fault in caught.value.faults]


def energy(*tiers: dict[str, Any]) -> dict[str, Any]:
    return {"energyratestructure": [list(tiers)]}


@pytest.mark.parametrize("most", [99_999_999, 1e12])
def test_a_last_tier_that_ends_nowhere(tmp_path: Path, most: float) -> None:
    """Files that tools wrote close the last tier with a number that no meter reaches."""
    open_ended = contract_text(saved(tmp_path, rate(**energy({"rate": 0.05, "max": 9}, {"rate": 0.06}))))
    closed = contract_text(saved(tmp_path, rate(**energy({"rate": 0.05, "max": 9}, {"rate": 0.06, "max": most}))))
    assert closed == open_ended


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"demandreactivepowercharge": 0.66}, "demandreactivepowercharge: is a charge on reactive power"),
    ({"demandReactPwrCharge": 0.25}, "demandReactPwrCharge: is a charge on reactive power"),
    ({"coincidentratestructure": [[{"rate": 9}]]}, "coincidentratestructure: is a charge on the grid's peak hours"),
    ({"demandratchetpercentage": [0.8] * 12}, "demandratchetpercentage: is a ratchet that does not say"),
    ({"fueladjustmentsmonthly": [0.01] * 12}, "fueladjustmentsmonthly: may be part of the rates' `adj`"),
    ({"annualmincharge": 1000}, "annualmincharge: is a minimum over a year"),
    ({"mincharge": 1000, "minchargeunits": "$/year"}, "mincharge: is a minimum over a year"),
    ({"fixedchargeeaaddl": 5}, "fixedchargeeaaddl: is a charge for each further meter"),
    ({"fixedattrs": [{"Meter charge": "5"}]}, "fixedattrs: may hold charges"),
    ({"surcharge": 0}, "surcharge: is not a known key, so it may hold a charge (got 0)"),
    ({"energyratestructure": None}, "energyratestructure: is missing: a contract needs a price of energy"),
    ({"energyratestructure": {}}, "energyratestructure: must be a list of periods"),
    ({"energyratestructure": [[]]}, "energyratestructure[0]: must be a list of tiers"),
    (energy({"rate": "0.05"}), "energyratestructure[0][0].rate: must be a number (got 0.05)"),
    (energy({"unit": "kWh"}), "energyratestructure[0][0].rate: is missing: nothing says what this tier costs"),
    (energy({"rate": 0.05, "cap": 1}), "energyratestructure[0][0].cap: is not a known key of a tier"),
    (energy({"rate": 0.05, "sell": 0.03}), "energyratestructure[0][0].sell: is a price of export"),
    (energy({"rate": 0.05, "unit": "kWh/kW"}), "energyratestructure[0][0].unit: must be kWh a month"),
    (energy({"rate": 0.05, "unit": "kWh daily"}), "energyratestructure[0][0].unit: must be kWh a month"),
    (energy({"rate": 0.05, "max": 99}), "energyratestructure[0][0].max: leaves what is above 99 without a price"),
    (energy({"rate": 0.05}, {"rate": 0.06}), "energyratestructure[0][0]: has no `max`, but another tier above it"),
    (energy({"rate": 0.05, "max": 0}, {"rate": 0.06}), "energyratestructure[0][0].max: must be more than 0 (got 0)"),
    (energy({"rate": 0.05, "max": 9}, {"rate": 0.04}), "energyratestructure[0][1].rate: is a tier that decreases"),
    (
        {
            "energyratestructure": [[{"rate": 0.05, "max": 9}, {"rate": 0.06}], [{"rate": 0.08}]],
            "energyweekdayschedule": EVENING,
        },
        "energyratestructure: has tiers in a month of several periods (0, 1)",
    ),
    (
        {"energyweekdayschedule": flat(1)},
        "energyweekdayschedule[0][0]: must be a period of energyratestructure, 0 to 0",
    ),
    ({"energyweekdayschedule": [[0] * 23] * 12}, "energyweekdayschedule: must be twelve months of 24 hours"),
    ({"energyweekendschedule": None}, "energyweekendschedule: is missing: when the periods of"),
    (TOU | {"demandrateunit": "kVA"}, "demandrateunit: must be kW"),
    (FLAT | {"flatDemandUnits": "kW daily"}, "flatDemandUnits: must be kW"),
    (FLAT | {"flatdemandmonths": [0] * 11}, "flatdemandmonths: must be twelve periods of flatdemandstructure, 0 to 0"),
    ({"flatdemandstructure": [[{"rate": 1, "adj": -2}]]}, "flatdemandstructure[0][0].rate: must not come to less than"),
    (FLAT | TOU | {"lookbackpercent": 0.8, "lookbackrange": 11}, "lookbackpercent: is a ratchet, and there are 3"),
    (SEASONS | {"lookbackpercent": 0.8, "lookbackrange": 11}, "lookbackpercent: is a ratchet, and there are 2"),
    (FLAT | {"lookbackpercent": 80, "lookbackrange": 11}, "lookbackpercent: must be a share, 0 to 1 (got 80)"),
    (FLAT | {"lookbackpercent": 0.8}, "lookbackpercent: needs either lookbackrange, months, or lookbackmonths"),
    (FLAT | {"lookbackpercent": 0.8, "lookbackrange": 99}, "lookbackpercent: needs a lookbackrange of 1 to 36"),
    ({"fixedchargefirstmeter": 9}, "fixedchargeunits: must be one of $/month, $/day, $/year (got nothing)"),
    (
        {"fixedchargefirstmeter": 9, "fixedchargeunits": "$/month", "fixedmonthlycharge": 8},
        "fixedmonthlycharge: is given beside fixedchargefirstmeter",
    ),
]


@pytest.mark.parametrize(("more", "sentence"), REFUSED, ids=[sentence[:50] for _, sentence in REFUSED])
def test_refused(tmp_path: Path, more: dict[str, Any], sentence: str) -> None:
    (said,) = faults(tmp_path, **more)
    assert said.startswith(sentence)


def test_everything_at_once(tmp_path: Path) -> None:
    said = faults(tmp_path, demandreactivepowercharge=1, surcharge=2, **energy({"rate": 0.05, "sell": 0.03, "max": 9}))
    assert [fault.split(":")[0] for fault in said] == [
        "energyratestructure[0][0].max",
        "energyratestructure[0][0].sell",
        "demandreactivepowercharge",
        "surcharge",
    ]


def test_at_its_line(tmp_path: Path) -> None:
    text = '{"items": [\n  {"energyratestructure": [[{"rate": 0.05}]],\n   "surcharge": 2}\n]}'
    path = saved(tmp_path, text=text)
    with pytest.raises(InputError, match=rf"{path}:3:4: items\[0\].surcharge: is not a known key"):
        contract_text(path)


@pytest.mark.parametrize(
    "more",
    [
        {"demandreactivepowercharge": 0, "coincidentratestructure": [[{"rate": 0, "adj": None}]], "fixedattrs": []},
        {"demandratestructure": [[{"rate": 0}]], "demandrateunit": "kVA", "flatdemandstructure": []},
        {"coincidentrateunit": "kW", "coincidentrateschedule": flat(), "surcharge": None, "lookbackpercent": 0},
    ],
)
def test_what_charges_nothing_is_no_matter(tmp_path: Path, more: dict[str, Any]) -> None:
    assert "demand" not in contract_text(saved(tmp_path, rate(**more))).partition("energy:\n")[2]


def test_left_out_by_name(tmp_path: Path) -> None:
    path = saved(tmp_path, rate(demandReactPwrCharge=0.25, **FLAT, lookbackpercent=80))
    text = contract_text(path, leave_out=("demandreactivepowercharge", "lookbackPercent"))
    assert "'LEFT OUT: demandReactPwrCharge (0.25).'" in text
    assert "'LEFT OUT: lookbackpercent (80).'" in text


@pytest.mark.parametrize(
    ("key", "sentence"),
    [("demandwindow", "has no such key"), ("energyRateStructure", "needs a price of energy")],
)
def test_what_cannot_be_left_out(tmp_path: Path, key: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        contract_text(saved(tmp_path, rate()), leave_out=(key,))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r":1:1: is not JSON: Expecting value"),
        ('{"a": 1,\n "b" 2}', r":2:6: is not JSON: Expecting ':' delimiter"),
        ("[]", r":1:1: is not a rate of the Utility Rate Database"),
        ('{"a": NaN}', r":1:1: is not JSON: NaN is not a number"),
        ('{"items": []}', r"its `items` hold no rate"),
        ('{"items": [3]}', r":1:12: items\[0\]: is not a rate"),
        ('{"demandRateUnits": "kW",\n "demandrateunit": "kW"}', r":2:2: demandrateunit: means the same as"),
    ],
)
def test_files_that_hold_no_rate(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        contract_text(saved(tmp_path, text=text))


def test_no_file(tmp_path: Path) -> None:
    for path, sentence in ((tmp_path / "x.json", "there is no such file"), (tmp_path, "this is a folder")):
        with pytest.raises(InputError, match=sentence):
            contract_text(path)
    (tmp_path / "latin.json").write_bytes(b'{"name": "Stra\xdfe"}')
    with pytest.raises(InputError, match="is not UTF-8"):
        contract_text(tmp_path / "latin.json")
