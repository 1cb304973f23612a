"""Which rows of a table with several locations and markets the farm file means."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.arrays import Bool
from optimizer.market.readers.raw import Ask, names
from optimizer.market.readers.table import Table


def chosen(table: Table, columns: tuple[str, ...], wanted: str | None, key: str, ask: Ask) -> Table:
    """The rows whose cell in one of the columns is what the farm file names under ``key``.

    Without a name the file must hold one only. Letter case matters only where it tells two apart.
    Raises InputError that lists what the file holds.
    """
    if not columns:
        return table
    cells = [table.frame[column].astype("str").str.strip() for column in columns]
    held = list(dict.fromkeys(cells[0][table.frame[columns[0]].notna()]))
    if wanted is None:
        if len(held) > 1:
            raise ask.error(
                f"holds several {key}s, {names(held)}; name one as `{key}` in the farm file",
                table.header_line,
            )
        return table
    name = wanted.strip()
    for mask in (_any(cells, name), _any([cell.str.casefold() for cell in cells], name.casefold())):
        if mask.any():
            return table.take(mask)
    raise ask.error(f"holds no {key} {wanted!r}; it holds {names(held)}", table.header_line)


def _any(cells: list[pd.Series], name: str) -> Bool:
    found = np.zeros(len(cells[0]), dtype=bool)
    for cell in cells:
        found |= (cell == name).to_numpy(dtype=bool)
    return found
