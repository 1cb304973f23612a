"""What a plan published, read as a stranger would: CSV files, the farm file as plain data, series by their hours."""

from __future__ import annotations

import csv
import io
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from optimizer.arrays import F
from tests.audit.currency import Plain, in_own_money

SHIPPED = Path("configs/machines.yaml")  # the catalogue that is meant where a farm names none


def plain_farm(path: Path) -> dict[str, Any]:
    """A farm file as text and tables in its own currency, its machines looked up; other numbers are still text."""
    farm = in_own_money(yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader))
    catalogue = path.parent / farm["catalogue"] if "catalogue" in farm else SHIPPED
    machines = yaml.load(catalogue.read_text(encoding="utf-8"), yaml.BaseLoader)["machines"]
    models = {machine["model"]: machine for machine in machines}
    for group in farm["fleet"]:
        group.setdefault("machine", models.get(group.get("model")))
    return farm


def number(plain: Plain, key: str, otherwise: float = 0.0) -> float:
    """A number of a table, whether as text or not."""
    return otherwise if plain.get(key) is None else float(plain[key])


def many(plain: Plain, key: str) -> list[Plain]:
    """A list of tables; empty where there is none."""
    return list(plain.get(key) or ())


def point(group: Plain, mode: str) -> tuple[float, float]:
    """TH/s and W of a machine of a group in a mode."""
    machine = group["machine"]
    row = machine if mode == "normal" else machine["modes"][mode]
    return number(row, "hashrate_th"), number(row, "power_w")


def modes(group: Plain) -> list[str]:
    """The modes of a group, in its order."""
    return list(group.get("modes") or ["normal"])


@dataclass(frozen=True)
class Published:
    """Farm, schedule.csv and power.csv; ``given`` holds series by key where no file does, ``folder`` those files.

    ``rest`` is what settlement.json says is expected of the last billing period after the plan.
    """

    farm: Plain
    schedule: str
    power: str
    given: Mapping[str, F] = field(default_factory=dict)
    folder: Path | None = None
    rest: Plain = field(default_factory=dict)

    @cached_property
    def _flows(self) -> dict[str, list[str]]:
        return _columns(self.power)

    @cached_property
    def starts(self) -> pd.DatetimeIndex:
        """Begins of the intervals, UTC."""
        return _times(self._flows["interval_start"])

    @cached_property
    def ends(self) -> pd.DatetimeIndex:
        """Ends of the intervals, UTC."""
        return _times(self._flows["interval_end"])

    @cached_property
    def hours(self) -> F:
        """Lengths of the intervals."""
        return np.asarray((self.ends - self.starts).total_seconds(), dtype=np.float64) / 3600.0

    def mw(self, name: str) -> F:
        """A column of power.csv."""
        return np.array(self._flows[name], dtype=np.float64)

    @cached_property
    def _rows(self) -> dict[str, list[dict[str, str]]]:
        rows = list(csv.DictReader(io.StringIO(self.schedule)))
        return {group["name"]: [row for row in rows if row["group"] == group["name"]] for group in self.farm["fleet"]}

    def machines(self, group: str, column: str) -> F:
        """A column of a group's rows of schedule.csv."""
        return np.array([row[column] for row in self._rows[group]], dtype=np.float64)

    def on(self, group: Plain, mode: str) -> F:
        """Machines of a group on in a mode."""
        return self.machines(group["name"], f"on_{mode}".replace(" ", "_"))

    def running(self, group: Plain) -> F:
        """Machines of a group on in any mode."""
        return np.sum([self.on(group, mode) for mode in modes(group)], axis=0)

    def values(self, key: str, plain: Any, otherwise: float = 0.0) -> F:
        """A quantity of the farm file per interval: what is given under a key, a number, or a file's hours."""
        if key in self.given:
            return self.given[key]
        if isinstance(plain, Mapping):
            assert self.folder is not None, key
            return self._from_file(self.folder / plain["file"]) * self.values("", plain.get("times"), 1.0)
        return np.full(len(self.hours), otherwise if plain is None else float(plain))

    def _from_file(self, path: Path) -> F:
        """The mean over each interval of a file of beginnings and values, each of which holds until the next."""
        text = path.read_text(encoding="utf-8")
        _, *rows = _points(text) if path.suffix == ".xml" else csv.reader(io.StringIO(text))
        times = pd.DatetimeIndex([self.moment(row[0]) for row in rows])
        at = np.asarray(times.as_unit("us").asi8, dtype=np.float64)
        held = np.array([row[1] for row in rows], dtype=np.float64)
        summed = np.concatenate([[0.0], np.cumsum(held[:-1] * np.diff(at))])

        def until(times: pd.DatetimeIndex) -> F:
            moments = np.asarray(times.as_unit("us").asi8, dtype=np.float64)
            row = np.searchsorted(at, moments, side="right") - 1
            return summed[row] + held[row] * (moments - at[row])

        mean: F = (until(self.ends) - until(self.starts)) / (self.hours * 3600e6)
        return mean

    @cached_property
    def temperature(self) -> F:
        """Degrees Celsius outdoors."""
        return self.values("temperature", (self.farm.get("weather") or {}).get("temperature_c"))

    @cached_property
    def hashprice(self) -> F:
        """USD per TH/s and hour, before the pool's fee."""
        revenue = self.farm["revenue"]
        if "hashprice" in self.given or revenue.get("hashprice_usd_per_ph_day") is not None:
            return self.values("hashprice", revenue.get("hashprice_usd_per_ph_day")) / 24e3
        btc = self.values("btc price", revenue["btc_price_usd"])
        difficulty = self.values("difficulty", revenue["difficulty"])
        reward = number(revenue, "subsidy_btc", 3.125) + number(revenue, "fees_btc_per_block")
        return btc * reward * 1e12 * 3600.0 / (difficulty * 2.0**32)

    @cached_property
    def available(self) -> dict[str, F]:
        """Machines of each group in service: those that work, less those an outage of any touch of the interval has."""
        found = {}
        for group in self.farm["fleet"]:
            share = self.values(f"availability/{group['name']}", group.get("availability"), 1.0)
            units = np.floor(share * float(group["units"]) + 1e-9)
            for outage in many(group, "outages"):
                begin, finish = (self.moment(outage[edge]) for edge in ("start", "end"))
                units = units - float(outage["units"]) * ((self.starts < finish) & (self.ends > begin))
            found[group["name"]] = np.maximum(units, 0.0)
        return found

    def moment(self, written: Any) -> pd.Timestamp:
        """A time of the farm file, on its clock unless it has an offset; UTC."""
        time = pd.Timestamp(written)
        return (
            time.tz_localize(self.farm["timezone"]).tz_convert("UTC") if time.tzinfo is None else time.tz_convert("UTC")
        )


def _columns(text: str) -> dict[str, list[str]]:
    names, *rows = csv.reader(io.StringIO(text))
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _points(document: str) -> list[list[str]]:
    """Names, times and prices of an A44 document of ENTSO-E; a point that is left out is as the one before."""
    rows = [["time", "price"]]
    for period in ET.fromstring(document).iterfind(".//{*}Period"):
        begin, step = (str(period.findtext(f".//{{*}}{name}")) for name in ("start", "resolution"))
        for point in period.iterfind("{*}Point"):
            place, price = (str(point.findtext(f"{{*}}{name}")) for name in ("position", "price.amount"))
            rows.append([str(pd.Timestamp(begin) + (int(place) - 1) * pd.Timedelta(step)), price])
    return rows


def _times(texts: list[str]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(pd.to_datetime(texts, utc=True))
