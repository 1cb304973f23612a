"""The published files can be billed again: by a second bill that shares nothing with the account, to the cent."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given

from optimizer.accounts.conditions import Conditions
from optimizer.config.load import load_farm
from optimizer.plan.planning import Plan, plan_conditions, plan_farm
from optimizer.report.plan.files import plan_files
from optimizer.scenario.load import load_scenario
from tests.audit.bill import second_bill
from tests.audit.currency import currency
from tests.audit.published import Published, plain_farm
from tests.commands.running import CONFIGS, HALL, ROOT
from tests.farms import farms
from tests.report.plans import contract_plan, rich_plan

CENT = 0.01
SAMPLES = sorted(path.stem for path in CONFIGS.glob("*.yaml") if "\nfleet:" in path.read_text(encoding="utf-8"))
STARTS = {"august_week": datetime(2026, 8, 6, 18)}  # the others name theirs
SCENARIOS = ("uri_2021_calls", "fern_2026", "short_notice_call", "capitulation_2026_path", "summer_4cp_week")

IN_CAD = "\ncurrency: CAD\nexchange_rates: {USD: 1.37}\n"


def published(plan: Plan) -> Published:
    """What a plan over given series published."""
    files, market = plan_files(plan), plan.market
    given = {
        "price": market.energy_price_usd_per_mwh,
        "adders": market.adders_usd_per_mwh,
        "hashprice": market.hashprice_usd_per_ph_day,
        "import limit": market.import_limit_mw,
        "auxiliary": market.auxiliary_load_mw,
    }
    if market.temperature_c is not None:
        given["temperature"] = market.temperature_c
    given |= {f"availability/{group}": share for group, share in market.availability.items()}
    return Published(plan.farm.model_dump(mode="json"), files["schedule.csv"], files["power.csv"], given)


def billed_again(plan: Plan, told: Published) -> None:
    """Assert that the second bill comes to the account of a plan, line by line."""
    lines, account = second_bill(told), json.loads(plan_files(plan)["settlement.json"])[currency(told.farm)]
    assert set(lines) <= set(account)
    for line, usd in account.items():  # of a line that nobody has billed again there must be nothing
        assert lines.get(line, 0.0) == pytest.approx(usd, abs=CENT), line


def without_money(text: str, word: str) -> str:
    """A CSV file whose columns of money, which the word for its currency tells, hold no numbers."""
    names, *rows = csv.reader(io.StringIO(text))
    money = [word in name.split("_") for name in names]
    assert any(money) and (word == "usd" or not any("usd" in name for name in names)), names
    blanked = [["none" if of else cell for of, cell in zip(money, row, strict=True)] for row in rows]
    file = io.StringIO()
    csv.writer(file).writerows([names, *blanked])
    return file.getvalue()


def sample(name: str, configs: Path = CONFIGS) -> tuple[Plan, Published]:
    """A sample farm's plan, and what it published besides the farm file and its series."""
    path = configs / f"{name}.yaml"
    plan = plan_farm(load_farm(path), path.parent, start=STARTS.get(name))
    files = plan_files(plan)
    return plan, Published(plain_farm(path), files["schedule.csv"], files["power.csv"], folder=path.parent)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sample_can_be_billed_from_its_files_without_a_column_of_money(name: str) -> None:
    plan, told = sample(name)
    schedule, power = (without_money(text, currency(told.farm)) for text in (told.schedule, told.power))
    billed_again(plan, replace(told, schedule=schedule, power=power))


@pytest.mark.parametrize("name", ["hydro_cooled", "hosted_clients"])
def test_what_is_written_in_dollars_can_be_billed_in_another_currency(name: str, tmp_path: Path) -> None:
    configs = Path(shutil.copytree(CONFIGS, tmp_path / "configs"))
    with (configs / f"{name}.yaml").open("a", encoding="utf-8") as file:
        file.write(IN_CAD)
    billed_again(*sample(name, configs))


