"""What a schedule earns more than a farm would without a plan, and what makes the difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.ledger import Kind, in_order, ledger, title
from optimizer.accounts.settlement import Settlement, settle
from optimizer.plan.checker import check
from optimizer.through_time.policies import Rule, always_on, strike_rule

MOST_INTERVALS = 3_000  # each takes a rule half a millisecond
TRADE = "hash revenue less energy"
_NOTHING = 0.005  # USD
_AS_WELL = 0.001  # of gross revenue, under which a rule does as well
RULES: dict[str, Rule] = {"the strike rule": strike_rule, "always on": always_on}


@dataclass(frozen=True)
class Against:
    """A schedule against a rule. USD: what the rule earns, what the schedule earns more, and where that comes from.

    causes: what makes the difference, the most first: hash revenue less energy, which a threshold sees too, in one; the
    other lines of the account one by one. breaks: rules of the farm that the schedule of the rule breaks.
    """

    rule: str
    usd: float
    gain_usd: float
    causes: Mapping[str, float]
    breaks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Worth:
    """What a schedule is worth against rules, USD. gross: its revenue before any cost."""

    usd: float
    gross_usd: float
    against: tuple[Against, ...]

    @property
    def threshold_does(self) -> bool:
        """Whether the strike rule earns as much but for next to nothing, and keeps every rule of the farm."""
        first = self.against[0]
        return not first.breaks and first.gain_usd < _AS_WELL * max(self.gross_usd, 1.0)


def against(rule: str, usd: Mapping[str, float], other: Mapping[str, float], breaks: tuple[str, ...] = ()) -> Against:
    """A schedule against a rule, from the USD by line of both, ``other`` of the rule.

    >>> against("a rule", {"hash_revenue": 9.0, "energy": -5.0}, {"hash_revenue": 9.5, "energy": -6.0}).causes
    {'hash revenue less energy': 0.5}
    """
    causes = dict[str, float]()
    for line in in_order([*usd, *other]):
        mine, its = usd.get(line, 0.0), other.get(line, 0.0)
        name = TRADE if _by_the_hour(line, max(mine, its)) else title(line)
        causes[name] = causes.get(name, 0.0) + mine - its
    gain = sum(causes.values())
    kept = {name: more for name, more in causes.items() if abs(more) >= _NOTHING}
    return Against(rule, sum(other.values()), gain, dict(sorted(kept.items(), key=lambda one: -one[1])), breaks)


@cache
def _kinds() -> dict[str, Kind]:
    return {line.name: line.kind for line in ledger()}


def _by_the_hour(line: str, most: float) -> bool:
    """Whether a line goes by the hash and the MWh of single hours; of machines what they earn, not what starts cost."""
    kind = _kinds().get(line, Kind.POWER)
    return not kind & (Kind.BY_PERIOD | Kind.PENALTY | Kind.CUT) and (Kind.MACHINES not in kind or most > 0)


def worth_of(c: Conditions, settled: Settlement) -> Worth | None:
    """What a schedule is worth against every rule; None of one too long for the rules to be walked beside it."""
    if len(c.grid) > MOST_INTERVALS:
        return None
    usd, rules = settled.lines, []
    for name, rule in RULES.items():
        followed = rule(c, c)
        breaks = tuple(sorted({breach.rule for breach in check(c, followed)}))
        rules.append(against(name, usd, settle(c, followed).lines, breaks))
    return Worth(settled.profit, sum(max(value, 0.0) for value in usd.values()), tuple(rules))
