"""Shares of a portfolio worked by hand, with and without them. A machine draws one MW and earns one USD per hour."""

from __future__ import annotations

import pytest

from optimizer.accounts.limits import hard_limit
from optimizer.accounts.reasons import Reason
from optimizer.errors import InfeasibleError
from optimizer.plan.checker import check
from optimizer.plan.planning import plan_conditions
from tests.farms import call, conditions, farm, group
from tests.worked_examples.optimum import optimum, usd

PAYS = 0.4  # USD/MWh: a machine gains 0.6 USD in an hour


def test_a_share_of_the_ceiling() -> None:
    """Proves that import keeps to the share. By hand: 6.5 MW run 6.5 machines; without it the optimum would be ten."""
    c = conditions(farm(site={"portfolio_share": {"import_mw": 6.5}}), [PAYS])
    assert (optimum(c).on(), optimum(c).profit) == ([6.5], usd(6.5 * 0.6))
    assert optimum(c, "portfolio_share").profit == usd(10 * 0.6)


def test_a_share_of_the_treasury() -> None:
    """Proves that energy and its adders cost no more than the share.

    By hand: at 0.4 and 0.2 USD/MWh with 0.1 of adders ten machines cost 5 and 3 USD. 6 USD pay for the second hour in
    full and for 6 MWh of the first, which gain 0.5 USD each, beside 10 that gain 0.7. Without it all run, for 12 USD.
    """
    sites = farm(site={"portfolio_share": {"energy_usd": 6.0}}, energy={"adders_usd_per_mwh": 0.1})
    c = conditions(sites, [0.4, 0.2], adders=0.1)
    assert (optimum(c).on(), optimum(c).profit) == ([6, 10], usd(6 * 0.5 + 10 * 0.7))
    assert optimum(c, "treasury_share").profit == usd(12)


def test_the_share_binds_whatever_is_handed_out_and_a_call_binds_below_it() -> None:
    """The share is no reason to exceed a call, nor a call one to exceed the share."""
    called = farm(site={"portfolio_share": {"import_mw": 7.0}}, events=(call("07:00", "08:00", 4.0),))
    c = conditions(called, [PAYS, PAYS])
    limit = hard_limit(c)
    assert limit.import_mw.tolist() == [7.0, 4.0]
    assert (limit.reason(0), limit.reason(1)) == (Reason.PORTFOLIO_SHARE, Reason.EVENT)
    plan = plan_conditions(c)
    assert plan.dispatch.units_on["G", "normal"].tolist() == [7, 4]
    assert plan.explanation.off[Reason.PORTFOLIO_SHARE].tolist() == [[3, 0]]
    assert "portfolio_share" in set(plan.explanation.items)


def test_a_schedule_that_exceeds_a_share_breaks_a_rule() -> None:
    free = plan_conditions(conditions(farm(), [PAYS, PAYS])).dispatch
    shares = {"import_mw": 7.0, "energy_usd": 5.0}
    broken = check(conditions(farm(site={"portfolio_share": shares}), [PAYS, PAYS]), free)
    assert [(one.rule, one.amount) for one in broken] == [
        ("portfolio share", pytest.approx(3.0)),
        ("portfolio share", pytest.approx(3.0)),
        ("treasury", pytest.approx(3.0)),
    ]


def test_what_collides_with_a_share_is_told() -> None:
    drawn = farm(group(standby_w=2e5), site={"portfolio_share": {"import_mw": 1.0}})
    with pytest.raises(InfeasibleError, match="the portfolio's ceiling leaves the site 1 MW"):
        plan_conditions(conditions(drawn, [PAYS]))
