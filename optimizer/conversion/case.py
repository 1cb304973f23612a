"""One question to be answered: every number of a study as plain arrays over groups, blocks, periods and paths.

Both the linear program and the account of money read a case; neither reads the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from optimizer.arrays import F
from optimizer.conversion.files.offer import Offer
from optimizer.conversion.files.study import Study
from optimizer.conversion.groups import Groups
from optimizer.conversion.paths import CentralBitcoin, Paths
from optimizer.conversion.power import Blocks
from optimizer.conversion.timeline import HOURS_PER_YEAR, MONTHS_PER_YEAR, Timeline
from optimizer.conversion.vintages import Vintages, vintages_of
from optimizer.units import HOURS_PER_DAY, KW_PER_MW, TERAHASH_PER_PETAHASH


@dataclass(frozen=True, eq=False)
class StudySite:
    """What a study begins with, read once: the farm's site and machines, its power, and bitcoin's central path.

    ``adders_usd_per_mwh`` and ``loss_share`` turn hub prices into prices at the meter. ``site_mw`` is what the
    connection leaves machines and tenants.
    """

    name: str
    study: Study
    offers: tuple[Offer, ...]
    timeline: Timeline
    groups: Groups
    blocks: Blocks
    bitcoin: CentralBitcoin
    site_mw: float
    auxiliary_mw: float
    adders_usd_per_mwh: float
    loss_share: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """What is varied to find where a decision flips: factors on the study's figures, and months of further delay."""

    btc_price: float = 1.0
    hashprice: float = 1.0
    rent: float = 1.0
    capex: float = 1.0
    power: float = 1.0
    delay_months: int = 0


@dataclass(frozen=True, eq=False)
class Case:
    """A site on its paths, with something changed or not.

    hash_usd_per_mwh, btc_per_mwh, resale_usd_per_mw, purchase_usd_per_mw: (groups, periods, paths).
    power_usd_per_mwh: at the meter, (blocks, periods, paths). btc_usd, hashprice_usd_per_ph_day, site_usd, and
    machine_prices, a factor on what machines are bought and sold for: (periods, paths).
    """

    site: StudySite
    paths: Paths
    hash_usd_per_mwh: F
    btc_per_mwh: F
    resale_usd_per_mw: F
    purchase_usd_per_mw: F
    power_usd_per_mwh: F
    btc_usd: F
    hashprice_usd_per_ph_day: F
    machine_prices: F
    site_usd: F
    vintages: Vintages
    offers: tuple[Offer, ...] = field(default=())

    @property
    def timeline(self) -> Timeline:
        """How time is cut."""
        return self.site.timeline

    @cached_property
    def block_hours(self) -> F:
        """Hours of each block over each period, (blocks, periods)."""
        return self.site.blocks.hours[:, None] * self.timeline.years

    @cached_property
    def mean_power_usd_per_mwh(self) -> F:
        """Mean price of a load that never stops, (periods, paths)."""
        return np.asarray(np.tensordot(self.site.blocks.hours, self.power_usd_per_mwh, 1) / HOURS_PER_YEAR)

    @cached_property
    def tenant_power_usd_per_mw(self) -> F:
        """What the farm pays for the power of a vintage's critical MW, (vintages, periods, paths)."""
        pays = np.array([offer.power_paid_by == "farm" for offer in self.offers], dtype=np.float64)
        hours = HOURS_PER_YEAR * self.timeline.years[:, None]
        return pays[self.vintages.offer][:, None, None] * self.vintages.drawn_mw * hours * self.mean_power_usd_per_mwh

    @cached_property
    def offer_mw(self) -> F:
        """Most critical MW of each offer that fit the site, (offers,)."""
        return np.array(
            [min(offer.size.most_mw, self.site.site_mw / offer.gross_per_critical) for offer in self.offers]
        )

    @cached_property
    def btc_gain_usd(self) -> F:
        """What a treasury BTC sold brings more than was paid for it, (periods, paths), to a hundredth of a cent.

        Never less than nothing: a company's capital losses do not reduce the tax on its income.
        """
        treasury = self.site.study.money.treasury
        paid = self.site.study.bitcoin.price_usd if treasury.paid_usd_per_btc is None else treasury.paid_usd_per_btc
        return np.maximum(np.round(self.btc_usd * (1.0 - treasury.discount_share) - paid, 4), 0.0)

    @cached_property
    def machine_rest_usd_per_mw(self) -> F:
        """What machines bring at the end, after tax, (groups, paths)."""
        groups, years = self.site.groups, self.timeline.months / MONTHS_PER_YEAR
        value = (
            (1.0 - self.site.study.money.tax_rate) * groups.resale_usd_per_mw * (1.0 + groups.resale_growth) ** years
        )
        return np.asarray(value[:, None] * self.machine_prices[-1])


