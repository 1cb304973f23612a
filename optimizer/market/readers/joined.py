"""One series out of several files: of a start that is in several, the row of the last file counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.errors import InputError
from optimizer.market.readers.raw import LINES, Column, RawSeries


def joined(parts: Sequence[tuple[str, RawSeries]]) -> RawSeries:
    """The rows of files with their names, in the order of time where each file is; lines tell the file too."""
    if len(parts) == 1:
        return parts[0][1]
    raws = [raw for _, raw in parts]
    with_ends = all(raw.ends is not None for raw in raws)
    starts = pd.DatetimeIndex(np.concatenate([raw.starts.tz_convert(None).to_numpy() for raw in raws])).tz_localize(
        "UTC"
    )
    which = np.repeat(np.arange(len(raws)), [len(raw.values) for raw in raws])
    newest = pd.Series(which).groupby(starts, dropna=False).transform("max").to_numpy()
    rows = np.flatnonzero(which == newest)
    if all(raw.starts.dropna().is_monotonic_increasing for raw in raws):
        rows = rows[np.argsort(starts[rows], kind="stable")]
    ends = None
    if with_ends:
        both = [raw.ends.tz_convert(None).to_numpy() for raw in raws if raw.ends is not None]
        ends = pd.DatetimeIndex(np.concatenate(both)).tz_localize("UTC").as_unit("us")[rows]
    lines = np.concatenate([raw.lines + i * LINES for i, raw in enumerate(raws)])[rows]
    values = np.concatenate([raw.values for raw in raws])[rows]
    files = tuple(name for name, raw in parts)
    hours, at_ends = {raw.hours for raw in raws}, {raw.at_ends for raw in raws}
    if len(at_ends) > 1:
        raise InputError(f"{files[0]} and {files[-1]}: stamps of some begin intervals, those of others end them")
    whole = RawSeries(starts.as_unit("us")[rows], ends, values, lines, raws[-1].name, None, at_ends.pop())
    return replace(
        whole,
        hours=hours.pop() if len(hours) == 1 else None,
        time_at=_of_file([raw.time_at for raw in raws]),
        value_at=_of_file([raw.value_at for raw in raws]),
        files=files,
        currency=raws[-1].currency,
    )


def _of_file(columns: Sequence[Column]) -> Column:
    return lambda line: columns[line // LINES](line % LINES)
