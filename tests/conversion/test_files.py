"""Offer and study files: the shipped ones load, wrong ones end in messages with their place."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from optimizer.config.load import load_farm
from optimizer.conversion.files.load import faults_of_conversion, load_offer, read_study
from optimizer.errors import InputError
from tests.commands.running import CONFIGS, WEST_TEXAS

HOSTING = CONFIGS / "hosting"
STUDIES = sorted(HOSTING.glob("february_2026*.yaml"))
OFFERS = sorted(set(HOSTING.glob("*.yaml")) - set(STUDIES))
TERAWULF = HOSTING / "terawulf_fluidstack.yaml"

# the rents of the published deals: their value over term and critical MW, USD per kW and month
PUBLISHED = {
    "core_scientific_coreweave": 8.7e9 / (500e3 * 144),
    "cipher_aws": 5.5e9 / (300e3 * 180),
    "cipher_fluidstack": 3.0e9 / (168e3 * 120),
    "terawulf_fluidstack": 3.7e9 / (200e3 * 120),
    "hut8_fluidstack": 7.0e9 / (245e3 * 180),
    "galaxy_coreweave": 1.0e9 / (526e3 * 12),
    "bitfarms_washington": 184.06,
}


def test_every_published_deal_has_a_preset() -> None:
    assert {path.stem for path in OFFERS} == set(PUBLISHED)


@pytest.mark.parametrize("path", OFFERS, ids=lambda path: path.stem)
def test_a_preset_is_the_published_deal_and_says_what_is_assumed(path: Path) -> None:
    offer = load_offer(path)
    assert offer.rent.usd_per_kw_month == pytest.approx(PUBLISHED[path.stem], abs=0.6)
    assert len(offer.source) > 60
    assert len(offer.assumed) >= 5


@pytest.mark.parametrize("study", STUDIES, ids=lambda path: path.stem)
def test_the_shipped_studies_go_with_the_sample_farm(study: Path) -> None:
    read = read_study(load_farm(WEST_TEXAS), CONFIGS, OFFERS, study)
    assert read.site.site_mw == pytest.approx(49.65)
    assert read.site.blocks.hours.sum() == pytest.approx(8766.0)
    assert set(read.fleets) == {"S19-heavy", "S21"}
    assert faults_of_conversion(study) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("load_share: 0.85", "load_shares: 0.85", "is not a known key; did you mean `load_share`?"),
        ("months_without_revenue: 12", "months_without_revenue: 13", "must be at most lead_months, 12 (got 13)"),
        ("shares: [0.3, 0.4, 0.3]", "shares: [0.3, 0.4, 0.4]", "must come to 1 together (got 1.1)"),
        ("months: [0, 6, 12]", "months: [0, 12, 6]", "must be more than the month before it"),
        ("least_mw: 5, step_mw: 5", "least_mw: 500, step_mw: 5", "must be at most most_mw, 200 (got 500)"),
        ("power_paid_by: tenant", "power_paid_by: landlord", "must be `tenant` or `farm` (got 'landlord')"),
        ("gross_per_critical: 1.25", "gross_per_critical: 0.9", "must be at least 1 (got 0.9)"),
        ("months: [0, 4]", "months: [1, 4]", "must be 0, the month of the first rent (got 1)"),
        ("usd_per_mw: 9.0e6", "usd_per_mw: 9.0", "is in USD, not in millions: 9e+06 (got 9)"),
        ("usd_per_kw_month: 154", "usd_per_kw_month: 154000", "is per kW, not per MW: 154 (got 154000)"),
        ("term_months: 120", "term_months: 6", "counts from the first rent on, and is shorter than lead_months, 12"),
        ("rate_per_year: 0.0775", "rate_per_year: 7.75", "must be at most 1 (got 7.75); 7.75 % is written 0.0775"),
        ("share_of_cost: 0.7,", "share_of_cost: 70,", "must be at most 1 (got 70); 70 % is written 0.7"),
    ],
)
def test_a_wrong_offer_ends_in_a_message_with_its_place(old: str, new: str, said: str, tmp_path: Path) -> None:
    text = TERAWULF.read_text()
    assert text.count(old) == 1
    wrong = tmp_path / "offer.yaml"
    wrong.write_text(text.replace(old, new))
    with pytest.raises(InputError) as raised:
        load_offer(wrong)
    (fault,) = raised.value.faults
    assert said in fault.message
    place = text.replace(old, new).splitlines()[fault.line - 1]
    assert new.split(":")[0] in place


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("quarters: 8", "quarters: 6", "years.quarters: must be whole years, a multiple of 4 (got 6)"),
        (
            "model: Antminer S21 XP,",
            "model: Antminer S12 XP,",
            "machines.replacements[0].model: the farm's catalogue has",
        ),
        ("Antminer S19j Pro: 0.6", "Antminer S19j Prop: 0.6", "the farm's catalogue has no such model; did you mean"),
        ("cash_usd: 25000000", "cash_usd: 1000000", "money.cash_usd: must be at least least_cash_usd, 5e+06"),
        (
            "  blocks:  #",
            "  history: {series: {file: none.csv}}\n  blocks:  #",
            "power: give blocks or history, one of",
        ),
        ("    count: 20", "    counts: 20", "is not a known key; did you mean `count`?"),
        ("tax_rate: 0.21", "tax_rate: 21", "must be less than 1 (got 21); 21 % is written 0.21"),
        ("  price_growth_per_year: 0.02", "  price_growth_per_year: 5", "(got 5); 5 % is written 0.05"),
        (
            "to_share: 0.2, usd_per_mwh: 50",
            "to_share: 0.2",
            "power.calls[0]: needs usd_per_mwh, as no block of a storm",
        ),
        ("part_share: 0.5", "ranges: {rent: [1.2, 0.8]}", "ranges.rent: must be the lower and the higher end"),
        (
            "  growth_per_year: 0.02\n  calls",
            "  peaks: {usd_per_kw_year: 70, usd_per_mwh: 150}\n  calls",
            "power.peaks: needs hours_per_year, as there is no history to take it from",
        ),
    ],
)
def test_a_wrong_study_ends_in_a_message_with_its_place(old: str, new: str, said: str, tmp_path: Path) -> None:
    text = STUDIES[0].read_text()
    assert text.count(old) == 1
    wrong = tmp_path / "study.yaml"
    wrong.write_text(text.replace(old, new))
    message = str(refused([TERAWULF], wrong))
    assert said in message
    assert message.startswith(f"{wrong}:")


def refused(offers: list[Path], study: Path) -> InputError:
    with pytest.raises(InputError) as raised:
        read_study(load_farm(WEST_TEXAS), CONFIGS, offers, study)
    return raised.value


HOURLY = "time,price\n" + "".join(
    f"2024-01-{1 + h // 24:02d}T{h % 24:02d}:00:00Z,{20 + h % 7}\n" for h in range(24 * 28)
)


@pytest.mark.parametrize(
    ("prices", "power", "said"),
    [
        (HOURLY, "weeks: 9", "study.yaml:{line}:5: power.history: at most 5 weeks can be chosen"),
        (HOURLY, "last_day: 2024-03-01", "study.yaml:{line}:5: power.history: {folder}/p.csv: covers"),
        (HOURLY.replace("2024-01-09T05:00:00Z,", "2025-01-09T05:00:00Z,"), "weeks: 3", "p.csv:"),
        (
            HOURLY.replace("2024-01-09T05:00:00Z,21\n", ""),
            "weeks: 3",
            "p.csv:199:1: gap of 1 interval, 2024-01-08 23:00",
        ),
        ("", "weeks: 3", "p.csv:"),
    ],
)
def test_a_wrong_history_ends_in_a_message_with_its_place(prices: str, power: str, said: str, tmp_path: Path) -> None:
    text = STUDIES[1].read_text()
    begin, end = text.index("power:\n"), text.index("  growth_per_year: 0.02\n  calls")
    study = tmp_path / "study.yaml"
    study.write_text(text[:begin] + f"power:\n  history:\n    series: {{file: p.csv}}\n    {power}\n" + text[end:])
    (tmp_path / "p.csv").write_text(prices)
    line = text[:begin].count("\n") + 3
    assert said.format(line=line, folder=tmp_path) in str(refused([TERAWULF], study))


def test_a_study_given_as_an_offer_is_told_in_one_line_and_so_is_an_offer_given_as_a_study() -> None:
    study, offer = refused([STUDIES[1]], STUDIES[0]), refused([TERAWULF], TERAWULF)
    assert str(study) == f"{STUDIES[1]}:1:1: this is a study, not an offer; give it with --study"
    assert str(offer) == f"{TERAWULF}:1:1: this is an offer, not a study; give a study with --study"


def test_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    one, other, study = tmp_path / "one.yaml", tmp_path / "other.yaml", tmp_path / "study.yaml"
    one.write_text(TERAWULF.read_text().replace("load_share: 0.85", "load_share: 1.85"))
    other.write_text(TERAWULF.read_text().replace("lead_months: 12", "lead_months: -1"))
    study.write_text(STUDIES[0].read_text().replace("discount_rate: 0.10", "discount_rate: 10"))
    faults = refused([one, other, study], study).faults
    assert {Path(fault.file).name for fault in faults} == {"one.yaml", "other.yaml", "study.yaml"}


def test_two_offers_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="is the name of another offer, too"):
        read_study(load_farm(WEST_TEXAS), CONFIGS, [TERAWULF, TERAWULF], STUDIES[0])


def test_whole_steps_need_the_steps_of_every_offer(tmp_path: Path) -> None:
    study, offer = tmp_path / "study.yaml", tmp_path / "offer.yaml"
    study.write_text(STUDIES[0].read_text() + "whole_steps: true\n")
    offer.write_text(TERAWULF.read_text().replace(", step_mw: 5", ""))
    with pytest.raises(InputError, match=r"offer.yaml:\d+:\d+: size: needs step_mw, as the study asks for whole_steps"):
        read_study(load_farm(WEST_TEXAS), CONFIGS, [offer], study)


def test_a_farm_whose_limit_is_a_series_needs_site_mw(tmp_path: Path) -> None:
    farm = yaml.safe_load(WEST_TEXAS.read_text())
    farm["site"]["import_limit_mw"] = {"file": "limit.csv"}
    farm["catalogue"] = str(CONFIGS / "machines.yaml")
    (tmp_path / "farm.yaml").write_text(yaml.safe_dump(farm))
    with pytest.raises(InputError, match="power: needs site_mw, as the farm's import limit is a series over time"):
        read_study(load_farm(tmp_path / "farm.yaml"), tmp_path, [TERAWULF], STUDIES[0])
