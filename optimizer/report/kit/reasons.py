"""How reasons look on pages: kin share a colour, a hatch tells them apart."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from optimizer.accounts.reasons import Kin, Reason, reasons
from optimizer.report.kit.text import label

_HATCHES = ("", "/", "x", ".", "-")


class Look(NamedTuple):
    """A reason on a page; ``color`` is a custom property of the style sheet."""

    code: str
    label: str
    meaning: str
    color: str
    hatch: str


def looks() -> dict[Reason, Look]:
    """Every reason, kin beside each other."""
    by_place = sorted(reasons(), key=lambda reason: reason.place)
    return {
        reason: Look(str(reason), label(reason), reason.meaning, f"r-{kin}", _HATCHES[nth % len(_HATCHES)])
        for kin in Kin
        for nth, reason in enumerate(reason for reason in by_place if reason.kin is kin)
    }


def looks_of(present: Container[str]) -> list[Look]:
    """The looks of the reasons that are there.

    >>> [(look.color, look.hatch) for look in looks_of({"event_payment", "price"})]
    [('r-money', ''), ('r-event', '/')]
    """
    return [look for reason, look in looks().items() if reason in present]
