"""Random contract terms for random farms: suppliers, tiers, demand charges, coincident peaks, least bills."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

PEAK_RULE = {"months": (2,), "count": 2, "per": "month", "interval_minutes": 15, "source": "made up for a test"}
WINDOWS = (None, {"hours": ({"start": 7, "end": 9},)}, {"days": ("sat", "sun")}, {"any_of": ({"months": (1, 2)},)})


def _maybe(draw: st.DrawFn, value: Any, otherwise: Any = None) -> Any:
    return value if draw(st.booleans()) else otherwise


@st.composite
def charges(draw: st.DrawFn, full: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Keys of ``energy`` and of ``state.bill`` for a farm that draws ``full`` MW at most."""
    energy: dict[str, Any] = {}
    bill: dict[str, Any] = {}
    part = st.sampled_from([0.0, full / 4, full / 2, full])
    if draw(st.booleans()):
        ratchet = {"share": draw(st.sampled_from([0.5, 1.0])), "months": draw(st.integers(1, 3))}
        energy["demand"] = tuple(
            {
                "name": f"D{i}",
                "usd_per_mw": draw(st.sampled_from([16.0, 128.0, 2048.0])),
                "when": draw(st.sampled_from(WINDOWS)),
                "above_mw": _maybe(draw, full / 8, 0.0),
                "minimum_mw": _maybe(draw, full / 4, 0.0),
                "expected_peak_mw": draw(part),
                **_maybe(draw, {"ratchet": ratchet, "expected_peaks_mw": draw(st.sampled_from([None, full / 4]))}, {}),
            }
            for i in range(draw(st.integers(1, 2)))
        )
        past = {"2026-01": full / 2, "2025-12": full / 4, "2025-11": 0.0}
        bill["peaks_mw"] = {charge["name"]: draw(part) for charge in energy["demand"]}
        bill["past_peaks_mw"] = {charge["name"]: past for charge in energy["demand"]}
    if draw(st.booleans()):
        tier = {"name": "T", "above_mwh_per_month": full * draw(st.sampled_from([0.0, 2.0, 256.0]))}
        energy["tiers"] = ({**tier, "adds_usd_per_mwh": draw(st.sampled_from([0.0, 24.0]))},)
        bill["tier_mwh"] = {"T": full}
    if draw(st.booleans()):
        take = {"mwh_per_month": full * 64.0, "shortfall_usd_per_mwh": draw(st.sampled_from([0.0, 8.0, 64.0]))}
        energy["supplies"] = (
            {
                "name": "S",
                "limit_mw": draw(part),
                "price_usd_per_mwh": draw(st.sampled_from([0.0, 24.0, 96.0])),
                "minimum_take": _maybe(draw, take),
            },
        )
        bill["taken_mwh"] = {"S": full}
    if draw(st.booleans()):
        energy["coincident_peaks"] = (
            {
                "name": "CP",
                "rule": PEAK_RULE,
                "usd_per_mw_year": draw(st.sampled_from([64.0, 4096.0])),
                "minimum_mw": draw(st.sampled_from([0.0, full / 64, full / 2])),
                "elsewhere_mw": draw(part),
                "probability": draw(st.sampled_from([0.0, 0.03125, 0.125])),
            },
        )
    energy["fixed_usd_per_month"] = draw(st.sampled_from([0.0, 672.0]))
    energy["minimum_bill_usd_per_month"] = full * draw(st.sampled_from([0.0, 0.0, 4096.0]))
    bill["charged_usd"] = full * draw(st.sampled_from([0.0, 1024.0]))
    return energy, bill
