"""Notice is honoured: what happens after T, learnt of at N, changes nothing in the schedule before N."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.accounts.conditions import Conditions
from optimizer.scenario.placed import Scenario
from optimizer.through_time.step import replanned
from tests.compare.cases import case, scenario
from tests.farms import group

SLOW = group(minimum_on_hours=2.0, minimum_off_hours=1.0, wear_usd_per_start=0.125, restart_minutes=15.0)
AT_LATE_TIMES = {
    "price": "{{kind: price, set_usd_per_mwh: {size}, from: {begin}, to: 2026-02-11 16:00, notice: {notice}}}",
    "spike": "{{kind: price, spike: {{at: {begin}, minutes: 60, usd_per_mwh: {size}}}, notice: {notice}}}",
    "hashprice": "{{kind: hashprice, scale: {size}, from: {begin}, notice: {notice}}}",
    "outage": "{{kind: outage, share: 0.5, from: {begin}, to: 2026-02-11 16:00, notice: {notice}}}",
    "event": "{{kind: event, notice: {notice}, event: {{name: call, start: {begin}, end: 2026-02-11 16:00, "
    "cut: {{form: to_level, mw: {size}}}}}}}",
    "paid event": "{{kind: event, notice: {notice}, event: {{name: offer, start: {begin}, end: 2026-02-11 16:00, "
    "voluntary: true, payment: {{usd_per_mwh: {size}}}}}}}",
    "adders": "{{kind: adders, shift_usd_per_mwh: {size}, from: {begin}, notice: {notice}}}",
    "cold restart": "{{kind: cold_restart, below_c: 20, minutes: 60, notice: {notice}}}",
    "contract": "{{kind: contract, set: {{adders_usd_per_mwh: {size}}}, notice: {notice}}}",
}


@pytest.mark.parametrize("kind", AT_LATE_TIMES)
@given(notice=st.integers(7, 14), later=st.integers(0, 1), size=st.sampled_from([0.25, 0.75, 2.0, 5.0]))
def test_nothing_is_done_about_it_before_its_notice(kind: str, notice: int, later: int, size: float) -> None:
    begin = f"2026-02-11 {notice + later:02d}:00"
    text = AT_LATE_TIMES[kind].format(size=size, begin=begin, notice=f"2026-02-11 {notice:02d}:00")
    late, plain = scenario(f"[{text}]"), scenario("[]")
    farm = case(SLOW, hours=10.0)
    grid = farm.grid(late)

    def followed(what: Scenario) -> dict[str, list[float]]:
        def known(t: int) -> Conditions:
            return farm.conditions(what, grid, grid.starts[t].to_pydatetime())

        schedule, _ = replanned(farm.conditions(what, grid), known, [notice - 6])
        return {mode: units[: notice - 6].tolist() for (_, mode), units in schedule.units_on.items()}

    assert followed(late) == followed(plain)


def test_it_can_fail() -> None:
    """Without a notice the same change is known from the beginning, and the schedule before it is another."""
    farm = case(SLOW, hours=4.0, state={"groups": {"G": {"running": 0}}})
    spike = "{kind: price, set_usd_per_mwh: 9, from: 2026-02-11 07:00, to: 2026-02-11 09:00%s}"
    first = []
    for notice in ("", ", notice: 2026-02-11 07:00"):
        late = scenario(f"[{spike % notice}]")
        grid = farm.grid(late)
        seen = farm.conditions(late, grid, grid.starts[0].to_pydatetime())
        first.append(
            replanned(farm.conditions(late, grid), lambda _t, seen=seen: seen, [])[0].units_on["G", "normal"][0]
        )
    assert first == [0, 10]
