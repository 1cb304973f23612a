"""The account of a study: money from decisions and prices alone. It knows nothing of the program that decided.

Every line is USD per (periods, paths), positive when the owners gain. Tax carries losses forward; cash follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimizer.arrays import F
from optimizer.conversion.case import Case, capacity_usd_per_mw
from optimizer.conversion.returns import irr

_CENT = 0.01


@dataclass(frozen=True, eq=False)
class Decisions:
    """What is decided on each path.

    converted_mw: critical MW (vintages, paths). machines_mw, bought_mw, sold_mw: (groups, periods, paths). running_mw:
    (blocks, groups, periods, paths). unserved_mw, backup_mw: (offers, calls, periods, paths). enrolled_mw, btc_sold,
    equity_usd: (periods, paths). cut_mw: (calls, periods, paths). drawn_usd, repaid_usd: (offers, periods, paths).
    """

    converted_mw: F
    machines_mw: F
    bought_mw: F
    sold_mw: F
    running_mw: F
    unserved_mw: F
    backup_mw: F
    enrolled_mw: F
    cut_mw: F
    drawn_usd: F
    repaid_usd: F
    btc_sold: F
    equity_usd: F


@dataclass(frozen=True, eq=False)
class StudyAccount:
    """A study's money: ``lines`` by name, (periods, paths); ``at_end`` by name, (paths,), as of the study's end."""

    case: Case
    decisions: Decisions
    lines: Mapping[str, F]
    at_end: Mapping[str, F]
    cash_usd: F

    @cached_property
    def net(self) -> F:
        """What the owners gain in each period, (periods, paths)."""
        return np.asarray(np.sum(list(self.lines.values()), axis=0))

    @cached_property
    def npv(self) -> F:
        """Net present value on each path at the study's discount rate, (paths,)."""
        line, rate = self.case.timeline, self.case.site.study.money.discount_rate
        end = np.sum(list(self.at_end.values()), axis=0)
        return np.asarray(line.discount(rate) @ self.net + line.end_discount(rate) * end)

    @property
    def expected_npv(self) -> float:
        """Mean of the net present value over the paths, by their probability."""
        return float(self.case.paths.probability @ self.npv)

    def present(self, line: str) -> float:
        """Expected present value of one line."""
        time, rate = self.case.timeline, self.case.site.study.money.discount_rate
        if line in self.lines:
            return float(time.discount(rate) @ self.lines[line] @ self.case.paths.probability)
        return float(time.end_discount(rate) * self.at_end[line] @ self.case.paths.probability)

    def flows(self, path: int = 0) -> tuple[F, F]:
        """Times in years and what the owners gain at them on a path, the end of the study last."""
        end = sum(float(values[path]) for values in self.at_end.values())
        times = np.append(self.case.timeline.middles, self.case.timeline.months / 12.0)
        return times, np.append(self.net[:, path], end)


def account_of(case: Case, d: Decisions) -> StudyAccount:
    """The account of decisions."""
    money = case.site.study.money
    lines = {**_mining(case, d), **_hosting(case, d), **_financing(case, d)}
    lines["site_upkeep"] = -case.site_usd
    lines["tax"] = -money.tax_rate * _taxed(case, d, lines)
    at_end = {
        "rest_of_contracts": np.einsum("vs,vs->s", case.vintages.rest_usd, d.converted_mw),
        "rest_of_machines": np.einsum("gs,gs->s", case.machine_rest_usd_per_mw, d.machines_mw[:, -1]),
        "rest_of_debt": -(d.drawn_usd - d.repaid_usd).sum(axis=(0, 1)),
    }
    brought = case.btc_usd * d.btc_sold + d.equity_usd
    cash = money.cash_usd + np.cumsum(np.sum(list(lines.values()), axis=0) + brought, axis=0)
    return StudyAccount(case, d, lines, at_end, cash)


def _mining(case: Case, d: Decisions) -> dict[str, F]:
    blocks, years = case.site.blocks, case.timeline.years[:, None]
    program, machines = case.site.study.power.flexibility, case.site.study.machines
    energy = d.running_mw * case.block_hours[:, None, :, None]
    cut = (d.cut_mw * case.block_hours[blocks.open :][..., None]).sum(axis=0)
    return {
        "hash_income": np.einsum("gqs,bgqs->qs", case.hash_usd_per_mwh, energy),
        "mining_power": -np.einsum("bqs,bgqs->qs", case.power_usd_per_mwh, energy),
        "machine_upkeep": -machines.upkeep_usd_per_mw_year * years * d.machines_mw.sum(axis=0),
        "machine_sales": (case.resale_usd_per_mw * d.sold_mw).sum(axis=0),
        "machine_purchases": -(case.purchase_usd_per_mw * d.bought_mw).sum(axis=0),
        "capacity_payment": capacity_usd_per_mw(case)[:, None] * d.enrolled_mw,
        "cut_payment": cut * (0.0 if program is None else program.cut_usd_per_mwh),
    }


