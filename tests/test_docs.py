"""The contract that the documentation shows is one that plans; its tables are those of the code."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from optimizer.accounts.ledger import ledger
from optimizer.config.load import load_farm
from optimizer.engine.language import Item
from optimizer.mechanisms.fleet import program as fleet
from optimizer.plan.planning import plan_farm
from tests.commands.running import HALL
from tests.docs import MARKED, PAGES, family_table, line_table, made

PAGE = Path("docs/contract.md")
LINK = re.compile(r"\]\(([^)#:]*)(?:#([^)]*))?\)")
FARM = HALL + "horizon: {start: 2026-02-11 00:00, hours: 48}\n"


def blocks(page: Path) -> list[str]:
    return [part.split("```")[0] for part in page.read_text().split("```yaml\n")[1:]]


def test_the_contract_of_the_page_is_planned(tmp_path: Path) -> None:
    (tmp_path / "farm.yaml").write_text(FARM + blocks(PAGE)[0])
    plan = plan_farm(load_farm(tmp_path / "farm.yaml"), tmp_path)
    charged = {line for line, usd in plan.settled.lines.items() if usd}
    assert {"energy", "block_cost", "adders", "fixed_charges"} <= charged


def test_every_key_of_the_contract_is_on_the_page() -> None:
    """A term that is added must be shown."""
    from optimizer.config.energy import Energy

    shown = yaml.safe_load(blocks(PAGE)[0])["energy"]
    assert set(Energy.model_fields) - set(shown) == {"minimum_bill_usd_per_month"}


def test_without_an_expectation_a_month_may_not_fall_on_a_day(tmp_path: Path) -> None:
    from optimizer.errors import MissingDataError

    text = FARM + blocks(PAGE)[0].replace("      expected_peak_mw: 14\n", "")
    (tmp_path / "farm.yaml").write_text(text)
    with pytest.raises(MissingDataError, match=r"goes on after the plan: give expected_peak_mw, or horizon\.tail"):
        plan_farm(load_farm(tmp_path / "farm.yaml"), tmp_path)


def test_the_tables_made_from_the_code_are_current() -> None:
    """`make docs` makes them anew."""
    assert [page.name for page in PAGES if made(page.read_text()) != page.read_text()] == []


def test_a_table_follows_the_words_of_the_code() -> None:
    shown = {name: table for page in PAGES for _, name, table in MARKED.findall(page.read_text())}
    first, *others = fleet.RULES.families
    assert family_table(fleet.RULES.families) in shown["families"]
    for changed in (replace(first, item=Item("x", "Another title")), replace(first, soft="another_price")):
        assert family_table((changed, *others)) not in shown["families"]
    assert line_table(ledger()) in shown["lines"]
    assert line_table((replace(ledger()[0], title="Another title"), *ledger()[1:])) not in shown["lines"]


def anchors(page: Path) -> set[str]:
    """What links to headings of a page end in."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_between_pages_leads_somewhere() -> None:
    for page in (Path("README.md"), Path("CHANGELOG.md"), *PAGES):
        for name, anchor in LINK.findall(page.read_text()):
            aim = page.parent / name if name else page
            assert aim.exists(), (page, name)
            assert not anchor or anchor in anchors(aim), (page, name, anchor)
