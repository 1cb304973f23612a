"""Promises of uptime by hand. A client's machine draws one MW and pays 0.5 USD/MWh; a self-mined one earns 1 USD/h."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import settle
from optimizer.plan.checker import check
from optimizer.plan.planning import plan_conditions
from tests.farms import call, conditions, farm, group
from tests.worked_examples.optimum import optimum, usd

LAST_HOURS = "2026-02-28 20:00+00:00"  # four hours to the end of February's 672
MONTH = 672.0
EVENT = {"start": "2026-02-28 21:00", "end": "2026-02-28 22:00"}


def hosted(name: str = "H", units: int = 10, **more: Any) -> dict[str, Any]:
    """Ten machines of a client."""
    return group(name, units, hosting={"fee_usd_per_mwh": 0.5}, **more)


def client(share: float = 0.9, *steps: dict[str, Any], excused: Any = None, **more: Any) -> dict[str, Any]:
    """A client who owns group H and is promised so much uptime, less at so many steps of credits."""
    uptime = {"share": share, "credits": steps, **({"excused": excused} if excused else {})}
    return {"name": "Ann", "groups": ("H",), "uptime": uptime, **more}


def so_far(downtime: float, **more: Any) -> dict[str, Any]:
    """So many machine-hours of downtime before the plan."""
    return {"at": LAST_HOURS, "uptime": {"downtime_machine_hours": {"Ann": downtime}, **more}}


def left(machine_hours: float, share: float = 0.9, units: int = 10) -> float:
    """The downtime so far that leaves so many machine-hours of a promise."""
    return (1.0 - share) * MONTH * units - machine_hours


def promised(
    one: dict[str, Any], prices: list[float], *, state: Any = None, fleet: Any = None, **more: Any
) -> Conditions:
    """The last hours of February under a promise."""
    machines = (hosted(),) if fleet is None else fleet
    built = farm(*machines, clients=(one,), state=so_far(left(5.0)) if state is None else state, **more)
    return conditions(built, prices, start=LAST_HOURS)


def test_the_dearest_hours_are_off_as_far_as_the_promise_lasts() -> None:
    """Proves a hard promise: five of its machine-hours of downtime are left, and they go where power is dearest.

    By hand: at 0.25, 3, 1 and 2 USD/MWh a machine-hour gains 0.25 and loses 2.5, 0.5 and 1.5 USD. All ten are wanted
    off in three hours; five may be, in the hour at 3: 10 x 0.25 - 5 x 2.5 - 10 x 0.5 - 10 x 1.5 USD = -30. Without
    promised_uptime only the first hour is run: 2.5 USD.
    """
    c = promised(client(), [0.25, 3.0, 1.0, 2.0])
    assert (optimum(c).on("H"), optimum(c).profit) == ([10, 5, 10, 10], usd(-30.0))
    assert optimum(c, "promised_uptime").profit == usd(2.5)
    assert optimum(c, "client_downtime").profit == usd(2.5)


def test_credits_are_paid_where_they_are_cheaper() -> None:
    """Proves steps: below 90 % 1 USD per machine-hour, below 89.9 % 2 USD more; 0.1 % of 6,720 hours are 6.72.

    By hand: five machine-hours are free, the next 6.72 cost 1 USD each, every one after that 3 USD. Off pays 2.5 USD
    in the hour at 3, 1.5 at 2 and 0.5 at 1 USD/MWh: 5 are off free and 5 for 1 USD each at 3, then 1.72 for 1 USD at 2;
    more would cost 3 USD. 2.5 - 0 - 8.28 x 1.5 - 10 x 0.5 - 6.72 x 1 USD = -21.64.
    """
    steps = ({"usd_per_machine_hour": 1.0}, {"below": 0.899, "usd_per_machine_hour": 3.0})
    c = promised(client(0.9, *steps), [0.25, 3.0, 1.0, 2.0])
    assert optimum(c).on("H") == [10, 0, 10, pytest.approx(8.28)]
    assert optimum(c).profit == usd(2.5 - 8.28 * 1.5 - 5.0 - 6.72)
    assert settle(c, optimum(c).dispatch).lines["uptime_credits"] == usd(-6.72)
    assert optimum(c, "uptime_credits").profit == usd(2.5)


def test_credits_as_a_share_of_the_fee() -> None:
    """Proves that 1 % of the fee per point is 672 x 0.01 / 67.2 = 0.1 USD per machine-hour; and the fee itself.

    By hand: ten are off at 1 USD/MWh, where that saves 0.5 USD: five are free, five cost 0.1 USD. With them 4 hours of
    the fee of 672 USD: 3 x 10 x 0.25 - 0.5 + 4 USD.
    """
    c = promised(client(0.9, {"fee_share_per_point": 0.01}, fee_usd_per_month=672.0), [0.25, 0.25, 1.0, 0.25])
    assert (optimum(c).on("H"), optimum(c).profit) == ([10, 10, 0, 10], usd(7.5 - 0.5 + 4.0))
    assert optimum(c, "client_fees").profit == usd(7.0)


def test_clients_and_self_mined_give_way_by_price() -> None:
    """Proves that prices decide who is off under a cap: at a credit of 0.4 USD a client's is worth 0.9, at 0.6 1.1 USD.

    By hand, one hour at 0.25 USD/MWh under a cap of 10 MW for ten of each: self-mined earn 1 USD, a client's 0.5 and
    the credit. At 0.4 USD the self-mined run: 10 x 0.75 - 10 x 0.4; at 0.6 the client's do: 10 x 0.25.
    """
    for credit, on, profit in ((0.4, ([10], [0]), 7.5 - 4.0), (0.6, ([0], [10]), 2.5)):
        one = client(0.9, {"usd_per_machine_hour": credit})
        c = promised(one, [0.25], state=so_far(left(0.0)), fleet=(group(), hosted()), limit_mw=10.0)
        c = conditions(c.farm, [0.25], start="2026-02-28 23:00+00:00")
        assert ((optimum(c).on("G"), optimum(c).on("H")), optimum(c).profit) == (on, usd(profit))


def test_named_events_excuse_and_others_do_not() -> None:
    """Proves that a full stop by "storm" counts against nobody where it is excused, and for 10 machine-hours else.

    By hand: none are left, 1 USD each. With all or "storm" excused three hours gain 0.25 each: 7.5 USD; else 10 less.
    """
    storm = call("21:00", "22:00", 0.0, "storm") | EVENT
    paid = {"usd_per_machine_hour": 1.0}
    for named, profit in (("all", 7.5), (("storm",), 7.5), ((), -2.5)):
        c = promised(client(0.9, paid, excused={"calls": named}), [0.25] * 4, state=so_far(left(0.0)), events=(storm,))
        assert optimum(c).on("H") == [10, 0, 10, 10]
        assert optimum(c).profit == usd(profit)


def test_hours_above_the_agreed_price_are_excused() -> None:
    """Proves that a price above 2 USD/MWh excuses the hour: all are off in it, and the five left go to the hour at 2.

    By hand: 2.5 - 0 - 10 x 0.5 - 5 x 1.5 USD.
    """
    c = promised(client(excused={"above_usd_per_mwh": 2.0}), [0.25, 3.0, 1.0, 2.0])
    assert (optimum(c).on("H"), optimum(c).profit) == ([10, 0, 10, 5], usd(2.5 - 5.0 - 7.5))


def test_maintenance_is_excused_up_to_its_hours() -> None:
    """Proves that 0.6 hours a machine, 6 machine-hours, of which 2 are used, excuse 4 of the 6 that an outage takes.

    By hand: 2 machines are out for three hours; 4 machine-hours of it are excused, 2 count, 5 are left. So 3 may be off
    at 3 USD/MWh: 5 run of the 8 there. 2.5 - 5 x 2.5 - 8 x 0.5 - 8 x 1.5 USD. Where all maintenance is excused 3 run.
    """
    out = {"start": "2026-02-28 21:00", "end": "2026-03-01 00:00", "units": 2}
    state = so_far(left(5.0), maintenance_machine_hours={"Ann": 2.0})
    for excused, on, profit in (({"maintenance_hours": 0.6}, 5, -26.0), ({}, 3, -21.0)):
        c = promised(client(excused=excused), [0.25, 3.0, 1.0, 2.0], state=state, fleet=(hosted(outages=(out,)),))
        assert (optimum(c).on("H"), optimum(c).profit) == ([10, on, 8, 8], usd(profit))


def test_what_cuts_earn_is_shared() -> None:
    """Proves that a call paying 1 USD/MWh below 10 MW is worth 0.8 where the client is paid a fifth.

    By hand, in the hour of the call a machine gains 0.25 and its cut 0.8 USD: 10 x 0.8 + 3 x 10 x 0.25. At a share of
    0.9 the cut is worth 0.1 to the farm and none is made: 10 USD. Without client_cut_share it were 10 + 7.5.
    """
    paid = {"name": "paid", "voluntary": True, "payment": {"usd_per_mwh": 1.0, "baseline_mw": 10.0}} | EVENT
    one = client(0.0, excused={"calls": "all"}, cut_income_share=0.2)
    c = promised(one, [0.25] * 4, state={}, events=(paid,))
    assert (optimum(c).on("H"), optimum(c).profit) == ([10, 0, 10, 10], usd(8.0 + 7.5))
    assert settle(c, optimum(c).dispatch).lines["client_cut_share"] == usd(-2.0)
    assert optimum(c, "client_cut_share").profit == usd(10.0 + 7.5)
    greedy = promised(one | {"cut_income_share": 0.9}, [0.25] * 4, state={}, events=(paid,))
    assert (optimum(greedy).on("H"), optimum(greedy).profit) == ([10] * 4, usd(10.0))


def test_two_modes_and_two_groups_count_as_machines() -> None:
    """Proves that any mode and any group of the client's is uptime: frugal machines run where the hour is dear.

    By hand: H draws 0.5 MW or in eco half of it, I draws 1 MW, ten of each, an hour at 3 USD/MWh; of 20 machine-hours 5
    may be missed. I loses 2.5 USD an hour, H 0.625 in eco: 5 of I are off; -10 x 0.625 - 5 x 2.5 USD.
    """
    fleet = (hosted(watts=5e5, other_modes={"eco": (600.0, 2.5e5)}, modes=("normal", "eco")), hosted("I"))
    one = client() | {"groups": ("H", "I")}
    built = farm(
        *fleet,
        clients=(one,),
        state={"at": LAST_HOURS, "uptime": {"downtime_machine_hours": {"Ann": left(5.0, units=20)}}},
    )
    c = conditions(built, [3.0], start="2026-02-28 23:00+00:00")
    assert (optimum(c).on("H", "eco"), optimum(c).on("I")) == ([10], [5])
    assert optimum(c).profit == usd(-6.25 - 12.5)


def test_a_promise_that_is_lost_costs_no_more_than_the_hours_to_come() -> None:
    """Proves that nothing before the plan is charged to it: of 100 machine-hours too many none, of ten more each."""
    c = promised(client(0.9, {"usd_per_machine_hour": 1.0}), [0.25, 3.0], state=so_far(left(-100.0)))
    c = conditions(c.farm, [0.25, 3.0], start="2026-02-28 22:00+00:00")
    assert (optimum(c).on("H"), optimum(c).profit) == ([10, 0], usd(2.5 - 10.0))


def test_reasons_and_strike_prices() -> None:
    """Under a cap the client's run on and the self-mined are off for it; in dear hours the client's strike price rises.

    By hand: an hour at 3 USD/MWh, one at 0.25 under a cap of 10 MW: of 20 MW the client's 10 stay, for a credit of 2.7
    USD which the farm pays neither here nor there. Its machines stop at 3.2 USD/MWh, the self-mined at 1.
    """
    storm = call("23:00", "24:00", 10.0, "cap") | {"start": "2026-02-28 23:00", "end": "2026-03-01 00:00"}
    one = client(0.9, {"usd_per_machine_hour": 2.7})
    c = promised(one, [0.25], state=so_far(left(0.0)), fleet=(group(), hosted()), events=(storm,))
    plan = plan_conditions(conditions(c.farm, [3.0, 0.25], start="2026-02-28 22:00+00:00"))
    assert plan.dispatch.units_on["H", "normal"].tolist() == [10, 10]
    assert plan.dispatch.units_on["G", "normal"].tolist() == [0, 0]
    assert plan.explanation.strike.round(6).tolist() == [[1.0, 1.0], [3.2, 3.2]]
    assert plan.explanation.off[Reason.PRICE].tolist() == [[10, 0], [0, 0]]
    assert plan.explanation.off[Reason.EVENT].tolist() == [[0, 10], [0, 0]]


def test_the_checker_refuses_more_downtime_than_is_promised() -> None:
    c = promised(client(), [0.25] * 4)
    kept = optimum(c).dispatch
    for off, found in ((5.0, []), (5.5, ["promised uptime broken by Ann in interval 1: 0.5 machine-hours"])):
        on = kept.units_on["H", "normal"].copy()
        on[1] -= off
        broken = kept.with_(units_on={("H", "normal"): on})
        assert [str(breach) for breach in check(c, broken, whole=False)] == found
    priced = promised(client(0.9, {"usd_per_machine_hour": 1.0}), [0.25] * 4)
    assert check(priced, kept.with_(units_on={("H", "normal"): 0.0 * on})) == []
