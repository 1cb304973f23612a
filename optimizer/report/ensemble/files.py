"""What an ensemble found: files, and the page to look at."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np

from optimizer.accounts.ledger import title
from optimizer.arrays import F
from optimizer.ensemble.results import QUANTILES, TAIL, Results, quantile, tail_mean
from optimizer.ensemble.study import EnsembleStudy
from optimizer.money import keyed, named
from optimizer.report.ensemble.charts import histogram, running_map
from optimizer.report.kit.page import render
from optimizer.report.kit.text import Clock

MOST_FAILURES = 20  # told one by one on the page and in the terminal; summary.json has all


def ensemble_files(study: EnsembleStudy, results: Results) -> dict[str, str]:
    """The files of an output folder, by name."""
    return {
        "summary.json": json.dumps(keyed(summary(study, results)), indent=1, allow_nan=False) + "\n",
        "scenarios.csv": _scenarios(results),
        "running.csv": _running(study, results),
        "ensemble.html": render_ensemble(study, results),
    }


def summary(study: EnsembleStudy, results: Results) -> dict[str, Any]:
    """The figures of an ensemble, for machines. USD are over one plan; a missing figure is None."""
    profit, n = results.profit, len(results.numbers)
    tail = results.in_tail
    return {
        "ensemble": study.ensemble.name,
        "farm": study.base.farm.name,
        "seed": study.ensemble.seed,
        "start": study.base.grid.local_starts[0].isoformat(),
        "hours": float(study.base.grid.hours.sum()),
        "scenarios": n + len(results.failures),
        "with_result": n,
        "profit_usd": {
            "mean": float(profit.mean()),
            "standard_error_of_mean": float(profit.std(ddof=1) / np.sqrt(n)) if n > 1 else None,
            "standard_deviation": float(profit.std(ddof=1)) if n > 1 else None,
            "least": float(profit.min()),
            "most": float(profit.max()),
            "quantiles": {f"{share:g}": quantile(profit, share) for share in QUANTILES},
            "tail_share": TAIL,
            "cvar": tail_mean(profit, TAIL),
            "probability_of_loss": float((profit < 0).mean()),
        },
        "means": {name: _mean(values) for name, values in results.figures.items() if name != "profit_usd"},
        "means_in_tail": {
            name: _mean(values[tail]) for name, values in results.figures.items() if name != "profit_usd"
        },
        "account_usd": {name: float(values.mean()) for name, values in results.lines.items()},
        "account_usd_in_tail": {name: float(values[tail].mean()) for name, values in results.lines.items()},
        "running_share": {
            group.name: float(np.average(row, weights=study.base.grid.hours))
            for group, row in zip(study.base.farm.fleet, results.probability, strict=True)
        },
        "failures": {str(number): reason for number, reason in sorted(results.failures.items())},
    }


def _mean(values: F) -> float | None:
    mean = float(values.mean())
    return mean if np.isfinite(mean) else None


def _scenarios(results: Results) -> str:
    columns = {**results.figures, **results.lines}
    rows = np.array(list(columns.values())).T.tolist()
    cells: dict[int, list[Any]] = {
        number: ["", *("" if value != value else repr(value) for value in row)]
        for number, row in zip(results.numbers.tolist(), rows, strict=True)
    }
    cells |= {number: [reason, *[""] * len(columns)] for number, reason in results.failures.items()}
    return _csv(["scenario", "failure", *map(named, columns)], ([number, *cells[number]] for number in sorted(cells)))


def _running(study: EnsembleStudy, results: Results) -> str:
    starts = [start.isoformat() for start in study.base.grid.local_starts]
    rows = (
        [start, group.name, f"{results.probability[g, t]:.6g}"]
        for t, start in enumerate(starts)
        for g, group in enumerate(study.base.farm.fleet)
    )
    return _csv(["interval_start", "group", "probability_running"], rows)


def _csv(header: list[str], rows: Any) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def render_ensemble(study: EnsembleStudy, results: Results) -> str:
    """The page of an ensemble: self-contained HTML."""
    clock, grid = Clock(study.base.grid), study.base.grid
    return render(
        "optimizer.report.ensemble",
        s=summary(study, results),
        start=clock.start(0),
        end=clock.end(len(grid) - 1),
        zone=grid.timezone,
        histogram=histogram(results.profit, quantile(results.profit, TAIL), tail_mean(results.profit, TAIL)),
        running=running_map(study, results),
        lines=[(title(name), v.mean(), v[results.in_tail].mean()) for name, v in results.lines.items() if np.any(v)],
        failures=sorted(results.failures.items()),
        most_failures=MOST_FAILURES,
    )
