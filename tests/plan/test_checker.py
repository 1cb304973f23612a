"""The rule checker: for each rule a schedule that keeps it, and the same one with just that rule broken."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from optimizer.accounts.breach import Breach
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.plan.checker import check
from tests.farms import call, conditions, farm, group, outage, running


def at(clock: str, units: int) -> tuple[dict[str, Any], ...]:
    return ({"at": f"2026-02-11 {clock}", "units": units},)


FOUR_MW, STOP = call("07:00", "08:00"), call("07:00", "08:00", cut={"form": "full_stop"})


@dataclass(frozen=True)
class Case:
    """A rule, machines of group G that keep and break it, and the breach: (interval, amount, unit)."""

    good: list[float]
    bad: list[float]
    breach: tuple[int, float, str]
    machines: dict[str, Any] = field(default_factory=dict)
    farm: dict[str, Any] = field(default_factory=dict)
    series: dict[str, Any] = field(default_factory=dict)
    onsite: tuple[float, float] = (0.0, 0.0)  # MW in the good and in the bad schedule
    export: tuple[float, float] = (0.0, 0.0)
    supply: tuple[tuple[float, ...], tuple[float, ...]] | None = None  # MW drawn from supplier S, by interval
    who: str = "G"

    @property
    def conditions(self) -> Conditions:
        """The farm of the case, power for nothing."""
        return conditions(farm(group(**self.machines), **self.farm), [0.0] * len(self.good), **self.series)

    def dispatch(self, *, bad: bool) -> Dispatch:
        """The good schedule or the bad one."""
        units = np.array(self.bad if bad else self.good, dtype=np.float64)
        nothing = np.zeros(len(units))
        on = MappingProxyType({("G", "normal"): units})
        drawn = {} if self.supply is None else {"S": nothing + self.supply[bad]}
        return Dispatch.of(on, nothing + self.onsite[bad], nothing + self.export[bad], supply_mw=drawn)


SUPPLIED: dict[str, Any] = {"supplies": ({"name": "S", "limit_mw": 6.0, "price_usd_per_mwh": 1.0},)}
TIMED: dict[str, Any] = {"supplies": ({**SUPPLIED["supplies"][0], "when": {"hours": ({"start": 7, "end": 8},)}},)}
OWN = {"energy": {"onsite": {"available_mw": 6.0, "export_limit_mw": 2.0}}}
CASES: dict[str, Case] = {
    "units below zero": Case([0, 1], [0, -1], (1, 1, "machines"), series={"auxiliary": 5.0}),
    "units available": Case([10, 8], [10, 9], (1, 1, "machines"), series={"availability": {"G": [1.0, 0.8]}}),
    "minimum on time": Case(
        [0, 4, 4, 4, 0], [0, 4, 4, 3, 0], (3, 1, "machines"), {"minimum_on_hours": 3.0}, running(0)
    ),
    "minimum on time/carried in": Case(
        [4, 4, 0], [4, 2, 0], (1, 2, "machines"), {"minimum_on_hours": 3.0}, running(6, started=at("05:00", 4))
    ),
    "minimum on time/mixed lengths": Case(
        [4, 4, 4, 0],
        [4, 4, 1, 0],
        (2, 3, "machines"),
        {"minimum_on_hours": 1.0},
        running(0),
        {"hours": [0.5, 0.25, 0.5, 1.0]},
    ),
    "minimum on time/an outage excuses as many as it takes": Case(
        [10, 7], [10, 6], (1, 1, "machines"),
        {"minimum_on_hours": 3.0, "outages": (outage("07:00", "08:00", 3),)}, running(0),
    ),
    "minimum on time/an outage takes those started last, and no more than it takes": Case(
        [2, 1, 1, 1, 2, 1], [2, 1, 1, 1, 2, 0], (5, 1, "machines"),
        {"units": 2, "minimum_on_hours": 3.0, "outages": (outage("07:00", "08:00", 1),)}, running(0),
    ),
    "minimum off time": Case(
        [6, 6, 6, 10], [6, 6, 7, 10], (2, 1, "machines"), {"minimum_off_hours": 3.0}
    ),
    "minimum off time/carried in": Case(
        [6, 6, 10], [6, 9, 10], (1, 3, "machines"), {"minimum_off_hours": 2.0}, running(6, stopped=at("05:30", 4))
    ),
    "minimum off time/an outage excuses as many as it takes": Case(
        [10, 5, 8], [10, 5, 9], (2, 1, "machines"),
        {"minimum_off_hours": 3.0, "outages": (outage("07:00", "08:00", 3),)},
    ),
    "minimum off time/an outage of running machines excuses none that rest": Case(
        [6, 2, 2], [6, 2, 3], (2, 1, "machines"),
        {"minimum_off_hours": 3.0, "outages": (outage("07:00", "10:00", 4),)}, running(6, stopped=at("05:30", 4)),
    ),
    "minimum off time/an outage takes resting machines too": Case(
        [0, 0, 1, 0, 1], [0, 0, 1, 0, 2], (4, 1, "machines"),
        {"units": 2, "minimum_off_hours": 3.0, "outages": (outage("07:00", "08:00", 1),)}, running(0),
    ),
    "starts per day": Case(
        [0, 3], [0, 4], (0, 1, "starts"), {"starts_per_day": 0.5}, running(10, starts_today=2)
    ),
    "starts per day/those made before count on their own day": Case(
        [0, 3, 3, 8], [0, 3, 3, 9], (2, 1, "starts"),
        {"starts_per_day": 0.5}, running(0, starts_today=2), {"hours": 12.0},
    ),
    "start rate": Case([4, 8, 10], [5, 8, 10], (0, 1, "machines"), {"starts_per_hour": 4.0}, running(0)),
    "start rate/whole containers": Case(
        [4, 8], [8, 8], (0, 4, "machines"), {"starts_per_hour": 5.0, "units_switched_together": 4}, running(0)
    ),
    "starts within an hour": Case(
        [2, 3, 5, 6], [2, 3, 5, 7], (3, 1, "machines"), {"starts_per_hour": 3.0}, running(0), {"hours": 0.5}
    ),
    "starts within an hour/carried in": Case(
        [4, 4], [4, 5], (1, 1, "machines"), {"starts_per_hour": 4.0}, running(2, started=at("05:45", 2)), {"hours": 0.5}
    ),
    "cold start": Case(
        [4, 4, 10], [4, 6, 10], (1, 2, "machines"), {"minimum_start_temperature_c": -5.0}, running(4),
        {"temperature": [-10.0, -10.0, -5.0]},
    ),
    "whole containers": Case([8, 4], [8, 5], (1, 1, "machines"), {"units_switched_together": 4}),
    "whole containers/partly filled": Case([6, 10], [5, 10], (0, 1, "machines"), {"units_switched_together": 4}),
    "import below zero": Case([6], [5], (0, 1, "MW"), farm=OWN, onsite=(6.0, 6.0), who=""),
    "import limit": Case([6, 6], [6, 7], (1, 0.5, "MW"), farm={"limit_mw": 6.5}, who=""),
    "ramp up": Case([2, 5], [2, 6], (1, 1, "MW"), farm={"site": {"ramp_up_mw_per_hour": 3.0}}, who=""),
    "ramp up/carried in": Case(
        [5], [7], (0, 2, "MW"), farm={"site": {"ramp_up_mw_per_hour": 3.0}, "state": {"grid_import_mw": 2.0}}, who=""
    ),
    "ramp up/not told what was before": Case(
        [9, 5], [5, 9], (1, 1, "MW"), farm={"site": {"ramp_up_mw_per_hour": 3.0}}, who=""
    ),
    "ramp down": Case(
        [9, 7], [9, 6], (1, 1, "MW"),
        farm={"site": {"ramp_down_mw_per_hour": 4.0}}, series={"hours": [1.0, 0.5]}, who="",
    ),
    "ramp down/carried in": Case(
        [6], [4], (0, 2, "MW"), farm={"site": {"ramp_down_mw_per_hour": 4.0}, "state": {"grid_import_mw": 10.0}}, who=""
    ),
    "ramp down/an outage excuses what it takes": Case(
        [6, 3], [6, 2], (1, 0.5, "MW"), {"standby_w": 0.25e6, "outages": (outage("07:00", "08:00", 2),)},
        {**running(6), "site": {"ramp_down_mw_per_hour": 1.0}}, who="",
    ),
    "event cap": Case(
        [9, 4, 9], [9, 6, 9], (1, 2, "MW"), farm={"events": (FOUR_MW,)}, who="call"
    ),
    "event cap/full stop": Case(
        [9, 0, 9], [9, 1, 9], (1, 1, "MW"),
        farm={"events": (STOP,), "site": {"auxiliary_load_mw": 0.5}}, who="call",
    ),
    "on-site below zero": Case([9], [9], (0, 1, "MW"), farm=OWN, onsite=(1.0, -1.0), who=""),
    "on-site generation": Case([9], [9], (0, 1, "MW"), farm=OWN, onsite=(6.0, 7.0), who=""),
    "export below zero": Case([9], [9], (0, 1, "MW"), farm=OWN, onsite=(6.0, 6.0), export=(1.0, -1.0), who=""),
    "export limit": Case([9], [9], (0, 1, "MW"), farm=OWN, onsite=(6.0, 6.0), export=(2.0, 3.0), who=""),
    "export from on-site only": Case([9], [9], (0, 1, "MW"), farm=OWN, onsite=(1.0, 1.0), export=(1.0, 2.0), who=""),
    "supply below zero": Case(
        [9, 9], [9, 9], (1, 1, "MW"), farm={"energy": SUPPLIED}, supply=((0.0, 0.0), (0.0, -1.0)), who="S"
    ),
    "supplier's limit": Case(
        [9, 9], [9, 9], (1, 1, "MW"), farm={"energy": SUPPLIED}, supply=((6.0, 6.0), (6.0, 7.0)), who="S"
    ),
    "supplier's limit/outside its hours": Case(
        [9, 9], [9, 9], (0, 0.5, "MW"), farm={"energy": TIMED}, supply=((0.0, 6.0), (0.5, 6.0)), who="S"
    ),
    "suppliers above import": Case(
        [9, 4], [9, 3], (1, 1, "MW"), farm={"energy": SUPPLIED}, supply=((6.0, 4.0), (6.0, 4.0)), who=""
    ),
    "suppliers above import/losses count": Case(
        [9, 4], [9, 2], (1, 2.5, "MW"),
        farm={"energy": {**SUPPLIED, "loss_share": 0.25}}, supply=((6.0, 5.0), (6.0, 5.0)), who="",
    ),
    "suppliers above import/on-site power takes its place": Case(
        [9], [9], (0, 1, "MW"),
        farm={"energy": {**SUPPLIED, **OWN["energy"]}}, onsite=(5.0, 5.0), supply=((4.0,), (5.0,)), who="",
    ),
}  # fmt: skip
_ALSO = {"on-site below zero": {"export from on-site only"}}  # what is sold would have to come from somewhere


@pytest.mark.parametrize("name", CASES)
def test_a_schedule_that_keeps_the_rules_passes(name: str) -> None:
    assert check(CASES[name].conditions, CASES[name].dispatch(bad=False)) == []


@pytest.mark.parametrize("name", CASES)
def test_the_broken_rule_is_found_and_no_other(name: str) -> None:
    case, rule = CASES[name], name.partition("/")[0]
    found = [b for b in check(case.conditions, case.dispatch(bad=True)) if b.rule not in _ALSO.get(name, ())]
    interval, amount, unit = case.breach
    assert [(b.rule, b.who, b.interval, b.unit) for b in found] == [(rule, case.who, interval, unit)]
    assert found[0].amount == pytest.approx(amount)


@pytest.mark.parametrize(
    ("normal", "eco", "other", "excess"),
    [
        ((4, 2), (0, 0), (1, 1), 0.0),  # the two that fall out
        ((4, 1), (0, 0), (1, 1), 0.5),  # and one more, where half a megawatt is allowed
        ((0, 0), (4, 1), (1, 1), 0.0),  # in eco mode they excuse half as much
        ((0, 0), (4, 0), (1, 1), 0.5),
        ((2, 2), (2, 0), (1, 1), 0.0),
        ((2, 0), (2, 2), (1, 1), 0.0),  # of both modes the normal ones may be those that fall out
        ((2, 2), (2, 0), (1, 0), 0.5),  # G falls by a megawatt: two normal ones taken, two turned up, excuse no more
        ((2, 2), (0, 0), (1, 0), 0.5),  # those that fall out were idle
        ((2, 0), (0, 2), (1, 1), 0.5),  # idle ones again, while two are turned down
    ],
)
def test_a_ramp_down_excuses_load_that_really_falls_away(
    normal: tuple[float, float], eco: tuple[float, float], other: tuple[float, float], excess: float
) -> None:
    """Two of four machines G of 1 MW, or 0.5 MW in eco mode, fall out, and all of H, which stood by; one of K runs."""
    out = ("07:00", "08:00")
    busy = group(units=4, other_modes={"eco": (750.0, 0.5e6)}, modes=("normal", "eco"), outages=(outage(*out, 2),))
    late = group("H", 4, standby_w=0.125e6, outages=(outage(*out, 4),))
    state = {"groups": {"H": {"running": 0}}}
    c = conditions(farm(busy, late, group("K"), site={"ramp_down_mw_per_hour": 0.5}, state=state), [0.0] * 2)
    units = {("G", "normal"): normal, ("G", "eco"): eco, ("H", "normal"): (0, 0), ("K", "normal"): other}
    on = MappingProxyType({point: np.array(machines, dtype=np.float64) for point, machines in units.items()})
    found = check(c, Dispatch.of(on, np.zeros(2), np.zeros(2)))
    assert found == ([Breach("ramp down", "", 1, excess, "MW")] if excess else [])


def test_one_partly_filled_container() -> None:
    """Six machines, four to a container: the two left over cannot be in both modes at once."""
    two = group(units=6, units_switched_together=4, other_modes={"eco": (750.0, 0.5e6)}, modes=("normal", "eco"))
    c = conditions(farm(two), [0.0])

    def with_eco(eco: float) -> Dispatch:
        on = {("G", "normal"): np.array([2.0]), ("G", "eco"): np.array([eco])}
        return Dispatch.of(MappingProxyType(on), np.zeros(1), np.zeros(1))

    assert check(c, with_eco(4.0)) == []
    assert check(c, with_eco(2.0)) == [Breach("one partly filled container", "G", 0, 1.0, "containers")]


def test_without_a_partly_filled_container_none_is_the_one() -> None:
    """Eight machines, four to a container: two and two are broken containers, and nothing else."""
    two = group(units=8, units_switched_together=4, other_modes={"eco": (750.0, 0.5e6)}, modes=("normal", "eco"))
    on = {("G", "normal"): np.array([2.0]), ("G", "eco"): np.array([2.0])}
    found = check(conditions(farm(two), [0.0]), Dispatch.of(MappingProxyType(on), np.zeros(1), np.zeros(1)))
    assert found == [Breach("whole containers", "G", 0, 2.0, "machines")] * 2


@pytest.mark.parametrize(
    ("farm_data", "priced"),
    [
        ({"limit_mw": 6.5}, {"site": {"import_violation_usd_per_mwh": 9.0}}),
        (
            {"events": (FOUR_MW,)},
            {"events": ({**FOUR_MW, "violation_usd_per_mwh": 9.0},)},
        ),
    ],
)
def test_a_priced_limit_may_be_broken(farm_data: dict[str, Any], priced: dict[str, Any]) -> None:
    all_on = Dispatch.of(MappingProxyType({("G", "normal"): np.full(3, 9.0)}), np.zeros(3), np.zeros(3))
    assert check(conditions(farm(**farm_data), [0.0] * 3), all_on)
    assert check(conditions(farm(**{**farm_data, **priced}), [0.0] * 3), all_on) == []


def test_fractions_of_machines_pass_where_whole_ones_are_not_asked_for() -> None:
    half = Dispatch.of(MappingProxyType({("G", "normal"): np.array([2.5])}), np.zeros(1), np.zeros(1))
    c = conditions(farm(), [0.0])
    assert check(c, half, whole=False) == []
    assert [breach.rule for breach in check(c, half)] == ["whole containers"]


def test_starts_per_day_follow_the_local_day() -> None:
    """On the 23-hour day of 8 March 2026 Chicago's midnight comes an hour early: five starts, then five more."""
    c = conditions(farm(group(starts_per_day=0.5), timezone="America/Chicago"), [0.0] * 24, start="2026-03-08 06:00Z")

    def late(first: float) -> Dispatch:
        on = np.array([0.0] * 22 + [first, 10.0])
        return Dispatch.of(MappingProxyType({("G", "normal"): on}), np.zeros(24), np.zeros(24))

    assert check(c, late(5.0)) == []
    assert [(b.interval, b.amount) for b in check(c, late(6.0))] == [(0, 1.0)]


def test_all_suppliers_together_give_no_more_than_is_imported() -> None:
    two = (
        {"name": "S", "limit_mw": 6.0, "price_usd_per_mwh": 1.0},
        {"name": "T", "limit_mw": 6.0, "price_usd_per_mwh": 1.0},
    )
    c = conditions(farm(energy={"supplies": two}), [0.0])
    on, nothing = MappingProxyType({("G", "normal"): np.array([9.0])}), np.zeros(1)

    def drawn(one: float, other: float) -> Dispatch:
        return Dispatch.of(on, nothing, nothing, supply_mw={"S": np.array([one]), "T": np.array([other])})

    assert check(c, drawn(5.0, 4.0)) == []
    assert check(c, drawn(6.0, 5.0)) == [Breach("suppliers above import", "", 0, 2.0, "MW")]


def test_a_breach_says_what_it_is() -> None:
    assert str(Breach("import limit", "", 3, 0.5, "MW")) == "import limit broken by the site in interval 3: 0.5 MW"
    assert str(Breach("cold start", "S19", 0, 2.0, "machines")) == "cold start broken by S19 in interval 0: 2 machines"
