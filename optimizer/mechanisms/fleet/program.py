r"""Machines: how many run, start and stop (families 1 to 8).

Symbols: :math:`u_{pt}` units on at operating point p (a group in a mode), :math:`r_{gt} = \sum_{p \in g} u_{pt}`
units running, :math:`s_{gt}, d_{gt}` units started and stopped, :math:`o_{gt}, q_{gt}` running and resting units that
an outage takes, :math:`A_{gt}` units available. All are machines; times are hours.
"""

from __future__ import annotations

from optimizer.accounts.reasons import Reason
from optimizer.engine.language import Expression, Index, Item, Model, Parameter, Relation, Rules, Variable

RULES = Rules()
MINIMUM_ON = Item("minimum_on", "Started machines must run their minimum time", Reason.MINIMUM_ON)
MINIMUM_OFF = Item("minimum_off", "Stopped machines must rest their minimum time", Reason.MINIMUM_OFF)
START_RATE = Item("start_rate", "Breakers and pools stand so many starts at a time", Reason.START_RATE)
RUNS_ON = Item("runs_on", "A machine that runs on need not be started")
EARNED = Item("earned", "What the machine earns", earns=True)
RESTART = Item("restart", "A start costs hash and wear", Reason.RESTART_COST, cost=True)


@RULES.offer("units_running")
def units_running(m: Model, g: Index, t: Index) -> Expression:
    r"""Units of group g running in any mode, :math:`r_{gt}`."""
    return m.sum(m.POINTS_OF_GROUP[g], lambda p: m.units_on[p, t])


def units_taken_out(m: Model, g: Index, t: Index) -> Expression:
    r"""Units an outage takes from group g as interval t begins, :math:`o_{gt}`; none where none falls out."""
    return m.sum(m.OUTAGES_AT[g, t], lambda o: m.outage_units[o])


@RULES.offer("load")
def machines_load(m: Model, t: Index) -> Expression:
    r"""Load of the machines, MW: :math:`\eta_t (\sum_p P_p u_{pt} + \sum_g w_g (A_{gt} - r_{gt}))`,
    with the standby draw :math:`w_g` of those that are off.

    The sum over groups of :math:`w_g r_{gt}` is taken point by point: ``extra_mw[p]`` is :math:`P_p - w_g`.
    """
    running = m.sum(m.POINTS, lambda p: m.pue[t] * m.extra_mw[p] * m.units_on[p, t])
    return running + m.pue[t] * m.sum(m.GROUPS, lambda g: m.standby_mw[g] * m.units_available[g, t])


@RULES.family(
    ("GROUPS", "INTERVALS"),
    "group {GROUPS} has {units_available:g} machines available",
    item=Item("availability", "No more machines are in service", Reason.OUTAGE),
)
def availability(m: Model, g: Index, t: Index) -> Relation:
    r"""Units running are at most the units available: :math:`r_{gt} \le A_{gt}`.

    Its shadow price is what one more working machine would earn in the interval, USD.
    """
    return units_running(m, g, t) <= m.units_available[g, t]


@RULES.family(
    ("GROUPS", "FIRST_INTERVALS"), "group {GROUPS} runs {units_before:g} machines when the plan begins", item=RUNS_ON
)
def first_change(m: Model, g: Index, t: Index) -> Relation:
    r"""In the first interval units running change from the state carried in: :math:`r_{gt} - R_g = s - d - o`.

    Its shadow price is what one machine more that ran before the plan would be worth, USD per machine.
    """
    change = m.units_started[g, t] - m.units_stopped[g, t] - units_taken_out(m, g, t)
    return units_running(m, g, t) - change == m.units_before[g]


@RULES.family(
    ("GROUPS", "LATER_INTERVALS"),
    "running machines of group {GROUPS} change only by starts and stops",
    definition=True,
    item=RUNS_ON,
)
def later_change(m: Model, g: Index, t: Index) -> Relation:
    r"""Units running change by starts, stops and outages: :math:`r_{gt} - r_{g,t-1} = s_{gt} - d_{gt} - o_{gt}`.

    Its shadow price is what one machine that comes up without a start would be worth, USD per machine.
    """
    change = m.units_started[g, t] - m.units_stopped[g, t] - units_taken_out(m, g, t)
    return units_running(m, g, t) - units_running(m, g, m.previous[t]) == change


