"""The samples for services, cron and containers, and the page: every command in them parses."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from optimizer.cli.app import app
from optimizer.config.check import check_file
from optimizer.config.daily import Daily
from tests.commands.running import ROOT
from tests.daily.farms import write_farm

DEPLOY, PAGE = ROOT / "docs" / "deploy", ROOT / "docs" / "daily.md"
COMMAND = re.compile(r"(?:^|[ =/])curtail ((?:daily|watch|call|history|run) [^>`\n]*)", re.MULTILINE)


def commands(text: str) -> list[list[str]]:
    return [shlex.split(found) for found in COMMAND.findall(text)]


def parsed(arguments: list[str]) -> dict[str, Any]:
    """The parameters of a command line; raises where one does not exist."""
    group: Any = typer.main.get_command(app)
    command = group.commands[arguments[0]]
    return dict(command.make_context(arguments[0], arguments[1:]).params)


@pytest.mark.parametrize("name", ["curtail-daily.service", "curtail-watch.service", "curtail-run.service", "crontab"])
def test_the_commands_of_the_samples_parse(name: str) -> None:
    found = commands((DEPLOY / name).read_text())
    assert found
    for arguments in found:
        assert str(parsed(arguments)["state"]) == "/var/lib/curtail"


def test_the_command_of_the_container_parses() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    entry, command = (json.loads(re.findall(rf"^{key} (.*)$", text, re.MULTILINE)[0]) for key in ("ENTRYPOINT", "CMD"))
    assert entry == ["curtail"]
    assert str(parsed(command)["farm"]) == "farm/farm.yaml"
    assert str(parsed(command)["state"]) == "state"
    for source in re.findall(r"^COPY (.*) \S+$", text, re.MULTILINE):
        assert all((ROOT / name).exists() for name in source.split())


def test_every_sample_is_tested() -> None:
    assert {path.name for path in DEPLOY.iterdir()} == {
        *("curtail-daily.service", "curtail-daily.timer", "curtail-watch.service", "crontab", "Containerfile"),
        "curtail-run.service",
    }


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    with pytest.raises(Exception, match="No such option"):
        parsed(["daily", "farm.yaml", "--stat", "x"])


def test_the_commands_and_the_section_of_the_page(tmp_path: Path) -> None:
    text = PAGE.read_text()
    assert {arguments[0] for arguments in commands(text)} == {"daily", "watch", "call", "history"}
    for arguments in commands(text):
        parsed(arguments)
    section, state = (part.split("```")[0] for part in text.split("```yaml\n")[1:])
    assert set(yaml.safe_load(section)["daily"]) == set(Daily.model_fields)
    farm = write_farm(tmp_path, section)
    (tmp_path / "real_time.csv").touch()
    assert check_file(farm) == []
    assert "at" in yaml.safe_load(state)


def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    """Skipped, visibly, without systemd. The binary is not there where tests run."""
    units = []
    for path in DEPLOY.glob("*.*"):
        unit = tmp_path / path.name
        unit.write_text(path.read_text().replace("/opt/curtail/bin/curtail", "/bin/true"))
        units.append(str(unit))
    try:
        done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("systemd-analyze is not installed")
    assert "curtail" not in done.stderr, done.stderr
