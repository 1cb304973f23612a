"""The loop over sources: each is heard by itself, and what goes wrong with one keeps no call of another waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from optimizer.errors import CurtailError, InputError
from optimizer.execution.credentials import Credentials
from optimizer.outside import printable, read_regular
from optimizer.signals import folder, mqtt, openadr2, openadr3, voltus, web
from optimizer.signals.book import Book
from optimizer.signals.signal import MOST_BYTES, MessageError, Signal, UnheardError, parsed
from optimizer.signals.sources import AnySource, Folder, Mqtt, OpenAdr2, OpenAdr3, Voltus

_FILES = 1000
_NOTHING: tuple[Any, dict[str, Any]] = (None, {})
_AGAIN_S = 10.0  # until a broker is tried again


class Listening:
    """One source and its book. ``wall`` is the clock; ``base`` the folder that paths are relative to."""

    def __init__(
        self, source: AnySource, book: Book, credentials: Credentials, wall: Callable[[], datetime], base: Path
    ) -> None:
        self.source, self.book, self.wall, self.base = source, book, wall, base
        self.login = credentials.of(source.kind)
        self._trouble = ""
        self._token: Any = None
        self._ven: Any = None

    async def look(self) -> None:
        """Hear the source once, and bring its calls into force."""
        try:
            await self._hear()
            self.book.heard, self._trouble = self.wall(), ""
        except InputError:
            raise
        except CurtailError as error:
            self._unheard(str(error))
        except Exception as error:  # whatever a source says, the others are heard and this one again
            self._unheard(f"unexpected: {type(error).__name__}; please report it")
        self._settle()

    def _unheard(self, trouble: str) -> None:
        if trouble != self._trouble:
            self._trouble = trouble
            self.book.say(printable(f"{self.source.name}: cannot be heard: {trouble}; calls stay as they were"))

    @property
    def silent(self) -> bool:
        """Whether it has been silent for too long."""
        return self.book.silent(self.wall())

    def _settle(self) -> None:
        self.book.listen(self.wall())
        self.book.opt_out(self.wall())
        try:
            self.book.write(self.wall())
        except (CurtailError, OSError) as error:
            self.book.say_once(str(error))

    async def go_on(self) -> None:
        """Hear the source for good."""
        if isinstance(self.source, Mqtt):
            await asyncio.gather(self._subscribed(self.source), self._settling())
        while True:
            await self.look()
            await asyncio.sleep(self.source.every_seconds)

    async def _settling(self) -> None:
        while True:
            self._settle()
            await asyncio.sleep(self.source.every_seconds)

    async def _hear(self) -> None:
        if isinstance(self.source, OpenAdr3):
            await self._hear_openadr3(self.source)
        elif isinstance(self.source, OpenAdr2):
            await self._hear_openadr2(self.source)
        elif isinstance(self.source, Voltus):
            await self._hear_voltus(self.source)
        elif isinstance(self.source, Folder):
            for file, message in _files(self.base / self.source.path):
                self._take(file, partial(_of_file, message, self.source, self.wall()))

    async def _hear_voltus(self, source: Voltus) -> None:
        headers = {"X-Voltus-API-Key": self.login.password.get_secret_value()}
        async with web.session() as session:
            listed = voltus.dispatches(await web.got(session, source.url, headers))
        for one in listed:
            self._take(_id_of(one), partial(_of_dispatch, one, source, self.wall()))

    def _take(self, what: str, read: Callable[[], Iterable[Signal]]) -> list[Signal] | None:
        """Take up the calls of one message; None where it is refused."""
        try:
            signals = list(read())
            for one in signals:
                self.book.take(one, self.wall())
        except MessageError as error:
            self.book.refuse(printable(what), error)
            return None
        except Exception as error:  # one message takes no other along
            self.book.refuse(printable(what), MessageError(f"is unexpected ({type(error).__name__}); please report it"))
            return None
        return signals

    async def _hear_openadr3(self, source: OpenAdr3) -> None:
        """All events of the VTN: what cannot be read of one takes no other along, and cancels nothing."""
        async with web.session() as session:
            headers = await self._authorized(source, session)
            events = [event async for event in web.pages(session, source, headers)]
            self._take_events(events, partial(openadr3.signals_of, source=source, now=self.wall()))
            if source.ven_name is not None:
                for event in events:
                    await self._acknowledge(source, source.ven_name, event, session, headers)

    def _take_events(self, events: Sequence[Any], read: Callable[[Any], Iterable[Signal]]) -> None:
        listed: set[str] = set()
        for event in events:
            name = _id_of(event)
            taken = self._take(name, partial(read, event))
            listed |= self.book.ids_of(name) if taken is None else {one.id for one in taken}
        self.book.withdraw_all_but(listed, self.wall())

    async def _hear_openadr2(self, source: OpenAdr2) -> None:
        """All events that the VTN has for us, each acknowledged once for its version and what we make of it."""
        if self._ven is None:
            self._ven = await openadr2.registered(source, self.login, self.base)
        ven = self._ven
        kind, payload = await ven.request_event() or _NOTHING
        if kind != "oadrDistributeEvent":
            self._ven = None  # registered anew
            await ven.client_session.close()
            raise UnheardError("no list of events is given")
        events = payload.get("events", [])
        self._take_events(events, partial(openadr2.simple_signals_of, source=source))
        for event in events:
            calls = self.book.unanswered(_id_of(event), self.wall())
            if calls:
                opt = "optOut" if all(one.opted_out for one in calls) else "optIn"
                number = event["event_descriptor"]["modification_number"]
                await ven.created_event(payload.get("request_id"), _id_of(event), opt, number)
                self.book.note_answered(calls)

    async def _acknowledge(
        self, source: OpenAdr3, ven_name: str, event: Any, session: Any, headers: dict[str, str]
    ) -> None:
        """Report what we make of an event, once for each version; where that fails it is tried at the next look."""
        calls = self.book.unanswered(_id_of(event), self.wall())
        if not calls:
            return
        try:
            report = openadr3.report_of(event, calls, ven_name)
            await web.posted(session, source.url.rstrip("/") + "/reports", headers, report)
        except (UnheardError, MessageError) as error:
            self.book.say_once(f"{source.name}: {_id_of(event)} is obeyed and not acknowledged: {error}")
            return
        self.book.note_answered(calls)

    async def _authorized(self, source: OpenAdr3, session: Any) -> dict[str, str]:
        if source.token_url is None:
            return {}
        import toadr3

        if self._token is None or self._token.is_expired():
            try:
                self._token = await toadr3.acquire_access_token(
                    session,
                    source.token_url,
                    "client_credentials",
                    {"scope": source.scope},
                    self.login.user or "",
                    self.login.password.get_secret_value(),
                )
            except Exception as error:  # of the client and of the network; what they say may hold secrets
                raise UnheardError(f"no token is given ({type(error).__name__})") from None
        return {"Authorization": f"Bearer {self._token.token}"}

    async def _subscribed(self, source: Mqtt) -> None:
        import aiomqtt

        secret = self.login.password.get_secret_value() or None
        tls = aiomqtt.TLSParameters() if source.tls else None
        while True:
            try:
                async with aiomqtt.Client(
                    source.host, source.port, username=self.login.user, password=secret, tls_params=tls
                ) as on:
                    await on.subscribe(source.topic, qos=1)
                    async for message in on.messages:
                        self.message(message.payload if isinstance(message.payload, bytes) else b"")
            except aiomqtt.MqttError as error:
                self.book.say(printable(f"{source.name}: {error}; tried again"))
            await asyncio.sleep(_AGAIN_S)

    def message(self, content: bytes) -> None:
        """Take up a message of a topic. One that is refused does not show that its sender is well."""
        assert isinstance(self.source, Mqtt)
        if self._take("a message", partial(_of_topic, content, self.source, self.wall())) is not None:
            self.book.heard = self.wall()
        self._settle()


def _files(place: Path) -> list[tuple[str, bytes]]:
    try:
        files = sorted(file for file in place.iterdir() if file.suffix == ".json" and not file.name.startswith("."))
        return [(file.name, read_regular(file, MOST_BYTES)) for file in files[:_FILES]]
    except OSError as error:
        raise UnheardError(f"{error.filename or place}: {error.strerror}") from None


def _id_of(message: Any) -> str:
    within = message.get("event_descriptor", message) if isinstance(message, dict) else {}
    name = within.get("id", within.get("event_id", "a message")) if isinstance(within, dict) else "a message"
    return str(name)[:60]


def _of_file(message: bytes, source: Folder, now: datetime) -> list[Signal]:
    return [folder.signal_of_file(parsed(message), source, now)]


def _of_dispatch(dispatch: Any, source: Voltus, now: datetime) -> list[Signal]:
    signal = voltus.signal_of_dispatch(dispatch, source, now)
    return [] if signal is None else [signal]


def _of_topic(message: bytes, source: Mqtt, now: datetime) -> list[Signal]:
    return [mqtt.signal_of_message(message, source, now)]


async def listen(listening: Sequence[Listening], once: bool) -> None:
    """Hear all sources, once or for good."""
    if not once:
        await asyncio.gather(*(one.go_on() for one in listening))
    for one in listening:
        if isinstance(one.source, Mqtt):
            one.book.say(f"{one.source.name}: a topic is not looked at once; run without --once")
        else:
            await one.look()
