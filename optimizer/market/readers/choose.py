"""Which rows of a table the farm file means, where several places, markets or other kinds share their times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from optimizer.arrays import Bool
from optimizer.market.readers.column_names import squeezed
from optimizer.market.readers.layouts import Layout
from optimizer.market.readers.raw import Ask, names
from optimizer.market.readers.table import RawTable, column_named

LOCATIONS = (
    *("location", "locationid", "locationname", "locationshortname", "settlementpoint", "settlementpointname"),
    *("settlementlocation", "node", "nodeid", "nodename", "nodeidxml", "pnode", "pnodeid", "pnodename", "regionid"),
    *("region", "areacode", "areadisplayname", "mapcode", "area", "biddingzone", "pricearea", "deliveryarea", "zone"),
    *("hub", "name", "ptid"),
)
MARKETS = ("market", "marketrunid", "contracttype", "sequence", "settlementpointtype", "dataprovider", "baa")
_MOST_KINDS = 1000


def chosen(table: RawTable, layout: Layout | None, ask: Ask) -> tuple[RawTable, str | None]:
    """The rows that `rows`, `market` and `location` of the farm file name, and the place they are of.

    Without a name the file must hold one only. Raises InputError that lists what the file holds.
    """
    for column, cell in (ask.spec.rows or {}).items():
        table = _kept(table, (column_named(table, column, ask, "rows"),), str(cell), f"cell of {column}", ask)
    if layout is not None and layout.component:
        (component,) = _those(table, (layout.component,))
        wanted = ask.spec.value_column or layout.usual
        table = _kept(table, (component,), wanted, component, ask)
    places = _those(table, LOCATIONS)
    if ask.spec.location is not None and places:
        table = _kept(table, places, ask.spec.location, "location", ask)
    table = _of_one(table, markets_in(table), ask.spec.market, "market", ask)
    table = _of_one(table, places, ask.spec.location, "location", ask)
    return table, str(table.frame[places[0]].iloc[0]) if places else None


def markets_in(table: RawTable) -> tuple[str, ...]:
    """The columns that tell markets apart."""
    return _those(table, MARKETS)


def refuse_other_kinds(
    table: RawTable, starts: pd.DatetimeIndex, apart_from: Sequence[str], ask: Ask, *, dates_alone: bool
) -> None:
    """Raise InputError where rows of one start differ in what a column of words says: they are several series."""
    again = np.asarray(starts.duplicated(keep=False)) & ~np.asarray(starts.isna())
    if again.any() and dates_alone:
        message = "rows of one date come again, and nothing says which hours they are of; give a column of whole times"
        raise ask.error(message, int(table.lines[np.flatnonzero(again)[1]]))
    if starts[again].nunique() < 2:
        return
    frame, first = table.frame[again], starts[again]
    for column in frame.columns.difference(list(apart_from), sort=False):
        cells = frame[column]
        kinds = cells.nunique()
        numeric = pd.api.types.is_numeric_dtype(cells.dtype)
        if not 1 < kinds <= _MOST_KINDS or (
            numeric and not (squeezed(column).endswith(("id", "type", "sequence", "number")))
        ):
            continue
        if not pd.DataFrame({"start": first, "kind": cells.to_numpy()}).duplicated().any():
            key = next(
                (key for key, known in (("location", LOCATIONS), ("market", MARKETS)) if squeezed(column) in known),
                "",
            )
            message = f"name one as `{key}`" if key else f"name one as `rows: {{{column}: ...}}`"
            raise ask.error(f"holds several series, by {column}: {names(cells.unique())}; {message}", table.header_line)


def _of_one(table: RawTable, columns: tuple[str, ...], wanted: str | None, key: str, ask: Ask) -> RawTable:
    if wanted is not None and columns:
        table = _kept(table, columns, wanted, key, ask)
    for column in columns:
        held = list(dict.fromkeys(table.frame[column].dropna().astype("str").str.strip()))
        if len(held) > 1 and wanted is None:
            message = f"holds several {key}s, {names(held)}; name one as `{key}` in the farm file"
            raise ask.error(message, table.header_line)
    return table


def _kept(table: RawTable, columns: tuple[str, ...], wanted: str, key: str, ask: Ask) -> RawTable:
    """The rows of which one of the columns says so. Letter case matters only where it tells two apart."""
    cells = [table.frame[column].astype("str").str.strip() for column in columns]
    name = wanted.strip()
    for mask in (_any(cells, name), _any([cell.str.casefold() for cell in cells], name.casefold())):
        if mask.any():
            return table.take(mask)
    held = list(dict.fromkeys(cells[0][table.frame[columns[0]].notna()]))
    raise ask.error(f"holds no {key} {wanted!r}; it holds {names(held)}", table.header_line)


def _those(table: RawTable, known: Sequence[str]) -> tuple[str, ...]:
    """The columns of these names, in the order of the names."""
    by_name = {squeezed(column): str(column) for column in table.frame.columns}
    return tuple(by_name[name] for name in known if name in by_name)


def _any(cells: list[pd.Series], name: str) -> Bool:
    any_holds = np.zeros(len(cells[0]), dtype=bool)
    for cell in cells:
        any_holds |= (cell == name).to_numpy(dtype=bool)
    return any_holds
