"""A comparison in the terminal: profit by way, and what the plan that knows a scenario does, in 80 columns or more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from optimizer.accounts.ledger import Kind
from optimizer.compare.running import Compared, Comparison, Failure
from optimizer.compare.ways import Way
from optimizer.money import currency
from optimizer.plan.outcomes import Outcome
from optimizer.report.compare.view import added, name_of
from optimizer.report.kit.text import label, number, plural, usd
from optimizer.report.kit.worth import cause_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print the tables of a comparison to a rich console."""
    from rich.text import Text

    if first := lead(comparison):
        console.print(Text(first))
    console.print(Text(f"{comparison.farm}: what the plan earns, and what it adds, {currency()}", style="bold"))
    console.print(_added(comparison))
    console.print(Text(f"\nProfit by way, {currency()}", style="bold"))
    console.print(_profits(comparison))
    console.print(Text("\nThe plan that knows the scenario", style="bold"))
    console.print(_plans(comparison))
    for sentence in notes(comparison):
        console.print(Text(f"! {sentence}", style="yellow"))


def lead(comparison: Comparison) -> str:
    """Where the plan adds the most to the strike rule, and in how many scenarios a threshold does as well."""
    worths = {name_of(comparison, one): worth for one in comparison.scenarios if (worth := added(one)) is not None}
    if not worths:
        return ""
    most = max(worths, key=lambda name: worths[name].against[0].gain_usd)
    alike = sum(worth.threshold_does for worth in worths.values())
    rest = f" In {number(alike)} of {plural(len(worths), 'scenario')} a threshold does as well." if alike else ""
    gain = worths[most].against[0].gain_usd
    more = f"adds the most in {most}: {usd(gain)} more than the strike rule ({cause_of(worths[most])})"
    if worths[most].threshold_does:
        return "In no scenario does the plan earn notably more than the strike rule."
    return f"The plan {more}.{rest}"


def _table(first: str, titles: Sequence[str]) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(first, overflow="fold")
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True)
    return table


def _added(comparison: Comparison) -> Table:
    """What planning adds, scenario by scenario."""
    from rich.text import Text

    table = _table("scenario", ["plan", "over strike rule", "over always on"])
    table.add_column("what makes the difference", overflow="fold")
    for compared in (*comparison.scenarios, *sorted(comparison.bases, key=lambda base: base.hours)):
        worth = added(compared)
        if worth is not None:
            gains = [number(one.gain_usd) + ("*" if one.breaks else "") for one in worth.against]
            table.add_row(Text(name_of(comparison, compared)), number(worth.usd), *gains, cause_of(worth))
    return table


def _profits(comparison: Comparison) -> Table:
    from rich.text import Text

    table = _table("scenario", [*(way.short for way in Way), "to base"])
    for compared in (*comparison.bases, *comparison.scenarios):
        base, mine = comparison.base_of(compared), compared.outcome(Way.KNOWING)
        change = "" if base is None or mine is None else f"{round(mine.profit - base.profit) + 0:+,}"
        table.add_row(Text(name_of(comparison, compared)), *(_profit(compared.ways[way]) for way in Way), change)
    return table


def _profit(met: Outcome | Failure) -> str:
    if isinstance(met, Failure):
        return "failed"
    return number(met.profit) + ("*" if met.breaches else "")


def _plans(comparison: Comparison) -> Table:
    from rich.text import Text

    table = _table(
        "scenario", ["MWh off", "most for", "PH-h lost", "sold", "events", "penalty", "worst hour", "starts"]
    )
    for compared in (*comparison.bases, *comparison.scenarios):
        outcome = compared.outcome(Way.KNOWING)
        if outcome is None:
            continue
        most = max(outcome.off_mwh, key=lambda reason: outcome.off_mwh[reason], default="")
        sums = [number(outcome.of(kind)) for kind in (Kind.SALE, Kind.CUT, Kind.PENALTY)]
        figures = [number(outcome.curtailed_mwh), label(most), number(outcome.lost_ph_hours), *sums]
        figures += [number(outcome.worst_hour_usd), number(outcome.starts)]
        table.add_row(Text(name_of(comparison, compared)), *figures)
    return table


def notes(comparison: Comparison) -> list[str]:
    """What a reader must know: warnings of the markets; of single rows failures, rules broken, optima not proved."""
    sentences = dict.fromkeys(_warnings(comparison))
    for compared in (*comparison.bases, *comparison.scenarios):
        name = name_of(comparison, compared)
        sentences |= dict.fromkeys(_failures(name, compared))
        for way, met in compared.ways.items():
            if isinstance(met, Outcome) and met.breaches:
                rules = ", ".join(f"{rule} ({plural(n, 'time')})" for rule, n in met.breaches.items())
                sentences[f"* {name}, {way.short}: breaks {rules}"] = None
            if isinstance(met, Outcome) and not met.proved:
                sentences[f"{name}, {way.short}: the search ended early; a better schedule may exist"] = None
    return list(sentences)


def _warnings(comparison: Comparison) -> list[str]:
    """One sentence for each warning, with the scenarios it holds for where it is not that of a base too."""
    holds_for: dict[str, list[str]] = {}
    for compared in (*comparison.bases, *comparison.scenarios):
        for warning in compared.warnings:
            holds_for.setdefault(warning, []).append(compared.name)
    common = {warning for base in comparison.bases for warning in base.warnings}
    return [
        warning
        if warning in common or warning.startswith(f"scenario {names[0]}: ")
        else f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {warning}"
        for warning, names in holds_for.items()
    ]


def _failures(name: str, compared: Compared) -> list[str]:
    """One sentence for each message, with the ways it stands for."""
    by_message: dict[str, list[str]] = {}
    for way, met in compared.ways.items():
        if isinstance(met, Failure):
            by_message.setdefault(met.message, []).append(way.short)
    return [
        f"{name}{'' if len(ways) == len(Way) else ', ' + ', '.join(ways)}: {message}"
        for message, ways in by_message.items()
    ]
