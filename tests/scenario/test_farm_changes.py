"""Each kind of change of the farm: what it makes of the farm, and what is refused at its place in the scenario."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from optimizer.config.base import SeriesFile
from optimizer.config.farm import Farm
from optimizer.config.load import load_farm
from optimizer.errors import InputError, MissingDataError
from optimizer.market.grid import grid_of
from optimizer.market.hashprice import hashprice
from optimizer.mechanisms.calls.facts import caps
from optimizer.plan.reading import conditions_of
from optimizer.scenario.farm_changes import farm_with
from tests.config.mutations import CONFIGS
from tests.farms import conditions, farm, group
from tests.scenario.made import scenario

BEGINS = datetime.fromisoformat("2026-02-11T06:00+00:00")
TWO = farm(group("A", 10, other_modes={"eco": (700.0, 5e5)}), group("B", 3), costs={"fixed_usd_per_month": 1000.0})


def under(*changes: str, of: Farm = TWO, folder: Path = CONFIGS, **more: Any) -> Farm:
    return farm_with(of, scenario(*changes), BEGINS, folder, **more)


def refused(*changes: str, of: Farm = TWO) -> list[str]:
    with pytest.raises(InputError) as caught:
        under(*changes, of=of)
    return [str(fault) for fault in caught.value.faults]


def test_an_event_by_days_of_the_plan() -> None:
    call = "name: call, start: day 2 06:00, end: day 2 09:00, cut: {form: to_level, mw: 3}"
    one = under(f"kind: event, event: {{{call}}}")
    (event,) = one.events
    assert (event.start, event.end) == (datetime(2026, 2, 12, 6), datetime(2026, 2, 12, 9))
    c = conditions(one, [0.0] * 30)
    assert [(cap.interval, cap.cap_mw) for cap in caps(c)] == [(24, 3.0), (25, 3.0), (26, 3.0)]


def test_faults_of_an_event_are_told_in_the_scenario() -> None:
    call = "name: call, start: {}, end: {}, cut: {{form: full_stop}}"
    assert refused(
        f"kind: event, event: {{{call.format('day 1 06:00', 'day 1 07:00')}}}",
        f"kind: event, event: {{{call.format('day 2 06:00', 'day 2 07:00')}}}",
    ) == ["<scenario>:6:33: changes[1].event.name: is the name of events[0] too; each event needs its own"]
    clock = TWO.model_copy(update={"timezone": "America/Chicago"})
    begins = datetime.fromisoformat("2026-03-07T06:00-06:00")
    skipped = scenario(f"kind: event, event: {{{call.format('day 2 02:30', 'day 2 07:00')}}}")
    with pytest.raises(InputError, match=r"<scenario>:5:46: changes\[0\].event.start: .* does not exist in America"):
        farm_with(clock, skipped, begins)


def test_notice_of_events() -> None:
    """The change's notice is the event's; what is not known yet is left out, events of the farm alike."""
    call = "name: {}, start: day 2 06:00, end: day 2 09:00, cut: {{form: full_stop}}"
    told = f"kind: event, notice: day 1 20:00, event: {{{call.format('X')}}}"
    own = f"kind: event, event: {{{call.format('Y')}, notice_minutes: 30}}"
    always = f"kind: event, event: {{{call.format('Z')}}}"

    def names(known_at: str | None) -> list[str]:
        at = None if known_at is None else datetime.fromisoformat(f"2026-02-{known_at}+00:00")
        return [event.name for event in under(told, own, always, known_at=at).events]

    assert names(None) == ["X", "Y", "Z"]
    assert names("11T19:59") == ["Z"]
    assert names("11T20:00") == ["X", "Z"]
    assert names("12T05:30") == ["X", "Y", "Z"]
    assert under(told).events[0].known_at("UTC") == datetime.fromisoformat("2026-02-11T20:00+00:00")


@pytest.mark.parametrize(
    ("change", "available"),
    [
        ("share: 1", [[0, 0, 0, 0], [0, 0, 0, 0]]),
        ("share: 0.5, groups: [A]", [[5, 5, 5, 5], [3, 3, 3, 3]]),
        ("units: 2, from: day 1 07:00, to: day 1 09:00", [[10, 8, 8, 10], [3, 1, 1, 3]]),
        ("units: 4, groups: [A], to: day 1 06:30", [[6, 10, 10, 10], [3, 3, 3, 3]]),
    ],
)
def test_outages(change: str, available: list[list[int]]) -> None:
    assert conditions(under(f"kind: outage, {change}"), [0.0] * 4).units_available.tolist() == available


def test_outages_with_faults() -> None:
    assert refused("kind: outage, groups: [A, C], share: 1", "kind: outage, units: 5") == [
        "<scenario>:5:32: changes[0].groups[1]: no group of the fleet has this name (got 'C'); there is: A, B",
        "<scenario>:6:27: changes[1].units: is more than there are (got 5): B has 3; give a share instead",
    ]
    (early,) = refused("kind: outage, share: 1, to: day 1 05:00")
    assert "changes[0].to: ends (day 1 05:00) before it begins (with the plan)" in early


def test_fixed_costs() -> None:
    assert under("kind: fixed_costs, scale: 1.5").costs.fixed_usd_per_month == 1500
    assert (
        under("kind: fixed_costs, set_usd_per_month: 7", "kind: fixed_costs, scale: 2").costs.fixed_usd_per_month == 14
    )


def test_a_contract_change_replaces_the_keys_it_names(tmp_path: Path) -> None:
    before = farm(energy={"adders_usd_per_mwh": 5.0, "loss_share": 0.02})
    demand = "{name: Peak, usd_per_kw: 9, expected_peak_mw: 1}"
    adders = "{file: fuel.csv}"
    told = scenario(f"kind: contract, set: {{demand: [{demand}], adders_usd_per_mwh: {adders}}}", folder=tmp_path)
    energy = farm_with(before, told, BEGINS).energy
    assert (energy.loss_share, energy.price_usd_per_mwh, energy.demand[0].rate_usd_per_mw) == (0.02, 0.0, 9000)
    assert isinstance(energy.adders_usd_per_mwh, SeriesFile)
    assert energy.adders_usd_per_mwh.file == str(tmp_path / "fuel.csv")


def test_a_contract_that_does_not_fit_is_refused_at_its_place() -> None:
    ratchet = "ratchet: {share: 0.8, months: 11}"
    (fault,) = refused(f"kind: contract, set: {{demand: [{{name: Peak, usd_per_kw: 9, {ratchet}}}]}}")
    assert fault.startswith("<scenario>:5:74: changes[0].set.demand[0].ratchet: goes by past peaks, and none are known")
    block = farm(energy={"blocks": ({"name": "K", "mw": 1, "price_usd_per_mwh": 3, "resale": {}},)})
    (fault,) = refused("kind: contract, set: {minimum_bill_usd_per_month: 9}", of=block)
    assert "changes[0].set.minimum_bill_usd_per_month: cannot stand beside a block with resale" in fault


CALL = "name: call, start: day 1 06:00, end: day 1 07:00, cut: {form: full_stop}, program: ERS"


def test_programs_take_the_place_of_those_of_their_names() -> None:
    """Added, so that an event may belong to one; the limit of the second takes the place of the first's."""
    none, one = (
        f"kind: programs, set: [{{name: ERS, calls_per_season: {calls}}}, {{name: B{calls}}}]" for calls in (0, 1)
    )
    call = f"kind: event, event: {{{CALL}}}"
    assert [cap.interval for cap in caps(conditions(under(one, call), [0.0] * 2))] == [0]
    assert caps(conditions(under(none, call), [0.0] * 2)) == ()
    several = under(none, call, one).programs
    assert [(program.name, program.calls_per_season) for program in several] == [("ERS", 1), ("B0", None), ("B1", None)]


