"""Numbers and times as people read them. Plain ASCII, so that a terminal, a pipe and a page can all show them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from optimizer.money import amount

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.market.grid import Grid


_PATH = r"\S*[./\\\[_]\S"  # a path or a key, of several parts


def number(value: float, decimals: int = 0) -> str:
    """A number with thousands separators, never ``-0``.

    >>> number(-1234.56, 1), number(-0.01, 1)
    ('-1,234.6', '0.0')
    """
    return f"{round(value, decimals) + 0.0:,.{decimals}f}"


def sentence(words: str) -> str:
    """Words as a sentence; a key of the farm file or a path that stands first is left as it is.

    >>> sentence("the plan is old"), sentence("energy.blocks[0].when: 02:00 does not exist")
    ('The plan is old.', 'energy.blocks[0].when: 02:00 does not exist.')
    >>> sentence("market/winter.csv: ends early"), sentence("summer-load.csv ends")
    ('market/winter.csv: ends early.', 'summer-load.csv ends.')
    """
    return f"{words if re.match(_PATH, words) else begun(words)}."


def begun(words: str) -> str:
    """Words with a capital at their beginning; what follows is left as it is.

    >>> begun("deep_eco to normal: Hall S21")
    'Deep_eco to normal: Hall S21'
    """
    return f"{words[:1].upper()}{words[1:]}"


def usd(value: float, decimals: int = 0) -> str:
    """Money of the farm's currency, the sign before its symbol.

    >>> usd(-1234.5), usd(12.345, 2)
    ('-$1,234', '$12.35')
    """
    return amount(number(value, decimals))


def trimmed(value: float, decimals: int = 3) -> str:
    """A number with no more decimals than it needs.

    >>> trimmed(48.0), trimmed(1234.5)
    ('48', '1,234.5')
    """
    text = number(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def rate(value: float, decimals: int) -> str:
    """A price with so many decimals, or with as many as three figures take where those are too coarse.

    >>> rate(0.041, 5), rate(0.000125, 5), rate(0.6, 2), rate(0.0, 2)
    ('$0.04100', '$0.000125', '$0.60', '$0.00')
    """
    coarse = abs(round(value, decimals) - value) > 0.005 * abs(value)
    return usd(value, 2 - math.floor(math.log10(abs(value))) if coarse else decimals)


def share(value: float, decimals: int = 1) -> str:
    """A share as a percentage, with more decimals where it would be rounded to nothing.

    >>> share(0.934), share(0.0), share(0.000042), share(-1e-12)
    ('93.4 %', '0.0 %', '0.004 %', 'under 0.0001 %')
    """
    if 0.0 < abs(value) < 0.5 * 10.0 ** (-decimals - 2):
        return f"{value * 100:.1g} %" if abs(value) >= 1e-6 else "under 0.0001 %"
    return f"{number(value * 100, decimals)} %"


def plural(count: float, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> plural(1, "start"), plural(2480, "start")
    ('1 start', '2,480 starts')
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def label(code: str) -> str:
    """A code in words.

    >>> label("coincident_peak")
    'coincident peak'
    """
    return code.replace("_", " ")


class Clock:
    """Times of a grid on the farm's clock; the offset is told only where it changes within the plan.

    >>> import pandas as pd
    >>> from optimizer.market.grid import Grid
    >>> Clock(Grid(pd.DatetimeIndex(["2026-02-11 06:00Z"]), __import__("numpy").ones(1), "America/Chicago")).start(0)
    '2026-02-11 00:00'
    """

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        first, last = (self._local(time).utcoffset() for time in (grid.starts[0], grid.end))
        self._offset = "" if first == last else "%z"

    def _local(self, time: pd.Timestamp) -> pd.Timestamp:
        return time.tz_convert(self._grid.timezone)

    def at(self, time: pd.Timestamp) -> str:
        """A UTC time on the farm's clock."""
        return self._local(time).strftime(f"%Y-%m-%d %H:%M{self._offset}")

    def start(self, interval: int) -> str:
        """When an interval begins."""
        return self.at(self._grid.starts[interval])

    def end(self, interval: int) -> str:
        """When an interval ends."""
        return self.at(self._grid.ends[interval])

    def day(self, edge: int) -> str:
        """An edge of the grid as people say it, with the day of the week.

        >>> from optimizer.market.grid import Grid
        >>> import numpy, pandas
        >>> Clock(Grid(pandas.DatetimeIndex(["2026-02-11 06:00Z"]), numpy.ones(1), "America/Chicago")).day(1)
        'Wed 11 Feb 01:00'
        """
        return self.words(self._grid.starts[edge] if edge < len(self._grid) else self._grid.end)

    def words(self, time: pd.Timestamp) -> str:
        """A UTC time as people say it, with the day of the week."""
        local = self._local(time)
        return f"{local:%a} {local.day} {local:%b %H:%M}{local.strftime(self._offset)}"

    def span(self, start: pd.Timestamp, end: pd.Timestamp) -> str:
        """Two UTC times as people say them, the day once where it is the same."""
        same = self._local(start).date() == self._local(end).date() and not self._offset
        return f"{self.words(start)} to {f'{self._local(end):%H:%M}' if same else self.words(end)}"
