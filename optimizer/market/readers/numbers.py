"""Text to numbers: which of comma and point marks decimals and which thousands, without a guess.

``1,234.5`` and ``12.5`` have one reading, ``1.234,5`` and ``12,5`` one other; ``3,148`` has two. Cells with
one reading settle their whole column. Where none does, a file whose delimiter is no comma was saved where
the comma marks decimals; any other column is refused unless the farm file says ``decimal``.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.errors import InputError
from optimizer.market.readers.raw import Ask, listed
from optimizer.market.readers.table import RawTable

Mark = Literal["point", "comma"]
_NO_NUMBER = {"", "-", "--", "n/a", "na", "nan", "null", "none", "."}
_WHOLE = r"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{thousands}[0-9]{{3}})+)"  # 0,148 holds no thousands
_FORM = rf"[+-]?(?:{_WHOLE}(?:{{mark}}[0-9]*)?|{{mark}}[0-9]+)(?:[eE][+-]?[0-9]+)?"
_FORMS: dict[Mark, str] = {
    "point": _FORM.format(mark=r"\.", thousands=","),
    "comma": _FORM.format(mark=",", thousands=r"\."),
}


def numbers_of(table: RawTable, column: str, ask: Ask) -> F:
    """A column as float64, shape (n_rows,); NaN where a cell is empty.

    Raises InputError that lists the cells that are no numbers, or names both readings where there are two.
    """
    cells = table.frame[column]
    if pd.api.types.is_numeric_dtype(cells.dtype) and not pd.api.types.is_bool_dtype(cells.dtype):
        return cells.to_numpy(dtype=np.float64, na_value=np.nan)
    ask = table.asking(ask, column)
    text = cells.astype("str").str.strip()
    empty = cells.isna().to_numpy() | text.str.lower().isin(_NO_NUMBER).to_numpy()
    mark = ask.spec.decimal or _mark(text, table, column, ask)
    numbers = _read(text, mark)
    bad = np.flatnonzero(np.isnan(numbers) & ~empty)
    if len(bad):

        def fault_at(i: int) -> tuple[int, str]:
            return int(table.lines[i]), f"{column}: is not a number (got {text.iloc[i][:40]!r})"

        raise InputError(listed(ask, bad, fault_at, f"cells of {column} that are no numbers"))
    return numbers


def share_of_numbers(text: pd.Series) -> float:
    """The share of cells that read as numbers, however they are spelt.

    >>> share_of_numbers(pd.Series(["1,234.5", "1.234,5", "calm", "-7"]))
    0.75
    """
    return float(np.isfinite(np.fmax(_read(text, "point"), _read(text, "comma"))).mean())


def _read(text: pd.Series, mark: Mark) -> F:
    """Numbers with this decimal mark, NaN for what is none; words such as inf stay what they are."""
    plain = text
    marked = text.str.contains(",", regex=False) if mark == "point" else text.str.contains("[.,]", regex=True)
    if marked.any():
        plain = text.str.replace("," if mark == "point" else ".", "", regex=False).str.replace(",", ".", regex=False)
        plain = plain.where(~marked | text.str.fullmatch(_FORMS[mark]), "")
    return pd.to_numeric(plain, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)


def _mark(text: pd.Series, table: RawTable, column: str, ask: Ask) -> Mark:
    """The decimal mark of a column, from the cells that have one reading; or InputError."""
    comma = text.str.contains(",", regex=False).to_numpy(dtype=bool)
    if not comma.any():
        return "point"
    with_point, with_comma = (text.str.fullmatch(form).to_numpy(dtype=bool) for form in _FORMS.values())
    only_point, only_comma = np.flatnonzero(with_point & ~with_comma), np.flatnonzero(with_comma & ~with_point)
    if len(only_point) and len(only_comma):
        words = {"comma": "has a decimal comma", "point": "has a decimal point"}
        (early, first), (late, second) = sorted([(only_point[0], "point"), (only_comma[0], "comma")])
        raise ask.error(
            f"{column}: {text.iloc[late][:40]!r} {words[second]}, but {text.iloc[early][:40]!r} on line "
            f"{table.lines[early]} {words[first]}; spell them alike",
            int(table.lines[late]),
        )
    if len(only_point) or len(only_comma):
        return "point" if len(only_point) else "comma"
    either = with_point & with_comma
    points = text.str.contains(".", regex=False).to_numpy(dtype=bool)
    if not (either & comma).any() or (table.delimiter != "," and not (either & points).any()):
        return "comma" if table.delimiter != "," else "point"
    at = int(np.argmax(either & comma))
    as_point, as_comma = (_read(text.iloc[[at]], mark)[0] for mark in _FORMS)
    raise ask.error(
        f"{column}: {text.iloc[at][:40]!r} can be {as_point:.15g} and can be {as_comma:.15g}; "
        "say `decimal: point` or `decimal: comma` in the farm file",
        int(table.lines[at]),
    )
