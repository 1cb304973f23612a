"""What a backtest writes: the ladder as a table and as JSON, profit by day, what re-planning ran, and a page."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping

import pandas as pd

from optimizer.money import keyed, named
from optimizer.plan.tables import off_texts
from optimizer.report.backtest.page import render_backtest
from optimizer.report.kit.power import power_text
from optimizer.report.kit.schedule import schedule_text
from optimizer.through_time.backtest.outcomes import Ladder, ladder_json
from optimizer.through_time.backtest.rungs import REPLANNING
from optimizer.through_time.knowledge import Knowledge
from optimizer.through_time.policies import Followed

_SCHEDULE = ("schedule.csv", "power.csv")
SCHEDULES = (*_SCHEDULE, *(f"{name}.gz" for name in _SCHEDULE))
"""Every file that some schedule is written to."""
NAMES = ("ladder.json", "ladder.csv", "daily.csv", *SCHEDULES, "report.html")
"""Every file that some backtest writes."""
MOST_BYTES = 20_000_000  # of schedule.csv or power.csv; a longer one is compressed
_CENTS = 2


def backtest_files(k: Knowledge, schedules: Mapping[str, Followed], ladder: Ladder) -> dict[str, str | bytes]:
    """Names and contents of the files; of re-planning's schedule where that is on the ladder."""
    files: dict[str, str | bytes] = {
        "ladder.json": json.dumps(keyed(ladder_json(ladder)), indent=1, allow_nan=False) + "\n",
        "ladder.csv": _table(ladder),
        "daily.csv": _daily(ladder),
    }
    if REPLANNING.key in schedules:
        files |= schedule_files(k, schedules[REPLANNING.key])
    return files | {"report.html": render_backtest(k, schedules, ladder)}


def _table(ladder: Ladder) -> str:
    rows = []
    for key, rung in ladder.rungs.items():
        row = {
            "rung": key,
            "profit_usd": round(rung.profit, _CENTS),
            "usd_per_mw_year": round(ladder.usd_per_mw_year(key), _CENTS),
            "share_of_bound": ladder.share_of_bound(key),
            "uptime": rung.uptime,
            "starts_per_machine_year": rung.starts_per_machine_year,
            "peaks": rung.peaks_seen,
            "peaks_hit": rung.peaks_hit,
            "curtailed_mwh": sum(rung.off_mwh.values()),
        }
        rows.append(row | {f"usd_{line}": round(usd, _CENTS) for line, usd in rung.usd.items()})
    table = pd.DataFrame(rows)
    lines = [column for column in table if str(column).startswith("usd_")]
    return _csv(table.fillna(dict.fromkeys(lines, 0.0)))


def _daily(ladder: Ladder) -> str:
    """A row per local day, USD: each rung's profit, and beside it what is charged by the month and was set on it."""
    columns = {}
    for key, rung in ladder.rungs.items():
        columns[key] = rung.daily_usd.round(_CENTS) + 0.0
        if rung.charged_usd.any():
            columns[f"{key}_charged"] = rung.charged_usd.round(_CENTS) + 0.0
    return _csv(pd.DataFrame({"day": ladder.days, **columns}))


def _csv(table: pd.DataFrame) -> str:
    file = io.StringIO()
    table.rename(columns=named).to_csv(file, index=False)
    return file.getvalue()


def schedule_files(k: Knowledge, schedule: Followed) -> dict[str, str | bytes]:
    """The schedule as `curtail plan` writes it, each file as text or, where long, compressed: always the same bytes."""
    shape = (len(k.actual.farm.fleet), len(k.grid))
    texts = (schedule_text(k.actual, schedule, off_texts(schedule.off, shape)), power_text(k.actual, schedule))
    return dict(_packed(name, text.encode()) for name, text in zip(_SCHEDULE, texts, strict=True))


def _packed(name: str, data: bytes) -> tuple[str, bytes]:
    """A file's name and contents, compressed where that is long."""
    return (f"{name}.gz", gzip.compress(data, mtime=0)) if len(data) > MOST_BYTES else (name, data)
