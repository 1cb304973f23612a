"""Scenario files: what they extend, what they sweep, and every fault of them in its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from optimizer.config.schema import schema_of
from optimizer.config.yaml12 import parse
from optimizer.errors import InputError
from optimizer.plan.checking import checked
from optimizer.scenario.language import ScenarioFile
from optimizer.scenario.load import load_scenario, load_scenarios
from optimizer.scenario.placed import Scenario
from tests.scenario.made import faults, scenario

HEAD = "name: {}\nsummary: x\n"
SOURCES = "sources: [made up]\n"


def written(path: Path, text: str, name: str = "test", head: str = HEAD) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(head.format(name) + text)
    return path


def scales(one: Scenario) -> list[Any]:
    return [placed.change.scale for placed in one.changes if placed.change.kind == "price"]


def test_what_is_extended_comes_first(tmp_path: Path) -> None:
    base = "start: 2021-02-12 00:00\nhours: 24\nassumptions: [a]\nchanges: [{kind: price, scale: 1}]\n"
    written(tmp_path / "base.yaml", SOURCES + base + "sweep: [{change: 0, key: scale, values: [7, 8]}]\n")
    middle = 'extends: ../base.yaml\nsources: ["another"]\nchanges: [{kind: price, scale: 2}]\nhours: 48\n'
    written(tmp_path / "deeper" / "middle.yaml", middle)
    top = written(tmp_path / "top.yaml", "extends: deeper/middle.yaml\nchanges: [{kind: price, scale: 3}]\n", "Top")
    one = load_scenario(top)
    assert (one.name, scales(one), one.sources) == ("Top", [1, 2, 3], ("made up", "another"))
    assert (str(one.start), one.hours, one.assumptions) == ("2021-02-12 00:00:00", 48, ("a",))
    assert [placed.folder.resolve() for placed in one.changes] == [tmp_path, tmp_path / "deeper", tmp_path]


def test_circles_are_refused_with_the_chain(tmp_path: Path) -> None:
    for name, other in (("a", "b"), ("b", "c"), ("c", "b")):
        written(tmp_path / f"{name}.yaml", f"extends: {other}.yaml\n")
    (fault,) = checked(tmp_path / "a.yaml")[0]
    assert str(fault) == (
        f"{tmp_path}/c.yaml:3:10: extends: goes round in a circle: b.yaml extends c.yaml extends b.yaml"
    )


def test_faults_of_all_files_at_once(tmp_path: Path) -> None:
    written(tmp_path / "base.yaml", "changes: [{kind: price, scale: x}]\n")
    top = written(tmp_path / "top.yaml", "extends: base.yaml\nchanges: [{kind: price, series: {file: no.csv}}, {}]\n")
    told = [str(fault).removeprefix(f"{tmp_path}/") for fault in checked(top)[0]]
    assert [fault.split(" ")[0] for fault in told] == ["base.yaml:3:32:", "top.yaml:4:40:", "top.yaml:4:50:"]
    assert "there is no such file (got 'no.csv')" in told[1]
    (fault,) = checked(written(tmp_path / "x.yaml", "extends: nowhere.yaml\n"))[0]
    assert str(fault).endswith("x.yaml:3:10: extends: there is no such file (got 'nowhere.yaml')")


def test_a_sweep_is_a_scenario_for_each_value(tmp_path: Path) -> None:
    sweep = "changes: [{kind: price, scale: 1}, {kind: price, spike: {at: day 1 06:00, minutes: 5, usd_per_mwh: 9}}]\n"
    one = written(tmp_path / "one.yaml", SOURCES + sweep + "sweep: [{change: 0, key: scale, values: [1, 1.5]}]\n", "Up")
    assert [(made.name, scales(made)[0]) for made in load_scenarios(one)] == [
        ("Up [scale=1]", 1),
        ("Up [scale=1.5]", 1.5),
    ]
    grid = "sweep: [{change: 0, key: scale, values: [1, 2]}, {change: 1, key: spike.minutes, values: [5, 10, 15]}]\n"
    made = load_scenarios(written(tmp_path / "two.yaml", SOURCES + sweep + grid, "Up"))
    assert [scenario.values for scenario in made[:4]] == [
        (("scale", 1), ("minutes", 5)), (("scale", 1), ("minutes", 10)), (("scale", 1), ("minutes", 15)),
        (("scale", 2), ("minutes", 5)),
    ]  # fmt: skip
    assert made[5].name == "Up [scale=2, minutes=15]"
    assert made[5].changes[1].change.spike.minutes == 15  # type: ignore[union-attr]
    with pytest.raises(InputError, match=r"two\.yaml:5:1: sweep: makes 6 scenarios"):
        load_scenario(tmp_path / "two.yaml")


def test_a_sweep_is_of_its_own_files_changes(tmp_path: Path) -> None:
    written(tmp_path / "base.yaml", SOURCES + "changes: [{kind: price, scale: 5}]\n")
    text = "extends: base.yaml\nchanges: [{kind: price, scale: 1}]\nsweep: [{change: 0, key: scale, values: [2, 3]}]\n"
    assert [scales(made) for made in load_scenarios(written(tmp_path / "top.yaml", text))] == [[5, 2], [5, 3]]


CHANGES = "changes: [{kind: price, scale: 1, from: day 1 06:00}]\n"


@pytest.mark.parametrize(
    ("sweep", "said"),
    [
        ("{change: 0, key: scale, values: [1, -1]}", "5:45: sweep[0].values[1]: must be at least 0 (got -1)"),
        ("{change: 0, key: scal, values: [1]}", "5:26: sweep[0].key: changes[0] has no scal to vary"),
        ("{change: 0, key: scale.x, values: [1]}", "sweep[0].key: changes[0] has no scale.x to vary"),
        ("{change: 1, key: scale, values: [1]}", "5:18: sweep[0].change: names no change: this file has 1"),
        ("{change: 0, key: from, values: [yesterday]}", "sweep[0].values[0]: must be a time such as"),
        ("{change: 0, key: kind, values: [hashprice, btc_prize]}", "sweep[0].values[1]: `kind` must be one of"),
        ("{change: 0, key: scale, values: [2, 2]}", "5:45: sweep[0].values[1]: stands twice (got 2); leave one out"),
        (
            "{change: 0, key: scale, values: [1]}, {change: 0, key: scale, values: [2, 3]}",
            "5:64: sweep[1].key: changes[0].scale is swept already (got scale); keep one of the sweeps",
        ),
        (
            "{change: 0, key: scale, values: [1]}, {change: 0, key: scale.x, values: [2]}",
            "5:64: sweep[1].key: changes[0].scale is swept already (got scale.x); keep one of the sweeps",
        ),
        ("{change: 0, key: scale, values: []}", "sweep[0].values: must have at least 1 entry"),
    ],
)
def test_sweeps_with_faults(sweep: str, said: str) -> None:
    assert said in "\n".join(faults(HEAD.format("test") + SOURCES + CHANGES + f"sweep: [{sweep}]\n"))


def test_long_values_that_begin_alike_are_told_apart_by_numbers(tmp_path: Path) -> None:
    stem = "prices_of_the_real_time_market_"
    change = "changes: [{kind: price, series: {file: a.csv}}]\n"
    sweep = f"sweep: [{{change: 0, key: series.file, values: [{stem}a.csv, {stem}b.csv, c.csv]}}]\n"
    made = load_scenarios(written(tmp_path / "one.yaml", SOURCES + change + sweep, "Up"))
    short = stem[:27] + "..."
    assert [one.name for one in made] == [f"Up [file={short} (1)]", f"Up [file={short} (2)]", "Up [file=c.csv]"]
    assert [one.values[0][1] for one in made] == [f"{stem}a.csv", f"{stem}b.csv", "c.csv"]


def test_too_many_scenarios() -> None:
    many = f"{{change: 0, key: scale, values: {list(range(101))}}}"
    (fault,) = faults(HEAD.format("test") + SOURCES + CHANGES + f"sweep: [{many}, {many}]\n")
    assert fault == "<scenario>:5:1: sweep: makes 10,201 scenarios; at most 10,000 can be made"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("kind: prise, scale: 2", "did you mean `price`?"),
        ("scale: 2", "changes[0]: needs the key `kind`: one of `price`, `adders`, "),
        ("kind: price", "give one of scale, shift_usd_per_mwh, set_usd_per_mwh, spike"),
        ("kind: price, scale: 2, cap_usd_per_mwh: 3", "(got scale, cap_usd_per_mwh; write the others as changes"),
        ("kind: price, spikes: {}", "changes[0].spikes: is not a known key; did you mean `spike`?"),
        (
            "kind: price, shape: [{at: day 1 00:00, usd_per_mwh: 3, usd: 3}]",
            "changes[0].shape[0].usd: is not a known key",
        ),
        ("kind: price, shape: [{at: day 1 00:00, usd_per_mwh: 3}]", "changes[0].shape: needs a second point, or `to`"),
        (
            "kind: price, between: hold, shape: [{at: day 1 00:00, usd_per_mwh: 3}, {at: day 1 06:00, usd_per_mwh: 4}]",
            "changes[0].to: is missing: until when the last value of the shape holds",
        ),
        (
            "kind: price, shape: [{at: day 2 00:00, usd_per_mwh: 3}, {at: day 1 00:00, usd_per_mwh: 3}]",
            "changes[0].shape[1].at: is day 1 00:00, not after the point before it, day 2 00:00",
        ),
        ("kind: difficulty, retargets: [{at: day 1 00:00, change_share: -1}]", "must be at least -0.75 (got -1)"),
        ("kind: outage, groups: everything, share: 1", "changes[0].groups: must be `all` (got 'everything')"),
        ("kind: fleet", "give one or more of remove, add, modes, units"),
        (
            "kind: contract, set: {los_share: 3}",
            "changes[0].set.los_share: is not a known key; did you mean `loss_share`?",
        ),
        (
            "kind: event, event: {name: x, start: day 2 06:00, end: day 1 06:00, cut: {form: full_stop}}",
            "changes[0].event.end: the event ends (day 1 06:00) before it starts (day 2 06:00)",
        ),
        (
            "kind: event, event: {name: x, start: day 2 06:00, end: 2026-02-12 07:00, cut: {form: full_stop}}",
            "changes[0].event: gives some times as days of the plan and some as dates",
        ),
        (
            "kind: event, event: {name: x, start: 2026-02-12 06:00, end: 2198-02-12 07:00, cut: {form: full_stop}}",
            "changes[0].event: gives a time in the year 2198, too far ahead",
        ),
        ("kind: fixed_costs, scale: 2, from: day 1 00:00", "changes[0].from: is not a known key"),
    ],
)
def test_changes_with_faults(change: str, said: str) -> None:
    (fault,) = faults(f"{HEAD.format('test')}{SOURCES}changes:\n  - {{{change}}}\n")
    assert fault.startswith("<scenario>:5:")
    assert said in fault


def test_sources_are_needed_unless_it_extends() -> None:
    (fault,) = faults(HEAD.format("test") + "changes: []\n")
    assert "sources: is missing: where the figures come from, or that they are invented" in fault


def test_the_schema_knows_what_the_language_knows() -> None:
    whole = schema_of(ScenarioFile, "A scenario of curtail")
    Draft202012Validator.check_schema(whole)
    judge = Draft202012Validator(whole)
    for section in whole["$defs"].values():
        for key, value in section.get("properties", {}).items():
            assert value.get("description") or value.get("$ref"), key

    def valid(change: str) -> bool:
        data = parse(f"{HEAD.format('test')}{SOURCES}changes: [{{{change}}}]").data
        return judge.is_valid({**data, "sources": list(data["sources"]), "changes": [_lists(data["changes"][0])]})

    assert valid("kind: price, scale: 2, from: day 1 06:00")
    assert valid("kind: event, event: {name: x, start: day 2 06:00, end: day 3 06:00, cut: {form: full_stop}}")
    assert valid("kind: contract, set: {loss_share: 0.1}")
    assert not valid("kind: price, scale: 2, cap_usd_per_mwh: 3")
    assert not valid("kind: prise, scale: 2")
    assert not valid("kind: price, scale: 2, form: day 1 06:00")


def _lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lists(inner) for key, inner in value.items()}
    return [_lists(inner) for inner in value] if isinstance(value, tuple) else value


def test_scenarios_in_memory_have_places_too() -> None:
    placed = scenario("kind: price, scale: 2").changes[0]
    assert str(placed.fault(("scale",), "is high")) == "<scenario>:5:26: changes[0].scale: is high"
