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
ALGEBRA = "optimizer/engine/algebra.py"
CHARGES = "optimizer/lp/rules/charges.py"
FLEET_DATA = "optimizer/assembly/fleet.py"
SITE_DATA = "optimizer/assembly/site.py"
SUPPLY_DATA = "optimizer/assembly/supply.py"
CHARGES_DATA = "optimizer/assembly/charges.py"
BILLING = "optimizer/billing/__init__.py"
FACTS = "optimizer/billing/facts.py"
TAGS = "optimizer/billing/tags.py"
LATER = "optimizer/billing/later.py"
CONDITIONS = "optimizer/conditions.py"
CALLS = "optimizer/calls.py"
PROGRAMS = "optimizer/config/programs.py"
EVENT_MONEY = "optimizer/settlement/events.py"
CHECKER = "optimizer/schedule/checker.py"
COHORTS = "optimizer/cohorts.py"
OUTAGES = "optimizer/lp/rules/outages.py"
OUTAGES_DATA = "optimizer/assembly/outages.py"
ROUNDING = "optimizer/schedule/whole_units.py"
SEARCH = "optimizer/schedule/search.py"
EXPLAIN = "optimizer/schedule/explain.py"
ITEMS = "optimizer/schedule/items.py"
SHEET = "optimizer/schedule/tables.py"
ACCOUNT = "optimizer/settlement/account.py"
SETTLED = "optimizer/settlement/charges.py"
BILL = "optimizer/settlement/bill.py"
AGAIN = "optimizer/lp/rules/replanning.py"
AGAIN_DATA = "optimizer/assembly/replanning.py"
FORECASTS = "optimizer/replanning/forecasts.py"
GRID = "optimizer/market/grid.py"
KNOWN = "optimizer/replanning/knowledge.py"
STEP = "optimizer/replanning/stepping.py"
ISSUED = "optimizer/market/peaks_issued.py"
RULES_WALK = "optimizer/policies/walk.py"
CARRIED = "optimizer/daily/carried.py"
STATE_FOLDER = "optimizer/daily/folder.py"
CARRIED_ON = "optimizer/carry.py"
MEND = "optimizer/daily/mend.py"
HISTORY_LOG = "optimizer/daily/history.py"
LOG_FILE = "optimizer/daily/log_file.py"
RECORD = "optimizer/daily/record.py"
SETTLING = "optimizer/daily/settling.py"
POSTURE = "optimizer/daily/posture.py"
PRESENT = "optimizer/daily/present.py"
PLANNED = "optimizer/daily/planned.py"
ISSUES = "optimizer/replanning/issues.py"
SETPOINTS = "optimizer/daily/setpoints.py"
COUNTER = "optimizer/daily/counter.py"
ON_CHANGE = "optimizer/daily/on_change.py"
INTAKE = "optimizer/daily/intake.py"
WATCH = "optimizer/daily/watch.py"
FEED = "optimizer/daily/feed.py"
FEED_ROWS = "optimizer/daily/feed_rows.py"
FEED_TEXT = "optimizer/daily/feed_text.py"
FETCH_ALONE = "optimizer/daily/fetch_alone.py"
SIZES = "optimizer/market/readers/sizes.py"
INVEST_MACHINES = "optimizer/lp/rules/invest_machines.py"
INVEST_HOSTING = "optimizer/lp/rules/invest_hosting.py"
INVEST_FINANCING = "optimizer/lp/rules/invest_financing.py"
INVEST_MONEY = "optimizer/lp/rules/invest_money.py"
VINTAGES = "optimizer/conversion/vintages.py"
CONVERSION_ACCOUNT = "optimizer/conversion/account.py"
HISTORY = "optimizer/conversion/history.py"
YEAR_BLOCKS = "optimizer/conversion/power.py"
STRIKES = "optimizer/conversion/strikes.py"
STORM = "optimizer/conversion/storm.py"
WEEKS = "optimizer/lp/rules/weeks.py"
SELECTION = "optimizer/lp/selection.py"
BACKTEST_VIEW = "optimizer/report/backtest_view.py"
BACKTEST_CHARTS = "optimizer/report/backtest_charts.py"
BACKTEST_FILES = "optimizer/report/backtest_files.py"
POWER = "optimizer/report/power.py"

