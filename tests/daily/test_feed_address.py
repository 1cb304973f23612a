"""Price feeds over HTTP: servers on this machine that stall, cut off, redirect, and want a password."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest

from optimizer.daily.feed import UrlFeed, feed_of
from optimizer.daily.feed_address import credentials, shown_address
from optimizer.daily.feed_rows import Batch
from optimizer.errors import InputError

NOW = datetime(2026, 2, 11, 6, tzinfo=UTC)
TEXT = b"start,price\n2026-02-11T06:00Z,20\n2026-02-11T06:05Z,4000.00\n"
OK = b"HTTP/1.1 200 OK\r\n"
Talk = Callable[[socket.socket, bytes], None]


@contextmanager
def served(talk: Talk) -> Iterator[tuple[str, list[bytes]]]:
    """A server that hands each connection and what was asked to ``talk``; its address and all that was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection, suppress(OSError):
                        asked.append(connection.recv(65_536))
                        talk(connection, asked[-1])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def says(*parts: bytes) -> Talk:
    """One answer, and the end of the connection."""
    return lambda connection, _: connection.sendall(b"".join(parts))


def drips(first: bytes, again: bytes) -> Talk:
    """A beginning, and then more and more of the same."""

    def talk(connection: socket.socket, _: bytes) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(again)
            time.sleep(0.02)

    return talk


def sized(body: bytes, size: int | None = None) -> tuple[bytes, bytes]:
    return OK + b"Content-Length: %d\r\n\r\n" % (len(body) if size is None else size), body


def read(talk: Talk, path: str = "/prices?key=secret") -> Batch:
    with served(talk) as (address, _):
        return UrlFeed(address + path).read("UTC", NOW, 5.0)


def prices(found: Batch) -> list[float]:
    return [row.usd_per_mwh for row in found.rows]


def test_an_answer_is_read_once() -> None:
    with served(says(*sized(TEXT))) as (address, _):
        feed = UrlFeed(f"{address}/prices?key=secret")
        assert prices(feed.read("UTC", NOW, 5.0)) == [20, 4000]
        assert feed.heard.came == NOW
        assert feed.read("UTC", NOW, 5.0) == Batch((), (), 0)  # nothing new


STALLS: dict[str, Talk] = {
    "nothing": lambda connection, _: time.sleep(1),
    "a status line": drips(b"HTTP/1.1 200 ", b"O"),
    "100 Continue": drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "headers": drips(OK, b"X: 1\r\n"),
    "one header": drips(OK + b"X: ", b"1"),
    "a body": drips(OK + b"\r\n" + TEXT, b" "),
    "chunks": drips(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
}


@pytest.mark.parametrize("what", STALLS)
def test_a_fetch_has_one_deadline(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimizer.daily.feed.DEADLINE_S", 0.6)
    begun = time.monotonic()
    found = read(STALLS[what])
    assert time.monotonic() - begun < 2.5
    assert (found.rows, found.bad, found.failed) == ((), 1, True)
    assert "whole answer within 0.6 s" in found.refused[0] or "more than 100 headers" in found.refused[0]


def test_a_signal_ends_the_wait() -> None:
    """SIGTERM after 0.3 s of a fetch that would wait for 30."""
    asked_to_stop = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: asked_to_stop.set())
    begun = time.monotonic()
    try:
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
        with served(STALLS["a status line"]) as (address, _):
            found = UrlFeed(address).read("UTC", NOW, 5.0, stopped=asked_to_stop.is_set)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert found == Batch((), (), 0)
    assert time.monotonic() - begun < 2


def test_nothing_is_left_of_a_job_that_was_killed() -> None:
    """The fetching process ends by itself at its deadline."""
    code = "import sys; from optimizer.daily.fetch import fetch; fetch(sys.argv[1], {}, 9, 1.5, lambda: False)"
    reached, gone = threading.Event(), threading.Event()

    def talk(connection: socket.socket, _: bytes) -> None:
        reached.set()
        connection.settimeout(10)
        if connection.recv(1) == b"":
            gone.set()

    with served(talk) as (address, _):
        job = subprocess.Popen([sys.executable, "-c", code, address])
        assert reached.wait(20)
        job.kill()
        job.wait()
        assert gone.wait(5)


@pytest.mark.parametrize(
    "parts",
    [
        sized(TEXT[:-7], len(TEXT)),  # 4000.00 cut to 4
        sized(b'[{"start": "2026-02-11T06:00Z", "price": 4}]', 300),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n20\r\n", TEXT[:20]),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(TEXT), TEXT, b"\r\n"),  # no last chunk
        (OK, b"Content-Type: text/csv\r\n"),
        (b"HTTP/1.1 206 Partial Content\r\nContent-Length: %d\r\n\r\n" % len(TEXT), TEXT),
        (OK + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n", b"\x1f\x8b" + b"x" * 18),
        (b"", b""),
        (b"nonsense\r\n\r\n",),
        sized(b"x" * 6_000_000),
        (OK + b"\r\n", b"x" * 6_000_000),
    ],
)
def test_only_whole_answers_are_believed(parts: tuple[bytes, ...]) -> None:
    found = read(says(*parts))
    assert (found.rows, found.bad, found.failed) == ((), 1, True)
    assert "secret" not in found.refused[0]


def test_a_last_line_without_a_break_is_believed_where_the_answer_tells_its_length() -> None:
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(TEXT) - 1, TEXT[:-1])
    assert prices(read(says(*sized(TEXT[:-1])))) == [20, 4000]
    assert prices(read(says(OK, b"Transfer-Encoding: chunked\r\n\r\n", chunks))) == [20, 4000]
    found = read(says(OK, b"\r\n", TEXT[:-7]))
    assert (prices(found), found.bad) == ([20], 1)


def redirecting(place: str) -> Talk:
    def talk(connection: socket.socket, asked: bytes) -> None:
        if asked.startswith(b"GET /here"):
            connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % place.encode())
        else:
            connection.sendall(b"".join(sized(TEXT)))

    return talk


