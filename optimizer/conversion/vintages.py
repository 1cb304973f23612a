"""What a critical megawatt of an offer, taken up in a period, pays and costs over its life: sums of months."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F, Int
from optimizer.conversion.files.offer import Offer
from optimizer.conversion.timeline import MONTHS_PER_YEAR, Timeline
from optimizer.units import KW_PER_MW


@dataclass(frozen=True, eq=False)
class Vintages:
    """Per critical MW of (offer, period it is taken up in), on each path.

    Each (vintages, periods, paths): reserved_mw and drawn_mw at the meter, means over the period; rent_usd, upkeep_usd,
    capex_usd, deposit_usd, depreciation_usd, sums over it; debt_limit_usd at its end. rest_usd (vintages, paths): what
    the contract pays after the study, after tax, as of the end. ``offer`` and ``start``: positions, (vintages,).
    """

    offer: Int
    start: Int
    reserved_mw: F
    drawn_mw: F
    rent_usd: F
    upkeep_usd: F
    capex_usd: F
    deposit_usd: F
    depreciation_usd: F
    debt_limit_usd: F
    rest_usd: F


@dataclass(frozen=True, eq=False)
class _Life:
    """A vintage by month, (paths, months), beyond the study's end as far as its contract goes."""

    reserved: F
    filled: F
    rent: F
    upkeep: F
    capex: F
    deposit: F
    depreciation: F
    lent: F


def vintages_of(
    offers: tuple[Offer, ...],
    timeline: Timeline,
    delay_months: Int,
    *,
    rate: float,
    tax_rate: float,
    rest_share: float,
    last_power_usd_per_mwh: F,
) -> Vintages:
    """All vintages of the offers, an offer's beside each other.

    ``rate`` per year, for what comes after the study; ``last_power_usd_per_mwh`` (paths,): the mean price of power
    then, which counts where the farm pays for the tenant's power.
    """
    months, starts = timeline.months, timeline.first_months[: timeline.decisions]
    pairs = [(o, p) for o in range(len(offers)) for p in range(len(starts))]
    longest = max((int(starts[-1]) + _length(offer) for offer in offers), default=0) + int(delay_months.max(initial=0))
    grid = np.arange(max(months, longest) + 1)
    lives = [_life(offers[o], int(starts[p]), grid, delay_months) for o, p in pairs]
    gross = np.array([offers[o].gross_per_critical for o, _ in pairs]).reshape(-1, 1, 1)
    drawn = gross * np.array([offers[o].load_share for o, _ in pairs]).reshape(-1, 1, 1)

    def by_period(name: str, *, mean: bool = False) -> F:
        monthly = np.array([getattr(life, name)[:, :months] for life in lives]).reshape(-1, len(delay_months), months)
        return np.asarray(np.swapaxes(timeline.mean(monthly) if mean else timeline.total(monthly), 1, 2))

    capex = by_period("capex")
    late = [life.capex[:, months:].sum(axis=1) for life in lives]
    if lives:
        capex[:, -1, :] += np.array(late)  # what falls due after the study is counted at its end
    last = timeline.first_months + np.asarray(timeline.lengths) - 1
    lent = np.array([life.lent[:, last] for life in lives]).reshape(-1, len(delay_months), len(timeline))
    rests = []
    after = (1.0 + rate) ** -((np.arange(len(grid) - months) + 0.5) / MONTHS_PER_YEAR)
    hours_per_month = 8766.0 / MONTHS_PER_YEAR
    for (o, _), life in zip(pairs, lives, strict=True):
        offer = offers[o]
        names = ("rent", "upkeep", "filled", "deposit", "depreciation")
        rest = {name: getattr(life, name)[:, months:] for name in names}
        power = 0.0
        if offer.power_paid_by == "farm":
            mw = offer.gross_per_critical * offer.load_share * rest["filled"]
            power = mw * hours_per_month * last_power_usd_per_mwh[:, None]
        taxed = rest["rent"] - rest["upkeep"] - power
        paid = (1.0 - tax_rate) * taxed + tax_rate * rest["depreciation"]
        rests.append((rest_share * paid + rest["deposit"]) @ after)
    return Vintages(
        np.array([o for o, _ in pairs], dtype=np.int64),
        np.array([p for _, p in pairs], dtype=np.int64),
        gross * by_period("reserved", mean=True),
        drawn * by_period("filled", mean=True),
        by_period("rent"),
        by_period("upkeep"),
        capex,
        by_period("deposit"),
        by_period("depreciation"),
        np.asarray(np.swapaxes(lent, 1, 2)),
        np.array(rests).reshape(len(pairs), len(delay_months)),
    )


def _length(offer: Offer) -> int:
    """Months from the decision until nothing more comes of it."""
    written_off = int(np.ceil(offer.depreciation_years * MONTHS_PER_YEAR))
    return max(offer.lead_months + max(offer.rent.term_months, written_off), offer.capex.due.months[-1]) + 1


def _life(offer: Offer, start: int, grid: Int, delay_months: Int) -> _Life:
    """A vintage taken up in month ``start``, month by month. A delay moves the first rent, not the bills."""
    first = (start + offer.lead_months + delay_months)[:, None]
    age = grid[None, :] - first
    live = (age >= 0) & (age < offer.rent.term_months)
    vacated = grid[None, :] >= start + offer.lead_months - offer.months_without_revenue
    at = np.searchsorted(np.array(offer.ramp.months), np.maximum(age, 0), side="right") - 1
    filled = live * np.array(offer.ramp.shares)[at]
    full_rent = KW_PER_MW * offer.rent.usd_per_kw_month
    rent = full_rent * filled * (1.0 + offer.rent.escalator_share) ** (np.maximum(age, 0) // MONTHS_PER_YEAR)
    capex = np.zeros(len(grid))
    np.add.at(
        capex, start + np.array(offer.capex.due.months), np.array(offer.capex.due.shares) * offer.capex.usd_per_mw
    )
    life = offer.depreciation_years * MONTHS_PER_YEAR
    used = np.clip((age + 1) / life, 0.0, 1.0) - np.clip(age / life, 0.0, 1.0)
    deposit = full_rent * offer.rent.deposit_months
    debt = offer.debt
    owed = 0.0 if debt is None else debt.share_of_cost * np.clip(1.0 - (age + 1) / (debt.years * 12.0), 0.0, 1.0)
    before = 0.0 if debt is None else debt.share_of_cost
    return _Life(
        reserved=(vacated & (age < offer.rent.term_months)).astype(np.float64),
        filled=filled,
        rent=rent,
        upkeep=KW_PER_MW * offer.upkeep_usd_per_kw_month * live.astype(np.float64),
        capex=np.broadcast_to(capex, age.shape),
        deposit=deposit * ((age == 0).astype(np.float64) - (age == offer.rent.term_months)),
        depreciation=offer.capex.usd_per_mw * used,
        lent=np.where(age >= 0, owed, before) * np.cumsum(capex)[None, :],
    )
