"""Files that ship with the program: the machine catalogue and the samples, in a wheel and in a clone alike."""

from __future__ import annotations

from pathlib import Path

import optimizer


def shipped(name: str) -> Path:
    """Where a file of `configs` stands.

    >>> shipped("machines.yaml").is_file()
    True
    """
    package = Path(optimizer.__file__).parent
    in_wheel = package / "samples"
    return (in_wheel if in_wheel.is_dir() else package.parent / "configs") / name
