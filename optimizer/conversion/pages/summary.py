"""A conversion study in the terminal, within 100 columns."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from optimizer.conversion.answer import Answer
from optimizer.conversion.flips import Flip
from optimizer.conversion.pages.figures import MOST_HELD, QUANTITY, shown_value, today
from optimizer.report.kit.text import number, share, usd


def print_study(a: Answer, console: Console) -> None:
    """Print variants, flips, fleets, and what is uncertain."""
    study = a.site.study
    rate = share(study.money.discount_rate)
    title = f"{a.site.name}, {number(a.site.site_mw, 1)} MW: {study.name}, {study.years.years} years at {rate} a year"
    console.print(_variants(a, title), highlight=False)
    console.print(_flips(a), highlight=False)
    console.print(_fleets(a), highlight=False)
    if a.uncertain is not None:
        console.print(_uncertain(a), highlight=False)


def millions(value: float) -> str:
    """USD in millions.

    >>> millions(-4_650_000.0)
    '-4.7'
    """
    return number(value / 1e6, 1)


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=title, box=None, pad_edge=False, title_justify="left")
    table.add_column(first)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _variants(a: Answer, title: str) -> Table:
    table = _table(title, "million USD", *("NPV", "gain", "IRR", "payback", "capex", "cash low", "BTC sold", "MW"))
    for entry, computed in zip(a.results, a.figures, strict=True):
        over = computed.over_mining
        table.add_row(
            entry.variant.name + (" *" if entry.beyond_means else ""),
            millions(computed.npv),
            millions(over.npv),
            "-" if over.irr is None else share(over.irr),
            "-" if over.payback_years is None else f"{number(over.payback_years, 1)} y",
            millions(computed.capex_usd),
            millions(computed.cash_low_usd),
            number(computed.btc_sold),
            number(computed.converted_mw, 1),
        )
    if any(entry.beyond_means for entry in a.results):
        table.caption = "* takes more equity than can be raised"
    return table


def _flips(a: Answer) -> Table:
    table = _table("\nWhere the decision flips", "", "today", "flips at", "below", "above")
    rows = [(f"{offer.name}, in full", o, a.full_flips[o]) for o, offer in enumerate(a.site.offers)]
    for name, offer, flips in (*rows, ("best plan", a.offer, a.best_flips)):
        table.add_row(name, end_section=False)
        for flip in flips:
            table.add_row(*flip_row(a, flip, offer))
    return table


def flip_row(a: Answer, flip: Flip, offer: int) -> tuple[str, str, str, str, str]:
    """A flip in words: what, today, where it flips, and what is decided on either side."""
    value = today(a, flip.quantity, offer)
    now = "none" if flip.quantity == "delay_months" else shown_value(flip.quantity, value)
    what = f"  {QUANTITY[flip.quantity]}"
    if flip.at is None:
        held = "five years" if flip.quantity == "delay_months" else MOST_HELD
        return what, now, f"not within {held}", flip.below, flip.above
    return what, now, shown_value(flip.quantity, flip.at * value), flip.below, flip.above


def _fleets(a: Answer) -> Table:
    table = _table(
        "\nWhat a bitcoin costs in year 1, and where mining beats the best offer in full",
        "fleet",
        "power, always on",
        "power, flexible",
        "all in",
        "BTC",
        "mining wins above",
    )
    for fleet in a.fleets:
        cost, flip = fleet.cost, fleet.full
        above = "at any" if flip.above == "mine" else f"none to {usd(10 * a.site.study.bitcoin.price_usd)}"
        if flip.at is not None and flip.above == "mine":
            above = usd(flip.at * a.site.study.bitcoin.price_usd)
        cells = (
            ("-",) * 4
            if cost is None
            else map(usd, (cost.power_always, cost.power_flexible, cost.all_in, cost.btc_price))
        )
        table.add_row(fleet.name, *cells, above)
    return table


def _uncertain(a: Answer) -> Table:
    u, uncertainty = a.uncertain, a.site.study.uncertainty
    assert u is not None
    assert uncertainty is not None
    table = _table(
        f"\nOver {len(u.paths)} paths, million USD",
        "",
        "expected",
        f"CVaR, {share(uncertainty.tail_share)}",
        "beats mining",
    )
    for spread in u.spreads:
        name = spread.name + (" *" if spread.beyond_means else "")
        table.add_row(name, millions(spread.expected), millions(spread.cvar), share(spread.beats_mining))
    for what, value in (
        ("every conversion decided today", u.commit),
        ("nothing begun before the paths are known", u.wait),
        ("value of waiting", u.value_of_waiting),
        ("value of knowing the path today", u.value_of_information),
    ):
        table.add_row(what, millions(value), "", "")
    return table
