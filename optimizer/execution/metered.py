"""What machines drew against what was planned, from the log of the loop that tells them: a line for each group."""

from __future__ import annotations

from pathlib import Path

from optimizer.execution.audit import AUDIT, Audit

OVER_S = 86_400.0


def drawn_lines(state: Path, now: float) -> tuple[str, ...]:
    """Planned against metered in the last day, explained, by group; nothing where no machine was told anything."""
    if not (state / AUDIT).exists():
        return ()
    audit = Audit(state / AUDIT)
    try:
        rows = audit.drawn(now - OVER_S)
    finally:
        audit.close()
    lines = []
    for group, minutes, planned, drawn, awake, away in rows:
        rest = drawn - planned - awake + away
        lines.append(
            f"{group}: machines drew {drawn:.3f} MWh in {minutes / 60:.1f} h where {planned:.3f} were planned: "
            f"{awake:+.3f} awake though to sleep, {0.0 - away:+.3f} not up though to run, "
            f"{rest:+.3f} other than at nameplate"
        )
    return tuple(lines)
