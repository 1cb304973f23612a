"""Files that are small and unfold to gigabytes: refused by what they say of themselves, before they unfold."""

from __future__ import annotations

import gzip
import os
import struct
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.config.base import SeriesFile
from optimizer.errors import InputError
from optimizer.market.readers import sizes
from optimizer.market.series import read_series
from tests.market.farms import ZONE, series_of
from tests.market.test_entsoe import document, points, time_series

HEADER = ("Delivery Date", "Hour Ending", "Repeated Hour Flag", "Settlement Point", "Settlement Point Price")
BOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Jan" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
LINKS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/></Relationships>'
)
TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


@pytest.fixture(autouse=True)
def _within_seconds() -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < 10


def row(number: int, *cells: str) -> str:
    letters = "ABCDEFGH"
    inner = "".join(
        f'<c r="{letters[i]}{number}" t="inlineStr"><is><t>{cell}</t></is></c>' for i, cell in enumerate(cells)
    )
    return f'<row r="{number}">{inner}</row>'


ROWS = row(1, *HEADER) + row(2, "02/11/2026", "01:00", "N", "HB_WEST", "20")


def workbook(rows: str, sheet: str = "worksheets/sheet1.xml", **more: str) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = {
            "[Content_Types].xml": TYPES,
            "_rels/.rels": LINKS.format("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": BOOK,
            "xl/_rels/workbook.xml.rels": LINKS.format("worksheet", sheet),
        }
        for name, text in (parts | {f"xl/{sheet}": SHEET.format(rows)} | more).items():
            archive.writestr(name, text)
    return file.getvalue()


def refused(folder: Path, content: bytes, **keys: Any) -> str:
    with pytest.raises(InputError) as caught:
        series_of(folder, content, **keys)
    return str(caught.value)


def test_a_workbook_that_holds_a_day_is_read(tmp_path: Path) -> None:
    more = "".join(row(i + 2, "02/11/2026", f"{i + 1:02d}:00", "N", "HB_WEST", str(20 + i)) for i in range(24))
    series = series_of(tmp_path, workbook(row(1, *HEADER) + more))
    assert series.values.tolist() == [20.0 + i for i in range(24)]


@pytest.mark.parametrize(
    ("cell", "sheet"),
    [
        ('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "worksheets/sheet1.xml"),
        ("<row r='1048576'><c  r = 'xfd1048576'><v>1</v></c></row>", "worksheets/sheet1.xml"),
        ('<row r="9"><c s="1"\nr="XFD1048576"><v>1</v></c></row>', "elsewhere/data.bin"),
    ],
)
def test_a_cell_at_the_end_of_the_sheet(tmp_path: Path, cell: str, sheet: str) -> None:
    """A reader makes room for every cell before it, 400 GB."""
    told = refused(tmp_path, workbook(ROWS + cell, sheet))
    assert f"xl/{sheet}: holds 1,048,576 rows of 16,384 columns, more than the 3,750,000 cells that are read" in told


def test_sheets_together_must_not_be_too_large(tmp_path: Path) -> None:
    last = '<row r="500000"><c r="E500000"><v>1</v></c></row>'  # 2.5 million cells
    sheets = {f"xl/worksheets/sheet{i}.xml": SHEET.format(last) for i in (2, 3)}
    assert "holds 7,500,000 rows of 1 columns" in refused(tmp_path, workbook(ROWS + last, **sheets))


def test_a_long_text_shown_in_many_cells(tmp_path: Path) -> None:
    """20,000 cells that show one text of 10 kB are 200 MB."""
    cells = "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(3, 20_003))
    shared = f"<sst><si><t>{'x' * 10_000}</t></si></sst>"
    told = refused(tmp_path, workbook(ROWS + cells, **{"xl/sharedStrings.xml": shared}))
    assert "unpacks to 200 MB, more than the 160 MB that are read" in told


def test_a_part_that_unpacks_to_much_more(tmp_path: Path) -> None:
    packed = workbook(ROWS, **{"xl/media/a": "0" * 170_000_000})
    assert len(packed) < 1_000_000
    assert "unpacks to 170 MB" in refused(tmp_path, packed)


def test_a_part_that_says_it_is_small(tmp_path: Path) -> None:
    """The size in the file's directory is changed to 10 bytes."""
    packed = bytearray(workbook(ROWS, **{"xl/media/a": "0" * 1_000_000}))
    where = packed.rfind(b"PK\x01\x02", 0, packed.rfind(b"xl/media/a"))
    packed[where + 24 : where + 28] = struct.pack("<I", 10)
    assert "is not a workbook that can be read" in refused(tmp_path, bytes(packed))


@pytest.mark.parametrize("names", [("xl/workbook.bin",), ("content.xml",), ("xl/workbook.xml", "content.xml")])
def test_other_zip_files(tmp_path: Path, names: tuple[str, ...]) -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    assert "is a zip file, but not a workbook of Excel (.xlsx)" in refused(tmp_path, file.getvalue())


def parquet(**columns: Any) -> bytes:
    file = BytesIO()
    pd.DataFrame(columns).to_parquet(file)
    return file.getvalue()


TIMES = pd.date_range("2026-02-11T06:00Z", periods=24, freq="h")


def test_parquet_of_many_rows(tmp_path: Path) -> None:
    packed = parquet(time=np.zeros(4_000_000, dtype="datetime64[us]"), price=np.zeros(4_000_000))
    assert len(packed) < 100_000
    assert "holds 4,000,000 rows of 2 columns, more than the 3,750,000 cells" in refused(tmp_path, packed)


def test_parquet_of_one_text_in_every_row(tmp_path: Path) -> None:
    packed = parquet(time=np.repeat(TIMES, 1000), price=np.zeros(24_000), note=["x" * 10_000] * 24_000)
    assert len(packed) < 100_000
    assert "unpacks to 240 MB, more than the 160 MB" in refused(tmp_path, packed)


def test_parquet_of_much_that_packs_well(tmp_path: Path) -> None:
    notes = [f"{i:04d}" + "x" * 20_000 for i in range(9000)]
    packed = parquet(time=np.repeat(TIMES, 375), price=np.zeros(9000), note=notes)
    assert len(packed) < 15_000_000
    assert "unpacks to 180 MB, more than the 160 MB" in refused(tmp_path, packed)


def test_lists_in_parquet_are_left_alone(tmp_path: Path) -> None:
    packed = parquet(time=TIMES, price=np.arange(24.0), curve=[np.zeros(100_000)] * 24)
    assert series_of(tmp_path, packed).values.tolist() == list(range(24))


def test_gzip_is_unpacked_no_further_than_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(b"time,price\n" + b"0" * 161_000_000, 1)
    assert len(packed) < 1_000_000
    assert "unpacks to more than the 160 MB that are read; keep only the rows" in refused(tmp_path, packed)


@pytest.mark.parametrize("line", ["\n", "\r", ",\n", "2026-02-11T00:00Z,1\n"])
def test_a_table_of_many_lines(tmp_path: Path, line: str) -> None:
    told = refused(tmp_path, "time,price\n2026-02-11T00:00Z,1\n" + line * 3_000_001)
    assert "columns, more than the 3,750,000 cells that are read; keep only" in told


def test_a_table_of_one_long_line(tmp_path: Path) -> None:
    told = refused(tmp_path, "time,price\n2026-02-11T00:00Z,1" + "," * 10_000_000 + "\n")
    assert "holds 2 rows of 10,000,002 columns" in told


STEPS = np.arange(np.datetime64("2026-02-11T06:00"), np.datetime64("2026-02-11T06:00") + 300_000)


@pytest.mark.parametrize(
    ("times", "keys", "told"),
    [
        (np.repeat(STEPS[:1], 300_000), {}, "and 299,989 more duplicates, 299,999 in all"),
        (STEPS[::-1], {}, "and 299,989 more rows out of order, 299,999 in all"),
        (STEPS + np.arange(300_000) // 2, {}, "and 149,989 more gaps, 149,999 in all"),
        (STEPS + np.arange(300_000) // 2, {"fill_gaps": "previous"}, "is one of more than 10,000, which are never"),
    ],
)
def test_many_faults_are_told_as_soon_as_one(
    tmp_path: Path, times: np.ndarray[Any, np.dtype[np.datetime64]], keys: dict[str, str], told: str
) -> None:
    """Only what is shown is put into words: a million such words took minutes."""
    assert told in refused(tmp_path, "time,price\n" + "".join(f"{time}Z,1\n" for time in times), **keys)


def test_files_too_large_to_be_meant(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("time,price\n")
    os.truncate(file, 1 << 40)
    with pytest.raises(InputError, match="is larger than 160 MB; keep only the rows and columns that the plan needs"):
        read_series(file, SeriesFile(file="prices.csv"), ZONE)


def test_xml_of_many_tags_and_of_many_positions(tmp_path: Path) -> None:
    assert "is XML of 3,000,001 tags, more" in refused(tmp_path, b"<?xml version='1.0'?>" + b"<a/>" * 3_000_000)
    assert "is XML of 41 MB, more than 40 MB" in refused(tmp_path, b"<?xml " + b" " * 41_000_000)
    year = "<Period><timeInterval><start>2026-01-01T00:00Z</start><end>2027-01-01T00:00Z</end></timeInterval>"
    year += "<resolution>PT1M</resolution><Point><position>1</position><price.amount>1</price.amount></Point></Period>"
    text = document(time_series(points((1, 10)), currency="USD"))
    at = text.index("<Period>")
    assert "rows of 1 columns, more than the 3,750,000 cells" in refused(
        tmp_path, (text[:at] + year * 100 + text[at:]).encode()
    )


def test_pipes_and_devices(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero")):
        with pytest.raises(InputError, match="this is a pipe or a device"):
            read_series(path, SeriesFile(file="prices.csv"), ZONE)


def test_the_limits_leave_room_for_a_year() -> None:
    assert sizes.MOST_CELLS > 4 * 8760 * 15 * 7
