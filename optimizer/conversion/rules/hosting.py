r"""Hosting: megawatts converted, what they draw, earn and cost (investment program).

Symbols: :math:`x_j` critical MW of choice j (an offer taken up in a node), :math:`v` a vintage (an offer taken up in
a period), :math:`u_{ocqw}` and :math:`a_{ocqw}` MW of tenant load unserved, and served by backup generation. Everything
a vintage pays or costs per MW over its life is data; what is decided is how much, when, and what is shed.
"""

from __future__ import annotations

from optimizer.engine.language import Expression, Index, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


def tenant_load(m: Model, q: Index, w: Index) -> Expression:
    r"""What tenants draw at the meter, :math:`\sum_v l_{vqw} x_{j(v,w)}`, MW."""
    return m.sum(m.VINTAGES, lambda v: m.drawn_mw[v, q, w] * m.converted_mw[m.choice_of[v, w]])


@RULES.family(("OPEN_BLOCKS", "PERIODS", "PATHS"), "the connection allows {site_mw:.4g} MW", unit="MW", gives=False)
def site_limit(m: Model, b: Index, q: Index, w: Index) -> Relation:
    r"""Machines run beside what conversion takes up: :math:`\sum_{k \in b} r_{kqw} + \sum_v o_{vqw} x_{j(v,w)} \le P`.

    The tenant's part of the connection is reserved, drawn or not. The shadow price is what one more MW of connection
    would earn in the block, USD of today.
    """
    running = m.sum(m.RUNS_OF_BLOCK[b], lambda k: m.running_mw[k, q, w])
    reserved = m.sum(m.VINTAGES, lambda v: m.reserved_mw[v, q, w] * m.converted_mw[m.choice_of[v, w]])
    return running + reserved <= m.site_mw


@RULES.family(("CALLS", "PERIODS", "PATHS"), "call {CALLS} leaves {call_limit_mw:.4g} MW", unit="MW")
def call_limit(m: Model, c: Index, q: Index, w: Index) -> Relation:
    r"""A call caps machines and tenants together: :math:`\sum_{k \in c} r_{kqw} + L_{qw} - \sum_o (u + a) \le C_c`.

    Machines that stop leave room for the tenant: its shadow price is what one more MW would save in the call.
    """
    running = m.sum(m.RUNS_OF_CALL[c], lambda k: m.running_mw[k, q, w])
    unserved = m.sum(m.OFFERS, lambda o: m.unserved_mw[o, c, q, w] + m.backup_mw[o, c, q, w])
    return running + tenant_load(m, q, w) - unserved <= m.call_limit_mw[c]


@RULES.family(("OFFERS", "CALLS", "PERIODS", "PATHS"), "only drawn load can be shed", unit="MW")
def tenant_of_offer(m: Model, o: Index, c: Index, q: Index, w: Index) -> Relation:
    r"""No more is shed than the offer's tenants draw: :math:`u_{ocqw} + a_{ocqw} \le L_{oqw}`.

    Its shadow price is what one more MW that may be shed would save in the call, USD of today per MW.
    """
    load = m.sum(m.VINTAGES_OF_OFFER[o], lambda v: m.drawn_mw[v, q, w] * m.converted_mw[m.choice_of[v, w]])
    return m.unserved_mw[o, c, q, w] + m.backup_mw[o, c, q, w] <= load


@RULES.family(("OFFERS", "CALLS", "PERIODS", "PATHS"), "backup covers its share of the load", unit="MW")
def backup_limit(m: Model, o: Index, c: Index, q: Index, w: Index) -> Relation:
    r"""Backup generation covers its share of the tenants' load: :math:`a_{ocqw} \le \beta_o L_{oqw}`.

    Its shadow price is what one more MW of backup would save in the call, USD of today per MW.
    """
    load = m.sum(m.VINTAGES_OF_OFFER[o], lambda v: m.drawn_mw[v, q, w] * m.converted_mw[m.choice_of[v, w]])
    return m.backup_mw[o, c, q, w] <= m.backup_share[o] * load


@RULES.family(("OFFERS", "PATHS"), "{OFFERS} is for {offer_mw:.4g} MW", unit="MW", gives=False)
def offer_limit(m: Model, o: Index, w: Index) -> Relation:
    r"""No path takes up more of an offer than there is: :math:`\sum_{v \in o} x_{j(v,w)} \le X_o`.

    Its shadow price is what one more critical MW of the offer would bring, USD of today per MW.
    """
    return m.sum(m.VINTAGES_OF_OFFER[o], lambda v: m.converted_mw[m.choice_of[v, w]]) <= m.offer_mw[o]


@RULES.family(("CHOICES",), "{converted_least_mw:.4g} MW are converted for {CHOICES}", unit="MW")
def conversion_least(m: Model, j: Index) -> Relation:
    r"""A variant of the study may ask for a conversion: :math:`x_j \ge \underline x_j`.

    Its shadow price is what one more critical MW that must be converted costs, USD of today per MW.
    """
    return m.converted_mw[j] >= m.converted_least_mw[j]


