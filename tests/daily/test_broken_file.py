"""What binds is read in a farm file that is broken elsewhere, however it is written; what cannot be read is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from optimizer.config.site import Site
from optimizer.config.yaml12 import parse
from optimizer.daily.read_alone import readable, right_of, zone_in
from optimizer.daily.site_alone import site_of
from tests.daily.test_obeys import LATE, POSTURE, STOP, farm, imported, run, write  # noqa: F401

BROKEN = "xx: {\n"
ZONE = "timezone: America/Chicago\n"


def calls_in(tmp_path: Path, text: str) -> tuple[list[str], str]:
    """The names of the calls that are read in a farm file, and all that is said of it."""
    file = tmp_path / "farm.yaml"
    file.write_text(text)
    document, said = readable(file)
    read, wrong = right_of(document, zone_in(document, "UTC"))
    return [event.name for event in read.events], "\n".join((*said, *wrong))


def test_an_alias_of_another_section_is_followed(tmp_path: Path) -> None:
    names, _ = calls_in(tmp_path, f"{ZONE}calls: &c [{STOP}]\nevents: *c\n{BROKEN}")
    assert names == ["CALL"]
    names, _ = calls_in(tmp_path, f"{ZONE}calls:\n  - &c {STOP}\n  - x: [1\nevents:\n  - *c\n  - {LATE}\n{BROKEN}")
    assert names == ["CALL", "LATE"]


def test_an_alias_of_nothing_is_said(tmp_path: Path) -> None:
    names, said = calls_in(tmp_path, f"{ZONE}events: *c\n{BROKEN}")
    assert names == []
    assert "the section events cannot be read as it stands" in said
    assert "*c refers to an anchor that is not above it" in said


@pytest.mark.parametrize("before", ["", "# a comment\n", "\n\n", "---\n"])
def test_a_file_that_is_indented_as_a_whole(tmp_path: Path, before: str) -> None:
    text = f"{ZONE}events:\n  - {STOP}\n  - {LATE}\n{BROKEN}"
    names, _ = calls_in(tmp_path, before + "".join(f" {line}\n" for line in text.splitlines()))
    assert names == ["CALL", "LATE"]


CALLS = [
    {"name": name, "start": f"2026-02-11 {hour}:00", "end": f"2026-02-11 {hour + 1}:00", "cut": {"form": "full_stop"}}
    for name, hour in (("A", 12), ("B", 20))
]


@pytest.mark.parametrize("indent", [None, 0, 1, 2, 4])
def test_json_that_is_broken_elsewhere(tmp_path: Path, indent: int | None) -> None:
    data = {"name": "x", "timezone": "America/Chicago", "site": {"import_limit_mw": 6}, "events": CALLS, "fleet": [1]}
    text = json.dumps(data, indent=indent)
    names, said = calls_in(tmp_path, text[: text.rindex("1")] + ": ,")
    assert names == ["A", "B"], said
    assert ("does not stand at the beginning of a line" in said) == (indent is None)


def test_a_section_that_slipped_to_the_right(tmp_path: Path) -> None:
    names, said = calls_in(tmp_path, f"name: x\n  events:\n    - {STOP}\n    - {LATE}\n  fleet: []\n")
    assert names == ["CALL", "LATE"]
    assert "the section events in line 2 does not stand at the beginning" in said


def test_a_section_of_which_nothing_can_be_read_is_said(tmp_path: Path) -> None:
    names, said = calls_in(tmp_path, f"name: [x, events: [{STOP[:-2]}\n")
    assert names == []
    assert "nothing of the section events can be read" in said


@pytest.mark.parametrize(
    ("entries", "there"),
    [
        (f"{STOP},\n  {{name: B, start: [,\n", ["CALL"]),
        (f"{STOP},\n  {LATE[:-2]},\n", ["CALL"]),
        (f"{LATE[:-2]},\n  {STOP}\n", ["CALL"]),
        (f"{LATE},\n  {{name: B: x}},\n  {STOP}\n", ["LATE", "CALL"]),
        (STOP.replace(", ", ",\n   ") + f",\n  {LATE}, {{name: B, x: }}: ,\n", ["CALL", "LATE"]),
    ],
)
@pytest.mark.parametrize("close", ["]", "  ]", ""])
def test_calls_in_brackets_are_read_one_by_one(tmp_path: Path, entries: str, there: list[str], close: str) -> None:
    names, said = calls_in(tmp_path, f"{ZONE}events: [\n  {entries}{close}\nfleet: []\n")
    assert [name for name in names if name != "B"] == there
    assert "the section events cannot be read in line" in said or "events[2]" in said


def test_an_apostrophe_in_a_name_takes_no_call_along(tmp_path: Path) -> None:
    odd = STOP.replace("CALL", "O'Brien")
    names, _ = calls_in(tmp_path, f"{ZONE}events: [{odd}, {LATE},  # it's late\n  {{name: B, [\n]\n")
    assert names == ["O'Brien", "LATE"]


@pytest.mark.parametrize("key", ["Events", "event", "EVENTS"])
@pytest.mark.parametrize("more", ["", BROKEN])
def test_calls_under_another_key_are_said_not_to_bind(tmp_path: Path, key: str, more: str) -> None:
    names, said = calls_in(tmp_path, f"{ZONE}{key}: [{STOP}]\n{more}")
    assert names == []
    assert f"farm.yaml: the calls under `{key}` do not bind: the key is `events`" in said


def test_a_run_says_it_too(farm: Path) -> None:  # noqa: F811
    write(farm.parent, f"{POSTURE}\nEvents: [{STOP}]")
    done = run(farm, 12)
    assert (done.exit_code, imported(done)["11T13:00"]) == (2, 16)
    assert any("the calls under `Events` do not bind" in line for line in done.messages)


def test_a_call_by_an_alias_binds(farm: Path) -> None:  # noqa: F811
    write(farm.parent, f"{POSTURE}\ncalls: &c [{STOP}]\nevents: *c\n{BROKEN}")
    done = run(farm, 12)
    assert (done.exit_code, imported(done)["11T13:00"]) == (2, 0)


@pytest.mark.parametrize(
    ("site", "wrong"),
    [
        ("{import_limit_mw: 6, pue: abc}", "pue"),
        ("{import_limit_mw: 6, ramp_down_mw_per_hour: -3}", "ramp_down_mw_per_hour"),
        ("{import_limit_mw: 6, pue: {temperature_c: [1, 2], pue: [1.1]}}", "pue"),
        ("{import_limit_mw: 6, ramp_down: 3}", "rest of the site"),
        ("{import_limit_mw: 6, pue: [1, }", ""),
        ("{import_limit_mw: 6, pue: 1}\nxx: {", ""),
        ("\n  import_limit_mw: 6\n  pue: [1, 2", ""),
        ("\n  pue: [1: 2\n  import_limit_mw: 6", ""),
        ("\n  pue: 0\n  import_limit_mw: 6\nxx: {", "pue"),
    ],
)
def test_an_import_limit_beside_a_key_that_is_wrong_binds(farm: Path, site: str, wrong: str) -> None:  # noqa: F811
    farm.write_text(farm.read_text().replace("site: {import_limit_mw: 20}", f"site: {site}"))
    for hour in (12, 13):
        done = run(farm, hour)
        assert done.exit_code == 2
        assert 5.9 < imported(done)["11T14:00"] <= 6
        assert any("site" in line for line in done.messages)
        if wrong:
            assert any(f"the {wrong} of before stays in force" in line for line in done.messages), done.messages


def test_the_right_keys_of_a_site_go_before_those_that_were_read() -> None:
    before = Site(import_limit_mw=20, pue=1.1, auxiliary_load_mw=1, ramp_down_mw_per_hour=5)

    def read(text: str) -> tuple[object, ...]:
        site = site_of(parse(text), before)
        return site.import_limit_mw, site.pue, site.auxiliary_load_mw, site.ramp_down_mw_per_hour

    assert read("site: {import_limit_mw: 6, pue: 1.2, auxiliary_load_mw: -1}") == (6, 1.2, 1, None)
    assert read("site: {import_limit_mw: x, pue: 1.2}") == (20, 1.2, 0, None)
    assert read("site: {import_limit: 6, pue: 1.2}") == (20, 1.2, 1, 5)
    assert read("site: 6") == read("name: x") == (20, 1.1, 1, 5)


def test_of_many_calls_that_cannot_be_read_a_few_are_told_and_the_others_counted(tmp_path: Path) -> None:
    names, said = calls_in(tmp_path, f"{ZONE}events: [\n" + f"  {LATE[:-2]},\n" * 300 + f"  {STOP}\n]\n{BROKEN}")
    assert names == ["CALL"]
    assert said.count("the section events cannot be read in line") == 5
    assert "the section events cannot be read in 295 more places" in said
