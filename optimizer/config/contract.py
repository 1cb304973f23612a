"""A contract in a file of its own, which farms name in place of `energy`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from optimizer.config.base import Section
from optimizer.config.energy import Energy

Note = Annotated[str, Field(min_length=1, max_length=10_000)]


class Contract(Section):
    """A power contract. Paths of series in it are relative to its own file."""

    name: Annotated[str, Field(min_length=1, max_length=300)] = Field(description="What the contract is called")
    source: Annotated[str, Field(min_length=1, max_length=1000)] = Field(description="Where it is written")
    notes: Annotated[tuple[Note, ...], Field(max_length=100)] = Field(
        default=(), description="What to know before relying on it"
    )
    energy: Energy = Field(description="What energy costs")
