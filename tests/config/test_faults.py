"""Wrong farms, and word for word what is said about them."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent

import pytest

from optimizer.config.check import check_file
from optimizer.config.load import load_catalogue, load_farm
from optimizer.config.state import state_sections
from optimizer.errors import InputError

CATALOGUE = """\
machines:
  - {model: S19, hashrate_th: 95, power_w: 3250, cooling: air, source: test, confidence: low}
  - model: S21
    hashrate_th: 200
    power_w: 3500
    cooling: air
    source: test
    confidence: low
    modes: {eco: {hashrate_th: 150, power_w: 2300}}
"""
FARM = """\
name: Test
timezone: America/Chicago
catalogue: machines.yaml
site: {import_limit_mw: 10}
fleet:
  - name: A
    model: S21
    units: 100
revenue: {hashprice_usd_per_ph_day: 33.31}
energy: {price_usd_per_mwh: 50}
"""
_TIMED = ("groups", "announced", "grid_import_mw", "bill", "missed_mw", *(kind.KEY for kind in state_sections()))
NEEDS_TIME = f"state.at: is needed with {', '.join(_TIMED[:-1])} or {_TIMED[-1]}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "machines.yaml").write_text(CATALOGUE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def faults(text: str) -> list[str]:
    Path("farm.yaml").write_text(dedent(text))
    with pytest.raises(InputError) as caught:
        load_farm(Path("farm.yaml"))
    return [str(fault) for fault in caught.value.faults]


WRONG = [
    (
        "site: {import_limit_mw: 10}",
        "site: {import_limit_mw: 10, auxilliary_load_mw: 1}",
        "4:29: site.auxilliary_load_mw: is not a known key; did you mean `auxiliary_load_mw`?",
    ),
    (
        "site: {import_limit_mw: 10}",
        "site: {}",
        "4:1: site.import_limit_mw: is missing (Interconnection limit, MW at the meter)",
    ),
    ("import_limit_mw: 10", "import_limit_mw: 10, pue: 0.9", "4:34: site.pue: must be at least 1 (got 0.9)"),
    (
        "import_limit_mw: 10",
        "import_limit_mw: ten",
        "4:25: site.import_limit_mw: must be a number, or a section with a `file` (got 'ten')",
    ),
    (
        "import_limit_mw: 10",
        "import_limit_mw: {file: x.csv, fil: 3}",
        "4:39: site.import_limit_mw.fil: is not a known key; did you mean `file`?",
    ),
    (
        "import_limit_mw: 10",
        "import_limit_mw: 10, pue: {temperature_c: [1, 0], pue: [1, 1, 1]}",
        "4:63: site.pue.pue: has 3 values but temperature_c has 2; they are pairs\n"
        "4:54: site.pue.temperature_c[1]: must be more than the value before it; points rise\n"
        "4:34: site.pue: goes by temperature: the farm needs `weather: temperature_c` besides it",
    ),
    ("units: 100", "units: 99.5", "8:12: fleet[0].units: must be a whole number (got 99.5)"),
    (
        "units: 100",
        "units: 100\n    standby_w: .inf\n    wear_usd_per_start: .nan",
        "9:16: fleet[0].standby_w: must be a finite number (got inf)\n"
        "10:25: fleet[0].wear_usd_per_start: must be a finite number (got nan)",
    ),
    (
        "model: S21",
        "model: S2l",
        "7:12: fleet[0].model: the catalogue has no such model (got 'S2l'); did you mean `S21`?",
    ),
    (
        "units: 100",
        "units: 100\n    modes: [eco, turbo, eco]",
        "9:18: fleet[0].modes[1]: S21 has no mode 'turbo'; it has: normal, eco",
    ),
    (
        "catalogue: machines.yaml\n",
        "",
        "6:12: fleet[0].model: the catalogue has no such model (got 'S21'); did you mean `Antminer S21`?",
    ),
    (
        "catalogue: machines.yaml",
        "catalogue: machine.yaml",
        "3:12: catalogue: there is no such file (got 'machine.yaml')",
    ),
    ("catalogue: machines.yaml", 'catalogue: ""', "3:12: catalogue: must not be empty (got '')"),
    (
        "timezone: America/Chicago",
        "timezone: America/Chicgo",
        "2:11: timezone: is not a time zone; did you mean America/Chicago? (got 'America/Chicgo')",
    ),
    ("name: Test", "name: 12", "1:7: name: must be text: put it in quotes (got 12)"),
    (
        "revenue: {hashprice_usd_per_ph_day: 33.31}",
        "revenue: {btc_price_usd: 1}",
        "9:1: revenue: give hashprice_usd_per_ph_day, or both btc_price_usd and difficulty",
    ),
    (
        "revenue: {hashprice_usd_per_ph_day: 33.31}",
        "revenue: {btc_price_usd: 1, difficulty: 1, epoch: {blocks_so_far: 1, hours_so_far: 1}}",
        "9:44: revenue.epoch.at: is missing (When those counts were read, on the farm's clock or with an offset)",
    ),
    (
        "revenue: {hashprice_usd_per_ph_day: 33.31}",
        "revenue: {btc_price_usd: 1, difficulty: {file: d.csv}, "
        "epoch: {at: 2026-02-11 06:00, blocks_so_far: 1, hours_so_far: 1}}",
        "9:63: revenue.epoch: needs difficulty as a plain number: a file holds the retargets itself",
    ),
    (
        "revenue: {hashprice_usd_per_ph_day: 33.31}",
        "revenue: {hashprice_usd_per_ph_day: {file: h.csv}, "
        "epoch: {at: 2026-02-11 06:00, blocks_so_far: 1, hours_so_far: 1}}",
        "9:59: revenue.epoch: needs difficulty as a plain number: a file holds the retargets itself",
    ),
    (
        "revenue: {hashprice_usd_per_ph_day: 33.31}",
        "revenue: {hashprice_usd_per_ph_day: 33.31, "
        "epoch: {at: 2026-02-11 06:00, blocks_so_far: 1, hours_so_far: 1}}",
        "9:51: revenue.epoch: needs difficulty besides it",
    ),
    (
        "revenue: {hashprice_usd_per_ph_day: 33.31}",
        "revenue: {btc_price_usd: 1, difficulty: 1, "
        "epoch: {at: 2026-03-08 02:30, blocks_so_far: 1, hours_so_far: 1}}",
        "9:56: revenue.epoch.at: 2026-03-08 02:30 does not exist in America/Chicago: "
        "the clock skips it; write 01:30 or 03:30",
    ),
    (
        "units: 100",
        "units: 100\n    standby_w: 2300\n    modes: [normal, eco]",
        "9:16: fleet[0].standby_w: must be less than 2300, the W of mode 'eco' (got 2300)",
    ),
    (
        "model: S21",
        "machine: {model: X, hashrate_th: 1, power_w: 900, cooling: air, source: test, confidence: low}\n"
        "    standby_w: 1e3",
        "8:16: fleet[0].standby_w: must be less than 900, the W of mode 'normal' (got 1000)",
    ),
    (
        "units: 100",
        "units: 100\n    units_switched_together: 20\n    starts_per_hour: 19.5",
        "10:22: fleet[0].starts_per_hour: must be at least 20: a container of 20 machines can never start "
        "at a rate of 19.5 an hour",
    ),
    (
        "units: 100",
        "units: 100\n    minimum_start_temperature_c: -10",
        "9:34: fleet[0].minimum_start_temperature_c: goes by temperature: "
        "the farm needs `weather: temperature_c` besides it",
    ),
    ("fleet:\n  - name: A\n    model: S21\n    units: 100", "fleet: {name: A}",
     "5:8: fleet: must be a list: each entry begins with `- `, or write [ ] (got a section)"),
    ("energy: {price_usd_per_mwh: 50}", "energy: 50", "10:9: energy: must be a section of keys (got 50)"),
]  # fmt: skip
ADDED = [  # below the farm's name
    ("pue: 1.1", "2:1: pue: is not a known key; it belongs under `site`"),
    ("name: Again", "2:1: name: is given twice; the first stands in line 1"),
    (
        "events: [{name: E, start: 2026-03-08 02:30, end: 2026-03-08 05:00, cut: {form: full_stop}}]",
        "2:27: events[0].start: 2026-03-08 02:30 does not exist in America/Chicago: "
        "the clock skips it; write 01:30 or 03:30",
    ),
    (
        "horizon: {start: 2026-11-01 01:00}",
        '2:18: horizon.start: 2026-11-01 01:00 comes twice in America/Chicago: add the offset, '
        '"2026-11-01 01:00-05:00" or "2026-11-01 01:00-06:00"',
    ),
    (
        "events:\n"
        "  - {name: E, start: 2026-02-11 06:00, end: 2026-02-11 05:00, cut: {form: to_levl}}\n"
        "  - {name: E, start: 2026-02-11 06:00, end: 2026-02-11T11:00Z, cut: {mw: 1}}",
        "3:68: events[0].cut: `form` must be one of `to_level`, `by_amount`, `to_share`, `full_stop` "
        "(got 'to_levl'); did you mean `to_level`?\n"
        "4:12: events[1].name: is the name of events[0] too; each event needs its own\n"
        "4:45: events[1].end: ends before it starts, reckoned in America/Chicago\n"
        "4:69: events[1].cut: needs the key `form`: one of `to_level`, `by_amount`, `to_share`, `full_stop`",
    ),
    (
        "state: {at: 2026-02-11 00:00, groups: {B: {running: 3}, A: {running: 101}}}",
        "2:43: state.groups.B: no group of the fleet has this name; there is: A\n"
        "2:70: state.groups.A.running: must be at most 100, the units of the group (got 101)",
    ),
    (
        "state: {groups: {A: {running: 3}}}",
        "2:1: state.at: is needed with groups: "
        "the moment the state was read",
    ),
    (
        "state: {missed_mw: {E: 3, F: 2, G: -1}}\nevents:\n"
        "  - {name: E, start: 2026-02-11 06:00, end: 2026-02-11 09:00, cut: {form: full_stop}, "
        "violation_usd_per_mw: 9}\n"
        "  - {name: F, start: 2026-02-11 06:00, end: 2026-02-11 09:00, cut: {form: full_stop}}",
        "2:1: state.at: is needed with missed_mw: "
        "the moment the state was read\n"
        "2:30: state.missed_mw.F: no event with violation_usd_per_mw has this name; there is: E\n"
        "2:36: state.missed_mw.G: no event with violation_usd_per_mw has this name; there is: E\n"
        "2:36: state.missed_mw.G: must be at least 0 (got -1)",
    ),
    (
        "state: {grid_import_mw: 0}",
        "2:1: state.at: is needed with grid_import_mw: "
        "the moment the state was read",
    ),
    (
        "state:\n  at: 2026-02-11 00:00\n  groups:\n    A:\n      running: 40\n"
        "      started: [{at: 2026-02-10 23:00, units: 30}, {at: 2026-02-10 23:30, units: 11}]\n"
        "      stopped: [{at: 2026-02-11 00:00, units: 61}]",
        "7:16: state.groups.A.started: are 41 machines, more than the 40 that run; leave out those stopped since\n"
        "8:16: state.groups.A.stopped: are 61 machines; with the 40 that run that is more than 100, "
        "the units of the group; leave out those started since",
    ),
    (
        "state:\n  at: 2026-02-11 00:00\n  groups:\n    A:\n      running: 40\n"
        "      started: [{at: 2026-02-10 23:00, units: 30}, {at: 2026-02-11T06:30Z, units: 10}]\n"
        "      stopped: [{at: 2026-02-11 01:00, units: 60}]",
        "7:57: state.groups.A.started[1].at: 2026-02-11 06:30:00+00:00 is later than state.at, 2026-02-11 00:00:00\n"
        "8:22: state.groups.A.stopped[0].at: 2026-02-11 01:00:00 is later than state.at, 2026-02-11 00:00:00",
    ),
    (
        "state: {at: 2026-02-11 00:00, groups: {A: {running: 4, modes: {normal: 3, eco: 2}}}}",
        "2:63: state.groups.A.modes: are 5 machines, more than the 4 that run\n"
        "2:80: state.groups.A.modes.eco: A has no such mode; it has normal",
    ),
    (
        "state: {at: 2026-03-08 02:30, grid_import_mw: 1}",
        "2:13: state.at: 2026-03-08 02:30 does not exist in America/Chicago: the clock skips it; write 01:30 or 03:30",
    ),
    ("horizon: {intervals: [{minutes: 7}]}",
     "2:33: horizon.intervals[0].minutes: must be 5, 15, 30 or 60 (got 7)"),
]  # fmt: skip


WRONG += [("name: Test", f"name: Test\n{added}", said) for added, said in ADDED]


@pytest.mark.parametrize(("right", "wrong", "said"), WRONG)
def test_what_is_said(folder: Path, right: str, wrong: str, said: str) -> None:
    assert right in FARM
    expected = [f"farm.yaml:{line}" for line in said.split("\n")]
    found = faults(FARM.replace(right, wrong))
    if "modes: [eco, turbo" in wrong:
        expected.append("farm.yaml:9:25: fleet[0].modes[2]: the mode 'eco' is listed twice")
    assert sorted(found) == sorted(expected)


def test_the_farm_without_faults_loads(folder: Path) -> None:
    """Without it every test above could pass for a wrong reason."""
    Path("farm.yaml").write_text(FARM)
    machine = load_farm(Path("farm.yaml")).fleet[0].machine
    assert machine.power_w == 3500


WELL = [
    ("units: 100", "units: 100\n    standby_w: 2299"),
    ("units: 100", "units: 100\n    standby_w: 2300"),  # the mode eco, of 2300 W, is not used
    ("units: 100", "units: 100\n    units_switched_together: 20\n    starts_per_hour: 20"),
    ("import_limit_mw: 10", "import_limit_mw: 0"),  # a feeder out, or an island
    (
        "name: Test",
        "name: Test\nstate: {at: 2026-02-11 00:00, groups: {A: {running: 40, "
        "started: [{at: 2026-02-11 00:00, units: 40}], stopped: [{at: 2026-02-11T05:59Z, units: 60}]}}}",
    ),
    ("name: Test", "name: Test\nstate: {groups: {}}"),
]


@pytest.mark.parametrize(("right", "other"), WELL)
def test_what_lies_just_inside_a_limit_loads(folder: Path, right: str, other: str) -> None:
    assert right in FARM
    Path("farm.yaml").write_text(FARM.replace(right, other))
    load_farm(Path("farm.yaml"))


FORMULA = (
    "must be a name: no / or line break in it; before it no blank, nor = + - @, which spreadsheets read as formulas"
)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        *((f"{sign}A", f"{FORMULA} (got '{sign}A')") for sign in "=+-@"),
        ("A\\u202eB", "must not hold U+202E, which cannot be seen: the name could pass for another (got 'A?B')"),
        ("A\\u200b", "must not hold U+200B, which cannot be seen: the name could pass for another (got 'A?')"),
        ("A\\x85", "must not hold U+0085, which cannot be seen: the name could pass for another (got 'A?')"),
        ("A\\x07", f"{FORMULA} (got 'A?')"),
    ],
)
@pytest.mark.parametrize("where", ["name", "fleet[0].name", "events[0].name", "fleet[0].machine.model"])
def test_names_that_trick_a_reader_or_a_spreadsheet(folder: Path, where: str, name: str, said: str) -> None:
    inline = f'{{model: "{name}", hashrate_th: 1, power_w: 1, cooling: air, source: test, confidence: low}}'
    start, end = "2026-02-11 06:00", "2026-02-11 07:00"
    event = f'\nevents: [{{name: "{name}", start: {start}, end: {end}, cut: {{form: full_stop}}}}]'
    right, wrong = {
        "name": ("name: Test", f'name: "{name}"'),
        "fleet[0].name": ("- name: A", f'- name: "{name}"'),
        "events[0].name": ("name: Test", f"name: Test{event}"),
        "fleet[0].machine.model": ("model: S21", f"machine: {inline}"),
    }[where]
    (fault,) = faults(FARM.replace(right, wrong))
    assert fault.partition(": ")[2] == f"{where}: {said}"


@pytest.mark.parametrize("name", ["Halle Süd-Ost", "北京 3", "⚡ yard", "A+", "S19j Pro+ (B=2) @ north", "α-1"])
def test_names_in_any_script(folder: Path, name: str) -> None:
    Path("farm.yaml").write_text(FARM.replace("name: A", f'name: "{name}"'), encoding="utf-8")
    assert load_farm(Path("farm.yaml")).fleet[0].name == name


def test_what_is_not_a_regular_file_is_not_opened(folder: Path) -> None:
    """Without it a pipe that nobody writes to, or a terminal, would be waited for without end."""
    os.mkfifo("pipe")
    for file in ("pipe", "/dev/zero"):
        said = f"this is a pipe or a device; save its content as a file and name that (got '{file}')"
        assert faults(FARM.replace("machines.yaml", file)) == [f"farm.yaml:3:12: catalogue: {said}"]
        assert [str(fault) for fault in check_file(Path("farm.yaml"))] == [f"farm.yaml:3:12: catalogue: {said}"]
        for load in (load_farm, load_catalogue):
            with pytest.raises(InputError, match=f"^{file}:1:1: this is a pipe or a device"):
                load(Path(file))


def test_faults_of_both_files_come_at_once(folder: Path) -> None:
    Path("machines.yaml").write_text(CATALOGUE.replace("power_w: 3250", "power_w: -3250"))
    assert faults(FARM.replace("units: 100", "units: 0")) == [
        "farm.yaml:8:12: fleet[0].units: must be more than 0 (got 0)",
        "machines.yaml:2:44: machines[0].power_w: must be more than 0 (got -3250)",
    ]


def test_faults_of_the_whole_farm_come_with_those_of_its_parts(folder: Path) -> None:
    text = FARM.replace("import_limit_mw: 10", "import_limit_mw: -1") + "state: {groups: {Z: {running: 1}}}\n"
    assert [fault.split(": ")[1] for fault in faults(text)] == ["site.import_limit_mw", "state.at", "state.groups.Z"]


def test_a_model_or_a_machine(folder: Path) -> None:
    machine = "{model: X, hashrate_th: 1, power_w: 1, cooling: air, source: test, confidence: low}"
    assert faults(FARM.replace("model: S21", f"model: S21\n    machine: {machine}")) == [
        "farm.yaml:7:12: fleet[0].model: give `model` or `machine`, not both"
    ]
    Path("farm.yaml").write_text(FARM.replace("model: S21", f"machine: {machine}"))
    assert load_farm(Path("farm.yaml")).fleet[0].points["normal"].power_w == 1


def test_check_finds_series_files_that_are_missing(folder: Path) -> None:
    Path("farm.yaml").write_text(FARM.replace("price_usd_per_mwh: 50", "price_usd_per_mwh: {file: no.csv}"))
    load_farm(Path("farm.yaml"))
    assert [str(fault) for fault in check_file(Path("farm.yaml"))] == [
        "farm.yaml:10:36: energy.price_usd_per_mwh.file: there is no such file (got 'no.csv')"
    ]


def test_check_tells_files_apart(folder: Path) -> None:
    assert check_file(Path("machines.yaml")) == []
    Path("other.yaml").write_text("what: ever\n")
    (fault,) = check_file(Path("other.yaml"))
    assert "neither a farm file" in fault.message
    (fault,) = check_file(Path("none.yaml"))
    assert "no such file" in fault.message


def test_a_catalogue_with_a_model_twice(folder: Path) -> None:
    Path("machines.yaml").write_text(CATALOGUE.replace("model: S21", "model: S19"))
    assert [str(fault) for fault in check_file(Path("machines.yaml"))] == [
        "machines.yaml:3:12: machines[1].model: 'S19' is already the model of machines[0]"
    ]


def test_a_container_that_no_ramp_lets_switch_is_told(folder: Path) -> None:
    """By hand: 100 machines of 3.5 kW are 0.35 MW; 1.2 MW an hour are 0.3 MW in 15 minutes and 0.6 MW in 30."""
    boxed = FARM.replace("units: 100", "units: 100\n    units_switched_together: 100") + (
        "horizon: {hours: 12, intervals: [{minutes: 15}]}\n"
    )
    slow = boxed.replace("import_limit_mw: 10", "import_limit_mw: 10, ramp_down_mw_per_hour: 1.2")
    assert faults(slow) == [
        "farm.yaml:4:52: site.ramp_down_mw_per_hour: lets import fall by 0.3 MW in an interval of 15 minutes; A "
        "switches 0.35 MW together, and never could: intervals of 30 minutes and more, fewer units_switched_together, "
        "or the ramp that the site really has (got 1.2)"
    ]
    for enough in (
        slow.replace("minutes: 15", "minutes: 30"),
        slow.replace("together: 100", "together: 85"),
        slow.replace("per_hour: 1.2", "per_hour: 1.4"),
        slow.replace("    units_sw", "    modes: [eco, normal]\n    units_sw"),  # 0.23 MW to eco, and 0.12 MW on
    ):
        Path("farm.yaml").write_text(enough)
        load_farm(Path("farm.yaml"))
