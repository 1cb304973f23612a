"""Amounts in any currency and unit, and temperatures in either degrees, come to one farm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optimizer.config.files import read_document
from optimizer.config.load import farm_in, load_farm
from optimizer.config.yaml12 import parse
from optimizer.errors import InputError
from optimizer.market.grid import grid_of
from optimizer.market.inputs import read_market
from optimizer.scenario.load import load_scenario

HEAD = """
name: Nordland
timezone: Europe/Oslo
currency: NOK
exchange_rates: {USD: 10.5, EUR: 11.7, CAD: 7.5}
site: {import_limit_mw: 20}
fleet:
  - {name: A, machine: {model: S21, hashrate_th: 200, power_w: 3500, cooling: air}, units: 100WEAR}
revenue: {btc_price_usd: 60000, difficulty: 120e12}
energy: {ENERGY}
horizon: {start: 2026-02-11 00:00, hours: 24}
"""


def farm_of(tmp_path: Path, energy: str = "price_per_mwh: 500", wear: str = "", **files: str) -> Any:
    """A Norwegian farm with so much about energy and wear, and files beside it."""
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text)
    path = tmp_path / "farm.yaml"
    path.write_text(HEAD.replace("ENERGY", energy).replace("WEAR", wear and f", {wear}"))
    return load_farm(path)


def market_of(farm: Any, folder: Path) -> Any:
    return read_market(farm, folder, grid_of(farm))


@pytest.mark.parametrize(
    ("written", "nok_per_mwh"),
    [
        ("price_per_mwh: 620", 620),
        ("price_per_mwh: 620 NOK/MWh", 620),
        ("price_per_mwh: 0.62 NOK/kWh", 620),
        ("price_per_mwh: 62 ct/kWh", 620),
        ("price_per_mwh: -62 CAD/MWh", -465),
        ("price_per_mwh: 6.2 ct CAD / kWh", 465),
        ("price_usd_per_mwh: 40", 420),
        ("price_usd_per_mwh: 40 EUR per MWh", 468),
        ("price_usd_per_mwh: '40'", 420),
        ("price_usd_per_mwh: 0.04/kWh", 420),
        ("price_usd_per_mwh: 4 ct/kWh", 420),
        ("price_per_mwh: €40/MWh", 468),
        ("price_per_mwh: 0.04 €/kWh", 468),
    ],
)
def test_a_price_may_carry_currency_and_unit_of_its_own(tmp_path: Path, written: str, nok_per_mwh: float) -> None:
    assert farm_of(tmp_path, written).energy.price_usd_per_mwh == pytest.approx(nok_per_mwh, rel=1e-12)


def test_a_dollar_sign_is_the_dollar_of_a_farm_in_us_dollars(tmp_path: Path) -> None:
    head = HEAD.replace("currency: NOK\nexchange_rates: {USD: 10.5, EUR: 11.7, CAD: 7.5}\n", "").replace("WEAR", "")
    for written in ("$52/MWh", "52 $/MWh", "$0.052/kWh"):
        (tmp_path / "farm.yaml").write_text(head.replace("ENERGY", f"price_per_mwh: {written}"))
        assert load_farm(tmp_path / "farm.yaml").energy.price_usd_per_mwh == pytest.approx(52)


def test_whatever_says_usd_is_converted_once(tmp_path: Path) -> None:
    contract = (
        "price_per_mwh: {rates: [{name: Peak, usd_per_mwh: 100, when: {hours: [{start: 7, end: 20}]}}], "
        "otherwise_per_mwh: 300}, fixed_usd_per_month: 1000, demand: [{name: D, per_kw: 4 EUR/kW-month}], "
        "coincident_peaks: [{name: C, rule: ercot_4cp, per_mw_year: 60 CAD/kW-year, probability: 0}]"
    )
    farm = farm_of(tmp_path, contract, "wear_usd_per_start: 0.02")
    energy = farm.energy
    assert energy.price_usd_per_mwh.rates[0].usd_per_mwh == 1050
    assert energy.price_usd_per_mwh.otherwise_usd_per_mwh == 300
    assert energy.fixed_usd_per_month == 10_500
    assert energy.demand[0].usd_per_kw == pytest.approx(46.8)
    assert energy.coincident_peaks[0].usd_per_mw_year == pytest.approx(450_000)
    assert (farm.fleet[0].wear_usd_per_start, farm.revenue.btc_price_usd) == (0.21, 630_000)
    blocks = 1e15 * 86_400 / (120e12 * 2**32)
    assert market_of(farm, tmp_path).hashprice_usd_per_ph_day[0] == pytest.approx(3.125 * blocks * 630_000)
    assert type(farm).model_validate_json(farm.model_dump_json(exclude_unset=True)) == farm  # as records keep it


def test_temperatures_in_fahrenheit(tmp_path: Path) -> None:
    text = HEAD.replace("WEAR", ", freeze_protection: {below_f: 23, minimum_running_share: 0, damage_per_unit_hour: 1}")
    text = text.replace("ENERGY", "price_per_mwh: 1").replace("import_limit_mw: 20", "import_limit_mw: 20, pue: PUE")
    text = text.replace("PUE", "{temperature_c: [14 F, 20 C, 30], pue: [1, 1.1, 1.2]}")
    (tmp_path / "t.csv").write_text("time,f\n2026-02-10 00:00,14\n2026-02-13 00:00,14\n")
    weather = "weather: {temperature_f: {file: t.csv, holds_until_next: true}}\n"
    (tmp_path / "farm.yaml").write_text(text + weather)
    farm = load_farm(tmp_path / "farm.yaml")
    assert farm.fleet[0].freeze_protection is not None
    assert farm.fleet[0].freeze_protection.below_c == pytest.approx(-5)
    assert farm.site.pue.temperature_c == (-10, 20, 30)
    assert market_of(farm, tmp_path).temperature_c == pytest.approx(-10)


HOURLY = "time,price\n" + "".join(f"2026-02-{10 + h // 24} {h % 24:02d}:00,{h}\n" for h in range(72))
RATES = "date,rate\n2026-02-09,11\n2026-02-11,12\n"


def test_files_say_their_currency_and_rates_may_be_a_series(tmp_path: Path) -> None:
    fixed = farm_of(tmp_path, "price_per_mwh: {file: p.csv, currency: EUR}", p=HOURLY, fx=RATES)
    assert market_of(fixed, tmp_path).energy_price_usd_per_mwh[[0, 23]] == pytest.approx([24 * 11.7, 47 * 11.7])
    text = HEAD.replace("EUR: 11.7", "EUR: {file: fx.csv}").replace("WEAR", "")
    moving = text.replace("ENERGY", "price_per_mwh: {file: p.csv, currency: EUR}, adders_per_mwh: 2 EUR/MWh")
    moving = moving.replace("start: 2026-02-11 00:00", "start: 2026-02-10 12:00")
    (tmp_path / "farm.yaml").write_text(moving)
    market = market_of(load_farm(tmp_path / "farm.yaml"), tmp_path)
    # The rate of 11 February holds on after the file's last row.
    assert market.energy_price_usd_per_mwh[[0, 11, 12, 23]] == pytest.approx([12 * 11, 23 * 11, 24 * 12, 35 * 12])
    assert market.adders_usd_per_mwh[[0, 11, 12, 23]] == pytest.approx([22, 22, 24, 24])


@pytest.mark.parametrize(
    ("energy", "place", "words"),
    [
        ("price_per_mwh: 5 SEK/MWh", "10:25: energy.price_per_mwh: ", "exchange_rates: {SEK: ...}"),
        ("price_per_mwh: 5 EUR/kW", "10:25: energy.price_per_mwh: ", "\"62 NOK/MWh\" (got '5 EUR/kW')"),
        ("price_per_mwh: 1.2.3 EUR/MWh", "10:25: energy.price_per_mwh: ", "must be a number"),
        (
            "price_per_mwh: 5, tiers: [{name: T, above_mwh_per_month: 1, adds_per_mwh: 1, when: {months: [1.2 F]}}]",
            "10:103: energy.tiers[0].when.months[0]: ",
            "must be a whole number",
        ),
        ("price_per_mwh: cheap", "10:25: energy.price_per_mwh: ", 'must be a number, "62 NOK/MWh", or a section'),
        ("price_per_mwh: 52 $/MWh", "10:25: energy.price_per_mwh: ", "write USD in place of $ (got '52 $/MWh')"),
        ("price_per_mwh: 5, demand: [{name: D, per_kw: 6 NOK/MWh}]", "10:55: ", '`per_kw` is: write "62 NOK/kW-month"'),
        ("price_per_mwh: 5, price_usd_per_mwh: 4", "10:10: energy.price_per_mwh: ", "`price_usd_per_mwh` too"),
        ("price_per_mwh: 5, adders_per_mwh: 2e6", "10:44: energy.adders_per_mwh: ", "must be at most"),
        ("price_per_mwh: {file: p.csv, currency: SEK}", "10:49: energy.price_per_mwh.currency: ", "SEK"),
    ],
)
def test_faults_stand_where_they_are_written(tmp_path: Path, energy: str, place: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        farm_of(tmp_path, energy)
    (fault,) = caught.value.faults
    assert place in str(fault)
    assert words in str(fault)


def test_an_amount_for_all_times_needs_a_rate_for_all_times(tmp_path: Path) -> None:
    text = HEAD.replace("EUR: 11.7", "EUR: {file: fx.csv}").replace("WEAR", "")
    with pytest.raises(InputError, match=r"fixed_per_month: is in EUR, whose rate changes"):
        farm_in(parsed(text.replace("ENERGY", "price_per_mwh: 1, fixed_per_month: 5 EUR"), tmp_path), tmp_path / "f")


def parsed(text: str, tmp_path: Path) -> Any:
    (tmp_path / "f").write_text(text)
    return read_document(tmp_path / "f")


def test_a_file_that_says_another_currency_is_not_believed(tmp_path: Path) -> None:
    said = "time,price,currency\n" + "".join(f"2026-02-11 {h:02d}:00,1,EUR\n" for h in range(24))
    with pytest.raises(InputError, match="prices are in EUR, not in NOK; beside the file say `currency: EUR`"):
        market_of(farm_of(tmp_path, "price_per_mwh: {file: p.csv}", p=said), tmp_path)
    with pytest.raises(InputError, match="prices are in EUR, not in USD"):
        market_of(farm_of(tmp_path, "price_usd_per_mwh: {file: p.csv}", p=said), tmp_path)


def test_scenarios_follow_the_farm_sweeps_too(tmp_path: Path) -> None:
    farm = farm_of(tmp_path)
    (tmp_path / "s.yaml").write_text(
        "name: S\nsummary: S\nsources: [made up]\nchanges:\n"
        "  - {kind: price, set_per_mwh: 5 EUR/MWh}\n  - {kind: adders, shift_usd_per_mwh: 2}\n"
        "sweep: [{change: 1, key: shift_per_mwh, values: [7, 1 CAD/MWh]}]\n"
    )
    from optimizer.scenario.load import load_scenarios

    made = load_scenarios(tmp_path / "s.yaml", farm)
    first = made[0].changes[0].change
    assert getattr(first, "set_usd_per_mwh") == pytest.approx(58.5)  # noqa: B009
    assert [getattr(one.changes[1].change, "shift_usd_per_mwh") for one in made] == [7, 7.5]  # noqa: B009
    with pytest.raises(InputError, match="sweep"):
        load_scenario(tmp_path / "s.yaml", farm)


def test_a_farm_in_dollars_is_read_as_it_stands() -> None:
    for path in Path("configs").glob("*.yaml"):
        text = path.read_text()
        if "fleet:" in text and "price_per_mwh" not in text:
            assert read_document(path).data == parse(text).data


def test_a_price_file_in_place_of_the_farms_is_in_its_currency_unless_the_farm_says_more(tmp_path: Path) -> None:
    (tmp_path / "now.csv").write_text(HOURLY)
    for rate, price, factor in (
        ("11.7", "price_per_mwh: 62 EUR/MWh", 1.0),
        ("{file: fx.csv}", "price_per_mwh: 62 EUR/MWh", 1.0),
        ("11.7", "price_per_mwh: {file: p.csv, currency: EUR}", 11.7),
        ("11.7", "price_per_mwh: {file: p.csv, usd_per_unit: {file: fx.csv}}", 12.0),
    ):
        (tmp_path / "fx.csv").write_text(RATES)
        text = HEAD.replace("EUR: 11.7", f"EUR: {rate}").replace("WEAR", "").replace("ENERGY", price)
        (tmp_path / "farm.yaml").write_text(text)
        farm = load_farm(tmp_path / "farm.yaml")
        market = read_market(farm, tmp_path, grid_of(farm), tmp_path / "now.csv")
        assert market.energy_price_usd_per_mwh[:2] == pytest.approx([24 * factor, 25 * factor])


def test_a_feed_is_in_the_farms_currency_or_converted(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from optimizer.daily.feed_rows import rows_in

    def heard(rows: str, feed: str) -> tuple[list[float], tuple[str, ...]]:
        farm_of(tmp_path)
        (tmp_path / "farm.yaml").write_text((tmp_path / "farm.yaml").read_text() + feed)
        farm = load_farm(tmp_path / "farm.yaml")
        now = datetime(2026, 2, 11, 6, tzinfo=UTC)
        batch = rows_in(rows.encode(), "x.csv", "UTC", now, 60, 10_000, farm.feed_rules)
        return [row.usd_per_mwh for row in batch.rows], batch.refused

    row = "2026-02-11T06:00Z,50,{}\n"
    head = "start,price,currency\n"
    assert heard(head + row.format("NOK"), "") == ([50], ())
    assert heard(head + row.format("EUR"), "")[1] == ("x.csv: line 2: the price is in EUR, not in NOK",)
    euros = "daily: {feed: {currency: EUR}}\n"
    assert heard(head + row.format("EUR"), euros)[0] == pytest.approx([585])
    assert "in USD, not in NOK" in heard("start,usd_per_mwh\n2026-02-11T06:00Z,50\n", "")[1][0]
    with pytest.raises(InputError, match=r"daily\.feed\.currency: needs `exchange_rates: \{SEK: \.\.\.\}`"):
        heard(head, "daily: {feed: {currency: SEK}}\n")


def test_what_is_no_temperature_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"8:\d+: fleet\[0\]\.minimum_start_temperature_f: must be a number \(got '1.2.3 F'"
    ):
        farm_of(tmp_path, wear="minimum_start_temperature_f: 1.2.3 F")
