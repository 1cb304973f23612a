"""ENTSO-E day-ahead prices: Publication_MarketDocument XML of type A44.

A document holds TimeSeries, each with Periods of one resolution and Points by position. With
curveType A03 a position that is left out repeats the one before it; with A01 it is missing.
Source: ENTSO-E, "Electronic Data Interchange library: publication document", and the Transparency
Platform's user guide for A44.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.arrays import F
from optimizer.market.readers.currency import PER_MWH, refuse_currencies
from optimizer.market.readers.raw import Ask, RawSeries, names
from optimizer.market.readers.sizes import refuse_large_xml, refuse_many_cells

if TYPE_CHECKING:  # the parser is loaded when an XML file comes: few plans need it
    from xml.etree import ElementTree

_RESOLUTIONS = {"PT1M": 1, "PT5M": 5, "PT15M": 15, "PT30M": 30, "PT60M": 60, "PT1H": 60, "P1D": 1440}
_LONGEST_PERIOD = pd.Timedelta(days=366)


def recognises(content: bytes) -> bool:
    """Anything that begins as XML does."""
    return (
        content.removeprefix(b"\xef\xbb\xbf")
        .lstrip()
        .startswith((b"<?xml", b"<Publication_MarketDocument", b"<Acknowl"))
    )


def read(content: bytes, ask: Ask) -> RawSeries:
    """Prices of one bidding zone; ``location`` is its EIC code, ``market`` an auction type or resolution.

    Prices not in USD need their ``currency`` in the farm file.
    """
    root = _parsed(content, ask)
    kept = [series for series in root.iterfind("{*}TimeSeries") if _is_wanted(series, ask)]
    if not kept:
        raise ask.error("holds no time series" + _held(root, ask))
    zones = {_text(series, "in_Domain.mRID") for series in kept}
    if len(zones) > 1:
        raise ask.error(f"holds several locations, {names(sorted(zones))}; name one as `location`")
    refuse_currencies({_text(series, "currency_Unit.name") for series in kept}, ask)
    periods, labels, count = [], [], 0
    for series in kept:
        for period in series.iterfind("{*}Period"):
            periods.append(_period(series, period, ask))
            labels.append((*_markets(series, period),))
            count += len(periods[-1][0])
            refuse_many_cells(ask, count, 1)
    if not periods:
        raise ask.error("holds no periods")
    _refuse_several([(starts[0], ends[-1]) for starts, ends, _ in periods], labels, ask)
    starts, ends, values = (np.concatenate(part) for part in zip(*periods, strict=True))
    utc = [pd.DatetimeIndex(times).tz_localize("UTC").as_unit("us") for times in (starts, ends)]
    return RawSeries(utc[0], utc[1], values, np.ones(len(values), dtype=np.int64), f"price in {zones.pop()}")


def _parsed(content: bytes, ask: Ask) -> ElementTree.Element:
    """The document, without entities: a few lines of them can grow to gigabytes."""
    refuse_large_xml(content, ask)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ask.error("is XML, but not in UTF-8") from None
    for word in ("<!DOCTYPE", "<!ENTITY"):
        if word in text:
            raise ask.error(f"holds {word}, which no market document needs; it is not read", _line_of(text, word))
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - a text with entities was refused above
    except ElementTree.ParseError as error:
        raise ask.error(f"is broken XML: {error.msg}", error.position[0]) from None
    except (ValueError, LookupError, RecursionError) as error:
        raise ask.error(f"is broken XML: {error}") from None
    kind = root.tag.rpartition("}")[2]
    if kind == "Acknowledgement_MarketDocument":
        raise ask.error(f"is a refusal, not data: {' '.join(_text(root, 'Reason/{*}text').split())[:200]}")
    if kind != "Publication_MarketDocument" or _text(root, "type") not in ("A44", ""):
        raise ask.error(f"is XML but no price document (A44) of ENTSO-E: it is a {kind} {_text(root, 'type')}".rstrip())
    return root


def _is_wanted(series: ElementTree.Element, ask: Ask) -> bool:
    place, market = ask.spec.location, ask.spec.market
    if place is not None and place not in (_text(series, "in_Domain.mRID"), _text(series, "out_Domain.mRID")):
        return False
    periods = series.findall("{*}Period")
    return market is None or any(market in _labels(label) for period in periods for label in _markets(series, period))


def _markets(series: ElementTree.Element, period: ElementTree.Element) -> tuple[str, ...]:
    """What tells a period's prices from others of the same time."""
    labels = {
        "auction": _text(series, "auction.type"),
        "contract": _text(series, "contract_MarketAgreement.type"),
        "resolution": _text(period, "resolution"),
        "sequence": _text(series, "classificationSequence_AttributeInstanceComponent.position"),
    }
    return tuple(f"{kind} {label}" for kind, label in labels.items() if label)


