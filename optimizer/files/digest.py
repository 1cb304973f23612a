"""What results follow from, as one short text: the same in every process, another when any value is another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from optimizer.extension import fingerprint
from optimizer.files.software import versions


def digest(*values: Any) -> str:
    """The digest of arrays, sections of files, dataclasses and plain things, and of the software that reckons so.

    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}), digest(1.0) == digest(2.0)
    (True, False)
    """
    hasher = hashlib.sha256()
    for value in (*values, *(" ".join(one) for one in versions().items()), *filter(None, [fingerprint()])):
        _tell(hasher.update, value)
    return hasher.hexdigest()


def _tell(update: Callable[[bytes], object], value: Any) -> None:
    if isinstance(value, np.ndarray):
        update(str(value.shape).encode() + value.tobytes())
    elif isinstance(value, pd.DatetimeIndex):
        _tell(update, np.asarray(value.as_unit("us").asi8))
    elif isinstance(value, BaseModel):
        update(value.model_dump_json().encode() + b"\0")
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            update(str(key).encode() + b"\0")
            _tell(update, value[key])
    elif isinstance(value, tuple | list):
        for item in value:
            _tell(update, item)
    elif hasattr(value, "__dataclass_fields__"):
        for field in fields(value):
            _tell(update, getattr(value, field.name))
    else:
        update(repr(value).encode() + b"\0")
