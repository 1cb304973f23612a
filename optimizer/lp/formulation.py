"""The table of contents of the linear program.

Read it like a paper: `FAMILIES` are the constraints, `VARIABLES` the decisions, `PARAMETERS` the data, `TERMS` the
objective. Every name is declared in the file of the concern it belongs to, under ``lp/rules``.

==================  ==========================================================================================
file                families
==================  ==========================================================================================
rules/fleet.py      availability, first_change, later_change, minimum_on, minimum_off, minimum_on_since_outage,
                    minimum_off_since_outage, outage_split, daily_starts, cold_start, freeze_protection, start_rate,
                    hourly_starts
rules/site.py       balance, import_limit, export_limit, export_source, first_ramp_up, ramp_up, first_ramp_down,
                    ramp_down, ramp_to_limit
rules/outages.py    taken_ran, taken_running, taken_unreplaced, unreplaced_start, fall_of_group (empty without a ramp
                    down)
rules/supply.py     supply, block_size, block_settled, spot_beyond_kept, minimum_take
rules/charges.py    peak_measured, peak_billed, peak_ratchet, energy_tier, peak_tag, least_bill
rules/events.py     event_cap, event_miss, paid_cuts
rules/replanning.py frozen_schedule, more_than_announced, fewer_than_announced (empty unless planned before)
rules/whole.py      whole_containers, one_partial_container (empty unless whole units are asked for)
==================  ==========================================================================================
"""

from __future__ import annotations

from optimizer.lp.language import Family, Formulation, Parameter, Term, Variable
from optimizer.lp.rules import charges, events, fleet, outages, replanning, site, supply, whole

CONCERNS = (fleet, site, outages, supply, charges, events, replanning, whole)

PARAMETERS: tuple[Parameter, ...] = tuple(p for concern in CONCERNS for p in concern.PARAMETERS)
VARIABLES: tuple[Variable, ...] = tuple(v for concern in CONCERNS for v in concern.VARIABLES)
FAMILIES: tuple[Family, ...] = tuple(f for concern in CONCERNS for f in concern.FAMILIES)
TERMS: tuple[Term, ...] = tuple(t for concern in CONCERNS for t in concern.TERMS)

DISPATCH = Formulation(PARAMETERS, VARIABLES, FAMILIES, TERMS)
