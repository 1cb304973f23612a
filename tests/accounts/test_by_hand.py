"""Three intervals settled by hand, to the cent."""

from __future__ import annotations

import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.flows import grid_import_mw, site_load_mw
from optimizer.accounts.settlement import Settlement, settle
from tests.accounts.schedules import dispatch
from tests.farms import call, conditions, farm, group

FLEET = (
    group(
        "own",
        100,
        200.0,
        3_500.0,
        other_modes={"eco": (150.0, 2_300.0)},
        modes=("normal", "eco"),
        standby_w=50.0,
        restart_minutes=15.0,
        wear_usd_per_start=0.40,
    ),
    group("theirs", 10, 110.0, 3_250.0, hosting={"fee_usd_per_mwh": 70.0}, restart_minutes=15.0),
)


@pytest.fixture
def settled() -> Settlement:
    """A quarter, a half and a whole hour: 100, 60 in eco, 80 own machines; 10, 0, 10 of a customer's."""
    built = farm(
        *FLEET,
        site={"pue": 1.1, "auxiliary_load_mw": 0.02},
        energy={"adders_usd_per_mwh": 6.0, "loss_share": 0.02},
        revenue={"pool_fee_share": 0.01},
    )
    c = conditions(
        built, [40.0, 120.0, -10.0], hours=[0.25, 0.5, 1.0], hashprice=[36.0, 36.0, 48.0], btc_per_ph_day=5e-4
    )
    plan = dispatch({("own", "normal"): [100, 0, 80], ("own", "eco"): [0, 60, 0], ("theirs", "normal"): [10, 0, 10]})
    return settle(c, plan)


# MW at the meter: PUE times machines on and on standby, plus 0.02 MW
METERED = (
    1.1 * (100 * 0.003500 + 10 * 0.003250) + 0.02,
    1.1 * (60 * 0.002300 + 40 * 0.000050) + 0.02,
    1.1 * (80 * 0.003500 + 20 * 0.000050 + 10 * 0.003250) + 0.02,
)
BY_HAND = {
    # 36 USD/PH/day are 0.0015 USD per TH/s and hour, 48 are 0.002; the pool keeps 1 %
    "hash_revenue": (0.99 * 100 * 200 * 0.25 * 0.0015, 0.99 * 60 * 150 * 0.5 * 0.0015, 0.99 * 80 * 200 * 1.0 * 0.002),
    "hosting_revenue": (10 * 0.00325 * 0.25 * 70, 0.0, 10 * 0.00325 * 1.0 * 70),
    # 20 own machines start in the third interval and lose a quarter of an hour of 200 TH/s; hosted ones cost nothing
    "restart_loss": (0.0, 0.0, -0.99 * 20 * 200 * 0.25 * 0.002),
    "start_wear": (0.0, 0.0, -20 * 0.40),
    "energy": (-1.02 * 0.25 * METERED[0] * 40, -1.02 * 0.5 * METERED[1] * 120, +1.02 * 1.0 * METERED[2] * 10),
    "adders": tuple(-1.02 * h * mw * 6 for h, mw in zip((0.25, 0.5, 1.0), METERED, strict=True)),
}


def test_every_line_by_hand(settled: Settlement) -> None:
    """Those that are worked out, and nothing in any other."""
    assert set(BY_HAND) <= set(settled.usd)
    for name, usd in settled.usd.items():
        assert usd.tolist() == pytest.approx(list(BY_HAND.get(name, (0.0, 0.0, 0.0))), abs=1e-12), name


def test_the_totals_to_the_cent(settled: Settlement) -> None:
    """Worked on paper: 0.44075, 0.174 and 0.36485 MW at the meter."""
    assert settled.import_mw.tolist() == pytest.approx([0.44075, 0.174, 0.36485])
    assert settled.flows.load_mw.tolist() == pytest.approx(settled.import_mw.tolist())
    cents = {name: round(usd, 2) for name, usd in settled.lines.items() if usd}
    assert cents == {
        "hash_revenue": 45.79,  # 7.425 + 6.6825 + 31.68
        "hosting_revenue": 2.84,  # 0.56875 + 2.275
        "restart_loss": -1.98,
        "start_wear": -8.00,
        "energy": -11.42,  # -4.49565 - 10.6488 + 3.72147
        "adders": -3.44,  # -0.67435 - 0.53244 - 2.23288
    }
    assert round(settled.profit, 2) == 23.79
    assert settled.energy_mwh == pytest.approx(0.44075 * 0.25 + 0.174 * 0.5 + 0.36485)


