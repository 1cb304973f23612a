"""What a rate of the database becomes in a contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optimizer.config.contract import Contract
from optimizer.config.load import contract_in, load_contract
from optimizer.config.rates import Rates
from optimizer.config.yaml12 import parse
from optimizer.errors import InputError
from optimizer.tariff.urdb import contract_text
from tests.tariff.rates import flat, rate, saved

EVENING = [[int(16 <= hour < 21) for hour in range(24)] for _ in range(12)]
SUMMER = [int(5 <= month < 9) for month in range(12)]


def imported(folder: Path, *, holidays: str | None = None, leave_out: tuple[str, ...] = (), **more: Any) -> Contract:
    return contract_in(parse(contract_text(saved(folder, rate(**more)), None, leave_out, holidays)))


def test_one_period_is_one_price(tmp_path: Path) -> None:
    contract = imported(tmp_path)
    assert contract.energy.price_usd_per_mwh == 50.0
    assert contract.energy == type(contract.energy)(price_usd_per_mwh=50.0)
    assert contract.name == "Large General Service"


def test_a_structure_of_one_period_needs_no_schedule(tmp_path: Path) -> None:
    contract = imported(tmp_path, energyweekdayschedule=None, energyweekendschedule=None)
    assert contract.energy.price_usd_per_mwh == 50.0


def test_prices_are_exact_in_decimals(tmp_path: Path) -> None:
    """0.01413 + 0.03389 in binary fractions, times 1000, is 48.02000000000001."""
    contract = imported(tmp_path, energyratestructure=[[{"rate": 0.01413, "adj": 0.03389}]])
    assert contract.energy.price_usd_per_mwh == 48.02


def test_time_of_use(tmp_path: Path) -> None:
    structure = [[{"rate": 0.03}], [{"rate": 0.09}], [{"rate": 9.0}]]  # the last is in no schedule
    energy = imported(tmp_path, energyratestructure=structure, energyweekdayschedule=EVENING).energy
    assert isinstance(energy.price_usd_per_mwh, Rates)
    low, high = energy.price_usd_per_mwh.rates
    assert (low.name, low.usd_per_mwh) == ("Energy period 1", 30.0)
    assert (high.name, high.usd_per_mwh) == ("Energy period 2", 90.0)
    assert high.when.days == ("mon", "tue", "wed", "thu", "fri")
    assert [(span.start, span.end) for span in high.when.hours or ()] == [(16, 21)]


def test_holidays_go_with_the_weekend(tmp_path: Path) -> None:
    structure = [[{"rate": 0.03}], [{"rate": 0.09}]]
    more = {"energyratestructure": structure, "energyweekdayschedule": EVENING}
    energy = imported(tmp_path, holidays="nerc", **more).energy
    assert energy.holidays == "nerc"
    assert isinstance(energy.price_usd_per_mwh, Rates)
    low, high = energy.price_usd_per_mwh.rates
    assert low.when.table()[:, -1].all()
    assert not high.when.table()[:, -1].any()


def test_rising_tiers(tmp_path: Path) -> None:
    """40 USD/MWh, above 20 MWh 10 more; in summer 60, above 20 MWh 10 more and above 50 MWh 5 more."""
    winter = [{"rate": 0.04, "max": 20_000, "unit": "kWh"}, {"rate": 0.05, "unit": "kWh"}]
    summer = [{"rate": 0.06, "max": 20_000}, {"rate": 0.07, "max": 50_000}, {"rate": 0.075}]
    by_season = [[period] * 24 for period in SUMMER]
    energy = imported(
        tmp_path,
        energyratestructure=[winter, summer],
        energyweekdayschedule=by_season,
        energyweekendschedule=by_season,
    ).energy
    first, second = energy.tiers
    assert (first.above_mwh_per_month, first.adds_usd_per_mwh, first.when) == (20.0, 10.0, None)
    assert (second.above_mwh_per_month, second.adds_usd_per_mwh) == (50.0, 5.0)
    assert second.when.months == (6, 7, 8, 9)


def test_equal_tiers_of_several_periods_count_the_month(tmp_path: Path) -> None:
    structure = [[{"rate": r, "max": 20_000}, {"rate": r + 0.01}] for r in (0.03, 0.09)]
    energy = imported(tmp_path, energyratestructure=structure, energyweekdayschedule=EVENING).energy
    assert [(tier.above_mwh_per_month, tier.adds_usd_per_mwh, tier.when) for tier in energy.tiers] == [
        (20.0, 10.0, None)
    ]


def test_demand(tmp_path: Path) -> None:
    """No charge in the first period; in the second 8 $/kW, above 100 kW 3 more; and by the month 5, in summer 7."""
    contract = imported(
        tmp_path,
        demandrateunit="kW",
        demandratestructure=[[{"rate": 0}], [{"rate": 6, "adj": 2, "max": 100}, {"rate": 11}]],
        demandweekdayschedule=EVENING,
        demandweekendschedule=flat(),
        flatDemandUnits="kW",
        flatdemandstructure=[[{"rate": 5}], [{"rate": 7}]],
        flatdemandmonths=SUMMER,
    )
    charges = [(demand.name, demand.usd_per_kw, demand.above_mw) for demand in contract.energy.demand]
    assert charges == [
        ("Demand period 2", 8.0, 0.0),
        ("Demand period 2, above 100 kW", 3.0, 0.1),
        ("Demand of season 1", 5.0, 0.0),
        ("Demand of season 2", 7.0, 0.0),
    ]
    on_peak, above, winter, summer = (demand.when for demand in contract.energy.demand)
    assert on_peak == above
    assert on_peak.days == ("mon", "tue", "wed", "thu", "fri")
    assert winter.months == (1, 2, 3, 4, 5, 10, 11, 12)
    assert summer.months == (6, 7, 8, 9)


FLAT = {"flatdemandstructure": [[{"rate": 5, "max": 100}, {"rate": 6}]], "flatdemandmonths": [0] * 12}


def test_ratchet_over_a_range(tmp_path: Path) -> None:
    contract = imported(tmp_path, **FLAT, lookbackPercent=0.8, lookbackRange=11, lookbackMonths=[False] * 12)
    for demand in contract.energy.demand:
        assert (demand.ratchet.share, demand.ratchet.months, demand.ratchet.of_months) == (0.8, 11, None)


def test_ratchet_of_months(tmp_path: Path) -> None:
    contract = imported(
        tmp_path, **FLAT, lookbackpercent=0.6, lookbackrange=0, lookbackmonths=[bool(m) for m in SUMMER]
    )
    ratchets = [demand.ratchet for demand in contract.energy.demand if demand.ratchet is not None]
    assert [(one.share, one.months, one.of_months) for one in ratchets] == [(0.6, 11, (6, 7, 8, 9))] * 2
    assert any("lookbackmonths does not say how far back" in note for note in contract.notes)


@pytest.mark.parametrize(
    ("unit", "usd", "note"),
    [("$/month", 120.0, False), ("$/day", 120.0 * 365 / 12, True), ("$/year", 10.0, True)],
)
def test_fixed_charge(tmp_path: Path, unit: str, usd: float, note: bool) -> None:
    contract = imported(tmp_path, fixedchargefirstmeter=120, fixedchargeunits=unit)
    assert contract.energy.fixed_usd_per_month == pytest.approx(usd)
    assert any("fixedchargefirstmeter" in text for text in contract.notes) == note


def test_minimum_bill(tmp_path: Path) -> None:
    assert imported(tmp_path, minmonthlycharge=500).energy.minimum_bill_usd_per_month == 500.0
    more = {"mincharge": 12, "minchargeunits": "$/day"}
    assert imported(tmp_path, **more).energy.minimum_bill_usd_per_month == pytest.approx(365.0)


def test_notes_say_what_a_person_should_know(tmp_path: Path) -> None:
    contract = imported(
        tmp_path,
        leave_out=("demandReactPwrCharge",),
        demandReactPwrCharge=0.25,
        mindemand=500.0,
        approved=False,
        description="Line one\n  line two: yes",
        dgRules="Net Metering",
        servicetype="Delivery",
    )
    assert contract.notes == (
        "LEFT OUT: demandReactPwrCharge (0.25).",
        "Not yet approved by the database's reviewers.",
        "Service type: Delivery",
        "Description: Line one line two: yes",
        "For demand from, kW: 500",
        "Rule for own generation (exports are priced in energy.onsite, not here): Net Metering",
        "The database has no holidays; they are billed as the days of the week they fall on.",
    )


def test_comments_name_the_rate(tmp_path: Path) -> None:
    text = contract_text(saved(tmp_path, rate(uri="https://openei.org/x", startdate=1735718400)))
    for line in ("# Label: 5d0000000000000000000001", "# Utility: Test Electric Co", "# Page: https://openei.org/x",
                 "# In force from: 2025-01-01"):  # fmt: skip
        assert line in text.splitlines()


@pytest.mark.parametrize(
    "name", ["010", "0o17", "1e3", "no", "~", "14:00", "- a", "'", '"', "# x", "Größe é", "\u2028x", "a: b"]
)
def test_text_survives(tmp_path: Path, name: str) -> None:
    assert imported(tmp_path, name=name).name == name.replace("\u2028", "")


def test_what_is_written_loads_as_what_was_read(tmp_path: Path) -> None:
    """Round trip through a file, with everything that a contract can hold."""
    whole = rate(**FLAT, lookbackpercent=0.8, lookbackrange=11, fixedchargefirstmeter=1, fixedchargeunits="$/day")
    text = contract_text(saved(tmp_path, whole))
    (tmp_path / "contract.yaml").write_text(text, encoding="utf-8")
    assert load_contract(tmp_path / "contract.yaml") == contract_in(parse(text))
    assert contract_text(saved(tmp_path, whole)) == text, "the same bytes from the same rate"


def test_a_response_with_several_rates(tmp_path: Path) -> None:
    path = saved(tmp_path, rate(name="One"), rate(name="Two"))
    assert contract_in(parse(contract_text(path, 2))).name == "Two"
    for item in (None, 3):
        with pytest.raises(InputError, match=r"choose one with --item N:\n  1: One .*\n  2: Two"):
            contract_text(path, item)