def test_programs_with_faults() -> None:
    assert refused("kind: programs, set: [{name: ERS}, {name: ERS, hours_used: 1}]") == [
        "<scenario>:5:48: changes[0].set[1].name: is the name of programs[0] too; each program needs its own"
    ]
    (fault,) = refused(f"kind: event, event: {{{CALL}}}")
    assert "changes[0].event.program: no program has this name; there is none" in fault


def test_cold_restarts() -> None:
    """An hour and a half below -10 C in place of what group B has; nothing on a farm without weather."""
    slow = farm(group("A"), group("B", cold_restart={"below_c": 0.0, "minutes": 30.0}))
    for groups, hours in ((", groups: [B]", [[0, 0], [0, 1.5]]), ("", [[0, 1.5], [0, 1.5]])):
        one = under(f"kind: cold_restart, below_c: -10, minutes: 90{groups}", of=slow)
        assert conditions(one, [0.0] * 2, temperature=[-5.0, -15.0]).restart_hours.tolist() == hours
    without = slow.model_copy(update={"weather": None, "fleet": slow.fleet[:1]})
    assert under("kind: cold_restart, below_c: -10, minutes: 90", of=without) == without


def test_cold_restarts_with_faults() -> None:
    slow = farm(group("A", restart_minutes=20.0))
    assert refused("kind: cold_restart, below_c: -10, minutes: 15", of=slow) == [
        "<scenario>:5:49: changes[0].minutes: must be at least restart_minutes, 20 (got 15)"
    ]
    (fault,) = refused("kind: cold_restart, below_c: -10, minutes: 15, groups: [C]")
    assert "changes[0].groups[0]: no group of the fleet has this name (got 'C'); there is: A, B" in fault