@RULES.family(("WHOLE_CHOICES",), "megawatts are converted in steps", unit="MW", definition=True)
def whole_steps(m: Model, j: Index) -> Relation:
    r"""Megawatts are converted in steps, on top of the least size: :math:`x_j = d_j n_j + \underline d_j y_j`.

    With the steps fixed, its shadow price is what one more critical MW would be worth, USD of today per MW.
    """
    return m.converted_mw[j] == m.step_mw[j] * m.steps[j] + m.least_size_mw[j] * m.begun[j]


@RULES.family(("WHOLE_CHOICES",), "steps follow the least size", unit="MW")
def steps_once_begun(m: Model, j: Index) -> Relation:
    r"""Steps follow the least size, never stand alone: :math:`n_j \le N_j y_j`.

    Only whole numbers stand in it: with these fixed, its shadow price is zero.
    """
    return m.steps[j] <= m.most_steps[j] * m.begun[j]


def rent(m: Model, q: Index, w: Index) -> Expression:
    """Rent of what is live, with ramp and escalator."""
    return m.sum(m.VINTAGES, lambda v: m.rent_usd_per_mw[v, q, w] * m.converted_mw[m.choice_of[v, w]])


def tenant_power(m: Model, q: Index, w: Index) -> Expression:
    """Power of tenants who do not pay it themselves, as if nothing were ever shed."""
    return m.sum(m.VINTAGES, lambda v: -m.tenant_power_usd_per_mw[v, q, w] * m.converted_mw[m.choice_of[v, w]])


def tenant_upkeep(m: Model, q: Index, w: Index) -> Expression:
    """Running costs of the data hall."""
    return m.sum(m.VINTAGES, lambda v: -m.hall_upkeep_usd_per_mw[v, q, w] * m.converted_mw[m.choice_of[v, w]])


def service_credits(m: Model, q: Index, w: Index) -> Expression:
    """Credits to tenants for load not served, less the power it saves where the farm pays for that."""
    return m.sum(m.SHEDS, lambda h: -m.unserved_usd_per_mw[h, q, w] * m.unserved_mw[m.offer_of[h], m.call_of[h], q, w])


def backup_fuel(m: Model, q: Index, w: Index) -> Expression:
    """Fuel of backup generation, less the power it saves where the farm pays for that."""
    return m.sum(m.SHEDS, lambda h: -m.backup_usd_per_mw[h, q, w] * m.backup_mw[m.offer_of[h], m.call_of[h], q, w])


def capex(m: Model, q: Index, w: Index) -> Expression:
    """Building the data hall, as its schedule falls due."""
    return m.sum(m.VINTAGES, lambda v: -m.capex_usd_per_mw[v, q, w] * m.converted_mw[m.choice_of[v, w]])


def deposits(m: Model, q: Index, w: Index) -> Expression:
    """Deposits received from tenants, less those given back."""
    return m.sum(m.VINTAGES, lambda v: m.deposit_usd_per_mw[v, q, w] * m.converted_mw[m.choice_of[v, w]])


_PER_MW = ("VINTAGES", "PERIODS", "PATHS")
PARAMETERS = (
    Parameter("site_mw"),
    Parameter("call_limit_mw", ("CALLS",)),
    Parameter("offer_mw", ("OFFERS",)),  # critical MW
    Parameter("backup_share", ("OFFERS",)),
    Parameter("reserved_mw", _PER_MW),  # MW at the meter per critical MW, the mean over the period
    Parameter("drawn_mw", _PER_MW),
    Parameter("rent_usd_per_mw", _PER_MW),  # per critical MW, over the period; so are the others
    Parameter("tenant_power_usd_per_mw", _PER_MW),
    Parameter("hall_upkeep_usd_per_mw", _PER_MW),
    Parameter("capex_usd_per_mw", _PER_MW),
    Parameter("deposit_usd_per_mw", _PER_MW),
    Parameter("unserved_usd_per_mw", ("SHEDS", "PERIODS", "PATHS")),  # per MW over the call's hours
    Parameter("backup_usd_per_mw", ("SHEDS", "PERIODS", "PATHS")),
    Parameter("converted_least_mw", ("CHOICES",)),
    Parameter("converted_most_mw", ("CHOICES",)),
    Parameter("step_mw", ("WHOLE_CHOICES",)),
    Parameter("least_size_mw", ("WHOLE_CHOICES",)),
    Parameter("most_steps", ("WHOLE_CHOICES",)),
    Parameter("begun_most", ("WHOLE_CHOICES",)),  # one
    Parameter("enrolled_limit_mw", ("PERIODS", "PATHS")),
)

VARIABLES = (
    Variable("converted_mw", ("CHOICES",), upper="converted_most_mw"),
    Variable("unserved_mw", ("OFFERS", "CALLS", "PERIODS", "PATHS")),
    Variable("backup_mw", ("OFFERS", "CALLS", "PERIODS", "PATHS")),
    Variable("steps", ("WHOLE_CHOICES",), integer=True),
    Variable("begun", ("WHOLE_CHOICES",), upper="begun_most", integer=True),
)


OF_A_PERIOD = (rent, tenant_power, tenant_upkeep, service_credits, backup_fuel, capex, deposits)
