"""The software that results depend on, as it was when this process first looked."""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def version_of(package: str) -> str:
    """What is installed of a package.

    >>> version_of("no such package")
    'not installed'
    """
    try:
        return version(package)
    except PackageNotFoundError:  # run from a folder
        return "not installed"


def versions(*packages: str) -> dict[str, str]:
    """What is installed, by package; of those that the digits of a result depend on when none is named."""
    return {package: version_of(package) for package in packages or ("curtail", "highspy", "numpy")}
