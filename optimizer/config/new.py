"""A farm file from a dozen answers, as a person would write it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.config.amounts import CURRENCY, USD
from optimizer.config.load import load_catalogue
from optimizer.config.plain import meant
from optimizer.errors import InputError
from optimizer.files.shipped import shipped

# Gate market commentary, 11 February 2026; the sample farms have the same.
BTC_PRICE_USD, DIFFICULTY = 66_680.4, 125.86e12
_MACHINES = re.compile(r"\s*([\d_,]+)\s*[x×]?\s+(.+?)\s*")
_RATE = re.compile(r"\s*([A-Za-z]{3})\s*=\s*(\S+)\s*")


@dataclass(frozen=True)
class Answers:
    """What a first farm file says. Amounts and files are as people write them.

    machines: such as "2500 Antminer S21", a group each. price: an amount such as "62 CAD/MWh", or a file, whose
    currency is ``price_currency`` where it is not the farm's. rates: such as "USD=10.5".
    """

    name: str
    timezone: str
    machines: Sequence[str]
    price: str
    currency: str = USD
    rates: Sequence[str] = ()
    price_currency: str = ""
    site_mw: float | None = None
    pue: float = 1.0
    adders: str = "0"
    demand: str = ""
    btc_price: float = BTC_PRICE_USD
    difficulty: float = DIFFICULTY
    pool_fee: float = 0.01
    start: str = ""
    hours: float = 48.0


def groups_of(machines: Sequence[str]) -> list[tuple[int, str, float]]:
    """Machines, model and MW of each group. Raises InputError where a model is not in the catalogue that ships."""
    known = load_catalogue(shipped("machines.yaml")).by_model()
    groups = []
    for text in machines:
        group = _MACHINES.fullmatch(text)
        if group is None:
            raise InputError(f'machines: must be so many of a model, such as "2500 Antminer S21" (got {text!r})')
        units, model = int(re.sub("[_,]", "", group[1])), group[2]
        named = {name.casefold(): name for name in known}.get(model.casefold())
        if named is None:
            raise InputError(f"machines: the catalogue has no model {model!r}; {meant(model, list(known))}")
        groups.append((units, named, units * known[named].power_w / 1e6))
    return groups


def farm_text(answers: Answers) -> str:
    """The farm file. Raises InputError with what is wrong with an answer."""
    groups = groups_of(answers.machines)
    if not groups:
        raise InputError('machines: give one group or more, such as "2500 Antminer S21"')
    site = answers.site_mw or round(sum(mw for _, _, mw in groups) * answers.pue * 1.02, 1)
    currency = answers.currency.upper()
    if not CURRENCY.fullmatch(currency):
        raise InputError(f"currency: must be three letters such as NOK (got {answers.currency!r})")
    rates = dict(_rate(text) for text in answers.rates)
    if currency != USD and USD not in rates:
        raise InputError(
            f"rate: bitcoin is priced in USD: give what one is worth, such as USD=10.5 ({currency} per USD)"
        )
    lines = [
        "# Written by `curtail new`. Every key with its unit: curtail schema farm",
        f"name: {_text(answers.name)}",
        f"timezone: {answers.timezone}",
        *([f"currency: {currency}  # of every amount below that names no other"] if currency != USD else []),
        *(
            [f"exchange_rates: {{{', '.join(f'{k}: {v}' for k, v in rates.items())}}}  # what one is worth"]
            if rates
            else []
        ),
        f"site: {{import_limit_mw: {site:g}, pue: {answers.pue:g}}}",
        "fleet:",
        *_fleet(groups),
        "revenue:",
        f"  btc_price_usd: {answers.btc_price:.10g}",
        f"  difficulty: {answers.difficulty / 1e12:.6g}e12",
        f"  pool_fee_share: {answers.pool_fee:g}",
        "energy:",
        f"  price_per_mwh: {_price(answers.price, answers.price_currency.upper())}",
        f"  adders_per_mwh: {_amount(answers.adders)}",
        *(
            [
                "  demand:  # expected_peak_mw: what the month's peak will be anyway",
                f"    - {{name: Demand charge, per_kw: {_amount(answers.demand)}, expected_peak_mw: {site:g}}}",
            ]
            if answers.demand
            else []
        ),
        f"horizon: {{start: {answers.start}, hours: {answers.hours:g}}}",
    ]
    if answers.demand and not re.match(r"\d+-\d+-01 00:00", answers.start):
        lines.append(
            "state:  # the month's highest import so far, off the meter; without a metered one: as it is expected"
        )
        lines.append(f"  {{at: {answers.start}, bill: {{peaks_mw: {{Demand charge: {site:g}}}}}}}")
    return "\n".join(lines) + "\n"


def _fleet(groups: list[tuple[int, str, float]]) -> list[str]:
    names = [model if [one for _, one, _ in groups].count(model) == 1 else "" for _, model, _ in groups]
    return [
        f"  - {{name: {name or f'{model} {i + 1}'}, model: {model}, units: {units}, restart_minutes: 10}}"
        for i, (name, (units, model, _)) in enumerate(zip(names, groups, strict=True))
    ]


def _rate(text: str) -> tuple[str, str]:
    rate = _RATE.fullmatch(text)
    if rate is None:
        raise InputError(f"rate: must be such as USD=10.5, what one is worth, or USD=rates.csv (got {text!r})")
    return rate[1].upper(), rate[2] if _is_number(rate[2]) else f"{{file: {_text(rate[2])}}}"


def _price(text: str, currency: str) -> str:
    if text[:1].isdigit() or text[:1] in "+-.":
        return _amount(text)
    beside = f", currency: {currency}" if currency else ""
    return f"{{file: {_text(text)}{beside}}}"


def _amount(text: str) -> str:
    return text if _is_number(text) or not re.search(r"[:#{}\[\],&*!|>'\"%@`]", text) else _text(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