def test_redirects_stay_at_the_host_and_carry_no_credentials() -> None:
    environment = {"CURTAIL_PRICES_USER": "me", "CURTAIL_PRICES_PASSWORD": "hush"}
    with served(redirecting("/there")) as (address, asked):
        feed = feed_of(f"{address}/here", environment)
        assert prices(feed.read("UTC", NOW, 5.0)) == [20, 4000]
    assert [b"Authorization: Basic bWU6aHVzaA==" in request for request in asked] == [True, False]


@pytest.mark.parametrize("place", ["http://localhost:{}/p?key=x", "https://127.0.0.1/p", "ftp://127.0.0.1/p", "//h/p"])
def test_redirects_elsewhere_are_refused(place: str) -> None:
    with served(says(*sized(TEXT))) as (elsewhere, asked):
        found = read(redirecting(place.format(elsewhere.rpartition(":")[2])), "/here")
    assert (found.rows, found.failed, asked) == ((), True, [])
    assert "key" not in found.refused[0]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (b"404 Not Found", "404 Not Found"),
        (b"500 \x1b[2J\xe2\x80\xae", r"500 \x1b[2J"),
        (b"302 Found\r\nLocation: /here?key=secret", "302"),
    ],
)
def test_answers_that_are_none(status: bytes, told: str) -> None:
    found = read(says(b"HTTP/1.1 ", status, b"\r\nContent-Length: 0\r\n\r\n"), "/here?key=secret")
    assert (found.rows, found.bad) == ((), 1)
    assert told in found.refused[0]
    assert found.refused[0].isprintable()
    assert "secret" not in found.refused[0]


def test_nobody_answers() -> None:
    found = UrlFeed("http://127.0.0.1:9/prices").read("UTC", NOW, 5.0)
    assert (found.rows, found.bad) == ((), 1)
    assert "refused" in found.refused[0]


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/a b?key=secret", "http://\udcff.example/?key=secret"])
def test_addresses_nobody_can_be_asked_at(address: str) -> None:
    found = UrlFeed(address).read("UTC", NOW, 5.0)
    assert found.bad == 1
    assert "secret" not in found.refused[0]


def test_what_lets_us_in() -> None:
    token, header = "CURTAIL_PRICES_TOKEN", "CURTAIL_PRICES_TOKEN_HEADER"
    assert credentials({}) == {}
    assert credentials({token: "abc"}) == {"Authorization": "Bearer abc"}
    with served(says(*sized(TEXT))) as (address, asked):
        feed = feed_of(address, {token: "abc", header: "x-api-key"})
        feed.read("UTC", NOW, 5.0)
    assert b"x-api-key: abc" in asked[0].lower()
    assert "abc" not in repr(feed)


@pytest.mark.parametrize(
    "environment",
    [
        {"CURTAIL_PRICES_TOKEN": "secret\r\nX: y"},
        {"CURTAIL_PRICES_TOKEN": "secr\u00e9t"},
        {"CURTAIL_PRICES_TOKEN": "secret", "CURTAIL_PRICES_USER": "me"},
        {"CURTAIL_PRICES_TOKEN": "secret", "CURTAIL_PRICES_TOKEN_HEADER": "a: b"},
    ],
)
def test_what_cannot_be_sent_is_told_without_it(environment: dict[str, str]) -> None:
    with pytest.raises(InputError, match="CURTAIL_PRICES_") as caught:
        feed_of("http://h.example/", environment)
    assert "secr" not in str(caught.value)


def test_secrets_of_an_address_are_not_shown() -> None:
    assert shown_address("https://me:pass@h.example:8/a/b?k=v#f") == "https://h.example/a/b"
    with pytest.raises(InputError, match="give name and password as CURTAIL_PRICES_USER") as caught:
        feed_of("https://me:secret@h.example/p?key=secret")
    assert "secret" not in str(caught.value)
