"""Demand charges as a contract gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag, model_validator

from optimizer.config.base import Name, NonNegative, OfImport, Section, Share, refuse
from optimizer.config.calendar import Month, MonthLabel, When
from optimizer.config.composed import Listed, Place
from optimizer.config.document import dotted
from optimizer.config.plain import FoundAt, entries, get
from optimizer.units import KW_PER_MW


def _number_or_months(value: Any) -> str:
    return "by month" if isinstance(value, dict) else "number"


PeaksByMonth = Annotated[
    Annotated[NonNegative, Tag("number")] | Annotated[dict[MonthLabel, NonNegative], Tag("by month")],
    Discriminator(_number_or_months),
]


class Ratchet(Section):
    """Past peaks that hold the billed peak up."""

    share: Share = Field(description="Share of the highest past peak that is billed at least")
    months: Annotated[int, Field(ge=1, le=36)] = Field(description="Billing periods looked back over")
    of_months: Annotated[tuple[Month, ...], Field(min_length=1)] | None = Field(
        default=None, description="Months whose peaks count, such as the summer's; all when absent"
    )
    first_month: MonthLabel | None = Field(
        default=None, description="First billing period of the connection: nothing is looked for before it"
    )


class Demand(Listed):
    """A charge on the highest import of a billing period, in MW or kW as the contract has it."""

    KEY: ClassVar[str] = "demand"
    PLACE: ClassVar[Place] = "energy"
    ABOUT: ClassVar[str] = "Charges on the highest import of a billing period"
    ENTRY: ClassVar[str] = "demand charge"
    TERM: ClassVar[str] = "demand charge"
    MOST: ClassVar[int] = 50

    name: Name = Field(description="What the bill calls it, unique in the file")
    usd_per_kw: NonNegative | None = Field(default=None, description="USD per kW and billing period")
    usd_per_mw: NonNegative | None = Field(default=None, description="USD per MW and billing period")
    when: When | None = Field(default=None, description="Hours whose import counts; all when absent")
    above_mw: NonNegative = Field(default=0.0, description="Charged for what lies above it: a further tier")
    minimum_mw: Annotated[NonNegative, OfImport()] = Field(default=0.0, description="Least that is billed by contract")
    ratchet: Ratchet | None = Field(default=None, description="Past peaks that hold the billed peak up")
    expected_peak_mw: Annotated[NonNegative | None, OfImport()] = Field(
        default=None, description="Peak expected anyway in a billing period that goes on after the plan"
    )
    expected_peaks_mw: Annotated[PeaksByMonth | None, OfImport()] = Field(
        default=None,
        description="Peaks expected anyway in billing periods after the plan, MW, by month or the same for all: what a "
        "new peak holds up there is charged above them; the highest past peak when absent, full load without any",
    )

    @model_validator(mode="after")
    def _has_one_rate(self) -> Demand:
        if (self.usd_per_kw is None) == (self.usd_per_mw is None):
            raise ValueError("give either usd_per_kw or usd_per_mw")
        return self

    @model_validator(mode="after")
    def _expects_later_peaks_for_a_ratchet(self) -> Demand:
        if self.expected_peaks_mw is not None and self.ratchet is None:
            refuse("Demand", [(("expected_peaks_mw",), "goes with a ratchet: without one no peak is billed later")])
        return self

    def expected_later_mw(self, label: str) -> float | None:
        """The peak that the contract expects of a billing period after the plan, None where it does not say."""
        given = self.expected_peaks_mw
        return given.get(label) if isinstance(given, dict) else given

    @property
    def rate_usd_per_mw(self) -> float:
        """USD per MW and billing period."""
        return self.usd_per_mw if self.usd_per_mw is not None else KW_PER_MW * (self.usd_per_kw or 0.0)


def faults(farm: Any) -> Iterator[FoundAt]:
    """Ratchets without past peaks, peaks of charges that are not there, and a tail that would blur when they count."""
    yield from _ratchets(farm)
    for key in ("peaks_mw", "past_peaks_mw"):
        yield from Demand.unknown(farm, "state", "bill", key)
    yield from _coarse_tail(farm)


def _ratchets(farm: Any) -> Iterator[FoundAt]:
    """Ratchets without past peaks; those of a contract by itself wait for the farm that has them."""
    if get(farm, "fleet") is None:
        return
    past = get(get(get(farm, "state"), "bill"), "past_peaks_mw")
    for path, demand in Demand.standing(farm):
        name, ratchet = get(demand, "name"), get(demand, "ratchet")
        known = isinstance(past, dict) and isinstance(name, str) and past.get(name)
        if ratchet is not None and not known and get(ratchet, "first_month") is None:
            give = "give them by month under state.bill.past_peaks_mw, by the name of this charge"
            new = "ratchet.first_month, the first billing period of a new connection"
            yield (*path, "ratchet"), f"goes by past peaks, and none are known: {give}, or {new}"


def _coarse_tail(farm: Any) -> Iterator[FoundAt]:
    """A tail whose intervals hide when a demand charge counts: its peaks would seem to come whatever is planned."""
    minutes = get(get(get(farm, "horizon"), "tail"), "minutes")
    if not isinstance(minutes, int) or minutes <= 60:
        return
    for path, charge in Demand.standing(farm):
        when = get(charge, "when")
        parts = [when, *(part for _, part in entries(when, "any_of"))]
        if any(get(part, "hours") for part in parts if part is not None):
            sentence = f"must be at most 60: {dotted(path)} counts certain hours, which longer intervals would blur"
            yield ("horizon", "tail", "minutes"), f"{sentence} (got {minutes})"
            return
