"""What a portfolio comes to: portfolio.csv, portfolio.json, ceiling.csv, and the page to look at."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import numpy as np

from optimizer.accounts.ledger import title
from optimizer.money import keyed, named
from optimizer.plan.text import csv_text, number_texts, time_texts
from optimizer.portfolio.pages.figures import portfolio_figures
from optimizer.portfolio.run import PortfolioResult
from optimizer.report.backtest.files import SCHEDULES
from optimizer.report.kit.page import render
from optimizer.report.kit.text import Clock
from optimizer.report.plan.files import FILES

OF_A_SITE = (*FILES, "report.html", *SCHEDULES, "account.json")
"""Names of the files in a site's folder, planned once or again and again."""


def portfolio_files(result: PortfolioResult, name: str, *, reports: bool) -> dict[str, str]:
    """The files beside the sites' folders, by name; ``reports``: the page leads to those of the sites."""
    figures = portfolio_figures(result, name)
    files = {
        "portfolio.json": json.dumps(keyed(figures), indent=1, allow_nan=False) + "\n",
        "portfolio.csv": portfolio_csv(figures),
        "portfolio.html": portfolio_page(result, figures, reports=reports),
    }
    if result.shared.ceiling_mw is not None:
        files["ceiling.csv"] = ceiling_csv(result)
    return files


def portfolio_csv(figures: dict[str, Any]) -> str:
    """A row for each site and one for all: profit, its lines in USD, energy, hash, bitcoin."""
    rows = [*figures["sites"], {"name": "total", "farm": "", **figures["total"]}]
    more = [key for key in figures["total"] if key not in ("profit_usd", "usd")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    heads = ["site", "farm", "profit_usd", *(f"usd_{line}" for line in figures["total"]["usd"]), *more]
    writer.writerow(map(named, heads))
    for row in rows:
        usd = [f"{row['usd'].get(line, 0.0):.2f}" for line in figures["total"]["usd"]]
        figures_of = [row.get(key, "") for key in more]
        writer.writerow([row["name"], row["farm"], f"{row['profit_usd']:.2f}", *usd, *figures_of])
    return text.getvalue()


def ceiling_csv(result: PortfolioResult) -> str:
    """A row per interval: the ceiling, what all import, each site's import, and what one more MWh would earn."""
    assert result.shared.ceiling_mw is not None
    grid = result.cases[0].conditions.grid
    columns = {
        "interval_start": time_texts(grid.starts, grid.timezone),
        "interval_end": time_texts(grid.ends, grid.timezone),
        "ceiling_mw": number_texts(result.shared.ceiling_mw, 4),
        "import_mw": number_texts(result.import_mw, 4),
    }
    if result.coupled is not None:
        columns["usd_per_mwh_of_ceiling"] = number_texts(result.coupled.price[: len(grid)] / grid.hours, 4)
    for one in result.outcomes:
        columns[f"{result.cases[one.site].name}/mw"] = number_texts(one.import_mw, 4)
    return csv_text(columns)


def portfolio_page(result: PortfolioResult, figures: dict[str, Any], *, reports: bool) -> str:
    """The page of a portfolio: self-contained HTML, beside the sites' own reports."""
    clock, grid = Clock(result.cases[0].conditions.grid), result.cases[0].conditions.grid
    ceiling = None
    if result.shared.ceiling_mw is not None and result.coupled is not None:
        price = result.coupled.price[: len(grid)] / grid.hours
        tight = np.flatnonzero(price > 0.0)
        ceiling = [
            (clock.start(t), float(result.shared.ceiling_mw[t]), float(result.import_mw[t]), float(price[t]))
            for t in tight[np.argsort(-price[tight], kind="stable")][:_MOST_SHOWN].tolist()
        ]
    return render(
        "optimizer.portfolio.pages",
        "portfolio",
        s=figures,
        start=clock.start(0),
        end=clock.end(len(grid) - 1),
        zone=grid.timezone,
        lines=[(title(line), line) for line in figures["total"]["usd"]],
        ceiling=ceiling,
        reports=reports,
    )


_MOST_SHOWN = 12
