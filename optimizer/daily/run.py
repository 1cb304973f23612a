"""A run under way: what it is of, which moment it stands for, what is in force, and how it hands a schedule out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from optimizer.config.clock import to_utc
from optimizer.config.farm import Farm
from optimizer.daily.folder import INPUTS, RECORD, StateFolder
from optimizer.daily.history import History
from optimizer.daily.inputs import text_of
from optimizer.daily.orders import Orders, orders_now, telephone_inputs
from optimizer.daily.record import Record
from optimizer.errors import CurtailError, InputError
from optimizer.mechanisms.calls.config import Event

Made = TypeVar("Made")
SPARE_BYTES = 1_000_000  # of the disk that pages leave to set-points and the log


class Run:
    """A run under way."""

    def __init__(
        self,
        farm_file: Path,
        folder: StateFolder,
        history: History,
        at: datetime,
    ) -> None:
        self.farm_file, self.folder, self.history = farm_file, folder, history
        self.given = at
        self.at_text = at.isoformat(timespec="seconds")
        self.farm: Farm | None = None  # as far as it could be read
        self.text = ""
        self.left_out: list[str] = []  # of what people read beside a schedule, and why
        self._telephone: tuple[Event, ...] | None = None  # calls that this run is under

    def orders(self) -> Orders:
        """The calls and limits of now. Raises CurtailError where none were ever read."""
        last = self.newest()
        orders = orders_now(self.farm_file, self.folder.path, self.farm, None if last is None else last.farm)
        if orders is None:
            raise CurtailError("no farm file was ever read, so no call is known")
        self._telephone = orders.telephone
        return orders

    def newest(self) -> Record | None:
        """The schedule in force, whatever time it is of."""
        schedule = self.folder.in_force()
        return None if schedule is None else schedule[0]

    def before(self, start: pd.Timestamp) -> Record | None:
        """The schedule that says what is in force at a moment: that in force, but for one of a later time."""
        last = self.newest()
        return last if last is not None and last.start <= start else self.history.before(start)

    @property
    def now(self) -> datetime:
        """The moment this run stands for, UTC."""
        assert self.farm is not None, "the farm's clock is asked for once it is known"
        return self._utc(self.farm)

    def _utc(self, farm: Farm) -> datetime:
        try:
            now = to_utc(self.given, farm.timezone)
        except (ValueError, OverflowError) as error:
            raise InputError(f"--at {self.given}: {error}") from None
        self.at_text = pd.Timestamp(now).tz_convert(farm.timezone).isoformat(timespec="seconds")
        return now

    def start(self, farm: Farm) -> pd.Timestamp:
        """The beginning of the interval that now lies in, on the farm's clock: what is planned covers now."""
        now = self._utc(farm)
        local = pd.Timestamp(now).tz_convert(farm.timezone)
        past = timedelta(
            minutes=local.minute % farm.horizon.intervals[0].minutes, seconds=now.second, microseconds=now.microsecond
        )
        return pd.Timestamp(now - past).as_unit("us")

    def besides(self, what: str, make: Callable[[], Made]) -> Made | None:
        """What people read beside a schedule; where making it fails that is told, and the schedule goes out without."""
        try:
            return make()
        except Exception as error:
            if os.environ.get("CURTAIL_DEBUG"):
                raise
            self.left_out.append(f"without {what}: {type(error).__name__}: {error}; please report it")
            return None

    def publish(
        self, record: Record, files: dict[str, str], inputs: dict[str, Any], pages: Callable[[], dict[str, str]]
    ) -> Path:
        """Hand a schedule out: its folder, then the link to it. Raises CurtailError; what was in force stays so.

        ``pages`` makes what people look at. The schedule goes without where that fails, and where pages would take the
        room that set-points and the log need.
        """
        self.text = record.text()
        if self._telephone is not None:
            inputs = inputs | telephone_inputs(self._telephone)
        shown = self.besides("its page", pages) or {}
        if shown and shutil.disk_usage(self.folder.path).free < sum(map(len, shown.values())) + SPARE_BYTES:
            self.left_out.append(
                f"without its page: less than {SPARE_BYTES:,} bytes would be free; make room on the disk"
            )
            shown = {}
        where = self.folder.publish(record.name, files | shown | {INPUTS: text_of(inputs), RECORD: self.text})
        self.folder.forget(record.farm.daily.keep_runs)
        return where
