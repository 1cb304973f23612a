"""An offer to convert megawatts into AI hosting: its terms, where they come from, and what is assumed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from optimizer.config.base import Name, NonNegative, Positive, Section, Share, refuse

Months = Annotated[int, Field(ge=0, le=600)]
Sentence = Annotated[str, Field(min_length=1, max_length=400)]
_LEAST_USD_PER_MW = 1_000.0  # the dearest halls cost some 15 million: who gives less means millions
_MOST_USD_PER_KW_MONTH = 10_000.0  # ten times what even machines included are let for


class Instalments(Section):
    """When the capital cost falls due."""

    months: Annotated[tuple[Months, ...], Field(min_length=1, max_length=60)] = Field(
        description="Months from the decision on, rising"
    )
    shares: Annotated[tuple[Share, ...], Field(min_length=1, max_length=60)] = Field(
        description="Share of the capital cost due in each of them; together 1"
    )

    @model_validator(mode="after")
    def _pair_up(self) -> Instalments:
        faults: list[tuple[tuple[str | int, ...], str]] = list(_not_rising(self.months, "months"))
        if len(self.months) != len(self.shares):
            faults.append((("shares",), f"has {len(self.shares)} values but months has {len(self.months)}"))
        elif abs(sum(self.shares) - 1.0) > 1e-9:
            faults.append((("shares",), f"must come to 1 together (got {sum(self.shares):g})"))
        refuse("Instalments", faults)
        return self


class Ramp(Section):
    """How the tenant fills the hall; what is not filled pays no rent and draws no power."""

    months: Annotated[tuple[Months, ...], Field(min_length=1, max_length=60)] = Field(
        description="Months from the first rent on, from 0, rising"
    )
    shares: Annotated[tuple[Share, ...], Field(min_length=1, max_length=60)] = Field(
        description="Share of the critical MW in use from each of them on"
    )

    @model_validator(mode="after")
    def _pair_up(self) -> Ramp:
        faults: list[tuple[tuple[str | int, ...], str]] = list(_not_rising(self.months, "months"))
        if self.months[0] != 0:
            faults.append((("months", 0), f"must be 0, the month of the first rent (got {self.months[0]})"))
        if len(self.months) != len(self.shares):
            faults.append((("shares",), f"has {len(self.shares)} values but months has {len(self.months)}"))
        refuse("Ramp", faults)
        return self


def _not_rising(months: tuple[int, ...], key: str) -> list[tuple[tuple[str | int, ...], str]]:
    return [
        ((key, i), "must be more than the month before it") for i in range(1, len(months)) if months[i] <= months[i - 1]
    ]


class Size(Section):
    """How much of the offer can be taken up."""

    most_mw: Positive = Field(description="Most critical MW of the offer; the site's limit may allow less")
    least_mw: NonNegative = Field(default=0.0, description="Least critical MW, if any at all")
    step_mw: Positive | None = Field(default=None, description="Critical MW come in steps of so many beyond the least")

    @model_validator(mode="after")
    def _least_is_no_more(self) -> Size:
        if self.least_mw > self.most_mw:
            sentence = f"must be at most most_mw, {self.most_mw:g} (got {self.least_mw:g})"
            refuse("Size", [(("least_mw",), sentence)])
        return self


class Capex(Section):
    """What converting costs."""

    usd_per_mw: Positive = Field(description="Capital cost per critical MW, USD")
    due: Instalments = Field(
        default=Instalments(months=(0,), shares=(1.0,)), description="When it falls due; at the decision when absent"
    )

    @model_validator(mode="after")
    def _in_dollars(self) -> Capex:
        if self.usd_per_mw < _LEAST_USD_PER_MW:
            sentence = f"is in USD, not in millions: {1e6 * self.usd_per_mw:g} (got {self.usd_per_mw:g})"
            refuse("Capex", [(("usd_per_mw",), sentence)])
        return self


class Rent(Section):
    """What the tenant pays."""

    usd_per_kw_month: Positive = Field(description="Rent per critical kW and month in use, USD")
    escalator_share: Annotated[float, Field(ge=-0.5, le=0.5)] = Field(
        default=0.0, description="Rise of the rent after every twelve months"
    )
    term_months: Annotated[int, Field(ge=1, le=600)] = Field(description="Months from the first rent to the last")
    deposit_months: Annotated[float, Field(ge=0, le=60)] = Field(
        default=0.0, description="Months of full rent deposited at the first rent and given back at the end"
    )

    @model_validator(mode="after")
    def _per_kw(self) -> Rent:
        if self.usd_per_kw_month > _MOST_USD_PER_KW_MONTH:
            sentence = f"is per kW, not per MW: {self.usd_per_kw_month / 1e3:g} (got {self.usd_per_kw_month:g})"
            refuse("Rent", [(("usd_per_kw_month",), sentence)])
        return self


class Service(Section):
    """What the tenant is owed, and what keeps the hall running without the grid."""

    credit_usd_per_mwh: NonNegative = Field(
        description="Credit to the tenant per MWh of its load at the meter not served, USD"
    )
    backup_share: Share = Field(default=0.0, description="Share of the tenant's load that backup generation can serve")
    backup_usd_per_mwh: NonNegative = Field(default=0.0, description="Fuel and wear of backup generation, USD/MWh")


class Debt(Section):
    """What lenders lend on the hall."""

    share_of_cost: Share = Field(description="Most that is lent, as a share of what has been spent on building")
    rate_per_year: Annotated[float, Field(ge=0, le=1)] = Field(description="Interest per year")
    years: Annotated[float, Field(gt=0, le=50)] = Field(
        description="Paid back in equal parts over so many years from the first rent on"
    )


class Offer(Section):
    """An offer file."""

    name: Name = Field(description="Name of the offer")
    source: Sentence = Field(description="Where the published figures come from")
    assumed: Annotated[tuple[Sentence, ...], Field(max_length=40)] = Field(
        default=(), description="What is assumed where nothing is published, a sentence each"
    )
    size: Size = Field(description="How much can be taken up")
    gross_per_critical: Annotated[float, Field(ge=1, le=3)] = Field(
        description="MW of connection reserved per critical MW"
    )
    load_share: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Mean draw of a full hall as a share of what is reserved"
    )
    capex: Capex = Field(description="What converting costs")
    lead_months: Months = Field(description="Months from the decision to the first rent")
    months_without_revenue: Months = Field(
        description="Of these, the last so many, in which the machines are gone and no rent comes"
    )
    rent: Rent = Field(description="What the tenant pays")
    ramp: Ramp = Field(default=Ramp(months=(0,), shares=(1.0,)), description="How the tenant fills the hall")
    power_paid_by: Literal["tenant", "farm"] = Field(description="Who pays for the tenant's power")
    upkeep_usd_per_kw_month: NonNegative = Field(
        default=0.0, description="Running costs of the hall per critical kW and month, USD"
    )
    service: Service = Field(description="What the tenant is owed")
    debt: Debt | None = Field(default=None, description="What lenders lend; nothing when absent")
    depreciation_years: Annotated[float, Field(gt=0, le=60)] = Field(
        default=20.0, description="The capital cost is deducted from income over so many years from the first rent on"
    )

    @model_validator(mode="after")
    def _months_fit(self) -> Offer:
        faults: list[tuple[tuple[str | int, ...], str]] = []
        if self.months_without_revenue > self.lead_months:
            sentence = f"must be at most lead_months, {self.lead_months} (got {self.months_without_revenue})"
            faults.append((("months_without_revenue",), sentence))
        if self.rent.term_months < self.lead_months:
            sentence = f"counts from the first rent on, and is shorter than lead_months, {self.lead_months}"
            faults.append((("rent", "term_months"), f"{sentence} (got {self.rent.term_months})"))
        refuse("Offer", faults)
        return self