@RULES.family(
    ("MINIMUM_ON_GROUPS", "INTERVALS"),
    "started machines of group {MINIMUM_ON_GROUPS} must run their minimum time",
    item=MINIMUM_ON,
)
def minimum_on(m: Model, g: Index, t: Index) -> Relation:
    r"""Units started within the last L hours still run, but for those an outage took:
    :math:`\sum_{\tau \in W(t, L)} (s_{g\tau} - o_{g\tau}) + S_{gt} \le r_{gt}`,
    where :math:`S_{gt}` counts starts before the plan that still bind. See `minimum_on_since_outage`.

    With the change families these rows describe the whole-unit schedules of identical units without integer
    variables (Rajan and Takriti, IBM Research Report RC23628, 2005). Its shadow price is what one machine less that is
    bound to run would earn, USD per machine.
    """
    started = m.sum(m.ON_WINDOW[g, t], lambda w: m.units_started[g, w])
    taken_out = m.sum(m.OUTAGES_IN_ON_WINDOW[g, t], lambda o: m.outage_units[o])
    return started - taken_out + m.units_bound_on[g, t] <= units_running(m, g, t)


@RULES.family(
    ("MINIMUM_OFF_GROUPS", "INTERVALS"),
    "stopped machines of group {MINIMUM_OFF_GROUPS} must rest their minimum time",
    item=MINIMUM_OFF,
)
def minimum_off(m: Model, g: Index, t: Index) -> Relation:
    r"""Units stopped within the last L hours still rest, but for those an outage took:
    :math:`\sum_{\tau \in W(t, L)} (d_{g\tau} - q_{g\tau}) + D_{gt} \le A_{gt} - r_{gt}`,
    where :math:`D_{gt}` counts stops before the plan that still bind.

    Units that an outage takes are not stopped by choice: they are counted in o or q, not in d, so an outage can force
    any number of machines off, and they may start again as soon as they are back. See `minimum_off_since_outage`. Its
    shadow price is what one machine less that is bound to rest would earn, USD per machine.
    """
    stopped = m.sum(m.OFF_WINDOW[g, t], lambda w: m.units_stopped[g, w])
    taken_out = m.sum(m.OUTAGES_IN_OFF_WINDOW[g, t], lambda o: m.outage_resting[o])
    return stopped - taken_out + m.units_bound_off[g, t] <= m.units_available[g, t] - units_running(m, g, t)


@RULES.family(
    ("ON_SINCE",), "machines of group {GROUPS} started since an outage must run their minimum time", item=MINIMUM_ON
)
def minimum_on_since_outage(m: Model, k: Index) -> Relation:
    r"""An outage excuses no start made after it: for every interval a of the window W(t, L) in which one falls,
    :math:`\sum_{\tau = a}^{t} s_{g\tau} - \sum_{\tau = a + 1}^{t} o_{g\tau} \le r_{gt}`.

    Of the running units an outage had best take those started last, which are bound longest. With a row for each
    beginning a of the window these are what such a stack still holds (Lindley's recursion); where no outage falls in
    a, the row that begins one interval earlier says more. Its shadow price is what one machine less that is bound to
    run would earn, USD per machine.
    """
    g, t = m.group_of_on_since[k], m.interval_of_on_since[k]
    started = m.sum(m.STARTS_SINCE[k], lambda w: m.units_started[g, w])
    taken_out = m.sum(m.OUTAGES_AFTER_START[k], lambda o: m.outage_units[o])
    return started - taken_out <= units_running(m, g, t)


