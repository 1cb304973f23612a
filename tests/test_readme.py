"""What the README shows, run as it stands."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
from contextlib import chdir
from pathlib import Path

from optimizer.config.load import load_farm
from tests.commands.running import CONFIGS, ROOT, curtail, process

README = (ROOT / "README.md").read_text()


def block(language: str, page: str = README) -> str:
    """A page's first block of a language."""
    found = re.search(rf"```{language}\n(.*?)```", page, re.DOTALL)
    assert found
    return found.group(1)


def test_the_farm_file_of_the_readme_and_the_extension_beside_it(tmp_path: Path) -> None:
    (tmp_path / "my_farm.yaml").write_text(block("yaml"))
    (tmp_path / "mine.py").write_text(block("python", (ROOT / "docs" / "farm.md").read_text()))
    shutil.copy(CONFIGS / "market" / "winter_day_ahead.csv", tmp_path / "prices.csv")
    checked = curtail("check", tmp_path / "my_farm.yaml")
    assert (checked.returncode, checked.stderr) == (0, "1 file checked: nothing wrong\n")
    first, peaks = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "peaks.yaml").write_text(first.replace("state:", f"{peaks}state:"))
    assert load_farm(tmp_path / "peaks.yaml").energy.coincident_peaks[0].rate_usd_per_mw == 60_000
    plain = curtail("plan", tmp_path / "my_farm.yaml", "--out", tmp_path / "a", cwd=tmp_path)
    assert plain.returncode == 0, plain.stderr
    extended = process(
        "plan", "my_farm.yaml", "--out", "b", "--extend", "mine:covenant", cwd=tmp_path, PYTHONPATH=str(ROOT)
    )
    assert extended.returncode == 0, extended.stderr


def shown() -> list[tuple[str, str]]:
    """Every command line in a block of the README and the pages, continued lines as one."""
    pages = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
    found = []
    for page in pages:
        for text in re.findall(r"^```(?:sh)?\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
            lines = text.replace("\\\n", " ").splitlines()
            found += [(page.name, line.split("  #")[0]) for line in lines if line.startswith("curtail ")]
    return found


def test_every_line_runs_from_a_clone_or_says_where_its_data_can_be_had() -> None:
    """Files are in the clone, or the reader's own; for others, in capitals, the page has an address."""
    assert len(shown()) >= 20
    for name, line in shown():
        page = (ROOT / "docs" / name if name != "README.md" else ROOT / name).read_text()
        for word in shlex.split(line)[2:]:
            if word.endswith((".yaml", ".csv")) and "my_" not in word and word not in ("prices.csv", "ranked.csv"):
                assert list(ROOT.glob(word)), (name, line)
            if re.fullmatch(r"FILE|FOLDER", word):
                assert "https://" in page, (name, line)


def test_the_worked_example_runs_as_it_stands() -> None:
    import doctest

    with chdir(ROOT):
        failed, tried = doctest.testfile(str(ROOT / "docs" / "python.md"), module_relative=False)
    assert tried > 8
    assert not failed


def test_the_python_of_the_readme_runs() -> None:
    with chdir(ROOT):
        exec(block("python"), {})


def test_every_command_of_the_readme_exists() -> None:
    named = set(re.findall(r"^curtail (\w+)", README, re.MULTILINE)) | set(re.findall(r"`curtail (\w+)", README))
    text = curtail("--help").stdout
    assert named
    for name in named:
        assert name in text


def test_no_output_folder_of_the_readme_stands_inside_another() -> None:
    """A plan refuses a folder that holds anything it did not write, so the next `make plan` would fail."""
    folders = {Path(name) for name in re.findall(r"--out (\S+)", README)} | {Path("out")}
    assert len(folders) > 1
    assert not [folder for folder in folders if set(folder.parents) & folders]


def test_the_backtest_of_the_readme_and_its_figures(tmp_path: Path) -> None:
    (command,) = re.findall(r"^curtail (backtest .*)$", README, re.MULTILINE)
    made = curtail(*command.split(), "--out", tmp_path / "out", "--json")
    assert made.returncode == 0, made.stderr
    told = json.loads(made.stdout)["rungs"]
    said = README.split("invented August prices")[1].split("perfect foresight;")[0].replace("\n", " ")
    profit = {key: round(rung["profit_usd"]) for key, rung in told.items()}
    for key in ("strike", "calendar", "replanning"):
        assert f"${abs(profit[key]):,}" in said
    assert profit["strike"] < 0 < profit["calendar"] < profit["replanning"] < profit["perfect"]
    assert f"{told['replanning']['share_of_bound']:.1%}".replace("%", " %") in said
    assert told["replanning"]["starts_per_machine_year"] < 0.52 * told["calendar"]["starts_per_machine_year"]
    assert [rung["breaches"] for key, rung in told.items() if key != "perfect"] == [0] * 9


def test_the_sample_of_the_daily_job(tmp_path: Path) -> None:
    """The commands of the page of the daily job, as they stand but for the state's folder and the loop's end."""
    page = (ROOT / "docs" / "daily.md").read_text()
    shown = re.findall(r"^curtail (.*august_week.*)$", page, re.MULTILINE)
    assert [line.split()[0] for line in shown] == ["daily", "daily", "watch"]
    for line in shown[:2]:
        arguments = [tmp_path / "state" if word == "state" else word for word in shlex.split(line)]
        assert curtail(*arguments, "--no-report").returncode == 0
    with (tmp_path / "state" / "latest" / "schedule.csv").open(newline="") as file:
        first = list(csv.DictReader(file))[:3]
    assert {row["interval_start"] for row in first} == {"2026-08-06T18:30:00-05:00"}
    assert [row["on_normal"] for row in first] == ["0", "0", "0"]
    words = [tmp_path / "state" if word == "state" else word for word in shlex.split(shown[2])]
    words[words.index("--at") + 1] = "2026-08-06 18:44:57"
    words[words.index("--until") + 1] = "2026-08-06T23:45:02Z"
    done = process(*words)
    assert done.returncode == 0, done.stderr
    assert "planned: 2026-08-06T1845-0500" in done.stderr
