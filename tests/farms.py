"""Farms for tests: small ones built by hand, random ones built by Hypothesis. Machines are given inline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from optimizer.accounts.conditions import Conditions
from optimizer.config.farm import Farm
from optimizer.market.grid import Grid
from optimizer.market.inputs import ENERGY_PRICE, MarketInputs, read_market
from tests.contracts import charges

START = "2026-02-11 06:00+00:00"
NAMES = {
    "adders": "adders_usd_per_mwh", "hashprice": "hashprice_usd_per_ph_day", "temperature": "temperature_c",
    "import_limit": "import_limit_mw", "auxiliary": "auxiliary_load_mw", "onsite": "onsite_available_mw",
    "export_price": "export_price_usd_per_mwh",
}  # fmt: skip
HASHPRICE = 24.0  # USD per PH/s per day: 1,000 TH/s earn one USD per hour


def machine(hashrate_th: float, power_w: float, **modes: tuple[float, float]) -> dict[str, Any]:
    """An inline machine; further modes as name=(TH/s, W)."""
    return {
        "model": "test machine",
        "hashrate_th": hashrate_th,
        "power_w": power_w,
        "cooling": "air",
        "source": "made up for a test",
        "confidence": "low",
        "modes": {name: {"hashrate_th": th, "power_w": w} for name, (th, w) in modes.items()},
    }


def group(name: str = "G", units: int = 10, th: float = 1_000.0, watts: float = 1e6, **more: Any) -> dict[str, Any]:
    """A group of machines of one megawatt that earn one USD per hour each at `HASHPRICE`, unless told otherwise."""
    modes = more.pop("other_modes", {})
    return {"name": name, "units": units, "machine": machine(th, watts, **modes), **more}


def farm(*groups: dict[str, Any], limit_mw: float = 1e4, site: Any = None, energy: Any = None, **more: Any) -> Farm:
    """A farm of these groups; nothing couples anything unless told. A state is one of the plan's beginning."""
    if more.get("state"):
        more["state"] = {"at": START, **more["state"]}
    return Farm.model_validate(
        {
            "name": "test",
            "timezone": "UTC",
            "site": {"import_limit_mw": limit_mw, **(site or {})},
            "fleet": tuple(groups) or (group(),),
            "revenue": {"hashprice_usd_per_ph_day": HASHPRICE, **more.pop("revenue", {})},
            "energy": {"price_usd_per_mwh": 0.0, **(energy or {})},
            "weather": {"temperature_c": 10.0},
            "silenced": {"amounts": "made up"},
            **more,
        }
    )


def running(n: int, **more: Any) -> dict[str, Any]:
    """A farm's state in which so many machines of group G run as the plan begins."""
    return {"state": {"groups": {"G": {"running": n, **more}}}}


def span(start: str, end: str) -> dict[str, str]:
    """From one time of the plan's first day to another."""
    return {"start": f"2026-02-11 {start}", "end": f"2026-02-11 {end}"}


def outage(start: str, end: str, units: int) -> dict[str, Any]:
    """So many machines out of service."""
    return {**span(start, end), "units": units}


def call(start: str, end: str, mw: float | None = 4.0, name: str = "call", **more: Any) -> dict[str, Any]:
    """A call to a level of so many MW, or to another ``cut``; a voluntary one where no MW are given."""
    cut = {"voluntary": True} if mw is None else {"cut": {"form": "to_level", "mw": mw}}
    return {"name": name, **span(start, end), **cut, **more}


def market(farm: Farm, prices: Any, *, hours: Any = 1.0, start: str = START, **series: Any) -> MarketInputs:
    """Market inputs with these prices; other series default to the farm file's plain numbers and rates.

    ``probability`` overrides that of coincident peaks, by name.
    """
    prices = np.asarray(prices, dtype=np.float64)
    n = len(prices)
    lengths = np.broadcast_to(np.asarray(hours, dtype=np.float64), (n,)).copy()
    edges = pd.to_timedelta(np.concatenate([[0.0], np.cumsum(lengths)[:-1]]) * 3600, unit="s")
    starts = pd.DatetimeIndex(pd.Timestamp(start).tz_convert("UTC") + edges)
    grid = Grid(starts, lengths, farm.timezone)
    unknown = {peak.name: np.nan for peak in farm.energy.coincident_peaks if peak.probability is None}
    numbers = {peak.name: peak.probability for peak in farm.energy.coincident_peaks if peak.probability is not None}
    chances = {**unknown, **numbers, **series.pop("probability", {})}  # as they are, however many they add up to
    given = {ENERGY_PRICE: prices, "peak_probability": chances, "availability": series.pop("availability", {})}
    plain = {"btc_price_usd": 66_680.4, "btc_per_ph_day": 0.0005, "temperature": 10.0, **series}
    read = read_market(farm, Path(), grid, given=given)
    told = {NAMES.get(name, name): np.full(n, value, dtype=np.float64) for name, value in plain.items()}
    return replace(read.with_(difficulty=None, **told), warnings=())


