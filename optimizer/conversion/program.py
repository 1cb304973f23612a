"""A case as sets and parameters of the investment program, and what of it is decided for all paths at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from optimizer.arrays import F
from optimizer.conversion.account import Decisions
from optimizer.conversion.case import Case, capacity_usd_per_mw
from optimizer.conversion.choices import Choices, VariantRules, choices_of
from optimizer.conversion.investment import InvestmentProblem
from optimizer.engine.language import AnySet, LabelSet, Map, RangeSet, Subset


def problem_of(case: Case, rules: VariantRules | None = None) -> InvestmentProblem:
    """The sets and parameters of a case."""
    rules = rules or VariantRules()
    at = choices_of(case, rules)
    return InvestmentProblem(_sets(case, rules, at), _numbers(case, rules, at))


def _in_steps(case: Case, rules: VariantRules) -> bool:
    """Whether conversions come in steps: not where a variant fixes them."""
    return case.site.study.whole_steps and rules.converted is None


def _sets(case: Case, rules: VariantRules, at: Choices) -> dict[str, AnySet]:
    site, names = case.site, case.site.groups.names
    blocks, line, starts = site.blocks, case.timeline, case.timeline.decisions
    groups, periods, calls = len(names), len(line), blocks.calls
    offers = tuple(offer.name for offer in case.offers)
    called = np.arange(blocks.open, len(blocks.names), dtype=np.int64)
    runs = [(group, block) for block in blocks.names for group in names]
    sheds = [(offer, call) for offer in offers for call in blocks.names[blocks.open :]]
    first = at.period_of_node == 0
    later = np.flatnonzero(~first)
    before = np.full(len(at.nodes), len(at.nodes), dtype=np.int64)
    for q in range(1, periods):
        before[at.node_of[q]] = at.node_of[q - 1]
    whole = np.arange(len(at.choices) if _in_steps(case, rules) else 0, dtype=np.int64)
    uncertainty, paths = site.study.uncertainty, len(case.paths)
    risk = ("risk",) if uncertainty is not None and uncertainty.risk_weight > 0 and paths > 1 else ()
    every = np.arange(periods, dtype=np.int64)
    every_block, every_offer = np.arange(len(blocks.names)), np.arange(len(offers))
    return {
        "GROUPS": LabelSet(names),
        "BLOCKS": LabelSet(blocks.names),
        "OPEN_BLOCKS": Subset("BLOCKS", np.arange(blocks.open, dtype=np.int64)),
        "CALLS": LabelSet(blocks.names[blocks.open :]),
        "RUNS": LabelSet(tuple(runs)),
        "PERIODS": LabelSet(line.labels),
        "FIRST_PERIODS": Subset("PERIODS", every[:1]),
        "LATER_PERIODS": Subset("PERIODS", every[1:]),
        "PATHS": LabelSet(case.paths.names),
        "NODES": LabelSet(at.nodes),
        "FIRST_NODES": Subset("NODES", np.flatnonzero(first)),
        "LATER_NODES": Subset("NODES", later),
        "OFFERS": LabelSet(offers),
        "VINTAGES": LabelSet(tuple(f"{offer}, {line.labels[q]}" for offer in offers for q in range(starts))),
        "CHOICES": LabelSet(at.choices),
        "WHOLE_CHOICES": LabelSet(tuple(at.choices[i] for i in whole)),
        "SHEDS": LabelSet(tuple(sheds)),
        "TAILS": LabelSet(risk),
        "RUNS_OF_BLOCK": RangeSet("RUNS", ("BLOCKS",), groups * every_block, groups * (every_block + 1)),
        "RUNS_OF_CALL": RangeSet("RUNS", ("CALLS",), groups * called, groups * (called + 1)),
        "VINTAGES_OF_OFFER": RangeSet("VINTAGES", ("OFFERS",), starts * every_offer, starts * (every_offer + 1)),
        "group_of_run": Map("GROUPS", ("RUNS",), np.tile(np.arange(groups), len(blocks.names))),
        "block_of_run": Map("BLOCKS", ("RUNS",), np.repeat(np.arange(len(blocks.names)), groups)),
        "node_of": Map("NODES", ("PERIODS", "PATHS"), at.node_of),
        "previous_node": Map("NODES", ("NODES",), before),
        "previous": Map("PERIODS", ("PERIODS",), np.where(every > 0, every - 1, periods)),
        "choice_of": Map("CHOICES", ("VINTAGES", "PATHS"), at.choice_of),
        "offer_of": Map("OFFERS", ("SHEDS",), np.repeat(np.arange(len(offers)), calls)),
        "call_of": Map("CALLS", ("SHEDS",), np.tile(np.arange(calls), len(offers))),
        "last_node": Map("NODES", ("PATHS",), at.node_of[-1]),
        "last_period": Map("PERIODS", ("PATHS",), np.full(paths, periods - 1, dtype=np.int64)),
    }


def _numbers(case: Case, rules: VariantRules, at: Choices) -> dict[str, F]:
    money, groups = case.site.study.money, case.site.groups
    return {
        **_mining(case, at),
        **_hosting(case),
        **_conversions(case, rules, at),
        **_money(case),
        "machines_before_mw": groups.mw,
        "losses_before_usd": _number(money.losses_carried_usd),
        "tax_rate": _number(money.tax_rate),
    }


def _number(value: float) -> F:
    return np.asarray(value, dtype=np.float64)


def _mining(case: Case, at: Choices) -> dict[str, F]:
    site, line = case.site, case.timeline
    blocks, groups, program = site.blocks, site.groups, site.study.power.flexibility
    width = len(groups.names)
    open_hours = case.block_hours * (np.arange(len(blocks.names)) < blocks.open)[:, None]
    failures = site.study.machines.failures_per_year
    return {
        "years": line.years,
        "bought_limit_mw": np.repeat(groups.bought_limit_mw[:, None], len(at.nodes), axis=1),
        "kept_share": (1.0 - failures) ** line.years[at.period_of_node],
        "run_hours": np.repeat(case.block_hours, width, axis=0),
        "call_hours": case.block_hours[blocks.open :],
        "baseline_weight": np.repeat(open_hours / open_hours.sum(axis=0), width, axis=0),
        "hash_usd_per_mwh": case.hash_usd_per_mwh,
        "power_usd_per_mwh": case.power_usd_per_mwh,
        "upkeep_usd_per_mw_year": _number(site.study.machines.upkeep_usd_per_mw_year),
        "resale_usd_per_mw": case.resale_usd_per_mw,
        "purchase_usd_per_mw": case.purchase_usd_per_mw,
        "capacity_usd_per_mw": capacity_usd_per_mw(case),
        "cut_usd_per_mwh": _number(0.0 if program is None else program.cut_usd_per_mwh),
        "enrolled_limit_mw": np.full((len(line), len(case.paths)), 0.0 if program is None else program.most_mw),
    }


def _hosting(case: Case) -> dict[str, F]:
    site, blocks, v = case.site, case.site.blocks, case.vintages
    offers = case.offers
    shape = (len(offers), blocks.calls, len(case.timeline), len(case.paths))
    hours = np.broadcast_to(case.block_hours[blocks.open :][None, :, :, None], shape)
    saved = case.power_usd_per_mwh[blocks.open :][None] * _of(offers, lambda o: float(o.power_paid_by == "farm"))
    unserved = hours * (_of(offers, lambda o: o.service.credit_usd_per_mwh) - saved)
    backup = hours * (_of(offers, lambda o: o.service.backup_usd_per_mwh) - saved)
    flat = (len(offers) * blocks.calls, *shape[2:])
    return {
        "site_mw": _number(site.site_mw),
        "call_limit_mw": site.site_mw * blocks.left_share,
        "offer_mw": case.offer_mw,
        "backup_share": np.array([offer.service.backup_share for offer in offers], dtype=np.float64),
        "reserved_mw": v.reserved_mw,
        "drawn_mw": v.drawn_mw,
        "rent_usd_per_mw": v.rent_usd,
        "tenant_power_usd_per_mw": case.tenant_power_usd_per_mw,
        "hall_upkeep_usd_per_mw": v.upkeep_usd,
        "capex_usd_per_mw": v.capex_usd,
        "deposit_usd_per_mw": v.deposit_usd,
        "unserved_usd_per_mw": unserved.reshape(flat),
        "backup_usd_per_mw": backup.reshape(flat),
    }


def _of(offers: tuple[Any, ...], value: Callable[[Any], float]) -> F:
    return np.array([value(offer) for offer in offers], dtype=np.float64).reshape(-1, 1, 1, 1)


def _conversions(case: Case, rules: VariantRules, at: Choices) -> dict[str, F]:
    offers, v = case.offers, case.vintages
    offer, start = v.offer[at.vintage_of_choice], v.start[at.vintage_of_choice]
    least = np.zeros(len(at.choices))
    most = np.where(start >= rules.first, case.offer_mw[offer], 0.0)
    if rules.converted is not None:
        asked = np.array([rules.converted.get(o, 0.0) for o in range(len(offers))])
        most = least = np.where(start == 0, asked[offer], 0.0)
    whole = _in_steps(case, rules)
    sizes = [offers[o].size for o in offer.tolist()] if whole else []
    step = np.array([size.step_mw or 0.0 for size in sizes])
    base = np.array([size.least_mw or size.step_mw or 0.0 for size in sizes])
    room = case.offer_mw[offer] if whole else np.zeros(0)
    steps = np.floor(np.maximum(room - base, 0.0) / np.where(step > 0, step, np.inf) + 1e-9)
    return {
        "converted_least_mw": least,
        "converted_most_mw": most,
        "step_mw": step,
        "least_size_mw": base,
        "most_steps": steps,
        "begun_most": np.ones(len(sizes)),
    }


def _money(case: Case) -> dict[str, F]:
    money, line, uncertainty = case.site.study.money, case.timeline, case.site.study.uncertainty
    rate, treasury = money.discount_rate, money.treasury
    discount = line.discount(rate)
    debts = [offer.debt for offer in case.offers]
    return {
        "site_usd": case.site_usd,
        "debt_rate": np.array([0.0 if debt is None else debt.rate_per_year for debt in debts], dtype=np.float64),
        "debt_limit_usd_per_mw": case.vintages.debt_limit_usd,
        "depreciation_usd_per_mw": case.vintages.depreciation_usd,
        "contract_rest_usd_per_mw": case.vintages.rest_usd,
        "machine_rest_usd_per_mw": case.machine_rest_usd_per_mw,
        "treasury_btc": _number(treasury.btc * treasury.sellable_share),
        "btc_usd": case.btc_usd,
        "btc_discount_usd": case.btc_usd * treasury.discount_share,
        "btc_gain_usd": case.btc_gain_usd,
        "equity_limit_usd": _number(money.equity.most_usd),
        "equity_cost_share": _number(money.equity.cost_share),
        "cash_before_usd": _number(money.cash_usd - money.least_cash_usd),
        "discount": discount,
        "discount_first": _number(discount[0]),
        "end_discount": _number(line.end_discount(rate)),
        "cash_weight": discount - np.append(discount[1:], 0.0),
        "probability": case.paths.probability,
        "tail_share": _number(1.0 if uncertainty is None else uncertainty.tail_share),
        "risk_weight": _number(0.0 if uncertainty is None else uncertainty.risk_weight),
    }


def decisions_of(case: Case, rules: VariantRules, values: Mapping[str, F]) -> Decisions:
    """What a solution decides on each path; ``values`` by variable."""
    at = choices_of(case, rules)
    blocks, groups = len(case.site.blocks.names), len(case.site.groups.names)
    running = values["running_mw"].reshape(blocks, groups, len(case.timeline), len(case.paths))
    return Decisions(
        converted_mw=values["converted_mw"][at.choice_of],
        machines_mw=values["machines_mw"][:, at.node_of],
        bought_mw=values["bought_mw"][:, at.node_of],
        sold_mw=values["sold_mw"][:, at.node_of],
        running_mw=running,
        unserved_mw=values["unserved_mw"],
        backup_mw=values["backup_mw"],
        enrolled_mw=values["enrolled_mw"],
        cut_mw=values["cut_mw"],
        drawn_usd=values["drawn_usd"],
        repaid_usd=values["repaid_usd"],
        btc_sold=values["btc_sold"],
        equity_usd=values["equity_usd"],
    )
