"""What to do next, as people and programs read it: steps, and the rows of actions.csv."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import grid_import_mw
from optimizer.accounts.reasons import Kin, Reason
from optimizer.config.clock import to_utc
from optimizer.mechanisms.calls.config import Event
from optimizer.mechanisms.calls.facts import caps
from optimizer.plan.actions import OFF, Action, News, actions
from optimizer.plan.text import csv_text, number_texts, quoted, time_texts
from optimizer.report.kit.text import Clock, label, number, plural, usd

if TYPE_CHECKING:  # at run time it would bring the solver with it
    from optimizer.plan.planning import Plan

FIRST = 6  # steps that are shown at once
_CALLS = 4  # that are named
_NAMED = 3  # groups of a step that are told by name
_IDLE_SHARE, _IDLE_USD, _FEW = 1e-4, 1.0, 3  # of the profit; USD; so few are not worth a remark


@dataclass(frozen=True)
class ActionStep:
    """Actions of one moment that are of one kind and one reason.

    what: in a few words. who: the groups by name. until: when the first of them changes next. prices and usd: what a
    MWh costs and earns, and what the step is worth, of a plan. new: not in the last plan; None where there was none.
    """

    at: int
    when: str
    until: str
    what: str
    who: str
    units: float
    mw: float
    why: str
    prices: str
    usd: float | None
    new: bool | None
    actions: tuple[Action, ...]

    @property
    def of_call(self) -> bool:
        """Whether a call switches some of them off."""
        return any(one.reason and one.reason.kin is Kin.EVENT and one.switch.after == OFF for one in self.actions)


@dataclass(frozen=True)
class ToDo:
    """What to do, of one schedule; ``news``: how it compares with the last, where there was one."""

    c: Conditions
    actions: Sequence[Action]
    news: News | None = None

    def new(self, i: int) -> bool | None:
        """Whether an action was not in the last plan; None where that does not reach."""
        if self.news is None or self.c.grid.starts[self.actions[i].switch.at] >= self.news.until:
            return None
        return i in self.news.new

    def name(self, action: Action) -> str:
        """The group of an action."""
        return self.c.farm.fleet[action.switch.group].name

    @cached_property
    def steps(self) -> tuple[ActionStep, ...]:
        """Moment by moment."""

        def alike(i: int) -> tuple[int, str, str]:
            return self.actions[i].switch.at, _kind(self.actions[i]), str(self.actions[i].reason or "")

        places = sorted(range(len(self.actions)), key=alike)
        return tuple(self._step(list(members)) for _, members in groupby(places, key=alike))

    def _step(self, places: list[int]) -> ActionStep:
        clock, those = Clock(self.c.grid), tuple(self.actions[i] for i in places)
        names, ends = list(dict.fromkeys(map(self.name, those))), {action.switch.end for action in those}
        new, worth = {self.new(i) for i in places}, [action.worth for action in those if action.worth is not None]
        groups, at = len(self.c.farm.fleet), those[0].switch.at
        return ActionStep(
            at=at,
            when=clock.day(at),
            until=clock.day(min(ends)) + (" or later" if len(ends) > 1 else ""),
            what=_kind(those[0]),
            who=f"all {groups} groups" if len(names) == groups > 1 else _names(names),
            units=sum(action.switch.units for action in those),
            mw=sum(action.switch.mw for action in those),
            why=_why(max(those, key=lambda action: abs(action.switch.mw))),
            prices=_prices(those),
            usd=sum(one.usd for one in worth) if worth else None,
            new=None if None in new else True in new,
            actions=those,
        )

    @property
    def first(self) -> tuple[ActionStep, ...]:
        """The steps to be shown at once: the first, and the first of a call if that comes later."""
        places = range(len(self.steps))
        called = next((i for i in places if self.steps[i].of_call), 0)
        return tuple(self.steps[i] for i in places if i < FIRST - (called >= FIRST) or i == called)

    @property
    def later(self) -> tuple[ActionStep, ...]:
        """The others."""
        return tuple(step for step in self.steps if step not in self.first)

    @property
    def news_sentences(self) -> tuple[str, ...]:
        """What has changed since the last plan, in sentences."""
        news = self.news
        if news is None:
            return ()
        if not news.new and not news.dropped:
            return ("Nothing has changed since the last plan.",)
        clock, sentences = Clock(self.c.grid), []
        if news.new:
            sentences.append(f"New since the last plan: {plural(len(news.new), 'switch', 'switches')}.")
        if news.dropped:
            gone = [
                f"{group} {before} to {after} at {clock.at(when)} ({plural(units, 'machine')})"
                for when, group, before, after, units in news.dropped[:_NAMED]
            ]
            more = len(news.dropped) - _NAMED
            sentences.append(f"Dropped from it: {'; '.join(gone)}{f'; and {more} more' if more > 0 else ''}.")
        return tuple(sentences)

    def idle(self, profit: float) -> str:
        """That a simpler schedule costs next to nothing, where there are switches worth so little; "" where not."""
        least = max(_IDLE_SHARE * abs(profit), _IDLE_USD)
        idle = [one.worth.usd for one in self.actions if one.worth is not None and one.worth.usd < least]
        if len(idle) < _FEW:
            return ""
        those, cost = plural(len(self.actions), "switch", "switches"), usd(sum(max(one, 0.0) for one in idle))
        return (
            f"{number(len(idle))} of {those} are worth less than {usd(least)} each: a schedule without them costs "
            f"about {cost}. `smallest_step`, `wear_usd_per_start` or `tuning` of a group keep such out of a plan."
        )

    def csv(self) -> str:
        """A row per action: when, until, group, from, to, machines, MW at the meter, reason, USD/MWh, worth, news."""
        grid, those = self.c.grid, self.actions
        starts, ends = (time_texts(times, grid.timezone) for times in (grid.starts, grid.ends))
        known = {None: "", True: "new", False: "as before"}

        def figure(of: Callable[[Action], float | None], decimals: int) -> Any:
            values = [of(action) for action in those]
            texts = number_texts(np.array([0.0 if one is None else one for one in values]), decimals)
            return np.where([one is None for one in values], "", texts)

        return csv_text(
            {
                "when": starts[[action.switch.at for action in those]] if those else starts[:0],
                "until": ends[[action.switch.end - 1 for action in those]] if those else ends[:0],
                "group": quoted(map(self.name, those)),
                "from": quoted(action.switch.before for action in those),
                "to": quoted(action.switch.after for action in those),
                "machines": figure(lambda one: one.switch.units, 0),
                "mw": figure(lambda one: one.switch.mw, 4),
                "reason": quoted(str(action.reason or "") for action in those),
                "power_usd_per_mwh": figure(lambda one: one.worth and one.worth.price, 2),
                "earns_usd_per_mwh": figure(lambda one: one.worth and one.worth.pays, 2),
                "worth_usd": figure(lambda one: one.worth and one.worth.usd, 2),
                "since_last_plan": quoted(known[self.new(i)] for i in range(len(those))),
            }
        )


def todo_of(plan: Plan, news: News | None = None) -> ToDo:
    """What to do of a plan."""
    c, e = plan.conditions, plan.explanation
    return ToDo(c, actions(c, plan.dispatch, e.off, e), news)


def call_sentences(c: Conditions, dispatch: Dispatch) -> tuple[str, ...]:
    """The calls in a schedule, what they ask for and what is drawn, a sentence each."""
    imported, clock, sentences = grid_import_mw(c, dispatch), Clock(c.grid), []
    for e, event in enumerate(c.farm.sections(Event)):
        start, end = (pd.Timestamp(to_utc(time, c.farm.timezone)) for time in (event.start, event.end))
        inside = np.asarray((c.grid.starts < end) & (c.grid.ends > start))
        if inside.any():
            limits = [cap.cap_mw for cap in caps(c) if cap.event == e and not cap.restoring]
            asked = f"at most {number(min(limits), 2)} MW" if limits else "owes no cut"
            paid = f", {usd(event.payment.usd_per_mwh)} per MWh cut" if event.payment else ""
            drawn = f"{number(float(imported[inside].max()), 2)} MW at most"
            span = clock.span(start, end)
            sentences.append(f'Call "{event.name}", {span}: {asked}{paid}; the plan draws {drawn}.')
    more = len(sentences) - _CALLS
    return (*sentences[:_CALLS], *([f"And {plural(more, 'call')} more."] if more > 0 else []))


def _kind(action: Action) -> str:
    """Off, on, or from which mode to which."""
    before, after = action.switch.before, action.switch.after
    return "off" if after == OFF else "on" if before == OFF else f"{before} to {after}"


def _why(action: Action) -> str:
    switch = action.switch
    if switch.after == OFF:
        return "no limit allows more" if action.reason is None else action.reason.meaning
    if switch.before == OFF and action.reason is Reason.SAFE_POSTURE:
        return "the posture lets them run"
    if switch.before == OFF:
        return "the hash pays again" if action.reason in (None, Reason.PRICE) else f"{label(action.reason)} is over"
    if switch.mw > 0:
        return f"what {switch.after} draws more pays"
    return f"what {switch.before} draws more costs more than it earns"


def _prices(those: Sequence[Action]) -> str:
    """What a MWh costs and what it earns, of actions of one moment; nothing of a schedule that is no plan."""
    worths = [action.worth for action in those if action.worth is not None]
    if not worths:
        return ""
    low, high = (usd(f(one.pays for one in worths)) for f in (min, max))
    cost = usd(float(np.mean([one.price for one in worths])))
    return f"power at {cost}/MWh, machines earn {low if low == high else f'{low} to {high}'}"


def _names(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:_NAMED])} and {more} more"
