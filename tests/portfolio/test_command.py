"""`curtail portfolio`, the real command on real files."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from optimizer.portfolio.pages.figures import in_cents
from optimizer.report.plan.files import FILES
from tests.commands.running import CONFIGS, curtail
from tests.portfolio.portfolios import write_portfolio

SAMPLE = CONFIGS / "portfolios" / "two_farms.yaml"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def adds_up(rows: list[dict[str, str]]) -> None:
    """Lines to the profit of each row, sites to the total, to the cent."""
    *sites, total = rows
    lines = [key for key in total if key.startswith("usd_")]
    for row in rows:
        assert sum(Decimal(row[line]) for line in lines) == Decimal(row["profit_usd"])
    for key in ("profit_usd", *lines):
        assert sum(Decimal(row[key]) for row in sites) == Decimal(total[key])


def test_the_sample_is_planned_and_its_table_adds_up(tmp_path: Path) -> None:
    done = curtail("portfolio", SAMPLE, "--workers", 1, "--out", tmp_path / "out", "--json")
    assert done.returncode == 0, done.stderr
    told, out = json.loads(done.stdout), tmp_path / "out"
    assert told == json.loads((out / "portfolio.json").read_text())
    adds_up(rows_of(out / "portfolio.csv"))
    for site in told["sites"]:
        own = json.loads((out / site["name"] / "settlement.json").read_text())
        assert site["profit_usd"] == own["profit_usd"]
        assert site["usd"] == pytest.approx({k: v for k, v in own["usd"].items() if k in site["usd"]}, abs=0.0101)
        assert {p.name for p in (out / site["name"]).iterdir()} == {*(*FILES, "report.html")}
    ceiling = rows_of(out / "ceiling.csv")
    assert all(float(row["import_mw"]) <= float(row["ceiling_mw"]) + 1e-4 for row in ceiling)
    assert told["shared"]["hours_ceiling_binds"] == sum(float(row["usd_per_mwh_of_ceiling"]) > 0 for row in ceiling) > 0
    assert told["shared"]["cost_of_sharing_usd"] > 0
    assert told["total"]["profit_usd"] <= told["shared"]["most_usd_proved"] + 0.01
    assert not (tmp_path / "out.partial").exists()
    page = (out / "portfolio.html").read_text()
    assert "Hydro/report.html" in page and f"${told['total']['profit_usd']:,.2f}" in page
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    again = curtail("portfolio", SAMPLE, "--workers", 1, "--out", out)
    assert again.returncode == 0, again.stderr
    assert "what is shared costs" in again.stderr
    assert before == {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}


def test_replanned_by_the_command(tmp_path: Path) -> None:
    """A ceiling and, in the first farm's file, no treasury: the table adds up and the ceiling is kept."""
    horizon = {
        "horizon": {"hours": 4, "intervals": [{"minutes": 60}]},
        "replanning": {"forecast": {"kind": "persistence"}},
    }
    told = {"start": "2026-02-11 00:00", "hours": 4, "timezone": "America/Chicago", "import_ceiling_mw": 20.0}
    path = write_portfolio(tmp_path, 2, farm=horizon, **told)
    done = curtail("portfolio", path, "--replan", "--workers", 1, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    adds_up(rows_of(tmp_path / "out" / "portfolio.csv"))
    assert [float(row["import_mw"]) <= 20.0001 for row in rows_of(tmp_path / "out" / "ceiling.csv")] == [True] * 4
    assert {p.name for p in (tmp_path / "out" / "Site 0").iterdir()} == {"schedule.csv", "power.csv", "account.json"}
    assert "report.html" not in (tmp_path / "out" / "portfolio.html").read_text()
    path.write_text(path.read_text() + "treasury: {energy_usd: 9}\n")
    done = curtail("portfolio", path, "--replan", "--out", tmp_path / "out")
    assert (done.returncode, "treasury: is shared by one plan" in done.stderr) == (2, True)


def test_what_stands_in_the_folder_and_is_not_ours_stays(tmp_path: Path) -> None:
    path = write_portfolio(tmp_path, 1)
    (tmp_path / "out" / "Site 0").mkdir(parents=True)
    (tmp_path / "out" / "Site 0" / "notes.txt").write_text("mine")
    done = curtail("portfolio", path, "--workers", 1, "--out", tmp_path / "out", "--no-report")
    assert (done.returncode, "holds 'Site 0/notes.txt', which curtail did not write" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("change", "where", "told"),
    [
        ({"sites": []}, "sites", "at least 1"),
        ({"sites": [{"name": "A", "farm": "none.yaml"}]}, "sites[0].farm", "there is no such file (got 'none.yaml')"),
        ({"sites": [{"name": "..", "farm": "farm_0.yaml"}]}, "sites[0].name", "cannot be a folder of results"),
        (
            {"sites": [{"name": "a", "farm": "farm_0.yaml"}, {"name": "A", "farm": "farm_1.yaml"}]},
            "sites[1].name",
            "is another site's name too (got 'A'); rename one",
        ),
        ({"import_ceiling_mw": {"file": "none.csv"}}, "import_ceiling_mw.file", "there is no such file"),
        ({"treasury": {"energy_usd": -4}}, "treasury.energy_usd", "must be at least 0"),
        ({"timezone": "Texas"}, "timezone", "is not a time zone"),
    ],
)
def test_faults_say_where_and_what(change: dict[str, Any], where: str, told: str, tmp_path: Path) -> None:
    path = write_portfolio(tmp_path, **change) if "sites" not in change else write_portfolio(tmp_path)
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | change, sort_keys=False))
    faults = json.loads(curtail("check", path, "--json").stdout)
    assert [fault["path"] for fault in faults] == [where]
    assert told in faults[0]["message"]
    done = curtail("portfolio", path, "--out", tmp_path / "out")
    assert (done.returncode, told in done.stderr, (tmp_path / "out").exists()) == (2, True, False)


def test_faults_of_its_farms_are_faults_of_it(tmp_path: Path) -> None:
    path = write_portfolio(tmp_path)
    farm = tmp_path / "farm_1.yaml"
    farm.write_text(farm.read_text().replace("import_limit_mw: 12.0", "import_limit_mw: -1.0"))
    (fault,) = json.loads(curtail("check", path, "--json").stdout)
    assert (Path(fault["file"]).name, fault["path"]) == ("farm_1.yaml", "site.import_limit_mw")


def test_sites_that_share_are_planned_over_the_same_intervals(tmp_path: Path) -> None:
    path = write_portfolio(tmp_path, import_ceiling_mw=20.0)
    farm = tmp_path / "farm_1.yaml"
    farm.write_text(farm.read_text().replace("minutes: 60", "minutes: 30"))
    done = curtail("portfolio", path, "--workers", 1, "--out", tmp_path / "out")
    assert (done.returncode, "Site 0 and Site 1 share what is there" in done.stderr) == (2, True)


def test_cents_add_up() -> None:
    """By hand: 0.5 cents thrice come to 1.5, told as 2: two of them are rounded up."""
    assert in_cents({"a": 0.005, "b": 0.005, "c": 0.005}, 0.02) == {"a": 1, "b": 1, "c": 0}
    assert in_cents({"a": 1.0, "b": -1.004}, -0.004) == {"a": 100, "b": -100}


def test_the_page_shows_the_sample() -> None:
    page = Path("docs/portfolio.md").read_text().split("```yaml\n")[1].split("```")[0]
    shown = yaml.safe_load(page.replace("../", ""))
    assert shown.pop("hours") == 48
    assert shown == yaml.safe_load(SAMPLE.read_text().replace("../", ""))
