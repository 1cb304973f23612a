"""What the documentation has from the code: families, variables, lines, reasons, sections, changes, series, commands.

``python -m tests.docs`` writes them between their marks, ``<!-- made: reasons -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

from typer.core import TyperArgument, TyperGroup
from typer.main import get_command

from optimizer.accounts.ledger import Line, ledger
from optimizer.accounts.reasons import reasons
from optimizer.cli.app import app
from optimizer.config.amount_keys import others
from optimizer.config.base import Section, SeriesFile
from optimizer.config.composed import Listed, kinds
from optimizer.config.farm import Farm
from optimizer.config.schema import schema
from optimizer.config.silenced import Silenced
from optimizer.conversion import investment
from optimizer.engine.language import Family, Rule, Variable
from optimizer.market.quantities import declared
from optimizer.market.readers.layouts import PUBLISHED, Layout
from optimizer.market.timeseries import Limits
from optimizer.mechanisms.contents import classes, parts
from optimizer.plan import formulation
from optimizer.scenario.parts import MechanismChange

_DEEPEST = 3  # sections within sections
PAGES = tuple(sorted(Path("docs").glob("*.md")))
MARKED = re.compile(r"(<!-- made: ([\w ]+) -->\n)(.*?)<!-- end -->", re.DOTALL)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    cells = (" | ".join(cell.replace("|", r"\|") for cell in row) for row in rows)
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {row} |" for row in cells)])


def markdown(text: str) -> str:
    r"""A paragraph of a docstring on one line, its formulas as pages show them.

    >>> markdown("Import is bought:\n    :math:`i_t = s_t`.")
    'Import is bought: $`i_t = s_t`$.'
    """
    return re.sub(r":math:`([^`]*)`", r"$`\1`$", " ".join(text.split()))


def paragraphs(thing: Rule | ModuleType | type[Section]) -> list[str]:
    """The paragraphs of a docstring."""
    return [markdown(text) for text in (inspect.getdoc(thing) or "").split("\n\n")]


def code(text: str | None) -> str:
    """A name of the program; nothing for none."""
    return f"`{text}`" if text else ""


def families(concerns: Iterable[ModuleType]) -> Iterator[str]:
    """The families concern by concern, each after the words of its file."""
    for concern in concerns:
        first, *more = paragraphs(concern)
        at = Path(str(concern.__file__))
        yield "\n\n".join([f"**{at.parent.name if at.stem == 'program' else at.name}**: {first}", *more])
        if concern.VARIABLES:
            yield f"Decides {', '.join(map(variable, concern.VARIABLES))}."
        if concern.RULES.families:
            yield family_table(concern.RULES.families)


def variable(one: Variable) -> str:
    """A variable with the sets it is over.

    >>> variable(Variable("blocks_full", ("KEPT_BELOW_ZERO",), integer=True))
    'whole `blocks_full[KEPT_BELOW_ZERO]`'
    """
    return f"{'whole ' if one.integer else ''}`{one.name}[{', '.join(one.over)}]`"


def section_table() -> str:
    """What the mechanisms add to a farm file."""
    places = {"farm": "", "group": "fleet[]."}
    rows = (
        (
            code(places.get(kind.PLACE, f"{kind.PLACE}.") + kind.KEY + "[]" * issubclass(kind, Listed)),
            kind.ABOUT,
            " ".join(paragraphs(kind)).replace("``", "`"),
        )
        for kind in kinds()
    )
    return table(("in the farm file", "holds", "and means"), rows)


def key_table() -> str:
    """Every key of a farm file, as its schema has it: what it is and what it holds."""
    whole = schema("farm")
    rows: dict[str, str] = {}

    def walk(part: dict[str, Any], path: str, seen: tuple[str, ...]) -> None:
        name = str(part.get("$ref", "")).removeprefix("#/$defs/")
        if name and name not in ("SeriesFile", "RateFile", *seen):
            walk(whole["$defs"][name], path, (*seen, name))
        for one in (*part.get("anyOf", ()), *part.get("oneOf", ())):
            walk(one, path, seen)
        if "items" in part:
            walk(part["items"], f"{path}[]", seen)
        properties = part.get("properties", {})
        again = {other for name in properties for other in others(name)}  # other ways to write a key with its own row
        for key in properties.keys() - again if len(seen) <= _DEEPEST else ():
            at = f"{path}.{key}" if path else key
            rows.setdefault(code(at), properties[key].get("description", ""))
        for key, inner in properties.items():
            if key not in again and len(seen) <= _DEEPEST:
                walk(inner, f"{path}.{key}" if path else key, seen)

    walk(whole, "", ())
    return table(("key", "holds"), sorted(rows.items(), key=lambda row: row[0].strip("`")))


def change_table() -> str:
    """The changes of scenarios that mechanisms declare."""
    rows = []
    for change in classes("scenario", MechanismChange):  # type: ignore[type-abstract]
        keys = ", ".join(code(key) for key in change.model_fields if key not in ("kind", "notice"))
        rows.append((code(get_args(change.model_fields["kind"].annotation)[0]), keys, paragraphs(change)[0]))
    return table(("kind", "keys", "says"), rows)


def family_table(families: Iterable[Family]) -> str:
    """What families say, what their rows charge for, and the price of going beyond them."""
    head: tuple[str, ...] = ("family", "says", "charges for", "priced by")
    rows = [(code(f.name), paragraphs(f.rule)[0], f.item.title if f.item else "", code(f.soft)) for f in families]
    used = [k for k in range(len(head)) if any(row[k] for row in rows)]
    return table(tuple(head[k] for k in used), (tuple(row[k] for k in used) for row in rows))


def line_table(lines: Iterable[Line]) -> str:
    """The lines of money, and the term of the objective of the same name."""
    says = {term.name: paragraphs(term.rule)[0] for term in formulation.TERMS}
    kinds = {line.name: ", ".join((kind.name or "").lower().replace("_", " ") for kind in line.kind) for line in lines}
    rows = ((code(line.name), line.title, kinds[line.name], says[line.name]) for line in lines)
    return table(("line", "title", "kind", "in the objective"), rows)


def reason_table() -> str:
    """The reasons, and the families and terms that charge for them."""
    by: dict[str, list[str]] = {}
    for name, item in formulation.ITEM_OF.items():
        by.setdefault(item.reason or "", []).append(f"`{name}`")
    return table(("code", "meaning", "charged by"), ((code(r), r.meaning, ", ".join(by.get(r, []))) for r in reasons()))


def span(limits: Limits) -> str:
    """The range of a quantity, in short."""
    return f"{'above ' if limits.above else ''}{limits.low:g} to {limits.high:g}"


def series_table() -> str:
    """What a farm file may give over time, as its fields declare it."""
    head = ("in the farm file", "unit", "range", "a longer interval has", "known", "in scenarios")
    lumped = {"mean": "the mean", "least": "the least", "sum": "the sum"}
    rows = (
        (code(".".join(one.keys)), said.unit, span(one.limits), lumped[said.lumps], said.known, said.words or "")
        for one in declared(Farm).values()
        for said in [one.series]
    )
    return table(head, rows)


def layout_table() -> str:
    """Publishers' tables that are read without options beyond location, market and exchange rate."""

    def times(one: Layout) -> str:
        if one.period:
            length = "" if one.minutes is None else f" of {one.minutes} minutes"
            return f"numbers of the day's periods{length}, as they pass"
        if "he1" in one.has.split():
            return "hours that end, side by side"
        if one.hour:
            return "hours that end" + (f", in {one.parts} parts" if one.parts > 1 else "")
        ends = f"; ends, of intervals below {one.ends_below} minutes" if one.ends_below else ""
        return ("ends" if not one.start else "starts") + ends

    rows = (
        (f"[{one.name}]({one.source})", times(one), one.zone or "told", one.currency or "told", one.usual or "")
        for one in PUBLISHED
    )
    return table(("layout, and where its publisher has it", "times", "zone", "currency", "component"), rows)


