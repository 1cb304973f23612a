"""Sites for tests: machines of one MW, hours of round numbers, and discount factors that divide well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from optimizer.config.catalogue import Machine
from optimizer.conversion.case import StudySite
from optimizer.conversion.files.load import study_site
from optimizer.conversion.files.offer import Offer
from optimizer.conversion.files.study import Study
from optimizer.market.hashprice import btc_per_ph_day
from tests.farms import farm, group

DIFFICULTY = 125.86e12
BTC_USD = 24.0 / btc_per_ph_day(DIFFICULTY, 3.125)  # 24 USD per PH/s and day: 1,000 TH/s earn one USD an hour
HOURS = 8766.0


def machines(name: str, mw: int, usd_per_mwh: float) -> dict[str, Any]:
    """So many machines of one MW that earn so much per MWh; each name is a model of its own."""
    made = group(name, units=mw, th=1_000.0 * usd_per_mwh)
    return made | {"machine": made["machine"] | {"model": name}}


def offer(**more: Any) -> Offer:
    """8 critical MW of 1.25 gross: 1 M USD each at once, a year without revenue, then 200 USD per kW and month."""
    terms: dict[str, Any] = {
        "name": "Tenant",
        "source": "made up for a test",
        "size": {"most_mw": 8.0},
        "gross_per_critical": 1.25,
        "capex": {"usd_per_mw": 1e6},
        "lead_months": 12,
        "months_without_revenue": 12,
        "rent": {"usd_per_kw_month": 200.0, "term_months": 12},
        "power_paid_by": "tenant",
        "upkeep_usd_per_kw_month": 10.0,
        "service": {"credit_usd_per_mwh": 1_000.0},
    }
    return Offer.model_validate(terms | more)


def study(**more: Any) -> Study:
    """Two years at 21 %, whose middles are worth 1 / 1.1 and 1 / 1.331; power at 40 USD/MWh."""
    terms: dict[str, Any] = {
        "name": "Test",
        "source": "made up for a test",
        "years": {"start": "2026-03-01", "quarters": 0, "years": 2},
        "bitcoin": {"price_usd": BTC_USD, "difficulty": DIFFICULTY},
        "power": {"blocks": ({"name": "all", "hours_per_year": HOURS, "usd_per_mwh": 40.0},)},
        "money": {"discount_rate": 0.21, "cash_usd": 1e9},
    }
    return Study.model_validate(terms | more)


def site(
    *fleet: dict[str, Any],
    offers: tuple[Offer, ...] | None = None,
    site_mw: float = 10.0,
    sold: tuple[dict[str, Any], ...] = (),
    **more: Any,
) -> StudySite:
    """A site of ten MW: ten machines of one MW that earn 60 USD/MWh, and the offer, unless told otherwise.

    ``sold``: machines that are in the catalogue besides.
    """
    catalogue = {group["name"]: Machine.model_validate(group["machine"]) for group in sold}
    made = farm(*(fleet or (machines("S", 10, 60.0),)), limit_mw=site_mw)
    return study_site(made, (offer(),) if offers is None else offers, study(**more), Path(), catalogue).site
