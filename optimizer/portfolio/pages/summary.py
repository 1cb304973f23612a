"""What a portfolio comes to, in the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from optimizer.report.kit.text import number, plural, usd

_MOST_SHOWN = 40


def print_portfolio(s: dict[str, Any], console: Console) -> None:
    """Print a row per site and one for all, and what sharing costs; fits 100 columns."""
    title = f"{s['portfolio']}: {plural(len(s['sites']), 'site')}"
    table = Table(title=title, box=None, pad_edge=False, title_justify="left")
    for column in ("site", "profit", "energy, MWh", "hash, PH/s h"):
        table.add_column(column, justify="left" if column == "site" else "right")
    rows = [*s["sites"][:_MOST_SHOWN], {"name": "all", **s["total"]}]
    for row in rows:
        table.add_row(
            row["name"], usd(row["profit_usd"], 2), number(row["energy_mwh"], 1), number(row["hash_ph_hours"])
        )
    console.print(table, highlight=False)
    if len(s["sites"]) > _MOST_SHOWN:
        console.print(f"{plural(len(s['sites']) - _MOST_SHOWN, 'more site')} in portfolio.csv")
    shared = s["shared"]
    if shared is not None:
        cost, whole = shared["cost_of_sharing_usd"], max(shared["most_usd_proved"] - s["total"]["profit_usd"], 0.0)
        console.print(
            f"what is shared costs {usd(cost, 2)}; the plans, in whole machines, are within {usd(whole, 2)} of what is "
            "proved to be the most",
            highlight=False,
        )
