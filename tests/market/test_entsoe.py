"""ENTSO-E documents: positions, resolutions, currencies, and what must not be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optimizer.errors import InputError
from tests.market.farms import series_of


def document(series: str, kind: str = "A44") -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Publication_MarketDocument '
        f'xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"><type>{kind}</type>{series}'
        "</Publication_MarketDocument>"
    )


def time_series(
    points: str = "<Point><position>1</position><price.amount>10</price.amount></Point>",
    curve: str = "A03",
    currency: str = "EUR",
    resolution: str = "PT15M",
    zone: str = "10YNO-2--------T",
    unit: str = "MWH",
    span: tuple[str, str] = ("2026-02-10T23:00Z", "2026-02-11T00:00Z"),
) -> str:
    return (
        f"<TimeSeries><in_Domain.mRID>{zone}</in_Domain.mRID><currency_Unit.name>{currency}</currency_Unit.name>"
        f"<price_Measure_Unit.name>{unit}</price_Measure_Unit.name><curveType>{curve}</curveType>"
        f"<Period><timeInterval><start>{span[0]}</start><end>{span[1]}</end></timeInterval>"
        f"<resolution>{resolution}</resolution>{points}</Period></TimeSeries>"
    )


def points(*pairs: tuple[int | str, float | str]) -> str:
    return "".join(
        f"<Point><position>{position}</position><price.amount>{price}</price.amount></Point>"
        for position, price in pairs
    )


def test_positions_left_out_repeat_under_a03(tmp_path: Path) -> None:
    text = document(time_series(points((1, 10), (3, 12.5))))
    assert series_of(tmp_path, text, usd_per_unit=2.0).values.tolist() == [20, 20, 25, 25]


def test_positions_left_out_are_gaps_under_a01(tmp_path: Path) -> None:
    text = document(time_series(points((1, 10), (3, 12.5)), curve="A01"))
    with pytest.raises(InputError) as caught:
        series_of(tmp_path, text, usd_per_unit=1.0)
    assert len(caught.value.faults) == 2


def test_a_first_position_left_out_is_a_gap_either_way(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="gap of 1 interval"):
        series_of(tmp_path, document(time_series(points((2, 12.5)))), usd_per_unit=1.0)


def test_resolutions_may_mix(tmp_path: Path) -> None:
    later = ("2026-02-11T00:00Z", "2026-02-11T02:00Z")
    text = document(time_series() + time_series(points((1, 5), (2, 6)), resolution="PT60M", span=later))
    series = series_of(tmp_path, text, usd_per_unit=1.0)
    assert ((series.ends - series.starts).total_seconds() / 60).tolist() == [15] * 4 + [60] * 2
    assert series.values.tolist() == [10] * 4 + [5, 6]


def test_a_zone_is_chosen_by_its_code_and_a_market_by_resolution(tmp_path: Path) -> None:
    hourly = time_series(points((1, 7)), resolution="PT60M")
    text = document(time_series() + time_series(zone="10YNO-1--------2") + hourly)
    with pytest.raises(InputError, match="several locations, 10YNO-1--------2, 10YNO-2--------T"):
        series_of(tmp_path, text, usd_per_unit=1.0)
    with pytest.raises(InputError, match="several series of the same time, resolution PT15M, resolution PT60M"):
        series_of(tmp_path, text, usd_per_unit=1.0, location="10YNO-2--------T")
    chosen = series_of(tmp_path, text, usd_per_unit=1.0, location="10YNO-2--------T", market="PT60M")
    assert chosen.values.tolist() == [7]
    with pytest.raises(InputError, match="holds no time series for location '10YDE'"):
        series_of(tmp_path, text, usd_per_unit=1.0, location="10YDE")


def test_dollars_need_no_rate_and_kilowatt_hours_are_converted(tmp_path: Path) -> None:
    text = document(time_series(points((1, 0.05)), currency="USD", unit="KWH", resolution="PT60M"))
    assert series_of(tmp_path, text).values == pytest.approx(np.array([50.0]))


REFUSAL = (
    '<?xml version="1.0"?><Acknowledgement_MarketDocument xmlns="urn:x"><Reason><code>999</code>'
    "<text>No matching data found</text></Reason></Acknowledgement_MarketDocument>"
)
BOMB = '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY b "boom"><!ENTITY c "&b;&b;&b;">]>\n<a>&c;</a>'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "prices.csv:2:1: holds <!DOCTYPE"),
        (BOMB.encode("utf-16-le"), "zero byte"),
        (BOMB.encode("utf-16"), "UTF-16"),
        (BOMB.replace('"1.0"', '"1.0" encoding="cp037"').encode(), "<!DOCTYPE"),
        (b'<?xml version="1.0"?>\n<a>\xff\xfe</a>', "not in UTF-8"),
        (document(time_series())[:-200], "broken XML"),
        ('<?xml version="1.0"?>' + "<a>" * 100_000, "broken XML"),
        ('<?xml version="1.0"?><rss/>', "no price document"),
        (document(time_series(), "A75"), "A75"),
        (document(""), "holds no time series"),
        (document(time_series(currency="EUR")), "exchange_rates: {EUR: ...}"),
        (document(time_series(currency="USD", resolution="PT7M")), "PT7M"),
        (document(time_series(currency="USD", unit="MAW")), "per MAW"),
        (document(time_series(points((0, 1)), currency="USD")), "position '0'"),
        (document(time_series(points((5, 1)), currency="USD")), "position '5'"),
        (document(time_series(points(("9" * 5000, 1)), currency="USD")), "position"),
        (document(time_series(points((1, "dear")), currency="USD")), "not a price"),
        (document(time_series(currency="USD", span=("2026-02-11T00:00Z", "2026-02-10T00Z"))), "not divide"),
        (document(time_series(currency="USD", span=("2026-02-11T00:00Z", "2099-02-10T00Z"))), "not divide"),
        (document(time_series(currency="USD", span=("soon", "2026-02-10T00:00Z"))), "'soon'"),
        (REFUSAL, "a refusal, not data: No matching data found"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        series_of(tmp_path, text)
