"""How much of a file is read. What packs its content tells its size beforehand, and is judged by it before it unfolds.

Within these limits reading takes less than a gigabyte and a few seconds, whatever the file holds.
"""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

import numpy as np

from optimizer.errors import InputError
from optimizer.market.readers.raw import Ask

LARGEST_BYTES = 160_000_000  # of a file, and of what it unpacks to
MOST_CELLS = 3_750_000  # rows times columns: a year of quarter hours at fifteen places in seven columns
MOST_XML_BYTES, MOST_TAGS = 40_000_000, 2_000_000  # a year of quarter hours has 0.3 million
ADVICE = "keep only the rows and columns that the plan needs, or save it as several files"
_CHUNK, _OVERLAP = 1 << 20, 64
_CELL = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})(\d{1,9})["']""")  # of a row or a cell
_TAGS = re.compile(rb"<(?!/si>)[^>]*>")


def too_many_bytes(ask: Ask, got: int | None = None) -> InputError:
    """The error of a file that unpacks to too much; ``got`` bytes where that is known."""
    size = "" if got is None else f"{got / 1e6:,.0f} MB, "
    return ask.error(f"unpacks to {size}more than the {LARGEST_BYTES / 1e6:g} MB that are read; {ADVICE}")


def refuse_many_cells(ask: Ask, rows: int, columns: int, what: str = "") -> None:
    """Raise InputError where a table is too large."""
    if rows * columns > MOST_CELLS:
        size = f"{rows:,} rows of {columns:,} columns"
        raise ask.error(f"{what}holds {size}, more than the {MOST_CELLS:,} cells that are read; {ADVICE}")


def refuse_large_table(content: bytes, delimiter: str, above: int, ask: Ask) -> None:
    """Raise InputError where the lines of a text from its header on, all as wide as the widest, are too many cells."""
    signs = np.frombuffer(content, dtype=np.uint8)
    ends = max((np.flatnonzero(signs == ord(sign)) for sign in "\n\r"), key=len)
    begins = np.append(0, ends + 1)[above:]
    begins = begins[begins < len(signs)]
    if len(begins):
        widest = int(np.add.reduceat(signs == ord(delimiter), begins, dtype=np.int64).max()) + 1
        refuse_many_cells(ask, len(begins), widest)


def refuse_large_xml(content: bytes, ask: Ask) -> None:
    """Raise InputError where an XML text would grow too large a tree."""
    if len(content) > MOST_XML_BYTES:
        raise ask.error(f"is XML of {len(content) / 1e6:.0f} MB, more than {MOST_XML_BYTES / 1e6:g} MB; {ADVICE}")
    if content.count(b"<") > MOST_TAGS:
        raise ask.error(f"is XML of {content.count(b'<'):,} tags, more than the {MOST_TAGS:,} that are read; {ADVICE}")


def refuse_large_parquet(content: bytes, ask: Ask) -> list[str]:
    """The columns that are no lists or sections. Raises InputError by what the file says of itself.

    A text that stands in the file once may be that of every row: texts are counted as often as they are repeated.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow.parquet import ParquetFile

    file = ParquetFile(BytesIO(content))
    about = file.metadata
    unpacked = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    if unpacked > LARGEST_BYTES:
        raise too_many_bytes(ask, unpacked)
    refuse_many_cells(ask, about.num_rows, about.num_columns)
    flat = [field for field in file.schema_arrow if not pa.types.is_nested(field.type)]
    kinds = {f.name: f.type.value_type if pa.types.is_dictionary(f.type) else f.type for f in flat}
    fixed = sum(kind.byte_width for kind in kinds.values() if pa.types.is_fixed_size_binary(kind))
    if fixed * about.num_rows > LARGEST_BYTES:
        raise too_many_bytes(ask, fixed * about.num_rows)
    are_text = (
        *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
        *(pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view),
    )
    texts = [name for name, kind in kinds.items() if any(is_text(kind) for is_text in are_text)]
    repeated = 0
    for column in ParquetFile(BytesIO(content), read_dictionary=texts).read(columns=texts).columns if texts else ():
        for part in column.chunks:
            lengths = pc.binary_length(part.dictionary).take(part.indices)
            repeated += pc.sum(lengths).as_py() or 0
    if repeated > LARGEST_BYTES:
        raise too_many_bytes(ask, repeated)
    return [field.name for field in flat]


def refuse_large_workbook(content: bytes, ask: Ask) -> None:
    """Raise InputError for what is no .xlsx, by the sizes its parts tell, and by the cells that its sheets reach to.

    Every part is unpacked once to see that it is as large as it says. A reader makes room for every cell up to the last
    one, and for a shared text as often as it is shown.
    """
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = archive.infolist()
        held = {part.filename.lower() for part in parts}
        if "xl/workbook.xml" not in held or held & {"xl/workbook.bin", "content.xml"}:
            raise ask.error("is a zip file, but not a workbook of Excel (.xlsx)")
        unpacked = sum(part.file_size for part in parts)
        if unpacked > LARGEST_BYTES:
            raise too_many_bytes(ask, unpacked)
        cells = shown = longest = 0
        for part in parts:
            rows, columns, here, length = _reach(archive.read(part))
            refuse_many_cells(ask, rows, columns, f"{part.filename}: ")
            cells, shown, longest = cells + rows * columns, shown + here, max(longest, length)
        refuse_many_cells(ask, cells, 1)
        if shown * longest > LARGEST_BYTES:
            raise too_many_bytes(ask, shown * longest)


def _reach(text: bytes) -> tuple[int, int, int, int]:
    """Of a workbook's part: the last row and column it names, shared texts it shows, length of its longest of those."""
    rows, columns = 0, 1
    shown = text.count(b'"s"') + text.count(b"'s'")  # a cell of the type s, at most
    for begin in range(0, len(text), _CHUNK):
        piece = text[begin : begin + _CHUNK + _OVERLAP]  # so that no cell's name is cut
        cells = _CELL.findall(piece)
        rows = max(rows, *(int(row) for row in {row for _, row in cells}), 0)
        columns = max(columns, *(_number(letters) for letters in {letters for letters, _ in cells}), 0)
    longest = max(map(len, _TAGS.sub(b"", text).split(b"</si>"))) if b"</si>" in text else 0
    return rows, columns, shown, longest


def _number(letters: bytes) -> int:
    """The number of a column.

    >>> _number(b"A"), _number(b"XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - ord("A") + 1
    return number
