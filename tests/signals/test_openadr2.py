"""OpenADR 2.0b: events as openleadr parses them, and a VTN of its own on loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from optimizer.execution.credentials import Credentials
from optimizer.mechanisms.calls.config import ToLevel
from optimizer.signals import openadr2
from optimizer.signals.book import Book
from optimizer.signals.listen import Listening
from optimizer.signals.opting import ask_to_opt_out
from optimizer.signals.signal import MessageError
from optimizer.signals.sources import OpenAdr2
from tests.signals.test_listen import calls

AT = datetime(2026, 2, 11, 13, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
SOURCE = OpenAdr2(
    name="VTN", kind="openadr2", url="https://vtn.invalid", ven_name="me", levels=(ToLevel(form="to_level", mw=20.0),)
)


def event(*levels: Any, status: str = "far", lasts: Any = HALF_HOUR, name: Any = "SIMPLE", **more: Any) -> Any:
    intervals = [{"uid": k, "duration": lasts, "signal_payload": level} for k, level in enumerate(levels)]
    described = {"event_id": "e1", "event_status": status, "modification_number": 2, "created_date_time": AT}
    return {
        "event_descriptor": described | more,
        "active_period": {"dtstart": AT, "duration": HALF_HOUR},
        "event_signals": [{"signal_name": name, "signal_type": "level", "intervals": intervals}],
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (event(1.0), [("e1", AT, AT + HALF_HOUR, {"form": "to_level", "mw": 20.0})]),
        (event(1.0, lasts=timedelta(0)), [("e1", AT, None, {"form": "to_level", "mw": 20.0})]),
        (
            event(0.0, 3.0),
            [("e1:1", AT + HALF_HOUR, AT + 2 * HALF_HOUR, {"form": "full_stop"})],
        ),
        (event(2.0, status="cancelled"), []),
        (event(0.0), []),
    ],
)
def test_intervals_of_a_signal_are_calls(given: Any, expected: Any) -> None:
    found = list(openadr2.simple_signals_of(given, SOURCE))
    assert [(one.id, one.start, one.end, one.cut) for one in found] == expected
    assert all(one.version == 2.0 for one in found)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (None, "is not an event"),
        ({"event_descriptor": {}}, "is not an event"),
        (event(7.0), "SIMPLE must be from 0 to 3"),
        (event(1.5), "has no level 1.5"),
        (event("all"), "is not a number"),
        (event(1.0, name="ELECTRICITY_PRICE"), "has no SIMPLE signal"),
        (event(1.0, lasts="an hour"), "a duration that is none"),
        (event(1.0, lasts=timedelta(-1)), "a duration that is none"),
        (event(1.0, test_event=True), "is a test"),
        (event(1.0, modification_number=float("nan")), "modification_number is not a number"),
        (event(1.0, created_date_time="soon"), "is not a time"),
        (event(1.0, event_id=""), "event_id is not a text"),
        (event(1.0, lasts=timedelta(days=3_000_000)), "ends after the last year"),
    ],
)
def test_hostile_events_are_no_calls(given: Any, told: str) -> None:
    with pytest.raises(MessageError, match=told):
        list(openadr2.simple_signals_of(given, SOURCE))


@pytest.mark.filterwarnings("ignore")  # of the library
def test_a_vtn_on_loopback_is_heard_answered_and_heard_again(tmp_path: Path) -> None:
    openleadr = pytest.importorskip("openleadr")
    said: list[str] = []
    answers: list[tuple[str, str]] = []
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)

    async def registered(_registration_info: Any) -> tuple[str, str]:
        return "ven1", "reg1"

    async def answered(ven_id: str, event_id: str, opt_type: str) -> None:
        assert ven_id == "ven1"
        answers.append((event_id, opt_type))

    def vtn(port: int) -> Any:
        server = openleadr.OpenADRServer(vtn_id="vtn", http_port=port, show_fingerprint=False)
        server.add_handler("on_create_party_registration", registered)
        return server

    async def work(port: int, look: Callable[[], Any], one: Listening) -> None:
        server = vtn(port)
        await server.run()
        interval = {"dtstart": start, "duration": HALF_HOUR, "signal_payload": 1}
        server.add_event("ven1", "SIMPLE", "level", [interval], callback=answered, event_id="e1")
        await look()
        await look()
        assert calls(tmp_path) == ["VTN e1"]
        assert answers == [("e1", "optIn")]
        ask_to_opt_out(tmp_path, [one.source], "VTN e1", ["VTN e1"])
        await look()
        assert calls(tmp_path) == []
        server.cancel_event("ven1", "e1")
        await look()
        await server.stop()
        await look()

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    source = SOURCE.model_copy(
        update={
            "url": f"http://127.0.0.1:{port}/OpenADR2/Simple/2.0b",
            "violation_usd_per_mwh": 900.0,
            "may_opt_out": True,
        }
    )

    async def whole() -> None:
        one = Listening(
            source, Book(source, tmp_path, "UTC", said.append), Credentials({}), lambda: datetime.now(UTC), tmp_path
        )
        await work(port, one.look, one)
        await work_again(one)

    async def work_again(one: Listening) -> None:
        server = vtn(port)
        await server.run()
        await one.look()
        await server.stop()
        if one._ven is not None:
            await one._ven.client_session.close()

    asyncio.run(whole())
    assert said == [
        "VTN: opted out of e1",
        "VTN: cannot be heard: no list of events is given; calls stay as they were",
    ]