@pytest.mark.parametrize("name", SCENARIOS)
def test_plans_under_scenarios_can_be_billed_again(name: str) -> None:
    path = CONFIGS / "west_texas.yaml"
    scenario = load_scenario(ROOT / "scenarios" / f"{name}.yaml")
    plan = plan_farm(load_farm(path), path.parent, scenarios=[scenario])
    billed_again(plan, published(plan))


TAILED = """HALL
energy:
  price_usd_per_mwh: {file: prices.csv}
  adders_usd_per_mwh: 2
  demand:
    - {name: Any time, usd_per_kw: 6, ratchet: {share: 0.5, months: 2, first_month: 2026-02}}
  tiers:
    - {name: Step, above_mwh_per_month: 4000, adds_usd_per_mwh: 3}
  supplies:
    - name: Gas
      limit_mw: 2
      price_usd_per_mwh: 61
      minimum_take: {mwh_per_month: 900, shortfall_usd_per_mwh: 4}
  fixed_usd_per_month: 500
  minimum_bill_usd_per_month: MINIMUM
state:
  at: 2026-02-11 00:00
  bill: {peaks_mw: {Any time: 3.5}, tier_mwh: {Step: 900}, taken_mwh: {Gas: 100}, charged_usd: 9000}
horizon:
  start: 2026-02-11 00:00
  hours: 24
  tail: {price_usd_per_mwh: 50}
""".replace("HALL\n", HALL)


@pytest.mark.parametrize("money", ["", IN_CAD])
@pytest.mark.parametrize("minimum", [0, 900_000])
def test_a_plan_with_a_tail_can_be_billed_with_what_the_tail_expects(minimum: int, money: str, tmp_path: Path) -> None:
    path = tmp_path / "farm.yaml"
    rows = [f"2026-02-{11 + h // 24:02d}T{h % 24:02d}:00-06:00,{10 if h == 3 else 62}" for h in range(48)]
    (tmp_path / "prices.csv").write_text("interval_start,price\n" + "\n".join(rows) + "\n")
    path.write_text(TAILED.replace("MINIMUM", str(minimum)) + money)
    plan = plan_farm(load_farm(path), tmp_path)
    files = plan_files(plan)
    rest = json.loads(files["settlement.json"])["expected_after_plan"]
    assert rest["peaks_mw"]["Any time"]["2026-02"] > 3.5
    assert (plan.settled.lines["minimum_bill"] < 0) == (minimum > 0)
    billed_again(plan, Published(plain_farm(path), files["schedule.csv"], files["power.csv"], {}, tmp_path, rest))


@given(farms(most_groups=2, most_intervals=8))
def test_random_farms_can_be_billed_again(c: Conditions) -> None:
    plan = plan_conditions(c)
    billed_again(plan, published(plan))


@pytest.mark.parametrize("make", [rich_plan, contract_plan])
def test_plans_of_every_term_can_be_billed_again(make: Callable[[], Plan]) -> None:
    billed_again(make(), published(make()))


@pytest.mark.parametrize(
    ("column", "line"), [("import_mw", "adders"), ("spot_mw", "energy"), ("Day block/sold_mw", "resale_revenue")]
)
def test_a_column_that_tells_another_story_is_billed_as_it_says(column: str, line: str) -> None:
    """A megawatt more in one interval is noticed: the second bill reads the files and nothing else."""
    plan, told = sample("hydro_cooled")
    names, first, *rows = csv.reader(io.StringIO(told.power))
    at = names.index(column)
    first[at] = str(float(first[at]) + 1.0)
    changed = "\n".join(map(",".join, [names, first, *rows]))
    usd, more = (second_bill(replace(told, power=power))[line] for power in (told.power, changed))
    assert usd == pytest.approx(plan.settled.lines[line], abs=CENT)
    assert abs(more - usd) > 1.0
