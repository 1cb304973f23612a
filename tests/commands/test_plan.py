"""`curtail plan`, run for real on real files in a temporary folder."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.commands.running import CONFIGS, HALL, WEST_TEXAS, curtail, process

FILES = {
    "actions.csv",
    "actions.ics",
    "schedule.csv",
    "power.csv",
    "shutdowns.csv",
    "strikes.csv",
    "settlement.json",
    "report.html",
}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plan") / "out"
    done = curtail("plan", WEST_TEXAS, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert max(len(line) for line in done.stderr.splitlines() if line != str(out)) <= 100
    return out


def test_a_plan_leaves_its_six_files(planned: Path) -> None:
    assert {entry.name for entry in planned.iterdir()} == FILES


def test_the_schedule_has_a_row_per_interval_and_group(planned: Path) -> None:
    schedule = rows(planned / "schedule.csv")
    assert len(schedule) == (8 + 46) * 8  # two hours in quarters, 46 hours, eight groups
    assert schedule[0]["interval_start"] == "2026-02-11T00:00:00-06:00"
    assert schedule[-1]["interval_end"] == "2026-02-13T00:00:00-06:00"
    for row in schedule:
        assert (row["reason"] == "") == (row["off"] == "0")


def test_files_agree_with_each_other(planned: Path) -> None:
    """Machine-hours off in settlement.json are those of schedule.csv; every shutdown block is in the schedule."""
    schedule, account = rows(planned / "schedule.csv"), json.loads((planned / "settlement.json").read_text())
    off = sum(float(row["off"]) * (0.25 if i < 8 * 8 else 1.0) for i, row in enumerate(schedule))
    assert off == pytest.approx(sum(account["machine_hours_off"].values()))
    by_place = {(row["interval_start"], row["group"]): row for row in schedule}
    for block in rows(planned / "shutdowns.csv"):
        assert block["reason"].split()[0] in by_place[block["start"], block["group"]]["reason"]
    assert account["profit_usd"] == pytest.approx(sum(account["usd"].values()), abs=0.1)
    assert account["plan_objective_usd"] == pytest.approx(account["continuous_settlement_usd"], rel=1e-9)


def test_the_oldest_machines_stop_first(planned: Path) -> None:
    """Whenever an S21 is off for its price or to sell its power, every S19j Pro is off too."""
    schedule = rows(planned / "schedule.csv")
    by_time: dict[str, dict[str, dict[str, str]]] = {}
    for row in schedule:
        by_time.setdefault(row["interval_start"], {})[row["group"]] = row
    by_price = re.compile("price|resale")  # the sample farm sells what its block leaves over
    stopped = [groups for groups in by_time.values() if by_price.search(groups["Hall C S21"]["reason"])]
    assert stopped
    for groups in stopped:
        assert float(groups["Hall A S19j Pro"]["on_normal"] or 0) + float(groups["Hall A S19j Pro"]["on_eco"] or 0) == 0


def test_the_same_inputs_give_the_same_bytes(planned: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    assert process("plan", WEST_TEXAS, "--out", again).returncode == 0
    for name in FILES:
        assert (again / name).read_bytes() == (planned / name).read_bytes(), name


def test_json_goes_to_stdout_and_is_the_settlement(tmp_path: Path) -> None:
    done = curtail("plan", WEST_TEXAS, "--out", tmp_path / "o", "--no-report", "--json", "--hours", 6)
    assert done.returncode == 0
    assert json.loads(done.stdout) == json.loads((tmp_path / "o" / "settlement.json").read_text())


def test_another_price_file_and_start(tmp_path: Path) -> None:
    done = curtail(
        "plan", WEST_TEXAS, "--market", CONFIGS / "market" / "winter_real_time.csv", "--start", "2026-02-12 00:00",
        "--hours", 24, "--out", tmp_path / "o", "--no-report", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["start"] == "2026-02-12T00:00:00-06:00"


def test_whole_units_exact_earns_no_less(tmp_path: Path) -> None:
    farm = CONFIGS / "hydro_cooled.yaml"
    rounded, exact = (
        json.loads(
            curtail("plan", farm, "--out", tmp_path / units, "--no-report", "--json", "--whole-units", units).stdout
        )
        for units in ("rounded", "exact")
    )
    assert exact["whole_units"] == "exact"
    assert exact["profit_usd"] >= rounded["profit_usd"] - 0.01
    assert exact["profit_usd"] <= exact["plan_objective_usd"] + 0.01


def test_data_that_do_not_reach_end_in_code_5(tmp_path: Path) -> None:
    done = curtail("plan", WEST_TEXAS, "--start", "2027-01-01", "--out", tmp_path / "o")
    assert done.returncode == 5
    assert "winter_day_ahead.csv" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "o").exists()


def test_a_wrong_farm_ends_in_code_2_with_all_faults(tmp_path: Path) -> None:
    text = (
        WEST_TEXAS.read_text()
        .replace("import_limit_mw", "import_limt_mw")
        .replace("pool_fee_share: ", "pool_fee_share: 9")
    )
    (tmp_path / "farm.yaml").write_text(text)
    shutil.copy(CONFIGS / "machines.yaml", tmp_path)
    done = curtail("plan", tmp_path / "farm.yaml", "--out", tmp_path / "o")
    assert done.returncode == 2
    assert "did you mean `import_limit_mw`" in done.stderr
    assert "pool_fee_share" in done.stderr
    assert done.stderr.count("farm.yaml:") == 2


def test_an_impossible_event_ends_in_code_3_with_the_megawatts(tmp_path: Path) -> None:
    text = (CONFIGS / "fixed_tariff_12mw.yaml").read_text()
    call = "{name: grid call, start: 2026-02-11 02:00, end: 2026-02-11 04:00, cut: {form: to_level, mw: 0.0}}"
    text += f"\nevents:\n  - {call}\n"
    (tmp_path / "farm.yaml").write_text(text)
    shutil.copy(CONFIGS / "machines.yaml", tmp_path)
    done = curtail(
        "plan", tmp_path / "farm.yaml", "--out", tmp_path / "o", "--hours", 12, "--start", "2026-02-11 00:00"
    )
    assert done.returncode == 3, done.stderr
    assert 'event "grid call" allows 0 MW' in done.stderr
    assert "2026-02-11 02:00 to 03:00" in done.stderr
    assert "MW short" in done.stderr


def test_a_folder_with_other_files_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    done = curtail("plan", WEST_TEXAS, "--out", tmp_path, "--hours", 2, "--no-report")
    assert done.returncode == 1
    assert "letter.txt" in done.stderr
    assert (tmp_path / "letter.txt").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = curtail("plan", WEST_TEXAS, "--out", tmp_path / "o", "--hours", 2, "--no-report")
    tmp_path.chmod(0o700)
    assert done.returncode == 1
    assert "cannot write" in done.stderr


EXTENSION = """
import pyomo.environ as pyo

