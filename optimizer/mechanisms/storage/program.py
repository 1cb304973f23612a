r"""Storage behind the meter: it charges and discharges within its power and what it holds.

Symbols: :math:`c_{bt}, d_{bt}` charge and discharge of battery b at the site's side of its inverter, MW;
:math:`\ell_{bt}` held beyond its least at the end of an interval, MWh; :math:`\eta^c_b, \eta^d_b` efficiencies,
:math:`\kappa_{bt}` what is kept of it over an interval.
"""

from __future__ import annotations

from optimizer.engine.language import Expression, Index, Model, Parameter, Relation, Rules, Variable

RULES = Rules()


@RULES.offer("behind_the_meter")
def discharged_less_charged(m: Model, t: Index) -> Expression:
    r"""What batteries bring to the site, MW: :math:`\sum_b d_{bt} - c_{bt}`."""
    return m.sum(m.STORAGE, lambda b: m.discharge_mw[b, t] - m.charge_mw[b, t])


@RULES.offer("exportable")
def discharged(m: Model, t: Index) -> Expression:
    """What batteries discharge, MW."""
    return m.sum(m.STORAGE, lambda b: m.discharge_mw[b, t])


@RULES.family(("STORAGE", "FIRST_INTERVALS"), "battery {STORAGE} holds what is charged into it", definition=True)
def first_level(m: Model, b: Index, t: Index) -> Relation:
    r"""In the first interval the level goes on from the state carried in; see `later_level`.

    Its shadow price is what one more MWh held at the end of the interval is worth, USD/MWh.
    """
    return m.stored_mwh[b, t] == m.stored_kept_share[b, t] * m.stored_before_mwh[b] + stored(m, b, t)


@RULES.family(("STORAGE", "LATER_INTERVALS"), "battery {STORAGE} holds what is charged into it", definition=True)
def later_level(m: Model, b: Index, t: Index) -> Relation:
    r"""A level follows from the one before and what goes in and out, with the losses:
    :math:`\ell_{bt} = \kappa_{bt} \ell_{b,t-1} + h_t (\eta^c_b c_{bt} - d_{bt} / \eta^d_b)`.

    Its shadow price is the water value: what one more MWh held at the end of the interval is worth.
    """
    return m.stored_mwh[b, t] == m.stored_kept_share[b, t] * m.stored_mwh[b, m.previous[t]] + stored(m, b, t)


def stored(m: Model, b: Index, t: Index) -> Expression:
    """What an interval adds to what a battery holds, MWh."""
    return m.hours[t] * (
        m.stored_per_charged[b] * m.charge_mw[b, t] - m.stored_per_discharged[b] * m.discharge_mw[b, t]
    )


@RULES.family(("STORAGE_CHOICES",), "battery {STORAGE} does not charge while it discharges", unit="MW")
def charges_alone(m: Model, n: Index) -> Relation:
    r"""Where drawing more may be worth money, a battery charges or discharges: :math:`c_{bt} \le \bar C_{bt} u_n`.

    :math:`u_n` is one or zero. Else it would be paid to lose energy by doing both at once, which no battery can. In
    other intervals that costs money, and no such choice is made. The shadow price says what a MW more would earn.
    """
    b, t = m.storage_of_choice[n], m.interval_of_choice[n]
    return m.charge_mw[b, t] <= m.charge_limit_mw[b, t] * m.charging[n]


@RULES.family(("STORAGE_CHOICES",), "battery {STORAGE} does not discharge while it charges", unit="MW")
def discharges_alone(m: Model, n: Index) -> Relation:
    r"""The other side of `charges_alone`: :math:`d_{bt} \le \bar D_{bt} (1 - u_n)`.

    Its shadow price is what one more MW of discharge would earn, USD per MW, with the choice made.
    """
    b, t = m.storage_of_choice[n], m.interval_of_choice[n]
    return m.discharge_mw[b, t] <= m.discharge_limit_mw[b, t] - m.discharge_limit_mw[b, t] * m.charging[n]


@RULES.term(("STORAGE", "INTERVALS"))
def storage_wear(m: Model, b: Index, t: Index) -> Expression:
    r"""Wear of what is discharged: :math:`-h_t w_b d_{bt}`."""
    return -m.hours[t] * m.storage_wear_usd_per_mwh[b] * m.discharge_mw[b, t]


@RULES.term(("STORAGE", "LAST_INTERVALS"))
def stored_energy(m: Model, b: Index, t: Index) -> Expression:
    r"""What is held at the end beyond what was held at the beginning, at its worth: :math:`v_b (\ell_{bT} - L_b)`."""
    return m.stored_usd_per_mwh[b] * (m.stored_mwh[b, t] - m.stored_before_mwh[b])


@RULES.term(("STORAGE", "INTERVALS"), money=False)
def storage_tie_break(m: Model, b: Index, t: Index) -> Expression:
    """A tiny price on discharging, so that no battery cycles for nothing. No money: kept out of profit."""
    return -m.hours[t] * m.storage_order_usd_per_mwh[b] * m.discharge_mw[b, t]


PARAMETERS = (
    Parameter("charge_limit_mw", ("STORAGE", "INTERVALS")),
    Parameter("discharge_limit_mw", ("STORAGE", "INTERVALS")),
    Parameter("stored_limit_mwh", ("STORAGE", "INTERVALS")),
    Parameter("stored_before_mwh", ("STORAGE",)),
    Parameter("stored_kept_share", ("STORAGE", "INTERVALS")),
    Parameter("stored_per_charged", ("STORAGE",)),
    Parameter("stored_per_discharged", ("STORAGE",)),
    Parameter("storage_wear_usd_per_mwh", ("STORAGE",)),
    Parameter("stored_usd_per_mwh", ("STORAGE",)),
    Parameter("storage_order_usd_per_mwh", ("STORAGE",)),
)

VARIABLES = (
    Variable("charge_mw", ("STORAGE", "INTERVALS"), upper="charge_limit_mw", decided=True),
    Variable("discharge_mw", ("STORAGE", "INTERVALS"), upper="discharge_limit_mw", decided=True),
    Variable("stored_mwh", ("STORAGE", "INTERVALS"), upper="stored_limit_mwh"),
    Variable("charging", ("STORAGE_CHOICES",), integer=True),
)
