"""Set-points handed to other programs: a stand-in that holds requests to Proto Fleet's public protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from optimizer.daily.document import Next, SetPoints
from optimizer.errors import CurtailError, InputError
from optimizer.execution.credentials import Login
from optimizer.execution.fleets import Post, posting, to_proto_fleet, to_webhook
from optimizer.execution.handing import hand_over
from optimizer.execution.wanted import wanted_at
from tests.broker import broker
from tests.loopback import Quiet, served
from tools.trial_farm import BEGAN, farm_of, group_of, handed_out

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

    class Handler(Quiet):
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

    with served(Handler) as address:
        yield stand_in, address


def wanting(on: int) -> SetPoints:
    names = [group.name for group in FARM.fleet]
    return handed_out({name: on if name == group_of("luxos") else 2 for name in names}, NOW.timestamp(), 7)


def proto_fleet(on: int, post: Post) -> str:
    wanted = wanted_at(wanting(on), NOW)
    assert wanted is not None
    return to_proto_fleet(wanting(on), wanted, FARM, post)


def test_a_cut_is_begun_kept_and_stopped(fleet: tuple[ProtoFleet, str]) -> None:
    stand_in, at = fleet
    post = posting(at, "t")
    assert proto_fleet(2, post) == "nothing to cut, and nothing is"
    assert proto_fleet(0, post) == "a cut of 6.95 kW is begun"
    assert proto_fleet(0, post) == "6.95 kW are to be cut, and 6.95 kW are"
    assert proto_fleet(1, post) == "3.475 kW are to be cut, and 6.95 kW are"
    assert proto_fleet(2, post) == "the cut of 6.95 kW is stopped"
    assert proto_fleet(2, post) == "nothing to cut, and nothing is"
    assert [asked for asked in stand_in.asked if asked != "GetActiveCurtailment"] == [
        "StartCurtailment",
        "StopCurtailment",
    ]


def test_what_proto_fleet_cannot_do_is_an_error(fleet: tuple[ProtoFleet, str]) -> None:
    stand_in, at = fleet
    post = posting(at, "t")
    proto_fleet(1, post)
    with pytest.raises(CurtailError, match=r"holds 3\.475 kW and cannot be deepened"):
        proto_fleet(0, post)
    proto_fleet(2, post)
    with pytest.raises(CurtailError, match="still restoring"):
        proto_fleet(0, post)
    stand_in.event = None
    with pytest.raises(CurtailError, match="promise nothing"):
        hand_over("proto-fleet", at, wanting(0), FARM, Login(), datetime(2027, 1, 1, tzinfo=UTC))
    with pytest.raises(CurtailError, match=r"refused .*HTTP 401") as caught:
        proto_fleet(0, posting(at, "hunter2"))
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


def test_a_file_of_commitments_for_foreman(tmp_path: Path) -> None:
    """Two machines of 3,500 W run in each of four groups; one group is to stop now, and to run again at half past."""
    document = wanting(0)
    points = tuple(
        point.model_copy(update={"next": Next(at=NOW + timedelta(minutes=5), machines_on=2, reason="")})
        if point.group == group_of("luxos")
        else point
        for point in document.setpoints
    )
    file = tmp_path / "commitments.csv"
    hand_over("foreman", str(file), document.model_copy(update={"setpoints": points}), FARM, Login(), NOW)
    assert file.read_text().splitlines() == [
        "program,target,watts,ramp_seconds,start,end",
        "Simulated,Reduce wattage to,21000,0,2026-02-11T12:00:00+00:00,2026-02-11T12:05:00+00:00",
    ]
    none = document.model_copy(
        update={"setpoints": tuple(point.model_copy(update={"machines_on": 0}) for point in document.setpoints)}
    )
    hand_over("foreman", str(file), none, FARM, Login(), NOW)
    assert file.read_text().splitlines()[1:] == [
        "Simulated,Reduce all,,0,2026-02-11T12:00:00+00:00,2026-02-11T12:15:00+00:00"
    ]


def test_set_points_are_put_on_a_topic_and_kept_there() -> None:
    pytest.importorskip("aiomqtt")
    login = Login(user="me", password=SecretStr("hunter2"))
    with broker(password="hunter2") as there:
        at = f"mqtt://127.0.0.1:{there.port}/site/setpoints"
        assert hand_over("mqtt", at, wanting(1), FARM, login, NOW) == "published"
        assert SetPoints.model_validate_json(there.kept["site/setpoints"]) == wanting(1)
        with pytest.raises(CurtailError, match=r"127\.0\.0\.1 did not take it") as caught:
            hand_over("mqtt", at, wanting(1), FARM, Login(user="me", password=SecretStr("hunter3")), NOW)
        assert "hunter" not in str(caught.value)
        everything = wanting(2)
        everything = everything.model_copy(
            update={"setpoints": tuple(point.model_copy(update={"reason": ""}) for point in everything.setpoints)}
        )
        hand_over("proto-fleet", at, everything, FARM, login, NOW)
        assert json.loads(there.kept["site/setpoints"]) == {"target": 100, "timestamp": int(NOW.timestamp())}
        with pytest.raises(CurtailError, match="all machines or none"):
            hand_over("proto-fleet", at, wanting(0), FARM, login, NOW)
    for address in ("mqtt://me:hunter2@x/t", "mqtt://x", "http://x/t"):
        with pytest.raises(InputError, match="must be as mqtts://"):
            hand_over("mqtt", address, wanting(1), FARM, login, NOW)
