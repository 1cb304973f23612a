"""Where the power of a schedule comes from and where it goes, as text: power.csv."""

from __future__ import annotations

from collections.abc import Mapping

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.flows import flows
from optimizer.accounts.ledger import accounts
from optimizer.accounts.settlement import Books
from optimizer.arrays import F
from optimizer.plan.text import Texts, csv_text, number_texts, quoted, time_texts

_MW_DECIMALS = 9  # a bill to the cent can be redone from them: a megawatt of a peak costs up to 1e6 USD
_HOUR_DECIMALS = 9
_USD_DECIMALS = 6
_SHARE_DECIMALS = 12


def power_text(c: Conditions, dispatch: Dispatch) -> str:
    """A row per interval: hours, energy price, MW behind and through the meter, MW by source, chances of a peak.

    load + export = import + onsite at the meter, and what else stands behind it. At the hub, import with losses = spot
    + what suppliers give + what is used of blocks. What is left of a block is sold, or lost where it may not be.
    Whatever else mechanisms show or is decided has a column, a coincident peak one with the probability that the
    interval is it.
    """
    grid = c.grid
    metered = flows(c, dispatch)
    unsettled = Books(c, dispatch, metered, {})  # money may need what is not known, such as a peak so far
    columns = {
        "interval_start": time_texts(grid.starts, grid.timezone),
        "interval_end": time_texts(grid.ends, grid.timezone),
        "hours": number_texts(grid.hours, _HOUR_DECIMALS),
        "energy_usd_per_mwh": number_texts(c.market.energy_price_usd_per_mwh, _USD_DECIMALS),
    }
    megawatts = {"load_mw": metered.load_mw, "import_mw": metered.import_mw, "spot_mw": metered.spot_mw}
    shown = set()
    for variable, own in (one for account in accounts() for one in account.shown):
        megawatts |= own(unsettled)
        shown.add(variable)
    megawatts |= {
        f"{label if isinstance(label, str) else '/'.join(label)}/{variable}": series
        for variable, rows in dispatch.table.items()
        for label, series in rows.items()
        if variable not in shown
    }
    chances = {f"{name}/probability": share for name, share in c.market.peak_probability.items()}
    return csv_text(columns | _named(megawatts, _MW_DECIMALS) | _named(chances, _SHARE_DECIMALS))


def _named(columns: Mapping[str, F], decimals: int) -> dict[str, Texts]:
    """Columns of numbers whose names may hold anything."""
    names = quoted(columns).tolist()
    return {name: number_texts(values, decimals) for name, values in zip(names, columns.values(), strict=True)}