def case_of(site: StudySite, paths: Paths, change: Change | None = None) -> Case:
    """The arrays of a site on its paths, with something changed."""
    change = change or Change()
    study, timeline, groups, blocks = site.study, site.timeline, site.groups, site.blocks
    paths = paths.later(change.delay_months)
    mined = site.bitcoin.btc_per_ph_day / paths.difficulty * (1.0 - study.bitcoin.pool_fee_share)
    price = site.bitcoin.price_usd * paths.btc * change.btc_price
    hashprice = timeline.mean(price * mined * change.hashprice).T
    expected = timeline.mean(site.bitcoin.price_usd * site.bitcoin.btc_per_ph_day)[:, None]
    expected = expected * (1.0 - study.bitcoin.pool_fee_share)
    machine_prices = (hashprice / expected) ** study.machines.prices_follow_hashprice
    per_mwh = groups.th_per_mw / (TERAHASH_PER_PETAHASH * HOURS_PER_DAY)  # PH/s days per MWh
    growth = timeline.mean((1.0 + study.power.growth_per_year) ** _years(timeline) * paths.power * change.power).T
    hub = blocks.usd_per_mwh[:, None, None] * growth
    adders = site.adders_usd_per_mwh + blocks.charge_usd_per_mwh[:, None, None]
    meter = (1.0 + site.loss_share) * (hub + adders)
    mean_power = np.tensordot(blocks.hours, meter, 1) / HOURS_PER_YEAR
    auxiliary = site.auxiliary_mw * HOURS_PER_YEAR * timeline.years[:, None] * mean_power
    offers = tuple(_changed(offer, change) for offer in site.offers)
    money, middles = study.money, timeline.middles
    resale = groups.resale_usd_per_mw[:, None] * (1.0 + groups.resale_growth) ** middles
    purchase = groups.purchase_usd_per_mw[:, None] * (1.0 + groups.purchase_growth[:, None]) ** middles
    return Case(
        site,
        paths,
        per_mwh[:, None, None] * hashprice + groups.hosted_usd_per_mwh[:, None, None],
        per_mwh[:, None, None] * timeline.mean(mined).T,
        resale[..., None] * machine_prices,
        purchase[..., None] * machine_prices,
        meter,
        timeline.mean(price).T,
        hashprice,
        machine_prices,
        money.site_usd_per_year * timeline.years[:, None] + auxiliary,
        vintages_of(
            offers,
            timeline,
            paths.delay_months,
            rate=money.discount_rate,
            tax_rate=money.tax_rate,
            rest_share=money.contract_rest_share,
            last_power_usd_per_mwh=mean_power[-1],
        ),
        offers,
    )


def _years(timeline: Timeline) -> F:
    """Middles of the months in years, (months,)."""
    return (np.arange(timeline.months) + 0.5) / MONTHS_PER_YEAR


def _changed(offer: Offer, change: Change) -> Offer:
    rent = offer.rent.model_copy(update={"usd_per_kw_month": offer.rent.usd_per_kw_month * change.rent})
    capex = offer.capex.model_copy(update={"usd_per_mw": offer.capex.usd_per_mw * change.capex})
    return offer.model_copy(update={"rent": rent, "capex": capex})


def capacity_usd_per_mw(case: Case) -> F:
    """What a program pays per MW enrolled over each period, (periods,)."""
    program = case.site.study.power.flexibility
    per_month = 0.0 if program is None else KW_PER_MW * program.capacity_usd_per_kw_month
    return np.asarray(per_month * np.asarray(case.timeline.lengths, dtype=np.float64))
