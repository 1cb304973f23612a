"""What is wrong with clients in a farm file, each fault at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.config.check import check_file
from optimizer.config.schema import schema
from tests.commands.running import CONFIGS

SAMPLE = (CONFIGS / "hosted_clients.yaml").read_text(encoding="utf-8")


def told(folder: Path, old: str, new: str) -> list[str]:
    """The faults of the sample farm with another text in the place of one."""
    assert old in SAMPLE
    file = folder / "farm.yaml"
    text = (
        SAMPLE.replace(old, new, 1)
        .replace("catalogue: ", f"catalogue: {CONFIGS}/")
        .replace("market/", f"{CONFIGS}/market/")
    )
    file.write_text(text, encoding="utf-8")
    return [f"{fault.path}: {fault.message}" for fault in check_file(file)]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "groups: [Hall C Northwind S21]",
            "groups: [Hall C]",
            "clients[0].groups[0]: no group of the fleet has this name; did you mean",
        ),
        (
            "groups: [Hall C Northwind S21]",
            "groups: [Hall B S21]",
            "clients[0].groups[0]: Hall B S21 is self-mined: give the group `hosting`",
        ),
        (
            "groups: [Hall C Northwind S21]",
            "groups: [Hall C Northwind S21, Hall E Harbour S21 XP]",
            "clients[1].groups[1]: Hall E Harbour S21 XP belongs to Northwind already",
        ),
        ("name: Harbour", "name: Northwind", "clients[1].name: is the name of clients[0] too"),
        ("calls: [Grid call]", "calls: [Grid cal]", "calls[0]: no event and no program has this name; did you mean"),
        ("calls: [Grid call]", "calls: every", "excused.calls: "),
        ("below: 0.95,", "below: 0.97,", "uptime.credits[1].below: must lie below that of the step before, 0.97"),
        ("- {fee_share", "- {below: 0.98, fee_share", "must be at most the promised share, 0.97"),
        ("fee_share_per_point: 0.15", "fee_share_per_point: 0.01", "must be at least that of the step before, 0.05"),
        ("fee_share_per_point: 0.15", "usd_per_machine_hour: 1", "must be given in every step or in none"),
        ("{fee_share_per_point: 0.05}", "{below: 0.96}", "give either usd_per_machine_hour or fee_share_per_point"),
        ("    fee_usd_per_month: 42000\n", "", "clients[0].fee_usd_per_month: is missing: credits are a share of it"),
        ("cut_income_share: 0.2", "cut_income_share: 1.2", "clients[1].cut_income_share: must be at most 1"),
        ("  - name: Harbour\n", "    cut_income_share: 0.9\n  - name: Harbour\n", "clients are paid 1.1 of one whole"),
        ("{Northwind: 14000}", "{Northwynd: 14000}", "state.uptime.maintenance_machine_hours.Northwynd: no client"),
        ("      share: 0.97\n", "      share: 97\n", "clients[0].uptime.share: must be at most 1"),
    ],
)  # fmt: skip
def test_faults_are_told_at_their_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert any(fault in one for one in told(tmp_path, old, new)), told(tmp_path, old, new)


def test_editors_know_them() -> None:
    whole = schema("farm")
    assert whole["properties"]["clients"]["description"].startswith("Clients who own groups")
    assert "uptime" in whole["$defs"]["State"]["properties"]
