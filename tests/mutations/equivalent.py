"""Mutants that no test can notice, because nothing changes that could be: which, and why."""

from __future__ import annotations

# file, function, "old -> new": why
EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "optimizer/conversion/rules/hosting.py",
        "steps_once_begun",
        "m.steps[j] <= m.most_steps[j] * m.begun[j] -> m.steps[j] <= 2.0 * (m.most_steps[j] * m.begun[j])",
    ): "the size of the offer bounds the steps besides; the row ties them to the least size",
    (
        "optimizer/conversion/rules/weeks.py",
        "must_be_included",
        "m.chosen[i] == 1.0 -> m.chosen[i] >= 1.0",
    ): "no week is chosen more than once",
    (
        "optimizer/accounts/cohorts.py",
        "course",
        "back[t] > 0 -> back[t] >= 0",
    ): "no machines that come back change nothing",
    (
        "optimizer/conversion/account.py",
        "returns_over",
        "plan.flows(s)[1] -> plan.flows(s)[-1]",
    ): "the second of two is the last",
    (
        "optimizer/mechanisms/calls/account.py",
        "breaches",
        "span.holds is not None and imported[span.interval] > span.held_mw + MW_TOLERANCE -> "
        "imported[span.interval] > span.held_mw + MW_TOLERANCE",
    ): "where nobody is held the limit is infinite",
    (
        "optimizer/mechanisms/fleet/account.py",
        "_of_group",
        "group.minimum_off_hours > 0 -> group.minimum_off_hours >= 0",
    ): "without minimum times no machine is early",
    (
        "optimizer/mechanisms/fleet/account.py",
        "_of_group",
        "group.minimum_on_hours > 0 -> group.minimum_on_hours >= 0",
    ): "without minimum times no machine is early",
    (
        "optimizer/mechanisms/tags/facts.py",
        "_tags_of",
        "peak.minimum_mw > 0 -> peak.minimum_mw >= 0",
    ): "a floor of zero is below what is expected elsewhere, and cases are left out for that",
    (
        "optimizer/accounts/bill.py",
        "by_energy",
        "kwh or charge -> kwh",
    ): "what is charged is charged for energy, which is never negative",
}
