"""`curtail convert`, the real command on real files."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimizer.config.load import load_farm
from optimizer.conversion.files.load import read_study
from tests.commands.running import CONFIGS, WEST_TEXAS, curtail, process

HOSTING = CONFIGS / "hosting"
FEBRUARY = HOSTING / "february_2026.yaml"
TERAWULF = HOSTING / "terawulf_fluidstack.yaml"


@pytest.fixture(scope="module")
def february(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The study of February 2026 on the sample farm, with one published deal."""
    out = tmp_path_factory.mktemp("study") / "out"
    done = curtail("convert", WEST_TEXAS, TERAWULF, "--study", FEBRUARY, "--out", out, "--json", "--workers", 1)
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def test_it_writes_everything(february: tuple[Path, dict[str, Any]]) -> None:
    out, told = february
    assert json.loads((out / "study.json").read_text()) == told
    names = [entry["name"] for entry in told["variants"]]
    deal = "TeraWulf and Fluidstack"
    assert names == ["mine only", f"{deal}, in part", f"{deal}, in full", "best plan"]
    best = told["variants"][-1]
    assert best["npv"] >= max(entry["npv"] for entry in told["variants"]) - 1.0
    standing = told["variants"][1]["standing_mw"]  # half the site is hosted: the least efficient machines go first
    assert standing["Antminer S19j Pro"][0] == pytest.approx(0.0, abs=1e-6)
    assert standing["Antminer S21 XP"][0] > 5.0
    assert [entry["path"] for entry in told["variants"]] == ["none", "part", "all", "best"]
    assert not (out / "power.yaml").exists()  # nothing was made of a history
    with (out / "variants.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["npv"]) for row in rows] == pytest.approx([entry["npv"] for entry in told["variants"]])
    with (out / "paths.csv").open() as file:
        paths = list(csv.DictReader(file))
    assert len(paths) == 20
    mean = sum(float(row["probability"]) * float(row["mine only"]) for row in paths)
    assert mean == pytest.approx(told["uncertainty"]["mine_only"])


def test_the_sign_agrees_with_the_published_figures(february: tuple[Path, dict[str, Any]]) -> None:
    """Published: a bitcoin costs 84,300 to 87,000 USD all in, its price is 66,680. Here, too, it costs more."""
    _, told = february
    price = told["btc_price_usd"]
    fleets = {fleet["name"]: fleet for fleet in told["fleets"]}
    assert price == pytest.approx(66_680.4)
    assert fleets["West Texas 50 MW"]["cost_of_a_bitcoin_usd"]["all_in"] > price
    assert fleets["S19-heavy"]["cost_of_a_bitcoin_usd"]["all_in"] > 87_000 > price
    assert fleets["S21"]["cost_of_a_bitcoin_usd"]["power_always"] < price
    old, new = (fleets[name]["mining_beats_offer_in_full_above_btc_usd"] for name in ("S19-heavy", "S21"))
    assert old > new > 0.0


def test_a_wrong_offer_writes_nothing(tmp_path: Path) -> None:
    wrong = tmp_path / "offer.yaml"
    wrong.write_text(TERAWULF.read_text().replace("usd_per_mw: 9.0e6", "usd_per_mw: -9.0e6"))
    done = curtail("convert", WEST_TEXAS, wrong, "--study", FEBRUARY, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "capex.usd_per_mw: must be more than 0 (got -9000000.0)" in done.stderr
    assert not (tmp_path / "out").exists()


def without_means(folder: Path, *more: tuple[str, str]) -> Path:
    """The study without treasury and equity, of two paths."""
    text = FEBRUARY.read_text()
    for old, new in (
        ("btc: 1500", "btc: 0"),
        ("most_usd: 250000000", "most_usd: 0"),
        ("  drawn:", "  risk_weight: 0\n  drawn:"),
        ("    count: 20", "    count: 2"),
        *more,
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "study.yaml").write_text(text.partition("fleets:")[0])
    return folder / "study.yaml"


def test_a_study_that_nothing_pays_for_says_what_it_lacks(tmp_path: Path) -> None:
    """The site costs more than its machines earn in late years, and no share brings anything."""
    study = without_means(
        tmp_path, ("cost_share: 0.03", "cost_share: 1.0"), ("cash_usd: 25000000", "cash_usd: 5000000")
    )
    done = curtail("convert", WEST_TEXAS, TERAWULF, "--study", study, "--out", tmp_path / "out")
    assert done.returncode == 3
    assert "no plan keeps every limit:\n  year 6: cash must not fall below its floor, which is 3," in done.stderr
    assert "USD short\n    against it: only machines that stand can run\n" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_study_without_means_says_so(tmp_path: Path) -> None:
    """Mining only runs out of cash; with all the equity in the world there is still a plan, and it is marked.

    The same files give the same bytes.
    """
    asked = (
        "convert",
        WEST_TEXAS,
        TERAWULF,
        "--study",
        without_means(tmp_path, ("quarters: 8, years: 10", "quarters: 4, years: 4")),
    )
    done = curtail(*asked, "--workers", 1, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    full = next(entry for entry in json.loads(done.stdout)["variants"] if entry["name"].endswith("in full"))
    assert full["beyond_means"]
    assert full["equity_usd"] > 0
    again = process(*asked, "--workers", 1, "--out", tmp_path / "again")
    assert again.returncode == 0, again.stderr
    assert "mine only" in again.stderr
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / out).iterdir()} for out in ("out", "again"))
    assert first == second


