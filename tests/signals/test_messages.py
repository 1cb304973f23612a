"""Messages: what they come to as calls, and a table of hostile ones for each reader, none of which is obeyed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from optimizer.daily.orders import telephone_calls
from optimizer.daily.telephone import add_call
from optimizer.mechanisms.calls.config import FullStop, ToLevel
from optimizer.signals import folder, mqtt, openadr3, voltus
from optimizer.signals.book import MOST, Book
from optimizer.signals.signal import MessageError, Signal, parsed
from optimizer.signals.sources import Folder, Mqtt, OpenAdr3, Source, Voltus

NOW = datetime(2026, 2, 11, 12, tzinfo=UTC)
VTN = OpenAdr3(name="VTN", kind="openadr3", url="https://vtn.invalid", levels=(ToLevel(form="to_level", mw=20.0),))
SITE = Voltus(name="Voltus", kind="voltus", url="https://v.invalid", site="s1")
TOPIC = Mqtt(name="Topic", kind="mqtt", host="h", topic="t", baseline_mw=40.0)
FILES = Folder(name="Files", kind="folder", path="calls")
EVENT: dict[str, Any] = {
    "id": "e1",
    "programID": "p",
    "createdDateTime": "2026-02-11T11:00:00Z",
    "intervalPeriod": {"start": "2026-02-11T13:00:00Z", "duration": "PT1H"},
    "intervals": [{"id": 0, "payloads": [{"type": "SIMPLE", "values": [1]}]}],
}
DISPATCH: dict[str, Any] = {
    "id": 7,
    "modification_number": 1,
    "authorized": True,
    "start_time": "2026-02-11T13:00:00Z",
    "end_time": None,
    "sites": [{"id": "s1", "commitment": 12_000}, {"id": "s2", "commitment": 1e6}],
}
CALL: dict[str, Any] = {"id": "c", "start": "2026-02-11T13:00:00Z", "end": None, "cut": {"form": "full_stop"}}
TARGET = {"target": 0, "timestamp": int(NOW.timestamp())}


def changed(whole: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**whole, **more}


def payload(kind: str, *values: Any, **more: Any) -> dict[str, Any]:
    return changed(EVENT, intervals=[{"id": 0, "payloads": [{"type": kind, "values": list(values)}]}], **more)


def of_event(event: Any) -> list[Signal]:
    return list(openadr3.signals_of(event, VTN, NOW))


def at(hour: float) -> datetime:
    return NOW.replace(hour=0) + timedelta(hours=hour)


@pytest.mark.parametrize(
    ("event", "cuts"),
    [
        (EVENT, [("e1", at(13), at(14), {"form": "to_level", "mw": 20.0})]),
        (payload("SIMPLE", 3), [("e1", at(13), at(14), {"form": "full_stop"})]),  # a level without a meaning
        (payload("SIMPLE", 0), []),
        (payload("PRICE", 45.2), []),
        (payload("IMPORT_CAPACITY_LIMIT", 7500), [("e1", at(13), at(14), {"form": "to_level", "mw": 7.5})]),
        (
            payload("DISPATCH_SETPOINT", 7, payloadDescriptors=[{"payloadType": "DISPATCH_SETPOINT", "units": "MW"}]),
            [("e1", at(13), at(14), {"form": "to_level", "mw": 7.0})],
        ),
        (payload("DISPATCH_SETPOINT_RELATIVE", -3000), [("e1", at(13), at(14), {"form": "by_amount", "mw": 3.0})]),
        (payload("DISPATCH_SETPOINT_RELATIVE", 3000), []),
        (
            changed(EVENT, intervalPeriod={"start": "2026-02-11T13:00:00Z", "duration": "P9999Y"}),
            [("e1", at(13), None, {"form": "to_level", "mw": 20.0})],
        ),
        (
            changed(EVENT, intervalPeriod={"start": "0000-00-00", "duration": "PT30M"}),
            [("e1", at(12), at(12.5), {"form": "to_level", "mw": 20.0})],
        ),
        (
            changed(EVENT, intervalPeriod={"start": "0001-01-01T00:00:00Z", "duration": "PT0S"}),
            [],  # how an event is withdrawn
        ),
        (
            changed(EVENT, intervals=EVENT["intervals"] * 2),
            [
                ("e1:0", at(13), at(14), {"form": "to_level", "mw": 20.0}),
                ("e1:1", at(14), at(15), {"form": "to_level", "mw": 20.0}),
            ],
        ),
    ],
)
def test_an_openadr_event_is_read(event: dict[str, Any], cuts: list[Any]) -> None:
    pytest.importorskip("toadr3")
    assert [(one.id, one.start, one.end, one.cut) for one in of_event(event)] == cuts


def test_what_toadr3_has_read_says_the_same() -> None:
    models = pytest.importorskip("toadr3").models
    assert of_event(models.Event.model_validate(EVENT)) == of_event(EVENT)


HOSTILE_EVENTS = [
    None,
    [],
    "e1",
    changed(EVENT, id=""),
    changed(EVENT, id="x" * 500),
    changed(EVENT, id=["e1"]),
    changed(EVENT, intervals=[]),
    changed(EVENT, intervals="all"),
    changed(EVENT, intervals=[None]),
    changed(EVENT, intervals=[{"payloads": None}]),
    changed(EVENT, intervals=[{"payloads": [{"type": "SIMPLE", "values": []}]}]),
    changed(EVENT, intervalPeriod=None),
    changed(EVENT, intervalPeriod={"start": "2026-02-11T13:00:00"}),
    changed(EVENT, intervalPeriod={"start": "9999-12-31T00:00:00Z"}),
    changed(EVENT, intervalPeriod={"start": 5}),
    changed(EVENT, intervalPeriod={"start": "2026-02-11T13:00:00Z", "duration": "-PT1H"}),
    changed(EVENT, intervalPeriod={"start": "2026-02-11T13:00:00Z", "duration": "soon"}),
    changed(EVENT, createdDateTime="yesterday"),
    payload("SIMPLE", 7),
    payload("SIMPLE", 1.5),
    payload("SIMPLE", True),
    payload("SIMPLE", "1"),
    payload("SIMPLE", float("nan")),
    payload("IMPORT_CAPACITY_LIMIT", -1),
    payload("IMPORT_CAPACITY_LIMIT", float("inf")),
    payload("IMPORT_CAPACITY_LIMIT", 10**400),
    changed(EVENT, id="\ud800"),
    changed(
        EVENT,
        intervalPeriod={"start": "2026-02-11T13:00:00Z", "duration": "P366D"},
        intervals=EVENT["intervals"] * 8200,  # beyond the last year there is
    ),
    payload("IMPORT_CAPACITY_LIMIT", 1, payloadDescriptors=[{"payloadType": "IMPORT_CAPACITY_LIMIT", "units": "HP"}]),
]
HOSTILE_DISPATCHES = [
    None,
    7,
    changed(DISPATCH, id=None),
    changed(DISPATCH, id=True),
    changed(DISPATCH, modification_number=None),
    changed(DISPATCH, modification_number="1"),
    changed(DISPATCH, modification_number=-1),
    changed(DISPATCH, authorized="false"),
    changed(DISPATCH, authorized=None),
    changed(DISPATCH, start_time=None),
    changed(DISPATCH, start_time="2026-02-11 13:00"),
    changed(DISPATCH, start_time=1770811200),
    changed(DISPATCH, end_time="2026-02-11T12:00:00Z"),
    changed(DISPATCH, sites=None),
    changed(DISPATCH, sites=["s1"]),
    changed(DISPATCH, sites=[{"id": "s1"}]),
    changed(DISPATCH, sites=[{"id": "s1", "commitment": -5}]),
    changed(DISPATCH, sites=[{"id": "s1", "commitment": "12000"}]),
    changed(DISPATCH, sites=[{"id": "s1", "commitment": 1e300}]),
]
HOSTILE_TARGETS = [
    b"",
    b"0",
    b"null",
    b"[0, 1]",
    b"\xff\xfe",
    b"[" * 900,
    b'{"target": 0}',
    b'{"target": 0, "timestamp": NaN}',
    b'{"target": 0, "timestamp": 1e999}',
    b'{"target": 0, "target": 100, "timestamp": 1770811200}',
    json.dumps(TARGET | {"pad": "x" * 2000}).encode(),
    json.dumps(TARGET | {"more": 1}).encode(),
    json.dumps(TARGET | {"target": True}).encode(),
    json.dumps(TARGET | {"target": "0"}).encode(),
    json.dumps(TARGET | {"target": -1}).encode(),
    json.dumps(TARGET | {"timestamp": 10**400}).encode(),
    json.dumps(TARGET | {"target": 101}).encode(),
    json.dumps(TARGET | {"timestamp": TARGET["timestamp"] * 1000}).encode(),
    json.dumps(TARGET | {"timestamp": TARGET["timestamp"] + 3600}).encode(),
    json.dumps({"target": 100, "timestamp": TARGET["timestamp"] - 3600}).encode(),  # a release from another time
]
HOSTILE_FILES = [
    [],
    {},
    changed(CALL, more=1),
    changed(CALL, id=""),
    changed(CALL, start="now"),
    changed(CALL, end="2026-02-11T12:00:00Z"),
    changed(CALL, cut="stop"),
    changed(CALL, cut={"form": "to_level"}),
    changed(CALL, cut={"form": "to_level", "mw": "20"}),
    changed(CALL, cut={"form": "to_level", "mw": float("nan")}),
    changed(CALL, version=-1),
    changed(CALL, version=10**400),
    changed(CALL, id="\ud800"),
    changed(CALL, published="2026"),
]


@pytest.mark.parametrize(
    ("read", "message"),
    [
        *((of_event, event) for event in HOSTILE_EVENTS),
        *((lambda one: voltus.signal_of_dispatch(one, SITE, NOW), one) for one in HOSTILE_DISPATCHES),
        *((lambda one: mqtt.signal_of_message(one, TOPIC, NOW), one) for one in HOSTILE_TARGETS),
        *((lambda one: folder.signal_of_file(one, FILES, NOW), one) for one in HOSTILE_FILES),
    ],
)
def test_a_hostile_message_is_refused_in_words(read: Callable[[Any], Any], message: Any) -> None:
    pytest.importorskip("toadr3")
    with pytest.raises(MessageError) as caught:
        read(message)
    assert len(str(caught.value)) < 200


def test_json_is_bounded() -> None:
    for message in (b"1" * 11, b"NaN", b'{"a": 1, "a": 2}', b"{"):
        with pytest.raises(MessageError):
            parsed(message, most=10 if message.startswith(b"1") else 100)


def test_a_dispatch_is_of_our_site_and_open_until_its_end_comes() -> None:
    found = voltus.signal_of_dispatch(DISPATCH, SITE, NOW)
    assert found == Signal("7", 1.0, at(13), None, {"form": "by_amount", "mw": 12.0})
    assert voltus.signal_of_dispatch(changed(DISPATCH, sites=[]), SITE, NOW) is None
    cancelled = voltus.signal_of_dispatch(changed(DISPATCH, authorized=False, modification_number=2), SITE, NOW)
    assert cancelled is not None
    assert cancelled.cut is None


class Desk:
    """A book over a state folder, and what it has come to in `calls.yaml`."""

    def __init__(self, state: Path, source: Source) -> None:
        state.mkdir(exist_ok=True)
        self.state, self.said = state, []
        self.book = Book(source, state, "UTC", self.said.append)

    def calls(self, now: datetime = NOW) -> list[tuple[str, datetime, datetime]]:
        """Name, start and end of the calls that are written."""
        self.book.write(now)
        return [(one.name, one.start, one.end) for one in telephone_calls(self.state, "UTC")[0]]

    def hear(self, now: datetime = NOW, **more: Any) -> bool:
        """Take up a call of a file."""
        return self.book.take(folder.signal_of_file(changed(CALL, **more), FILES, now), now)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "state", FILES)


def test_a_repeated_message_has_no_effect(desk: Desk) -> None:
    assert desk.hear(end="2026-02-11T14:00:00Z")
    first = desk.calls()
    assert first == [("Files c", at(13), at(14))]
    before = (desk.state / "calls.yaml").stat().st_mtime_ns
    assert not desk.hear(end="2026-02-11T14:00:00Z")
    assert not desk.book.write(NOW)
    assert (desk.state / "calls.yaml").stat().st_mtime_ns == before


def test_a_changed_call_replaces_and_an_older_version_does_not(desk: Desk) -> None:
    desk.hear(end="2026-02-11T14:00:00Z", version=2)
    desk.hear(end="2026-02-11T15:00:00Z", version=3)
    assert not desk.hear(end="2026-02-11T14:00:00Z", version=2)
    assert desk.calls() == [("Files c", at(13), at(15))]


def test_a_cancelled_call_ends_now_or_never_begins(desk: Desk) -> None:
    desk.hear(end="2026-02-11T14:00:00Z")
    desk.hear(id="d", end="2026-02-11T18:00:00Z", start="2026-02-11T17:00:00Z")
    assert len(desk.calls()) == 2
    later = at(13.5)
    desk.hear(later, cut=None)
    desk.hear(later, id="d", cut=None)
    assert desk.calls(later) == [("Files c", at(13), later)]
    assert not desk.hear(later, cut=None)


def test_an_open_ended_call_holds_until_it_is_released(desk: Desk) -> None:
    desk.hear()
    for days in range(5):
        now = NOW + timedelta(days=days)
        ((_, _, end),) = desk.calls(now)
        assert end > now + timedelta(hours=23)
    desk.hear(now, end=now.isoformat())
    assert desk.calls(now) == [("Files c", at(13), now)]


def test_a_late_call_is_told_and_one_that_is_over_is_not_obeyed(desk: Desk) -> None:
    desk.hear(start="2026-02-11T11:00:00Z", published="2026-02-11T10:59:00Z")
    assert desk.calls() == [("Files c", at(11), datetime(2026, 2, 12, 12, tzinfo=UTC))]
    assert not desk.hear(id="old", start="2026-02-11T10:00:00Z", end="2026-02-11T11:00:00Z")
    assert [line.split(": ", 1)[1] for line in desk.said] == [
        "the call c came late, of 2026-02-11 10:59 UTC",
        "the call old came after its end",
    ]


@pytest.mark.parametrize(("when_silent", "stopped"), [("keep", 0), ("stop", 1)])
def test_a_silent_source_is_told_of_and_may_stop_the_farm(tmp_path: Path, when_silent: str, stopped: int) -> None:
    desk = Desk(tmp_path / "state", FILES.model_copy(update={"when_silent": when_silent}))
    desk.book.heard = NOW
    for minutes in (5, 20, 21):
        desk.book.listen(NOW + timedelta(minutes=minutes))
    later = NOW + timedelta(minutes=22)
    assert len(desk.calls(later)) == stopped
    assert desk.said == ["Files: has been silent since 2026-02-11 12:00 UTC"]
    desk.book.heard = later
    desk.book.listen(later)
    assert all(end <= later for _, _, end in desk.calls(later))


def test_other_calls_stay_beside_those_of_a_source(desk: Desk) -> None:
    add_call(desk.state, "UTC", NOW, {"form": "full_stop"}, at(15), at(16), "operator")
    desk.hear()
    assert [name for name, _, _ in desk.calls()] == ["operator", "Files c"]
    desk.hear(cut=None)
    assert [name for name, _, _ in desk.calls()] == ["operator"]


def test_calls_go_on_in_a_process_that_begins_anew(desk: Desk) -> None:
    desk.hear(version=4)
    desk.calls()
    again = Desk(desk.state, FILES)
    assert not again.hear(version=3, cut=None)
    assert [name for name, _, _ in again.calls()] == ["Files c"]
    assert again.hear(version=5, cut=None)
    assert again.calls() == []


def test_an_event_that_is_listed_no_more_is_cancelled(tmp_path: Path) -> None:
    pytest.importorskip("toadr3")
    desk = Desk(tmp_path / "state", VTN)
    for one in of_event(EVENT):
        desk.book.take(one, NOW)
    desk.book.withdraw_all_but({"e1"}, NOW)
    assert len(desk.calls()) == 1
    desk.book.withdraw_all_but(set(), NOW)
    assert desk.calls() == []


def test_the_target_of_a_topic_goes_on_until_100(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "state", TOPIC)

    def hear(target: float, minutes: float) -> None:
        now = NOW + timedelta(minutes=minutes)
        message = json.dumps({"target": target, "timestamp": int(now.timestamp())}).encode()
        desk.book.take(mqtt.signal_of_message(message, TOPIC, now), now)

    hear(100, 0)
    assert desk.calls() == []
    hear(0, 1)
    hear(0, 2)
    ((_, start, _),) = desk.calls(NOW + timedelta(minutes=3))
    assert start == NOW + timedelta(minutes=1)
    hear(50, 4)
    assert telephone_calls(desk.state, "UTC")[0][0].cut == FullStop(form="full_stop")
    desk.calls(NOW + timedelta(minutes=5))
    assert telephone_calls(desk.state, "UTC")[0][0].cut.share == 0.5
    hear(100, 6)
    ((_, _, end),) = desk.calls(NOW + timedelta(minutes=6))
    assert end == NOW + timedelta(minutes=6)


def test_a_source_that_floods_is_refused_beyond_a_number(desk: Desk) -> None:
    for i in range(MOST):
        desk.hear(id=f"c{i}")
    with pytest.raises(MessageError, match="one more than"):
        desk.hear(id="more")
    assert len(desk.calls()) == MOST


def test_a_cut_beyond_its_baseline_is_refused_and_the_others_hold(tmp_path: Path) -> None:
    source = SITE.model_copy(update={"baseline_mw": 5.0})
    desk = Desk(tmp_path / "state", source)
    with pytest.raises(MessageError, match="makes no sense"):
        desk.book.take(voltus.signal_of_dispatch(DISPATCH, source, NOW), NOW)
    assert desk.calls() == []
