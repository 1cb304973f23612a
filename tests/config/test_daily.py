"""The section of the scheduled job: what is wrong with it, and where."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.config.load import load_farm
from optimizer.errors import InputError
from tests.daily.farms import write_farm


def faults(tmp_path: Path, section: str) -> list[str]:
    file = write_farm(tmp_path, f"daily: {section}")
    with pytest.raises(InputError) as caught:
        load_farm(file)
    return [str(fault).removeprefix(f"{file}:") for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("section", "told"),
    [
        (
            "{newest: {price.csv: inbox/*.csv}}",
            "no series of this farm is read from this file; did you mean `prices.csv`?",
        ),
        ("{stale_after_hours_of: {price.csv: 4}}", "did you mean `prices.csv`?"),
        ("{newest: {prices.csv: /inbox/*.csv}}", "must be relative to this farm file"),
        ("{newest: {prices.csv: inbox/**}}", "must not hold `**`: name the folder"),
        ("{stale_after_hours: 0}", "daily.stale_after_hours: must be more than 0 (got 0)"),
        ("{stale_after: 4}", "did you mean `stale_after_hours`?"),
        ("{safe_posture: {}}", "give off_above_usd_per_mwh, or all_off: true, and not both"),
        ("{safe_posture: {off_above_usd_per_mwh: 3, all_off: true}}", "and not both"),
        ("{safe_posture: all_off}", "daily.safe_posture: "),
        (
            "{feed: {lowest_usd_per_mwh: 30, highest_usd_per_mwh: 30}}",
            "daily.feed.highest_usd_per_mwh: must be more than lowest_usd_per_mwh, which is 30",
        ),
        ("{feed: {silent_minutes: 0}}", "daily.feed.silent_minutes: must be more than 0"),
        ("{feed: {silent: 10}}", "did you mean `silent_minutes`?"),
        ("{keep_runs: 0}", "daily.keep_runs: must be at least 1"),
    ],
)
def test_faults_have_their_place(tmp_path: Path, section: str, told: str) -> None:
    (fault,) = faults(tmp_path, section)
    line = (tmp_path / "farm.yaml").read_text().splitlines().index(f"daily: {section}") + 1
    assert fault.startswith(f"{line}:")
    assert told in fault


def test_files_of_every_section_are_known(tmp_path: Path) -> None:
    section = "daily: {newest: {rt.csv: in/rt_*.csv}, stale_after_hours_of: {t.csv: 3}, settled_prices: {file: rt.csv}}"
    farm = load_farm(write_farm(tmp_path, f"{section}\nweather: {{temperature_c: {{file: t.csv}}}}"))
    assert farm.daily.newest == {"rt.csv": "in/rt_*.csv"}
