"""What each assumption of the shipped studies does to the sign: the table of docs/conversion.md, as Markdown.

``python -m tests.conversion.alternatives`` changes one thing at a time:
what Hut 8's and TeraWulf's offers gain in full over mining only, on the central path, million USD.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from optimizer.config.load import load_catalogue, load_farm
from optimizer.conversion.case import Change
from optimizer.conversion.files.load import load_offer, study_site
from optimizer.conversion.files.offer import Offer
from optimizer.conversion.files.study import Study
from optimizer.conversion.flips import Asker
from tests.commands.running import CONFIGS, WEST_TEXAS

HOSTING = CONFIGS / "hosting"
STUDIES = ("february_2026", "february_2026_ercot")
OFFERS = ("hut8_fluidstack", "terawulf_fluidstack")
Edit = tuple[str, Any]

# name, edits of the study, edits of both offers
ALTERNATIVES: tuple[tuple[str, tuple[Edit, ...], tuple[Edit, ...]], ...] = (
    ("as shipped", (), ()),
    ("BTC does not rise", (("bitcoin.price_growth_per_year", 0.0), ("bitcoin.difficulty_growth_per_year", 0.0)), ()),
    ("BTC and difficulty rise 5 % a year",
     (("bitcoin.price_growth_per_year", 0.05), ("bitcoin.difficulty_growth_per_year", 0.05)), ()),
    ("BTC rises 10 % a year, difficulty 2 %", (("bitcoin.price_growth_per_year", 0.10),), ()),
    ("a halving leaves 75 % of the difficulty", (("bitcoin.halving_difficulty_share", 0.75),), ()),
    ("a halving leaves half of it: hash earns on as before", (("bitcoin.halving_difficulty_share", 0.5),), ()),
    ("owners ask 8 %", (("money.discount_rate", 0.08),), ()),
    ("owners ask 12 %", (("money.discount_rate", 0.12),), ()),
    ("owners ask 17 %", (("money.discount_rate", 0.17),), ()),
    ("equity costs nothing", (("money.equity.cost_share", 0.0),), ()),
    ("equity costs 7 %", (("money.equity.cost_share", 0.07),), ()),
    ("treasury BTC was bought at 30,000 USD", (("money.treasury.paid_usd_per_btc", 30_000.0),), ()),
    ("contracts pay nothing after ten years", (("money.contract_rest_share", 0.0),), ()),
    ("the lease is renewed for five years", (), (("rent.term_months", 60),)),
    ("nothing is lent", (), (("debt", None),)),
    ("lenders ask 2 points more", (), (("debt.rate_per_year", 0.02),)),
    ("halls cost 13.3 M USD per MW", (), (("capex.usd_per_mw", 13.3e6),)),
    ("mining goes on until nine months before the first rent", (), (("months_without_revenue", 9),)),
    ("service credits of 10,000 USD/MWh, no backup", (),
     (("service.credit_usd_per_mwh", 10_000.0), ("service.backup_share", 0.0))),
)  # fmt: skip
_ADDED = ("rent.term_months", "debt.rate_per_year")  # on top of what is offered


def edited(data: dict[str, Any], edits: tuple[Edit, ...]) -> dict[str, Any]:
    """A file's data with some values changed, each by its path."""
    for path, value in edits:
        *sections, key = path.split(".")
        part = data
        for section in sections:
            part = part[section]
        part[key] = part[key] + value if path in _ADDED else value
    return data


def gains(study: str, of_study: tuple[Edit, ...], of_offers: tuple[Edit, ...]) -> list[float]:
    """What each offer gains in full over mining only, USD."""
    farm = load_farm(WEST_TEXAS)
    terms = edited(yaml.safe_load((HOSTING / f"{study}.yaml").read_text()), of_study)
    offers = [
        Offer.model_validate(edited(load_offer(HOSTING / f"{name}.yaml").model_dump(), of_offers)) for name in OFFERS
    ]
    catalogue = load_catalogue(CONFIGS / "machines.yaml").by_model()
    assert farm.catalogue is not None
    terms["bitcoin"]["difficulty"] = float(terms["bitcoin"]["difficulty"])  # YAML 1.1 takes 125.86e12 for a text
    study_typed = Study.model_validate_json(json.dumps(terms, default=str))
    ask = Asker(study_site(farm, tuple(offers), study_typed, Path(), catalogue).site)
    return [ask.gain(Change(), o) for o in range(len(offers))]


def main() -> None:
    """Print the table."""
    lines = [
        "| one thing changed | 5 cents: Hut 8 | TeraWulf | ERCOT spot: Hut 8 | TeraWulf |",
        "|---|---|---|---|---|",
    ]
    for name, of_study, of_offers in ALTERNATIVES:
        found = [gain for study in STUDIES for gain in gains(study, of_study, of_offers)]
        lines.append(f"| {name} | " + " | ".join(f"{gain / 1e6:+.1f}" for gain in found) + " |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
