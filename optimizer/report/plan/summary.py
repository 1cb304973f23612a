"""A plan in the terminal: plain tables that stay readable in 80 columns and survive a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.money import currency, show_in, sign
from optimizer.report.kit.text import label, number, plural, sentence, share, usd
from optimizer.report.kit.worth import headline, reasons_of
from optimizer.report.plan.bill import BillSection
from optimizer.report.plan.figures import Figures, figures
from optimizer.report.plan.invoices import Invoice

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    from optimizer.plan.planning import Plan
    from optimizer.report.plan.actions import ToDo
    from optimizer.through_time.worth import Worth

_FIRST_BLOCKS, _REASONS = 6, 3
_FIRST_BILLS = 2


def print_summary(plan: Plan, console: Console, worth: Worth | None = None, todo: ToDo | None = None) -> None:
    """Print what to do, and what a plan does and earns, to a rich console of 80 columns or more."""
    from rich.text import Text

    def line(text: str = "", style: str = "") -> None:
        console.print(Text(text, style=style), soft_wrap=False)

    show_in(plan.farm.currency)
    f = figures(plan, worth, todo)
    line(f"{f.farm}, {number(f.hours, _decimals(f.hours))} h: {f.start} to {f.end} ({f.timezone})", "bold")
    for text in filter(None, [f.under, *_worth(f)]):
        line(text)
    line()
    line(f"What to do ({_first(len(f.steps) + len(f.later_steps), len(f.steps))})", "bold")
    for text in (*f.news, *f.calls):
        line(text)
    console.print(_steps(f) if f.steps else Text("Nothing is switched."))
    line()
    for text in _headline(f):
        line(text)
    for title, table in (
        ("Groups", _groups(f)),
        (f"Shutdowns ({_first(len(f.blocks), _FIRST_BLOCKS)})", _blocks(f)),
        ("Money", _money(f)),
        *((f"Bill {section.label}", _bill(section)) for section in f.bill[:_FIRST_BILLS] if not section.is_plain),
        *((f"Invoice to {one.party}, {one.label}", _invoice(one)) for one in f.invoices[:_FIRST_BILLS]),
    ):
        line()
        line(title, "bold")
        console.print(table)
    notes = _notes(f)
    if notes:
        line()
        for text in notes:
            line(f"! {text}", "yellow")


def _headline(f: Figures) -> list[str]:
    mined = "" if f.btc is None else f", {f.btc:.4f} BTC expected"
    market = f"hashprice {usd(f.hashprice, 2)}/PH/day"
    if f.btc_price is not None:
        market += f", BTC {usd(f.btc_price)}"
    return [
        f"Power {usd(f.power_cost)}, {number(f.mwh, 1)} MWh imported{mined}",
        *([f"Power sold {usd(f.sold)}, {number(f.sold_mwh, 1)} MWh"] if f.sold_mwh > 0 else []),
        f"Machines run {share(f.run_share)} of their hours with {plural(f.starts, 'start')}",
        f"On average {market}, energy {usd(f.energy_price, 2)}/MWh",
    ]


def _decimals(value: float) -> int:
    return 0 if value == round(value) else 2


def _first(count: int, shown: int) -> str:
    return f"the first {shown} of {number(count)}" if count > shown else number(count)


def _worth(f: Figures) -> list[str]:
    """What the plan earns, and what that is more than rules earn."""
    result = f"{'Loses' if f.profit < 0 else 'Earns'} {usd(abs(f.profit))}"
    return [f"{result}."] if f.worth is None else [f"{result}: {headline(f.worth)}.", reasons_of(f.worth)]


def _steps(f: Figures) -> Table:
    table = _table(("when", "l"), ("what", "l"), ("machines", "r"), ("MW", "r"), ("worth", "r"), ("why", "l"))
    for step in f.steps:
        what = f"{step.what}: {step.who}{' (new)' if step.new else ''}"
        why, worth = "; ".join(filter(None, [step.why, step.prices])), "" if step.usd is None else usd(step.usd)
        _row(table, step.when, what, number(step.units), number(step.mw, 2), worth, why)
    return table


def _table(*columns: tuple[str, str]) -> Table:
    """A table without lines; a column is its title and ``l`` for text, ``r`` for figures that may not wrap."""
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for title, kind in columns:
        if kind == "l":
            table.add_column(title, overflow="fold")
        else:
            table.add_column(title, justify="right", no_wrap=True)
    return table


def _row(table: Table, *cells: str) -> None:
    """Add a row of texts as they are: a name such as ``[red]`` is no markup."""
    from rich.text import Text

    row: list[RenderableType] = [Text(cell) for cell in cells]
    table.add_row(*row)


def _groups(f: Figures) -> Table:
    table = _table(
        ("group", "l"),
        ("units", "r"),
        ("runs", "r"),
        ("starts", "r"),
        ("MWh", "r"),
        (f"strike {sign()}/MWh", "r"),
        ("off for", "l"),
    )
    for g in f.groups:
        low, high = number(g.strike_low, 1), number(g.strike_high, 1)
        _row(
            table,
            g.name,
            number(g.units),
            share(g.run_share),
            number(g.starts),
            number(g.mwh, 1),
            low if low == high else f"{low}-{high}",
            ", ".join(map(label, g.off_for[:_REASONS])) or "never off",
        )
    return table


def _blocks(f: Figures) -> Table:
    table = _table(("from", "l"), ("to", "l"), ("units", "r"), ("MW", "r"), ("group", "l"), ("reason", "l"))
    for b in f.blocks[:_FIRST_BLOCKS]:
        end = b.end[11:] if b.end[:10] == b.start[:10] else b.end[5:]
        reason = ", ".join(map(label, b.reasons))
        _row(table, b.start[5:], end, number(b.units), number(b.mw, 2), b.group, reason)
    return table


def _money(f: Figures) -> Table:
    table = _table(("line", "l"), (currency(), "r"))
    for row in f.lines:
        _row(table, row.title, number(row.usd, 2))
    _row(table, "Profit", number(f.profit, 2))
    return table


def _bill(section: BillSection) -> Table:
    """The bill of a period, what is sold and what comes on next year's bill below its sum."""
    table = _table(("line", "l"), ("quantity", "r"), (currency(), "r"))
    for row in section.charges:
        _row(table, row.name, row.quantity, number(row.usd, 2))
    _row(table, "Bill of this plan", "", number(section.charged_usd, 2))
    for row in (*section.sales, *section.later):
        _row(table, row.name, row.quantity, number(row.usd, 2))
    return table


