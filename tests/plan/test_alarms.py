"""What alarms and misses cost, by hand: 10 new machines that earn 2 USD an hour, 4 old ones 1.25, of one MW each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.accounts.reasons import Reason
from optimizer.plan.alarms import Alarm, alarms
from optimizer.plan.planning import Plan, plan_conditions
from tests.farms import conditions, farm, group

RULE = {"months": (2,), "count": 2, "per": "month", "interval_minutes": 30, "source": "made up for a test"}
HOURS, CHANCE = [1.0, 1.0, 0.5], [0.0, 0.1, 0.5]


def charge(name: str = "CP", **more: Any) -> dict[str, Any]:
    """40 USD per MW and year in next year's money, worth half, over two peaks: a miss costs 10 USD/MW."""
    rate = {"usd_per_mw_year": 40.0, "next_year_discount_share": 0.5}
    return {"name": name, "rule": RULE, **rate, "elsewhere_mw": 4.0, "probability": 0.0, **more}


def planned(
    *charges: dict[str, Any], price: Any = (0.2, 0.2, 0.2), limit_mw: float = 100.0, energy: Any = None, **chances: Any
) -> Plan:
    """Energy costs (0.2 + 0.2) x 1.25 = 0.5 USD/MWh at the meter; 1 MW of the site is no machine."""
    built = farm(
        group("new", 10, th=2_000.0),
        group("old", 4, th=1_250.0),
        limit_mw=limit_mw,
        site={"auxiliary_load_mw": 1.0},
        energy={
            "adders_usd_per_mwh": 0.2,
            "loss_share": 0.25,
            "coincident_peaks": charges or (charge(),),
            **(energy or {}),
        },
    )
    return plan_conditions(conditions(built, price, hours=HOURS, probability=chances or {"CP": CHANCE}))


def found(plan: Plan) -> tuple[Alarm, ...]:
    return alarms(plan.conditions, plan.dispatch, plan.explanation)


def test_by_hand() -> None:
    """At 10 % an hour costs 1 USD/MW: more than the old machines earn, less than the new ones; at 50 % all stop.

    Import is 15, 11 and 1 MW, in the last two intervals with weights 0.1 / 2 and 0.5 / 2: 0.8 MW of tag; with all
    running it were 4.5. Old machines give up 0.75 USD/MWh, new ones 1.5.
    """
    plan = planned()
    (alarm,) = found(plan)
    assert plan.settled.import_mw.tolist() == [15, 11, 1]
    assert (alarm.name, alarm.year) == ("CP", 2026)
    assert alarm.peaks_expected == pytest.approx(0.1 + 0.5)
    assert alarm.miss_usd_per_mw == pytest.approx(40 * 0.5 / 2)
    assert alarm.pays_from == pytest.approx({"new": 1.5 / 10, "old": 0.75 / 10})
    assert alarm.at_peaks_mw == pytest.approx(0.05 * 11 + 0.25 * 1)
    assert alarm.tag_mw == pytest.approx(4 * (1 - 0.3) + 0.8)
    assert alarm.cost_usd == pytest.approx(20 * 0.8)
    assert alarm.cost_unheeded_usd == pytest.approx(20 * (0.05 + 0.25) * 15)
    assert alarm.saving_usd == pytest.approx(90 - 16)
    assert alarm.kept_off_mwh == pytest.approx(4 * 1 + 14 * 0.5)
    assert alarm.margin_given_up_usd == pytest.approx(4 * 0.75 + (10 * 1.5 + 4 * 0.75) * 0.5)
    assert alarm.wrong_alarms_usd == pytest.approx(0.9 * 3 + 0.5 * 9)
    assert alarm.misses_usd == pytest.approx(10 * (0.1 * 11 + 0.5 * 1))


@pytest.mark.parametrize("more", [{}, {"minimum_mw": 3.0}, {"elsewhere_mw": 0.0}, {"minimum_mw": 99.0}])
def test_the_cost_is_the_settlements_line(more: dict[str, Any]) -> None:
    plan = planned(charge(**more))
    (alarm,) = found(plan)
    assert alarm.cost_usd == pytest.approx(-plan.settled.lines["coincident_peak"])


