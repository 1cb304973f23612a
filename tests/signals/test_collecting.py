"""Price files fetched from publishers on loopback that answer as ERCOT, ENTSO-E and the hosted gridstatus do."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from optimizer.config.base import SeriesFile
from optimizer.errors import InputError
from optimizer.execution.credentials import Credentials
from optimizer.market.series import read_series
from optimizer.signals.collecting import Collecting
from optimizer.signals.publishers import AnyPublisher, Entsoe, Ercot, GridStatus, load_publishers
from tests.loopback import Quiet, served
from tests.market.test_entsoe import document, points, time_series
from tests.market.test_publishers import NP6_905

NOW = datetime(2026, 2, 11, 12, tzinfo=UTC)
KEY = "hunter2-of-nobody"
ZONE = "10YNO-2--------T"
HOSTED = {
    "status_code": 200,
    "data": [
        {
            "interval_start_utc": f"2026-02-11T{hour:02}:00:00+00:00",
            "interval_end_utc": f"2026-02-11T{hour + 1:02}:00:00+00:00",
            "location": "HB_WEST",
            "market": "DAY_AHEAD_HOURLY",
            "spp": 20.0 + hour,
        }
        for hour in (6, 7)
    ],
    "meta": {"page": 1, "hasNextPage": False},
}


def zipped(text: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("prices.csv", text)
    return buffer.getvalue()


def listing(*numbers: int) -> bytes:
    """A list of documents as ERCOT writes it: each stands there as CSV and as XML."""
    documents = [
        {
            "Document": {
                "ReportTypeID": "12301",
                "FriendlyName": f"SPPHLZNP6905_20260211_{number:04}_{kind}",
                "ConstructedName": f"cdr.00012301.0000.20260211.{number:04}_{kind}.zip",
                "DocID": str(number + (0 if kind == "csv" else 5000)),
                "PublishDate": f"2026-02-11T{number:02}:15:20-06:00",
            }
        }
        for number in reversed(numbers)
        for kind in ("csv", "xml")
    ]
    return json.dumps({"ListDocsByRptTypeRes": {"DocumentList": documents}}).encode()


class Publisher:
    """Answers by path; ``answers`` may be changed on the way."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Any] = {"/list/12301": listing(1), "/document/1": zipped(NP6_905)}

    def answer(self, path: str, key: str | None) -> bytes | None:
        """What stands there; None where nothing does, or it is not for whoever asks."""
        self.asked.append(path)
        parts = urlsplit(path)
        asked = parse_qs(parts.query)
        if parts.path == "/entsoe" and asked.get("securityToken") != [KEY]:
            return None
        if parts.path == "/hosted" and (key != KEY or asked["filter_value"] != ["HB_WEST"]):
            return None
        found: bytes | None = self.answers.get(parts.path)
        return found


@pytest.fixture
def publisher() -> Iterator[tuple[Publisher, str]]:
    stand_in = Publisher()

    class Handler(Quiet):
        """HTTP."""

        def do_GET(self) -> None:
            """Answer."""
            body = stand_in.answer(self.path, self.headers.get("x-api-key"))
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

    with served(Handler) as address:
        yield stand_in, address


def collecting(
    one: AnyPublisher, folder: Path, said: list[str], wall: Callable[[], datetime] = lambda: NOW
) -> Collecting:
    names = ("ENTSOE", "GRIDSTATUS")
    return Collecting(one, folder, Credentials({f"CURTAIL_{name}_PASSWORD": KEY for name in names}), wall, said.append)


def ercot(at: str, **more: Any) -> Ercot:
    return Ercot(
        name="rt",
        kind="ercot",
        into="prices",
        list_url=f"{at}/list/{{report}}",
        document_url=f"{at}/document/{{id}}",
        report=12301,
        **more,
    )


def entsoe(at: str) -> Entsoe:
    return Entsoe(name="no", kind="entsoe", into="prices", url=f"{at}/entsoe", zone=ZONE)


def hosted(at: str) -> GridStatus:
    return GridStatus(name="hub", kind="gridstatus", into="prices", url=f"{at}/hosted", location="HB_WEST")


def prices(folder: Path, file: str, **more: Any) -> list[float]:
    spec = SeriesFile.model_validate({"file": file, **more})
    return [float(price) for price in read_series(folder / file, spec, "America/Chicago").values]


