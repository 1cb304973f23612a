r"""What energy costs (family 13 for spot: everything imported is bought at the interval's price)."""

from __future__ import annotations

from typing import Any

from optimizer.lp.language import Family, Parameter, Term, Variable


def energy(m: Any, t: Any) -> Any:
    r"""Energy bought at the interval's price, grossed up for losses: :math:`-h_t \pi_t i_t`."""
    return -m.hours[t] * m.energy_usd_per_mwh[t] * m.grid_import[t]


def adders(m: Any, t: Any) -> Any:
    r"""Per-MWh charges on top of the price: :math:`-h_t a_t i_t`."""
    return -m.hours[t] * m.adders_usd_per_mwh[t] * m.grid_import[t]


def onsite_cost(m: Any, t: Any) -> Any:
    """Running cost of on-site generation."""
    return m.sum(m.SOURCES, lambda s: -m.hours[t] * m.source_usd_per_mwh[s] * m.source_mw[s, t])


def export_revenue(m: Any, t: Any) -> Any:
    """What exported energy earns."""
    return m.sum(m.EXPORTS, lambda x: m.hours[t] * m.export_usd_per_mwh[t] * m.export_mw[x, t])


PARAMETERS = (
    Parameter("energy_usd_per_mwh", ("INTERVALS",)),  # per MWh metered, losses included
    Parameter("adders_usd_per_mwh", ("INTERVALS",)),  # per MWh metered, losses included
    Parameter("source_usd_per_mwh", ("SOURCES",)),
    Parameter("export_usd_per_mwh", ("INTERVALS",)),
)

VARIABLES: tuple[Variable, ...] = ()

FAMILIES: tuple[Family, ...] = ()

TERMS = (
    Term(energy, ("INTERVALS",)),
    Term(adders, ("INTERVALS",)),
    Term(onsite_cost, ("INTERVALS",)),
    Term(export_revenue, ("INTERVALS",)),
)
