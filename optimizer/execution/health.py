"""What can be watched from outside: health and metrics by HTTP on loopback, systemd's watchdog, alerts to a program."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from optimizer.daily.document import SetPoints

Status = Mapping[str, Any]
_MEANS = {
    "curtail_machines": "Machines by group and state",
    "curtail_machines_wanted": "Machines of a group that are to run",
    "curtail_power_mw": "What a group draws as last read, MW",
    "curtail_cannot_stop": "Machines that were told to sleep and run on",
    "curtail_cannot_stop_mw": "What those draw, MW",
    "curtail_setpoints_valid_seconds": "Seconds until set-points promise nothing; below 0 since then",
    "curtail_setpoints_stale": "Whether set-points rest on older data",
    "curtail_setpoints_short_mw": "By how much import exceeds what binds it, MW",
    "curtail_held": "Whether sending is on hold",
    "curtail_silent_feeds": "Sources of signals and publishers of prices that are silent",
}


def metrics(status: Status, document: SetPoints | None, now: float) -> str:
    """The status in Prometheus' text format.

    >>> print(metrics({"groups": {}, "cannot_stop": [], "cannot_stop_mw": 0.0, "held": True}, None, 0.0))
    # HELP curtail_cannot_stop Machines that were told to sleep and run on
    # TYPE curtail_cannot_stop gauge
    curtail_cannot_stop 0
    # HELP curtail_cannot_stop_mw What those draw, MW
    # TYPE curtail_cannot_stop_mw gauge
    curtail_cannot_stop_mw 0.0
    # HELP curtail_held Whether sending is on hold
    # TYPE curtail_held gauge
    curtail_held 1
    # HELP curtail_silent_feeds Sources of signals and publishers of prices that are silent
    # TYPE curtail_silent_feeds gauge
    curtail_silent_feeds 0
    """
    rows: list[tuple[str, dict[str, str], float]] = []
    for group, figures in status["groups"].items():
        rows += [("curtail_machines", {"group": group, "state": state}, n) for state, n in figures["states"].items()]
        rows += [("curtail_machines_wanted", {"group": group}, figures["wanted"])]
        rows += [("curtail_power_mw", {"group": group}, figures["mw"])]
    rows.append(("curtail_cannot_stop", {}, len(status["cannot_stop"])))
    rows.append(("curtail_cannot_stop_mw", {}, status["cannot_stop_mw"]))
    if document is not None:
        rows.append(("curtail_setpoints_valid_seconds", {}, round(document.valid_until.timestamp() - now, 1)))
        rows.append(("curtail_setpoints_stale", {}, int(document.stale)))
        rows.append(("curtail_setpoints_short_mw", {}, document.short_mw))
    rows.append(("curtail_held", {}, int(status["held"])))
    rows.append(("curtail_silent_feeds", {}, len(status.get("silent", ()))))
    lines: list[str] = []
    for name, means in _MEANS.items():
        of_name = [(labels, value) for named, labels, value in rows if named == name]
        if of_name:
            lines += [f"# HELP {name} {means}", f"# TYPE {name} gauge"]
            lines += [f"{name}{_labels(labels)} {value}" for labels, value in of_name]
    return "\n".join(lines)


def _labels(labels: Mapping[str, str]) -> str:
    def escaped(value: str) -> str:
        return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

    return "{" + ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items()) + "}" if labels else ""


def troubles(status: Status, document: SetPoints | None, now: float) -> dict[str, str]:
    """What an operator is to be alerted to, in a sentence each: kept apart by kind, so that each is told once."""
    by_kind = {}
    if document is None or document.valid_until.timestamp() <= now:
        by_kind["stale plan"] = "set-points promise nothing any more"
    elif document.stale:
        by_kind["stale data"] = f"set-points rest on older data ({document.status})"
    if document is not None and document.short_mw > 0.0:
        by_kind["call short"] = f"import exceeds what binds it by {document.short_mw:g} MW"
    if status["cannot_stop"]:
        n, mw = len(status["cannot_stop"]), status["cannot_stop_mw"]
        by_kind["missed deadline"] = f"{n} machines cannot be stopped and hold {mw:.3f} MW"
    if silent := status.get("silent"):
        by_kind["silent feed"] = f"nothing is heard of {', '.join(silent)}"
    by_kind |= status.get("faults", {})
    for group, figures in status["groups"].items():
        if drifted := figures["states"].get("DRIFTED", 0):
            by_kind[f"drift in {group}"] = f"{drifted} machines of {group} are not where they were seen"
    return by_kind


class Health:
    """Answers ``/health`` (200, or 503 with what is wrong) and ``/metrics``; pets the watchdog; tells alerts once."""

    def __init__(
        self,
        status: Callable[[], Status],
        document: Callable[[], SetPoints | None],
        wall: Callable[[], float],
        alert: Callable[[str, str], None],
    ) -> None:
        self.status, self.document, self.wall, self.alert = status, document, wall, alert
        self._alerted: dict[str, str] = {}

    def answer(self, path: str) -> tuple[int, str, str]:
        """Status, type and text for a path."""
        status, document, now = self.status(), self.document(), self.wall()
        if path == "/metrics":
            return 200, "text/plain; version=0.0.4; charset=utf-8", metrics(status, document, now) + "\n"
        if path == "/health":
            alerts = troubles(status, document, now)
            return 503 if alerts else 200, "application/json", json.dumps({"troubles": alerts}) + "\n"
        return 404, "text/plain", "there are /health and /metrics\n"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One HTTP request."""
        with suppress(OSError, TimeoutError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(5.0):
                words = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)
            code, kind, text = self.answer(words[1].decode("ascii", "replace") if words[0] == b"GET" else "")
            head = f"HTTP/1.1 {code} {'OK' if code == 200 else 'No'}\r\nContent-Type: {kind}\r\n"
            writer.write(f"{head}Content-Length: {len(text.encode())}\r\nConnection: close\r\n\r\n{text}".encode())
            await writer.drain()
        writer.close()

    def look(self) -> None:
        """Tell what is new of troubles, and what is over; tell systemd that the loop goes on."""
        alerts = troubles(self.status(), self.document(), self.wall())
        for kind, sentence in alerts.items():
            if kind not in self._alerted:
                self.alert(kind, sentence)
        for kind in self._alerted.keys() - alerts.keys():
            self.alert(kind, "is over")
        self._alerted = alerts
        notify("WATCHDOG=1")


def notify(text: str) -> None:
    """Tell systemd, where it started this process (sd_notify: a datagram to the socket that it names)."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.sendto(text.encode(), "\0" + address[1:] if address.startswith("@") else address)
