"""A comparison as files: compare.csv, a row for each scenario and way, and compare.json, the same with names."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

from optimizer.accounts.ledger import Kind
from optimizer.compare.running import Compared, Comparison, Failure
from optimizer.compare.ways import Way
from optimizer.money import keyed, named
from optimizer.plan.outcomes import Outcome, changed_lines

_CENTS = 2
_SMALL = 4


def compare_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain data. USD with cents, MWh and PH-hours with four decimals."""
    return {
        "farm": comparison.farm,
        "timezone": comparison.timezone,
        "bases": [_compared(comparison, base, i) for i, base in enumerate(comparison.bases)],
        "scenarios": [_compared(comparison, scenario, scenario.base) for scenario in comparison.scenarios],
    }


def _compared(comparison: Comparison, compared: Compared, base: int | None) -> dict[str, Any]:
    against = None if base is None else comparison.bases[base].outcome(Way.KNOWING)
    return {
        "name": compared.name,
        "summary": compared.summary,
        "start": compared.start or None,
        "end": compared.end or None,
        "hours": compared.hours,
        "sweep": dict(compared.values),
        "base": base,
        "warnings": list(compared.warnings),
        "ways": {way.value: _met(met, against) for way, met in compared.ways.items()},
    }


def _met(met: Outcome | Failure, base: Outcome | None) -> dict[str, Any]:
    if isinstance(met, Failure):
        return {"failure": met.message, "exit_code": met.exit_code}
    return {
        **_figures(met),
        "proved_optimal": met.proved,
        "breaches": met.breaches,
        "off_mwh_by_reason": {reason: round(mwh, _SMALL) for reason, mwh in met.off_mwh.items()},
        "usd": {line: round(usd, _CENTS) + 0.0 for line, usd in met.usd.items()},
        "change_usd": None if base is None else round(met.profit - base.profit, _CENTS) + 0.0,
        "change_usd_by_line": None
        if base is None
        else {line: round(usd, _CENTS) for line, usd in changed_lines(base, met).items()},
    }


def _figures(outcome: Outcome) -> dict[str, Any]:
    """The figures of one way; names end in their units."""
    return {
        "profit_usd": round(outcome.profit, _CENTS) + 0.0,
        "off_mwh": round(outcome.curtailed_mwh, _SMALL),
        "lost_ph_hours": round(outcome.lost_ph_hours, _SMALL) + 0.0,
        "import_mwh": round(outcome.energy_mwh, _SMALL),
        "penalties_usd": round(outcome.of(Kind.PENALTY), _CENTS) + 0.0,
        "resale_usd": round(outcome.of(Kind.SALE), _CENTS) + 0.0,
        "event_income_usd": round(outcome.of(Kind.CUT), _CENTS) + 0.0,
        "worst_hour_start": outcome.worst_hour,
        "worst_hour_usd": round(outcome.worst_hour_usd, _CENTS) + 0.0,
        "machine_starts": outcome.starts,
        "rules_broken": sum(outcome.breaches.values()),
    }


def compare_csv(comparison: Comparison) -> str:
    """A row for each scenario and way, bases first; columns for every reason and line that occur in any."""
    rows = list(_rows(comparison))
    columns = dict.fromkeys(["scenario", "way", "start", "end", "hours", "sweep", "profit_usd", "change_usd"])
    for part in ("figures", "off_mwh_", "usd_"):
        columns |= dict.fromkeys(key for row in rows for key in row if _part(key) == part)
    columns |= dict.fromkeys(["failure"])
    text = StringIO()
    writer = csv.DictWriter(text, list(columns), restval="", lineterminator="\n")
    writer.writerow({column: named(column) for column in columns})
    writer.writerows(rows)
    return text.getvalue()


def _part(key: str) -> str:
    return next((part for part in ("off_mwh_", "usd_") if key.startswith(part)), "figures")


def _rows(comparison: Comparison) -> Iterator[dict[str, Any]]:
    for compared in (*comparison.bases, *comparison.scenarios):
        base = compared.outcome(Way.KNOWING) if compared in comparison.bases else comparison.base_of(compared)
        for way, met in compared.ways.items():
            row: dict[str, Any] = {
                "scenario": compared.name,
                "way": way.value,
                "start": compared.start,
                "end": compared.end,
                "hours": compared.hours,
                "sweep": "; ".join(f"{key}={value}" for key, value in compared.values),
            }
            if isinstance(met, Failure):
                yield row | {"failure": met.message}
                continue
            change = {} if base is None else {"change_usd": round(met.profit - base.profit, _CENTS) + 0.0}
            off = {f"off_mwh_{reason}": round(mwh, _SMALL) for reason, mwh in met.off_mwh.items()}
            lines = {f"usd_{line}": round(usd, _CENTS) + 0.0 for line, usd in met.usd.items()}
            yield row | change | _figures(met) | off | lines | {"failure": ""}


def compare_files(comparison: Comparison) -> dict[str, str]:
    """Every file of a comparison: name -> text."""
    from optimizer.report.compare.page import render_comparison

    return {
        "compare.csv": compare_csv(comparison),
        "compare.json": json.dumps(keyed(compare_json(comparison)), indent=2, allow_nan=False, default=str) + "\n",
        "compare.html": render_comparison(comparison),
    }
