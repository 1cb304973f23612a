"""Where signals come from, as people write it: a file of sources, no secret in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from optimizer.config.base import Name, Section, refuse
from optimizer.config.files import read_document
from optimizer.config.located import faults_of
from optimizer.errors import InputError
from optimizer.mechanisms.calls.config import ByAmount, FullStop, ToLevel, ToShare

HttpUrl = Annotated[str, Field(pattern=r"^https?://[^\s@]+$", description="An address without user and password")]
AnyCut = Annotated[ToLevel | ByAmount | ToShare | FullStop, Field(discriminator="form")]


class Source(Section):
    """What every source has; its calls are called by its name."""

    name: Name
    respond_minutes: Annotated[float, Field(ge=0, le=24 * 60)] = Field(
        default=0.0, description="Time from the start of a call until its limit must be kept"
    )
    baseline_mw: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="What cuts by an amount or to a share are reckoned from, MW"
    )
    every_seconds: Annotated[float, Field(ge=1, le=3600)] = Field(default=60.0, description="Seconds between looks")
    silent_minutes: Annotated[float, Field(gt=0)] = Field(
        default=15.0, description="A source that is silent for so long is told of"
    )
    violation_usd_per_mwh: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="What a miss of its calls costs; they are hard when absent"
    )
    may_opt_out: bool = Field(
        default=False, description="Its contract lets a call be opted out of; only where a miss has a price"
    )
    when_silent: Literal["keep", "stop"] = Field(
        default="keep", description="Calls stay as they are, or every machine stops until it is heard again"
    )

    @model_validator(mode="after")
    def _hard_calls_are_owed(self) -> Source:
        if self.may_opt_out and self.violation_usd_per_mwh is None:
            refuse(type(self).__name__, [(("may_opt_out",), "a hard call is owed: give violation_usd_per_mwh too")])
        return self


class OpenAdr3(Source):
    """Events of an OpenADR 3 VTN; a client id and secret come from the environment."""

    kind: Literal["openadr3"]
    url: HttpUrl
    token_url: HttpUrl | None = Field(default=None, description="Where a token is had with client id and secret")
    scope: str = ""
    program_id: str | None = None
    ven_name: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[a-zA-Z0-9_-]*$")] | None = Field(
        default=None, description="Calls are acknowledged by reports under this name; by none when absent"
    )
    levels: Annotated[tuple[AnyCut, ...], Field(max_length=3)] = Field(
        default=(), description="What SIMPLE levels 1, 2 and 3 mean; one without a meaning is a full stop"
    )


class OpenAdr2(Source):
    """Events of an OpenADR 2.0b VTN, which are acknowledged; a certificate's passphrase comes from the environment."""

    kind: Literal["openadr2"]
    url: HttpUrl = Field(description="As https://vtn.example/OpenADR2/Simple/2.0b")
    ven_name: str
    ven_id: str | None = Field(default=None, description="Where the VTN gave one before")
    certificate: str | None = Field(default=None, description="PEM file that shows the VTN who we are")
    key: str | None = Field(default=None, description="PEM file of its private key")
    authorities: str | None = Field(default=None, description="PEM file of who vouches for the VTN")
    levels: Annotated[tuple[AnyCut, ...], Field(max_length=3)] = Field(
        default=(), description="What SIMPLE levels 1, 2 and 3 mean; one without a meaning is a full stop"
    )


class Voltus(Source):
    """Dispatches by Voltus; the key comes from the environment."""

    kind: Literal["voltus"]
    url: HttpUrl
    site: str = Field(description="The id of the site whose commitment counts")


class Mqtt(Source):
    """A target from 0 to 100 % of the baseline on a topic, with the sender's time."""

    kind: Literal["mqtt"]
    host: str
    port: Annotated[int, Field(ge=1, le=65_535)] = 1883
    topic: str
    tls: bool = True


class Folder(Source):
    """Calls as JSON files in a folder."""

    kind: Literal["folder"]
    path: str


AnySource = OpenAdr3 | OpenAdr2 | Voltus | Mqtt | Folder


class Sources(Section):
    """A file of sources."""

    sources: Annotated[tuple[Annotated[AnySource, Field(discriminator="kind")], ...], Field(min_length=1)]


def load_sources(file: Path) -> tuple[AnySource, ...]:
    """Read a file of sources. Raises InputError with every fault."""
    document = read_document(file)
    faults = list(document.faults)
    try:
        sources = Sources.model_validate(document.data).sources
    except ValidationError as error:
        raise InputError([*faults, *faults_of(error, Sources, document)]) from None
    names = [one.name for one in sources]
    for i, name in enumerate(names):
        if any(other == name or other.startswith(f"{name} ") for other in names[:i] + names[i + 1 :]):
            sentence = f"must not be, nor begin, the name of another source: calls are known by it (got {name!r})"
            faults.append(document.fault(("sources", i, "name"), sentence))
    if faults:
        raise InputError(faults)
    return sources