def test_fleet() -> None:
    added = "{name: C, units: 2, model: Antminer S21}"
    one = under(
        f"kind: fleet, remove: [B], add: [{added}], modes: {{A: [eco]}}, units: {{A: 4, C: 7}}", of=_catalogued()
    )
    assert [(g.name, g.units, g.modes) for g in one.fleet] == [("A", 4, ("eco",)), ("C", 7, ("normal",))]
    assert one.fleet[1].points["normal"].power_w == 3500
    assert list(one.state.groups) == ["A"]


def _catalogued() -> Farm:
    groups = {"A": {"running": 4}, "B": {"running": 3}}
    fleet = (group("A", 10, other_modes={"eco": (700.0, 5e5)}), group("B", 3))
    return farm(*fleet, catalogue="machines.yaml", state={"groups": groups})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("add: [{name: C, units: 2, model: Antminer S12}]", "add[0].model: the catalogue has no such model"),
        ("add: [{name: C, units: 2, model: Antminer S21, modes: [warp]}]", "add[0].modes[0]: Antminer S21 has no mode"),
        ("add: [{name: A, units: 20, model: Antminer S21}]", "add[0].name: is the name of fleet[0] too"),
        ("modes: {A: [warp]}", "modes.A[0]: test machine has no mode 'warp'; it has: normal, eco"),
        ("modes: {D: [eco]}", "modes.D: no group of the fleet has this name (got 'D'); there is: A, B"),
        ("units: {A: 3}", "with this change, state.groups.A.running of the farm must be at most 3"),
        ("remove: [B, b]", "remove[1]: no group of the fleet has this name (got 'b'); did you mean `B`?"),
        ("remove: [A, B]", "with this change, fleet of the farm must have at least 1 entry"),
    ],
)
def test_fleets_with_faults(change: str, said: str) -> None:
    (fault,) = refused(f"kind: fleet, {change}", of=_catalogued())
    assert said in fault


def test_a_model_of_a_farm_without_a_catalogue_is_of_the_one_that_ships() -> None:
    assert (
        under("kind: fleet, add: [{name: C, units: 2, model: Antminer S21}]").fleet[-1].points["normal"].power_w == 3500
    )
    (fault,) = refused("kind: fleet, add: [{name: C, units: 2, model: Antminer S12}]")
    assert fault.startswith(
        "<scenario>:5:52: changes[0].add[0].model: the catalogue has no such model (got 'Antminer S12')"
    )


