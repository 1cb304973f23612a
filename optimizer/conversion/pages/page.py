"""A conversion study as two printed pages: what to decide and why, then how sure that is and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.conversion.answer import Answer
from optimizer.conversion.pages.figures import QUANTITY, assumptions, shown_value, today
from optimizer.conversion.pages.flips import flip_heads, flip_rows, storm_rows
from optimizer.conversion.pages.summary import SOME_MW, millions, now
from optimizer.conversion.uncertain import Spread
from optimizer.conversion.variants import MINE_ONLY
from optimizer.report.kit.page import render
from optimizer.report.kit.text import begun, number, plural, share, usd


@dataclass(frozen=True)
class LaneBar:
    """A bar between two places of a drawing, in per cent of its width, with what it says and which side it is on."""

    left: float
    width: float
    title: str
    kind: str


@dataclass(frozen=True)
class BarRow:
    """A named row of bars."""

    name: str
    bars: tuple[LaneBar, ...]
    value: str


@dataclass(frozen=True)
class HeatCell:
    """A cell of the heat map: critical MW in per cent of the most, and what it says."""

    heat: float
    text: str
    title: str


def render_study(a: Answer) -> str:
    """The page of a study: self-contained HTML."""
    costs = [fleet for fleet in a.fleets if fleet.cost is not None]
    return render(
        "optimizer.conversion.pages",
        a=a,
        study=a.site.study,
        verdict=verdict(a),
        now=now(a),
        best=a.figures[-1],
        worth=npv_bars(a),
        fleets=[(fleet, cost_bars(a, i)) for i, fleet in enumerate(costs)],
        wins={fleet.name: _wins(a, i) for i, fleet in enumerate(a.fleets)},
        years=year_bars(a),
        tornado=tornado_bars(a),
        heat=heat_rows(a),
        flips=flip_rows(a),
        heads=flip_heads(a),
        storm=storm_rows(a),
        spread=spread_rows(a),
        assumptions=assumptions(a),
        millions=millions,
    )


def verdict(a: Answer) -> tuple[str, ...]:
    """The study in a few sentences: what the best plan does, where it turns, and what not knowing changes."""
    best, price = a.figures[-1], a.site.study.bitcoin.price_usd
    offer, rent = a.site.offers[a.offer].name, a.full_flips[a.offer][2]
    known = "" if a.uncertain is None else "If the central path were sure: "
    if best.converted_mw < SOME_MW:
        sentences = [f"{known}mine on: at {usd(price)} per BTC no megawatt is worth converting on any of the offers."]
    else:
        rest = "all that fits" if _takes_all(a) else "a part of what fits, and mine on with the rest"
        gain = best.over_mining
        rate = "" if gain.irr is None else f", a return of {share(gain.irr)} a year"
        host = f"{known}host {number(best.converted_mw, 1)} critical MW, {rest}"
        sentences = [f"{host}: worth ${millions(gain.npv)} M more than mining only{rate}."]
    flip = a.fleets[0].full
    if flip.at is None:
        sentences.append(f"No price of BTC from 0.1 to 10 times today's flips {offer} in full against mining only.")
    else:
        side = "Above" if flip.above == "mine" else "Below"
        sentences.append(f"{side} {usd(flip.at * price)} per BTC mining only beats {offer} in full.")
    if rent.at is not None:
        offered = today(a, "rent", a.offer)
        even, paid = shown_value("rent", rent.at * offered), shown_value("rent", offered)
        sentences.append(f"That offer is worth as much as mining only at a rent of {even}; it pays {paid}.")
    if (u := a.uncertain) is not None and u.now_mw >= SOME_MW:
        waits = "beginning nothing before they are known costs" if u.value_of_waiting < 0 else "waiting is worth"
        value = f"${millions(abs(u.value_of_waiting))} M against deciding everything today"
        sentences.append(f"Over {plural(len(u.paths), 'path')} {waits} {value}.")
    return tuple(map(begun, sentences))


def _takes_all(a: Answer) -> bool:
    """Whether the best plan's halls take up the whole connection."""
    case, converted = a.results[-1].account.case, a.results[-1].account.decisions.converted_mw.sum(axis=1)
    gross = sum(case.offers[o].gross_per_critical * mw for o, mw in zip(case.vintages.offer, converted, strict=True))
    return bool(gross > a.site.site_mw - SOME_MW)


def npv_bars(a: Answer) -> tuple[LaneBar, ...]:
    """Net present value of every variant."""
    values = [figures.npv for figures in a.figures]
    low, high = min(0.0, *values), max(0.0, *values)
    return tuple(_bar(0.0, value, low, high, usd(value)) for value in values)


