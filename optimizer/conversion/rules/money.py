r"""Money over the years: taxes, cash, what is left at the end, and risk (investment program).

Symbols: :math:`C_{qw}` cash above its floor at the end of period q, :math:`f_{qw}` what the owners gain in it,
:math:`T_{qw}` income taxed, :math:`\Lambda_{qw}` losses carried forward, all USD; :math:`\delta_q` the discount factor.
"""

from __future__ import annotations

from collections.abc import Callable

from optimizer.conversion.rules import financing, hosting, machines
from optimizer.conversion.rules.financing import assets_sold, bitcoin_discount, borrowed, equity_cost, interest
from optimizer.conversion.rules.hosting import (
    backup_fuel,
    capex,
    deposits,
    rent,
    service_credits,
    tenant_power,
    tenant_upkeep,
)
from optimizer.conversion.rules.machines import (
    capacity_payment,
    cut_payment,
    hash_income,
    machine_purchases,
    machine_sales,
    machine_upkeep,
    mining_power,
)
from optimizer.engine.language import MILLION, Expression, Index, Line, Model, Parameter, Relation, Rules, Variable

RULES = Rules()
_FLOOR = "cash must not fall below its floor"


def operating_result(m: Model, q: Index, w: Index) -> Expression:
    """What mining and hosting bring before tax, interest and building, machines traded included."""
    mining = hash_income(m, q, w) + mining_power(m, q, w) + machine_upkeep(m, q, w)
    machines = machine_sales(m, q, w) + machine_purchases(m, q, w)
    calls = capacity_payment(m, q, w) + cut_payment(m, q, w)
    hosting = rent(m, q, w) + tenant_power(m, q, w) + tenant_upkeep(m, q, w)
    return mining + machines + calls + hosting + service_credits(m, q, w) + backup_fuel(m, q, w) + site_upkeep(m, q, w)


def site_upkeep(m: Model, q: Index, w: Index) -> Expression:
    """What the site costs whatever is done with it: staff, land, and the power of the auxiliary load."""
    return -m.site_usd[q, w]


def depreciation(m: Model, q: Index, w: Index) -> Expression:
    """Depreciation of the data halls; machines are deducted when they are bought."""
    return m.sum(m.VINTAGES, lambda v: -m.depreciation_usd_per_mw[v, q, w] * m.converted_mw[m.choice_of[v, w]])


def taxable_income(m: Model, q: Index, w: Index) -> Expression:
    """Income before losses are carried: the operating result, depreciation, interest, and gains on BTC sold."""
    gain = m.btc_gain_usd[q, w] * m.btc_sold[q, w]
    return operating_result(m, q, w) + depreciation(m, q, w) + interest(m, q, w) + gain


def tax(m: Model, q: Index, w: Index) -> Expression:
    """Tax on income, after losses carried forward."""
    return -m.tax_rate * m.taxed_usd[q, w]


def net_flow(m: Model, q: Index, w: Index) -> Expression:
    """What the owners gain or pay in a period."""
    financing = interest(m, q, w) + borrowed(m, q, w) + bitcoin_discount(m, q, w) + equity_cost(m, q, w)
    return operating_result(m, q, w) + capex(m, q, w) + deposits(m, q, w) + financing + tax(m, q, w)


@RULES.family(("FIRST_PERIODS", "PATHS"), _FLOOR, unit="USD", gives=True, definition=True)
def first_cash(m: Model, q: Index, w: Index) -> Relation:
    r"""Cash is what there was above its floor, and the flows:
    :math:`C_{qw} = C + f_{qw} + \beta_{qw} p_{qw} + e_{qw}`.

    Its shadow price is what a USD more in the period is worth, beyond itself, USD of today.
    """
    return m.cash_usd[q, w] == net_flow(m, q, w) + assets_sold(m, q, w) + m.cash_before_usd


@RULES.family(("LATER_PERIODS", "PATHS"), _FLOOR, unit="USD", gives=True, definition=True)
def later_cash(m: Model, q: Index, w: Index) -> Relation:
    r"""Cash moves by the flows: :math:`C_{qw} = C_{q-1,w} + f_{qw} + \beta_{qw} p_{qw} + e_{qw}`.

    Cash is never negative. Its shadow price is what a dollar more in the period is worth, beyond itself.
    """
    return m.cash_usd[q, w] - m.cash_usd[m.previous[q], w] == net_flow(m, q, w) + assets_sold(m, q, w)


@RULES.family(("FIRST_PERIODS", "PATHS"), "income is taxed", unit="USD", definition=True)
def first_tax(m: Model, q: Index, w: Index) -> Relation:
    r"""Losses of before the study reduce what is taxed: :math:`T_{qw} = I_{qw} + \Lambda_{qw} - \Lambda`.

    Its shadow price is what a USD more of taxed income costs, USD of today.
    """
    return m.taxed_usd[q, w] == taxable_income(m, q, w) + m.losses_usd[q, w] - m.losses_before_usd


@RULES.family(("LATER_PERIODS", "PATHS"), "income is taxed", unit="USD", definition=True)
def later_tax(m: Model, q: Index, w: Index) -> Relation:
    r"""Losses are carried forward and reduce what is taxed:
    :math:`T_{qw} = I_{qw} + \Lambda_{qw} - \Lambda_{q-1,w} \ge 0`.

    Its shadow price is what a USD more of taxed income costs, USD of today.
    """
    return m.taxed_usd[q, w] == taxable_income(m, q, w) + m.losses_usd[q, w] - m.losses_usd[m.previous[q], w]


