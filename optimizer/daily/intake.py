"""What a feed brings to a watch: its rows are kept, bad ones told and counted, and its silence noticed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from optimizer.config.farm import Farm
from optimizer.daily.age import age_of_feed
from optimizer.daily.feed import Feed
from optimizer.daily.feed_rows import ANY_ROW, Batch, joined_batches
from optimizer.daily.history import History
from optimizer.daily.prices import Rank
from optimizer.errors import MissingDataError

_MINUTES = 5.0  # length of a lone row of a feed while the farm cannot be read


class Intake:
    """A feed, the history that its rows go to, and an ear for its silence.

    ``begun`` is when the watch began by ``ticks``: a feed that never said a word is silent from then on.
    """

    def __init__(self, feed: Feed, history_file: Path, say: Callable[[str], None], ticks: Callable[[], float]) -> None:
        self.feed, self.history_file, self.say, self.ticks = feed, history_file, say, ticks
        self.begun = ticks()
        self.skipped = 0  # rows
        self.age: float | None = None  # of its newest price, minutes
        self.silent: MissingDataError | None = None
        self._unkept = joined_batches([])  # rows that could not be kept yet

    def take(self, farm: Farm | None, now: datetime, stopped: Callable[[], bool]) -> bool:
        """Take in what has come; whether any of it is news. What cannot be kept is kept for the next time.

        Raises CurtailError where it cannot be kept.
        """
        zone = "UTC" if farm is None else farm.timezone
        minutes = _MINUTES if farm is None else float(farm.horizon.intervals[0].minutes)
        batch = self.feed.read(zone, now, minutes, ANY_ROW if farm is None else farm.feed_rules, stopped)
        self._count(batch)
        self._unkept = joined_batches([self._unkept, Batch(batch.rows, (), 0)])
        news = bool(self._unkept.rows) and self._keep(self._unkept)
        self._unkept = joined_batches([])
        return news

    def listen(self, farm: Farm | None, now: datetime) -> bool:
        """How old the newest price is; whether the feed has gone silent, or speaks again, since last asked."""
        with History(self.history_file) as history:
            self.age = age_of_feed(history, now)
            self._tell(history)
        before, self.silent = self.silent, self._silence(farm)
        return (before is None) != (self.silent is None)

    def _count(self, batch: Batch) -> None:
        self.skipped += batch.bad
        for line in batch.refused:
            self.say(f"skipped: {line}")
        if batch.bad > len(batch.refused):
            self.say(f"skipped: {batch.bad - len(batch.refused)} more")

    def _keep(self, batch: Batch) -> bool:
        """Keep the rows of a feed; whether any of them is news."""
        with History(self.history_file) as history:
            known = history.prices(batch.rows[0].start, batch.rows[-1].end, least=Rank.FED)
            values = zip(known.ends.tolist(), known.usd_per_mwh.tolist(), strict=True)
            old = dict(zip(known.starts.tolist(), values, strict=True))
            news = [row for row in batch.rows if old.get(row.start) != (row.end, row.usd_per_mwh)]
            if news:
                history.note_prices(((row.start, row.end, row.usd_per_mwh) for row in news), Rank.FED)
            self._tell(history)
        return bool(news)

    def _tell(self, history: History) -> None:
        for line in history.trouble:
            self.say(line)

    def _silence(self, farm: Farm | None) -> MissingDataError | None:
        """Why the feed is silent, if it is."""
        most = None if farm is None else farm.daily.feed.silent_minutes
        if most is None:
            return None
        age = (self.ticks() - self.begun) / 60.0 if self.age is None else self.age
        if age <= most:
            return None
        return MissingDataError(
            f"the feed is silent: its newest price began {age:.0f} minutes ago, and may be {most:g} minutes old "
            "(daily.feed.silent_minutes)"
        )
