"""How old the newest price is that is known."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.config.patterns import newest
from optimizer.daily.feed import age_of
from optimizer.daily.history import History
from optimizer.daily.prices import Rank
from optimizer.errors import CurtailError

_LOOKED_BACK = timedelta(days=32)  # no feed may be silent for longer
_MINUTE = timedelta(minutes=1)


def age_of_feed(history: History, now: datetime) -> float | None:
    """Minutes since the newest price of a feed began that has begun; None where none has."""
    until = int(now.timestamp()) + 1
    age = age_of(history.prices(until - int(_LOOKED_BACK.total_seconds()), until, least=Rank.FED), now)
    return None if age is None else age / _MINUTE


def age_of_file(farm: Farm, folder: Path, now: datetime) -> float | None:
    """Minutes since the file of energy prices was last written; None where it is a number, or there is no such file."""
    spec = farm.energy.price_usd_per_mwh
    if not isinstance(spec, SeriesFile):
        return None
    try:
        written = datetime.fromtimestamp(newest(folder / spec.file).stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return None
    return max((now - written) / _MINUTE, 0.0)


def price_age(farm: Farm, folder: Path, history_file: Path, now: datetime) -> float | None:
    """Minutes; of a feed's newest price where a run without a feed plans on those kept, else of the file of prices."""
    fed = None
    if farm.replanning is not None:
        with suppress(CurtailError), History(history_file, reading=True) as history:
            fed = age_of_feed(history, now)
    return age_of_file(farm, folder, now) if fed is None else fed
