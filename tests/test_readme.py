"""What the README shows, run as it stands."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.commands.running import CONFIGS, ROOT, curtail

README = (ROOT / "README.md").read_text()


def block(language: str) -> str:
    """The README's first block of a language."""
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found
    return found.group(1)


def test_the_farm_file_and_the_extension_of_the_readme(tmp_path: Path) -> None:
    (tmp_path / "my_farm.yaml").write_text(block("yaml"))
    (tmp_path / "mine.py").write_text(block("python"))
    shutil.copy(CONFIGS / "machines.yaml", tmp_path)
    shutil.copy(CONFIGS / "market" / "winter_day_ahead.csv", tmp_path / "prices.csv")
    assert curtail("check", tmp_path / "my_farm.yaml").returncode == 0
    plain = curtail("plan", tmp_path / "my_farm.yaml", "--out", tmp_path / "a", cwd=tmp_path)
    assert plain.returncode == 0, plain.stderr
    extended = curtail(
        "plan", "my_farm.yaml", "--out", "b", "--extend", "mine:covenant", cwd=tmp_path, PYTHONPATH=str(ROOT)
    )
    assert extended.returncode == 0, extended.stderr


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
