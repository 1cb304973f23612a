"""Five small files that unfold to gigabytes: refused within a second of work, with little memory."""

from __future__ import annotations

import copy
import gzip
import io
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from optimizer.errors import InputError
from tests.market.farms import series_of
from tests.market.test_sizes import ROWS, row, workbook

GIGABYTES = 10


def gzipped() -> bytes:
    """Many parts, so that the last one's size tells nothing."""
    return gzip.compress(b"time,price\n" + b"0" * 10_000_000, mtime=0) * (100 * GIGABYTES)


def zipped() -> bytes:
    """One part that its directory names again and again."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("day0.csv", b"0" * 20_000_000)
        for i in range(1, 50 * GIGABYTES):
            again = copy.copy(archive.filelist[0])
            again.filename = f"day{i}.csv"
            archive.filelist.append(again)
    return buffer.getvalue()


def sheet() -> bytes:
    return workbook(ROWS + row(1_048_576, "02/11/2026", "02:00", "N", "HB_WEST", "20"))


def xml() -> bytes:
    names = [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10 if i else "lol"}">' for i in range(GIGABYTES)]
    return f'<?xml version="1.0"?><!DOCTYPE lolz [{"".join(names)}]><lolz>&a9;</lolz>'.encode()


def parquet() -> bytes:
    """One long text that every row shows."""
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = 10_000 * GIGABYTES
    note = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), ["x" * 100_000])
    buffer = io.BytesIO()
    pq.write_table(pa.table({"price": np.zeros(rows), "note": note}), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("bomb", [gzipped, zipped, sheet, xml, parquet])
def test_a_bomb_is_refused_before_it_unfolds(tmp_path: Path, bomb: Callable[[], bytes]) -> None:
    content = bomb()
    series_of(tmp_path, "time,price\n2026-02-11T00:00Z,1\n2026-02-11T01:00Z,2\n")  # what readers import late
    tracemalloc.start()
    begun = time.process_time()
    with pytest.raises(InputError, match=r"unpacks to|more than|holds <!DOCTYPE|rows of"):
        series_of(tmp_path, content, name="bomb")
    took, (_, most) = time.process_time() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 1
    assert most < 400_000_000