def rest_of_contracts(m: Model, w: Index) -> Expression:
    """What contracts still pay after the study, after tax."""
    return m.sum(m.VINTAGES, lambda v: m.contract_rest_usd_per_mw[v, w] * m.converted_mw[m.choice_of[v, w]])


def rest_of_machines(m: Model, w: Index) -> Expression:
    """Machines sold at the end, after tax."""
    return m.sum(m.GROUPS, lambda g: m.machine_rest_usd_per_mw[g, w] * m.machines_mw[g, m.last_node[w]])


def rest_of_debt(m: Model, w: Index) -> Expression:
    """Debt paid back at the end."""
    return m.sum(m.OFFERS, lambda o: -m.debt_usd[o, m.last_period[w], w])


@RULES.family(("TAILS", "PATHS"), "risk is measured in the worst paths", unit="USD", definition=True)
def tail(m: Model, r: Index, w: Index) -> Relation:
    r"""How far a path falls short of the threshold z: :math:`\tau_w \ge z^+ - z^- - V_w`, with :math:`V_w` its NPV.

    The NPV is read off cash: :math:`V_w = \sum_q \delta_q (C_{qw} - C_{q-1,w} - \beta_{qw} p_{qw} - e_{qw})` and what
    is left at the end. CVaR as a linear program: Rockafellar and Uryasev, Journal of Risk 2(3), 2000. Its shadow price
    is what a USD less on the path costs in risk, weighed, USD of today.
    """
    cash = m.sum(m.PERIODS, lambda q: m.cash_weight[q] * m.cash_usd[q, w])
    sold = m.sum(m.PERIODS, lambda q: m.discount[q] * m.btc_usd[q, w] * m.btc_sold[q, w])
    raised = m.sum(m.PERIODS, lambda q: m.discount[q] * m.equity_usd[q, w])
    left = rest_of_contracts(m, w) + rest_of_machines(m, w) + rest_of_debt(m, w)
    value = cash - sold - raised + m.end_discount * left - m.discount_first * m.cash_before_usd
    return m.shortfall_usd[r, w] + value >= m.threshold_above_usd[r] - m.threshold_below_usd[r]


PARAMETERS = (
    Parameter("site_usd", ("PERIODS", "PATHS")),
    Parameter("depreciation_usd_per_mw", ("VINTAGES", "PERIODS", "PATHS")),
    Parameter("contract_rest_usd_per_mw", ("VINTAGES", "PATHS")),
    Parameter("machine_rest_usd_per_mw", ("GROUPS", "PATHS")),
    Parameter("cash_before_usd"),  # above the floor
    Parameter("losses_before_usd"),
    Parameter("tax_rate"),
    Parameter("discount", ("PERIODS",)),  # what a dollar of the period is worth today
    Parameter("discount_first"),
    Parameter("end_discount"),
    Parameter("cash_weight", ("PERIODS",)),  # the period's discount less the next one's
    Parameter("probability", ("PATHS",)),
    Parameter("tail_share"),
    Parameter("risk_weight"),
)

VARIABLES = (
    Variable("cash_usd", ("PERIODS", "PATHS"), counted_in=MILLION),
    Variable("taxed_usd", ("PERIODS", "PATHS"), counted_in=MILLION),
    Variable("losses_usd", ("PERIODS", "PATHS"), counted_in=MILLION),
    Variable("shortfall_usd", ("TAILS", "PATHS"), counted_in=MILLION),
    Variable("threshold_above_usd", ("TAILS",), counted_in=MILLION),
    Variable("threshold_below_usd", ("TAILS",), counted_in=MILLION),
)


def of_today(line: Callable[[Model, Index, Index], Expression]) -> Line:
    """A line of the objective: a period's money, discounted and weighted by its path's probability."""

    def term(m: Model, q: Index, w: Index) -> Expression:
        return m.probability[w] * m.discount[q] * line(m, q, w)

    term.__name__, term.__doc__ = line.__name__, line.__doc__
    return term


def at_the_end(line: Callable[[Model, Index], Expression]) -> Line:
    """A line of the objective: money at the end of the study, discounted and weighted by its path's probability."""

    def term(m: Model, w: Index) -> Expression:
        return m.probability[w] * m.end_discount * line(m, w)

    term.__name__, term.__doc__ = line.__name__, line.__doc__
    return term


OF_A_PERIOD = (
    *machines.OF_A_PERIOD,
    *hosting.OF_A_PERIOD,
    *financing.OF_A_PERIOD,
    *(site_upkeep, tax),
)
AT_THE_END = (rest_of_contracts, rest_of_machines, rest_of_debt)

for of_a_period in OF_A_PERIOD:
    RULES.term(("PERIODS", "PATHS"))(of_today(of_a_period))
for at_end in AT_THE_END:
    RULES.term(("PATHS",))(at_the_end(at_end))


@RULES.term(("TAILS",), money=False)
def tail_weight(m: Model, r: Index) -> Expression:
    r"""Weight on the mean of the worst paths: :math:`\lambda (z^+ - z^- - \sum_w \pi_w \tau_w / \alpha)`."""
    short = m.sum(m.PATHS, lambda w: (m.probability[w] / m.tail_share) * m.shortfall_usd[r, w])
    return m.risk_weight * (m.threshold_above_usd[r] - m.threshold_below_usd[r] - short)
