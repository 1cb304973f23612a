"""Small wrongs done to the rules, and to what surrounds them: each must be noticed by a test."""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    """Replace ``old``, which stands exactly once in ``file``, by ``new``."""

    file: str
    old: str
    new: str


FLEET = "optimizer/lp/rules/fleet.py"
SITE = "optimizer/lp/rules/site.py"
SUPPLY = "optimizer/lp/rules/supply.py"
EVENTS = "optimizer/lp/rules/events.py"
WHOLE = "optimizer/lp/rules/whole.py"
SETS = "optimizer/lp/sets.py"
ALGEBRA = "optimizer/lp/algebra.py"
ASSEMBLY = "optimizer/assembly.py"
CONDITIONS = "optimizer/conditions.py"
CALLS = "optimizer/calls.py"
PROGRAMS = "optimizer/config/programs.py"
EVENT_MONEY = "optimizer/settlement/events.py"
CHECKER = "optimizer/schedule/checker.py"
ROUNDING = "optimizer/schedule/whole_units.py"
EXPLAIN = "optimizer/schedule/explain.py"
ACCOUNT = "optimizer/settlement/account.py"

MUTATIONS = (
    Mutation(FLEET, "return units_running(m, g, t) <= m.units_available[g, t]", "return units_running(m, g, t) >= 0.0"),
    Mutation(FLEET, "- change == m.units_before[g]", "+ change == m.units_before[g]"),
    Mutation(FLEET, "- units_running(m, g, m.previous[t]) == change", "- units_running(m, g, t) == change"),
    Mutation(FLEET, "started - taken_out + m.units_bound_on[g, t] <=", "started + m.units_bound_on[g, t] <="),
    Mutation(FLEET, "taken_out + m.units_bound_on[g, t] <= units", "taken_out <= units"),
    Mutation(FLEET, "stopped - taken_out + m.units_bound_off[g, t] <=", "stopped + m.units_bound_off[g, t] <="),
    Mutation(FLEET, "taken_out + m.units_bound_off[g, t] <=", "taken_out <="),
    Mutation(FLEET, "m.sum(m.OFF_WINDOW[g, t],", "m.sum(m.ON_WINDOW[g, t],"),
    Mutation(FLEET, "return m.outage_units[o] + m.outage_resting[o] <=", "return m.outage_units[o] <="),
    Mutation(FLEET, "<= m.starts_left[g, d]", ">= m.starts_left[g, d]"),
    Mutation(FLEET, "return m.units_started[m.group_of_cold[c],", "return m.units_stopped[m.group_of_cold[c],"),
    Mutation(FLEET, "return running + m.frost_shortfall[f] >=", "return running - m.frost_shortfall[f] >="),
    Mutation(FLEET, "<= m.start_limit[g, t]", "<= 2.0 * m.start_limit[g, t]"),
    Mutation(FLEET, "m.hours[t] * m.hashprice[t] * m.hash_yield_th[p]", "m.hashprice[t] * m.hash_yield_th[p]"),
    Mutation(FLEET, "(-m.hashprice[t] * m.restart_th_hours[g, t])", "(m.hashprice[t] * m.restart_th_hours[g, t])"),
    Mutation(FLEET, "-m.wear_usd[g] *", "-m.wear_usd[g] * m.hours[t] *"),
    Mutation(SUPPLY, "m.spot_mw[t] + used == m.billed_share * m", "m.spot_mw[t] + used == m"),
    Mutation(SUPPLY, "m.block_resold[k, t] <= m.block_mw[k, t]", "m.block_resold[k, t] <= 2.0 * m.block_mw[k, t]"),
    Mutation(SUPPLY, "m.block_resold[k, t] == m.block_mw[k, t]", "m.block_resold[k, t] <= m.block_mw[k, t]"),
    Mutation(SUPPLY, "- m.resale_fee_usd_per_mwh[k])", "+ m.resale_fee_usd_per_mwh[k])"),
    Mutation(SUPPLY, "m.block_usd_per_mwh[k, t] * m.block_mw[k, t]", "m.block_usd_per_mwh[k, t] * m.block_used[k, t]"),
    Mutation(ASSEMBLY, "np.where(resale, np.inf, 0.0)", "np.where(resale, np.inf, np.inf)"),
    Mutation(ASSEMBLY, '"spot_limit_mw": np.maximum(beyond, most)', '"spot_limit_mw": beyond + np.inf'),
    Mutation(ACCOUNT, "np.argsort(brings, axis=0", "np.argsort(-brings, axis=0"),
    Mutation(SITE, "return running + m.pue[t] * idle +", "return running + idle +"),
    Mutation(SITE, "idle + m.auxiliary_mw[t]", "idle"),
    Mutation(SITE, "- grid_export(m, t) == site_load(m, t)", "+ grid_export(m, t) == site_load(m, t)"),
    Mutation(SITE, "m.import_limit_mw[t] + m.sum(", "m.import_limit_mw[t] - m.sum("),
    Mutation(SITE, "<= onsite_used(m, t)", "<= 2.0 * onsite_used(m, t)"),
    Mutation(
        SITE,
        "m.grid_import[m.previous[t]] <= m.ramp_up_mw[t]",
        "m.grid_import[m.previous[t]] <= m.ramp_up_mw[m.previous[t]]",
    ),
    Mutation(SITE, "return m.import_before - m.grid_import[t] <=", "return m.grid_import[t] - m.import_before <="),
    Mutation(
        SITE,
        "return m.grid_import[m.previous[t]] - m.grid_import[t]",
        "return m.grid_import[t] - m.grid_import[m.previous[t]]",
    ),
    Mutation(SITE, "-m.hours[t] * m.overrun_usd_per_mwh[v]", "-m.overrun_usd_per_mwh[v]"),
    Mutation(SUPPLY, "return -m.hours[t] * m.energy_usd", "return -m.energy_usd"),
    Mutation(SUPPLY, "return -m.hours[t] * m.adders_usd", "return m.hours[t] * m.adders_usd"),
    Mutation(SUPPLY, "-m.hours[t] * m.source_usd_per_mwh[s]", "m.hours[t] * m.source_usd_per_mwh[s]"),
    Mutation(EVENTS, "m.event_cap_mw[c] + m.event_violation[c]", "m.event_cap_mw[c] - m.event_violation[c]"),
    Mutation(EVENTS, "return -m.event_violation_usd[c]", "return -0.5 * m.event_violation_usd[c]"),
    Mutation(WHOLE, "== full + m.partial_units[p, t] * m.partial_on[p, t]", "== full + 0.0 * m.partial_on[p, t]"),
    Mutation(WHOLE, "<= 1.0", "<= 2.0"),
    Mutation(SETS, "_SLACK_HOURS = 1e-9", "_SLACK_HOURS = -1e-9"),
    Mutation(
        SETS, '("GROUPS", "INTERVALS"), start, stop)', '("GROUPS", "INTERVALS"), np.minimum(start + 1, stop), stop)'
    ),
    Mutation(
        SETS, "count[first_of_group + on_start], count[flat + 1]", "count[first_of_group + on_start], count[flat]"
    ),
    Mutation(ALGEBRA, "return -self + other", "return self + other"),
    Mutation(ALGEBRA, "lower - difference.constant,", "lower + difference.constant,"),
    Mutation(ALGEBRA, "coef if real is None else coef * real", "coef"),
    Mutation(ASSEMBLY, "billed = 1.0 + energy.loss_share", "billed = 1.0 - energy.loss_share"),
    Mutation(ASSEMBLY, " | bound_on.any(axis=1)", ""),
    Mutation(ASSEMBLY, " | bound_off.any(axis=1)", ""),
    Mutation(CONDITIONS, "allowed[:, :1] -= np.array(made)", "allowed[:, :1] += np.array(made)"),
    Mutation(CONDITIONS, "self.units_available[:, self.grid.day_of_interval == day].max(", "self.units_available.max("),
    Mutation(CONDITIONS, "np.ceil(share - _WHOLE)", "np.floor(share + _WHOLE)"),
    Mutation(
        CONDITIONS, "until = self.hours_since_start(switch.at) + 1.0", "until = self.hours_since_start(switch.at)"
    ),
    Mutation(CONDITIONS, "@ fall * self.pue", "@ fall * 0.0"),
    Mutation(FLEET, "<= m.hourly_limit[g, t]", "<= 2.0 * m.hourly_limit[g, t]"),
    Mutation(ASSEMBLY, "megawatts(point.power_w) - standby[g.name]", "megawatts(point.power_w)"),
    Mutation(
        ASSEMBLY, "(np.inf if down is None else down) * c.grid.hours", "np.full(n, np.inf if down is None else down)"
    ),
    Mutation(ASSEMBLY, "share = 0.0 if group.hosting is not None else 1.0 - fee", "share = 1.0 - fee"),
    Mutation(ASSEMBLY, "np.where(priced, np.inf, 0.0)", "np.where(priced, 0.0, np.inf)"),
    Mutation(
        CONDITIONS,
        "bound[g] += switch.units * (self.hours_before < until - _WHOLE)",
        "bound[g] += switch.units * (self.hours_before <= until)",
    ),
    Mutation(CALLS, "cut.baseline_mw - cut.mw)", "cut.mw)"),
    Mutation(CALLS, "(grid.ends > pd.Timestamp(start))", "(grid.starts >= pd.Timestamp(start))"),
    Mutation(
        CHECKER, "started - forced, group.minimum_on_hours) + bound_on", "started, group.minimum_on_hours) + bound_on"
    ),
    Mutation(CHECKER, "(stopped - forced) - (fallen_out - forced), group", "stopped, group"),
    Mutation(CHECKER, "_BEFORE = 1e-9", "_BEFORE = -1e-9"),
    Mutation(CHECKER, "-change - allowed, ", "change - allowed, "),
    Mutation(CHECKER, "dispatch.export_mw - dispatch.onsite_mw,", "dispatch.export_mw - dispatch.onsite_mw - 9.0,"),
    Mutation(CHECKER, "partial_runs - 1.0", "partial_runs - 2.0"),
    Mutation(
        ROUNDING, "full = np.floor((wanted + _SNAP) / size) * size", "full = np.ceil((wanted - _SNAP) / size) * size"
    ),
    Mutation(EXPLAIN, "duals = _within_windows(problem, _WINDOW[family], members.positions, duals)", "pass"),
    Mutation(EXPLAIN, "program.cost - charge - solution.column_dual", "program.cost * 0.0"),
    Mutation(EXPLAIN, "strike <= plain + tolerance", "strike > plain + tolerance"),
    Mutation(EXPLAIN, 'items["no_import"] = ', 'items["no_import"] = -'),
    Mutation(ACCOUNT, "imported * (1.0 + energy.loss_share)", "imported * (1.0 - energy.loss_share)"),
    Mutation(ACCOUNT, "prepend=c.units_before[g]", "prepend=running[0]"),
    Mutation(ACCOUNT, "dispatch.export_mw - dispatch.onsite_mw", "dispatch.onsite_mw - dispatch.export_mw"),
    Mutation(ACCOUNT, '"restart_loss": -lost_th_hours', '"restart_loss": lost_th_hours'),
    Mutation(ACCOUNT, "c.restart_hours[g]", "c.restart_hours[g].max()"),
    Mutation(CONDITIONS, "self._temperature < group.cold_restart.below_c", "self._temperature > -99.0"),
    Mutation(EVENTS, "m.worst_violation[m.event_of_cap[c]]", "2.0 * m.worst_violation[m.event_of_cap[c]]"),
    Mutation(EVENTS, "- m.grid_import[m.interval_of_span[k]]", "- 0.5 * m.grid_import[m.interval_of_span[k]]"),
    Mutation(EVENTS, "return -m.event_miss_usd[e]", "return -0.5 * m.event_miss_usd[e]"),
    Mutation(EVENTS, "return m.paid_cut_usd[n]", "return 0.5 * m.paid_cut_usd[n]"),
    Mutation(CALLS, "minutes=event.respond_minutes", "minutes=0.0"),
    Mutation(CALLS, "(self.grid.ends - end_of_call)", "(self.grid.starts - end_of_call)"),
    Mutation(CALLS, "& (risen < self.full_load_mw)", "& (risen < self.idle_load_mw)"),
    Mutation(CALLS, "lowest = min(here", "lowest = max(here"),
    Mutation(CALLS, "key=lambda payment: -payment.usd_per_mwh", "key=lambda payment: payment.usd_per_mwh"),
    Mutation(CALLS, "hours=(ends[piece] - starts[piece])", "hours=(ends[-1] - starts[piece])"),
    Mutation(PROGRAMS, "used.calls >= calls", "used.calls > calls"),
    Mutation(PROGRAMS, "used = _Used(season, 0, 0.0)", "used.season = season"),
    Mutation(
        PROGRAMS, "end = min(end, start + timedelta(hours=left))", "end = max(end, start + timedelta(hours=left))"
    ),
    Mutation(PROGRAMS, "for i in sorted(mine, key=lambda i: owed[i].spans)", "for i in mine"),
    Mutation(PROGRAMS, "(max(a, finish), b)", "(max(a, begin), b)"),
    Mutation(PROGRAMS, "zone).astimezone(clock)", "zone)"),
    Mutation(EVENT_MONEY, "left -= sold", "left -= 0.0"),
    Mutation(
        EVENT_MONEY,
        "-worst * (event.violation_usd_per_mw or 0.0)",
        "-above.sum() * (event.violation_usd_per_mw or 0.0)",
    ),
    Mutation(CHECKER, "> span.baseline_mw + MW_TOLERANCE", "> span.baseline_mw + 99.0"),
    Mutation(EXPLAIN, '"paid_cuts": "event_payment",', ""),
)
