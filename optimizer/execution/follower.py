"""Whose set-points count: those of this farm that are not older than the last, as long as they promise something."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from optimizer.daily.document import SetPoints
from optimizer.execution.audit import Audit
from optimizer.execution.messages import Teller
from optimizer.execution.wanted import Wanted, none_runs, wanted_at


class Follower:
    """Follows the documents of a ``source``; the last count is kept in the audit.

    ``stay_when_stale``: nothing new is wanted when set-points have run out; otherwise that every machine sleeps.
    """

    def __init__(
        self, source: Callable[[], SetPoints | None], audit: Audit, teller: Teller, stay_when_stale: bool
    ) -> None:
        self.source, self.audit, self.teller, self.stay_when_stale = source, audit, teller, stay_when_stale
        self.document: SetPoints | None = None
        self._known: dict[str, Any] | None = audit.noted("accepted")
        self._behind_s = 0.0  # by how much the clock has gone back under the document

    def clock_went_back(self, by_s: float) -> None:
        """What was promised until a moment ends no later for a clock that shows an earlier one."""
        self._behind_s += by_s

    def wanted(self, now: float, groups: Iterable[str]) -> Wanted | None:
        """What is wanted now; None where nobody says."""
        self._accept(self.source())
        if self._known is None:
            return None
        now += self._behind_s
        latest = None if self.document is None else wanted_at(self.document, datetime.fromtimestamp(now, UTC))
        if latest is not None:
            self.teller.over("stale")
            return latest
        until = self._known.get("until", 0.0)
        if now < until:
            return None  # begun anew without the set-points: they still hold, whatever they were
        ran_out = datetime.fromtimestamp(until, UTC)
        self.teller.once("stale", f"the set-points ran out at {ran_out:%Y-%m-%d %H:%M:%S} UTC")
        return None if self.stay_when_stale else none_runs(groups, "set-points ran out")

    def _accept(self, document: SetPoints | None) -> None:
        """Take a document up, unless it is of another farm or older than the last."""
        if document is None or document == self.document:
            return
        farm, count = document.farm.id, [document.epoch, document.sequence]
        known = self._known or {"farm": farm, "count": count}
        if known["farm"] != farm:
            message = f"set-points of another farm ({farm!r}) are ignored; this one is {known['farm']!r}"
            self.teller.once("refused", message)
            return
        if count < known["count"]:
            self.teller.once("refused", f"set-points {count} are older than {known['count']} and ignored")
            return
        self._known = {"farm": farm, "count": count, "until": document.valid_until.timestamp()}
        self.audit.note("accepted", self._known)
        self.teller.over("refused")
        self.document, self._behind_s = document, 0.0
