"""What a backtest writes: the ladder as a table and as JSON, each rung's schedule, and a page."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping

import pandas as pd

from optimizer.backtest.outcomes import Ladder, figures
from optimizer.policies import Followed
from optimizer.replanning.knowledge import Knowledge

TABLE = {
    "profit_usd": "profit_usd",
    "usd_per_mw_year": "usd_per_mw_year",
    "share_of_bound": "share_of_bound",
    "uptime": "uptime",
    "starts_per_machine_year": "starts_per_machine_year",
    "energy_mwh": "energy_mwh",
}


def backtest_files(k: Knowledge, schedules: Mapping[str, Followed], told: Ladder) -> dict[str, str]:
    """Names and contents of the files."""
    plain = figures(told)
    return {"ladder.json": json.dumps(plain, indent=1, allow_nan=False) + "\n", "ladder.csv": _table(told)}


def _table(told: Ladder) -> str:
    rows = []
    for key, rung in told.rungs.items():
        row = {
            "rung": key,
            "profit_usd": round(rung.profit, 2),
            "usd_per_mw_year": round(told.usd_per_mw_year(key), 2),
            "share_of_bound": told.share_of_bound(key),
            "uptime": rung.uptime,
            "starts_per_machine_year": rung.starts_per_machine_year,
            "peaks": len(rung.peaks),
            "peaks_hit": sum(peak.hit for peak in rung.peaks),
            "curtailed_mwh": sum(rung.off_mwh.values()),
        }
        rows.append(row | {f"usd_{line}": round(usd, 2) for line, usd in rung.usd.items()})
    file = io.StringIO()
    pd.DataFrame(rows).fillna(0.0).to_csv(file, index=False)
    return file.getvalue()
