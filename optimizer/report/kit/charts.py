"""Charts as a description that ``charts.js`` draws. Every series is sent once, by key.

A chart is ``lines``, a ``stack`` with lines over it, or ``rows`` that split a whole into parts over time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from optimizer.accounts.reasons import Reason
from optimizer.arrays import F
from optimizer.report.kit.packing import packed
from optimizer.report.kit.reasons import looks

_SHADES = 4  # of running: on0 to on3
MOST_GROUPS = 12  # drawn by name; a chart of more cannot be read


def timeline(
    zone: str, start: int, minutes: F, series: Mapping[str, Any], charts: Sequence[Any], points: str = ""
) -> dict[str, Any]:
    """Charts over one stretch of time, for JSON: it begins at ``start``, in seconds of UTC, and has points of so many
    minutes. ``points``: what a point is, where the page tells.
    """
    kind = {"points": points} if points else {}
    return {"zone": zone, "start": start, "minutes": packed(minutes, 4), **kind, "series": series, "charts": charts}


def reason_parts(present: Iterable[Reason], modes: Sequence[str] = ("running",)) -> list[dict[str, str]]:
    """The parts of a group's machines: the first run, by mode, the most frugal first; the others are off by reason."""
    parts, drawn = [], looks()
    for nth, mode in enumerate(modes):
        color = "on" if len(modes) == 1 else f"on{min(nth * (_SHADES - 1) // (len(modes) - 1), _SHADES - 1)}"
        parts.append({"label": mode, "meaning": "", "color": color, "hatch": ""})
    for look in (drawn[reason] for reason in present):
        parts.append({"label": look.label, "meaning": look.meaning, "color": look.color, "hatch": look.hatch})
    return parts


def trace(
    key: str, text: str, color: str, width: float = 1.5, dash: Sequence[int] = (), *, hover: bool = False
) -> dict[str, Any]:
    """A series of a chart; one that is only told on ``hover`` is not drawn."""
    return {"key": key, "label": text, "color": color, "width": width, "dash": list(dash), "hover": hover}


def price_range(prices: F, strikes: F) -> dict[str, Any]:
    """The y-range at which prices and strikes can be told apart, and the full one where a spike or a trough exceeds it.

    >>> import numpy as np
    >>> price_range(np.array([20.0, 5000.0]), np.array([50.0, 75.0]))
    {'range': [0.0, 150.0], 'full': [0.0, 5300.0], 'peak': 5000.0, 'trough': 20.0}
    >>> price_range(np.array([20.0, 90.0]), np.array([50.0, 75.0]))["full"] is None
    True
    """
    top, bottom = (
        max(float(prices.max()), float(strikes.max())),
        min(float(prices.min()), float(strikes.min()), 0.0),
    )
    worth = float(strikes.max())
    low, high = bottom * 1.06, max(top, 0.0) * 1.06
    full = [round(low, 2), round(high, 2) if high > low else 1.0]
    if worth > 0:
        high = 2.0 * worth if top > 4.0 * worth else high
        low = -worth if bottom < -2.0 * worth else low
    shown = [round(low, 2), round(high, 2) if high > low else 1.0]
    peak, trough = round(float(prices.max()), 2), round(float(prices.min()), 2)
    return {"range": shown, "full": None if shown == full else full, "peak": peak, "trough": trough}
