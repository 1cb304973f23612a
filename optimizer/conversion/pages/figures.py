"""What a conversion study found: files for machines, and the figures its page and its summary show."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from dataclasses import asdict
from typing import Any

import yaml

from optimizer.conversion.answer import Answer
from optimizer.conversion.files.power import Power
from optimizer.conversion.flips import Flip
from optimizer.conversion.uncertain import Uncertain
from optimizer.report.kit.text import number, usd

MOST_HELD = "0.1 to 10 times"
QUANTITY = {
    "btc_price": "price of BTC",
    "hashprice": "hashprice",
    "rent": "rent",
    "capex": "capital cost",
    "power": "power price",
    "delay_months": "delay of the first rent",
}


def study_figures(a: Answer) -> dict[str, Any]:
    """The figures of a study, for machines. USD; a missing figure is None."""
    study = a.site.study
    offer = a.results[1 + 2 * a.offer + 1].variant.offer
    return {
        "study": study.name,
        "farm": a.site.name,
        "start": study.years.start.isoformat(),
        "years": study.years.years,
        "site_mw": a.site.site_mw,
        "btc_price_usd": study.bitcoin.price_usd,
        "hashprice_usd_per_ph_day": a.hashprice,
        "discount_rate": study.money.discount_rate,
        "best_offer_in_full": offer,
        "weeks": [week.model_dump(mode="json") for week in study.power.weeks],
        "variants": [
            {
                "name": entry.variant.name,
                "path": entry.variant.path,
                "beyond_means": entry.beyond_means,
                **asdict(computed),
            }
            for entry, computed in zip(a.results, a.figures, strict=True)
        ],
        "flips": [*_full_flips(a), *({"of": "best plan", **_flip(a, flip, a.offer)} for flip in a.best_flips)],
        "swings": [asdict(swing) for swing in a.swings],
        "heat_map": [[asdict(cell) for cell in row] for row in a.heat],
        "fleets": [
            {
                "name": fleet.name,
                "cost_of_a_bitcoin_usd": None if fleet.cost is None else asdict(fleet.cost),
                "mining_npv": fleet.mining_npv,
                "best_npv": fleet.best_npv,
                "best_mw": fleet.best_mw,
                "mining_beats_offer_in_full_above_btc_usd": _btc(a, fleet.full),
                "decision_today_in_full": _today(fleet.full),
                "best_plan_converts_nothing_above_btc_usd": _btc(a, fleet.best),
            }
            for fleet in a.fleets
        ],
        "uncertainty": None if a.uncertain is None else _uncertainty(a.uncertain),
        "assumed": assumptions(a),
    }


def _full_flips(a: Answer) -> list[dict[str, Any]]:
    return [
        {"of": f"{offer.name}, in full", **_flip(a, flip, o)}
        for o, offer in enumerate(a.site.offers)
        for flip in a.full_flips[o]
    ]


def _flip(a: Answer, flip: Flip, offer: int) -> dict[str, Any]:
    return {
        "quantity": flip.quantity,
        "factor_or_months": flip.at,
        "value": None if flip.at is None else flip.at * today(a, flip.quantity, offer),
        "today": 0.0 if flip.quantity == "delay_months" else today(a, flip.quantity, offer),
        "just_below": flip.below,
        "just_above": flip.above,
    }


def today(a: Answer, quantity: str, offer: int) -> float:
    """Today's value of what flips a decision: USD per BTC, per PH/s and day, per kW and month, per MW; one month."""
    terms = a.site.offers[offer]
    values = {
        "btc_price": a.site.study.bitcoin.price_usd,
        "hashprice": a.hashprice,
        "rent": terms.rent.usd_per_kw_month,
        "capex": terms.capex.usd_per_mw,
    }
    return values.get(quantity, 1.0)


def shown_value(quantity: str, value: float) -> str:
    """A value of what flips a decision, for people.

    >>> shown_value("rent", 147.94), shown_value("capex", 9.1e6), shown_value("delay_months", 7.0)
    ('$147.9 per kW-month', '$9.10 M per MW', '7 months')
    """
    if quantity == "capex":
        return f"${number(value / 1e6, 2)} M per MW"
    if quantity == "delay_months":
        return f"{number(value)} months"
    if quantity == "rent":
        return f"${number(value, 1)} per kW-month"
    return f"${number(value, 2)} per PH/s-day" if quantity == "hashprice" else usd(value)


