"""Calls as files in a folder, a JSON object each: ``{"id", "version", "start", "end", "cut", "published"}``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from optimizer.signals.signal import MessageError, Signal, moment, ordered, quantity, text
from optimizer.signals.sources import AnyCut, Folder

_CUT: TypeAdapter[Any] = TypeAdapter(AnyCut)
_KEYS = {"id", "version", "start", "end", "cut", "published"}


def signal_of_file(content: Any, _source: Folder, _now: datetime) -> Signal:
    """The call of a file: ``cut`` as in a farm file, null cancels; ``end`` null is open. Raises MessageError."""
    if not isinstance(content, dict) or not {"id", "start", "cut"} <= set(content) <= _KEYS:
        raise MessageError(f"must have id, start and cut, and of more only {', '.join(sorted(_KEYS))}")
    start = moment(content["start"], "start")
    end = None if content.get("end") is None else moment(content["end"], "end")
    ordered(start, end)
    try:
        cut = None if content["cut"] is None else _CUT.validate_python(content["cut"]).model_dump(exclude_none=True)
    except ValidationError:
        raise MessageError("has a cut that is none; it is written as in a farm file") from None
    published = None if content.get("published") is None else moment(content["published"], "published")
    version = quantity(content.get("version", 0), "version", most=1e15)
    return Signal(text(content["id"], "id"), version, start, end, cut, published)
