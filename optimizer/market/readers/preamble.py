"""What stands around the rows of a delimited text: titles, what is said of all rows, marks of rows, an end."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from optimizer.market.readers.column_names import squeezed
from optimizer.market.readers.content import HEAD_BYTES
from optimizer.market.readers.raw import Ask

_DELIMITERS = ",;\t|"
_MARKS = frozenset(("C", "H", "I", "D", "T"))  # comment, header, information, data, total
_OMIE = b"MARGINALPDBC;"
_NUMBER = re.compile(r"[-+]?[0-9.,]+")
_MOST_ABOVE = 50


@dataclass(frozen=True)
class Preamble:
    """How many lines stand above the header, what parts the cells, and what the lines above say."""

    delimiter: str
    lines: int
    titles: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


def cut(content: bytes, ask: Ask) -> tuple[bytes, Preamble]:
    """A text with empty lines in place of what is no row and no header, so that lines keep their numbers.

    Rows may be marked in their first cell, as ISO New England (C, H, D) and AEMO (C, I, D) do. OMIE's files have no
    header and end in a star. Raises InputError.
    """
    if content.removeprefix(b"\xef\xbb\xbf").startswith(_OMIE):
        end = content.find(b"\n*")
        rows = content[: len(content) if end < 0 else end + 1]
        return rows.replace(_OMIE, b"year;month;day;period;PT;ES;", 1), Preamble(";", 0)
    lines = content.removeprefix(b"\xef\xbb\xbf").splitlines()
    first = [line for line in lines[:_MOST_ABOVE] if line.strip()]
    if len(first) > 2 and all(_mark(line) in _MARKS for line in first) and any(_mark(line) == "D" for line in lines):
        return _unmarked(lines, ask)
    delimiter, above = _header(content, ask)
    titles = [line.decode("utf-8", errors="replace") for line in lines[:above]]
    metadata: dict[str, str] = {}
    for names, cells in pairwise(titles):
        keys, values = _cells(names, delimiter), _cells(cells, delimiter)
        if len(keys) == len(values) > 1 and all(keys):
            metadata.update(zip(map(squeezed, keys), values, strict=True))
    return content, Preamble(delimiter, above, tuple(titles), metadata)


def _unmarked(lines: Sequence[bytes], ask: Ask) -> tuple[bytes, Preamble]:
    """The data rows of a marked text under their header; of several tables the one with prices."""
    headers = [i for i, line in enumerate(lines) if _mark(line) in ("H", "I")]
    if not headers:
        raise ask.error("marks its rows with D, but no line as header with H or I")
    tables = [i for i in headers if _mark(lines[i]) == "I"] or headers[:1]
    if len(tables) > 1:
        tables = [i for i in tables if b",RRP" in lines[i].upper()]
    if len(tables) != 1:
        raise ask.error("holds several tables, and not one of prices (with a column RRP); keep the rows of one")
    at = tables[0]
    following = next((i for i in headers if i > at and _mark(lines[i]) == "I"), len(lines))
    kept = [line if _mark(line) == "D" and at < i < following else b"" for i, line in enumerate(lines)]
    kept[at] = lines[at]
    titles = tuple(line.decode("utf-8", errors="replace") for line in lines[:at])
    return b"\n".join(kept) + b"\n", Preamble(",", at, titles)


def _mark(line: bytes) -> str:
    cell = line.split(b",", 1)[0].strip().strip(b'"')
    return cell.decode("ascii", errors="replace") if len(cell) == 1 else ""


def _header(content: bytes, ask: Ask) -> tuple[str, int]:
    """The delimiter and the number of lines above the header.

    The header is the first line as wide as the one below it. Where that table is of two lines or three, ends in a
    blank line, and another header follows, it says something of all rows.
    """
    head = content[: 4 * HEAD_BYTES].decode("utf-8-sig", errors="replace").splitlines()
    if len(content) > 4 * HEAD_BYTES:
        head = head[:-1]  # cut in the middle
    for above, line in enumerate(head[:_MOST_ABOVE]):
        following = next((later for later in head[above + 1 :] if later.strip()), None)
        for delimiter in _DELIMITERS:
            width = len(_cells(line, delimiter))
            if width > 1 and (following is None or len(_cells(following, delimiter)) == width):
                below = _second_table(head, above)
                return (_wide(head[below]), below) if below else (delimiter, above)
    for above, line in enumerate(head[:_MOST_ABOVE]):
        for delimiter in _DELIMITERS:
            if len(_cells(line, delimiter)) > 1:
                return delimiter, above
    shown = head[0][:60] if head else ""
    raise ask.error(f"is not a table with a header and two columns or more (its first line is {shown!r})")


def _second_table(head: Sequence[str], above: int) -> int:
    """Where another header stands below a short table that a blank line ends; 0 where none does."""
    blank = next((i for i in range(above + 1, min(above + 4, len(head))) if not head[i].strip()), 0)
    if blank < above + 2:
        return 0
    below = next((i for i in range(blank, len(head)) if head[i].strip()), 0)
    cells = _cells(head[below], _wide(head[below]))
    return below if len(cells) > 1 and not any(_NUMBER.fullmatch(cell) or not cell for cell in cells) else 0


def _wide(line: str) -> str:
    """What parts the cells of a line that has several."""
    return max(_DELIMITERS, key=lambda delimiter: len(_cells(line, delimiter)))


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter not in line:
        return [line]
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]
    except (csv.Error, StopIteration):
        return [line]