def test_documents_of_a_report_type_are_fetched_once_and_read_by_a_farm(
    publisher: tuple[Publisher, str], tmp_path: Path
) -> None:
    there, at = publisher
    said: list[str] = []
    one = collecting(ercot(at, newest=2), tmp_path, said)
    one.look()
    one.look()
    assert there.asked == ["/list/12301", "/document/1", "/list/12301"]
    assert prices(tmp_path, "prices/rt-*", location="HB_WEST") == [20.5, 21.5]
    there.answers |= {"/list/12301": listing(1, 2, 3), "/document/2": zipped(NP6_905), "/document/3": zipped(NP6_905)}
    one.look()
    assert [file.name[-12:-8] for file in sorted((tmp_path / "prices").iterdir())] == ["0002", "0003"]
    assert said == []


def test_prices_of_a_zone_and_of_a_hosted_data_set(publisher: tuple[Publisher, str], tmp_path: Path) -> None:
    there, at = publisher
    said: list[str] = []
    there.answers["/entsoe"] = document(time_series(points((1, 10), (3, 12.5)))).encode()
    there.answers["/hosted"] = json.dumps(HOSTED).encode()
    collecting(entsoe(at), tmp_path, said).look()
    collecting(hosted(at), tmp_path, said).look()
    assert said == []
    assert prices(tmp_path, "prices/no.xml", usd_per_unit=2.0) == [20, 20, 25, 25]
    assert prices(tmp_path, "prices/hub.json") == [26.0, 27.0]
    asked = parse_qs(urlsplit(there.asked[0]).query)
    assert (asked["periodStart"], asked["periodEnd"], asked["in_Domain"]) == (
        ["202602090000"],
        ["202602130000"],
        [ZONE],
    )


@pytest.mark.parametrize(
    ("path", "answer", "told"),
    [
        ("/list/12301", b"{}", "the list of documents is not as ERCOT writes it"),
        ("/list/12301", b"<html>busy</html>", "is not JSON"),
        ("/list/12301", None, "404"),
        ("/document/1", b"<!DOCTYPE html><html>login</html>", "is a page or a refusal, no price file"),
        ("/document/1", b"\x00\x01\x02", "is neither CSV nor JSON, XML or an archive"),
        ("/document/1", b"", "is a page or a refusal"),
    ],
)
def test_what_is_no_price_file_is_told_once_and_leaves_what_stood_there(
    publisher: tuple[Publisher, str], tmp_path: Path, path: str, answer: bytes | None, told: str
) -> None:
    there, at = publisher
    said: list[str] = []
    one = collecting(ercot(at), tmp_path, said)
    there.answers[path] = answer
    one.look()
    one.look()
    assert [told in line for line in said] == [True]
    assert list(tmp_path.glob("prices/*")) == []


def test_a_refusal_of_a_zone_leaves_its_prices_and_tells_no_secret(
    publisher: tuple[Publisher, str], tmp_path: Path
) -> None:
    there, at = publisher
    said: list[str] = []
    there.answers["/entsoe"] = document(time_series(points((1, 10), (3, 12.5)))).encode()
    one = collecting(entsoe(at), tmp_path, said)
    one.look()
    there.answers["/entsoe"] = b'<?xml version="1.0"?><Acknowledgement_MarketDocument/>'
    one.look()
    del there.answers["/entsoe"]
    one.look()
    assert prices(tmp_path, "prices/no.xml", usd_per_unit=1.0) == [10, 10, 12.5, 12.5]
    assert ["refusal" in said[0], "404" in said[1], len(said)] == [True, True, 2]
    assert not any(KEY in line for line in said)
    assert all(KEY.encode() not in file.read_bytes() for file in tmp_path.glob("prices/*"))


def test_a_publisher_that_brings_nothing_new_is_told_of(publisher: tuple[Publisher, str], tmp_path: Path) -> None:
    _, at = publisher
    said: list[str] = []
    times = [NOW]
    one = collecting(ercot(at, silent_minutes=30), tmp_path, said, lambda: times[-1])
    one.look()
    assert not one.silent
    times.append(NOW + timedelta(minutes=31))
    one.look()
    assert one.silent
    assert said == ["rt: has brought nothing new since 2026-02-11 12:00 UTC"]


def test_a_file_of_publishers_is_judged(tmp_path: Path) -> None:
    file = tmp_path / "publishers.yaml"
    file.write_text("publishers: [{name: a/b, kind: entsoe, into: p, url: 'https://me:x@y', zone: Z}]")
    with pytest.raises(InputError) as caught:
        load_publishers(file)
    assert {fault.path for fault in caught.value.faults} == {f"publishers[0].{key}" for key in ("name", "url", "zone")}
    same = "{name: a, kind: gridstatus, into: p, url: 'https://y'}"
    file.write_text(f"publishers: [{same}, {same}]")
    with pytest.raises(InputError, match="is the name of another publisher too"):
        load_publishers(file)
