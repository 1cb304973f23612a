"""A review as plain data: each run with what became of its schedule, and what all of them come to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optimizer.daily.review import WITHOUT_A_PLAN, Review, SettledRun


def review_json(review: Review) -> dict[str, Any]:
    """The review as plain data. USD with cents."""
    by_number = {one.number: one for one in review.followed}
    return {
        "farm": review.farm,
        "timezone": review.timezone,
        "runs": [
            {
                "number": run.number,
                "logged": run.logged,
                "at": run.at,
                "status": run.status,
                "exit_code": run.exit_code,
                "said": run.message.splitlines(),
                "seconds": run.seconds,
                "run": run.run,
                "planned_usd": None if run.planned_usd is None else round(run.planned_usd, 2),
                "inputs": run.inputs,
                "followed": _followed_json(by_number.get(run.number)),
            }
            for run in review.runs
        ],
        "totals": totals(review),
    }


def _followed_json(one: SettledRun | None) -> dict[str, Any] | None:
    if one is None:
        return None
    usd = ("planned_usd", "realised_usd", "error_usd", "strike_rule_usd", "gain_usd", "running_error_usd")
    return {
        "begins": one.begins.isoformat(),
        "ends": one.ends.isoformat(),
        "hours_with_price": round(one.hours, 4),
        **{key: round(getattr(one, key), 2) + 0.0 for key in (*usd, "drift_usd_per_day")},
    }


def _over_always_on(followed: Sequence[SettledRun]) -> dict[str, float | None]:
    known = [(one.realised_usd, one.always_on_usd) for one in followed if one.always_on_usd is not None]
    more = sum(realised - always for realised, always in known)
    return {"over_always_on_usd": round(more, 2) + 0.0 if len(known) == len(followed) else None}


def _causes(followed: Sequence[SettledRun]) -> dict[str, float]:
    """What made the difference to the strike rule, USD, the most first."""
    sums: dict[str, float] = {}
    for one in followed:
        for cause, usd in one.causes.items():
            sums[cause] = sums.get(cause, 0.0) + usd
    return {cause: round(usd, 2) + 0.0 for cause, usd in sorted(sums.items(), key=lambda item: -item[1])}


def _by_source(review: Review) -> dict[str, dict[str, float]]:
    """Hours, and USD over the strike rule, of plans, and of what was in force without one: kept, or a posture."""
    status = {run.number: run.status for run in review.runs}
    sources = {"plans": {"hours": 0.0, "usd": 0.0}, "without a plan": {"hours": 0.0, "usd": 0.0}}
    for one in review.followed:
        source = "without a plan" if status.get(one.number) in WITHOUT_A_PLAN else "plans"
        sources[source]["hours"] += one.hours
        sources[source]["usd"] += one.gain_usd
    return {source: {key: round(value, 2) + 0.0 for key, value in sums.items()} for source, sums in sources.items()}


def totals(review: Review) -> dict[str, Any]:
    """Sums over all schedules, USD with cents, and the drift as it is now; None without any."""
    keys = ("planned_usd", "realised_usd", "error_usd", "strike_rule_usd", "gain_usd")
    followed = review.followed
    return {
        "schedules": len(followed),
        "hours_with_price": round(sum(one.hours for one in followed), 4),
        **{key: round(sum(getattr(one, key) for one in followed), 2) + 0.0 for key in keys},
        **_over_always_on(followed),
        "gain_usd_by_cause": _causes(followed),
        "gain_usd_by_source": _by_source(review),
        "drift_usd_per_day": round(followed[-1].drift_usd_per_day, 2) + 0.0 if followed else None,
    }
