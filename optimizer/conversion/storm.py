"""What the dearest week of a year, the storm, does to machines and to tenants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.arrays import F
from optimizer.conversion.account import StudyAccount
from optimizer.conversion.timeline import HOURS_PER_YEAR, MONTHS_PER_YEAR


@dataclass(frozen=True)
class StormWeek:
    """The storms of a mean year of the study, expected over its paths; USD a year but for ``hours``.

    machines: hash less power, and what calls pay, stopping where that is better; never_stopping: the same machines had
    they run through all of it; tenants: rent of these hours less power that the farm pays, credits and backup fuel.
    """

    hours: float
    machines: float
    never_stopping: float
    tenants: float


def storm_of(account: StudyAccount) -> StormWeek | None:
    """What a plan does in the storms; None where the year has none."""
    case, d, blocks = account.case, account.decisions, account.case.site.blocks
    if not blocks.storm.any():
        return None
    hours = case.block_hours[blocks.storm][:, None, :, None]
    margin = (case.hash_usd_per_mwh - case.power_usd_per_mwh[blocks.storm][:, None]) * hours
    program, called = case.site.study.power.flexibility, blocks.storm[blocks.open :]
    cut = np.einsum("cq,cqs->s", case.block_hours[blocks.open :][called], d.cut_mw[called])
    paid = cut * (0.0 if program is None else program.cut_usd_per_mwh)
    per_year = case.paths.probability / (case.timeline.months / MONTHS_PER_YEAR)
    return StormWeek(
        hours=float(blocks.hours[blocks.storm].sum()),
        machines=float(((margin * d.running_mw[blocks.storm]).sum(axis=(0, 1, 2)) + paid) @ per_year),
        never_stopping=float((margin * d.running_mw.max(axis=0)).sum(axis=(0, 1, 2)) @ per_year),
        tenants=float(_tenants(account) @ per_year),
    )


def _tenants(account: StudyAccount) -> F:
    """Over all the years, (paths,)."""
    case, d, v, blocks = account.case, account.decisions, account.case.vintages, account.case.site.blocks
    called = blocks.storm[blocks.open :]
    hours, call_hours = case.block_hours[blocks.storm], case.block_hours[blocks.open :][called][..., None]
    power = np.einsum("bq,bqs->qs", hours, case.power_usd_per_mwh[blocks.storm])
    call_price = case.power_usd_per_mwh[blocks.open :][called]
    rent = np.einsum("vqs,vs->s", v.rent_usd, d.converted_mw) * blocks.hours[blocks.storm].sum() / HOURS_PER_YEAR
    spent: F = np.zeros(len(case.paths))
    for o, offer in enumerate(case.offers):
        pays = float(offer.power_paid_by == "farm")
        drawn = np.einsum("vqs,vs->qs", v.drawn_mw[v.offer == o], d.converted_mw[v.offer == o])
        unserved, backup = (mw[o][called] * call_hours for mw in (d.unserved_mw, d.backup_mw))
        owed = unserved * (offer.service.credit_usd_per_mwh - pays * call_price)
        fuel = backup * (offer.service.backup_usd_per_mwh - pays * call_price)
        spent = spent + pays * (drawn * power).sum(axis=0) + (owed + fuel).sum(axis=(0, 1))
    return np.asarray(rent - spent)
