"""Where decisions flip: found exactly, and the decision is another just below and just above."""

from __future__ import annotations

import pytest

from optimizer.conversion.case import Change
from optimizer.conversion.files.uncertainty import TornadoRanges
from optimizer.conversion.flips import QUANTITIES, Asker, best_flip, full_flip
from optimizer.conversion.sensitivity import heat_map, tornado
from tests.sites import HOURS, machines, offer, site

YEARS = 1 / 1.1 + 1 / 1.331


def test_the_price_of_bitcoin_at_which_mining_wins_again_by_hand() -> None:
    """By hand: 10 MW mine (60 f - 40) x 8,766 x 1.66040571 each, hosting is worth 6,431,254.70: f = 1.4030625."""
    flip = full_flip(Asker(site()), 0, "btc_price")
    hosting = 8 * (12_000 * 190 / 1.331 - 1e6 / 1.1)
    assert flip.at == pytest.approx((hosting / (10 * HOURS * YEARS) + 40) / 60, rel=1e-9)
    assert (flip.below, flip.above) == ("host", "mine")


def test_rent_and_capex_flip_where_they_should() -> None:
    """By hand: mining is worth 2,911,023.29; 8 (12,000 (200 f - 10) / 1.331 - 909,090.91) and with f on the cost."""
    ask = Asker(site())
    mining = 10 * 20 * HOURS * YEARS
    rent = (((mining / 8 + 1e6 / 1.1) * 1.331 / 12_000) + 10) / 200
    assert full_flip(ask, 0, "rent").at == pytest.approx(rent, rel=1e-9)
    cost = (12_000 * 190 / 1.331 - mining / 8) * 1.1 / 1e6
    assert full_flip(ask, 0, "capex").at == pytest.approx(cost, rel=1e-9)


def test_a_delay_flips_by_whole_months() -> None:
    """By hand: hosting is worth 3,520,231.41 more than mining; a month late loses 8 x 190,000 / 1.331 = 1,141,998.50.

    So three months late it is still worth more, four months late it is not.
    """
    money = {"discount_rate": 0.21, "cash_usd": 1e9, "contract_rest_share": 0.0}
    flip = full_flip(Asker(site(money=money)), 0, "delay_months")
    assert (flip.at, flip.below, flip.above) == (4.0, "host", "mine")


def test_the_best_plan_ceases_to_convert_where_the_worst_machine_pays() -> None:
    """By hand: machines of 30 stand still until 30 f x 8,766 x 1.66 - ... exceeds what 0.8 critical MW bring.

    A critical MW is worth 803,906.84; the 1.25 MW it takes must mine (30 f - 40) x 8,766 x 1.66040571 each.
    """
    made = site(machines("good", 4, 90.0), machines("old", 6, 30.0))
    flip = best_flip(Asker(made), "btc_price")
    worth = 12_000 * 190 / 1.331 - 1e6 / 1.1
    assert flip.at == pytest.approx((worth / (1.25 * HOURS * YEARS) + 40) / 30, rel=1e-6)
    assert (flip.below, flip.above) == ("host some", "mine only")


def test_where_nothing_flips_it_says_so() -> None:
    poor = offer(rent={"usd_per_kw_month": 11.0, "term_months": 12})
    flip = full_flip(Asker(site(offers=(poor,))), 0, "btc_price")
    assert (flip.at, flip.below, flip.above) == (None, "mine", "mine")


@pytest.mark.parametrize("quantity", [q for q in QUANTITIES if q != "delay_months"])
def test_just_below_and_just_above_the_decision_changes(quantity: str) -> None:
    ask = Asker(site(machines("good", 5, 70.0), machines("old", 5, 45.0)))
    flip = full_flip(ask, 0, quantity)
    assert flip.at is not None
    assert flip.below != flip.above
    sides = [ask.gain(Change(**{quantity: flip.at * (1.0 + side)}), 0) for side in (-1e-6, 1e-6)]
    assert sides[0] * sides[1] < 0.0
    best = best_flip(ask, quantity)
    assert best.at is not None
    amounts = [ask.best(Change(**{quantity: best.at * (1.0 + side)}))[1] for side in (-1e-6, 1e-6)]
    assert min(amounts) == pytest.approx(0.0, abs=0.01)
    assert max(amounts) > 0.1


def test_a_month_before_a_delay_flips_it_does_not() -> None:
    """Both kinds: an offer in full, and the best plan, which converts something as long as old machines earn less."""
    ask = Asker(site(machines("good", 5, 70.0), machines("old", 5, 45.0)))
    flip = full_flip(ask, 0, "delay_months")
    assert flip.at is not None
    before, after = (ask.gain(Change(delay_months=round(flip.at) + more), 0) for more in (-1, 0))
    assert before > 0.0 >= after
    assert (flip.below, flip.above) == ("host", "mine")
    best = best_flip(ask, "delay_months")
    assert best.at is not None
    assert best.at >= flip.at
    before, after = (ask.best(Change(delay_months=round(best.at) + more))[1] for more in (-1, 0))
    assert before > 0.01 >= after
    assert (best.below, best.above) == ("host some", "mine only")


def test_the_tornado_shows_the_gain_at_either_end() -> None:
    """By hand: hosting less mining is 3,520,231.41; 15 % of rent are 8 x 12,000 x 30 / 1.331 = 2,163,786.63."""
    ask = Asker(site())
    swings = {swing.quantity: swing for swing in tornado(ask, 0, TornadoRanges())}
    assert swings["rent"].gain_low == pytest.approx(3_520_231.41 - 2_163_786.63, abs=0.01)
    assert swings["rent"].gain_high == pytest.approx(3_520_231.41 + 2_163_786.63, abs=0.01)
    own = tornado(ask, 0, TornadoRanges(rent=(0.7, 1.15), reason="told"))
    assert next(x for x in own if x.quantity == "rent").gain_low == pytest.approx(
        3_520_231.41 - 2 * 2_163_786.63, abs=0.01
    )
    widths = [abs(swing.gain_high - swing.gain_low) for swing in tornado(ask, 0, TornadoRanges())]
    assert widths == sorted(widths, reverse=True)


def test_the_heat_map_holds_today_and_never_a_loss() -> None:
    ask = Asker(site())
    cells = [cell for row in heat_map(ask) for cell in row]
    today = next(cell for cell in cells if (cell.btc_factor, cell.rent_factor) == (1.0, 1.0))
    assert today.gain == pytest.approx(3_520_231.41, abs=0.01)
    assert min(cell.gain for cell in cells) >= -0.01
