"""What an ensemble found, in the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from optimizer.report.kit.text import number, plural, share, usd

_MOST_LISTED = 5


def print_ensemble(s: dict[str, Any], console: Console) -> None:
    """Print the distribution of profit, when groups run, and what has no result; fits 100 columns."""
    p = s["profit_usd"]
    title = f"{s['ensemble']}: {plural(s['with_result'], 'scenario')} of {number(s['hours'])} hours, seed {s['seed']}"
    money = Table(title=title, box=None, pad_edge=False, title_justify="left", show_header=False)
    money.add_column()
    money.add_column(justify="right")
    error = p["standard_error_of_mean"]
    mean = usd(p["mean"]) if error is None else f"{usd(p['mean'])} +- {usd(error)}"
    for what, value in (
        ("mean profit", mean),
        ("median", usd(p["quantiles"]["0.5"])),
        ("5 % quantile", usd(p["quantiles"]["0.05"])),
        ("CVaR, mean of the worst 5 %", usd(p["cvar"])),
        ("least, most", f"{usd(p['least'])}, {usd(p['most'])}"),
        ("probability of a loss", share(p["probability_of_loss"])),
    ):
        money.add_row(what, value)
    console.print(money, highlight=False)
    groups = Table(box=None, pad_edge=False)
    groups.add_column("group")
    groups.add_column("runs, share of hours and scenarios", justify="right")
    for name, running in s["running_share"].items():
        groups.add_row(name, share(running))
    console.print(groups, highlight=False)
    if s["failures"]:
        console.print(f"{plural(len(s['failures']), 'scenario')} without a result; the figures leave them out:")
        for scenario, reason in list(s["failures"].items())[:_MOST_LISTED]:
            console.print(f"  number {scenario}: {reason}", markup=False, highlight=False)