def keep_half(model):
    '''A covenant: at least 1,000 machines of Hall A S19j Pro run in every interval.'''
    model.covenant = pyo.Constraint(
        model.INTERVALS, rule=lambda m, t: sum(m.units_on["Hall A S19j Pro", k, t] for k in ("eco", "normal")) >= 1000
    )
"""


def test_extend_adds_the_users_constraint(tmp_path: Path) -> None:
    """The covenant keeps 1,000 machines on through the price spike, and costs money."""
    (tmp_path / f"{tmp_path.name}.py").write_text(EXTENSION)
    common = ("plan", WEST_TEXAS, "--no-report", "--json", "--hours", 36)
    free = curtail(*common, "--out", tmp_path / "free")
    bound = curtail(*common, "--out", tmp_path / "bound", "--extend", f"{tmp_path.name}:keep_half", cwd=tmp_path)
    assert bound.returncode == 0, bound.stderr
    on = [
        float(r["on_eco"]) + float(r["on_normal"])
        for r in rows(tmp_path / "bound" / "schedule.csv")
        if r["group"] == "Hall A S19j Pro"
    ]
    assert min(on) == 1000
    assert json.loads(bound.stdout)["profit_usd"] < json.loads(free.stdout)["profit_usd"]


def test_an_extension_that_is_not_there(tmp_path: Path) -> None:
    done = curtail("plan", WEST_TEXAS, "--extend", "no_such:thing", "--out", tmp_path / "o")
    assert done.returncode == 2
    assert "no_such" in done.stderr


def test_export_writes_a_model_another_solver_reads(tmp_path: Path) -> None:
    import highspy

    planned = json.loads(
        curtail("plan", WEST_TEXAS, "--out", tmp_path / "o", "--no-report", "--json", "--hours", 12).stdout
    )
    for suffix in ("lp", "mps"):
        assert curtail("export", WEST_TEXAS, tmp_path / f"model.{suffix}", "--hours", 12).returncode == 0
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        highs.readModel(str(tmp_path / f"model.{suffix}"))
        highs.run()
        assert abs(highs.getInfo().objective_function_value) == pytest.approx(planned["plan_objective_usd"], abs=0.5)


@pytest.mark.parametrize("names", [("Hall A-1", "Hall A 1"), ("Halle Süd (1)", "Halle Süd [1]"), ("é", "è")])
@pytest.mark.parametrize("suffix", ["lp", "mps"])
def test_names_that_look_alike_to_a_solver_export(tmp_path: Path, names: tuple[str, str], suffix: str) -> None:
    from datetime import datetime

    import highspy

    from optimizer.accounts.conditions import Conditions
    from optimizer.engine.pyomo_model import write_model
    from optimizer.market.grid import grid_of
    from optimizer.market.inputs import read_market
    from optimizer.plan.formulation import build_problem
    from tests.market.farms import farm

    machine = {"model": "T", "hashrate_th": 100, "power_w": 1000, "cooling": "air", "source": "t", "confidence": "low"}
    one = farm(fleet=tuple({"name": name, "machine": machine, "units": 10 + i} for i, name in enumerate(names)))
    market = read_market(one, tmp_path, grid_of(one, datetime(2026, 2, 11), 3))
    problem = build_problem(Conditions(one, market, one.state))
    write_model(problem, tmp_path / f"model.{suffix}")
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    assert highs.readModel(str(tmp_path / f"model.{suffix}")) == highspy.HighsStatus.kOk
    highs.run()
    assert abs(highs.getInfo().objective_function_value) == pytest.approx(3 * 2.1 * (33.31 / 24 - 0.4), rel=1e-6)


def test_other_commands_run(tmp_path: Path) -> None:
    assert curtail("check", *sorted(CONFIGS.glob("*.yaml"))).returncode == 0
    assert json.loads(curtail("schema", "farm").stdout)["title"]
    assert "S21" in curtail("breakeven", WEST_TEXAS).stdout
    assert json.loads(curtail("breakeven", WEST_TEXAS, "--json").stdout)["rows"]
    assert curtail("schema", "nothing").returncode == 2
    assert curtail("plan", tmp_path / "missing.yaml").returncode == 2
    assert curtail("plan").returncode == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("model.no_such_thing", "your function raised AttributeError"),
        ("model.profit.deactivate()", "must leave the objective `profit` active"),
        ("import pyomo.environ as pyo; model.never = pyo.Constraint(expr=model.grid_import[0] <= -1)", "--extend"),
    ],
)
def test_a_faulty_extension_is_the_users_to_mend(tmp_path: Path, body: str, said: str) -> None:
    (tmp_path / f"{tmp_path.name}.py").write_text(f"def change(model):\n    {body}\n")
    common = ("plan", WEST_TEXAS, "--hours", 2, "--out", tmp_path / "o")
    done = curtail(*common, "--extend", f"{tmp_path.name}:change", cwd=tmp_path)
    assert done.returncode in (2, 3), done.stderr
    assert said in done.stderr
    assert "unexpected" not in done.stderr


def test_a_plan_too_large_for_memory_is_refused_at_once(tmp_path: Path) -> None:
    text = (CONFIGS / "fixed_tariff_12mw.yaml").read_text()
    head, _, _ = text.partition("horizon:")
    assert head != text
    rest = "horizon: {start: 2026-01-01 00:00, hours: 8760, intervals: [{minutes: 5}]}\n"
    busy = head.replace("units: ", "minimum_off_hours: 168, units: ")
    (tmp_path / "farm.yaml").write_text(busy + rest)
    shutil.copy(CONFIGS / "machines.yaml", tmp_path)
    done = curtail("plan", tmp_path / "farm.yaml", "--out", tmp_path / "o")
    assert done.returncode == 2, done.stderr
    assert "million matrix entries" in done.stderr


def test_a_state_of_another_time_is_refused(tmp_path: Path) -> None:
    done = curtail("plan", CONFIGS / "hydro_cooled.yaml", "--start", "2026-02-12 00:00", "--out", tmp_path / "o")
    assert done.returncode == 2
    assert "the state in the farm file was read at 2026-02-11" in done.stderr


def test_check_looks_into_the_series_too(tmp_path: Path) -> None:
    shutil.copytree(CONFIGS, tmp_path / "configs")
    series = tmp_path / "configs" / "market" / "winter_day_ahead.csv"
    lines = series.read_text().splitlines(keepends=True)
    series.write_text("".join(lines[:60] + lines[63:]))
    done = curtail("check", tmp_path / "configs" / "west_texas.yaml")
    assert done.returncode == 2
    assert "winter_day_ahead.csv" in done.stderr


def test_plan_tells_what_is_wrong_where_check_does_with_the_same_code(tmp_path: Path) -> None:
    """A key that a plan misses, and a series that ends before it: with file and line, data missing."""
    shutil.copy(CONFIGS / "machines.yaml", tmp_path)
    text = (CONFIGS / "peak_week.yaml").read_text().replace("market/", f"{CONFIGS}/market/")
    for changed, said in (
        (text.partition("state:")[0], "farm.yaml:7:1: state.bill.peaks_mw: "),
        (text.replace("2026-08-03 00:00", "2027-08-03 00:00"), "summer_load_forecast.csv: load_mw: covers"),
    ):
        (tmp_path / "farm.yaml").write_text(changed)
        told = [curtail(command, tmp_path / "farm.yaml") for command in ("check", "plan")]
        assert [done.returncode for done in told] == [5, 5]
        for done in told:
            assert all(line.startswith(f"{tmp_path}/farm.yaml:") for line in done.stderr.splitlines())
            assert said in done.stderr
        assert set(told[0].stderr.splitlines()) >= set(told[1].stderr.splitlines())


@pytest.mark.parametrize("command", ["plan", "check"])
def test_a_file_that_is_not_there_is_named_where_the_farm_file_names_it(tmp_path: Path, command: str) -> None:
    energy = "energy: {price_per_mwh: {file: none.csv}}\nhorizon: {start: 2026-02-11 00:00}\n"
    (tmp_path / "f.yaml").write_text(HALL + energy)
    made = curtail(command, "f.yaml", cwd=tmp_path)
    place = "f.yaml:9:32: energy.price_per_mwh.file"
    assert (made.returncode, made.stderr) == (2, f"{place}: there is no such file (got 'none.csv')\n")


def test_an_option_that_is_wrong_says_what_was_given() -> None:
    made = curtail("plan", WEST_TEXAS, "--hours", "abc")
    assert (made.returncode, "(got 'abc')" in made.stderr) == (2, True)
