"""The user's function that adds constraints of its own to a program: told once, for a process and its workers."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from optimizer.errors import InputError

Extension = Callable[[Any], None]
_VARIABLE = "CURTAIL_EXTEND"  # of the environment, which workers have from the process that starts them


def extend_with(name: str | None) -> None:
    """Let every plan from here on have the function ``module:function``; none for None. Raises InputError."""
    os.environ.pop(_VARIABLE, None)
    if name is not None:
        _named(name)
        os.environ[_VARIABLE] = name


def common_extension() -> Extension | None:
    """The function that every plan has, if there is one. Raises InputError where it cannot be imported."""
    name = os.environ.get(_VARIABLE)
    return _named(name) if name else None


def fingerprint() -> str:
    """What tells results that follow from it from others: its name and the file it stands in."""
    extension = common_extension()
    if extension is None:
        return ""
    text = Path(inspect.getsourcefile(inspect.unwrap(extension)) or "").read_bytes()
    return f"{os.environ[_VARIABLE]} {hashlib.sha256(text).hexdigest()}"


def _named(name: str) -> Extension:
    module, _, function = name.partition(":")
    if (here := str(Path.cwd())) not in sys.path:
        sys.path.insert(0, here)
    try:
        extension = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(f"--extend {name!r}: {error}; give it as module:function") from None
    if not callable(extension):
        raise InputError(f"--extend {name!r} is not a function")
    return extension  # type: ignore[no-any-return]  # what the user's function returns is not used
