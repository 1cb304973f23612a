"""Clients as a farm file gives them: their groups, what they pay, and the uptime they are promised."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from optimizer.config.base import Name, NonNegative, Positive, Price, Section, Share, refuse
from optimizer.config.composed import Listed, calls_in
from optimizer.config.document import Keys
from optimizer.config.plain import FoundAt, entries, get, meant


def _all_or_names(value: Any) -> str:
    return "all" if isinstance(value, str) else "names"


Calls = Annotated[
    Annotated[Literal["all"], Tag("all")] | Annotated[tuple[Name, ...], Tag("names")],
    Discriminator(_all_or_names),
]


class Excused(Section):
    """Downtime that does not count."""

    calls: Calls = Field(default=(), description="Names of events and programs of events, or `all`")
    above_usd_per_mwh: Price | None = Field(
        default=None, description="Hours in which energy costs more than the client agreed to, USD/MWh"
    )
    maintenance_hours: NonNegative | None = Field(
        default=None, description="Hours out of service per machine and billing period, on the mean; all when absent"
    )


class Credit(Section):
    """A step of the service credits."""

    below: Share | None = Field(default=None, description="Uptime below which it is credited; the promised when absent")
    usd_per_machine_hour: NonNegative | None = Field(
        default=None, description="Credited for every machine-hour short, USD"
    )
    fee_share_per_point: NonNegative | None = Field(
        default=None, description="Or so: share of the monthly fee for every percentage point of uptime short"
    )

    @model_validator(mode="after")
    def _has_one_price(self) -> Credit:
        if (self.usd_per_machine_hour is None) == (self.fee_share_per_point is None):
            raise ValueError("give either usd_per_machine_hour or fee_share_per_point")
        return self


class Uptime(Section):
    """Uptime promised over a billing period, of the hours of all machines that stand there; excused hours count as run.

    Without credits it is a limit that no price lifts.
    """

    share: Share = Field(description="Share of machine-hours that run at least")
    credits: Annotated[tuple[Credit, ...], Field(max_length=20)] = Field(
        default=(), description="What is credited below it, dearer step by step; forbidden when absent"
    )
    excused: Excused = Field(default=Excused(), description="Downtime that does not count")

    @model_validator(mode="after")
    def _steps_fall_and_prices_rise(self) -> Uptime:
        faults: list[tuple[Keys, str]] = []
        below = [self.share if credit.below is None else credit.below for credit in self.credits]
        if below and below[0] > self.share:
            faults.append((("credits", 0, "below"), f"must be at most the promised share, {self.share:g}"))
        steps = zip(pairwise(below), pairwise(self.credits), strict=True)
        for i, ((higher, lower), (first, then)) in enumerate(steps, 1):
            if lower >= higher:
                faults.append((("credits", i, "below"), f"must lie below that of the step before, {higher:g}"))
            for key in ("usd_per_machine_hour", "fee_share_per_point"):
                one, other = getattr(first, key), getattr(then, key)
                if (one is None) != (other is None):
                    sentence = "must be given in every step or in none"
                elif one is not None and other < one:
                    sentence = (
                        f"must be at least that of the step before, {one:g}: where a further hour short costs less, "
                        f"the best of many schedules cannot be found by a linear program (got {other:g})"
                    )
                else:
                    continue
                faults.append((("credits", i, key), sentence))
                break
        refuse("Uptime", faults)
        return self


class Client(Listed):
    """A client who owns groups of hosted machines; their `hosting` says what each pays for its energy."""

    KEY: ClassVar[str] = "clients"
    ABOUT: ClassVar[str] = "Clients who own groups, what they pay, and the uptime they are promised"
    ENTRY: ClassVar[str] = "client"

    name: Name = Field(description="Name of the client, unique in the file; invoices bear it")
    groups: Annotated[tuple[Name, ...], Field(min_length=1)] = Field(description="The client's groups, by name")
    fee_usd_per_month: Positive | None = Field(default=None, description="Fee per billing period, USD")
    uptime: Uptime | None = Field(default=None, description="Uptime that is promised")
    cut_income_share: Share = Field(
        default=0.0, description="Share of what events pay for cuts that the client is paid"
    )

    @model_validator(mode="after")
    def _has_the_fee_that_credits_are_shares_of(self) -> Client:
        steps = () if self.uptime is None else self.uptime.credits
        if self.fee_usd_per_month is None and any(step.fee_share_per_point is not None for step in steps):
            refuse("Client", [(("fee_usd_per_month",), "is missing: credits are a share of it")])
        return self


def faults(farm: Any) -> Iterator[FoundAt]:
    """Groups that are not there, are another's or not hosted; events that are not there; shares beyond the whole."""
    fleet = {name: group for _, group in entries(farm, "fleet") if isinstance(name := get(group, "name"), str)}
    calls = calls_in(farm)
    owners: dict[str, str] = {}
    shared = 0.0
    for path, client in Client.standing(farm):
        for i, name in entries(client, "groups"):
            if not isinstance(name, str):
                continue
            if name not in fleet:
                yield (*path, "groups", i), f"no group of the fleet has this name; {meant(name, list(fleet))}"
            elif get(fleet[name], "hosting") is None:
                yield (*path, "groups", i), f"{name} is self-mined: give the group `hosting`, what its energy is paid"
            if name in owners:
                yield (*path, "groups", i), f"{name} belongs to {owners[name]} already"
            owners.setdefault(name, str(get(client, "name")))
        excused = get(get(client, "uptime"), "excused")
        for i, name in entries(excused, "calls"):
            if isinstance(name, str) and name not in calls:
                at = (*path, "uptime", "excused", "calls", i)
                yield at, f"no event and no program has this name; {meant(name, calls)}"
        share = get(client, "cut_income_share")
        shared += share if isinstance(share, int | float) else 0.0
        if shared > 1.0 + 1e-9 and share:
            yield (*path, "cut_income_share"), f"with those before it clients are paid {shared:g} of one whole"
    for key in ("downtime_machine_hours", "maintenance_machine_hours"):
        yield from Client.unknown(farm, "state", "uptime", key)
