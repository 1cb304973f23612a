"""The site: what stands between the meter and the machines."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag, model_validator

from optimizer.config.base import Celsius, NonNegativeSeries, OfImport, Positive, Section, Series, refuse
from optimizer.config.composed import Host, Place, composed

Pue = Annotated[float, Field(ge=1, le=3)]


class PueCurve(Section):
    """Power usage effectiveness by outdoor temperature; linear between points, level outside."""

    temperature_c: Annotated[tuple[Celsius, ...], Field(min_length=2, max_length=100)] = Field(
        description="Outdoor temperatures, degrees Celsius, rising"
    )
    pue: Annotated[tuple[Pue, ...], Field(min_length=2, max_length=100)] = Field(
        description="Site load per MW of machines at each of them"
    )

    @model_validator(mode="after")
    def _points_pair_up(self) -> PueCurve:
        faults: list[tuple[tuple[str | int, ...], str]] = []
        points = len(self.temperature_c)
        if points != len(self.pue):
            sentence = f"has {len(self.pue)} values but temperature_c has {points}; they are pairs"
            faults.append((("pue",), sentence))
        for i in range(1, points):
            if self.temperature_c[i] <= self.temperature_c[i - 1]:
                faults.append((("temperature_c", i), "must be more than the value before it; points rise"))
        refuse("PueCurve", faults)
        return self


def _number_or_curve(value: Any) -> str:
    return "curve" if isinstance(value, dict | PueCurve) else "number"


PueOrCurve = Annotated[
    Annotated[Pue, Tag("number")] | Annotated[PueCurve, Tag("curve")], Discriminator(_number_or_curve)
]


@composed
class Site(Host):
    """Interconnection and the load that is not mining."""

    HOLDS: ClassVar[Place] = "site"

    import_limit_mw: Annotated[NonNegativeSeries, Series("MW", lumps="least")] = Field(
        description="Interconnection limit, MW at the meter"
    )
    import_violation_usd_per_mwh: Positive | None = Field(
        default=None, description="Makes the import limit soft at this price; hard when absent"
    )
    pue: PueOrCurve = Field(default=1.0, description="Site load per MW of machines")
    auxiliary_load_mw: Annotated[NonNegativeSeries, Series("MW"), OfImport()] = Field(
        default=0.0, description="Load that runs always, MW"
    )
    ramp_up_mw_per_hour: Positive | None = Field(default=None, description="Fastest rise of grid import")
    ramp_down_mw_per_hour: Positive | None = Field(default=None, description="Fastest fall of grid import")