MUTATIONS = (
    Mutation(FLEET, "return units_running(m, g, t) <= m.units_available[g, t]", "return units_running(m, g, t) >= 0.0"),
    Mutation(FLEET, "- change == m.units_before[g]", "+ change == m.units_before[g]"),
    Mutation(FLEET, "- units_running(m, g, m.previous[t]) == change", "- units_running(m, g, t) == change"),
    Mutation(FLEET, "started - taken_out + m.units_bound_on[g, t] <=", "started + m.units_bound_on[g, t] <="),
    Mutation(FLEET, "taken_out + m.units_bound_on[g, t] <= units", "taken_out <= units"),
    Mutation(FLEET, "stopped - taken_out + m.units_bound_off[g, t] <=", "stopped + m.units_bound_off[g, t] <="),
    Mutation(FLEET, "taken_out + m.units_bound_off[g, t] <=", "taken_out <="),
    Mutation(FLEET, "started - taken_out <= units_running(m, g, t)", "started - taken_out <= m.units_available[g, t]"),
    Mutation(FLEET, "m.sum(m.OUTAGES_AFTER_STOP[k],", "2.0 * m.sum(m.OUTAGES_AFTER_STOP[k],"),
    Mutation(SETS, 'RangeSet("OUTAGES", (rows,), first + 1,', 'RangeSet("OUTAGES", (rows,), first,'),
    Mutation(SETS, 'RangeSet("INTERVALS", (rows,), interval[first], at', 'RangeSet("INTERVALS", (rows,), at, at'),
    Mutation(FLEET, "m.sum(m.OFF_WINDOW[g, t],", "m.sum(m.ON_WINDOW[g, t],"),
    Mutation(FLEET, "return m.outage_units[o] + m.outage_resting[o] <=", "return m.outage_units[o] <="),
    Mutation(FLEET, "<= m.starts_left[g, d]", ">= m.starts_left[g, d]"),
    Mutation(FLEET, "return m.units_started[m.group_of_cold[c],", "return m.units_stopped[m.group_of_cold[c],"),
    Mutation(FLEET, "return running + m.frost_shortfall[f] >=", "return running - m.frost_shortfall[f] >="),
    Mutation(FLEET, "<= m.start_limit[g, t]", "<= 2.0 * m.start_limit[g, t]"),
    Mutation(FLEET, "m.hours[t] * m.hashprice[t] * m.hash_yield_th[p]", "m.hashprice[t] * m.hash_yield_th[p]"),
    Mutation(FLEET, "(-m.hashprice[t] * m.restart_th_hours[g, t])", "(m.hashprice[t] * m.restart_th_hours[g, t])"),
    Mutation(FLEET, "-m.wear_usd[g] *", "-m.wear_usd[g] * m.hours[t] *"),
    Mutation(SUPPLY, "drawn == m.billed_share * m", "drawn == m"),
    Mutation(SUPPLY, "m.block_resold[k, t] <= m.block_mw[k, t]", "m.block_resold[k, t] <= 2.0 * m.block_mw[k, t]"),
    Mutation(SUPPLY, "m.block_resold[k, t] == m.block_mw[k, t]", "m.block_resold[k, t] <= m.block_mw[k, t]"),
    Mutation(SUPPLY, "- m.resale_fee_usd_per_mwh[k])", "+ m.resale_fee_usd_per_mwh[k])"),
    Mutation(SUPPLY, "m.block_usd_per_mwh[k, t] * m.block_mw[k, t]", "m.block_usd_per_mwh[k, t] * m.block_used[k, t]"),
    Mutation(SUPPLY_DATA, "np.where(resale, np.inf, 0.0)", "np.where(resale, np.inf, np.inf)"),
    Mutation(SUPPLY_DATA, "beyond = billed * c.most_import_mw - kept", "beyond = c.most_import_mw - kept - 4.0"),
    Mutation(SUPPLY_DATA, "np.where(below_zero & (beyond <= _NOTHING_MW), 0.0, np.inf)", "np.inf + 0.0 * beyond"),
    Mutation(SUPPLY_DATA, "where(below_zero & (beyond > _NOTHING_MW))", "where(below_zero)"),
    Mutation(CONDITIONS, "if hard else self.full_load_mw", "if True else self.full_load_mw"),
    Mutation(SUPPLY, ">= m.kept_mw[n] * m.blocks_full[n]", ">= 0.5 * m.kept_mw[n] * m.blocks_full[n]"),
    Mutation(SUPPLY, "<= m.beyond_kept_mw[n] * m.blocks_full[n]", "<= m.beyond_kept_mw[n] * (1.0 + m.blocks_full[n])"),
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
    Mutation(SITE, "return m.import_before - m.grid_import[t] -", "return m.grid_import[t] - m.import_before -"),
    Mutation(SITE, "m.import_before - m.grid_import[t] - load_taken(m, t) <=", "m.import_before - m.grid_import[t] <="),
    Mutation(OUTAGES, "m.taken_mw[n] * m.units_taken[n]", "0.5 * m.taken_mw[n] * m.units_taken[n]"),
    Mutation(OUTAGES, "<= m.outage_units[m.outage_of_fall[f]]", "<= m.fall_units[f]"),
    Mutation(OUTAGES, "<= m.fall_units[f] * m.unreplaced[f]", "<= m.fall_units[f]"),
    Mutation(OUTAGES, "m.units_available[g, t] * m.unreplaced[f] <=", "0.0 * m.unreplaced[f] <="),
    Mutation(OUTAGES, "mw_taken(m, f) - fall +", "mw_taken(m, f) +"),
    Mutation(OUTAGES, "return mw_taken(m, f) <= m.mw_before[f]", "return mw_taken(m, f) <= 9.0 + m.mw_before[f]"),
    Mutation(OUTAGES_DATA, "np.minimum(units[fall_of], running[point])", "units[fall_of]"),
    Mutation(SITE_DATA, "c.pue_before * (np.array", "0.0 * (np.array"),
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
    Mutation(SUPPLY_DATA, "billed = 1.0 + energy.loss_share", "billed = 1.0 - energy.loss_share"),
    Mutation(FLEET_DATA, " | bound_on.any(axis=1)", ""),
    Mutation(FLEET_DATA, " | bound_off.any(axis=1)", ""),
    Mutation(CONDITIONS, "allowed[:, :1] -= np.array(made)", "allowed[:, :1] += np.array(made)"),
    Mutation(CONDITIONS, "self.units_available[:, self.grid.day_of_interval == day].max(", "self.units_available.max("),
    Mutation(CONDITIONS, "np.ceil(share - _WHOLE)", "np.floor(share + _WHOLE)"),
    Mutation(
        CONDITIONS, "until = self.hours_since_start(switch.at) + 1.0", "until = self.hours_since_start(switch.at)"
    ),
    Mutation(CONDITIONS, "min(float(told), left)", "0.0"),
    Mutation(CONDITIONS, "np.concatenate([self.pue[:1], self.pue[:-1]])", "self.pue"),
    Mutation(FLEET, "<= m.hourly_limit[g, t]", "<= 2.0 * m.hourly_limit[g, t]"),
    Mutation("optimizer/limits.py", "np.where(_sets_in(c), c.grid.hours.min(), c.grid.hours)", "c.grid.hours"),
    Mutation("optimizer/limits.py", "_least_mw(c)) + ramp * shortest", "_least_mw(c)) + ramp * c.grid.hours"),
    Mutation(SITE_DATA, "megawatts(point.power_w) - standby[name]", "megawatts(point.power_w)"),
    Mutation(
        SITE_DATA, "(np.inf if down is None else down) * c.grid.hours", "np.full(n, np.inf if down is None else down)"
    ),
    Mutation(FLEET_DATA, "share = 0.0 if group.hosting is not None else 1.0 - fee", "share = 1.0 - fee"),
    Mutation(SITE_DATA, "np.where(priced, np.inf, 0.0)", "np.where(priced, 0.0, np.inf)"),
    Mutation(
        CONDITIONS,
        "bound[g] += switch.units * (self.hours_before < until - _WHOLE)",
        "bound[g] += switch.units * (self.hours_before <= until)",
    ),
    Mutation(CALLS, "self._baseline(cut.baseline_mw) - cut.mw", "cut.mw + 0.0 * self.idle_load_mw"),
    Mutation(CALLS, "(grid.ends > pd.Timestamp(start))", "(grid.starts >= pd.Timestamp(start))"),
    Mutation(COHORTS, "runs.lose_last(taken[t])", "runs.lose_last(0.0)"),
    Mutation(COHORTS, "rests.lose_last(fallen_out[t] - taken[t])", "rests.lose_last(fallen_out[t])"),
    Mutation(COHORTS, "self.cohorts.appendleft((_LONG_AGO, units))", "self.cohorts.append((_LONG_AGO, units))"),
    Mutation(COHORTS, "hour, there = self.cohorts.pop()", "hour, there = self.cohorts.popleft()"),
    Mutation(COHORTS, "hour, there = self.cohorts.popleft()", "hour, there = self.cohorts.pop()"),
    Mutation(CHECKER, "np.minimum(taken_w, np.maximum(fall_w, 0.0))", "taken_w"),
    Mutation(CHECKER, "left = np.minimum(lost, c.fallen_out[g])", "left = c.fallen_out[g]"),
    Mutation(CHECKER, "key=lambda mode: -beyond_standby[mode]", "key=lambda mode: beyond_standby[mode]"),
    Mutation(CHECKER, "_BEFORE = 1e-9", "_BEFORE = -1e-9"),
    Mutation(CHECKER, "-change - allowed, ", "change - allowed, "),
    Mutation(CHECKER, "dispatch.export_mw - dispatch.onsite_mw,", "dispatch.export_mw - dispatch.onsite_mw - 9.0,"),
    Mutation(CHECKER, "partial_runs - 1.0", "partial_runs - 2.0"),
    Mutation(
        ROUNDING, "full = np.floor((wanted + _SNAP) / size) * size", "full = np.ceil((wanted - _SNAP) / size) * size"
    ),
    Mutation(SEARCH, "PROVED_SHARE * min(abs(sum(lines)), income)", "1e-3 * income"),
    Mutation(SEARCH, "PROVED_USD * self.c.planned)", "10.0 * PROVED_USD * self.c.planned)"),
    Mutation(ROUNDING, "np.minimum(surplus, room), 0.0)", "surplus, 0.0)"),
    Mutation(SEARCH, "else redispatched(self.program, units)", "else self.solution"),
    Mutation(SEARCH, "np.broadcast_to(size > 1, block.shape)", "np.broadcast_to(size > 0, block.shape)"),
    Mutation(SEARCH, '"containers_on": np.floor(units / size)', '"containers_on": np.ceil(units / size)'),
    Mutation(SEARCH, "bound=np.inf, ended=", "bound=found.objective, ended="),
    Mutation(EXPLAIN, "| (problem.wear_usd > 0.0)", "| (problem.wear_usd > 99.0)"),
    Mutation(EXPLAIN, "np.clip(np.floor(continuous + TOLERANCE) - running, 0.0, idle)", "0.0 * idle"),
    Mutation(ITEMS, "changed + passed[group_of_point]", "changed"),
    Mutation(ITEMS, "- _sum(items) - machine", "+ machine"),
    Mutation(ITEMS, " + usd[group_of_point]", ""),
    Mutation(EXPLAIN, "strike <= plain + tolerance", "strike > plain + tolerance"),
    Mutation(ITEMS, "items[NO_IMPORT.name] = ", "items[NO_IMPORT.name] = -"),
    Mutation(ACCOUNT, "imported * (1.0 + energy.loss_share)", "imported * (1.0 - energy.loss_share)"),
    Mutation(ACCOUNT, "prepend=c.units_before[g]", "prepend=running[0]"),
    Mutation(ACCOUNT, "dispatch.export_mw - dispatch.onsite_mw", "dispatch.onsite_mw - dispatch.export_mw"),
    Mutation(ACCOUNT, '"restart_loss": -lost_th_hours', '"restart_loss": lost_th_hours'),
    Mutation(ACCOUNT, "c.restart_hours[g]", "c.restart_hours[g].max()"),
    Mutation(CONDITIONS, "self._temperature < group.cold_restart.below_c", "self._temperature > -99.0"),
    Mutation(EVENTS, "m.worst_violation[m.event_of_cap[c]]", "2.0 * m.worst_violation[m.event_of_cap[c]]"),
    Mutation(EVENTS, "m.missed_before_mw[m.event_of_cap[c]] + ", ""),
    Mutation(EVENTS, "- m.grid_import[m.interval_of_baseline[b]]", "- 0.5 * m.grid_import[m.interval_of_baseline[b]]"),
    Mutation(EVENTS, "return -m.event_miss_usd[e]", "return -0.5 * m.event_miss_usd[e]"),
    Mutation(EVENTS, "return m.paid_cut_usd[n]", "return 0.5 * m.paid_cut_usd[n]"),
    Mutation(CALLS, "minutes=event.respond_minutes", "minutes=0.0"),
    Mutation(CALLS, "(self.grid.ends - end_of_call)", "(self.grid.starts - end_of_call)"),
    Mutation(CALLS, "& (risen < self.full_load_mw)", "& (risen < self.idle_load_mw)"),
    Mutation(CALLS, "next((offer for offer in owed if not", "next((offer for offer in owed[::-1] if not"),
    Mutation(CALLS, "and other.payment.usd_per_mwh >= offer.payment.usd_per_mwh", ""),
    Mutation(CALLS, "taken += other.most_mw", "taken = other.most_mw"),
    Mutation(CALLS, "if baseline >= self.held_mw or baseline in anew", "if baseline >= self.held_mw"),
    Mutation(CALLS, "if baseline >= self.held_mw or baseline in anew", "if baseline in anew"),
    Mutation(CALLS, "owed = [offer for offer in self.offers if not offer.voluntary]", "owed = list(self.offers)"),
    Mutation(CALLS, "if not _reached(offer, owed)", "if not _reached(offer, self.offers)"),
    Mutation(CALLS, "if offer.baseline_mw > 0.0 or not offer.voluntary", "if True"),
    Mutation(EVENTS, "m.interval_of_baseline[b]] + drawn_freely", "m.interval_of_baseline[b]]"),
    Mutation(EVENTS, "m.choice_mw[d] * m.call_declined[d]", "0.5 * m.choice_mw[d] * m.call_declined[d]"),
    Mutation(SITE_DATA, "if mw < most[at])", "if mw <= most[at] + 1.0)"),
    Mutation(SITE_DATA, "most[span.interval] = min(most[span.interval], span.held_mw)", "pass"),
    Mutation(CALLS, "hours=(ends[piece] - starts[piece])", "hours=(ends[-1] - starts[piece])"),
    Mutation(PROGRAMS, "used.calls >= calls", "used.calls > calls"),
    Mutation(PROGRAMS, "used = _Used(season, 0, 0.0)", "used.season = season"),
    Mutation(
        PROGRAMS, "end = min(end, start + timedelta(hours=hours))", "end = max(end, start + timedelta(hours=hours))"
    ),
    Mutation(PROGRAMS, "and further and used", "and used"),
    Mutation(PROGRAMS, "_without(owed.spans, used.spans)", "owed.spans"),
    Mutation(CALLS, "self.full_import_mw if given", "self.full_load_mw if given"),
    Mutation(CALLS, "to_utc(event.start, self.farm.timezone)", "to_utc(event.end, self.farm.timezone)"),
    Mutation(PROGRAMS, "for i in sorted(mine, key=lambda i: owed[i].spans)", "for i in mine"),
    Mutation(PROGRAMS, "(max(a, finish), b)", "(max(a, begin), b)"),
    Mutation(PROGRAMS, "zone).astimezone(clock)", "zone)"),
    Mutation(EVENT_MONEY, "left[baseline] -= sold", "left[baseline] -= 0.0"),
    Mutation(EVENT_MONEY, "if baseline >= offer.baseline_mw]", "if baseline == offer.baseline_mw]"),
    Mutation(EVENT_MONEY, "key=lambda offer: -offer.payment", "key=lambda offer: offer.payment"),
    Mutation(
        EVENT_MONEY,
        "-beyond * (event.violation_usd_per_mw or 0.0)",
        "-above.sum() * (event.violation_usd_per_mw or 0.0)",
    ),
    Mutation(EVENT_MONEY, "max(worst - c.farm.state.missed_mw.get(event.name, 0.0), 0.0)", "worst"),
    Mutation(CHECKER, "> span.held_mw + MW_TOLERANCE", "> span.held_mw + 99.0"),
    Mutation(SUPPLY, "m.spot_mw[t] + used + drawn ==", "m.spot_mw[t] + used =="),
    Mutation(SUPPLY, "taken + m.take_shortfall[k] >=", "taken - m.take_shortfall[k] >="),
    Mutation(SUPPLY, "lambda j: m.take_mwh_per_mw[j] * m.supply_mw", "lambda j: m.supply_mw"),
    Mutation(SUPPLY, "-m.hours[t] * m.supply_usd_per_mwh[s, t]", "-m.supply_usd_per_mwh[s, t]"),
    Mutation(SUPPLY, "return -m.take_shortfall_usd_per_mwh[k]", "return -0.5 * m.take_shortfall_usd_per_mwh[k]"),
    Mutation(CHARGES, "<= m.measured_peak[m.bill_of_peak[j]]", ">= m.measured_peak[m.bill_of_peak[j]]"),
    Mutation(CHARGES, "m.measured_peak[b] <= m.peak_floor_mw[b] +", "m.measured_peak[b] <="),
    Mutation(CHARGES, "held <= m.peak_floor_mw[later] +", "held <="),
    Mutation(CHARGES, "m.ratchet_share[r] * m.measured_peak", "m.measured_peak"),
    Mutation(CHARGES, "m.measured_peak[m.earlier_of_ratchet[r]]", "m.measured_peak[later]"),
    Mutation(CHARGES, "held <= m.later_floor_mw[later] +", "held <="),
    Mutation(CHARGES, "m.later_share[later] * m.measured_peak", "m.measured_peak"),
    Mutation(CHARGES, "return -m.later_usd_per_mw[b]", "return -0.5 * m.later_usd_per_mw[b]"),
    Mutation(CHARGES, "return tag <= m.case_floor_mw[j] +", "return tag <="),
    Mutation(CHARGES, "(here + others + m.case_elsewhere_mw[j])", "(here + m.case_elsewhere_mw[j])"),
    Mutation(CHARGES, "(here + others + m.case_elsewhere_mw[j])", "(here + others)"),
    Mutation(CHARGES, "m.hours[t] * m.grid_import[t]) / m.case_hours[j]", "m.grid_import[t])"),
    Mutation(CHARGES, "m.case_chance[j] * m.case_above_floor[j]", "m.case_above_floor[j]"),
    Mutation(CHARGES, "lambda j: m.tier_mwh_per_mw[j] * m.grid", "lambda j: m.grid"),
    Mutation(CHARGES, "counted <= m.tier_left_mwh[b] +", "counted <="),
    Mutation(CHARGES, "return energy + adders + tiers + demand +", "return energy + adders + tiers +"),
    Mutation(CHARGES, "return energy + adders + tiers + demand", "return energy + adders + demand"),
    Mutation(CHARGES, "return energy + adders + tiers + demand", "return energy + tiers + demand"),
    Mutation(
        CHARGES,
        "m.peak_usd_per_mw[b] * (m.peak_above_floor[b] + m.peak_due_mw[b]))",
        "m.peak_usd_per_mw[b] * m.peak_above_floor[b])",
    ),
    Mutation(
        CHARGES,
        "return -m.peak_usd_per_mw[b] * (m.peak_above_floor[b] + m.peak_due_mw[b])",
        "return -m.peak_usd_per_mw[b] * m.peak_above_floor[b]",
    ),
    Mutation(CHARGES, "return -m.tier_adds_usd_per_mwh[b]", "return m.tier_adds_usd_per_mwh[b]"),
    Mutation(CHARGES, "return -m.tag_usd_per_mw[c]", "return -0.5 * m.tag_usd_per_mw[c]"),
    Mutation(CHARGES, "return -m.hours[t] * m.fixed", "return -m.fixed"),
    Mutation(CHARGES, "return -m.bill_topup[n]", "return -0.5 * m.bill_topup[n]"),
    Mutation(SUPPLY_DATA, "supplier = np.array([take.item for", "supplier = np.array([0 * take.item for"),
    Mutation(CHARGES_DATA, "stop - np.asarray(lengths, dtype=np.int64), stop", "0 * stop, stop"),
    Mutation(CHARGES_DATA, "bill.floor_mw - bill.owed_mw for", "bill.floor_mw for"),
    Mutation(CHARGES_DATA, "sum(bill.period == p for bill", "sum(bill.period >= p for bill"),
    Mutation(CHARGES_DATA, "sum(tier.period == p for tier", "sum(tier.period >= p for tier"),
    Mutation(BILLING, "[demand.minimum_mw, demand.above_mw]", "[demand.minimum_mw]"),
    Mutation(BILLING, "[demand.minimum_mw, demand.above_mw]", "[demand.above_mw]"),
    Mutation(BILLING, "known.append(state.peaks_mw.get(demand.name, unknown or 0.0))", "pass"),
    Mutation(BILLING, "floor if self.begun_before(period) else demand.above_mw", "floor"),
    Mutation(BILLING, "owed = floor = max(floor, self._expected(", "owed = max(floor, self._expected("),
    Mutation(
        BILLING, "if label > first.label or (label == first.label and not self.begun_before(first)):", "if False:"
    ),
    Mutation(BILLING, "self.farm.state.bill.peaks_mw.get(demand.name) if label == first.label else", ""),
    Mutation(BILLING, " or label >= ratchet.first_month)", ")"),
    Mutation(BILLING, "yield ratchet.share * (peak or 0.0)", "yield peak or 0.0"),
    Mutation(BILLING, "tier.when, billed, tier.above", "tier.when, 1.0, tier.above"),
    Mutation(BILLING, "amount - (done.get(name, 0.0) if self.begun_before(period) else 0.0)", "amount"),
    Mutation(BILLING, "hours[intervals] * share[intervals]", "hours[intervals]"),
    Mutation(
        BILLING,
        "yield Quantity(item, p, intervals, hours, max(left, 0.0))",
        "yield Quantity(item, p, intervals, hours, left)",
    ),
    Mutation(BILLING, "left - rest if rest is not None else", ""),
    Mutation(BILLING, "else left * self.share_of_remainder(period, when)", "else left"),
    Mutation(BILLING, "max(period.begins, grid.starts[0]), period.ends, when", "period.begins, period.ends, when"),
    Mutation(BILLING, "self.share_of_remainder(period, when)", "self.share_of_remainder(period)"),
    Mutation(BILLING, "(whole or not self._comes_in(demand.when, period))", "True"),
    Mutation(BILLING, "missing if len(intervals) else []", "missing"),
    Mutation(BILLING, "usd_per_month - energy.fixed_usd_per_month", "usd_per_month"),
    Mutation(BILLING, "left -= self.farm.state.bill.charged_usd if self.begun_before(period) else 0.0", "pass"),
    Mutation(BILLING, "(b.owed_mw - b.so_far_mw) for b", "b.owed_mw for b"),
    Mutation(BILLING, "fixed_usd_per_month / hours", "fixed_usd_per_month / 720.0"),
    Mutation(FACTS, "12 * year + month - 1 - n", "12 * year + month - n"),
    Mutation(FACTS, "if ratchet.of_months is None or m + 1 in ratchet.of_months", ""),
    Mutation(ACCOUNT, "(1.0 + energy.loss_share) * imported - drawn", "(1.0 + energy.loss_share) * imported"),
    Mutation(ACCOUNT, "prepend=c.units_before[g]", "prepend=0.0"),
    Mutation(ACCOUNT, "dispatch.supply_mw[supply.name] * hours * market", "dispatch.supply_mw[supply.name] * market"),
    Mutation(ACCOUNT, 'usd["energy"] + usd["adders"])', 'usd["energy"])'),
    Mutation(SETTLED, "max(float(imported[at]), bill.floor_mw)", "float(imported[at])"),
    Mutation(SETTLED, "share * found[earlier].measured_mw", "share * found[earlier].billed_mw"),
    Mutation(SETTLED, "np.maximum(total - quantity.amount, 0.0)", "total - quantity.amount"),
    Mutation(SETTLED, "import_mw / tag.count - case.floor_mw, 0.0)", "import_mw / tag.count, 0.0)"),
    Mutation(SETTLED, "bill.share * found[highest].measured_mw", "found[highest].measured_mw"),
    Mutation(TAGS, "np.delete(self.chances, peak, axis=0)", "self.chances"),
    Mutation(TAGS, "np.where(years == year, probability, 0.0) / count", "probability / count"),
    Mutation(TAGS, "np.clip(so_far, k, k + 1)", "np.clip(so_far, k, np.inf)"),
    Mutation(TAGS, "* max(1.0 - float(weight.sum()), 0.0)", ""),
    Mutation(TAGS, "max(peak.minimum_mw, rest / count))", "peak.minimum_mw)"),
    Mutation(TAGS, "np.maximum(1.0 - mass, 0.0) * peak", "1.0 * peak"),
    Mutation(TAGS, "if all(peak.minimum_mw * count <=", "if not all(peak.minimum_mw * count <="),
    Mutation(LATER, "ratchet.share * max((met", "max((met"),
    Mutation(LATER, "max(demand.minimum_mw, demand.above_mw, expected, held)", "max(demand.minimum_mw, held)"),
    Mutation(LATER, "max(demand.minimum_mw, demand.above_mw, expected, held)", "expected"),
    Mutation(LATER, "or not _counts(grid.timezone, begins, ends, demand.when, energy.holidays)", ""),
    Mutation(LATER, "max(met.get(last.label, 0.0), rest or 0.0)", "met.get(last.label, 0.0)"),
    Mutation(LATER, "        met[label] = expected\n", ""),
    Mutation(SETTLED, "(peak.billed_mw - bill.owed_mw)", "peak.billed_mw"),
    Mutation(SETTLED, "max(take.amount - counted_mwh(take, mw), 0.0)", "take.amount"),
    Mutation(SETTLED, "(energy_usd + demand + tiers)[inside]", "(energy_usd + demand + tiers)"),
    Mutation(SETTLED, "max(least - charged, 0.0)", "least - charged"),
    Mutation(BILL, "KW_PER_MW * (peak.billed_mw - demand.above_mw)", "KW_PER_MW * peak.billed_mw"),
    Mutation(BILL, "(bill_.owed_mw - demand.above_mw),", "bill_.owed_mw,"),
    Mutation(BILL, "KW_PER_MW * peak.measured_mw,", "KW_PER_MW * peak.billed_mw,"),
    Mutation(BILL, "earned = mwh * (price - block", "earned = mwh * (price + block"),
    Mutation(BILL, "spot_mwh * share * _rate(c, name)", "spot_mwh * _rate(c, name)"),
    Mutation(CHECKER, '"supply below zero", supply.name, -mw,', '"supply below zero", supply.name, 0.0 * mw,'),
    Mutation(CHECKER, "supply.name, mw - limit_mw,", "supply.name, mw - 2.0 * limit_mw,"),
    Mutation(
        CHECKER, '"suppliers above import", "", drawn - billed,', '"suppliers above import", "", drawn - 2.0 * billed,'
    ),
    Mutation(ROUNDING, "key=lambda name: -float(price[name].mean())", "key=lambda name: float(price[name].mean())"),
    Mutation(ROUNDING, "over = over - less", "pass"),
    Mutation("optimizer/engine/program.py", "np.clip(x, self.col_lower, self.col_upper)", "x + 0.01"),
    Mutation(
        SHEET, "np.where(apart & (stop_above > fixed), np.inf, stop_above)", "np.where(apart, np.inf, stop_above)"
    ),
    Mutation(SHEET, "np.where(apart & (stop_above > fixed), np.inf, stop_above)", "stop_above"),
    Mutation(SHEET, "(strike - others) / billed", "strike / billed"),
    Mutation(CARRIED, "ends[-1] = min(ends[-1], until) if", "ends[-1] = ends[-1] if"),
    Mutation(MEND, "    _log(history, found)\n    return said", "    return said"),
    Mutation(MEND, "    history.check()\n", ""),
    Mutation(MEND, "    folder.point_to(record.name)\n", ""),
    Mutation(CARRIED, '"in_service": None if state.in_service is None else min(state.in_service, group.units),', ""),
    Mutation(CARRIED, '"missed_mw": missed}', "}"),
    Mutation(HISTORY_LOG, "if _digest(text) != digest:", "if False:"),
    Mutation(LOG_FILE, '("price_changed", "UPDATE ON prices"),', ""),
    Mutation(RECORD, 'if data["form"] != 1 and _sealed', "if False and _sealed"),
    Mutation(CARRIED_ON, "if demand.name not in so_far and billing.counted_before(demand, first):", "if False:"),
    Mutation(STATE_FOLDER, "if os.path.realpath(folder) != in_force:", "if True:"),
    Mutation(SETTLING, "if before is not None and before.stops == int(record.start.timestamp()):", "if False:"),
    Mutation(SETTLING, "known = share > _KNOWN", "known = share >= 0.0"),
    Mutation(POSTURE, "price <= most", "price >= most"),
    Mutation(INTAKE, "if age <= most:", "if age < 0.0 * most:"),
    Mutation(INTAKE, "(before is None) != (self.silent is None)", "False"),
    Mutation(WATCH, "in_force.start <= moment < in_force.end", "moment < in_force.end"),
    Mutation(WATCH, "now < self._last or self._orders != _marks_of(self._ordering)", "False"),
    Mutation(WATCH, "rest = min(every, self._hold_s / 2) if self._hold_s > 0 else every", "rest = every"),
    Mutation(WATCH, "for moment in (self._change, until)", "for moment in (until,)"),
    Mutation(WATCH, "record, self._change = self._in_force, None", "record = self._in_force"),
    Mutation(SETPOINTS, "covers = record is not None and record.start <= moment < record.end", "covers = True"),
    Mutation(SETPOINTS, "return min(record.end, now)", "return record.end"),
    Mutation(SETPOINTS, "silent or status in _OLD or", "status in _OLD or"),
    Mutation(SETPOINTS, "(short > 0) & (grid.ends > now)", "short > 0"),
    Mutation(SETPOINTS, "since - old.since < _REACH", "True"),
    Mutation(COUNTER, "before.farm.id == farm_id and", ""),
    Mutation(COUNTER, "if max([last, *rows]) == last:", "if True:"),
    Mutation(COUNTER, "*(epoch + 1 for epoch in seen if epoch < MOST)", ""),
    Mutation(ON_CHANGE, "if digest == taken or", "if"),
    Mutation(ON_CHANGE, "self._failed, self._again_at = digest, time", "self._taken, self._again_at = digest, time"),
    Mutation(INTAKE, "self._unkept = joined([self._unkept, Batch(batch.rows, (), 0)])", "self._unkept = batch"),
    # a feed is distrusted
    Mutation(FEED, "if _mark(os.fstat(file.fileno())) != before:", "if False:"),
    Mutation(FEED, "if jumped or self._judged != (zone, rules):", "if self._judged != (zone, rules):"),
    Mutation(FEED, "prices.starts <= now.timestamp()", "prices.starts > 0"),
    Mutation(FEED, "if mixed is not None:", "if False:"),
    Mutation(FEED_ROWS, "published > self.now + CLOCKS_APART", "False"),
    Mutation(FEED_ROWS, "or published >= than", "or True"),
    Mutation(FEED_TEXT, "len(text) if whole else", "len(text) if True else"),
    Mutation(FEED_TEXT, "if len(digits) <= _DIGITS else math.inf", ""),
    Mutation(FETCH_ALONE, "if told is not None and len(body) != told:", "if False:"),
    Mutation(FETCH_ALONE, "request.add_unredirected_header(name, value)", "request.add_header(name, value)"),
    Mutation(SIZES, "if shown * longest > LARGEST_BYTES:", "if False:"),
    Mutation(SIZES, "if repeated > LARGEST_BYTES:", "if False:"),
    Mutation(CARRIED, "for count in units[first:stop])", "for count in units[first + 1 : stop])"),
    Mutation(PRESENT, "begun = rows.starts <= now.timestamp()", "begun = rows.starts <= now.timestamp() + 3600"),
    Mutation(PRESENT, "last = lead - rules.price_lag_intervals", "last = lead"),
    Mutation(PRESENT, "np.minimum(forecast.known_until, missing[0])", "forecast.known_until"),
    Mutation(PLANNED, 'update={"announced": {}}', "update={}"),
    Mutation(ISSUES, "load.index) + length <= now", "load.index) < now"),
    Mutation(INVEST_MACHINES, "kept = m.kept_share[n] * m.machines_mw", "kept = m.machines_mw"),
    Mutation(INVEST_MACHINES, "<= m.enrolled_mw[q, s] - running", "<= m.enrolled_mw[q, s]"),
    Mutation(INVEST_HOSTING, "return running + reserved <= m.site_mw", "return running <= m.site_mw"),
    Mutation(INVEST_HOSTING, "return running + tenant_load(m, q, s) - unserved <=", "return running - unserved <="),
    Mutation(INVEST_HOSTING, "<= m.backup_share[o] * load", "<= load"),
    Mutation(INVEST_FINANCING, "return drawn - repaid - debt", "return -debt"),
    Mutation(INVEST_FINANCING, "<= m.treasury_btc", "<= 2.0 * m.treasury_btc"),
    Mutation(INVEST_MONEY, "+ m.losses_usd[q, s] - m.losses_usd[m.previous[q], s]", "+ m.losses_usd[q, s]"),
    Mutation(INVEST_FINANCING, "m.btc_usd[q, s] * m.btc_sold[q, s] + m.equity_usd[q, s]", "m.equity_usd[q, s]"),
    Mutation(INVEST_MONEY, "return m.probability[s] * m.discount[q] * line", "return m.probability[s] * line"),
    Mutation(VINTAGES, "offer.lead_months - offer.months_without_revenue", "offer.lead_months"),
    Mutation(VINTAGES, "np.maximum(age, 0) // MONTHS_PER_YEAR", "grid[None, :] // MONTHS_PER_YEAR"),
    Mutation(CONVERSION_ACCOUNT, "(owed + owed - change) / 2.0", "owed"),
    Mutation(HISTORY, "week.weight * length - once", "week.weight * (length - once)"),
    Mutation(HISTORY, "at_peak * len(week.peaks)", "at_peak"),
    Mutation(HISTORY, "HOURS_PER_YEAR / grid.hours.sum()", "1.0"),
    Mutation(YEAR_BLOCKS, "key=lambda b: -b.usd_per_mwh", "key=lambda b: b.usd_per_mwh"),
    Mutation(YEAR_BLOCKS, "part in ((*storms, *peaks, *calls), others)", "part in ((*peaks, *calls), others)"),
    Mutation(STRIKES, "(1.0 + study.power.growth_per_year) ** years", "1.0"),
    Mutation(STORM, "(offer.service.credit_usd_per_mwh - pays * call_price)", "offer.service.credit_usd_per_mwh"),
    Mutation(STORM, "(margin * d.running_mw.max(axis=0))", "(margin * d.running_mw[blocks.storm])"),
    Mutation(WEEKS, "m.weight[i] <= m.most_weight[i] * m.chosen[i]", "m.weight[i] <= m.most_weight[i]"),
    Mutation(WEEKS, "return m.weight[i] >= m.chosen[i]", "return m.weight[i] >= 0.5 * m.chosen[i]"),
    Mutation(WEEKS, ">= m.history_total[k] - m.largest_miss", ">= m.history_total[k] - 2.0 * m.largest_miss"),
    Mutation(SELECTION, "most[list(once)] = 1.0", "most[list(once)] = length"),
    Mutation(SELECTION, "if week not in included]", "]"),
    Mutation(SELECTION, "best, least, bettered = sorted([*rest, week]), tried[week], True", "break"),
    Mutation(AGAIN, "running - m.announced_units[a] <= m.units_changed[a]", "running - m.announced_units[a] <= 1e9"),
    Mutation(AGAIN, "m.announced_units[a] - running <= m.units_changed[a]", "m.announced_units[a] - running <= 1e9"),
    Mutation(AGAIN, "return -m.change_usd[a]", "return -2.0 * m.change_usd[a]"),
    Mutation(AGAIN_DATA, "holds = told <= c.units_available", "holds = told >= c.units_available"),
    Mutation(GRID, "ends=self.ends[lasts]", "ends=self.ends[firsts]"),
    Mutation(GRID, "_end_dates=self._end_dates[lasts]", "_end_dates=self._end_dates[firsts]"),
    Mutation(FORECASTS, "seen = now - self.lag", "seen = now"),
    Mutation(FORECASTS, "last = int(self.known_until[now]) - 1", "last = int(self.known_until[now])"),
    Mutation(FORECASTS, "expected = expected + departure * 0.5", "expected = expected + departure * 0.25"),
    Mutation(FORECASTS, "1 + np.asarray(published", "2 + np.asarray(published"),
    Mutation(KNOWN, "seen = at - day * -(-(at - now) // day)", "seen = at"),
    Mutation(KNOWN, "values)[seen + day]", "values)[np.maximum(seen, 0) + day]"),
    Mutation(KNOWN, "back = now - round(lag", "back = now + 0 * round(lag"),
    Mutation(
        STEP,
        'self.farm.model_copy(update={"state": state, "events": self._noticed(now)})',
        'self.farm.model_copy(update={"state": state})',
    ),
    Mutation(STEP, "units[1:stop]", "units[:stop]"),
    Mutation(RULES_WALK, "most = min(most, max(running[g], kept[g]) + self._startable_ahead(g, t))", "pass"),
    Mutation(
        BACKTEST_VIEW, "between(told.rungs[one], told.rungs[other])", "between(told.rungs[other], told.rungs[one])"
    ),
    Mutation(BACKTEST_VIEW, "np.argsort(-gains, ", "np.argsort(gains, "),
    Mutation(BACKTEST_CHARTS, "usd - sums[pair.theirs]", "usd - sums[pair.mine]"),
    Mutation(BACKTEST_CHARTS, "grid_import_mw(k.actual, schedules[key])[slice(*part)]", "k.grid.hours[slice(*part)]"),
    Mutation(POWER, "block_mw[block.name] - unused", "block_mw[block.name]"),
    Mutation(POWER, "if block.resale is None else unused", "if block.resale is not None else unused"),
    Mutation(POWER, "_MW_DECIMALS = 9", "_MW_DECIMALS = 3"),
    Mutation(BACKTEST_FILES, "rung.daily_usd.round(", "rung.daily_usd.cumsum().round("),
)
