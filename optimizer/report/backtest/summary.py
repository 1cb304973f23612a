"""The ladder on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from optimizer.money import sign
from optimizer.through_time.backtest.outcomes import Ladder
from optimizer.through_time.backtest.rungs import RUNGS


def print_ladder(ladder: Ladder, console: Console) -> None:
    """One row per rung."""
    lag = "an interval's price known as it begins" if ladder.lag == 0 else f"prices known {ladder.lag} intervals late"
    table = Table(title=f"{ladder.farm}, {ladder.start[:10]} to {ladder.end[:10]}, {lag}", title_justify="left")
    for name in ("", f"profit, {sign()}", f"{sign()}/MW-year", "of the bound", "uptime", "starts", "peaks hit"):
        table.add_column(name, justify="left" if not name else "right")
    for key, rung in ladder.rungs.items():
        share = ladder.share_of_bound(key)
        table.add_row(
            RUNGS[key].title,
            f"{rung.profit:,.0f}",
            f"{ladder.usd_per_mw_year(key):,.0f}",
            "" if share is None else f"{share:.2%}",
            f"{rung.uptime:.1%}",
            f"{rung.starts_per_machine_year:.0f}",
            f"{rung.peaks_hit:.3g} of {rung.peaks_seen:.3g}" if rung.peaks else "",
        )
    console.print(table)
    console.print("starts: per machine and year; the bound knows all prices and has machines in fractions")
