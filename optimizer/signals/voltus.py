"""Voltus dispatches: JSON by REST. A dispatch that is not authorized is cancelled; its end may come later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from optimizer.signals.signal import MessageError, Signal, moment, ordered, quantity, text
from optimizer.signals.sources import Voltus

_KW_PER_MW = 1e3
_MOST_KW = 1e8


def dispatches(payload: Any) -> list[Any]:
    """The dispatches of an answer: a list, or an object that holds one. Raises MessageError."""
    listed = payload.get("dispatches") if isinstance(payload, dict) else payload
    if not isinstance(listed, list):
        raise MessageError("has no list of dispatches")
    return listed


def signal_of_dispatch(dispatch: Any, source: Voltus, _now: datetime) -> Signal | None:
    """The call of a dispatch; None where it is not of our site. Raises MessageError."""
    if not isinstance(dispatch, dict):
        raise MessageError("is not a dispatch")
    number = quantity(dispatch.get("modification_number"), "modification_number", most=1e9)
    start = moment(dispatch.get("start_time"), "start_time")
    end = None if dispatch.get("end_time") is None else moment(dispatch["end_time"], "end_time")
    ordered(start, end)
    authorized, sites = dispatch.get("authorized"), dispatch.get("sites")
    if not isinstance(authorized, bool):
        raise MessageError("authorized is neither true nor false")
    if not isinstance(sites, list) or not all(isinstance(site, dict) for site in sites):
        raise MessageError("has no list of sites")
    ours = [site for site in sites if str(site.get("id")) == source.site]
    if not ours:
        return None
    kw = sum(quantity(site.get("commitment"), "commitment", most=_MOST_KW) for site in ours)
    cut = None
    if authorized and kw > 0.0:
        cut = {"form": "by_amount", "mw": kw / _KW_PER_MW}
        cut |= {} if source.baseline_mw is None else {"baseline_mw": source.baseline_mw}
    return Signal(text(dispatch.get("id"), "id"), number, start, end, cut)
