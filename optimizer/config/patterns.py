"""A series in many files: a pattern such as ``inbox/dam_*.csv`` in place of a name."""

from __future__ import annotations

from pathlib import Path

MOST_FILES = 2000


def is_pattern(path: Path) -> bool:
    """Whether a path is a pattern; a file that is really called so is none."""
    return any(sign in str(path) for sign in "*?[") and not path.exists()


def fitting(path: Path) -> list[Path]:
    """The files that fit a pattern, in the order of their names: dates in names are what copies and clocks leave."""
    first = next(i for i, part in enumerate(path.parts) if any(sign in part for sign in "*?["))
    folder = Path(*path.parts[:first])
    return sorted(one for one in folder.glob(str(Path(*path.parts[first:]))) if one.is_file())


def newest(path: Path) -> Path:
    """The file that a path names, or the last of those that fit it; the pattern itself where none does."""
    return (fitting(path) or [path])[-1] if is_pattern(path) else path
