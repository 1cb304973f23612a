"""What the contract says of a plan's billing periods: windows, floors and what is left of every threshold.

Facts only, no money and no decisions: the linear program, the settlement and the rule checker all start from here.
What the plan cannot change, metered before it or expected after it, is owed anyway and no cost of the plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from optimizer.arrays import F, Int
from optimizer.billing.facts import NO_REST, LaterBill, PeakBill, Quantity, Rest, looked_back
from optimizer.billing.later import later_bills_of
from optimizer.billing.tags import Case, Tag, tags_of
from optimizer.config.calendar import When
from optimizer.config.farm import Farm
from optimizer.config.state import BillState
from optimizer.errors import MissingDataError
from optimizer.market.calendars import hours_within, share_within
from optimizer.market.inputs import MarketInputs
from optimizer.market.periods import Period, billing_periods
from optimizer.mechanisms.demand.config import Demand, Ratchet
from optimizer.mechanisms.suppliers.config import Supply
from optimizer.mechanisms.tags.config import CoincidentPeak
from optimizer.mechanisms.tiers.config import Tier

__all__ = ["NO_REST", "Billing", "Case", "LaterBill", "PeakBill", "Quantity", "Rest", "Tag", "looked_back"]
_HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class Billing:
    """The billing facts of a farm over a grid."""

    farm: Farm
    market: MarketInputs
    so_far: BillState
    rest: Rest

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """The billing periods the plan touches, in order. Reckoned only where something is charged by them."""
        return billing_periods(self.market.grid, self.farm.energy.billing_day)

    def begun_before(self, period: Period) -> bool:
        """Whether a part of the period lies before the plan."""
        return bool(period.begins < self.market.grid.starts[0])

    def goes_on(self, period: Period) -> bool:
        """Whether a part of the period lies after the plan."""
        return bool(period.ends > self.market.grid.end)

    def counted_before(self, demand: Demand, period: Period) -> bool:
        """Whether hours of the period that a charge counts lie before the plan."""
        grid = self.market.grid
        return hours_within(grid, period.begins, grid.starts[0], demand.when, self.farm.energy.holidays) > 0

    def share_of_remainder(self, period: Period, when: When | None = None) -> float:
        """The plan's hours in a period, of those that count, as a share of all from the plan's beginning on."""
        grid = self.market.grid
        inside = slice(period.first, period.stop)
        hours = float((grid.hours * self._within(when))[inside].sum())
        left = hours_within(grid, max(period.begins, grid.starts[0]), period.ends, when, self.farm.energy.holidays)
        return min(hours / left, 1.0) if left > 0 else 1.0

    @cached_property
    def fixed_usd_per_hour(self) -> F:
        """The customer charge, spread over the hours of its period, (intervals,)."""
        spread = np.zeros(len(self.market.grid))
        for period in self.periods if self.farm.energy.fixed_usd_per_month else ():
            hours = float((period.ends - period.begins) / _HOUR)
            spread[period.first : period.stop] = self.farm.energy.fixed_usd_per_month / hours
        return spread

    @cached_property
    def peak_bills(self) -> tuple[PeakBill, ...]:
        """Every demand charge in every period in which its hours come, by period.

        Raises MissingDataError where a peak that the bill depends on is not known.
        """
        if not self.farm.sections(Demand):
            return ()
        missing: list[str] = []
        bills = [
            self._peak_bill(i, demand, p, missing)
            for p in range(len(self.periods))
            for i, demand in enumerate(self.farm.sections(Demand))
        ]
        if missing:
            raise MissingDataError("\n".join(missing))
        return tuple(bill for bill in bills if bill is not None)

    def _peak_bill(self, i: int, demand: Demand, p: int, missing: list[str]) -> PeakBill | None:
        period = self.periods[p]
        intervals = self._counted(self._shares[i], period)
        whole = not self.begun_before(period) and not self.goes_on(period)
        if not len(intervals) and (whole or not self._comes_in(demand.when, period)):
            return None
        known = [demand.minimum_mw, demand.above_mw]
        if demand.ratchet is not None:
            known += self._ratchet_floors(demand, demand.ratchet, p, missing)
        key, state = f"energy.demand[{i}]", self.so_far
        if self.begun_before(period):
            unknown = self.rest.unknown_mw
            if demand.name not in state.peaks_mw and len(intervals) and unknown is None:
                missing.append(
                    f"state.bill.peaks_mw: the plan begins within the billing period {period.label}: give the highest "
                    f"import so far that {demand.name} counts"
                )
            known.append(state.peaks_mw.get(demand.name, unknown or 0.0))
        floor = max(known)
        owed = so_far = floor if self.begun_before(period) else demand.above_mw
        if self.goes_on(period):
            owed = floor = max(floor, self._expected(key, demand, period, missing if len(intervals) else []))
        return PeakBill(i, p, intervals, demand.rate_usd_per_mw, floor, owed, so_far, max(known))

    def _expected(self, key: str, demand: Demand, period: Period, missing: list[str]) -> float:
        rest = self.rest.of("peaks_mw").get((demand.name, period.label), demand.expected_peak_mw)
        if rest is None:
            missing.append(
                f"{key}: the billing period {period.label} goes on after the plan: give expected_peak_mw, or "
                "horizon.tail with a price forecast, else a month's charge falls on this plan alone"
            )
        return rest or 0.0

    def _ratchet_floors(self, demand: Demand, ratchet: Ratchet, p: int, missing: list[str]) -> Iterator[float]:
        """What past peaks hold the bill up to; periods of the plan itself are left to the plan."""
        past = self.so_far.past_peaks_mw.get(demand.name, {})
        first = self.periods[0]
        lacking = []
        for label in looked_back(ratchet, self.periods[p].label):
            if label > first.label or (label == first.label and not self.begun_before(first)):
                continue
            peak = self.so_far.peaks_mw.get(demand.name) if label == first.label else past.get(label)
            if peak is None and (ratchet.first_month is None or label >= ratchet.first_month):
                lacking += [label] if self.rest.unknown_mw is None else []
            yield ratchet.share * (peak or 0.0)
        if lacking:
            missing.append(
                f"state.bill.past_peaks_mw: the ratchet of {demand.name} looks back over {ratchet.months} billing "
                f"periods; the peaks of {', '.join(lacking)} are missing (or say ratchet.first_month)"
            )

    @cached_property
    def ratchets(self) -> tuple[tuple[int, int, float], ...]:
        """Pairs of peak bills of the plan, (later, earlier), and the share of the earlier peak the later one bills."""
        at = {(bill.charge, self.periods[bill.period].label): b for b, bill in enumerate(self.peak_bills)}
        pairs = []
        for (charge, label), later in at.items():
            ratchet = self.farm.sections(Demand)[charge].ratchet
            if ratchet is None:
                continue
            earlier = (at.get((charge, back)) for back in looked_back(ratchet, label))
            pairs += [(later, b, ratchet.share) for b in earlier if b is not None]
        return tuple(pairs)

    @cached_property
    def later_bills(self) -> tuple[LaterBill, ...]:
        """Every demand charge in every billing period after the plan that a peak of the plan may hold up."""
        return tuple(
            bill
            for i, demand in enumerate(self.farm.sections(Demand))
            if demand.ratchet is not None
            for bill in later_bills_of(self, i, demand, demand.ratchet)
        )

    @cached_property
    def tiers(self) -> tuple[Quantity, ...]:
        """Every energy tier in every period in which its hours come."""
        if not self.farm.sections(Tier):
            return ()
        billed = 1.0 + self.farm.energy.loss_share
        done, rest = self.so_far.tier_mwh, self.rest.of("tier_mwh")
        return tuple(
            quantity
            for p in range(len(self.periods))
            for i, tier in enumerate(self.farm.sections(Tier))
            for quantity in self._quantity(i, p, tier.when, billed, tier.above_mwh_per_month, tier.name, done, rest)
        )

    @cached_property
    def takes(self) -> tuple[Quantity, ...]:
        """Every minimum take in every period the plan touches."""
        if all(supply.minimum_take is None for supply in self.farm.sections(Supply)):
            return ()
        done, rest = self.so_far.taken_mwh, self.rest.of("taken_mwh")
        return tuple(
            quantity
            for p in range(len(self.periods))
            for i, supply in enumerate(self.farm.sections(Supply))
            if supply.minimum_take is not None
            for quantity in self._quantity(
                i, p, supply.when, 1.0, supply.minimum_take.mwh_per_month, supply.name, done, rest
            )
        )

    def _quantity(
        self,
        item: int,
        p: int,
        when: When | None,
        per_mwh: float,
        amount: float,
        name: str,
        done: Mapping[str, float],
        rest: Mapping[tuple[str, str], float],
    ) -> Iterator[Quantity]:
        period, share = self.periods[p], self._within(when)
        intervals = self._counted(share, period)
        left = amount - (done.get(name, 0.0) if self.begun_before(period) else 0.0)
        left = self._left(period, left, rest.get((name, period.label)), when)
        if len(intervals):
            hours = per_mwh * self.market.grid.hours[intervals] * share[intervals]
            yield Quantity(item, p, intervals, hours, max(left, 0.0))

    def _left(self, period: Period, left: float, rest: float | None, when: When | None = None) -> float:
        """What of an amount is left for the plan: less what the rest is known to take, else by hours that count."""
        if not self.goes_on(period):
            return left
        return left - rest if rest is not None else left * self.share_of_remainder(period, when)

    @cached_property
    def least_usd(self) -> tuple[float, ...]:
        """What energy, adders, tiers and demand charges come to at least, by period; () without a minimum."""
        energy = self.farm.energy
        if not energy.minimum_bill_usd_per_month:
            return ()
        amounts = []
        for p, period in enumerate(self.periods):
            left = energy.minimum_bill_usd_per_month - energy.fixed_usd_per_month
            left -= self.so_far.charged_usd if self.begun_before(period) else 0.0
            left -= sum(b.rate_usd_per_mw * (b.owed_mw - b.so_far_mw) for b in self.peak_bills if b.period == p)
            amounts.append(self._left(period, left, self.rest.of("charged_usd").get(("", period.label))))
        return tuple(amounts)

    @property
    def with_minimum(self) -> range:
        """Positions of the periods with a minimum bill: all of them, or none."""
        return range(len(self.least_usd))

    @cached_property
    def tags(self) -> tuple[Tag, ...]:
        """Every coincident-peak charge and year for which the plan holds a chance of a peak."""
        if not self.farm.sections(CoincidentPeak):
            return ()
        return tuple(
            tag
            for i, peak in enumerate(self.farm.sections(CoincidentPeak))
            for tag in tags_of(i, peak, self.market.peak_probability[peak.name], self.market.grid)
        )

    def _comes_in(self, when: When | None, period: Period) -> bool:
        """Whether hours that count come in a period at all, inside the plan or not."""
        return hours_within(self.market.grid, period.begins, period.ends, when, self.farm.energy.holidays) > 0

    @cached_property
    def _shares(self) -> list[F]:
        return [self._within(demand.when) for demand in self.farm.sections(Demand)]

    def _within(self, when: When | None) -> F:
        return share_within(self.market.grid, when, self.farm.energy.holidays)

    def _counted(self, share: F, period: Period) -> Int:
        return (np.flatnonzero(share[period.first : period.stop] > 0) + period.first).astype(np.int64)
