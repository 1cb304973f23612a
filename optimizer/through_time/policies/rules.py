"""Rules that a farm without a plan follows: run always, below one price, or wherever hashing pays more than power.

Each is a wish for every interval, which `walk` turns into a schedule. What a rule looks at, price and hash revenue, may
be older than the interval it decides on: `seen` holds it as it was known.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from optimizer.accounts.conditions import Conditions
from optimizer.arrays import Bool, F
from optimizer.mechanisms.hosting.config import Hosting
from optimizer.through_time.policies.walk import Followed, walked
from optimizer.through_time.policies.wish import Wish, extra_mw, meter_price
from optimizer.units import megawatts, usd_per_th_hour

Rule = Callable[[Conditions, Conditions], Followed]


def always_on(c: Conditions, seen: Conditions | None = None) -> Followed:
    """Every machine in service, in the mode that earns most before power; of equal ones the more frugal."""
    return walked(c, _strongest(c if seen is None else seen))


def on_where(c: Conditions, on: Bool) -> Followed:
    """As `always_on` in the intervals that ``on`` marks, (intervals,); in the others nothing that may be off runs."""
    wish = _strongest(c)
    return walked(c, Wish(np.broadcast_to(on, wish.runs.shape), wish.mode, wish.strike))


def _strongest(seen: Conditions) -> Wish:
    shape = (len(seen.farm.fleet), len(seen.grid))
    mode, strike = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    for g, (earned, extra) in enumerate(zip(_earned(seen), extra_mw(seen), strict=True)):
        best = int(np.lexsort((extra[:, 0], -np.round(earned.mean(axis=1), 9)))[0])
        mode[g], strike[g] = best, earned[best] / extra[best]
    return Wish(np.ones(shape, dtype=np.bool_), mode, strike)


def one_threshold(c: Conditions, seen: Conditions) -> Followed:
    """All machines below one price at the meter, that at which the whole fleet at full load stops paying."""
    wish = _strongest(seen)
    runs = np.broadcast_to(meter_price(seen) < _threshold(seen, wish), wish.runs.shape)
    return walked(c, Wish(runs, wish.mode, wish.strike))


def _threshold(seen: Conditions, wish: Wish) -> F:
    """The price at the meter at which the fleet as a whole stops paying, USD/MWh, (intervals,)."""
    mw = np.array([extra[m, :] for extra, m in zip(extra_mw(seen), wish.mode[:, 0], strict=True)])
    weight = mw * np.array([[float(group.units)] for group in seen.farm.fleet])
    threshold: F = (weight * wish.strike).sum(axis=0) / weight.sum(axis=0)
    return threshold


def guarded_threshold(c: Conditions, seen: Conditions, share: float, minimum_hours: float, spike: float) -> Followed:
    """One threshold as fleet software guards it: a minimum time, a margin before machines start, and a stop at spikes.

    What was switched stays as it is for the minimum time; what has stopped starts again only where power costs so much
    less, ``share``, than the threshold; a price above it by ``spike``, a share too, stops all at once.
    """
    wish, price = _strongest(seen), meter_price(seen)
    threshold, margin = _threshold(seen, wish), share * np.maximum(price, 0.0)
    on, since, runs = True, -np.inf, np.zeros(len(price), dtype=np.bool_)
    for t, hour in enumerate(c.hours_before.tolist()):
        wanted = bool(price[t] + (0.0 if on else margin[t]) < threshold[t])
        spiked = bool(price[t] > (1.0 + spike) * threshold[t])
        if on != wanted and (hour - since >= minimum_hours or (on and spiked)):
            on, since = wanted, hour
        runs[t] = on
    return walked(c, Wish(np.broadcast_to(runs, wish.runs.shape), wish.mode, wish.strike))


def strike_rule(c: Conditions, seen: Conditions | None = None) -> Followed:
    """Each group in the mode that earns most after power, wherever its strike price is above the price at the meter."""
    return walked(c, strike_wish(c if seen is None else seen))


def strike_wish(seen: Conditions, surcharge: F | float = 0.0, off: Bool | None = None) -> Wish:
    """The strike rule's wish. surcharge: on the price at the meter, USD/MWh. off: where nothing runs, (intervals,)."""
    shape = (len(seen.farm.fleet), len(seen.grid))
    mode, strike, runs = np.zeros(shape, dtype=np.int64), np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    price = meter_price(seen) + surcharge
    each = np.arange(len(seen.grid))
    for g, (earned, extra) in enumerate(zip(_earned(seen), extra_mw(seen), strict=True)):
        net = earned - extra * price
        mode[g] = net.argmax(axis=0)
        runs[g] = net[mode[g], each] > 0.0
        strike[g] = (earned / extra)[mode[g], each]
    return Wish(runs if off is None else runs & ~off, mode, strike)


def strike_prices(seen: Conditions) -> F:
    """The price at the meter at which each group stops paying, in its best mode, USD/MWh, (groups, intervals)."""
    pairs = zip(_earned(seen), extra_mw(seen), strict=True)
    return np.array([(earned / extra).max(axis=0) for earned, extra in pairs])


def with_hysteresis(c: Conditions, seen: Conditions, share: float) -> Followed:
    """The strike rule, but what has stopped runs again only where power costs so much less than its strike price."""
    stops, starts = strike_wish(seen), strike_wish(seen, share * np.maximum(meter_price(seen), 0.0))
    runs = np.zeros_like(stops.runs)
    was = np.ones(len(runs), dtype=np.bool_)
    for t in range(runs.shape[1]):
        was = starts.runs[:, t] | (was & stops.runs[:, t])
        runs[:, t] = was
    return walked(c, Wish(runs, stops.mode, stops.strike))


def with_calendar(c: Conditions, seen: Conditions, off: Bool) -> Followed:
    """The strike rule, and nothing where the calendar says so, (intervals,)."""
    return walked(c, strike_wish(seen, off=off))


def _earned(c: Conditions) -> list[F]:
    """USD per hour of one machine by group, (modes, intervals): hash after the pool's fee, or the hosting fee."""
    worth = np.array([usd_per_th_hour(value) for value in c.market.hashprice_usd_per_ph_day])
    by_group = []
    for group in c.farm.fleet:
        fee = c.farm.revenue.pool_fee_share if group.pool_fee_share is None else group.pool_fee_share
        points = group.points.values()
        if (hosting := group.section(Hosting)) is None:
            by_group.append(np.array([point.hashrate_th * (1.0 - fee) * worth for point in points]))
        else:
            usd = hosting.fee_usd_per_mwh
            by_group.append(np.array([megawatts(p.power_w) * usd * np.ones(len(c.grid)) for p in points]))
    return by_group
