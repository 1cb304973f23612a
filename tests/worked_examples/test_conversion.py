"""Studies small enough to work by hand, by three routes: arrays in HiGHS, the Pyomo reading, and the account."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.contrib.appsi.solvers import Highs

from optimizer.conversion.case import Case, StudySite, case_of
from optimizer.conversion.choices import VariantRules
from optimizer.conversion.paths import central, paths_of
from optimizer.conversion.program import problem_of
from optimizer.conversion.solving import Solved, solve_case
from optimizer.conversion.variants import curtailment_income
from optimizer.engine.pyomo_model import pyomo_model
from optimizer.errors import InfeasibleError
from tests.sites import BTC_USD, HOURS, machines, offer, site


def case(made: StudySite) -> Case:
    return case_of(made, central(made.timeline))


def optimum(made: StudySite, rules: VariantRules | None = None) -> Solved:
    """The optimum, on which the three routes agree."""
    found = solve_case(case(made), rules)
    model: Any = pyomo_model(problem_of(case(made), rules))
    Highs().solve(model)
    assert pyo.value(model.profit) == pytest.approx(found.solution.objective, rel=1e-9)
    assert found.account.expected_npv == pytest.approx(found.solution.objective, rel=1e-9, abs=1e-3)
    for name, usd in found.program.profit_by_term(found.solution.x).items():
        assert found.account.present(name) == pytest.approx(usd, rel=1e-9, abs=1e-3), name
    return found


def npv(made: StudySite, rules: VariantRules | None = None) -> float:
    return optimum(made, rules).account.expected_npv


def cents(usd: float) -> Any:
    return pytest.approx(usd, abs=0.005)


MINE_ONLY = VariantRules(converted={})
FULL = VariantRules(converted={0: 8.0})


def test_two_years_of_mining_or_of_one_offer() -> None:
    """Proves the NPV to the cent.

    By hand: a MW mines (60 - 40) x 8,766 = 175,320 USD a year, ten of them 1,753,200, worth 1,593,818.18 in the middle
    of year 1 and 1,317,205.11 in that of year 2. Hosting: 8 MW cost 8,000,000 in year 1 (-7,272,727.27) and bring
    8 x 12,000 x (200 - 10) = 18,240,000 in year 2 (13,703,981.97).
    """
    assert npv(site(), MINE_ONLY) == cents(2_911_023.29)
    assert npv(site(), FULL) == cents(6_431_254.70)
    found = optimum(site())
    assert found.account.expected_npv == cents(6_431_254.70)
    assert found.converted_mw.ravel().tolist() == pytest.approx([8.0])


def test_part_is_best_where_some_machines_pay_and_others_do_not() -> None:
    """Proves that the least efficient machines make room, as a result.

    By hand: six MW earn 30 USD/MWh against power at 40 and stand still; four earn 90 and bring 50 x 8,766 = 438,300
    USD a MW and year, worth 727,755.82. A critical MW brings 12,000 x (120 - 10) / 1.331 - 909,090.91 = 82,644.63. So
    the six idle MW are converted, 4.8 critical, and no more: the 1.25 MW of good machines that the next one would take
    are worth 909,694.78 by themselves.
    """
    fleet = (machines("good", 4, 90.0), machines("old", 6, 30.0))
    terms = {"rent": {"usd_per_kw_month": 120.0, "term_months": 12}}
    made = site(*fleet, offers=(offer(**terms),))
    found = optimum(made)
    assert found.converted_mw.sum() == pytest.approx(4.8)
    mining = 4 * 50 * HOURS * (1 / 1.1 + 1 / 1.331)
    assert npv(made, MINE_ONLY) == cents(mining)
    assert found.account.expected_npv == cents(mining + 4.8 * (12_000 * 110 / 1.331 - 1e6 / 1.1))
    assert npv(made, FULL) == cents(8 * (12_000 * 110 / 1.331 - 1e6 / 1.1))
    assert npv(made, VariantRules(converted={0: 4.0})) < found.account.expected_npv


def test_what_load_that_stops_is_paid_may_decide() -> None:
    """Proves that flexibility decides: the same site hosts without a program and mines on with one.

    By hand: mining is worth 2,911,023.29; a program pays 10 MW x 12,000 x 8 = 960,000 USD a year, worth 1,593,989.48.
    Hosting at a rent of 155 is worth 8 x (12,000 x 145 / 1.331 - 909,090.91) = 3,185,574.76: more than mining, and less
    than mining that is paid to stop.
    """
    host = offer(rent={"usd_per_kw_month": 155.0, "term_months": 12})
    power = {"blocks": ({"name": "all", "hours_per_year": HOURS, "usd_per_mwh": 40.0},)}
    program = {"flexibility": {"capacity_usd_per_kw_month": 8.0, "most_mw": 10.0}}
    without, with_program = site(offers=(host,)), site(offers=(host,), power={**power, **program})
    hosting = 8 * (12_000 * 145 / 1.331 - 1e6 / 1.1)
    assert npv(without, FULL) == cents(hosting)
    assert optimum(without).converted_mw.sum() == pytest.approx(8.0)
    assert npv(with_program, MINE_ONLY) == cents(2_911_023.29 + 960_000 * (1 / 1.1 + 1 / 1.331))
    assert optimum(with_program).converted_mw.sum() == pytest.approx(0.0)


def test_stopping_in_dear_hours_is_flexibility_too() -> None:
    """Proves that machines stop where power costs more than the hash earns.

    By hand: 8,000 hours at 40 and 766 at 500 USD/MWh: machines earn 20 x 8,000 = 160,000 USD a MW and year. Running on
    they would lose 766 x 440 = 337,040 of it.
    """
    power = {
        "blocks": (
            {"name": "cheap", "hours_per_year": 8_000.0, "usd_per_mwh": 40.0},
            {"name": "dear", "hours_per_year": 766.0, "usd_per_mwh": 500.0},
        )
    }
    found = optimum(site(power=power), MINE_ONLY)
    assert found.account.expected_npv == cents(10 * 160_000 * (1 / 1.1 + 1 / 1.331))
    assert curtailment_income(found.account) == cents(2 * 10 * 766 * 440)


CALLED = {
    "blocks": ({"name": "all", "hours_per_year": HOURS, "usd_per_mwh": 40.0},),
    "calls": ({"name": "storm", "hours_per_year": 100.0, "to_share": 0.5, "usd_per_mwh": 40.0},),
}


def test_a_call_hits_the_tenant_where_no_machine_can_stop_for_it() -> None:
    """Proves that shed load is priced, and that machines absorb calls for the tenant.

    By hand: in 100 hours of year 2 the site may draw 5 MW. With 8 critical MW the tenant draws 10: 5 x 100 x 1,000 =
    500,000 USD of credits. With 4 it draws 5 and the machines beside it stop: no credit.
    """
    full, part = optimum(site(power=CALLED), FULL), optimum(site(power=CALLED), VariantRules(converted={0: 4.0}))
    assert full.account.lines["service_credits"].ravel().tolist() == pytest.approx([0.0, -500_000.0])
    assert part.account.lines["service_credits"].ravel().tolist() == pytest.approx([0.0, 0.0])
    stopped = part.account.decisions.running_mw[:, 0, 1, 0].tolist()
    assert stopped == pytest.approx([5.0, 0.0])


def test_backup_generation_takes_the_place_of_credits() -> None:
    """By hand: backup may serve 6 of 10 MW at 400 USD/MWh; the 5 MW over the call cost 5 x 100 x 400 = 200,000 USD."""
    host = offer(service={"credit_usd_per_mwh": 1_000.0, "backup_share": 0.6, "backup_usd_per_mwh": 400.0})
    full = optimum(site(offers=(host,), power=CALLED), FULL)
    assert full.account.lines["service_credits"].sum() == pytest.approx(0.0)
    assert full.account.lines["backup_fuel"].ravel().tolist() == pytest.approx([0.0, -200_000.0])


def test_the_farm_may_pay_the_tenants_power_and_saves_what_is_shed() -> None:
    """By hand: 10 MW x 8,766 h x 40 USD in year 2, of which 5 MW x 100 h x 40 USD are saved in the call."""
    full = optimum(site(offers=(offer(power_paid_by="farm"),), power=CALLED), FULL)
    assert full.account.lines["tenant_power"].ravel().tolist() == pytest.approx([0.0, -10 * HOURS * 40])
    assert full.account.lines["service_credits"].sum() == pytest.approx(-5 * 100 * (1_000 - 40))


def test_calls_pay_for_enrolled_load_that_is_cut() -> None:
    """By hand: 10 MW run all year and are enrolled; 100 hours of a call to nothing pay 10 x 100 x 700 USD a year."""
    power = CALLED | {
        "calls": ({"name": "storm", "hours_per_year": 100.0, "to_share": 0.0, "usd_per_mwh": 40.0},),
        "flexibility": {"capacity_usd_per_kw_month": 1.0, "cut_usd_per_mwh": 700.0, "most_mw": 50.0},
    }
    found = optimum(site(power=power), MINE_ONLY)
    assert found.account.lines["cut_payment"].ravel().tolist() == pytest.approx([700_000.0, 700_000.0])
    assert found.account.lines["capacity_payment"].ravel().tolist() == pytest.approx([120_000.0, 120_000.0])


def test_what_runs_in_a_call_is_not_paid_for_as_cut() -> None:
    """By hand: a call leaves 5 of 10 MW and pays 10 USD/MWh, less than the 20 that machines earn: 5 run, 5 are paid."""
    program = {"flexibility": {"capacity_usd_per_kw_month": 1.0, "cut_usd_per_mwh": 10.0, "most_mw": 50.0}}
    found = optimum(site(power=CALLED | program), MINE_ONLY)
    assert found.account.lines["cut_payment"].ravel().tolist() == pytest.approx([5_000.0, 5_000.0])


def test_coincident_peaks_are_avoided_by_machines_and_paid_by_tenants() -> None:
    """By hand: 10 hours at 40 + 70,000 / 10 USD/MWh: machines stop, a tenant costs 10 x (8,766 x 40 + 70,000)."""
    power = CALLED | {"calls": (), "peaks": {"hours_per_year": 10.0, "usd_per_kw_year": 70.0, "usd_per_mwh": 40.0}}
    made = site(offers=(offer(power_paid_by="farm"),), power=power)
    mining, hosting = optimum(made, MINE_ONLY).account, optimum(made, FULL).account
    assert mining.expected_npv == cents(10 * 20 * (HOURS - 10) * (1 / 1.1 + 1 / 1.331))
    assert hosting.lines["tenant_power"].sum() == pytest.approx(-10 * (HOURS * 40 + 70_000))


def test_taxes_wait_for_losses() -> None:
    """Proves that losses are carried forward.

    By hand, at 25 %: 8 MW built for 8,000,000 are written off over 2 years from the first rent: 4,000,000 in year 2.
    Upkeep of the site makes a loss of 1,000,000 in year 1. Year 2 earns 18,240,000 - 1,000,000 - 4,000,000, less the
    loss of year 1: 12,240,000 are taxed, 3,060,000. What is not yet written off at the end saves 1,000,000 in the
    middle of year 3, half a year after the study.
    """
    money = {"discount_rate": 0.21, "tax_rate": 0.25, "cash_usd": 1e9, "site_usd_per_year": 1e6}
    found = optimum(site(offers=(offer(depreciation_years=2.0),), money=money), FULL).account
    assert found.lines["tax"].ravel().tolist() == pytest.approx([0.0, -3_060_000.0])
    months = sum(1.21 ** -((k + 0.5) / 12) for k in range(12)) / 12
    assert found.at_end["rest_of_contracts"][0] == pytest.approx(1_000_000 * months)


def test_debt_is_lent_on_what_is_built_and_costs_interest() -> None:
    """Proves that debt pays where cash does not reach.

    By hand: 8,000,000 fall due and there are 4,000,000; lenders lend 60 %, 4,800,000, due back over ten years from the
    first rent: at the end of year 2 at most 4,320,000 may be owed. At 10 % against 21 % all of it is drawn: interest of
    240,000 on the mean of year 1 and 456,000 of year 2, and 4,320,000 are paid back at the end.
    """
    debt = {"share_of_cost": 0.6, "rate_per_year": 0.1, "years": 10.0}
    money = {"discount_rate": 0.21, "cash_usd": 4e6}
    found = optimum(site(offers=(offer(debt=debt),), money=money), FULL).account
    assert found.lines["borrowed"].ravel().tolist() == pytest.approx([4_800_000.0, -480_000.0])
    assert found.lines["interest"].ravel().tolist() == pytest.approx([-240_000.0, -456_000.0])
    assert found.at_end["rest_of_debt"].tolist() == pytest.approx([-4_320_000.0])
    assert found.cash_usd[0, 0] == pytest.approx(4e6 + 4.8e6 - 8e6 - 240_000)


def test_bitcoin_is_sold_to_build_and_costs_its_discount_and_tax() -> None:
    """By hand: 2,000,000 USD are missing. A BTC of price p brings 0.9 p, of which 0.4 p are gain, a quarter of it tax:
    2,000,000 / (0.9 p - 0.1 p) are sold. Owners lose 0.1 p of discount and 0.1 p of tax; the rest changes its form.
    """
    treasury = {"btc": 60.0, "discount_share": 0.1, "paid_usd_per_btc": 0.5 * BTC_USD}
    money = {"discount_rate": 0.21, "tax_rate": 0.25, "cash_usd": 6e6, "treasury": treasury}
    made = site(money=money)
    found = optimum(made, FULL).account
    sold = 2e6 / (0.9 * BTC_USD - 0.25 * 0.4 * BTC_USD)
    assert found.decisions.btc_sold.ravel().tolist() == pytest.approx([sold, 0.0])
    assert found.lines["bitcoin_discount"][0, 0] == pytest.approx(-0.1 * BTC_USD * sold)
    assert found.lines["tax"][0, 0] == pytest.approx(-0.25 * 0.4 * BTC_USD * sold, abs=1.0)
    assert found.cash_usd[0, 0] == pytest.approx(0.0, abs=1e-3)


def test_no_more_bitcoin_is_sold_than_may_be() -> None:
    """By hand: half of 60 BTC is sold at a discount of 10 %, the rest is raised at a cost of half of what is raised."""
    treasury = {"btc": 60.0, "sellable_share": 0.5, "discount_share": 0.1}
    money = {
        "discount_rate": 0.21,
        "cash_usd": 6e6,
        "treasury": treasury,
        "equity": {"most_usd": 1e7, "cost_share": 0.5},
    }
    found = optimum(site(money=money), FULL).account
    assert found.decisions.btc_sold.ravel().tolist() == pytest.approx([30.0, 0.0])
    assert found.decisions.equity_usd[0, 0] == pytest.approx((2e6 - 30 * 0.9 * BTC_USD) / 0.5)


def test_equity_is_raised_for_the_rest_and_without_it_there_is_no_plan() -> None:
    """By hand: of 8,000,000 there are 3,000,000; at a cost of 20 % 6,250,000 must be raised."""
    money = {"discount_rate": 0.21, "cash_usd": 3e6}
    found = optimum(site(money={**money, "equity": {"most_usd": 1e7, "cost_share": 0.2}}), FULL).account
    assert found.decisions.equity_usd.ravel().tolist() == pytest.approx([6_250_000.0, 0.0])
    assert refused(case(site(money=money)), FULL) == short("year 1", 5_000_000)


def refused(made: Case, rules: VariantRules) -> str:
    with pytest.raises(InfeasibleError) as caught:
        solve_case(made, rules)
    return str(caught.value)


def short(when: str, usd: int, btc: int = 0, equity: str = "0") -> str:
    return f"""no plan keeps every limit:
  {when}: cash must not fall below its floor, which is {usd:,} USD short
    against it: the connection allows 10 MW
    against it: 8 MW are converted for Tenant, year 1
    against it: lenders of Tenant lend a share of what is built
    against it: {btc} BTC may be sold
    against it: {equity} USD of equity can be raised"""


def test_what_cannot_be_paid_for_is_told_with_what_might_pay() -> None:
    """By hand: 8,000,000 less 3,000,000 of cash, 10 BTC and 1,000,000 of equity."""
    money = {"discount_rate": 0.21, "cash_usd": 3e6, "treasury": {"btc": 10.0}, "equity": {"most_usd": 1e6}}
    missing = math.ceil(4e6 - 10 * BTC_USD)
    assert refused(case(site(money=money)), FULL) == short("year 1", missing, 10, "1,000,000")
    paths = ({"name": "low", "probability": 0.5, "btc_price": 0.5, "years": 0}, {"name": "as now", "probability": 0.5})
    made = site(money=money, uncertainty={"named": paths, "known_after_quarters": 1})
    told = refused(case_of(made, paths_of(made.study, made.timeline)), VariantRules({0: 8.0}, shared_conversions=1))
    low = f"  year 1, low: cash must not fall below its floor, which is {math.ceil(4e6 - 5 * BTC_USD):,} USD short\n"
    both = short("year 1, as now", missing, 10, "1,000,000").replace("limit:\n", f"limit:\n{low}")
    assert told == both.replace("    against it: the connection allows 10 MW\n", "")  # low mines nothing with it either


def test_a_larger_conversion_than_the_offer_is_told_in_megawatts() -> None:
    """By hand: of 20 critical MW that a variant asks for the offer has 8; money is no matter."""
    assert refused(case(site()), VariantRules(converted={0: 20.0})) == (
        "no plan keeps every limit:\n  20 MW are converted for Tenant, year 1, which is 12 MW short\n"
        "    against it: Tenant is for 8 MW"
    )


def test_the_worst_path_counts_by_its_npv_however_the_building_was_paid() -> None:
    """Proves what risk is measured by: BTC and shares that were turned into cash are no gain, nor is cash from before.

    By hand: of two paths as likely as each other both count in the mean, and in that of the worst three quarters the
    worse one twice as much as the better one.
    """
    named = tuple({"name": name, "probability": 0.5, "btc_price": p} for name, p in (("low", 0.9), ("high", 1.1)))
    money = {
        "discount_rate": 0.21,
        "cash_usd": 0.0,
        "treasury": {"btc": 60.0, "sellable_share": 0.25, "discount_share": 0.1},
        "equity": {"most_usd": 1e7, "cost_share": 0.2},
    }
    risk = {"named": named, "known_after_quarters": 1, "tail_share": 0.75, "risk_weight": 1.0}
    rent = {"usd_per_kw_month": 200.0, "term_months": 60}
    host = offer(debt={"share_of_cost": 0.1, "rate_per_year": 0.1, "years": 10.0}, rent=rent)
    resale = {"resale": ({"at_most_j_per_th": 1e6, "usd_per_th": 1.0},)}
    years = {"start": "2026-03-01", "quarters": 4, "years": 2}
    made = site(offers=(host,), years=years, money=money, machines=resale, uncertainty=risk)
    found = solve_case(case_of(made, paths_of(made.study, made.timeline)), VariantRules(converted={0: 4.0}))
    decided, worth = found.account.decisions, found.account.npv
    assert decided.btc_sold.sum(axis=0).tolist() == pytest.approx([15.0, 15.0])
    assert (decided.equity_usd.sum(axis=0) > 1e5).all()
    assert all((usd != 0.0).all() for usd in found.account.at_end.values())
    assert found.solution.objective == pytest.approx(worth.mean() + (2 * worth[0] + worth[1]) / 3)
    assert worth[0] < worth[1] - 1_000


def test_rent_rises_fills_up_and_comes_late() -> None:
    """Proves what a vintage pays by period.

    By hand, per critical MW: a lead of 6 months, half full for 3 months, rent up by 10 % after twelve. Year 1 has 3
    months at half and 3 in full: 4.5 x 200,000. Year 2 has 6 months at 200,000 and 6 at 220,000. Three months late,
    year 1 has 3 months at half, year 2 nine in full and three at 220,000.
    """
    host = offer(
        lead_months=6,
        months_without_revenue=4,
        ramp={"months": (0, 3), "shares": (0.5, 1.0)},
        rent={"usd_per_kw_month": 200.0, "term_months": 60, "escalator_share": 0.1, "deposit_months": 2.0},
    )
    made = site(offers=(host,))
    on_time = case(made).vintages
    late = case_of(made, central(made.timeline).later(3)).vintages
    assert on_time.rent_usd.ravel().tolist() == pytest.approx([900_000.0, 6 * 200_000.0 + 6 * 220_000.0])
    assert late.rent_usd.ravel().tolist() == pytest.approx([300_000.0, 9 * 200_000.0 + 3 * 220_000.0])
    assert on_time.reserved_mw.ravel().tolist() == pytest.approx([1.25 * 10 / 12, 1.25])
    assert late.reserved_mw.ravel().tolist() == on_time.reserved_mw.ravel().tolist()
    assert on_time.drawn_mw.ravel().tolist() == pytest.approx([1.25 * 4.5 / 12, 1.25])
    assert on_time.deposit_usd.ravel().tolist() == pytest.approx([400_000.0, 0.0])
    rises = np.repeat(1.1 ** np.arange(1, 6), 12)[6 : 6 + 42]  # months 25 to 66 of the contract's rent
    after = 1.21 ** -((np.arange(43) + 0.5) / 12)
    rest = (200_000 * rises - 10_000) @ after[:42] - 400_000 * after[42]
    assert on_time.rest_usd.ravel().tolist() == pytest.approx([rest])


def test_machines_that_earn_least_are_sold_first_and_new_ones_bought() -> None:
    """By hand: 4 critical MW take 5 MW of ten; of 6 MW that earn 55 and 4 that earn 60, five of the lesser are sold.

    A MW of 55 keeps 1 MW on at 15 x 8,766 USD; sold at once it brings its second-hand price, which falls.
    """
    fleet = (machines("better", 4, 60.0), machines("lesser", 6, 55.0))
    resale = {"resale": ({"at_most_j_per_th": 1e6, "usd_per_th": 1.0},), "resale_growth_per_year": -0.5}
    found = optimum(site(*fleet, machines=resale), VariantRules(converted={0: 4.0})).account
    assert found.decisions.sold_mw[:, 0, 0].tolist() == pytest.approx([0.0, 5.0])
    assert found.lines["machine_sales"][0, 0] == pytest.approx(5 * 55_000 * 0.5**0.5)
    assert found.at_end["rest_of_machines"].tolist() == pytest.approx([(4 * 60_000 + 55_000) * 0.25])


def test_machines_are_bought_where_they_pay_for_themselves() -> None:
    """By hand: beside four MW two are bought each year. A MW has 60,000 TH/s, at 1 USD falling by 19 % a year: 54,000
    USD in the middle of year 1, 43,740 in that of year 2, for 175,320 that it mines each year.
    """
    new = {"model": "New", "usd_per_th": 1.0, "price_growth_per_year": -0.19, "most_mw": 2.0}
    bought = site(machines("S", 4, 60.0), sold=(machines("New", 1, 60.0),), machines={"replacements": (new,)})
    found = optimum(bought, MINE_ONLY).account
    assert found.decisions.bought_mw[1, :, 0].tolist() == pytest.approx([2.0, 2.0])
    assert found.lines["machine_purchases"].ravel().tolist() == pytest.approx([-108_000.0, -87_480.0])
    assert found.expected_npv == cents((6 * 175_320 - 108_000) / 1.1 + (8 * 175_320 - 87_480) / 1.331)


def test_failures_thin_the_fleet() -> None:
    """By hand: a tenth fails each year, so nine of ten MW run in year 2."""
    found = optimum(site(machines={"failures_per_year": 0.1, "upkeep_usd_per_mw_year": 1_000.0}), MINE_ONLY).account
    assert found.decisions.machines_mw[0, :, 0].tolist() == pytest.approx([10.0, 9.0])
    assert found.lines["machine_upkeep"].ravel().tolist() == pytest.approx([-10_000.0, -9_000.0])


def test_an_offer_is_taken_up_once_however_often_it_could_be() -> None:
    """By hand: in four quarters one could begin; of 3 critical MW there are 3."""
    years = {"start": "2026-03-01", "quarters": 4, "years": 2}
    host = offer(size={"most_mw": 3.0}, lead_months=3, months_without_revenue=3)
    assert optimum(site(offers=(host,), years=years)).converted_mw.sum() == pytest.approx(3.0)


def test_megawatts_come_in_steps() -> None:
    """By hand: from 3 MW on in steps of 2, at most 8: 3, 5 or 7. All of 8 would be best, so 7 are."""
    host = offer(size={"most_mw": 8.0, "least_mw": 3.0, "step_mw": 2.0})
    assert optimum(site(offers=(host,), whole_steps=True)).converted_mw.sum() == pytest.approx(7.0)
    assert optimum(site(offers=(host,))).converted_mw.sum() == pytest.approx(8.0)
    short = {"discount_rate": 0.21, "cash_usd": 4e6}  # of 1 M USD a MW: two steps could be paid, had three MW not to be
    assert optimum(site(offers=(host,), money=short, whole_steps=True)).converted_mw.sum() == pytest.approx(3.0)
    cheap = offer(
        size={"most_mw": 8.0, "least_mw": 3.0, "step_mw": 2.0}, rent={"usd_per_kw_month": 1.0, "term_months": 12}
    )
    assert optimum(site(offers=(cheap,), whole_steps=True)).converted_mw.sum() == pytest.approx(0.0)
