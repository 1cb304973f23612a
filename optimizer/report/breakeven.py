"""The break-even table in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from optimizer.money import sign
from optimizer.plan.breakeven import Breakeven, BreakevenReport
from optimizer.report.kit.text import usd


def _usd(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def print_breakeven(report: BreakevenReport, console: Console) -> None:
    """Print where each group stands; fits 100 columns."""
    at = f"hashprice {usd(report.hashprice_usd_per_ph_day, 2)}/PH/day"
    if report.btc_price_usd is not None:
        at += f", BTC {usd(report.btc_price_usd)}"
    if report.difficulty is not None:
        at += f", difficulty {report.difficulty / 1e12:,.2f} T"
    table = Table(title=f"Break-even at {at}", box=None, pad_edge=False, padding=(0, 1), title_justify="left")
    for heading, justify in (
        ("group", "left"),
        ("mode", "left"),
        ("J/TH", "right"),
        (f"strike\n{sign()}/MWh", "right"),
        (f"power\n{sign()}/MWh", "right"),
        ("pays", "left"),
        ("% of\nhours", "right"),
        (f"pays at\nBTC {sign()}", "right"),
        ("pays at\ndiff. T", "right"),
        (f"cash\n{sign()}/BTC", "right"),
        (f"loaded\n{sign()}/BTC", "right"),
    ):
        table.add_column(heading, justify=justify, no_wrap=heading != "group")  # type: ignore[arg-type]  # literals above
    for row in report.rows:
        table.add_row(*_cells(row))
    console.print(table)
    console.print(_LEGEND, highlight=False)


_LEGEND = """\
strike: power price at the meter above which the group stops paying. power: average over the horizon with
adders and losses, if it ran always; pays says whether that is below the strike, % of hours how often it
is hour by hour. pays at: BTC price and difficulty at which it pays running always. cash: power per BTC;
loaded: with fixed costs."""


def _cells(row: Breakeven) -> tuple[str, ...]:
    return (
        row.group,
        row.mode,
        f"{row.efficiency_j_per_th:.1f}",
        f"{row.strike_usd_per_mwh:.1f}",
        f"{row.power_usd_per_mwh:.1f}",
        "yes" if row.pays else "no",
        f"{100 * row.pays_in_hours:.0f}",
        _usd(row.pays_at_btc_usd),
        "-" if row.pays_at_difficulty is None else f"{row.pays_at_difficulty / 1e12:,.1f}",
        _usd(row.cash_usd_per_btc),
        _usd(row.loaded_usd_per_btc),
    )
