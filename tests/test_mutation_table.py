"""The table of scripted mutations fits the code, so that `make mutants` never stops at a stale line."""

from __future__ import annotations

import pytest

from tests.commands.running import ROOT
from tests.mutations.table import MUTATIONS, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: f"{mutation.file}: {mutation.old[:40]}")
def test_the_text_to_mutate_stands_exactly_once(mutation: Mutation) -> None:
    assert (ROOT / mutation.file).read_text().count(mutation.old) == 1
    assert mutation.new != mutation.old
