"""Tables of the board page: where the decision flips, and what the storm does."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.conversion.answer import Answer
from optimizer.conversion.flips import Flip
from optimizer.conversion.pages.figures import QUANTITY, shown_value, today
from optimizer.conversion.pages.summary import flip_row
from optimizer.conversion.storm import StormWeek


@dataclass(frozen=True)
class FlipCell:
    """Where a decision flips, both sides of it, and what is offered today; ``kind`` is plain where nothing flips."""

    text: str
    title: str
    offered: str = ""
    kind: str = ""


def flip_rows(a: Answer) -> tuple[tuple[str, tuple[FlipCell, ...]], ...]:
    """Flips by what is decided on, each offer in full and the best plan, and by quantity."""
    rows = [(f"{offer.name}, in full", o, a.full_flips[o]) for o, offer in enumerate(a.site.offers)]
    rows.append(("best plan", a.offer, a.best_flips))
    return tuple((name, tuple(_flip_cell(a, flip, offer) for flip in flips)) for name, offer, flips in rows)


def _flip_cell(a: Answer, flip: Flip, offer: int) -> FlipCell:
    what, now, at, below, above = flip_row(a, flip, offer)
    if flip.at is None:
        return FlipCell("always " + above.split()[0], f"{what.strip()}, today {now}: {at}", kind="plain")
    title = f"{what.strip()}, today {now}: below {at} {below}, above {above}"
    grows, side = above.split()[0], "from" if flip.quantity == "delay_months" else "above"
    offered = f"of {_bare(now)}" if flip.quantity in ("rent", "capex") else ""
    return FlipCell(f"{grows} {side} {_bare(at)}", title, offered)


def _bare(text: str) -> str:
    """A value without its unit, which the head of the column says."""
    return text.split(" per ")[0]


def flip_heads(a: Answer) -> tuple[tuple[str, str], ...]:
    """What flips a decision, and its unit or today's value where that is the same for all."""
    price, rate = (shown_value(quantity, today(a, quantity, a.offer)) for quantity in ("btc_price", "hashprice"))
    units = {"btc_price": f"today {price}", "hashprice": f"today {rate}", "rent": "per kW-month", "capex": "per MW"}
    names = {**QUANTITY, "delay_months": "delay"}
    return tuple((names[flip.quantity], units.get(flip.quantity, "")) for flip in a.best_flips)


def storm_rows(a: Answer) -> tuple[tuple[str, StormWeek], ...]:
    """What the storm of a mean year does to mining only, the best offer in full and the best plan."""
    at = (0, 2 + 2 * a.offer, -1)
    storms = ((a.results[i].variant.name, a.figures[i].storm) for i in at)
    return tuple((name, storm) for name, storm in storms if storm is not None)
