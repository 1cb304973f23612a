"""Wrong contracts end in messages at their line; contracts that only look odd load."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.config.consistency import faults_of_the_whole
from optimizer.config.load import load_farm
from optimizer.config.rates import Rates
from optimizer.errors import InputError

HEAD = """\
name: Test
timezone: America/Chicago
site: {import_limit_mw: 10}
fleet:
  - name: A
    machine: {model: X, hashrate_th: 200, power_w: 3500, cooling: air, source: test, confidence: low}
    units: 100
revenue: {hashprice_usd_per_ph_day: 33.31}
"""  # the contract begins in line 9


def load(folder: Path, contract: str) -> Rates | object:
    (folder / "farm.yaml").write_text(HEAD + contract)
    return load_farm(folder / "farm.yaml").energy.price_usd_per_mwh


def faults(folder: Path, contract: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(folder, contract)
    return [str(fault).removeprefix(f"{folder}/") for fault in caught.value.faults]


RATES = """\
energy:
  price_usd_per_mwh:
    rates:
      - {name: On-peak, usd_per_mwh: 80, when: {days: [mon, tue, wed, thu, fri], hours: [{start: 6, end: 22}]}}
      - {name: Night, usd_per_mwh: 20, when: {hours: [{start: 22, end: 24}, {start: 0, end: 6}]}}
      - {name: Weekend, usd_per_mwh: 30, when: {days: [sat, sun], hours: [{start: 6, end: 22}]}}
