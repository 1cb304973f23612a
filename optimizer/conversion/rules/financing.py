r"""What pays for building: debt, treasury bitcoin, equity (investment program).

Symbols: :math:`D_{oqw}` debt of an offer at the end of period q, :math:`a_{oqw}, b_{oqw}` drawn and paid back, USD;
:math:`\beta_{qw}` BTC sold; :math:`e_{qw}` equity raised, USD. A sale of treasury BTC or of shares swaps one asset
of the owners for another: it brings cash, and costs them no more than the discount.
"""

from __future__ import annotations

from optimizer.engine.language import MILLION, Expression, Index, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


def interest(m: Model, q: Index, w: Index) -> Expression:
    r"""Interest on the mean of a period's debt: :math:`-\sum_o i_o y_q (D_{oqw} - (a_{oqw} - b_{oqw}) / 2)`."""
    debt = m.sum(m.OFFERS, lambda o: (m.years[q] * m.debt_rate[o]) * m.debt_usd[o, q, w])
    drawn = m.sum(m.OFFERS, lambda o: (0.5 * m.years[q] * m.debt_rate[o]) * m.drawn_usd[o, q, w])
    repaid = m.sum(m.OFFERS, lambda o: (0.5 * m.years[q] * m.debt_rate[o]) * m.repaid_usd[o, q, w])
    return drawn - repaid - debt


def borrowed(m: Model, q: Index, w: Index) -> Expression:
    r"""Debt drawn less debt paid back: :math:`\sum_o a_{oqw} - b_{oqw}`."""
    drawn = m.sum(m.OFFERS, lambda o: m.drawn_usd[o, q, w])
    return drawn - m.sum(m.OFFERS, lambda o: m.repaid_usd[o, q, w])


@RULES.family(("OFFERS", "FIRST_PERIODS", "PATHS"), "debt is drawn and paid back", unit="USD", definition=True)
def first_debt(m: Model, o: Index, q: Index, w: Index) -> Relation:
    r"""There is no debt before: :math:`D_{oqw} = a_{oqw} - b_{oqw}`.

    Its shadow price is what a USD more of debt costs, USD of today.
    """
    return m.debt_usd[o, q, w] == m.drawn_usd[o, q, w] - m.repaid_usd[o, q, w]


@RULES.family(("OFFERS", "LATER_PERIODS", "PATHS"), "debt is drawn and paid back", unit="USD", definition=True)
def later_debt(m: Model, o: Index, q: Index, w: Index) -> Relation:
    r"""Debt is drawn and paid back: :math:`D_{oqw} = D_{o,q-1,w} + a_{oqw} - b_{oqw}`.

    Its shadow price is what a USD more of debt costs, USD of today.
    """
    return m.debt_usd[o, q, w] - m.debt_usd[o, m.previous[q], w] == m.drawn_usd[o, q, w] - m.repaid_usd[o, q, w]


@RULES.family(
    ("OFFERS", "PERIODS", "PATHS"), "lenders of {OFFERS} lend a share of what is built", unit="USD", gives=False
)
def debt_limit(m: Model, o: Index, q: Index, w: Index) -> Relation:
    r"""Debt stays within a share of what was spent on building, less what is due back:
    :math:`D_{oqw} \le \sum_{v \in o} d_{vqw} x_{j(v,w)}`.

    Its shadow price is what a USD more that may be borrowed would bring, USD of today.
    """
    return m.debt_usd[o, q, w] <= m.sum(
        m.VINTAGES_OF_OFFER[o], lambda v: m.debt_limit_usd_per_mw[v, q, w] * m.converted_mw[m.choice_of[v, w]]
    )


@RULES.family(("PATHS",), "{treasury_btc:g} BTC may be sold", unit="BTC")
def treasury(m: Model, w: Index) -> Relation:
    r"""No more BTC is sold than may be: :math:`\sum_q \beta_{qw} \le B`. Its shadow price: what one more would help."""
    return m.sum(m.PERIODS, lambda q: m.btc_sold[q, w]) <= m.treasury_btc


@RULES.family(("PATHS",), "{equity_limit_usd:,.0f} USD of equity can be raised", unit="USD", gives=False)
def equity_limit(m: Model, w: Index) -> Relation:
    r"""No more equity is raised than can be: :math:`\sum_q e_{qw} \le E`.

    Its shadow price is what a USD more of equity would bring, USD of today.
    """
    return m.sum(m.PERIODS, lambda q: m.equity_usd[q, w]) <= m.equity_limit_usd


def bitcoin_discount(m: Model, q: Index, w: Index) -> Expression:
    """What selling treasury BTC costs against its market price."""
    return -m.btc_discount_usd[q, w] * m.btc_sold[q, w]


def equity_cost(m: Model, q: Index, w: Index) -> Expression:
    """What raising equity costs."""
    return -m.equity_cost_share * m.equity_usd[q, w]


def assets_sold(m: Model, q: Index, w: Index) -> Expression:
    """BTC at market price and shares, turned into cash."""
    return m.btc_usd[q, w] * m.btc_sold[q, w] + m.equity_usd[q, w]


PARAMETERS = (
    Parameter("debt_rate", ("OFFERS",)),  # per year
    Parameter("debt_limit_usd_per_mw", ("VINTAGES", "PERIODS", "PATHS")),
    Parameter("treasury_btc"),
    Parameter("btc_usd", ("PERIODS", "PATHS")),
    Parameter("btc_discount_usd", ("PERIODS", "PATHS")),  # market price less what a sale brings
    Parameter("btc_gain_usd", ("PERIODS", "PATHS")),  # what a sale brings less what was paid once
    Parameter("equity_limit_usd"),
    Parameter("equity_cost_share"),
)

VARIABLES = (
    Variable("debt_usd", ("OFFERS", "PERIODS", "PATHS"), counted_in=MILLION),
    Variable("drawn_usd", ("OFFERS", "PERIODS", "PATHS"), counted_in=MILLION),
    Variable("repaid_usd", ("OFFERS", "PERIODS", "PATHS"), counted_in=MILLION),
    Variable("btc_sold", ("PERIODS", "PATHS")),
    Variable("equity_usd", ("PERIODS", "PATHS"), counted_in=MILLION),
)


OF_A_PERIOD = (interest, borrowed, bitcoin_discount, equity_cost)