def test_files_are_checked_and_have_schemas(tmp_path: Path) -> None:
    assert curtail("check", TERAWULF, FEBRUARY).returncode == 0
    wrong = tmp_path / "offer.yaml"
    wrong.write_text(TERAWULF.read_text().replace("lead_months: 12", "lead_months: no"))
    done = curtail("check", wrong)
    assert done.returncode == 2
    assert "lead_months: must be a whole number" in done.stderr
    for kind, key in (("offer", "rent"), ("study", "bitcoin")):
        assert key in json.loads(curtail("schema", kind).stdout)["properties"]


def test_a_history_is_chosen_once_and_what_it_made_can_stand_in_its_place(tmp_path: Path) -> None:
    """A study with a history tells its weeks and its storm, and writes `power.yaml`, which says the same again."""
    hours = 24 * 7 * 10
    price = [900.0 if 700 <= h < 720 else 20.0 + 3.0 * (h % 7) + (h // 168) for h in range(hours)]
    times = pd.date_range("2025-06-02 05:00", periods=hours, freq="h", tz="UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
    pd.DataFrame({"time": times, "price": price}).to_csv(tmp_path / "p.csv", index=False)
    text = (HOSTING / "february_2026_ercot.yaml").read_text().replace("count: 20", "count: 2")
    text = text.replace("quarters: 8, years: 10", "quarters: 0, years: 2").partition("fleets:")[0]
    begin, end = text.index("power:\n"), text.index("  growth_per_year: 0.02\n  calls")
    history = "power:\n  history: {series: {file: p.csv}, weeks: 6}\n  peaks: {usd_per_kw_year: 70}\n"
    (tmp_path / "study.yaml").write_text(text[:begin] + history + text[end:])
    asked = ("--json", "--workers", 1, "--out", tmp_path / "out", "--study", tmp_path / "study.yaml")
    first = curtail("convert", WEST_TEXAS, TERAWULF, *asked)
    assert first.returncode == 0, first.stderr
    told = json.loads(first.stdout)
    assert [week["kind"] for week in told["weeks"]].count("storm") == 1
    storm = told["variants"][0]["storm"]
    assert storm["machines"] > storm["never_stopping"]
    assert (
        "The history lasts 10 weeks, not a year: what comes once in it comes 5.2 times a year."
        in told["assumed"][0]["assumed"]
    )
    assert "weeks, each with the number of weeks it stands for" in (tmp_path / "out/convert.html").read_text()
    made = (tmp_path / "out/power.yaml").read_text().removeprefix("#").split("\n", 1)[1]
    (tmp_path / "again.yaml").write_text(
        text[:begin] + made.replace("usd_per_kw_year: 70.0", "usd_per_kw_year: 70") + text[end:]
    )
    studied = (
        read_study(load_farm(WEST_TEXAS), CONFIGS, [TERAWULF], tmp_path / f"{name}.yaml").site
        for name in ("study", "again")
    )
    one, other = ((site.blocks, [week.first_day for week in site.study.power.weeks]) for site in studied)
    assert one[1] == other[1]
    assert one[0].hours == pytest.approx(other[0].hours, abs=1e-3)
    assert one[0].usd_per_mwh == pytest.approx(other[0].usd_per_mwh, abs=1e-3)
