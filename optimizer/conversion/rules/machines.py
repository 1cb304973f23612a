r"""Machines over the years: what stands, what is bought and sold, what runs (investment program).

Symbols: :math:`M_{gn}` MW of machines of group g standing in node n, :math:`b_{gn}, \psi_{gn}` MW bought and sold,
:math:`r_{kqw}` MW running in run k (a group in a price block) of period q on path w. All MW are at the meter.
A node is a period on a path; periods before the paths are known have one node for all of them.
"""

from __future__ import annotations

from optimizer.engine.language import Expression, Index, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.family(
    ("GROUPS", "FIRST_NODES"), "{machines_before_mw:.4g} MW of {GROUPS} stand at the beginning", definition=True
)
def first_machines(m: Model, g: Index, n: Index) -> Relation:
    r"""The study begins with the farm's machines: :math:`M_{gn} = M_g + b_{gn} - \psi_{gn}`.

    Its shadow price is what one more MW of machines is worth, USD of today per MW.
    """
    return m.machines_mw[g, n] == m.machines_before_mw[g] + m.bought_mw[g, n] - m.sold_mw[g, n]


@RULES.family(("GROUPS", "LATER_NODES"), "machines of {GROUPS} fail, are bought and sold", definition=True)
def later_machines(m: Model, g: Index, n: Index) -> Relation:
    r"""What stands is what stood and did not fail, with purchases and sales:
    :math:`M_{gn} = \phi_n M_{gn'} + b_{gn} - \psi_{gn}`.

    Its shadow price is what one more MW of machines is worth, USD of today per MW.
    """
    kept = m.kept_share[n] * m.machines_mw[g, m.previous_node[n]]
    return m.machines_mw[g, n] == kept + m.bought_mw[g, n] - m.sold_mw[g, n]


@RULES.family(("RUNS", "PERIODS", "PATHS"), "only machines that stand can run", unit="MW")
def runs_what_stands(m: Model, k: Index, q: Index, w: Index) -> Relation:
    r"""Only machines that stand can run: :math:`r_{kqw} \le M_{gn}`.

    Its shadow price is what one more MW of the group would earn in the block, USD of today.
    """
    return m.running_mw[k, q, w] <= m.machines_mw[m.group_of_run[k], m.node_of[q, w]]


@RULES.family(("PERIODS", "PATHS"), "only load that runs can be enrolled", unit="MW")
def enrolled_runs(m: Model, q: Index, w: Index) -> Relation:
    r"""Load enrolled for calls is load that runs, on average over the blocks without a call:
    :math:`E_{qw} \le \sum_k \mu_k r_{kqw}`.

    Its shadow price is what one more MW enrolled would be paid, USD of today per MW.
    """
    return m.enrolled_mw[q, w] <= m.sum(m.RUNS, lambda k: m.baseline_weight[k, q] * m.running_mw[k, q, w])


@RULES.family(("CALLS", "PERIODS", "PATHS"), "only enrolled load is paid for a cut", unit="MW")
def enrolled_cut(m: Model, c: Index, q: Index, w: Index) -> Relation:
    r"""A call pays for the enrolled load that does not run: :math:`z_{cqw} \le E_{qw} - \sum_{k \in c} r_{kqw}`.

    Its shadow price is what one more MW of cut would be paid in the call, USD of today per MW.
    """
    running = m.sum(m.RUNS_OF_CALL[c], lambda k: m.running_mw[k, q, w])
    return m.cut_mw[c, q, w] <= m.enrolled_mw[q, w] - running


def hash_income(m: Model, q: Index, w: Index) -> Expression:
    """Hash earned by the farm's machines, net of the pool's fee, and what hosted machines pay."""
    return m.sum(
        m.RUNS, lambda k: m.run_hours[k, q] * m.hash_usd_per_mwh[m.group_of_run[k], q, w] * m.running_mw[k, q, w]
    )


def mining_power(m: Model, q: Index, w: Index) -> Expression:
    """Power that the machines draw."""
    return m.sum(
        m.RUNS,
        lambda k: (-m.run_hours[k, q] * m.power_usd_per_mwh[m.block_of_run[k], q, w]) * m.running_mw[k, q, w],
    )


def machine_upkeep(m: Model, q: Index, w: Index) -> Expression:
    """Repair and hands for machines that stand, whether they run or not."""
    return m.sum(m.GROUPS, lambda g: (-m.years[q] * m.upkeep_usd_per_mw_year) * m.machines_mw[g, m.node_of[q, w]])


def machine_sales(m: Model, q: Index, w: Index) -> Expression:
    """Machines sold second-hand."""
    return m.sum(m.GROUPS, lambda g: m.resale_usd_per_mw[g, q, w] * m.sold_mw[g, m.node_of[q, w]])


def machine_purchases(m: Model, q: Index, w: Index) -> Expression:
    """Machines bought."""
    return m.sum(m.GROUPS, lambda g: -m.purchase_usd_per_mw[g, q, w] * m.bought_mw[g, m.node_of[q, w]])


def capacity_payment(m: Model, q: Index, w: Index) -> Expression:
    """Paid for load enrolled, called or not."""
    return m.capacity_usd_per_mw[q] * m.enrolled_mw[q, w]


def cut_payment(m: Model, q: Index, w: Index) -> Expression:
    """Paid for load cut in calls."""
    return m.sum(m.CALLS, lambda c: m.call_hours[c, q] * m.cut_usd_per_mwh * m.cut_mw[c, q, w])


PARAMETERS = (
    Parameter("years", ("PERIODS",)),
    Parameter("machines_before_mw", ("GROUPS",)),
    Parameter("bought_limit_mw", ("GROUPS", "NODES"), open_ended=True),
    Parameter("kept_share", ("NODES",)),  # of machines, from the period before
    Parameter("run_hours", ("RUNS", "PERIODS")),  # of the run's block, over the whole period
    Parameter("call_hours", ("CALLS", "PERIODS")),
    Parameter("baseline_weight", ("RUNS", "PERIODS")),  # hours of an open block over those of all; zero in calls
    Parameter("hash_usd_per_mwh", ("GROUPS", "PERIODS", "PATHS")),
    Parameter("power_usd_per_mwh", ("BLOCKS", "PERIODS", "PATHS")),
    Parameter("upkeep_usd_per_mw_year"),
    Parameter("resale_usd_per_mw", ("GROUPS", "PERIODS", "PATHS")),
    Parameter("purchase_usd_per_mw", ("GROUPS", "PERIODS", "PATHS")),
    Parameter("capacity_usd_per_mw", ("PERIODS",)),
    Parameter("cut_usd_per_mwh"),
)

VARIABLES = (
    Variable("machines_mw", ("GROUPS", "NODES")),
    Variable("bought_mw", ("GROUPS", "NODES"), upper="bought_limit_mw"),
    Variable("sold_mw", ("GROUPS", "NODES")),
    Variable("running_mw", ("RUNS", "PERIODS", "PATHS")),
    Variable("enrolled_mw", ("PERIODS", "PATHS"), upper="enrolled_limit_mw"),
    Variable("cut_mw", ("CALLS", "PERIODS", "PATHS")),
)


OF_A_PERIOD = (
    hash_income,
    mining_power,
    machine_upkeep,
    machine_sales,
    machine_purchases,
    capacity_payment,
    cut_payment,
)