@RULES.family(
    ("OFF_SINCE",), "machines of group {GROUPS} stopped since an outage must rest their minimum time", item=MINIMUM_OFF
)
def minimum_off_since_outage(m: Model, k: Index) -> Relation:
    r"""An outage excuses no stop made after it: for every interval a of the window W(t, L) in which one falls,
    :math:`\sum_{\tau = a}^{t} d_{g\tau} - \sum_{\tau = a + 1}^{t} q_{g\tau} \le A_{gt} - r_{gt}`.

    Of the resting units an outage had best take those stopped last. See `minimum_on_since_outage`. Its shadow price is
    what one machine less that is bound to rest would earn, USD per machine.
    """
    g, t = m.group_of_off_since[k], m.interval_of_off_since[k]
    stopped = m.sum(m.STOPS_SINCE[k], lambda w: m.units_stopped[g, w])
    taken_out = m.sum(m.OUTAGES_AFTER_STOP[k], lambda o: m.outage_resting[o])
    return stopped - taken_out <= m.units_available[g, t] - units_running(m, g, t)


@RULES.family(("OUTAGES",), "an outage takes {outage_limit:g} machines of group {GROUPS}")
def outage_split(m: Model, o: Index) -> Relation:
    r"""An outage takes running machines, resting machines, or neither: :math:`o + q \le O`.

    Its shadow price is what one machine more that may be counted as taken would be worth, USD per machine.
    """
    return m.outage_units[o] + m.outage_resting[o] <= m.outage_limit[o]


@RULES.family(
    ("DAILY_STARTS_GROUPS", "DAYS"),
    "group {DAILY_STARTS_GROUPS} has {starts_left:g} starts left on {DAYS}",
    item=Item("daily_starts", "No start is left on the day", Reason.STARTS_PER_DAY),
)
def daily_starts(m: Model, g: Index, d: Index) -> Relation:
    r"""Starts of a group on a local day are at most what is left of its allowance:
    :math:`\sum_{t \in d} s_{gt} \le N_{gd}`.

    Its shadow price is what one more start would earn, USD per machine.
    """
    return m.sum(m.INTERVALS_OF_DAY[d], lambda t: m.units_started[g, t]) <= m.starts_left[g, d]


@RULES.family(
    ("COLDS",),
    "it is too cold to start machines of group {GROUPS}",
    item=Item("cold_start", "It is too cold to start", Reason.COLD_START),
)
def cold_start(m: Model, c: Index) -> Relation:
    r"""No machine starts where it is colder than its start limit: :math:`s_{gt} = 0`.

    Its shadow price is what one start there would be worth, USD per machine; below zero where it would cost.
    """
    return m.units_started[m.group_of_cold[c], m.interval_of_cold[c]] == 0.0


@RULES.family(
    ("FROSTS",),
    "{frost_minimum:g} machines of group {GROUPS} must run against frost",
    item=Item("freeze_protection", "Machines run against frost"),
    soft="frost_damage_usd",
)
def freeze_protection(m: Model, f: Index) -> Relation:
    r"""In frost a minimum of machines runs, or the shortfall is paid for: :math:`r_{gt} + v_f \ge M_f`.

    Its shadow price is what one machine more that must run costs, USD per machine: the damage at most.
    """
    running = units_running(m, m.group_of_frost[f], m.interval_of_frost[f])
    return running + m.frost_shortfall[f] >= m.frost_minimum[f]


@RULES.family(
    ("STAGED_GROUPS", "INTERVALS"),
    "group {STAGED_GROUPS} may start {start_limit:g} machines at a time",
    item=START_RATE,
)
def start_rate(m: Model, g: Index, t: Index) -> Relation:
    r"""Machines started in an interval are at most what breakers and pools stand: :math:`s_{gt} \le Q_{gt}`.

    Its shadow price is what one more start would earn, USD per machine.
    """
    return m.units_started[g, t] <= m.start_limit[g, t]