def remark_table() -> str:
    """Remarks on data that look wrong, by the keys that silence them."""
    rows = ((code(key), field.description or "") for key, field in Silenced.model_fields.items())
    return table(("key", "looks wrong"), rows)


def file_table() -> str:
    """What a farm file may say of a series file."""
    rows = ((code(key), field.description or "") for key, field in SeriesFile.model_fields.items())
    return table(("key", "says"), rows)


def commands(group: TyperGroup, words: str = "curtail") -> Iterator[tuple[str, str, str]]:
    """Every command with what it must be given, what it does, and its options."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{words} {name}")
            continue
        given, options = [f"{words} {name}"], []
        for p in command.params:
            meta = p.metavar or (p.name or "").upper()
            if isinstance(p, TyperArgument):
                given.append(meta)
            elif p.required:
                given.append(f"{p.opts[0]} {meta}")
            elif p.name != "help":
                options.append(code((p.secondary_opts or p.opts)[0]))
        yield code(" ".join(given)), markdown((command.help or "").split("\n\n")[0]), ", ".join(options)


def made(text: str) -> str:
    """A page with its tables made anew."""
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    tables = {
        "families": "\n\n".join(families(parts("program"))),
        "families over years": "\n\n".join(families(investment.CONCERNS)),
        "lines": line_table(ledger()),
        "reasons": reason_table(),
        "changes": change_table(),
        "sections": section_table(),
        "series": series_table(),
        "keys": key_table(),
        "layouts": layout_table(),
        "remarks": remark_table(),
        "files": file_table(),
        "commands": table(("command", "does", "options"), commands(group)),
    }
    return MARKED.sub(lambda marked: f"{marked[1]}\n{tables[marked[2]]}\n\n<!-- end -->", text)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(made(page.read_text(encoding="utf-8")), encoding="utf-8")
