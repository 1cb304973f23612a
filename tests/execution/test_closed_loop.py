"""Calls on a simulated farm that misbehaves: met at the meter, and by the machines' own log; also when killed.

``python -m tools.closed_loop`` tries many seeds of a thousand machines, ``python -m tools.killed_loop`` many kills.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from optimizer.simulated.farm import FaultShares
from tools.closed_loop import ENDS_S, PACE, trial


def test_a_call_is_met_and_machines_come_back_at_their_pace() -> None:
    result = trial(7, machines=80)
    assert result.worst_mw_above <= 0.0
    assert result.begun_s <= 2.0
    assert result.starts_in_call == 0
    assert result.astray == 0
    assert result.most_starts <= PACE.starts + 2  # commands that wait for slow machines arrive together
    assert result.named_in_time
    assert (result.silent, result.woke, result.lied) > (0, 0, 0)  # machines did misbehave


def test_a_sender_killed_at_any_moment_leaves_machines_where_they_are_to_be() -> None:
    """A process of its own, ended by SIGKILL, on forty machines of which so few misbehave that the margin holds."""
    words = [sys.executable, "-m", "tools.killed_loop", "--machines", "40", "--seeds", "1", "--first", "2"]
    ended = subprocess.run([*words, "--kills", "30"], capture_output=True, text=True, check=True)
    result = json.loads(ended.stdout.splitlines()[0])
    assert result["kills"] >= 20
    assert (result["astray"], result["starts_in_call"], result["left_open"]) == (0, 0, 0)
    assert result["worst_mw_above"] <= 0.0
    assert result["begun_s"] <= 25.0  # or when it is begun anew
    assert result["most_starts"] <= PACE.starts + 2


def test_machines_that_cannot_be_stopped_are_named_with_what_they_hold() -> None:
    shares = FaultShares(deaf=0.0, wakes=0.0, lies=0.0, slow=0.0, dead=0.1, nameplate_error=0.0, over_s=ENDS_S)
    result = trial(3, machines=40, faults=shares)
    assert result.held_mw > 0.0
    assert result.named_in_time
    assert result.named_mw == pytest.approx(result.held_mw, abs=1e-6)
    assert any("cannot be stopped and hold" in line and "open their breakers" in line for line in result.messages)
    assert result.worst_mw_above > 0.0  # the call keeps no margin for so many: the test can fail


def test_machines_that_lie_or_wake_are_told_again() -> None:
    shares = FaultShares(deaf=0.0, wakes=0.2, lies=0.2, slow=0.0, dead=0.0, nameplate_error=0.0, over_s=ENDS_S)
    result = trial(4, machines=40, faults=shares)
    assert result.astray == 0
    assert result.starts_in_call == 0
    assert result.commands > 40 + 40 * 0.2  # more than one each
