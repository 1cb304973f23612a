r"""Clients: the uptime they are promised, credits for what is missed of it, fees, and their share of what cuts earn.

Symbols: :math:`u_{pt}` units on at point p, :math:`h_t` hours; of the promise k to a client in a billing period
:math:`D_k` downtime in the plan, machine-hours, and :math:`O_{kt}` machines that run or are down (none where downtime
is excused); :math:`A_n` downtime left before step n of the credits and :math:`y_n` what lies beyond.
"""

from __future__ import annotations

from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.family(
    ("PROMISES",),
    "client and period {PROMISES}: machines that are owed run or are down",
    unit="machine-hours",
    item=Item("uptime", "A client is promised uptime: an hour run is an hour less to make good", earns=True),
    definition=True,
)
def client_downtime(m: Model, k: Index) -> Relation:
    r"""What does not run of what is owed is downtime: :math:`\sum_{p, t \in k} h_t u_{pt} + D_k = \sum_t h_t O_{kt}`.

    Its shadow price is what a machine-hour of the client is worth to the promise, USD: the client's machines run where
    power takes less than that and their fee, so the dearest hours are off first, as far as the promise lasts.
    """
    run = m.sum(
        m.HOURS_OF_PROMISE[k],
        lambda j: m.promised_hours[j] * m.units_on[m.point_of_promised[j], m.interval_of_promised[j]],
    )
    return run + m.promise_downtime[k] == m.promise_owed[k]


@RULES.family(
    ("UPTIME_STEPS",),
    "client and period {PROMISES} have {downtime_left:.4g} machine-hours of downtime left",
    unit="machine-hours",
    soft="uptime_credit_usd",
)
def promised_uptime(m: Model, n: Index) -> Relation:
    r"""Downtime stays within what uptime leaves, or credits of step n are paid for more: :math:`D_k \le A_n + y_n`.

    :math:`A_n = (1 - U_n) N_k H_k` less the downtime so far and what the rest of the period is expected to take: run,
    excused and missed hours make up :math:`U_n` of all. Each step adds what it costs more than the one before, so the
    credits are convex and fill in turn. The shadow price is the credit of one more machine-hour, or what a forbidden
    one would earn, USD.
    """
    return m.promise_downtime[m.promise_of_step[n]] <= m.downtime_left[n] + m.uptime_missed[n]


@RULES.term(("INTERVALS",))
def client_fees(m: Model, t: Index) -> Expression:
    """Monthly fees of clients, hour by hour of their billing period; a constant."""
    return m.hours[t] * m.client_fees_usd_per_hour[t]


@RULES.term(("UPTIME_STEPS",))
def uptime_credits(m: Model, n: Index) -> Expression:
    r"""What clients are credited for uptime below the promised: :math:`-c_n y_n`."""
    return -m.uptime_credit_usd[n] * m.uptime_missed[n]


@RULES.term(("INTERVALS",))
def client_cut_share(m: Model, t: Index) -> Expression:
    """The part of what events pay for cuts that is clients'."""
    return -m.client_cut_income_share * m.offered("cut_income", t)


PARAMETERS = (
    Parameter("promised_hours", ("PROMISED_HOURS",)),
    Parameter("promise_owed", ("PROMISES",)),  # machine-hours
    Parameter("downtime_left", ("UPTIME_STEPS",)),  # machine-hours
    Parameter("uptime_credit_usd", ("UPTIME_STEPS",)),  # USD per machine-hour, beyond the step before
    Parameter("uptime_missed_limit", ("UPTIME_STEPS",), open_ended=True),  # zero where the promise is hard
    Parameter("client_fees_usd_per_hour", ("INTERVALS",)),
    Parameter("client_cut_income_share"),
)

VARIABLES = (
    Variable("promise_downtime", ("PROMISES",)),
    Variable("uptime_missed", ("UPTIME_STEPS",), upper="uptime_missed_limit"),
)
