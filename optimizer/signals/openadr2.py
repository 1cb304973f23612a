"""OpenADR 2.0b events, as openleadr has parsed them: each interval of a SIMPLE signal is a call."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any

from optimizer.errors import InputError
from optimizer.execution.credentials import Login
from optimizer.signals.signal import MessageError, Signal, UnheardError, cut_of_level, moment, quantity, text
from optimizer.signals.sources import OpenAdr2


def simple_signals_of(event: Any, source: OpenAdr2) -> Iterator[Signal]:
    """The calls of an event; a cancelled one, or one whose levels are all 0, has none. Raises MessageError."""
    try:
        described, period, signals = event["event_descriptor"], event["active_period"], event["event_signals"]
        status, simple = described["event_status"], [one for one in signals if one["signal_name"] == "SIMPLE"]
        name, version = text(described["event_id"], "event_id", 128), described["modification_number"]
        intervals = [interval for one in simple for interval in one["intervals"]]
        start, test = period["dtstart"], described.get("test_event") is True
    except (LookupError, TypeError, AttributeError):
        raise MessageError("is not an event") from None
    version = quantity(version, "modification_number", most=1e9)
    published = described.get("modification_date_time") or described.get("created_date_time")
    published = None if published is None else moment(published, "modification_date_time")
    if test:
        raise MessageError("is a test")
    if status in ("cancelled", "completed"):
        return
    if not intervals:
        raise MessageError("has no SIMPLE signal")
    begins = moment(start, "dtstart")
    for k, interval in enumerate(intervals):
        begins = begins if interval.get("dtstart") is None else moment(interval["dtstart"], "dtstart")
        lasts = interval.get("duration")
        if lasts is not None and (not isinstance(lasts, timedelta) or lasts < timedelta(0)):
            raise MessageError("has a duration that is none")
        try:
            end = begins + lasts if lasts else None
        except OverflowError:
            raise MessageError("ends after the last year there is") from None
        cut = cut_of_level(interval.get("signal_payload"), source.levels)
        if cut is not None:
            yield Signal(f"{name}:{k}" if len(intervals) > 1 else name, version, begins, end, cut, published)
        if end is None:
            return
        begins = end


async def registered(source: OpenAdr2, login: Login, base: Path) -> Any:
    """A client that the VTN knows. Raises UnheardError where it does not let us in, InputError without openleadr."""
    try:
        from openleadr import OpenADRClient
    except ImportError:
        raise InputError("OpenADR 2.0b needs more packages: pip install 'curtail[openadr2]'") from None
    logging.getLogger("openleadr").setLevel(logging.CRITICAL)  # what goes wrong is told here
    files = (source.certificate, source.key, source.authorities)
    certificate, key, authorities = (None if file is None else str(base / file) for file in files)
    passphrase = login.password.get_secret_value() or None
    try:
        with redirect_stdout(io.StringIO()):  # it prints a fingerprint
            ven = OpenADRClient(
                source.ven_name,
                source.url,
                cert=certificate,
                key=key,
                passphrase=passphrase,
                ca_file=authorities,
                ven_id=source.ven_id,
            )
    except (OSError, ValueError) as error:
        raise UnheardError(f"a certificate or key cannot be read ({type(error).__name__})") from None
    trouble = "the VTN does not register us"
    try:
        await ven.query_registration()
        await ven.create_party_registration(ven_id=source.ven_id)
    except Exception as error:  # of the client: an answer that it did not expect
        trouble = f"{trouble} ({type(error).__name__})"
    if not ven.registration_id:
        await ven.client_session.close()
        raise UnheardError(trouble)
    return ven