def _btc(a: Answer, flip: Flip) -> float | None:
    return None if flip.at is None or flip.above.startswith("host") else flip.at * a.site.study.bitcoin.price_usd


def _today(flip: Flip) -> str:
    """What is decided at today's value, from what is decided on either side of the flip."""
    return flip.below if flip.at is None or flip.at > 1.0 else flip.above


def _uncertainty(u: Uncertain) -> dict[str, Any]:
    return {
        "paths": len(u.paths),
        "mine_only": u.mine_only,
        "commit_today": u.commit,
        "wait_until_known": u.wait,
        "best_of_both": u.best,
        "knowing": u.knowing,
        "value_of_waiting": u.value_of_waiting,
        "value_of_information": u.value_of_information,
        "converted_before_known_mw": u.now_mw,
        "variants": [
            {
                "name": spread.name,
                "expected_npv": spread.expected,
                "cvar": spread.cvar,
                "probability_better_than_mining": spread.beats_mining,
                "beyond_means": spread.beyond_means,
                "converted_mw": spread.converted_mw,
            }
            for spread in u.spreads
        ],
    }


def assumptions(a: Answer) -> list[dict[str, Any]]:
    """What every figure rests on, with its source: of the study, of all offers together, of each."""
    study, offers = a.site.study, a.site.offers
    counts = Counter(sentence for offer in offers for sentence in dict.fromkeys(offer.assumed))
    shared = [sentence for sentence, offers_with_it in counts.items() if 1 < offers_with_it == len(offers)]
    made: list[dict[str, Any]] = [
        {"of": study.name, "source": study.source, "assumed": [*study.assumed, *a.site.notes]}
    ]
    if shared:
        made.append({"of": "All offers", "source": None, "assumed": shared})
    for offer in offers:
        own = [sentence for sentence in offer.assumed if sentence not in shared]
        made.append({"of": offer.name, "source": offer.source, "assumed": own})
    return made


def convert_files(a: Answer) -> dict[str, str]:
    """The files of an output folder, by name."""
    data, power = study_figures(a), a.site.study.power
    made = {"power.yaml": power_file(power)} if power.weeks else {}
    return made | {
        "study.json": json.dumps(data, indent=1, allow_nan=False) + "\n",
        "variants.csv": _variants(data),
        "flips.csv": _csv(data["flips"]),
        "paths.csv": _paths(a.uncertain),
    }


def power_file(power: Power) -> str:
    """The weeks, blocks and peaks of a study as YAML, to stand in place of the history they were made of."""
    made = power.model_dump(mode="json", include={"weeks", "blocks", "peaks"}, exclude_defaults=True)
    head = (
        "# Weeks of the history and the blocks made of them: what a study's `power` may hold in place of `history`.\n"
    )
    return head + yaml.safe_dump({"power": _rounded(made)}, default_flow_style=None, sort_keys=False, width=120)


def _rounded(value: Any) -> Any:
    """Numbers to four digits behind the point."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def _variants(data: dict[str, Any]) -> str:
    rows = []
    for entry in data["variants"]:
        row = {k: v for k, v in entry.items() if k not in ("over_mining", "mw_by_year", "standing_mw", "storm")}
        row |= {f"over_mining_{k}": v for k, v in entry["over_mining"].items()}
        row |= {f"storm_{k}": v for k, v in (entry["storm"] or {}).items()}
        for year, (machines, tenants) in enumerate(entry["mw_by_year"], 1):
            row |= {f"machines_mw_year_{year}": machines, f"tenant_mw_year_{year}": tenants}
        for group, standing in entry["standing_mw"].items():
            row |= {f"{group}_mw_year_{year}": mw for year, mw in enumerate(standing, 1)}
        rows.append(row)
    return _csv(rows)


def _paths(u: Uncertain | None) -> str:
    if u is None:
        return "path,probability\n"
    return _csv(
        [
            {"path": path, "probability": float(u.probability[s]), **{x.name: float(x.npv[s]) for x in u.spreads}}
            for s, path in enumerate(u.paths)
        ]
    )


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
