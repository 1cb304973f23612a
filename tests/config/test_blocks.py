"""Wrong blocks end in located messages."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.config.load import load_farm
from optimizer.errors import InputError
from tests.commands.running import CONFIGS

FARM = (CONFIGS / "fixed_tariff_12mw.yaml").read_text()


def faults(folder: Path, blocks: str) -> str:
    """What is said of the sample fixed-tariff farm with these blocks."""
    (folder / "machines.yaml").write_text((CONFIGS / "machines.yaml").read_text())
    text = FARM.replace("energy:\n", f"energy:\n  blocks: {blocks}\n", 1)
    assert text != FARM
    (folder / "farm.yaml").write_text(text)
    with pytest.raises(InputError) as caught:
        load_farm(folder / "farm.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ("[{name: a, mw: -5, price_usd_per_mwh: 30}]", "energy.blocks[0].mw: must be at least 0 (got -5)"),
        ("[{name: a, mw: 5}]", "energy.blocks[0].price_usd_per_mwh: is missing"),
        (
            "[{name: a, mw: 5, price_usd_per_mwh: 30}, {name: a, mw: 6, price_usd_per_mwh: 30}]",
            "energy.blocks[1].name: is the name of energy.blocks[0] too; each block needs its own",
        ),
        (
            "[{name: a, mw: 5, price_usd_per_mwh: 30, when: {hours: [{start: 22, end: 6}]}}]",
            "ends at 6 but starts at 22; say the part after midnight apart",
        ),
        ("[{name: a, mw: 5, price_usd_per_mwh: 30, when: {months: [13]}}]", "must be at most 12 (got 13)"),
        ("[{name: a, mw: 5, price_usd_per_mwh: 30, when: {days: [monday]}}]", "energy.blocks[0].when.days[0]"),
        ("[{name: a, mw: 5, price_usd_per_mwh: 30, resale: yes}]", "energy.blocks[0].resale"),
        (
            "[{name: a, mw: 5, price_usd_per_mwh: 30, resale: {cap_usd_per_mwh: -1}}]",
            "energy.blocks[0].resale.cap_usd_per_mwh: must be at least 0 (got -1)",
        ),
        ("[{name: a, mw: 5, price_usd_per_mwh: 30, resale: {cap_usd_per_mwh: x}}]", "resale.cap_usd_per_mwh: must be"),
        (
            "[{name: a, mw: 5, price_usd_per_mwh: 30, resale: {cap: 60}}]",
            "energy.blocks[0].resale.cap",
        ),
        (
            "[{name: a, mw: 5, price_usd_per_mwh: 30, cap_usd_per_mwh: 60}]",
            "energy.blocks[0].cap_usd_per_mwh",
        ),
        (
            "[{name: a, mw: 5, price_usd_per_mwh: 30, resale: {fee_usd_per_mwh: 4, cap_usd_per_mwh: 3}}]",
            "energy.blocks[0].resale.cap_usd_per_mwh: is below the fee (4 USD/MWh): every MWh sold would cost money, "
            "whatever the price",
        ),
    ],
)
def test_wrong_blocks(tmp_path: Path, blocks: str, said: str) -> None:
    assert said in faults(tmp_path, blocks)