def conditions(farm: Farm, prices: Any, **more: Any) -> Conditions:
    """Farm and market together."""
    return Conditions(farm, market(farm, prices, **more), farm.state)


def _sixteenths(low: float, high: float) -> st.SearchStrategy[float]:
    return st.integers(int(low * 16), int(high * 16)).map(lambda i: i / 16)


@st.composite
def groups(draw: st.DrawFn, name: str, *, coupled: bool) -> dict[str, Any]:
    """A random group; sixteenths everywhere, so that sums are exact in floating point."""
    watts = draw(_sixteenths(1, 5)) * 1e5
    th = draw(_sixteenths(1, 6)) * 64
    other = {"eco": (th * 0.75, watts * 0.625)} if draw(st.booleans()) else {}
    result = group(name, draw(st.integers(1, 40)), th, watts, other_modes=other)
    result["modes"] = ("normal", *other)
    result["standby_w"] = draw(st.sampled_from([0.0, 25.0, 4096.0]))
    if draw(st.integers(0, 4)) == 0:
        result["hosting"] = {"fee_usd_per_mwh": draw(_sixteenths(10, 90))}
    if not coupled:
        return result
    result["restart_minutes"] = draw(st.sampled_from([0.0, 7.5, 15.0, 30.0]))
    if draw(st.integers(0, 2)) == 0:
        result["cold_restart"] = {"below_c": 0.0, "minutes": 45.0}
    result["wear_usd_per_start"] = draw(st.sampled_from([0.0, 0.125, 4.0]))
    result["minimum_on_hours"] = draw(st.sampled_from([0.0, 0.5, 1.0, 2.0, 4.0]))
    result["minimum_off_hours"] = draw(st.sampled_from([0.0, 0.5, 1.0, 3.0]))
    result["starts_per_day"] = draw(st.sampled_from([None, 0.5, 1.0, 2.0]))
    result["starts_per_hour"] = draw(st.sampled_from([None, 4.0, 40.0]))
    result["minimum_start_temperature_c"] = draw(st.sampled_from([None, -5.0]))
    if draw(st.integers(0, 2)) == 0:
        result["freeze_protection"] = {
            "below_c": -2.0, "minimum_running_share": draw(st.sampled_from([0.25, 0.5])),
            "damage_usd_per_unit_hour": 16.0,
        }  # fmt: skip
    if draw(st.integers(0, 2)) == 0:
        hour = draw(st.integers(6, 12))
        result["outages"] = (
            {
                "start": f"2026-02-11 {hour:02d}:00",
                "end": f"2026-02-11 {hour + 3:02d}:00",
                "units": result["units"] // 2,
            },
        )
    return result


@st.composite
def blocks(draw: st.DrawFn, name: str, full: float) -> dict[str, Any]:
    """A random block."""
    capped = {"fee_usd_per_mwh": 2.0, "cap_usd_per_mwh": 35.0}
    resale = [{}, {"fee_usd_per_mwh": 4.0}, capped, None]
    return {
        "name": name,
        "mw": full * draw(_sixteenths(0.25, 1.0)),
        "price_usd_per_mwh": draw(_sixteenths(10, 60)),
        "when": draw(st.sampled_from([None, {"hours": ({"start": 7, "end": 9.5},)}])),
        "resale": draw(st.sampled_from(resale)),
    }


@st.composite
def events(draw: st.DrawFn, name: str, full: float) -> dict[str, Any]:
    """A random call: soft, and paid for below a baseline that no load of the farm exceeds, or voluntary below any."""
    start, minutes = draw(st.sampled_from([6, 5, 7, 8])), draw(st.sampled_from([150, 75, 15]))
    end = pd.Timestamp(f"2026-02-11 {start:02d}:00") + pd.Timedelta(minutes=minutes)
    result: dict[str, Any] = {"name": name, "start": f"2026-02-11 {start:02d}:00", "end": f"{end:%Y-%m-%d %H:%M}"}
    voluntary = draw(st.integers(0, 3)) == 0
    if voluntary or draw(st.booleans()):
        result["payment"] = {
            "usd_per_mwh": draw(_sixteenths(1, 90)),
            "baseline_mw": full * draw(st.sampled_from([0.25, 0.75, 1.5] if voluntary else [1.25, 1.5])) + 1.0,
            "most_mw": draw(st.sampled_from([None, full / 4])),
        }
    if draw(st.integers(0, 3)) == 0:
        result["excused"] = ({"start": f"2026-02-11 {start:02d}:05", "end": f"2026-02-11 {start:02d}:10"},)
    if voluntary:
        return result | {"voluntary": True}
    result["cut"] = draw(
        st.sampled_from(
            [
                {"form": "to_level", "mw": full / 2},
                {"form": "by_amount", "mw": full / 4, "baseline_mw": full},
                {"form": "to_share", "share": 0.25, "baseline_mw": full},
                {"form": "full_stop"},
            ]
        )
    )
    result["respond_minutes"] = draw(st.sampled_from([0.0, 5.0]))
    result["restore_mw_per_hour"] = draw(st.sampled_from([full / 2, None]))
    result["program"] = draw(st.sampled_from([None, "P"]))
    result["violation_usd_per_mw"] = draw(st.sampled_from([64.0, None, 1024.0]))
    soft = result["violation_usd_per_mw"] is not None
    result["violation_usd_per_mwh"] = draw(st.sampled_from([None, 16.0] if soft else [1024.0]))
    return result


