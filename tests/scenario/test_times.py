"""Days of the plan on the farm's clock, the two days a year that need care included."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from optimizer.errors import InputError
from optimizer.scenario.apply import dated
from optimizer.scenario.farm_changes import farm_with
from optimizer.scenario.market_changes import market_with
from optimizer.scenario.times import DayTime, day_time, resolved
from tests.farms import farm, market
from tests.scenario.made import faults, scenario

CHICAGO = "America/Chicago"
HEAD = "name: test\nsummary: x\nsources: [made up]\n"


@pytest.mark.parametrize(
    ("begins", "moment", "utc"),
    [
        ("2026-02-11T14:00-06:00", DayTime(1, 6, 0), "2026-02-11T12:00"),  # before the plan, on its first day
        ("2026-02-11T23:30-06:00", DayTime(2, 0, 0), "2026-02-12T06:00"),
        ("2026-02-12T01:00+00:00", DayTime(1, 20, 0), "2026-02-12T02:00"),  # 11 February in Chicago
        ("2026-03-07T12:00-06:00", DayTime(2, 6, 0), "2026-03-08T11:00"),  # 23 hours' day: 06:00 is UTC-5
        ("2026-10-31T12:00-05:00", DayTime(3, 0, 0), "2026-11-02T06:00"),  # 25 hours' day between
    ],
)
def test_days_of_the_plan_are_local_days(begins: str, moment: DayTime, utc: str) -> None:
    assert resolved(moment, datetime.fromisoformat(begins), CHICAGO) == datetime.fromisoformat(f"{utc}+00:00")


@pytest.mark.parametrize(
    ("text", "said"), [("day 0 06:00", "from 1"), ("day 401 06:00", "to 400"), ("day 1 24:00", "00:00")]
)
def test_days_and_times_there_are_none_of(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        day_time(text)


def in_chicago(start: str) -> Any:
    one = farm().model_copy(update={"timezone": CHICAGO})
    return market(one, [10.0] * 30, start=start)


@pytest.mark.parametrize(
    ("start", "time", "said"),
    [
        ("2026-03-07 12:00-06:00", "day 2 02:30", "day 2 02:30: 2026-03-08 02:30 does not exist in America/Chicago"),
        ("2026-10-31 12:00-05:00", "day 2 01:30", "day 2 01:30: 2026-11-01 01:30 comes twice in America/Chicago"),
        ("2026-03-07 12:00-06:00", "2026-03-08 02:30", "2026-03-08 02:30 does not exist in America/Chicago"),
    ],
)
def test_times_the_clock_skips_or_shows_twice_are_refused_in_their_place(start: str, time: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        market_with(in_chicago(start), scenario(f"kind: price, scale: 2, from: {time}"))
    assert str(caught.value).startswith(f"<scenario>:5:35: changes[0].from: {said}")


def test_an_outage_over_the_long_day_lasts_an_hour_more() -> None:
    begins = datetime.fromisoformat("2026-10-31T12:00-05:00")
    one = farm().model_copy(update={"timezone": CHICAGO})
    (outage,) = (
        farm_with(one, scenario("kind: outage, share: 1, from: day 2 00:00, to: day 3 00:00"), begins).fleet[0].outages
    )
    assert (outage.end - outage.start).total_seconds() == 25 * 3600


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "from: day 2 06:00, to: day 2 06:00",
            "<scenario>:8:9: changes[0].to: ends at day 2 06:00, which is not after",
        ),
        ("from: 2026-02-11 06:00, to: 2026-02-10", "changes[0].to: ends at 2026-02-10 00:00:00, which is not after"),
        (
            "from: tomorrow",
            'changes[0].from: must be a time such as "day 2 06:00" or "2026-02-11 06:00" (got \'tomorrow\')',
        ),
        ("from: day 2", "changes[0].from: must be a time such as"),
        ("from: 1999-02-11 06:00", "changes[0].from: must lie in the years 2009 to 2197"),
        ("from: 3", "changes[0].from: must be a time such as"),
        ("form: day 2 06:00", "changes[0].form: is not a known key; did you mean `from`?"),
    ],
)
def test_times_with_faults(change: str, said: str) -> None:
    lines = "\n    ".join(change.split(", "))
    (fault,) = faults(f"{HEAD}changes:\n  - kind: price\n    scale: 2\n    {lines}\n") or [""]
    assert said in fault


def test_an_end_before_the_beginning_on_the_clock_only() -> None:
    """One by the day, one by date: only the plan's beginning shows it."""
    mixed = scenario("kind: price, scale: 2, from: day 1 08:00, to: 2026-02-11 07:00")
    with pytest.raises(
        InputError, match=r"changes\[0\].to: ends at 2026-02-11 07:00:00, which is not after its beginning"
    ):
        market_with(market(farm(), [10.0] * 4), mixed)
    points = "[{at: day 1 08:00, usd_per_mwh: 1}, {at: 2026-02-11 07:00, usd_per_mwh: 2}]"
    with pytest.raises(InputError, match=r"changes\[0\].shape\[1\].at: is not after the point before it"):
        market_with(market(farm(), [10.0] * 4), scenario(f"kind: price, shape: {points}"))


def test_a_later_plan_of_the_same_scenario_needs_its_dates() -> None:
    """Proves that days count from the first plan once they are dated: one made anew on the second day sees the rest."""
    call = "name: x, start: day 2 10:00, end: day 2 12:00, cut: {form: full_stop}"
    days = scenario("kind: price, scale: 2, from: day 2 08:00", f"kind: event, event: {{{call}}}")
    whole = market(farm(), range(40))
    begins = whole.grid.starts[0].to_pydatetime()
    again = market(farm(), range(20, 40), start="2026-02-12 02:00+00:00")
    dates = dated(days, begins, "UTC")
    rest = market_with(again, dates).energy_price_usd_per_mwh.tolist()
    assert rest == market_with(whole, days).energy_price_usd_per_mwh.tolist()[20:]
    assert rest != market_with(again, days).energy_price_usd_per_mwh.tolist()
    (event,) = farm_with(farm(), dates, again.grid.starts[0].to_pydatetime()).events
    assert event.start == datetime.fromisoformat("2026-02-12T10:00+00:00")
    skipped = scenario("kind: price, scale: 2, from: day 2 02:30")
    with pytest.raises(InputError, match=r"<scenario>:5:5: changes\[0\]: day 2 02:30: 2026-03-08 02:30 does not exist"):
        dated(skipped, datetime.fromisoformat("2026-03-07T12:00-06:00"), CHICAGO)


@pytest.mark.parametrize(
    ("times", "outside"),
    [
        ("start: 2026-02-12 06:00, end: 2026-02-12 08:00", True),
        ("start: day 1 04:00, end: day 1 06:00", True),
        ("start: day 1 10:00, end: day 1 11:00", True),
        ("start: day 1 05:00, end: day 1 06:30", False),
    ],
)
def test_an_event_outside_the_plan_is_told(times: str, outside: bool) -> None:
    changed = market_with(
        market(farm(), [10.0] * 4), scenario(f"kind: event, event: {{name: call, {times}, cut: {{form: full_stop}}}}")
    )
    told = "scenario test: the change of kind event in <scenario>:5 lies outside the plan"
    assert changed.warnings == ((told,) if outside else ())
