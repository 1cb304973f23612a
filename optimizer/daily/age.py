"""How old the newest price is that is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.daily.feed import age_of
from optimizer.daily.history import History, Rank
from optimizer.errors import CurtailError

_LOOKED_BACK = timedelta(days=32)  # no feed may be silent for longer
_MINUTE = timedelta(minutes=1)


def age_of_feed(history_file: Path, now: datetime) -> float | None:
    """Minutes since the newest price of a feed began that has begun; None where none has. Raises CurtailError."""
    until = int(now.timestamp()) + 1
    with History(history_file) as history:
        known = history.prices(until - int(_LOOKED_BACK.total_seconds()), until, least=Rank.FED)
    age = age_of(known, now)
    return None if age is None else age / _MINUTE


def price_age(farm: Farm, folder: Path, history_file: Path | None, now: datetime) -> float | None:
    """Minutes: of a feed's price where there is a ``history_file`` that holds any, else of the farm's file."""
    try:
        fed = None if history_file is None else age_of_feed(history_file, now)
    except CurtailError:
        return None
    return age_of_file(farm, folder, now) if fed is None else fed


def age_of_file(farm: Farm, folder: Path, now: datetime) -> float | None:
    """Minutes since the file of energy prices was last written; None where it is a number, or there is no such file."""
    spec = farm.energy.price_usd_per_mwh
    if not isinstance(spec, SeriesFile):
        return None
    try:
        written = datetime.fromtimestamp((folder / spec.file).stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return None
    return max((now - written) / _MINUTE, 0.0)
