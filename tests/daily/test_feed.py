"""Price feeds: good rows, bad rows, folders and addresses."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from optimizer.daily.feed import FolderFeed, UrlFeed, feed_of, shown
from optimizer.daily.feed_rows import Batch, rows_in
from optimizer.errors import InputError

NOW = datetime(2026, 2, 11, 6, tzinfo=UTC)
SIX = int(NOW.timestamp())


def rows(text: str, zone: str = "UTC") -> Batch:
    return rows_in(text.encode(), "feed", zone, NOW, 5.0, 10_000)


def plain(batch: Batch) -> list[tuple[float, float, float]]:
    return [((row.start - SIX) / 60, (row.end - SIX) / 60, row.usd_per_mwh) for row in batch.rows]


def test_csv_and_json_say_the_same() -> None:
    csv = rows("interval_start,interval_end,lmp\n2026-02-11T06:00Z,2026-02-11T06:05Z,31.5\n")
    made = rows(json.dumps([{"start": "2026-02-11T06:00Z", "end": "2026-02-11T06:05Z", "usd_per_mwh": 31.5}]))
    wrapped = rows(json.dumps({"data": [{"start": "2026-02-11T06:00:00+00:00", "price": 31.5}], "n": 1}))
    assert plain(csv) == plain(made) == plain(wrapped) == [(0, 5, 31.5)]


def test_rows_without_an_end_hold_until_the_next_usually_comes() -> None:
    """The fourth row is missing: the third holds fifteen minutes all the same."""
    times = ("06:00", "06:15", "06:30", "07:00")
    found = rows("time,price\n" + "".join(f"2026-02-11 {time},{i}\n" for i, time in enumerate(times)))
    assert plain(found) == [(0, 15, 0), (15, 30, 1), (30, 45, 2), (60, 75, 3)]


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("2026-02-11T06:05Z,nan", "the price must be at least -1e+06 and at most 1e+06 (got nan)"),
        ("2026-02-11T06:05Z,1e9", "the price must be at least -1e+06 and at most 1e+06 (got 1e9)"),
        ("2026-02-11T06:05Z,", "has no price"),
        ("2026-02-11T06:05Z,dear", "the price is no number (got dear)"),
        ("soon,30", "the time is none (got soon)"),
        (",30", "has no start"),
        ("2026-02-11T06:05Z,30,40,50", "has more cells than columns"),
        ("2031-02-11T06:05Z,30", "starts 2031-02-11 06:05Z, too far from now"),
        ("9999-12-31T23:59-23:59,30", "the time is out of range"),
    ],
)
def test_a_bad_row_costs_only_itself(cell: str, told: str) -> None:
    found = rows(f"start,price\n2026-02-11T06:00Z,20\n{cell}\n2026-02-11T06:10Z,25\n")
    assert [price for _, _, price in plain(found)] == [20, 25]
    assert found.bad == 1
    assert found.told[0].startswith(f"feed: line 3: {told}")


def test_a_time_the_clock_shows_twice_is_bad() -> None:
    now = datetime(2026, 11, 1, 6, tzinfo=UTC)
    found = rows_in(b"start,price\n2026-11-01 01:30,20\n", "feed", "America/Chicago", now, 5.0, 1000)
    assert (found.bad, len(found.rows)) == (1, 0)
    assert "comes twice in America/Chicago" in found.told[0]


@pytest.mark.parametrize(
    "text",
    ["", "hello", "{", "[1, 2", '{"a": [], "b": []}', "start,cost\n1,2\n", "\x00\x01", "[" * 100_000, '"' * 50],
)
def test_what_makes_no_sense_is_told_once(text: str) -> None:
    found = rows_in(text.encode(), "feed", "UTC", NOW, 5.0, 1_000_000)
    assert (found.rows, found.bad) == ((), 1)


def test_a_list_of_other_things() -> None:
    found = rows('[1, null, {"start": "2026-02-11T06:00Z", "price": true}, {"start": "2026-02-11T06:00Z", "price": 3}]')
    assert (plain(found), found.bad) == ([(0, 5, 3)], 3)


def test_too_much_is_refused() -> None:
    assert "is larger than 0.01 MB" in rows("x" * 20_000).told[0]


def test_a_folder_is_read_once_and_again_when_it_changes(tmp_path: Path) -> None:
    feed = FolderFeed(tmp_path)
    (tmp_path / "a.csv").write_text("start,price\n2026-02-11T06:00Z,20\n")
    (tmp_path / "b.json").write_text('[{"start": "2026-02-11T06:00Z", "price": 22}]')
    (tmp_path / "note.txt").write_text("no prices")
    assert plain(feed.read("UTC", NOW, 5.0)) == [(0, 5, 22)]  # of the same start, the last file
    assert feed.read("UTC", NOW, 5.0) == Batch((), (), 0)
    (tmp_path / "a.csv").write_text("start,price\n2026-02-11T06:00Z,20\n2026-02-11T06:05Z,21\n")
    assert plain(feed.read("UTC", NOW, 5.0)) == [(0, 5, 20), (5, 10, 21)]
    (tmp_path / "c.csv").mkdir()
    assert feed.read("UTC", NOW, 5.0).bad == 1


class Answers(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        """Answer."""
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "ftp://127.0.0.1/prices.csv")
            self.end_headers()
            return
        body = b"start,price\n2026-02-11T06:00Z,41\n" if self.path.startswith("/prices") else b"x" * 6_000_000
        self.send_response(200 if not self.path.startswith("/gone") else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    served = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    thread.join()
    served.server_close()


def test_an_address(server: str) -> None:
    feed = UrlFeed(f"{server}/prices?key=secret")
    assert plain(feed.read("UTC", NOW, 5.0)) == [(0, 5, 41)]
    assert feed.read("UTC", NOW, 5.0) == Batch((), (), 0)  # nothing new


@pytest.mark.parametrize(
    ("path", "told"), [("/gone?key=secret", "404"), ("/large", "is larger than 5 MB"), ("/away", "ftp")]
)
def test_answers_that_are_none(server: str, path: str, told: str) -> None:
    found = UrlFeed(server + path).read("UTC", NOW, 5.0)
    assert (found.rows, found.bad) == ((), 1)
    assert told in found.told[0]
    assert "secret" not in found.told[0]


@pytest.mark.parametrize("address", ["http://me:secret@127.0.0.1:9/p", "http://127.0.0.1:9/a b?key=secret"])
def test_no_message_tells_a_secret(address: str) -> None:
    found = UrlFeed(address).read("UTC", NOW, 5.0)
    assert found.bad == 1
    assert "secret" not in found.told[0]


def test_nobody_answers() -> None:
    found = UrlFeed("http://127.0.0.1:9/prices").read("UTC", NOW, 5.0)
    assert (found.rows, found.bad) == ((), 1)
    assert "refused" in found.told[0]


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://x/y", "http://", "no such folder"])
def test_what_is_no_feed(place: str) -> None:
    with pytest.raises(InputError, match=r"must be a folder, or an address|there is no such folder"):
        feed_of(place)


def test_secrets_of_an_address_are_not_shown() -> None:
    assert shown("https://me:pass@h.example:8/a/b?k=v#f") == "https://h.example/a/b"