def _invoice(one: Invoice) -> Table:
    """What a party pays."""
    table = _table(("line", "l"), ("quantity", "r"), (currency(), "r"))
    for row in one.rows:
        _row(table, row.name, row.quantity, number(row.usd, 2))
    _row(table, "Invoice", "", number(one.usd, 2))
    return table


def _notes(f: Figures) -> list[str]:
    notes = [f.idle] if f.idle else []
    notes += [f"The nearest schedule to limits that no schedule meets: {sentence}." for sentence in f.shortfalls]
    notes += [f"{p.sentence}: {usd(-p.usd, 2)} over {number(p.hours, 2)} h, most at {p.worst}." for p in f.penalties]
    notes.extend(f.notes)
    notes.extend(map(sentence, f.warnings))
    if f.fills:
        count = sum(fill.count for fill in f.fills)
        notes.append(f"{plural(count, 'missing value')} filled in {', '.join(sorted({x.file for x in f.fills}))}.")
    if abs(f.gap_usd) >= 0.005:
        notes.append(f"Whole machines cost {usd(f.gap_usd, 2)} ({share(f.gap_share, 3)}) against fractions of them.")
    if not f.proved:
        notes.append(sentence(f"{f.cut_short}: a better schedule of whole machines may exist"))
    return notes