def test_machines_started_and_bitcoin(settled: Settlement) -> None:
    """TH/s-hours: 0.99 x (100 x 200 x 0.25 + 60 x 150 x 0.5 + 80 x 200 - 20 x 200 x 0.25) = 24,255."""
    assert settled.starts["own"].tolist() == [0, 0, 20]
    assert settled.starts["theirs"].tolist() == [0, 0, 10]
    assert settled.hash_ph_days == pytest.approx(24_255 / 24_000)
    assert settled.btc == pytest.approx(24_255 / 24_000 * 5e-4)


def test_changing_modes_is_no_start() -> None:
    c = conditions(farm(FLEET[0]), [0.0, 0.0])
    modes = dispatch({("own", "normal"): [100, 0], ("own", "eco"): [0, 100]})
    assert settle(c, modes).starts["own"].tolist() == [0, 0]


def test_the_state_carried_in_counts_for_the_first_starts() -> None:
    c = conditions(farm(FLEET[0], state={"groups": {"own": {"running": 70}}}), [0.0])
    settled = settle(c, dispatch({("own", "normal"): [100], ("own", "eco"): [0]}))
    assert settled.starts["own"].tolist() == [30]
    assert settled.lines["start_wear"] == pytest.approx(-30 * 0.40)


def test_generation_export_and_limits_broken() -> None:
    """4 MW generated at 20, 1 MW of it sold at 90 USD/MWh; 10 MW of machines leave 7 MW through the meter.

    That is 2 MW above the interconnection's 5 at 500, and 3 MW above a call's 4 at 1,000 USD/MWh, for half an hour.
    """
    own = {"available_mw": 4.0, "cost_usd_per_mwh": 20.0, "export_limit_mw": 1.0, "export_price_usd_per_mwh": 90.0}
    priced = call("06:00", "06:30", violation_usd_per_mwh=1000.0)
    built = farm(limit_mw=5.0, site={"import_violation_usd_per_mwh": 500.0}, energy={"onsite": own}, events=(priced,))
    c = conditions(built, [50.0], hours=0.5)
    plan = dispatch({("G", "normal"): [10]}, onsite=4.0, export=1.0)
    assert site_load_mw(c, plan).tolist() == [10.0]
    assert grid_import_mw(c, plan).tolist() == [7.0]
    lines = {name: usd for name, usd in settle(c, plan).lines.items() if usd}
    assert lines == pytest.approx(
        {
            "hash_revenue": 10 * 0.5,
            "energy": -7 * 0.5 * 50,
            "onsite_cost": -4 * 0.5 * 20,
            "export_revenue": 1 * 0.5 * 90,
            "import_overrun_penalty": -2 * 0.5 * 500,
            "event_penalty": -3 * 0.5 * 1000,
        }
    )


def test_frost_damage_by_hand() -> None:
    """Half of ten machines should run, three do: two short at 16 USD an hour, for a quarter of an hour."""
    frost = {"below_c": -2.0, "minimum_running_share": 0.5, "damage_usd_per_unit_hour": 16.0}
    c = conditions(farm(group(freeze_protection=frost)), [0.0, 0.0], hours=0.25, temperature=[-5.0, 5.0])
    settled = settle(c, dispatch({("G", "normal"): [3, 0]}))
    assert settled.usd["frost_damage"].tolist() == [-2 * 16 * 0.25, 0.0]


def test_no_bitcoin_is_told_where_none_is_known() -> None:
    from tests.properties.changes import with_market

    c: Conditions = with_market(conditions(farm(), [0.0]), btc_per_ph_day=None)
    assert settle(c, dispatch({("G", "normal"): [10]})).btc is None
