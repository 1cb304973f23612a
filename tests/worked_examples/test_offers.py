"""Calls that pay at the same time, each below a baseline of its own. A machine draws one MW and gains 0.6 USD/h."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from optimizer.accounts.breach import Breach
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.ledger import offered as balance
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import settle
from optimizer.engine.highs import solve
from optimizer.engine.language import Expression, Index, Model, Term
from optimizer.engine.program import compile_program
from optimizer.mechanisms.calls.account import payments
from optimizer.mechanisms.calls.facts import paid_spans
from optimizer.plan.checker import check
from optimizer.plan.formulation import FAMILIES, TERMS, build_problem
from optimizer.plan.planning import plan_conditions
from optimizer.plan.whole_units import dispatch_of
from tests.farms import conditions, farm, group
from tests.plan.test_event_rules import on
from tests.worked_examples.optimum import optimum, usd

PAYS, GAIN = 0.4, 0.6  # USD/MWh: what power costs, and what a machine gains in an hour
Offer = tuple[float, float, float | None]  # USD/MWh, baseline MW, most MW
OWED = {"cut": {"form": "to_level", "mw": 100.0}}  # a call that pays, and whose limit is far above all there is


def offer(name: str, usd_per_mwh: float, baseline_mw: float, most_mw: float | None = None) -> dict[str, Any]:
    """A voluntary call from 06:00 to 07:00."""
    payment = {"usd_per_mwh": usd_per_mwh, "baseline_mw": baseline_mw, "most_mw": most_mw}
    times = {"start": "2026-02-11 06:00", "end": "2026-02-11 07:00"}
    return {"name": name, "voluntary": True, "payment": payment, **times}


def offered(*offers: Offer, owed: str = "", fleet: tuple[dict[str, Any], ...] = ()) -> Conditions:
    """One hour of ten machines under calls named a, b, c, ..., voluntary but for those named in ``owed``."""
    calls = tuple(offer(chr(ord("a") + i), *terms) for i, terms in enumerate(offers))
    calls = tuple({**call, "voluntary": False, **OWED} if call["name"] in owed else call for call in calls)
    return conditions(farm(*fleet, events=calls), [PAYS])


def test_paid_cuts() -> None:
    """Proves that no megawatt is sold twice: of ten, four go to the call that pays best, the others only below 8 MW.

    By hand: 4 at 0.9 and 5 at 0.7 USD/MWh, both more than 0.6, and the one machine that nobody pays for any more runs.
    Without it each would be paid its most with all ten machines running.
    """
    c = offered((0.7, 8.0, 5.0), (0.9, 10.0, 4.0))
    assert optimum(c).on() == [1]
    assert optimum(c).profit == usd(GAIN + 4 * 0.9 + 5 * 0.7)
    assert optimum(c, "paid_cuts").profit == usd(GAIN * 10 + 5 * 0.7 + 4 * 0.9)


def test_a_cut_is_paid_below_its_own_baseline() -> None:
    """Proves that a lower baseline takes nothing from the better call: ten megawatts are sold to it, not eight.

    By hand: 10 x 0.9 USD. With the lowest of the baselines for both it would be 8 x 0.9.
    """
    c = offered((0.7, 8.0, None), (0.9, 10.0, None))
    assert optimum(c).on() == [0]
    assert optimum(c).profit == usd(10 * 0.9)
    assert optimum(c, "event_payment").profit == usd(GAIN * 10)


def test_import_may_exceed_a_lower_baseline_while_a_higher_one_is_paid() -> None:
    """Proves that five machines that gain 2 USD run above the baseline of 4 MW: the call below 10 MW pays as well.

    By hand: 5 x 2, and the five cut at 0.9 USD/MWh; nothing under the lower. Held to 4 MW one more of the five would
    stop for 0.9 in place of 2.
    """
    rich, poor = group("R", 5, th=2_400.0), group("P", 5)
    c = offered((0.7, 4.0, None), (0.9, 10.0, 8.0), fleet=(rich, poor))
    best = optimum(c)
    assert (best.on("R"), best.on("P")) == ([5], [0])
    assert best.profit == usd(5 * 2.0 + 5 * 0.9)
    assert optimum(c, ("paid_cuts", "event_payment")).profit == usd(5 * 2.0 + 5 * GAIN)


def test_a_call_that_owes_a_cut_holds_import_where_it_pays_more() -> None:
    """Proves that import keeps to 8 MW where the call below them pays more than the one below ten, and owes a cut.

    By hand: ten cut, two of them at 0.1 and eight at 0.9 USD/MWh. At 0.2 in place of 0.9 the eight would run, and two
    be sold for 0.1. Were both voluntary, ten would run for 6 USD and be paid nothing.
    """
    for owed in ("", "a", "ab"):
        assert optimum(offered((0.9, 8.0, None), (0.1, 10.0, None), owed=owed)).profit == usd(2 * 0.1 + 8 * 0.9)
    for owed in ("a", "ab"):
        held = offered((0.2, 8.0, None), (0.1, 10.0, None), owed=owed)
        assert optimum(held).on() == [8]
        assert optimum(held).profit == usd(GAIN * 8 + 2 * 0.1)
        assert optimum(held, ("paid_cuts", "event_payment")).profit == usd(GAIN * 10)
    free = optimum(offered((0.2, 8.0, None), (0.1, 10.0, None), owed="b"))
    assert (free.on(), free.profit) == ([10], usd(GAIN * 10))


def test_a_lower_baseline_holds_where_the_better_call_has_enough_before() -> None:
    """Proves that import keeps to 8 MW where the better call takes one megawatt only, and not where a second such call
    takes the next, all of them owing a cut.

    By hand: at 8 MW one of the two cut is sold at 2 USD/MWh; at 9 it would be as well, with one machine more, but then
    0.1 for each further MW would be a payment that begins anew. With the second call both are sold, by choice.
    """
    one = offered((0.1, 8.0, None), (2.0, 10.0, 1.0), owed="ab")
    assert (optimum(one).on(), optimum(one).profit) == ([8], usd(GAIN * 8 + 2.0))
    two = offered((0.1, 8.0, None), (2.0, 10.0, 1.0), (2.0, 10.0, 1.0), owed="abc")
    assert (optimum(two).on(), optimum(two).profit) == ([8], usd(GAIN * 8 + 4.0))
    assert [span.held_mw for c in (one, two) for span in paid_spans(c)] == [8, 10]
    freely = optimum(offered((0.1, 8.0, None), (2.0, 10.0, 1.0)))
    assert (freely.on(), freely.profit) == ([9], usd(GAIN * 9 + 2.0))


def test_a_baseline_is_the_most_that_a_paid_call_leaves() -> None:
    """Proves that import keeps to the baseline of 8 MW while a call that owes a cut pays, be it too little to cut for.

    Without it ten, and so where the call is voluntary: then drawing more than the baseline is only paid nothing.
    """
    c = offered((0.1, 8.0, None), owed="a")
    assert optimum(c).on() == [8]
    assert optimum(c).profit == usd(GAIN * 8)
    assert optimum(c, ("paid_cuts", "event_payment")).profit == usd(GAIN * 10)
    free = offered((0.1, 8.0, None))
    assert (optimum(free).on(), optimum(free).profit) == ([10], usd(GAIN * 10))


def test_declined_cuts() -> None:
    """Proves that a voluntary call pays for all it offers or for nothing: ten machines run for 6 USD, or four stop
    beyond the two that are above the baseline.

    By hand: down to 8 MW for nothing, then four at 0.8 USD/MWh: 4 x 0.6 + 4 x 0.8 is 5.6 USD, less than 6; at 1 USD/MWh
    it is 6.4, more. Without it the four would be paid for while all ten run.
    """
    least = optimum(offered((0.8, 8.0, 4.0)))
    assert (least.on(), least.profit) == ([10], usd(GAIN * 10))
    more = optimum(offered((1.0, 8.0, 4.0)))
    assert (more.on(), more.profit) == ([4], usd(GAIN * 4 + 4.0))
    assert optimum(offered((0.8, 8.0, 4.0)), "declined_cuts").profit == usd(GAIN * 10 + 4 * 0.8)


def test_a_call_that_owes_a_cut_holds_whatever_voluntary_ones_pay() -> None:
    """Proves that a voluntary call neither holds nor frees: 4 MW it is, though the call below ten pays more down to it.

    By hand: four machines at 0.6, the six cut at 0.9 USD/MWh by the voluntary call.
    """
    c = offered((0.1, 4.0, None), (0.9, 10.0, 6.0), owed="a")
    assert [span.held_mw for span in paid_spans(c)] == [4]
    assert (optimum(c).on(), optimum(c).profit) == ([4], usd(GAIN * 4 + 6 * 0.9))


def test_one_choice_however_many_pieces_an_interval_has() -> None:
    """Proves that two calls of half an hour each below 8 MW are one choice, since import is one number in the hour.

    By hand: the first pays 0.5 USD/MWh and the second 0.9, so an hour's MW is paid 0.7 on the whole: four of the eight
    below the baseline bring 2.8 USD and the other four run for 2.4: 5.2, less than the 6 of ten machines. Were the
    second alone taken up, it would bring 1.8 more while the first is declined, which no meter can do.
    """
    first, second = offer("a", 0.5, 8.0, 4.0), offer("b", 0.9, 8.0, 4.0)
    first["end"] = second["start"] = "2026-02-11 06:30"
    c = conditions(farm(events=(first, second)), [PAYS])
    problem = build_problem(c)
    assert (problem.size("CALL_CHOICES"), problem.size("PAID_BASELINES")) == (1, 2)
    assert (optimum(c).on(), optimum(c).profit) == ([10], usd(GAIN * 10))


def test_what_nobody_can_exceed_is_no_choice() -> None:
    """A baseline at full load or at the import limit leaves a linear program, and so does one that a call holds."""
    for c in (
        offered((0.9, 10.0, None)),
        conditions(farm(limit_mw=7.0, events=(offer("a", 0.9, 7.0),)), [PAYS]),
        offered((0.9, 8.0, None), (0.1, 6.0, None), owed="b"),
    ):
        assert not compile_program(build_problem(c)).integer.any()
    assert compile_program(build_problem(offered((0.9, 9.0, None)))).integer.any()


def test_the_checker_holds_import_to_the_lowest_baseline_that_binds() -> None:
    """Of calls below 4, 7 and 10 MW that of 7 pays best, and for all there is down to 4: it binds, the lowest not.

    Voluntary ones bind nobody.
    """
    terms = ((0.7, 4.0, None), (0.9, 7.0, 3.0), (0.8, 10.0, None))
    c = offered(*terms, owed="abc")
    assert check(c, on(7)) == []
    assert check(c, on(8)) == [Breach("baseline of a paid event", "b", 0, 1, "MW")]
    assert check(offered(*terms), on(10)) == []


def test_the_marginal_price_says_what_the_best_unsold_cut_is_paid() -> None:
    """0.9 USD/MWh below 8 MW, though two rows bear it: 0.7 of it could be had above 8 MW as well."""
    plan = plan_conditions(offered((0.9, 8.0, None), (0.7, 10.0, None)))
    assert plan.explanation.items["event_payment"].tolist() == [pytest.approx(0.9)]
    assert {reason: off.tolist() for reason, off in plan.explanation.off.items()} == {Reason.EVENT_PAYMENT: [[10]]}


offers = st.tuples(
    st.integers(1, 6).map(lambda i: i / 4), st.integers(1, 12).map(float), st.sampled_from([None, 1.0, 2.0, 4.0, 7.0])
)


def best_sale(terms: list[Offer], import_mw: int) -> float:
    """The most that megawatts between the import and 12 are sold for, each once, found by assignment."""
    units = [(rate, base) for rate, base, most in terms for _ in range(12 if most is None else int(most))]
    worth = np.array([[rate if mw < base else 0.0 for rate, base in units] for mw in range(import_mw, 12)])
    return float(worth[linear_sum_assignment(worth, maximize=True)].sum()) if worth.size else 0.0


@given(st.lists(offers, min_size=1, max_size=4))
def test_the_settlement_sells_every_cut_as_well_as_can_be(terms: list[Offer]) -> None:
    c = offered(*terms)
    for mw in range(13):
        assert payments(c, np.array([float(mw)])).tolist() == [pytest.approx(best_sale(terms, mw))]


@given(st.lists(offers, min_size=1, max_size=4), st.sampled_from(["", "a", "b", "ac", "bcd"]))
def test_the_plan_is_the_best_there_is_at_or_below_what_holds_import(terms: list[Offer], owed: str) -> None:
    """Whichever calls owe a cut: the best sale below every baseline, found by assignment, for each import."""
    c = offered(*terms, owed=owed)
    (span,) = paid_spans(c)
    held = min(span.held_mw, 10)
    assert optimum(c).profit == usd(max(GAIN * mw + best_sale(terms, mw) for mw in range(int(held) + 1)))


@given(st.lists(offers, min_size=1, max_size=4))
def test_what_holds_import_is_the_highest_baseline_up_to_which_payments_are_concave(terms: list[Offer]) -> None:
    """So that nothing is held for less than need be."""
    c = offered(*terms, owed="abcd")
    (span,) = paid_spans(c)
    held = int(span.held_mw)
    paid = [best_sale(terms, mw) for mw in range(13)]
    higher = sorted({int(base) for _, base, _ in terms if base > held})
    for baseline in (held, *higher[:1]):
        slopes = [after - before for before, after in pairwise(paid[: baseline + 1])]
        concave = all(after <= before + 1e-9 for before, after in pairwise(slopes))
        assert concave == (baseline == held)


def test_the_settlement_pays_what_is_cut_below_each_baseline() -> None:
    """At 9 MW one MW at 0.9; at 6 four at 0.9; at 5 four at 0.9 and one at 0.7; at 0 four and the most of the other."""
    c = offered((0.7, 8.0, 5.0), (0.9, 10.0, 4.0))
    paid = [settle(c, on(mw)).lines["event_payment"] for mw in (10, 9, 6, 5, 0)]
    assert paid == [pytest.approx(usd_) for usd_ in (0.0, 0.9, 3.6, 4.3, 3.6 + 3.5)]


def test_what_cuts_are_paid_is_offered_by_interval() -> None:
    """The program and the account offer the same: 4 x 0.9 and 5 x 0.7 USD, nothing in the hour after."""

    def offered_income(m: Model, t: Index) -> Expression:
        return m.offered("cut_income", t)

    calls = (offer("a", 0.7, 8.0, 5.0), offer("b", 0.9, 10.0, 4.0))
    c = conditions(farm(events=calls), [PAYS, PAYS])
    twice = compile_program(build_problem(c), FAMILIES, (*TERMS, Term(offered_income, ("INTERVALS",), money=False)))
    found = solve(compile_program(build_problem(c), FAMILIES, TERMS), whole=True)
    usd_of = {name: float(term.coefficients @ found.x[term.columns]) for name, term in twice.terms.items()}
    assert usd_of["offered_income"] == usd_of["event_payment"] == usd(4 * 0.9 + 5 * 0.7)
    settled = settle(c, dispatch_of(found))
    assert balance("cut_income", c, settled).tolist() == [usd(4 * 0.9 + 5 * 0.7), 0.0]
