"""The meter: load, limits, ramps, export, events. A machine draws one MW and earns one USD per hour."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.accounts.limits import hard_limit
from tests.farms import call, conditions, farm, group
from tests.worked_examples.optimum import optimum, usd

PAYS, DEAR = 0.4, 3.0  # USD/MWh: a machine gains 0.6 USD in an hour, or loses 2


def test_balance() -> None:
    """Proves that PUE, standby and auxiliary load are drawn and paid for.

    By hand: ten machines at PUE 1.25 and 0.5 MW auxiliary draw 13 MW; on standby at 0.1 MW each they draw 1.75 MW. The
    step earns 10 USD for 11.25 MWh, 0.889 USD/MWh: on at 0.85 although that hour loses money, off at 0.9. Without it
    the optimum would be all on and nothing paid.
    """
    site = {"pue": 1.25, "auxiliary_load_mw": 0.5}
    c = conditions(farm(group(standby_w=1e5), site=site), [0.4, 0.85, 0.9])
    assert optimum(c).profit == usd((10 - 0.4 * 13) + (10 - 0.85 * 13) - 0.9 * 1.75)
    assert optimum(c).on() == [10, 10, 0]
    assert optimum(c, "balance").profit == usd(3 * 10)


def test_pue_by_temperature() -> None:
    """Proves that PUE is read off its curve: by hand 1.0 at 0 C, 1.5 at 40 C, so 1.25 at 20 C."""
    curve = {"temperature_c": (0.0, 40.0), "pue": (1.0, 1.5)}
    c = conditions(farm(site={"pue": curve}), [PAYS] * 3, temperature=[-5, 20, 45])
    assert optimum(c).profit == usd(10 * (3 - 0.4 * (1.0 + 1.25 + 1.5)))


def test_import_limit() -> None:
    """Proves that the interconnection bounds import.

    By hand: 6.5 MW run 6.5 machines. Without it the optimum would be ten.
    """
    c = conditions(farm(limit_mw=6.5), [PAYS])
    assert optimum(c).profit == usd(6.5 * 0.6)
    assert optimum(c).on() == [6.5]
    assert optimum(c, "import_limit").profit == usd(10 * 0.6)


@pytest.mark.parametrize(("penalty", "over_mw"), [(0.25, 3.5), (0.7, 0.0)])
def test_import_overrun_penalty(penalty: float, over_mw: float) -> None:
    """Proves that a priced limit is broken where that pays.

    By hand: each MWh over the limit gains 0.6 USD less the penalty, so 3.5 MW at 0.25 USD/MWh and none at 0.7; half an
    hour halves it all. Without the penalty the optimum would be ten machines.
    """
    c = conditions(farm(limit_mw=6.5, site={"import_violation_usd_per_mwh": penalty}), [PAYS], hours=0.5)
    assert optimum(c).profit == usd(0.5 * (6.5 * 0.6 + over_mw * (0.6 - penalty)))
    assert optimum(c).on() == [6.5 + over_mw]
    assert optimum(c, "import_overrun_penalty").profit == usd(0.5 * 10 * 0.6)


def onsite(available_mw: float, **more: float) -> dict[str, Any]:
    return {"onsite": {"available_mw": available_mw, **more}}


def test_export_limit() -> None:
    """Proves that no more leaves through the meter than may.

    By hand: 8 MW generated at 0.2, 3 MW sold at 2, ten machines on, 10 + 3 - 8 MW bought at 0.4 USD/MWh. Without it
    the optimum would sell all 8 MW and buy ten.
    """
    own = onsite(8.0, cost_usd_per_mwh=0.2, export_limit_mw=3.0, export_price_usd_per_mwh=2.0)
    c = conditions(farm(energy=own), [PAYS])
    assert optimum(c).profit == usd(10 + 3 * 2.0 - 8 * 0.2 - 5 * 0.4)
    assert optimum(c, "export_limit").profit == usd(10 + 8 * 2.0 - 8 * 0.2 - 10 * 0.4)


def test_export_source() -> None:
    """Proves that power bought is not sold on.

    By hand: only the 2 MW generated are sold. Without it the optimum would buy a third megawatt at 0.4 to sell at 2.
    """
    own = onsite(2.0, cost_usd_per_mwh=0.2, export_limit_mw=3.0, export_price_usd_per_mwh=2.0)
    c = conditions(farm(energy=own), [PAYS])
    assert optimum(c).profit == usd(10 + 2 * 2.0 - 2 * 0.2 - 10 * 0.4)
    assert optimum(c, "export_source").profit == usd(10 + 3 * 2.0 - 2 * 0.2 - 11 * 0.4)


def test_ramp_up() -> None:
    """Proves that import rises by 3 MW an hour at most.

    By hand: off in the dear hour, then 3, 6 and 9 machines; keeping one on early costs 2 USD and gains 3 x 0.6. Without
    it the optimum would be ten at once.
    """
    c = conditions(farm(site={"ramp_up_mw_per_hour": 3.0}), [DEAR, PAYS, PAYS, PAYS])
    assert optimum(c).profit == usd((3 + 6 + 9) * 0.6)
    assert optimum(c).on() == [0, 3, 6, 9]
    assert optimum(c, "ramp_up").profit == usd(30 * 0.6)


def test_first_ramp_up() -> None:
    """Proves that the ramp begins at the import carried in.

    By hand: from 2 MW to 5, 8 and 10. Without it the optimum would be ten from the beginning.
    """
    site, state = {"ramp_up_mw_per_hour": 3.0}, {"grid_import_mw": 2.0}
    c = conditions(farm(site=site, state=state), [PAYS] * 3)
    assert optimum(c).profit == usd((5 + 8 + 10) * 0.6)
    assert optimum(c).on() == [5, 8, 10]
    assert optimum(c, "first_ramp_up").profit == usd(30 * 0.6)


def test_ramp_down() -> None:
    """Proves that import falls by 4 MW an hour at most.

    By hand: four machines can be off in time for the dear hours; a fifth gains 0.6 and then loses 2 USD. Without it
    the optimum would be ten in the hour that pays.
    """
    c = conditions(farm(site={"ramp_down_mw_per_hour": 4.0}), [PAYS, DEAR, DEAR])
    assert optimum(c).profit == usd(4 * 0.6)
    assert optimum(c).on() == [4, 0, 0]
    assert optimum(c, "ramp_down").profit == usd(10 * 0.6)


def test_first_ramp_down() -> None:
    """Proves that the fall begins at the import carried in.

    By hand: from 10 MW to 6, 2 and 0, each losing 2 USD/MWh. Without it the optimum would be off at once.
    """
    site, state = {"ramp_down_mw_per_hour": 4.0}, {"grid_import_mw": 10.0}
    c = conditions(farm(site=site, state=state), [DEAR] * 3)
    assert optimum(c).profit == usd(-2.0 * (6 + 2))
    assert optimum(c).on() == [6, 2, 0]
    assert optimum(c, "first_ramp_down").profit == usd(0.0)


def test_ramps_over_intervals_of_mixed_length() -> None:
    """Proves that a ramp of 4 MW an hour is 1 MW into a quarter of an hour and 2 MW into half an hour.

    By hand: 0, 1, 3, 7 machines over 1, 1/4, 1/2 and 1 hour; downwards from 10 MW 9, 7 and 3 MW that lose 2 USD/MWh.
    """
    site, state = {"ramp_down_mw_per_hour": 4.0}, {"grid_import_mw": 10.0}
    down = optimum(conditions(farm(site=site, state=state), [DEAR] * 3, hours=[0.25, 0.5, 1]))
    assert down.on() == [9, 7, 3]
    assert down.profit == usd(-2.0 * (9 * 0.25 + 7 * 0.5 + 3 * 1))
    c = conditions(farm(site={"ramp_up_mw_per_hour": 4.0}), [DEAR, PAYS, PAYS, PAYS], hours=[1, 0.25, 0.5, 1])
    assert optimum(c).on() == [0, 1, 3, 7]
    assert optimum(c).profit == usd((1 * 0.25 + 3 * 0.5 + 7 * 1) * 0.6)


def test_a_call_is_reached_in_steps_that_a_later_plan_can_follow() -> None:
    """Proves that a long interval lends no fall to the beginning of a call.

    By hand, 4 MW an hour: a plan made at 07:00 has quarters of an hour, and falls 1 MW by each. So 6 MW are the most
    before a call to 5 MW at 08:00, and the plan of 07:00 from ten machines is just in time: 9, 8, 7, 6, 5. A fall of
    a whole hour's ramp at 08:00 would let nine run until then, and leave 3 MW to fall at once.
    """
    down = call("08:00", "09:00", 5.0)
    state = {"grid_import_mw": 10.0, "groups": {"G": {"running": 10}}}
    ramp: dict[str, Any] = {"site": {"ramp_down_mw_per_hour": 4.0}, "events": (down,), "state": state}
    c = conditions(farm(**ramp), [PAYS] * 6, hours=[0.25] * 4 + [1, 1])
    assert optimum(c, uncut="a plan that begins in hours falls by the hour").on() == [10, 10, 10, 10, 6, 5]
    assert optimum(c).profit == usd((10 + 6 + 5) * 0.6)
    assert optimum(c, "ramp_to_limit").profit == usd((10 + 9 + 5) * 0.6)
    ramp["state"] = {**state, "at": "2026-02-11 07:00+00:00"}
    later = conditions(farm(**ramp), [PAYS] * 5, hours=[0.25] * 4 + [1], start="2026-02-11 07:00+00:00")
    assert optimum(later).on() == [9, 8, 7, 6, 5]
    assert hard_limit(c).import_mw.tolist() == [13, 12, 11, 10, 6, 5]


FORMS: dict[str, tuple[dict[str, Any], float]] = {
    "to a level": ({"form": "to_level", "mw": 4.0}, 4.0),
    "by an amount": ({"form": "by_amount", "mw": 7.0, "baseline_mw": 12.0}, 5.0),
    "to a share": ({"form": "to_share", "share": 0.25, "baseline_mw": 12.0}, 3.0),
    "full": ({"form": "full_stop"}, 0.5),
}


@pytest.mark.parametrize("form", FORMS)
def test_event_cap(form: str) -> None:
    """Proves that a call caps import for its hour, in each of its forms.

    By hand: 0.5 MW are auxiliary load, the rest of the cap runs machines; a full stop leaves the auxiliary load alone.
    Without it the optimum would be ten throughout.
    """
    cut, cap = FORMS[form]
    c = conditions(farm(site={"auxiliary_load_mw": 0.5}, events=(call("07:00", "08:00", cut=cut),)), [PAYS] * 3)
    auxiliary = 3 * 0.5 * PAYS
    assert optimum(c).profit == usd((10 + (cap - 0.5) + 10) * 0.6 - auxiliary)
    assert optimum(c).on() == [10, cap - 0.5, 10]
    assert optimum(c, "event_cap").profit == usd(30 * 0.6 - auxiliary)


def test_a_full_stop_leaves_standby_and_auxiliary_load() -> None:
    """Proves that ten machines on 0.05 MW standby at PUE 1.2 with 0.5 MW auxiliary may draw their 1.1 MW."""
    site = {"auxiliary_load_mw": 0.5, "pue": 1.2}
    c = conditions(
        farm(group(standby_w=5e4), site=site, events=(call("07:00", "08:00", cut={"form": "full_stop"}),)), [0.0] * 3
    )
    assert optimum(c).on() == [10, 0, 10]
    assert optimum(c).profit == usd(20.0)


@pytest.mark.parametrize(("penalty", "over_mw"), [(0.2, 6.0), (0.7, 0.0)])
def test_event_penalty(penalty: float, over_mw: float) -> None:
    """Proves that a priced call is broken where that pays.

    By hand, over half an hour: 6 MW over the cap gain 0.6 - 0.2 USD/MWh; at 0.7 USD/MWh nothing is gained. Without the
    penalty the optimum would be ten machines.
    """
    priced = call("06:00", "06:30", 4.0, violation_usd_per_mwh=penalty)
    c = conditions(farm(events=(priced,)), [PAYS], hours=0.5)
    assert optimum(c).profit == usd(0.5 * (4 * 0.6 + over_mw * (0.6 - penalty)))
    assert optimum(c).on() == [4 + over_mw]
    assert optimum(c, "event_penalty").profit == usd(0.5 * 10 * 0.6)


def test_a_call_holds_for_every_interval_it_touches() -> None:
    """Proves that a call from 07:30 to 08:15 caps both hours: 10, 4, 4 and 10 machines."""
    c = conditions(farm(events=(call("07:30", "08:15", 4.0),)), [PAYS] * 4)
    assert optimum(c).on() == [10, 4, 4, 10]
    assert optimum(c).profit == usd((10 + 4 + 4 + 10) * 0.6)


def test_overlapping_calls_each_cap() -> None:
    """Proves that of two calls at once the tighter one rules, and each is paid for by itself.

    By hand: hard at 6 MW, priced at 0.1 USD/MWh over 2 MW: six machines, four of them at a penalty.
    """
    hard = call("06:00", "07:00", 6.0)
    soft = call("06:00", "07:00", 2.0, "soft", violation_usd_per_mwh=0.1)
    c = conditions(farm(events=(hard, soft)), [PAYS])
    assert optimum(c).on() == [6]
    assert optimum(c).profit == usd(6 * 0.6 - 4 * 0.1)
