"""Set-points handed to other programs: a stand-in that holds requests to Proto Fleet's public protocol."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from optimizer.daily.document import SetPoints
from optimizer.errors import CurtailError, InputError
from optimizer.execution.fleets import posting, to_proto_fleet, to_webhook
from tools.closed_loop import BEGAN, farm_of, group_of, handed_out

NOW = datetime.fromtimestamp(BEGAN.timestamp(), UTC)
FARM = farm_of(8)
UINT32 = 2**32 - 1
# Fields of StartCurtailmentRequest in curtailment/v1/curtailment.proto (block/proto-fleet), in their JSON names
START: dict[str, Any] = {
    "wholeOrg": lambda it: it == {},
    "mode": lambda it: it == "CURTAILMENT_MODE_FIXED_KW",
    "strategy": lambda it: it in ("CURTAILMENT_STRATEGY_UNSPECIFIED", "CURTAILMENT_STRATEGY_LEAST_EFFICIENT_FIRST"),
    "level": lambda it: it in ("CURTAILMENT_LEVEL_UNSPECIFIED", "CURTAILMENT_LEVEL_FULL"),
    "priority": lambda it: it in ("CURTAILMENT_PRIORITY_NORMAL", "CURTAILMENT_PRIORITY_EMERGENCY"),
    "fixedKw": lambda it: set(it) <= {"targetKw", "toleranceKw"} and it["targetKw"] > 0,
    "maxDurationSeconds": lambda it: 0 <= it <= 604_800,
    "restoreBatchSize": lambda it: 0 <= it <= UINT32,
    "restoreBatchIntervalSec": lambda it: 0 <= it <= UINT32,
    "minCurtailedDurationSec": lambda it: 0 <= it <= UINT32,
    "idempotencyKey": lambda it: isinstance(it, str),
    "reason": lambda it: 1 <= len(it) <= 256,
    "externalSource": lambda it: isinstance(it, str),
    "externalReference": lambda it: isinstance(it, str),
}
NEEDED = {"wholeOrg", "mode", "fixedKw", "reason"}


class ProtoFleet:
    """One event at a time, machines frozen at its start, restored at its stop."""

    def __init__(self) -> None:
        self.event: dict[str, Any] | None = None
        self.asked: list[str] = []

    def answer(self, path: str, body: dict[str, Any], token: str) -> tuple[int, dict[str, Any]]:
        """As the service answers."""
        method = path.removeprefix("/curtailment.v1.CurtailmentService/")
        self.asked.append(method)
        if token != "Bearer t":
            return 401, {"code": "unauthenticated"}
        if method == "GetActiveCurtailment" and body == {}:
            return 200, {} if self.event is None else {"event": self.event}
        if method == "StartCurtailment" and set(body) >= NEEDED and all(START[key](it) for key, it in body.items()):
            if self.event is not None:
                return 409, {"code": "already_exists"}
            self.event = {"eventUuid": "u1", "state": "CURTAILMENT_EVENT_STATE_ACTIVE", "fixedKw": body["fixedKw"]}
            return 200, {"event": self.event}
        if method == "StopCurtailment" and self.event is not None and body == {"eventUuid": self.event["eventUuid"]}:
            self.event["state"] = "CURTAILMENT_EVENT_STATE_RESTORING"
            return 200, {"event": self.event}
        return 400, {"code": "invalid_argument"}


@pytest.fixture
def fleet() -> Iterator[tuple[ProtoFleet, str]]:
    stand_in = ProtoFleet()

    class Handler(BaseHTTPRequestHandler):
        """Connect's unary calls: JSON by POST."""

        def do_POST(self) -> None:
            """Answer."""
            if self.path == "/moved":
                self.send_response(307)
                self.send_header("Location", "/hook")
                self.end_headers()
                return
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            code, told = stand_in.answer(self.path, body, self.headers.get("Authorization", ""))
            text = json.dumps(told).encode()
            self.send_response(200 if self.path == "/hook" else code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield stand_in, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def wanting(on: int) -> SetPoints:
    names = [group.name for group in FARM.fleet]
    return handed_out({name: on if name == group_of("luxos") else 2 for name in names}, NOW.timestamp(), 7)


def test_a_cut_is_begun_kept_and_stopped(fleet: tuple[ProtoFleet, str]) -> None:
    stand_in, at = fleet
    post = posting(at, "t")
    assert to_proto_fleet(wanting(2), FARM, NOW, post) == "nothing to cut, and nothing is"
    assert to_proto_fleet(wanting(0), FARM, NOW, post) == "a cut of 6.95 kW is begun"
    assert to_proto_fleet(wanting(0), FARM, NOW, post) == "6.95 kW are to be cut, and 6.95 kW are"
    assert to_proto_fleet(wanting(1), FARM, NOW, post) == "3.475 kW are to be cut, and 6.95 kW are"
    assert to_proto_fleet(wanting(2), FARM, NOW, post) == "the cut of 6.95 kW is stopped"
    assert to_proto_fleet(wanting(2), FARM, NOW, post) == "nothing to cut, and nothing is"
    assert [asked for asked in stand_in.asked if asked != "GetActiveCurtailment"] == [
        "StartCurtailment",
        "StopCurtailment",
    ]


def test_what_proto_fleet_cannot_do_is_an_error(fleet: tuple[ProtoFleet, str]) -> None:
    stand_in, at = fleet
    post = posting(at, "t")
    to_proto_fleet(wanting(1), FARM, NOW, post)
    with pytest.raises(CurtailError, match=r"holds 3\.475 kW and cannot be deepened"):
        to_proto_fleet(wanting(0), FARM, NOW, post)
    to_proto_fleet(wanting(2), FARM, NOW, post)
    with pytest.raises(CurtailError, match="still restoring"):
        to_proto_fleet(wanting(0), FARM, NOW, post)
    stand_in.event = None
    with pytest.raises(CurtailError, match="promise nothing"):
        to_proto_fleet(wanting(0), FARM, datetime(2027, 1, 1, tzinfo=UTC), post)
    with pytest.raises(CurtailError, match=r"refused .*HTTP 401") as caught:
        to_proto_fleet(wanting(0), FARM, NOW, posting(at, "hunter2"))
    assert "hunter2" not in str(caught.value)


def test_a_webhook_is_posted_to_and_leads_nowhere_else(fleet: tuple[ProtoFleet, str]) -> None:
    stand_in, at = fleet
    assert to_webhook(wanting(1), posting(f"{at}/hook", "")) == "handed over"
    assert stand_in.asked == ["/hook"]
    with pytest.raises(CurtailError, match="HTTP 307"):
        to_webhook(wanting(1), posting(f"{at}/moved", "t"))
    assert stand_in.asked == ["/hook"]
    for address in ("ftp://x", "file:///etc/passwd", "https://me:hunter2@x", "x"):
        with pytest.raises(InputError, match="must begin with http"):
            posting(address, "")
