"""A target on a topic, as for Proto Fleet: ``{"target": 0, "timestamp": 1770811200}``; 0 curtails, 100 releases."""

from __future__ import annotations

from datetime import UTC, datetime

from optimizer.signals.signal import EARLY, LATE, Cut, MessageError, Signal, parsed, quantity
from optimizer.signals.sources import Mqtt

MOST_BYTES = 1024
_FULL = 100.0
_LAST_S = 7.2e9  # a number of seconds beyond is one of milliseconds


def signal_of_message(message: bytes, source: Mqtt, now: datetime) -> Signal:
    """The call that a message is: open-ended, one for the topic, the newest counts. Raises MessageError.

    A late message to curtail is obeyed; a late one to release is not, for it may be of another call.
    """
    content = parsed(message, MOST_BYTES)
    if not isinstance(content, dict) or set(content) != {"target", "timestamp"}:
        raise MessageError("must have target and timestamp, and nothing else")
    target = quantity(content["target"], "target", most=_FULL)
    stamp = quantity(content["timestamp"], "timestamp", most=_LAST_S)
    published = datetime.fromtimestamp(stamp, UTC)
    if published > now + EARLY:
        raise MessageError(f"is of {published:%Y-%m-%d %H:%M:%S} UTC, ahead of our clock")
    if target == _FULL and published < now - LATE:
        raise MessageError(f"releases, but is of {published:%Y-%m-%d %H:%M:%S} UTC, too old to be trusted")
    cut: Cut | None = None
    if target == 0.0:
        cut = {"form": "full_stop"}
    elif target < _FULL:
        cut = {"form": "to_share", "share": target / _FULL}
        cut |= {} if source.baseline_mw is None else {"baseline_mw": source.baseline_mw}
    return Signal("target", stamp, published, None, cut, published)
