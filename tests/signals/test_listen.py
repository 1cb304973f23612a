"""Sources on loopback: a small VTN, a Voltus, a folder; what cannot be heard leaves calls as they were."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from optimizer.daily.orders import telephone_calls
from optimizer.errors import InputError
from optimizer.execution.credentials import Credentials, Login
from optimizer.signals.book import Book
from optimizer.signals.listen import Listening, listen
from optimizer.signals.opting import ask_to_opt_out
from optimizer.signals.signal import Signal
from optimizer.signals.sources import AnySource, Folder, Mqtt, OpenAdr3, Voltus, load_sources
from tests.broker import broker
from tests.signals.test_messages import CALL, DISPATCH, EVENT, NOW, TARGET, changed, payload

web = pytest.importorskip("aiohttp.web")
pytest.importorskip("toadr3")
KEY = "hunter2-of-nobody"


class Server:
    """What a source answers; ``events`` and ``dispatches`` may be changed on the way."""

    def __init__(self) -> None:
        self.events: Any = [EVENT]
        self.dispatches: Any = [DISPATCH]
        self.asked: list[str] = []
        self.reports: list[Any] = []
        self.takes_reports = 201

    async def answer(self, request: Any) -> Any:
        """Whatever is asked for."""
        self.asked.append(request.path)
        if request.path == "/token":
            form = await request.post()
            right = form.get("client_secret") == KEY or KEY in str(request.headers)
            return web.json_response({"access_token": "t1", "expires_in": 3600} if right else {}, status=200)
        if request.path == "/events":
            if request.headers.get("Authorization") != "Bearer t1":
                return web.Response(status=403)
            return web.Response(**self.events) if isinstance(self.events, dict) else web.json_response(self.events)
        if request.path == "/reports" and request.method == "POST":
            self.reports.append(await request.json())
            return web.json_response(self.reports[-1], status=self.takes_reports)
        if request.path == "/dispatches" and request.headers.get("X-Voltus-API-Key") == KEY:
            return web.json_response({"dispatches": self.dispatches})
        return web.Response(status=404)


def served(work: Callable[[Server, str], Awaitable[None]]) -> Server:
    server = Server()

    async def whole() -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", server.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        try:
            await work(server, f"http://127.0.0.1:{port}")
        finally:
            await runner.cleanup()

    asyncio.run(whole())
    return server


def listening(state: Path, source: AnySource, said: list[str], now: datetime = NOW, key: str = KEY) -> Listening:
    state.mkdir(exist_ok=True)
    login = Login(user="me", password=SecretStr(key))
    logins = Credentials({}, {source.kind: login})
    return Listening(source, Book(source, state, "UTC", said.append), logins, lambda: now, state)


def calls(state: Path, now: datetime = NOW) -> list[str]:
    return [one.name for one in telephone_calls(state, "UTC")[0] if one.end > now]


def vtn(at: str, **more: Any) -> OpenAdr3:
    return OpenAdr3(name="VTN", kind="openadr3", url=at, token_url=f"{at}/token", **more)


def test_events_of_a_vtn_become_calls_and_go_with_it(tmp_path: Path) -> None:
    said: list[str] = []

    async def work(server: Server, at: str) -> None:
        one = listening(tmp_path, vtn(at), said)
        await one.look()
        assert (said, calls(tmp_path)) == ([], ["VTN e1"])
        server.events = [changed(payload("SIMPLE", "all"), id="bad"), EVENT]
        await one.look()
        assert calls(tmp_path) == ["VTN e1"]  # the other takes none along
        server.events = [changed(payload("SIMPLE", "all"))]
        await one.look()
        assert calls(tmp_path) == ["VTN e1"]  # what cannot be read is not cancelled
        server.events = {"status": 500}
        await one.look()
        assert calls(tmp_path) == ["VTN e1"]
        server.events = []
        await one.look()
        assert calls(tmp_path) == []

    served(work)
    assert said == [
        "VTN: bad SIMPLE is not a number; it is not obeyed, calls stay as they were",
        "VTN: e1 SIMPLE is not a number; it is not obeyed, calls stay as they were",
        "VTN: cannot be heard: HTTP 500; calls stay as they were",
    ]


SOFT = {"ven_name": "farm-1", "violation_usd_per_mwh": 900.0, "may_opt_out": True}


def test_a_call_is_acknowledged_once_for_each_version_and_opted_out_of(tmp_path: Path) -> None:
    said: list[str] = []

    async def work(server: Server, at: str) -> None:
        one = listening(tmp_path, vtn(at, **SOFT), said)
        server.takes_reports = 500
        await one.look()
        assert calls(tmp_path) == ["VTN e1"]
        server.takes_reports = 201
        await one.look()
        await one.look()
        assert [report["resources"][0]["intervals"] for report in server.reports[1:]] == [
            [
                {
                    "id": 0,
                    "intervalPeriod": {"start": "2026-02-11T13:00:00+00:00", "duration": "PT3600S"},
                    "payloads": [{"type": "OPERATING_STATE", "values": ["RUNNING_CURTAILED"]}],
                }
            ]
        ]
        assert server.reports[1]["eventID"] == "e1"
        assert server.reports[1]["clientName"] == "farm-1"
        assert telephone_calls(tmp_path, "UTC")[0][0].violation_usd_per_mwh == 900.0
        ask_to_opt_out(tmp_path, [one.source], "VTN e1", ["VTN e1"])
        await one.look()
        assert calls(tmp_path) == []
        again = listening(tmp_path, one.source, said)  # begun anew
        await again.look()
        await again.look()
        assert [report["reportName"] for report in server.reports[1:]] == ["opt in", "opt out"]
        assert "RUNNING_OPTED_OUT" in str(server.reports[-1])
        server.events = [changed(EVENT, modificationDateTime="2026-02-11T11:30:00Z")]
        await again.look()
        assert calls(tmp_path) == ["VTN e1"]  # another version is owed anew
        assert [report["reportName"] for report in server.reports[3:]] == ["opt in"]

    served(work)
    assert said == ["VTN: e1 is obeyed and not acknowledged: HTTP 500", "VTN: opted out of e1"]


def test_a_hard_call_is_never_opted_out_of(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="a hard call is owed"):
        vtn("https://vtn.invalid", may_opt_out=True)
    hard = vtn("https://vtn.invalid")
    for name, told in (
        ("VTN e1", "the call is owed: VTN has no"),
        ("VTN e2", "no call has this name; there are: VTN e1"),
    ):
        with pytest.raises(InputError, match=told):
            ask_to_opt_out(tmp_path, [hard], name, ["VTN e1"])
    one = listening(tmp_path, hard, [])
    one.book.take(Signal("e1", 1.0, NOW, NOW + timedelta(hours=1), {"form": "full_stop"}), NOW)
    ask_to_opt_out(tmp_path, [vtn("https://vtn.invalid", **SOFT)], "VTN e1", ["VTN e1"])
    one._settle()
    assert calls(tmp_path) == ["VTN e1"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"status": 302, "headers": {"Location": "/elsewhere"}}, "HTTP 302"),
        ({"text": "[" * 100_000}, "is not JSON"),
        ({"text": "x" * 1_200_000}, "is longer than 1,000,000 bytes"),
        ({"text": "{}"}, "has no list of events"),
        ({"text": json.dumps([EVENT] * 50)}, "has more than 1,000 events"),
    ],
)
def test_a_vtn_that_answers_otherwise_is_not_obeyed(tmp_path: Path, answer: dict[str, Any], told: str) -> None:
    said: list[str] = []

    async def work(server: Server, at: str) -> None:
        one = listening(tmp_path, vtn(at), said)
        await one.look()
        server.events = answer
        await one.look()

    served(work)
    assert calls(tmp_path) == ["VTN e1"]
    assert [told in line for line in said] == [True]


def test_a_secret_is_told_to_nobody(tmp_path: Path) -> None:
    said: list[str] = []

    async def work(server: Server, at: str) -> None:
        await listening(tmp_path, vtn(at), said, key="hunter3").look()
        source = Voltus(name="V", kind="voltus", url=f"{at}/dispatches", site="s1")
        await listening(tmp_path, source, said, key="hunter3").look()

    served(work)
    assert ["cannot be heard" in line and "hunter3" not in line for line in said] == [True, True]
    assert all(b"hunter3" not in file.read_bytes() for file in tmp_path.iterdir())


def test_dispatches_of_voltus_become_calls(tmp_path: Path) -> None:
    said: list[str] = []

    async def work(server: Server, at: str) -> None:
        one = listening(tmp_path, Voltus(name="V", kind="voltus", url=f"{at}/dispatches", site="s1"), said)
        await one.look()
        assert calls(tmp_path) == ["V 7"]
        server.dispatches = [changed(DISPATCH, authorized=False, modification_number=2), {"id": 8}]
        await one.look()
        assert calls(tmp_path) == []

    served(work)
    assert said == ["V: 8 modification_number is not a number; it is not obeyed, calls stay as they were"]


def test_whatever_goes_wrong_with_a_source_it_is_heard_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    (tmp_path / "calls").mkdir()
    one = listening(tmp_path, Folder(name="F", kind="folder", path="calls", every_seconds=1, silent_minutes=1), said)
    (tmp_path / "calls" / "a.json").write_text(json.dumps(CALL))
    broken = "optimizer.signals.listen.folder.signal_of_file"

    def wrong(*_: object) -> Signal:
        raise RuntimeError("hunter2")

    with monkeypatch.context() as at_first:
        at_first.setattr(broken, wrong)
        asyncio.run(one.look())
        at_first.setattr("optimizer.signals.listen._files", wrong)
        asyncio.run(one.look())
    assert calls(tmp_path) == []
    one.wall = lambda: NOW + timedelta(minutes=2)
    assert one.silent
    asyncio.run(one.look())
    assert calls(tmp_path) == ["F c"]
    assert not one.silent
    assert [line.partition("unexpected")[2] for line in said] == [
        " (RuntimeError); please report it; it is not obeyed, calls stay as they were",
        ": RuntimeError; please report it; calls stay as they were",
    ]


def test_calls_of_a_folder(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "calls").mkdir()
    one = listening(tmp_path, Folder(name="F", kind="folder", path="calls"), said)
    (tmp_path / "calls" / "a.json").write_text(json.dumps(CALL))
    (tmp_path / "calls" / "b.json").write_text("{")
    (tmp_path / "calls" / "c.json").write_text(json.dumps(changed(CALL, id="two")))
    asyncio.run(listen([one], once=True))
    assert calls(tmp_path) == ["F c", "F two"]
    assert said == ["F: b.json is not JSON; it is not obeyed, calls stay as they were"]


def test_a_topic_that_sends_only_nonsense_counts_as_silent(tmp_path: Path) -> None:
    said: list[str] = []
    source = Mqtt(name="T", kind="mqtt", host="h", topic="t", when_silent="stop", silent_minutes=5)
    one = listening(tmp_path, source, said)
    one.message(json.dumps(TARGET | {"target": 100}).encode())
    assert calls(tmp_path) == []
    one.wall = lambda: NOW + timedelta(minutes=6)
    one.message(b"nonsense")
    assert calls(tmp_path) == ["T silent"]
    one.message(json.dumps({"target": 100, "timestamp": one.wall().timestamp()}).encode())
    assert calls(tmp_path, one.wall()) == []


def test_a_topic_of_a_broker_is_heard_and_heard_again_when_it_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("optimizer.signals.listen._AGAIN_S", 0.05)
    said: list[str] = []

    async def until(true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10.0):
            while not true():
                await asyncio.sleep(0.01)

    with broker(password=KEY) as there:
        source = Mqtt(name="T", kind="mqtt", host="127.0.0.1", port=there.port, topic="t", tls=False)
        one = listening(tmp_path, source, said)

        async def whole() -> None:
            hearing = asyncio.create_task(one.go_on())
            await until(lambda: bool(there._subscribed))
            there.publish("t", json.dumps(TARGET).encode())
            await until(lambda: calls(tmp_path) == ["T target"])
            there.publish("t", b"nonsense")
            there.drop()
            await until(lambda: bool(there._subscribed))
            there.publish("t", json.dumps({"target": 100, "timestamp": TARGET["timestamp"] + 1}).encode())
            await until(lambda: calls(tmp_path) == [])
            hearing.cancel()

        asyncio.run(whole())
    assert any("not JSON" in line for line in said)
    assert any("tried again" in line for line in said)
    assert not any(KEY in line for line in said)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sources: []", "sources"),
        ("sources: [{kind: fax, name: F}]", "kind"),
        ("sources: [{kind: openadr3, name: V, url: 'ftp://x'}]", "url"),
        ("sources: [{kind: openadr3, name: V, url: 'https://me:hunter2@x'}]", "url"),
        (
            "sources: [{kind: folder, name: V, path: a}, {kind: folder, name: V b, path: b}]",
            "sources[0].name: must not be, nor begin, the name of another",
        ),
    ],
)
def test_a_file_of_sources_is_judged(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_sources(file)
    assert told in str(caught.value)


def test_sources_are_read(tmp_path: Path) -> None:
    file = tmp_path / "sources.yaml"
    file.write_text(
        "sources:\n"
        "  - {name: Grid, kind: openadr3, url: 'https://vtn.example/v3', levels: [{form: to_level, mw: 20}]}\n"
        "  - {name: Desk, kind: folder, path: calls, when_silent: stop}\n"
    )
    grid, desk = load_sources(file)
    assert isinstance(grid, OpenAdr3)
    assert (grid.levels[0].mw, desk.when_silent) == (20.0, "stop")
    assert NOW.tzinfo is UTC