@st.composite
def farms(draw: st.DrawFn, *, coupled: bool = True, most_groups: int = 3, most_intervals: int = 12) -> Conditions:
    """A random farm over random prices; feasible, because hard limits leave room for what must run."""
    n = draw(st.integers(1, most_intervals))
    fleet = [draw(groups(f"G{i}", coupled=coupled)) for i in range(draw(st.integers(1, most_groups)))]
    full = sum(g["units"] * g["machine"]["power_w"] for g in fleet) / 1e6
    site: dict[str, Any] = {"auxiliary_load_mw": draw(st.sampled_from([0.0, 0.25]))}
    energy: dict[str, Any] = {
        "adders_usd_per_mwh": draw(st.sampled_from([0.0, 5.0])),
        "loss_share": draw(st.sampled_from([0.0, 0.0625])),
    }
    more: dict[str, Any] = {}
    limit = 2 * full + 16
    if coupled:
        limit = full * draw(_sixteenths(0.5, 1.5)) + 1.0
        site["import_violation_usd_per_mwh"] = 4096.0
        site["pue"] = draw(st.sampled_from([1.0, 1.25, None])) or {
            "temperature_c": (-10.0, 30.0),
            "pue": (1.0, 1.25),
        }
        if draw(st.booleans()):
            site["ramp_up_mw_per_hour"] = full * draw(st.sampled_from([0.5, 1.0])) + 1
        if draw(st.booleans()):
            energy["onsite"] = {
                "available_mw": full / 4, "cost_usd_per_mwh": draw(st.sampled_from([0.0, 20.0])),
                "export_limit_mw": draw(st.sampled_from([0.0, full / 8])),
                "export_price_usd_per_mwh": draw(_sixteenths(0, 90)),
            }  # fmt: skip
        if draw(st.integers(0, 2)) > 0:
            more["events"] = tuple(draw(events(f"call {i}", full)) for i in range(draw(st.integers(1, 3))))
            more["programs"] = (
                {
                    "name": "P",
                    "calls_per_season": draw(st.integers(1, 2)),
                    "hours_per_season": draw(_sixteenths(0.25, 4)),
                },
            )
        if draw(st.booleans()):
            running = draw(st.integers(0, fleet[0]["units"]))
            started = draw(st.integers(0, running))
            stopped = draw(st.integers(0, fleet[0]["units"] - running))
            more["state"] = {
                "groups": {
                    "G0": {
                        "running": running,
                        "started": ({"at": "2026-02-11 05:00", "units": started},),
                        "stopped": ({"at": "2026-02-11 05:30", "units": stopped},),
                    }
                }
            }
    missed = {event["name"]: full / 8 for event in more.get("events", ()) if event.get("violation_usd_per_mw") == 64.0}
    if missed:
        more["state"] = {**more.get("state", {}), "missed_mw": missed}
    price = st.one_of(_sixteenths(-30, 120), st.just(2048.0))
    prices = draw(st.lists(price, min_size=n, max_size=n))
    if coupled and draw(st.booleans()):
        energy["blocks"] = tuple(draw(blocks(f"B{i}", full)) for i in range(draw(st.integers(1, 2))))
    if coupled and draw(st.booleans()):
        contract, bill = draw(charges(full))
        if any(block["resale"] is not None for block in energy.get("blocks", ())):
            contract["minimum_bill_usd_per_month"] = 0.0  # refused together
        energy |= contract
        more["state"] = {**more.get("state", {}), "bill": bill}
    hours = draw(st.one_of(st.just([1.0] * n), st.lists(st.sampled_from([0.25, 0.5, 1.0]), min_size=n, max_size=n)))
    temperature = draw(st.lists(_sixteenths(-15, 40), min_size=n, max_size=n)) if coupled else [10.0] * n
    built = farm(
        *fleet,
        limit_mw=limit,
        site=site,
        energy=energy,
        revenue={"pool_fee_share": draw(st.sampled_from([0.0, 0.125]))},
        **more,
    )
    hashprice = draw(_sixteenths(16, 60))
    return conditions(built, prices, hours=hours, temperature=temperature, hashprice=hashprice * 24.0 / 16)