def _hosting(case: Case, d: Decisions) -> dict[str, F]:
    v, blocks = case.vintages, case.site.blocks
    hours = case.block_hours[blocks.open :][..., None]
    prices = case.power_usd_per_mwh[blocks.open :]
    credited, fuel = np.zeros_like(case.site_usd), np.zeros_like(case.site_usd)
    for o, offer in enumerate(case.offers):
        saved = prices if offer.power_paid_by == "farm" else np.zeros_like(prices)
        credited -= (d.unserved_mw[o] * hours * (offer.service.credit_usd_per_mwh - saved)).sum(axis=0)
        fuel -= (d.backup_mw[o] * hours * (offer.service.backup_usd_per_mwh - saved)).sum(axis=0)

    def of_vintages(per_mw: F) -> F:
        return np.asarray(np.einsum("vqs,vs->qs", per_mw, d.converted_mw))

    return {
        "rent": of_vintages(v.rent_usd),
        "tenant_power": -of_vintages(case.tenant_power_usd_per_mw),
        "tenant_upkeep": -of_vintages(v.upkeep_usd),
        "service_credits": credited,
        "backup_fuel": fuel,
        "capex": -of_vintages(v.capex_usd),
        "deposits": of_vintages(v.deposit_usd),
    }


def _financing(case: Case, d: Decisions) -> dict[str, F]:
    money, years = case.site.study.money, case.timeline.years[:, None]
    interest = np.zeros_like(case.site_usd)
    for o, offer in enumerate(case.offers):
        change = d.drawn_usd[o] - d.repaid_usd[o]
        owed = np.cumsum(change, axis=0)
        rate = 0.0 if offer.debt is None else offer.debt.rate_per_year
        interest -= rate * years * (owed + owed - change) / 2.0  # on the mean of its beginning and its end
    return {
        "interest": interest,
        "borrowed": (d.drawn_usd - d.repaid_usd).sum(axis=0),
        "bitcoin_discount": -money.treasury.discount_share * case.btc_usd * d.btc_sold,
        "equity_cost": -money.equity.cost_share * d.equity_usd,
    }


_UNTAXED = frozenset({"capex", "deposits", "borrowed", "bitcoin_discount", "equity_cost"})


def _taxed(case: Case, d: Decisions, lines: Mapping[str, F]) -> F:
    """Income taxed in each period, losses carried forward as soon as they can be, (periods, paths)."""
    money = case.site.study.money
    gain = case.btc_gain_usd * d.btc_sold
    written_off = np.einsum("vqs,vs->qs", case.vintages.depreciation_usd, d.converted_mw)
    income: F = gain - written_off
    for name, values in lines.items():
        income = income if name in _UNTAXED else income + values
    losses = np.full(income.shape[1], money.losses_carried_usd)
    taxed = np.zeros_like(income)
    for q, earned in enumerate(income):
        balance = earned - losses
        taxed[q], losses = np.maximum(balance, 0.0), np.maximum(-balance, 0.0)
    return taxed


@dataclass(frozen=True)
class Returns:
    """What a plan gains over another: net present value, internal rate of return and payback, None where there is none.

    ``payback_years``: when the sum of the gains turns positive for good.
    """

    npv: float
    irr: float | None
    payback_years: float | None


def returns_over(plan: StudyAccount, other: StudyAccount) -> Returns:
    """What a plan gains over another on the same paths, expected flow by flow."""
    p = plan.case.paths.probability
    gains = [plan.flows(s)[1] - other.flows(s)[1] for s in range(len(p))]
    times, expected = plan.flows(0)[0], np.tensordot(p, np.array(gains), 1)
    npv = plan.expected_npv - other.expected_npv
    if (np.abs(expected) < _CENT).all():
        return Returns(npv, None, None)
    short = np.flatnonzero(np.cumsum(expected) < -_CENT)
    after = int(short[-1]) + 1 if len(short) else 0
    return Returns(npv, irr(times, expected), float(times[after]) if after < len(times) else None)
