"""Whose set-points count: those of this farm that are not older than the last, as long as they promise something."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

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

    def wanted(self, now: float, groups: Iterable[str]) -> Wanted | None:
        """What is wanted now; None where nobody says. Raises CurtailError where the audit cannot be written."""
        self._accept(self.source())
        if self.document is None:
            return None
        latest = wanted_at(self.document, datetime.fromtimestamp(now, UTC))
        if latest is not None:
            self.teller.over("stale")
            return latest
        self.teller.once("stale", f"the set-points ran out at {self.document.valid_until:%Y-%m-%d %H:%M:%S}")
        return None if self.stay_when_stale else none_runs(groups, "set-points ran out")

    def _accept(self, document: SetPoints | None) -> None:
        """Take a document up, unless it is of another farm or older than the last."""
        if document is None or document == self.document:
            return
        farm, count = document.farm.id, [document.epoch, document.sequence]
        known = self.audit.noted("accepted") or {"farm": farm, "count": count}
        if known["farm"] != farm:
            message = f"set-points of another farm ({farm!r}) are ignored; this one is {known['farm']!r}"
            self.teller.once("refused", message)
            return
        if count < known["count"]:
            self.teller.once("refused", f"set-points {count} are older than {known['count']} and ignored")
            return
        with self.audit.writing():
            self.audit.note("accepted", {"farm": farm, "count": count})
        self.teller.over("refused")
        self.document = document