def test_changes_of_the_farm_wait_for_their_notice_too() -> None:
    changes = ("kind: fixed_costs, scale: 2, notice: day 2 00:00", "kind: outage, share: 1, notice: day 1 06:00")
    early = under(*changes, known_at=BEGINS)
    assert early.costs.fixed_usd_per_month == 1000
    assert len(early.fleet[0].outages) == 1


def test_every_fault_of_every_change_at_once() -> None:
    told = refused("kind: outage, groups: [X], share: 1", "kind: fixed_costs, scale: 2", "kind: fleet, units: {Y: 3}")
    assert [fault.split(":")[1] for fault in told] == ["5", "7"]


def test_a_scenario_with_its_own_dates_needs_no_series_of_the_farm() -> None:
    """Proves that no file is read where the scenario replaces all of it; where it does not, the data are missing."""
    one = load_farm(CONFIGS / "west_texas.yaml")
    grid = grid_of(one, datetime(2021, 2, 15), 24)
    price = "kind: price, set_usd_per_mwh: 9000"
    halves = ("kind: temperature, set_c: -15, to: day 1 12:00", "kind: temperature, set_c: -5, from: day 1 12:00")
    c = conditions_of(one, CONFIGS, grid, scenario=scenario(price, *halves))
    assert set(c.market.energy_price_usd_per_mwh) == {9000.0}
    assert c.market.temperature_c.tolist()[-13:-11] == [-15, -5]
    with pytest.raises(MissingDataError, match="winter_temperature"):
        conditions_of(one, CONFIGS, grid, scenario=scenario(price, halves[0]))
    with pytest.raises(InputError, match="scenario test replaces the energy price over the whole plan: leave --market"):
        conditions_of(
            one, CONFIGS, grid, CONFIGS / "market" / "winter_real_time.csv", scenario=scenario(price, *halves)
        )


def test_files_of_what_is_not_replaced_are_read(tmp_path: Path) -> None:
    """Proves that replacing one series, or a part of one, leaves the others as their files have them."""
    rows = [f"2026-02-11 {hour:02d}:00,{hour + 1}" for hour in range(4)]
    (tmp_path / "series.csv").write_text("time,value\n" + "\n".join(rows))
    series = {"file": "series.csv"}
    revenue = {"hashprice_usd_per_ph_day": None, "btc_price_usd": series, "difficulty": series}
    one = farm(revenue=revenue, energy={"price_usd_per_mwh": series}, weather={"temperature_c": series})

    def of(*changes: str, day: int = 11) -> Any:
        grid = grid_of(one, datetime(2026, 2, day), 4)
        return conditions_of(one, tmp_path, grid, scenario=scenario(*changes)).market

    one_hour = of("kind: price, set_usd_per_mwh: 50, to: day 1 01:00", "kind: btc_price, set_usd: 9")
    assert one_hour.energy_price_usd_per_mwh.tolist() == [50, 2, 3, 4]
    assert one_hour.btc_price_usd.tolist() == [9, 9, 9, 9]
    assert one_hour.temperature_c.tolist() == one_hour.difficulty.tolist() == [1, 2, 3, 4]
    all_four = ("kind: price, set_usd_per_mwh: 5", "kind: temperature, set_c: 6", "kind: btc_price, set_usd: 7")
    later = of(*all_four, "kind: difficulty, set: 8", day=12)
    assert [later.energy_price_usd_per_mwh[0], later.temperature_c[0], later.difficulty[0]] == [5, 6, 8]
    assert later.hashprice_usd_per_ph_day[0] == pytest.approx(hashprice(7.0, 8.0, 3.125))
    with pytest.raises(MissingDataError, match=r"series\.csv"):
        of(*all_four, day=12)
