"""The machine catalogue: ASIC models with their operating points and where the figures come from."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from optimizer.config.base import Name, Section, refuse
from optimizer.config.composed import Host, Place, composed


class OperatingPoint(Section):
    """One mode of a machine at the wall.

    >>> OperatingPoint(hashrate_th=200.0, power_w=3500.0).efficiency_j_per_th
    17.5
    """

    hashrate_th: Annotated[float, Field(gt=0, le=100_000, description="TH/s")]
    power_w: Annotated[float, Field(gt=0, le=1_000_000, description="W at the wall")]
    source: str | None = Field(default=None, description="Where the figures come from")
    confidence: Literal["high", "medium", "low"] | None = Field(default=None, description="As for the machine")

    @property
    def efficiency_j_per_th(self) -> float:
        """Joules per terahash."""
        return self.power_w / self.hashrate_th


@composed
class Machine(Host):
    """A model: its nameplate is the mode ``normal``; other modes only where a curve is known."""

    HOLDS: ClassVar[Place] = "machine"

    model: Name = Field(description="Name that farm files use")
    hashrate_th: Annotated[float, Field(gt=0, le=100_000, description="Nameplate TH/s")]
    power_w: Annotated[float, Field(gt=0, le=1_000_000, description="Nameplate W at the wall")]
    cooling: Literal["air", "hydro", "immersion"] = Field(default="air", description="How the machine is cooled")
    bin: str | None = Field(default=None, description="Which bin of the model, and what others were seen")
    source: str | None = Field(default=None, description="Where the figures come from; a catalogue says it")
    confidence: Literal["high", "medium", "low"] | None = Field(
        default=None,
        description="high: several sources or the maker; medium: one list; low: unverified or conflicting; "
        "a catalogue says it",
    )
    note: str | None = Field(default=None, description="What to know before relying on the row")
    modes: dict[Name, OperatingPoint] = Field(default={}, description="Modes besides the nameplate")

    @model_validator(mode="after")
    def _normal_is_the_nameplate(self) -> Machine:
        if "normal" in self.modes:
            sentence = "the nameplate is the mode `normal`: give it as hashrate_th and power_w"
            refuse("Machine", [(("modes", "normal"), sentence)])
        return self

    def point(self, mode: str) -> OperatingPoint:
        """The operating point of a mode; raises KeyError for a mode the model does not have."""
        if mode == "normal":
            return OperatingPoint(hashrate_th=self.hashrate_th, power_w=self.power_w)
        return self.modes[mode]

    @property
    def mode_names(self) -> tuple[str, ...]:
        """All modes, the nameplate first."""
        return ("normal", *self.modes)


class Catalogue(Section):
    """A catalogue file."""

    machines: Annotated[tuple[Machine, ...], Field(min_length=1)] = Field(description="The models")

    @model_validator(mode="after")
    def _models_have_sources(self) -> Catalogue:
        without = ((i, key) for i, machine in enumerate(self.machines) for key in ("source", "confidence")
                if getattr(machine, key) is None)  # fmt: skip
        refuse(
            "Catalogue",
            [(("machines", i, key), "is missing: a catalogue says where figures come from") for i, key in without],
        )
        return self

    @model_validator(mode="after")
    def _models_differ(self) -> Catalogue:
        models = [machine.model for machine in self.machines]
        first = {model: i for i, model in reversed(list(enumerate(models)))}
        twice = [
            (("machines", i, "model"), f"{model!r} is already the model of machines[{first[model]}]")
            for i, model in enumerate(models)
            if first[model] != i
        ]
        refuse("Catalogue", twice)
        return self

    def by_model(self) -> dict[str, Machine]:
        """Machines by model name."""
        return {machine.model: machine for machine in self.machines}
