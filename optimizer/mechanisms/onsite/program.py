r"""Generation behind the meter: it feeds the site, or is exported.

Symbols: :math:`e_t` export, :math:`y_t` generation used or exported; MW.
"""

from __future__ import annotations

from optimizer.engine.language import Expression, Index, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.offer("exportable")
def onsite_used(m: Model, t: Index) -> Expression:
    """On-site generation used or exported, MW."""
    return m.sum(m.SOURCES, lambda v: m.source_mw[v, t])


@RULES.offer("behind_the_meter")
def used_less_exported(m: Model, t: Index) -> Expression:
    r"""Generation that stays on the site, MW: :math:`y_t - e_t`."""
    return onsite_used(m, t) - m.sum(m.EXPORTS, lambda x: m.export_mw[x, t])


@RULES.family(("EXPORTS", "INTERVALS"), "at most {export_limit_mw:.4g} MW may be exported", unit="MW")
def export_limit(m: Model, x: Index, t: Index) -> Relation:
    r"""Export stays within its limit: :math:`e_t \le \bar E`.

    Its shadow price is what one more MW of export would earn in the interval, USD per MW.
    """
    return m.export_mw[x, t] <= m.export_limit_mw[x]


@RULES.family(("EXPORTS", "INTERVALS"), "only on-site generation may be exported", unit="MW")
def export_source(m: Model, x: Index, t: Index) -> Relation:
    r"""Only on-site generation is exported, never power bought a moment before: :math:`e_t \le y_t`.

    Its shadow price is what one MW bought to be exported would earn in the interval, USD per MW.
    """
    return m.export_mw[x, t] <= m.offered("exportable", t)


@RULES.term(("INTERVALS",))
def onsite_cost(m: Model, t: Index) -> Expression:
    """Running cost of on-site generation."""
    return m.sum(m.SOURCES, lambda v: -m.hours[t] * m.source_usd_per_mwh[v] * m.source_mw[v, t])


@RULES.term(("INTERVALS",))
def export_revenue(m: Model, t: Index) -> Expression:
    """What exported energy earns."""
    return m.sum(m.EXPORTS, lambda x: m.hours[t] * m.export_usd_per_mwh[t] * m.export_mw[x, t])


PARAMETERS = (
    Parameter("source_limit_mw", ("SOURCES", "INTERVALS")),
    Parameter("export_limit_mw", ("EXPORTS",)),
    Parameter("source_usd_per_mwh", ("SOURCES",)),
    Parameter("export_usd_per_mwh", ("INTERVALS",)),
)

VARIABLES = (
    Variable("source_mw", ("SOURCES", "INTERVALS"), upper="source_limit_mw", decided=True),
    Variable("export_mw", ("EXPORTS", "INTERVALS"), decided=True),
)