def _bar(begin: float, end: float, low: float, high: float, title: str, kind: str | None = None) -> LaneBar:
    span = (high - low) or 1.0
    left, right = sorted((begin, end))
    side = "gain" if end >= begin else "loss"
    return LaneBar(100.0 * (left - low) / span, 100.0 * (right - left) / span, title, kind or side)


def cost_bars(a: Answer, fleet: int) -> tuple[BarRow, ...]:
    """What a bitcoin costs a fleet in three ways, and its price, on one scale for all fleets."""
    costs = [entry.cost for entry in a.fleets if entry.cost is not None]
    most = max(max(cost.all_in, cost.power_always, cost.btc_price) for cost in costs)
    cost = costs[fleet]
    return tuple(
        BarRow(name, (_bar(0.0, value, 0.0, most, usd(value), kind),), usd(value))
        for name, value, kind in (
            ("power, stopping in dear hours", cost.power_flexible, "gain"),
            ("power, always on", cost.power_always, "plain"),
            ("all in, always on", cost.all_in, "loss" if cost.all_in > cost.btc_price else "plain"),
            ("price of BTC, year 1", cost.btc_price, "price"),
        )
    )


def _wins(a: Answer, fleet: int) -> str:
    flip, price = a.fleets[fleet].full, a.site.study.bitcoin.price_usd
    if flip.at is not None:
        return f"mining only wins {'above' if flip.above == 'mine' else 'below'} {usd(flip.at * price)} per BTC"
    return "mining only wins" if flip.above == "mine" else "hosting wins"


def year_bars(a: Answer) -> tuple[tuple[int, float, float, str], ...]:
    """Machines and tenants of the best plan by year: heights in per cent of the site, and what they say."""
    site = a.site.site_mw
    return tuple(
        (
            year,
            100.0 * machines / site,
            100.0 * tenants / site,
            f"year {year}: {number(machines, 1)} MW of machines, {number(tenants, 1)} MW of tenants",
        )
        for year, (machines, tenants) in enumerate(a.figures[-1].mw_by_year, 1)
    )


def tornado_bars(a: Answer) -> tuple[BarRow, ...]:
    """What the best offer in full gains over mining only, with each quantity at either end of its range."""
    ends = [gain for swing in a.swings for gain in (swing.gain_low, swing.gain_high)]
    middle = a.figures[2 + 2 * a.offer].over_mining.npv
    low, high = min(0.0, *ends), max(0.0, *ends)
    rows = []
    for swing in a.swings:
        words = [_end(swing.quantity, end) for end in (swing.low, swing.high)]
        bars = tuple(
            _bar(middle, gain, low, high, f"{word}: {usd(gain)}")
            for word, gain in zip(words, (swing.gain_low, swing.gain_high), strict=True)
        )
        value = f"{millions(swing.gain_low)} to {millions(swing.gain_high)}"
        rows.append(BarRow(f"{QUANTITY[swing.quantity]}, {words[0]} to {words[1]}", bars, value))
    return tuple(rows)


def _end(quantity: str, end: float) -> str:
    return f"{end:g} months" if quantity == "delay_months" else f"{100 * (end - 1):+.0f} %"


def heat_rows(a: Answer) -> tuple[tuple[str, tuple[HeatCell, ...]], ...]:
    """The best plan by rent, the highest first, and price of BTC."""
    most = max(cell.converted_mw for row in a.heat for cell in row) or 1.0
    return tuple(
        (
            f"{100 * (row[0].rent_factor - 1):+.0f} %" if row[0].rent_factor != 1.0 else "as offered",
            tuple(
                HeatCell(
                    100.0 * cell.converted_mw / most,
                    f"{number(cell.converted_mw)} MW" if cell.converted_mw >= SOME_MW else "mine",
                    f"gain over mining only: {usd(cell.gain)}",
                )
                for cell in row
            ),
        )
        for row in a.heat
    )


def _in_words(spread: Spread) -> str:
    words = f"{millions(spread.expected)}; worst {millions(spread.cvar)}"
    return words if spread.name == MINE_ONLY else f"{words}; beats mining in {share(spread.beats_mining, 0)}"


def spread_rows(a: Answer) -> tuple[tuple[str, tuple[float, ...], float, str], ...]:
    """NPV on every path by variant: name, places of the paths and of their mean in per cent, and what it says."""
    if a.uncertain is None:
        return ()
    values = [v for spread in a.uncertain.spreads for v in spread.npv.tolist()]
    low, span = min(values), (max(values) - min(values)) or 1.0
    return tuple(
        (
            spread.name + (" *" if spread.beyond_means else ""),
            tuple(100.0 * (v - low) / span for v in spread.npv.tolist()),
            100.0 * (spread.expected - low) / span,
            _in_words(spread),
        )
        for spread in a.uncertain.spreads
    )