def test_a_minimum_that_is_billed_anyway_makes_peaks_free() -> None:
    """All run, nothing is saved; the tag is the contract's 99 MW."""
    (alarm,) = found(planned(charge(minimum_mw=99.0)))
    assert (alarm.tag_mw, alarm.cost_usd, alarm.saving_usd, alarm.kept_off_mwh) == (99, 0, 0, 0)


def test_two_charges_answer_each_for_its_part() -> None:
    """Three quarters of what an MW costs in the last interval are the first charge's: of 7 MWh 5.25, of 9 USD 6.75."""
    plan = planned(charge("A"), charge("B"), A=[0, 0, 0.6], B=[0, 0, 0.2])
    one, other = found(plan)
    assert plan.settled.import_mw.tolist() == [15, 15, 1]
    assert (one.kept_off_mwh, other.kept_off_mwh) == (pytest.approx(5.25), pytest.approx(1.75))
    assert (one.margin_given_up_usd, other.margin_given_up_usd) == (pytest.approx(6.75), pytest.approx(2.25))
    assert one.cost_unheeded_usd == pytest.approx(20 * 0.3 * 15)


def test_only_hours_that_earn_say_from_which_probability_stopping_pays() -> None:
    """At 1.2 USD/MWh, 1.75 at the meter, the old machines never earn; the new ones 0.25 then, 1.5 in the half hour."""
    (alarm,) = found(planned(price=(0.2, 1.2, 0.2), CP=[0, 0.001, 0.5]))
    assert alarm.pays_from["new"] == pytest.approx((0.25 * 1 + 1.5 * 0.5) / 1.5 / 10)
    assert alarm.pays_from["old"] == pytest.approx(0.75 / 10)
    (dear,) = found(planned(price=(0.2, 1.2, 1.2)))
    assert dear.pays_from["old"] is None
    assert dear.kept_off_mwh == pytest.approx(10 * 1 + 10 * 0.5), "the old ones are off for the price"


def test_within_a_block_that_cannot_be_resold_stopping_saves_the_adders_alone() -> None:
    """What is left of the block is lost: a stopped machine gives up all but 0.25 USD/MWh, whatever the price."""
    block = {"name": "block", "mw": 50.0, "price_usd_per_mwh": 0.2}
    (alarm,) = found(planned(energy={"blocks": (block,)}))
    assert alarm.pays_from == pytest.approx({"new": 1.75 / 10, "old": 1.0 / 10})
    assert alarm.margin_given_up_usd == pytest.approx((10 * 1.75 + 4 * 1.0) * 0.5)


def test_machines_the_interconnection_has_no_room_for_would_not_run() -> None:
    """Room for 8 of the 14 MW in the last interval: 4 MWh, and a load of 9 MW had nobody heeded the alarm."""
    plan = planned(limit_mw=9.0, CP=[0, 0, 0.5])
    every = np.zeros((2, 3))
    every[:, 2] = 10, 4
    explanation = replace(plan.explanation, off={Reason.COINCIDENT_PEAK: every})
    (alarm,) = alarms(plan.conditions, plan.dispatch, explanation)
    assert alarm.kept_off_mwh == pytest.approx(8 * 0.5)
    assert alarm.cost_unheeded_usd == pytest.approx(20 * 0.25 * 9)


def test_standby_and_cooling_are_part_of_what_is_kept_off() -> None:
    plan = planned()
    c = plan.conditions
    fleet = tuple(g.model_copy(update={"standby_w": 2e5}) for g in c.farm.fleet)
    site = c.farm.site.model_copy(update={"pue": 1.5})
    changed = replace(c, farm=c.farm.model_copy(update={"fleet": fleet, "site": site}))
    (alarm,) = alarms(changed, plan.dispatch, plan.explanation)
    assert alarm.kept_off_mwh == pytest.approx(11 * 0.8 * 1.5)


def test_a_free_charge_has_no_threshold_and_a_plan_without_a_chance_no_alarm() -> None:
    (free,) = found(planned(charge(usd_per_mw_year=0.0)))
    assert set(free.pays_from.values()) == {None}
    assert (free.cost_usd, free.kept_off_mwh) == (0, 0)
    assert found(planned(CP=[0, 0, 0])) == ()
