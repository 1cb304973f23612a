"""Deciding before the paths are known, worked by hand: half a chance that hash earns 30, half that it earns 90."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.conversion.case import StudySite
from optimizer.conversion.paths import paths_of
from optimizer.conversion.timeline import HOURS_PER_YEAR
from optimizer.conversion.uncertain import Uncertain, decide
from tests.sites import offer, site

LOW_HIGH = (
    {"name": "low", "probability": 0.5, "btc_price": 0.5, "years": 0.0},
    {"name": "high", "probability": 0.5, "btc_price": 1.5, "years": 0.0},
)
MINING = 10 * 50 * HOURS_PER_YEAR * 2  # on the high path, over two years; nothing on the low one
HOSTING = 8 * (24 * 60_000 - 1e6)
HOSTING_LATER = 8 * (21 * 60_000 - 1e6)  # begun in the second quarter


def uncertain_site(**uncertainty: Any) -> StudySite:
    """Money of any time is worth the same; the hall stands the day it is decided and pays 60,000 USD a MW and month."""
    host = offer(
        lead_months=0,
        months_without_revenue=0,
        rent={"usd_per_kw_month": 60.0, "term_months": 60},
        upkeep_usd_per_kw_month=0.0,
    )
    return site(
        offers=(host,),
        years={"start": "2026-03-01", "quarters": 4, "years": 2},
        money={"discount_rate": 0.0, "cash_usd": 1e9, "contract_rest_share": 0.0},
        uncertainty={"named": LOW_HIGH, "known_after_quarters": 1, "tail_share": 0.5, **uncertainty},
    )


def decided(**uncertainty: Any) -> Uncertain:
    found = decide(uncertain_site(**uncertainty))
    assert found is not None
    return found


def test_waiting_and_knowing_are_worth_what_they_are_by_hand() -> None:
    """By hand: mining is worth 8,766,000 or nothing, 4,383,000 in the mean; hosting at once 3,520,000 on either path.

    Who decides today for good mines on. Who waits a quarter hosts on the low path for 21 months: 2,080,000, in the mean
    5,423,000. Who knew would host on the low path at once: 6,143,000.
    """
    u = decided()
    assert u.mine_only == pytest.approx(4_383_000.0)
    assert u.commit == pytest.approx(4_383_000.0)
    assert u.wait == pytest.approx((MINING + HOSTING_LATER) / 2)
    assert u.best == pytest.approx(u.wait)
    assert u.knowing == pytest.approx((MINING + HOSTING) / 2)
    assert u.value_of_waiting == pytest.approx(1_040_000.0)
    assert u.value_of_information == pytest.approx(720_000.0)
    assert u.now_mw == pytest.approx(0.0)
    spreads = {spread.name: spread for spread in u.spreads}
    assert spreads["mine only"].npv.tolist() == pytest.approx([0.0, MINING])
    assert spreads["mine only"].cvar == pytest.approx(0.0)
    assert spreads["Tenant, in full"].npv.tolist() == pytest.approx([HOSTING, HOSTING])
    assert spreads["Tenant, in full"].beats_mining == pytest.approx(0.5)


@pytest.mark.parametrize(("weight", "now"), [(1.0, 0.0), (2.0, 8.0)])
def test_who_fears_the_worst_hosts_at_once(weight: float, now: float) -> None:
    """Proves the weight on CVaR. By hand: waiting is worth 5,423,000 + w x 2,080,000, hosting 3,520,000 x (1 + w).

    They are equal at w = 1.32.
    """
    assert decided(risk_weight=weight).now_mw == pytest.approx(now)


def test_drawn_paths_keep_the_order_of_what_is_known() -> None:
    drawn = {
        "seed": 3,
        "count": 6,
        "btc_volatility_per_year": 0.8,
        "difficulty_follows": 0.5,
        "power_deviation_per_year": 0.2,
        "delays_months": (0, 4),
    }
    u = decide(uncertain_site(named=(), drawn=drawn))
    slack = 1e-6 * abs(u.knowing)
    assert u.mine_only <= u.commit + slack
    assert max(u.commit, u.wait) <= u.best + slack
    assert u.best <= u.knowing + slack
    assert u.knowing > u.commit + 1.0


def test_drawn_paths_have_the_central_path_as_their_mean() -> None:
    made = uncertain_site(
        named=(), drawn={"seed": 3, "count": 20, "btc_volatility_per_year": 0.5, "power_deviation_per_year": 0.3}
    )
    paths = paths_of(made.study, made.timeline)
    assert paths.probability.sum() == pytest.approx(1.0)
    assert paths.btc.mean(axis=0) == pytest.approx(np.ones(24))
    assert paths.power.mean(axis=0) == pytest.approx(np.ones(24))
    yearly = np.log(paths.btc[:, 11] / paths.btc[:, 11].mean())
    assert 0.25 < yearly.std() < 0.75  # of 0.5, over 20 draws
    again = paths_of(made.study, made.timeline)
    assert (again.btc == paths.btc).all()
