"""The bill of a schedule: by billing period, line by line as a utility prints it, with what each line goes by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F
from optimizer.conditions import Conditions
from optimizer.config.rates import Rates
from optimizer.dispatch import Dispatch
from optimizer.ledger import Kind, of_kind, title
from optimizer.market.periods import Period
from optimizer.settlement.account import Settlement, settle
from optimizer.settlement.charges import beyond, later_usd, peaks, short_of, tag_usd

KW_PER_MW = 1000.0


@dataclass(frozen=True)
class BillLine:
    """One line of a bill.

    ``line`` is the line of the account it belongs to, ``name`` what the contract calls it. ``quantity`` times ``rate``
    USD per ``unit`` is the charge; ``usd`` is the plan's part of it, and ``owed_usd`` what is owed without the plan.
    ``measured`` is the measured peak in kW, of a coincident peak what is expected at it, and ``at`` the interval that
    set it. Credits are negative.
    """

    period: str
    line: str
    name: str
    quantity: float
    unit: str
    rate: float
    usd: float
    owed_usd: float = 0.0
    measured: float | None = None
    at: int | None = None

    @property
    def is_credit(self) -> bool:
        """Whether it is money for power sold, which a bill shows apart."""
        return self.line in of_kind(Kind.SALE)


def bill(c: Conditions, dispatch: Dispatch) -> tuple[BillLine, ...]:
    """The bill of a schedule, by period. Its USD add up to the account's lines of the same names, signs turned."""
    s = settle(c, dispatch)
    lines: list[BillLine] = []
    for p, period in enumerate(c.billing.periods):
        lines += [*_energy(c, s, dispatch, period), *_charges(c, s, dispatch, p)]
    return tuple(lines)


def _line(period: Period, line: str, name: str, mwh: F, usd: F) -> Iterator[BillLine]:
    """A line over energy: kWh and the mean rate. Nothing where there is none of either."""
    inside = slice(period.first, period.stop)
    kwh, charge = KW_PER_MW * float(mwh[inside].sum()), float(usd[inside].sum())
    if kwh or charge:
        yield BillLine(period.label, line, name, kwh, "kWh", charge / kwh if kwh else 0.0, charge)


def _energy(c: Conditions, s: Settlement, dispatch: Dispatch, period: Period) -> Iterator[BillLine]:
    market, energy, hours = c.market, c.farm.energy, c.grid.hours
    price, spot_mwh = market.energy_price_usd_per_mwh, s.spot_mw * hours
    if market.rate_shares:
        for name, share in market.rate_shares.items():
            yield from _line(period, "energy", name, spot_mwh * share, spot_mwh * share * _rate(c, name))
    else:
        yield from _line(period, "energy", title("energy"), spot_mwh, spot_mwh * price)
    for block in energy.blocks:
        mwh = market.block_mw[block.name] * hours
        yield from _line(period, "block_cost", block.name, mwh, mwh * market.block_price_usd_per_mwh[block.name])
    for supply in energy.supplies:
        mwh = dispatch.supply_mw[supply.name] * hours
        yield from _line(period, "supply_cost", supply.name, mwh, mwh * market.supply_price_usd_per_mwh[supply.name])
    billed = s.import_mw * hours * (1.0 + energy.loss_share)
    adders = billed * market.adders_usd_per_mwh
    if adders.any():
        yield from _line(period, "adders", "Adders", billed, adders)
    for k, block in enumerate(energy.blocks):
        if block.resale is not None:
            mwh = s.resold_mw[k] * hours
            earned = mwh * (price - block.resale.fee_usd_per_mwh)
            yield from _line(period, "resale_revenue", f"Resale of {block.name}", mwh, -earned)
    exported = dispatch.export_mw * hours
    earned = exported * market.export_price_usd_per_mwh
    yield from _line(period, "export_revenue", title("export_revenue"), exported, -earned)


def _rate(c: Conditions, name: str) -> float:
    """USD per MWh of a rate by its name; the rest of the hours have another."""
    rates = c.farm.energy.price_usd_per_mwh
    assert isinstance(rates, Rates), "only rates have shares"
    return next((rate.usd_per_mwh for rate in rates.rates if rate.name == name), rates.otherwise_usd_per_mwh or 0.0)


def _charges(c: Conditions, s: Settlement, dispatch: Dispatch, p: int) -> Iterator[BillLine]:
    billing, energy = c.billing, c.farm.energy
    period = billing.periods[p]
    inside = slice(period.first, period.stop)
    for tier in billing.tiers:
        if tier.period == p:
            rule, above = energy.tiers[tier.item], beyond(tier, s.import_mw)
            yield from _line(period, "energy_tiers", rule.name, above, above * rule.adds_usd_per_mwh)
    for bill_, peak in zip(billing.peak_bills, peaks(c, s.import_mw), strict=True):
        if bill_.period == p:
            demand = energy.demand[bill_.charge]
            yield BillLine(
                period.label,
                "demand_charge",
                demand.name,
                KW_PER_MW * (peak.billed_mw - demand.above_mw),
                "kW",
                bill_.rate_usd_per_mw / KW_PER_MW,
                bill_.rate_usd_per_mw * (peak.billed_mw - bill_.owed_mw),
                bill_.rate_usd_per_mw * (bill_.owed_mw - demand.above_mw),
                None if peak.at is None else KW_PER_MW * peak.measured_mw,
                peak.at,
            )
    yield from _held_up(c, s, p)
    for take in billing.takes:
        if take.period == p:
            supply = energy.supplies[take.item]
            missed = np.zeros(len(c.grid))
            missed[take.intervals[-1]] = short_of(take, dispatch.supply_mw[supply.name])
            usd = missed * (0.0 if supply.minimum_take is None else supply.minimum_take.shortfall_usd_per_mwh)
            yield from _line(period, "take_shortfall_penalty", f"Not taken from {supply.name}", missed, usd)
    for tag in billing.tags:
        if not tag.weight[inside].any():
            continue
        rate = tag.rate_usd_per_mw / KW_PER_MW
        measured = KW_PER_MW * float((tag.weight * s.import_mw)[inside].sum())
        charge = float(tag_usd(tag, s.import_mw)[inside].sum())
        name = f"{energy.coincident_peaks[tag.charge].name} {tag.year}, billed next year"
        billed = charge / rate if rate else 0.0
        yield BillLine(period.label, "coincident_peak", name, billed, "kW", rate, charge, 0.0, measured)
    for line, name in (("fixed_charges", "Fixed charge"), ("minimum_bill", title("minimum_bill"))):
        charge = -float(s.usd[line][inside].sum())
        if charge:
            yield BillLine(period.label, line, name, 1.0, "period", charge, charge)


def _held_up(c: Conditions, s: Settlement, p: int) -> Iterator[BillLine]:
    """What the peaks of a billing period add to bills after the plan, by a ratchet: a line for each demand charge."""
    found, billing = peaks(c, s.import_mw), c.billing
    for b, one in enumerate(billing.peak_bills):
        if one.period != p:
            continue
        added = [(bill, usd) for bill in billing.later_bills for usd, at in [later_usd(bill, found)] if at == b and usd]
        if added:
            charge, rate = sum(usd for _, usd in added), one.rate_usd_per_mw / KW_PER_MW
            name = (
                f"{c.farm.energy.demand[one.charge].name} held up in {len(added)} later periods to {added[-1][0].label}"
            )
            measured, at = KW_PER_MW * found[b].measured_mw, found[b].at
            period = billing.periods[p].label
            yield BillLine(period, "later_demand_charge", name, charge / rate, "kW", rate, charge, 0.0, measured, at)
