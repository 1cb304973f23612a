"""Calls on a simulated farm that misbehaves: met at the meter, and by the machines' own log; also when killed.

``python -m tools.closed_loop`` tries many seeds of a thousand machines.
"""

from __future__ import annotations

import pytest

from optimizer.simulated.farm import FaultShares
from tools.closed_loop import PACE, trial


@pytest.mark.parametrize(("seed", "kills"), [(1, 0), (2, 25)])
def test_a_call_is_met_and_machines_come_back_at_their_pace(seed: int, kills: int) -> None:
    found = trial(seed, machines=40, kills=kills)
    assert found.worst_mw_above <= 0.0
    assert found.begun_s <= (2.0 if not kills else 10.0)  # or when it is begun anew
    assert found.starts_in_call == 0
    assert found.astray == 0
    assert found.most_starts <= PACE.starts + 2  # commands that wait for slow machines arrive together
    assert found.named_in_time


def test_machines_that_cannot_be_stopped_are_named_with_what_they_hold() -> None:
    shares = FaultShares(deaf=0.0, wakes=0.0, lies=0.0, slow=0.0, dead=0.1, nameplate_error=0.0, over_s=3900.0)
    found = trial(3, machines=40, faults=shares)
    assert found.held_mw > 0.0
    assert found.named_in_time
    assert found.named_mw == pytest.approx(found.held_mw, abs=1e-6)
    assert any("cannot be stopped and hold" in line and "open their breakers" in line for line in found.said)
    assert found.worst_mw_above > 0.0  # the call keeps no margin for so many: the test can fail


def test_machines_that_lie_or_wake_are_told_again() -> None:
    shares = FaultShares(deaf=0.0, wakes=0.2, lies=0.2, slow=0.0, dead=0.0, nameplate_error=0.0, over_s=3900.0)
    found = trial(4, machines=40, faults=shares)
    assert found.astray == 0
    assert found.starts_in_call == 0
    assert found.commands > 40 + 40 * 0.2  # more than one each
