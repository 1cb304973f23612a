"""Health, metrics and alerts, and everything in one process."""

from __future__ import annotations

import json
import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from optimizer.execution.health import Health, metrics, notify, troubles
from tests.commands.running import COMMAND, beside
from tools.trial_farm import BEGAN, handed_out

NOW = BEGAN.timestamp()
STATUS: dict[str, Any] = {
    "groups": {'A "1"': {"wanted": 2, "states": {"RESOLVED": 2, "DRIFTED": 1}, "mw": 0.0075}},
    "cannot_stop": [],
    "cannot_stop_mw": 0.0,
    "held": False,
}


def test_metrics_are_text_that_prometheus_reads() -> None:
    lines = metrics(STATUS, handed_out({"A": 2}, NOW, 1), NOW + 60.0).split("\n")
    assert r'curtail_machines{group="A \"1\"",state="DRIFTED"} 1' in lines
    assert "curtail_setpoints_valid_seconds 840.0" in lines
    named = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(named) == len(set(named)) == 10


@pytest.mark.parametrize(
    ("status", "document", "now", "kinds"),
    [
        ({}, {}, 0.0, {'drift in A "1"'}),
        ({"groups": {}}, {}, 0.0, set()),
        ({"groups": {}}, {}, 900.0, {"stale plan"}),
        ({"groups": {}}, {"stale": True}, 0.0, {"stale data"}),
        ({"groups": {}}, {"short_mw": 1.5}, 0.0, {"call short"}),
        ({"groups": {}, "cannot_stop": [{}], "cannot_stop_mw": 0.1}, {}, 0.0, {"missed deadline"}),
        ({"groups": {}, "silent": ["Grid", "rt"]}, {}, 0.0, {"silent feed"}),
        ({"groups": {}, "faults": {"log of commands": "full"}}, {}, 0.0, {"log of commands"}),
    ],
)
def test_what_an_operator_is_alerted_to(status: Any, document: Any, now: float, kinds: set[str]) -> None:
    told = handed_out({"A": 2}, NOW, 1).model_copy(update=document)
    assert set(troubles(STATUS | status, told, NOW + now)) == kinds


def test_an_alert_is_told_once_and_its_end() -> None:
    told: list[tuple[str, str]] = []
    now = [NOW]
    document = handed_out({"A": 2}, NOW, 1)
    health = Health(lambda: STATUS | {"groups": {}}, lambda: document, lambda: now[0], lambda *one: told.append(one))
    for at in (0.0, 901.0, 902.0, 0.0):
        now[0] = NOW + at
        health.look()
    assert told == [("stale plan", "set-points promise nothing any more"), ("stale plan", "is over")]
    assert health.answer("/health")[0] == 200
    now[0] = NOW + 900.0
    code, _, text = health.answer("/health")
    assert (code, json.loads(text)) == (503, {"troubles": {"stale plan": "set-points promise nothing any more"}})
    assert health.answer("/elsewhere")[0] == 404


def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify("READY=1")
        assert heard.recv(100) == b"READY=1"


def test_everything_runs_in_one_process(tmp_path: Path) -> None:
    """A dry run: planned, said, healthy, and ended by a signal."""
    from tests.execution.test_commands import FARM

    (tmp_path / "farm.yaml").write_text(FARM)
    (tmp_path / "machines.csv").write_text("name,group,driver,address,port,breaker,j_per_th\nm,A,luxos,127.9.9.9,,,\n")
    (tmp_path / "sources.yaml").write_text(
        "sources: [{name: Desk, kind: folder, path: gone, silent_minutes: 0.01, every_seconds: 1}]\n"
    )
    alerts = tmp_path / "alerts"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    state = tmp_path / "state"
    process = beside(
        *COMMAND, "run", tmp_path / "farm.yaml", "--state", state, "--inventory", tmp_path / "machines.csv",
        "--sources", tmp_path / "sources.yaml", "--port", port, "--log-json", "--on-alert", f"tee -a {alerts}",
        stderr=-1,
    )  # fmt: skip
    ends = time.monotonic() + 60.0

    def asked(path: str) -> str:
        """What is answered; nothing before it begins."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return f"{error.code} {error.read().decode()}"
        except OSError:
            return ""

    try:
        wanted = {
            "/metrics": 'curtail_machines_wanted{group="A"} 3',
            "/health": '503 {"troubles": {"silent feed": "nothing is heard of Desk"}}',
        }
        for path, text in wanted.items():
            while text not in asked(path):
                assert time.monotonic() < ends, path
                time.sleep(0.1)
        while not (alerts.exists() and "silent feed" in alerts.read_text()):
            assert time.monotonic() < ends
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        lines = [json.loads(line) for line in process.communicate(timeout=60)[1].splitlines()]
    finally:
        process.kill()
    said = [line["said"] for line in lines if "said" in line]
    assert "silent feed" in {json.loads(line)["kind"] for line in alerts.read_text().splitlines()}
    assert process.returncode == 0
    assert any(line.startswith("dry run: A: normal to 1 machines") for line in said)
    assert said[-1] == "ended; machines and calls stay as they are"
    assert (state / "machines.json").exists()
