"""What a schedule came to, as far as it was followed, settled on the prices that really came.

Planned, realised and the strike rule are settled over the same hours with the same charges; only hours whose price is
known count. The strike rule goes on from where it has led itself.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.settlement import settle
from optimizer.config.farm import Farm
from optimizer.config.state import State
from optimizer.daily.carried import UNREADABLE, followed_until
from optimizer.daily.entries import Entry
from optimizer.daily.history import History
from optimizer.daily.observed import price_with
from optimizer.daily.prices import Prices
from optimizer.daily.record import Record, past_conditions
from optimizer.daily.review import Settled
from optimizer.market.quantities import declared, known_as
from optimizer.plan.state import fitted_state, state_after
from optimizer.through_time.policies import Rule, always_on, strike_rule
from optimizer.through_time.worth import against

_KNOWN = 1.0 - 1e-9


def settled_schedule(
    history: History, entry: Entry, ends: int, prices: Prices | None, before: Settled | None
) -> Settled | None:
    """What became of a schedule until a moment; None where that is not known. ``before`` is of the one before it."""
    record = history.record(entry.number)
    if record is None:
        return None
    came = history.prices(entry.start, ends) if prices is None else _between(entry.start, ends, prices)
    try:
        return _settled(entry, record, ends, came, before)
    except UNREADABLE as error:
        history.note(f"what became of the schedule {entry.run} cannot be reckoned ({type(error).__name__})")
        return None


def _between(start: int, end: int, prices: Prices) -> Prices:
    over = (prices.ends > start) & (prices.starts < end)
    return Prices(prices.starts[over], prices.ends[over], prices.usd_per_mwh[over])


def _settled(entry: Entry, record: Record, ends: int, prices: Prices, before: Settled | None) -> Settled:
    c, dispatch = followed_until(record, pd.Timestamp(ends, unit="s", tz="UTC").as_unit("us"))
    price, share = price_with(prices, c.market.energy_price_usd_per_mwh, c.grid)
    known = share > _KNOWN
    came = np.where(known, price, c.market.energy_price_usd_per_mwh)
    really = replace(c, market=c.market.with_(energy_price_usd_per_mwh=came))
    by_rule = _by_rule(strike_rule, record, really, before, "" if before is None else before.rule)
    always = _by_rule(always_on, record, really, before, "" if before is None else before.always)

    def lines(conditions: Conditions, schedule: Dispatch) -> dict[str, float]:
        return {line: float(usd[known].sum()) for line, usd in settle(conditions, schedule).usd.items()}

    def earned(conditions: Conditions, schedule: Dispatch) -> float:
        return sum(lines(conditions, schedule).values())

    return Settled(
        number=entry.number,
        run=entry.run,
        starts=entry.start,
        stops=ends,
        timezone=record.farm.timezone,
        hours=float(c.grid.hours[known].sum()),
        planned_usd=earned(c, dispatch),
        realised_usd=earned(really, dispatch),
        strike_rule_usd=earned(*by_rule),
        farm=record.farm.name,
        expects_peaks=any(declared(Farm)[name].names(record.farm) for name in known_as(record.farm, "issued")),
        rule=state_after(*by_rule).model_dump_json(),
        always_on_usd=earned(*always),
        always=state_after(*always).model_dump_json(),
        causes=dict(against("", lines(really, dispatch), lines(*by_rule)).causes),
        currency=record.farm.currency,
    )


def _by_rule(
    rule: Rule, record: Record, really: Conditions, before: Settled | None, led: str
) -> tuple[Conditions, Dispatch]:
    """What a rule does in a schedule's hours: it goes on from where it was led in those of the schedule before.

    After a gap it starts with what the schedule started with.
    """
    if before is not None and led and before.stops == int(record.start.timestamp()):
        state = fitted_state(State.written(led), record.farm)
        peaks = record.state.bill.peaks_mw | state.bill.peaks_mw  # what it could not know, it is told
        state = state.model_copy(update={"bill": state.bill.model_copy(update={"peaks_mw": peaks})})
        really = past_conditions(record, really.market, state=state)
    return really, rule(really, really)
