"""Where price files are published, as people write it: their own addresses, no secret in them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from optimizer.config.base import Count, Name, Section
from optimizer.config.files import read_document
from optimizer.config.located import faults_of
from optimizer.errors import InputError
from optimizer.signals.sources import HttpUrl


class Publisher(Section):
    """What every publisher has; its files are kept under its name."""

    name: Annotated[Name, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
    into: str = Field(description="Folder for its files, which a farm file reads as `folder/*`; from this file on")
    every_minutes: Annotated[float, Field(ge=1, le=7 * 24 * 60)] = Field(
        default=15.0, description="Minutes between looks"
    )
    silent_minutes: Annotated[float, Field(gt=0)] = Field(
        default=26 * 60.0, description="A publisher that has brought nothing new for so long is told of"
    )


class Ercot(Publisher):
    """Files by report type: a list of documents in JSON, and each by its id."""

    kind: Literal["ercot"]
    list_url: HttpUrl = Field(description="Address of the list; `{report}` stands for the report type")
    document_url: HttpUrl = Field(description="Address of a document; `{id}` stands for its id")
    report: Count = Field(description="Report type, such as 12301 for real-time prices of hubs and zones")
    newest: Annotated[int, Field(ge=1, le=500)] = Field(
        default=100, description="So many files are kept; older ones are removed"
    )


class Entsoe(Publisher):
    """Day-ahead prices (A44) of a bidding zone; the token comes from the environment."""

    kind: Literal["entsoe"]
    url: HttpUrl
    zone: Annotated[str, Field(pattern=r"^[A-Z0-9-]{16}$", description="EIC code of the bidding zone")]


class GridStatus(Publisher):
    """A data set of the hosted gridstatus; the key comes from the environment."""

    kind: Literal["gridstatus"]
    url: HttpUrl = Field(description="Address of the data set's query")
    location: str | None = Field(default=None, description="Rows of this location only")


AnyPublisher = Ercot | Entsoe | GridStatus


class Publishers(Section):
    """A file of publishers."""

    publishers: Annotated[tuple[Annotated[AnyPublisher, Field(discriminator="kind")], ...], Field(min_length=1)]


def load_publishers(file: Path) -> tuple[AnyPublisher, ...]:
    """Read a file of publishers. Raises InputError with every fault."""
    document = read_document(file)
    faults = list(document.faults)
    try:
        publishers = Publishers.model_validate(document.data).publishers
    except ValidationError as error:
        raise InputError([*faults, *faults_of(error, Publishers, document)]) from None
    names = [one.name for one in publishers]
    faults += [
        document.fault(("publishers", i, "name"), f"is the name of another publisher too (got {name!r})")
        for i, name in enumerate(names)
        if name in names[:i]
    ]
    if faults:
        raise InputError(faults)
    return publishers
