"""What a schedule is worth against a threshold, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.report.kit.text import sentence, usd

if TYPE_CHECKING:  # at run time it would bring the solver with it
    from optimizer.through_time.worth import Against, Worth

_MOST_CAUSES = 3


def than(one: Against) -> str:
    """What a schedule earns more than a rule.

    >>> from optimizer.through_time.worth import Against
    >>> than(Against("the strike rule", 1.0, -250.0, {}))
    '$250 less than the strike rule'
    """
    return f"{usd(abs(one.gain_usd))} {'less' if one.gain_usd < -0.5 else 'more'} than {one.rule}"


def headline(worth: Worth) -> str:
    """What a schedule earns more than each rule, in one line."""
    return ", ".join(map(than, worth.against))


def cause_of(worth: Worth) -> str:
    """What makes most of the difference to the strike rule, short; where nothing does, that a threshold would do."""
    if worth.threshold_does:
        return "nothing: a threshold does as well"
    name, more = next(iter(worth.against[0].causes.items()), ("", 0.0))
    return f"{name[:1].lower()}{name[1:]} +{usd(more)}" if more > 0 else "rules of the farm that it breaks"


def reasons_of(worth: Worth) -> str:
    """What makes the difference to the strike rule; where nothing does, that a threshold would do as well."""
    first = worth.against[0]
    if worth.threshold_does:
        return "A threshold would do as well here."
    most = sorted(first.causes.items(), key=lambda one: -abs(one[1]))[:_MOST_CAUSES]
    parts = [f"{name[:1].lower()}{name[1:]} {'+' if more > 0 else ''}{usd(more)}" for name, more in most]
    text = sentence(f"against the strike rule: {'; '.join(parts)}")
    if first.breaks:
        text += f" The strike rule's schedule would break: {', '.join(first.breaks)}."
    return text
