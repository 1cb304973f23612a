"""A mechanism is a folder and a line in the table of contents: a made-up one, in a process where it is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from optimizer.config import composed
from optimizer.config.composed import Single
from optimizer.config.farm import Farm


def test_sections_that_nobody_knows_go_through_all_that_is_done_with_sections() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.mechanisms.installed", "tests/mechanisms/within.py"]
    done = subprocess.run([*command, "-p", "no:cacheprovider"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pond" not in Farm.model_fields


def test_a_farm_file_is_read_without_what_only_plans_need() -> None:
    """What mechanisms say of files is imported wherever a file is read, before anything is told to a person."""
    code = "import sys, optimizer.scenario.load; print({'pandas', 'pyomo', 'highspy', 'holidays'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_key_belongs_to_one() -> None:
    class Again(Single):
        KEY = "weather"
        ABOUT = "A key that the farm has"

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(composed, "kinds", lambda: (Again,))
        with pytest.raises(TypeError, match="Again cannot have the key weather: Farm has it already"):
            composed.composed(Farm)