"""
BLOCK = "energy:\n  price_usd_per_mwh: 40\n  blocks:\n    - {name: B, mw: 5, price_usd_per_mwh: 30, "
PEAK = "energy:\n  price_usd_per_mwh: 40\n  demand:\n    - {name: Peak, usd_per_kw: 9, "

WRONG = [
    (
        RATES.replace("hours: [{start: 22", "hours: [{start: 21"),
        "farm.yaml:13:46: energy.price_usd_per_mwh.rates[1].when: overlaps rates[0], On-peak, such as "
        "January, mon, 21:00; one price may hold at a time\n"
        "farm.yaml:14:48: energy.price_usd_per_mwh.rates[2].when: overlaps rates[1], Night, such as "
        "January, sat, 21:00; one price may hold at a time",
    ),
    (
        RATES.replace("days: [sat, sun]", "days: [sun], months: [1, 2]").replace("name: Weekend", "name: Night"),
        "farm.yaml:12:7: energy.price_usd_per_mwh.rates: leave hours without a price, such as January, sat, 06:00: "
        "give otherwise_usd_per_mwh, or a rate for them\n"
        "farm.yaml:14:16: energy.price_usd_per_mwh.rates[2].name: is the name of rates[1] too; "
        "the bill prints them apart by name",
    ),
    (
        RATES.replace("name: Weekend", "name: Other hours") + "  holidays: nerc\n",
        "farm.yaml:14:16: energy.price_usd_per_mwh.rates[2].name: is what the bill calls the hours of no rate; "
        "choose another",
    ),
    (
        RATES + "  holidays: nerc\n",
        "farm.yaml:12:7: energy.price_usd_per_mwh.rates: leave holidays without a price, such as "
        "January, holiday, 06:00: give otherwise_usd_per_mwh, or name `holiday` among the days of a rate",
    ),
    (
        RATES.replace("[sat, sun]", "[sat, sun, holiday]"),
        "farm.yaml:14:66: energy.price_usd_per_mwh.rates[2].when.days[2]: goes by a calendar: the farm needs "
        "`energy.holidays` besides it, such as nerc, US-TX or dates",
    ),
    (
        "energy: {price_usd_per_mwh: cheap}",
        'farm.yaml:9:29: energy.price_usd_per_mwh: must be a number, "62 USD/MWh", or a section '
        "with a `file` (got 'cheap')",
    ),
    (
        "energy: {price_usd_per_mwh: {rate: []}}",
        "farm.yaml:9:30: energy.price_usd_per_mwh.rate: is not a known key; did you mean `rates`?",
    ),
    *(
        (f"energy: {{price_usd_per_mwh: 40, holidays: {written}}}", f"farm.yaml:9:{column}: energy.holidays{said}")
        for written, column, said in (
            ("7", 43, ": must be nerc, a country or state such as US or US-TX, or a list of dates (got 7)"),
            ("{}", 33, ": must be nerc, a country or state such as US or US-TX, or a list of dates"),
            ("NERC", 43, ": must be nerc, a country or state such as US or US-TX, or a list of dates (got 'NERC')"),
            ("2026-07-04", 43,
             ": must be nerc, a country or state such as US or US-TX, or a list of dates (got '2026-07-04')"),
            ("[2026-07-04, 2026-02-30]", 56, '[1]: must be a date such as "2026-02-11" (got \'2026-02-30\')'),
        )
    ),
    (
        "energy: {price_usd_per_mwh: 40, tiers: [{name: T, above_mwh_per_month: 100, adds_usd_per_mwh: -2}]}",
        "farm.yaml:9:95: energy.tiers[0].adds_usd_per_mwh: must not be below zero: where more energy makes the rest "
        "cheaper, the best of many schedules cannot be found by a linear program (got -2); plan with the price of the "
        "tier the farm will end in",
    ),
    (
        BLOCK + "start: 2026-03-08 02:30, end: 2026-11-01 01:30}",
        "farm.yaml:12:54: energy.blocks[0].start: 2026-03-08 02:30 does not exist in America/Chicago: "
        "the clock skips it; write 01:30 or 03:30\n"
        "farm.yaml:12:77: energy.blocks[0].end: 2026-11-01 01:30 comes twice in America/Chicago: add the offset, "
        '"2026-11-01 01:30-05:00" or "2026-11-01 01:30-06:00"',
    ),
    (
        BLOCK + "start: 2026-02-01 00:00, end: 2026-02-01 00:00}",
        "farm.yaml:12:77: energy.blocks[0].end: the block ends (2026-02-01 00:00:00) before it starts "
        "(2026-02-01 00:00:00)",
    ),
    (
        BLOCK + "start: 2026-02-01 00:00, end: 2026-02-01T01:00Z}",
        "farm.yaml:12:77: energy.blocks[0].end: ends before it starts, reckoned in America/Chicago",
    ),
    (
        BLOCK + "when: {hours: [{start: 6.33, end: 5}]}}",
        "farm.yaml:12:70: energy.blocks[0].when.hours[0].start: must be a multiple of 5 minutes, such as 6.25 for "
        "06:15 (got 6.33)",
    ),
    (
        BLOCK + "when: {hours: [{start: 22, end: 6}]}}",
        "farm.yaml:12:79: energy.blocks[0].when.hours[0].end: ends at 6 but starts at 22; say the part after midnight "
        "apart",
    ),
    (
        PEAK + "ratchet: {share: 0.8, months: 11}}",
        "farm.yaml:12:44: energy.demand[0].ratchet: goes by past peaks, and none are known: give them by month under "
        "state.bill.past_peaks_mw, by the name of this charge, or ratchet.first_month, the first billing period of a "
        "new connection",
    ),
    (
        PEAK + "ratchet: {share: 0.8, months: 11, first_month: 2026-2}}\n"
        "state: {at: 2026-02-11 00:00, bill: {past_peaks_mw: {Peak: {2026-13: 4}}}}",
        "farm.yaml:12:82: energy.demand[0].ratchet.first_month: must be a month such as \"2026-02\" (got '2026-2')\n"
        'farm.yaml:13:61: state.bill.past_peaks_mw.Peak.2026-13: must be a month such as "2026-02" (got \'2026-13\')',
    ),
    (
        PEAK + "ratchet: {share: 0.8, months: 11}}\nstate: {at: 2026-02-11 00:00, bill: {past_peaks_mw: {Peak: {}}}}",
        "farm.yaml:12:44: energy.demand[0].ratchet: goes by past peaks, and none are known: give them by month under "
        "state.bill.past_peaks_mw, by the name of this charge, or ratchet.first_month, the first billing period of a "
        "new connection",
    ),
    (
        PEAK + "minimum_mw: 1}\nstate:\n  bill:\n    peaks_mw: {Peek: 3}\n    tier_mwh: {T: 3}\n    taken_mwh: {S: 1}",
        "farm.yaml:13:1: state.at: is needed with bill: "
        "the moment the state was read\n"
        "farm.yaml:15:22: state.bill.peaks_mw.Peek: no demand charge of the contract has this name; "
        "did you mean `Peak`?\n"
        "farm.yaml:16:19: state.bill.tier_mwh.T: no tier of the contract has this name; there is none\n"
        "farm.yaml:17:20: state.bill.taken_mwh.S: no supplier of the contract has this name; there is none",
    ),
    (
        PEAK + "minimum_mw: 1}\nstate: {bill: {charged_usd: 5}}",
        "farm.yaml:13:1: state.at: is needed with bill: "
        "the moment the state was read",
    ),
    *(
        (
            f"energy:\n  price_usd_per_mwh: 40\n  {section}:\n    - {{name: N, {rest}}}\n    - {{name: N, {rest}}}",
            f"farm.yaml:13:14: energy.{section}[1].name: is the name of energy.{section}[0] too; "
            f"each {what} needs its own",
        )
        for section, rest, what in (
            ("supplies", "limit_mw: 1, price_usd_per_mwh: 5", "supplier"),
            ("tiers", "above_mwh_per_month: 1, adds_usd_per_mwh: 5", "tier"),
            ("demand", "usd_per_mw: 1", "demand charge"),
            ("coincident_peaks", "rule: pjm_5cp, usd_per_mw_year: 1, probability: 0", "coincident peak"),
        )
    ),
    (
        "energy: {price_usd_per_mwh: 40, coincident_peaks: [{name: N, rule: ercot_5cp, probability: 2}]}",
        "farm.yaml:9:68: energy.coincident_peaks[0].rule: must be `ercot_4cp` or `pjm_5cp` (got 'ercot_5cp'); "
        "did you mean `ercot_4cp`?\n"
        "farm.yaml:9:92: energy.coincident_peaks[0].probability: must be at most 1 (got 2)",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("contract", "said"), WRONG)
def test_what_is_said_of_a_wrong_contract(tmp_path: Path, contract: str, said: str) -> None:
    assert sorted(faults(tmp_path, contract)) == sorted(said.split("\n"))


def test_an_unknown_part_of_a_country(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, "energy: {price_usd_per_mwh: 40, holidays: US-TO}")
    assert fault.startswith("farm.yaml:9:43: energy.holidays: names no part of US with holidays of its own; its parts")
    (fault,) = faults(tmp_path, "energy: {price_usd_per_mwh: 40, holidays: LI-01}")
    assert "it has no parts here (got 'LI-01')" in fault


def test_faults_of_the_whole_come_with_those_of_the_parts(tmp_path: Path) -> None:
    """Proves that plain data is judged as a typed contract is; without it the ratchet would be told later."""
    contract = RATES + "  holidays: nerc\n" + PEAK.split("40\n")[1] + "ratchet: {share: 0.8, months: 0}}\n"
    told = faults(tmp_path, contract)
    assert [fault.split(": ")[1] for fault in told] == [
        "energy.price_usd_per_mwh.rates", "energy.demand[0].ratchet", "energy.demand[0].ratchet.months",
    ]  # fmt: skip


def test_a_contract_by_itself_needs_no_past_peaks() -> None:
    """They are the farm's; without this no contract with a ratchet could stand in a file of its own."""
    demand = ({"name": "Peak", "usd_per_kw": 9, "ratchet": {"share": 0.8, "months": 11}},)
    assert faults_of_the_whole({"energy": {"price_usd_per_mwh": 40, "demand": demand}}) == []


WELL = [
    RATES,
    RATES + "  holidays: []\n",
    RATES.replace("[sat, sun]", "[sat, sun, holiday]").replace("Weekend", "Free days") + "  holidays: US-TX\n",
    RATES.replace("      - {name: Weekend", "    otherwise_usd_per_mwh: 25\n#") + "  holidays: nerc\n",
    BLOCK + "start: 2026-02-01 00:00, end: 2026-02-01T07:00Z}",
    BLOCK + "when: {hours: [{start: 6.0833, end: 6.1667}]}}",
    PEAK + "ratchet: {share: 0.8, months: 11, first_month: 2026-02}}",
    PEAK + "ratchet: {share: 0.8, months: 11}}\n"
    "state: {at: 2026-02-11 00:00, bill: {past_peaks_mw: {Peak: {2026-01: 9}}}}",
    PEAK + "minimum_mw: 1}\nstate: {bill: {peaks_mw: {}}}",
]


@pytest.mark.parametrize("contract", WELL)
def test_what_is_in_order_loads(tmp_path: Path, contract: str) -> None:
    load(tmp_path, contract)