def _labels(label: str) -> tuple[str, str]:
    """The ways in which a farm file may name a market: ``sequence 1`` and ``1``."""
    return label, label.partition(" ")[2]


def _refuse_several(spans: list[tuple[np.datetime64, np.datetime64]], labels: list[tuple[str, ...]], ask: Ask) -> None:
    """Raise InputError where periods of several auctions, sequences or resolutions overlap."""
    order = sorted(range(len(spans)), key=lambda i: spans[i][0])
    for earlier, later in pairwise(order):
        apart = set(labels[earlier]) ^ set(labels[later])
        if spans[later][0] < spans[earlier][1] and apart:
            held = sorted(
                {label for one in labels for label in one if label.split()[0] in {a.split()[0] for a in apart}}
            )
            raise ask.error(
                f"holds several series of the same time, {names(held)}; name one as `market` in the farm file"
            )


def _held(root: ElementTree.Element, ask: Ask) -> str:
    series = list(root.iterfind("{*}TimeSeries"))
    if not series:
        return ""
    zones = sorted({_text(one, "in_Domain.mRID") for one in series})
    markets = sorted(
        {label for one in series for period in one.iterfind("{*}Period") for label in _markets(one, period)}
    )
    asked = f" for location {ask.spec.location!r} and market {ask.spec.market!r}"
    return f"{asked}; it holds {names(zones)} and {names(markets)}"


def _period(series: ElementTree.Element, period: ElementTree.Element, ask: Ask) -> tuple[F, F, F]:
    """Starts and ends (datetime64, UTC) and values per MWh of a period, one per position."""
    begin, end = (_time(period, f"timeInterval/{{*}}{edge}", ask) for edge in ("start", "end"))
    resolution = _text(period, "resolution")
    if resolution not in _RESOLUTIONS:
        raise ask.error(f"has the resolution {resolution!r}; known are {names(_RESOLUTIONS)}")
    step = pd.Timedelta(minutes=_RESOLUTIONS[resolution])
    if not pd.Timedelta(0) < end - begin <= _LONGEST_PERIOD or (end - begin) % step:
        raise ask.error(f"has a period from {begin} to {end}, which {resolution} does not divide")
    count = (end - begin) // step
    values = np.full(count, np.nan)
    for point in period.iterfind("{*}Point"):
        position, price = _text(point, "position"), _text(point, "price.amount")
        if not (position.isascii() and position.isdigit() and len(position) < 10 and 1 <= int(position) <= count):
            raise ask.error(f"has the position {position!r} in a period of {count} (from {begin})")
        try:
            values[int(position) - 1] = float(price)
        except ValueError:
            raise ask.error(f"position {position} from {begin}: is not a price (got {price[:40]!r})") from None
    if _text(series, "curveType") == "A03":
        values = pd.Series(values).ffill().to_numpy()
    unit = _text(series, "price_Measure_Unit.name") or "MWH"
    if unit not in PER_MWH:
        raise ask.error(f"has prices per {unit}; known are {names(PER_MWH)}")
    starts = np.datetime64(begin.tz_convert(None), "us") + np.arange(count) * step.to_numpy().astype("timedelta64[us]")
    return starts, starts + step.to_numpy().astype("timedelta64[us]"), values * PER_MWH[unit]


def _time(element: ElementTree.Element, path: str, ask: Ask) -> pd.Timestamp:
    text = _text(element, path)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ask.error(f"has a period that begins or ends at {text[:40]!r}, which is no time") from None
    if not 1900 <= time.year <= 2200:
        raise ask.error(f"has a period that begins or ends in the year {time.year}")
    return pd.Timestamp(time if time.tzinfo else time.replace(tzinfo=UTC)).tz_convert("UTC").as_unit("us")


def _text(element: ElementTree.Element, path: str) -> str:
    child = element.find("{*}" + path)
    return (child.text or "").strip() if child is not None else ""


def _line_of(text: str, word: str) -> int:
    return text[: text.index(word)].count("\n") + 1