@RULES.family(
    ("HOURLY_STARTS_GROUPS", "INTERVALS"),
    "group {HOURLY_STARTS_GROUPS} may start {hourly_limit:g} machines within an hour",
    item=START_RATE,
)
def hourly_starts(m: Model, g: Index, t: Index) -> Relation:
    r"""Machines started within an hour are at most the hourly rate, less starts just before the plan:
    :math:`\sum_{\tau \in W(t, 1)} s_{g\tau} \le H_{gt}`. Only where intervals are shorter than an hour.

    Its shadow price is what one more start would earn, USD per machine.
    """
    return m.sum(m.HOUR_WINDOW[g, t], lambda w: m.units_started[g, w]) <= m.hourly_limit[g, t]


@RULES.term(("INTERVALS",), item=EARNED)
def hash_revenue(m: Model, t: Index) -> Expression:
    """Hash earned, net of the pool's fee; nothing for hosted machines."""
    return m.sum(m.POINTS, lambda p: m.hours[t] * m.hashprice[t] * m.hash_yield_th[p] * m.units_on[p, t])


@RULES.term(("INTERVALS",), item=RESTART)
def restart_loss(m: Model, t: Index) -> Expression:
    """Hash not earned while started machines come up, longer in the cold, priced at the interval of the start."""
    return m.sum(m.GROUPS, lambda g: (-m.hashprice[t] * m.restart_th_hours[g, t]) * m.units_started[g, t])


@RULES.term(("INTERVALS",), item=RESTART)
def start_wear(m: Model, t: Index) -> Expression:
    """Wear of starts: a fixed cost, so that no price makes starting free."""
    return m.sum(m.GROUPS, lambda g: -m.wear_usd[g] * m.units_started[g, t])


@RULES.term(("FROSTS",))
def frost_damage(m: Model, f: Index) -> Expression:
    """Damage where frost protection falls short."""
    return -m.frost_damage_usd[f] * m.frost_shortfall[f]


@RULES.term(("INTERVALS",), money=False, item=Item("tie_break", "Equal optima are put in order"))
def tie_break(m: Model, t: Index) -> Expression:
    """A tiny fixed ordering of starts, so that equal optima give the same schedule. No money: kept out of profit."""
    return m.sum(m.GROUPS, lambda g: -m.start_order_usd[g] * m.units_started[g, t])


PARAMETERS = (
    Parameter("hours", ("INTERVALS",)),
    Parameter("hashprice", ("INTERVALS",)),  # USD per TH/s per hour
    Parameter("hash_yield_th", ("POINTS",)),  # TH/s per unit that earn for the farm, net of the pool's fee
    Parameter("units_available", ("GROUPS", "INTERVALS")),
    Parameter("units_before", ("GROUPS",)),
    Parameter("units_bound_on", ("GROUPS", "INTERVALS")),
    Parameter("units_bound_off", ("GROUPS", "INTERVALS")),
    Parameter("outage_limit", ("OUTAGES",)),  # units that fall out
    Parameter("starts_left", ("GROUPS", "DAYS")),
    Parameter("start_limit", ("GROUPS", "INTERVALS"), open_ended=True),
    Parameter("hourly_limit", ("GROUPS", "INTERVALS"), open_ended=True),
    Parameter("restart_th_hours", ("GROUPS", "INTERVALS")),  # TH/s times hours lost per start
    Parameter("wear_usd", ("GROUPS",)),
    Parameter("start_order_usd", ("GROUPS",)),
    Parameter("frost_minimum", ("FROSTS",)),
    Parameter("frost_damage_usd", ("FROSTS",)),  # USD per unit short over the interval
    Parameter("pue", ("INTERVALS",)),
    Parameter("extra_mw", ("POINTS",)),  # MW a unit draws on beyond its standby
    Parameter("standby_mw", ("GROUPS",)),  # MW a unit draws when off
)

VARIABLES = (
    Variable("units_on", ("POINTS", "INTERVALS"), decided=True),
    Variable("units_started", ("GROUPS", "INTERVALS")),
    Variable("units_stopped", ("GROUPS", "INTERVALS")),
    Variable("outage_units", ("OUTAGES",)),
    Variable("outage_resting", ("OUTAGES",)),
    Variable("frost_shortfall", ("FROSTS",)),
)
