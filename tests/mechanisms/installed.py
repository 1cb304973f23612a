"""Puts a made-up mechanism into the table of contents, before anything reads it: for pytest's option -p."""

from __future__ import annotations

from pathlib import Path

from optimizer import mechanisms
from optimizer.mechanisms import contents

mechanisms.__path__.append(str(Path(__file__).parent / "folders"))
contents.MECHANISMS = (*contents.MECHANISMS, "pond")
