"""A farm file from a dozen answers, as a person would write it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.config.currency import CURRENCY, USD
from optimizer.config.load import load_catalogue
from optimizer.config.plain import meant
from optimizer.errors import InputError
from optimizer.files.shipped import shipped

# Gate market commentary, 11 February 2026; the sample farms have the same.
BTC_PRICE_USD, DIFFICULTY = 66_680.4, 125.86e12
LONGEST_HOURS = 48.0
_MACHINES = re.compile(r"\s*([\d_,]+)\s*[x×]?\s+(.+?)\s*")
_RATE = re.compile(r"\s*([A-Za-z]{3})\s*=\s*(\S+)\s*")
_IN_UNIT = re.compile(r"\s*([-+]?[\d_.]+(?:[eE][-+]?\d+)?)\s*(\S*)\s*")
_TERA = 1e12


@dataclass(frozen=True)
class Answers:
    """What a first farm file says; what is not answered yet has something that plans in its place.

    machines: such as "2500 Antminer S21", a group each. price: an amount such as "62 CAD/MWh", or the keys of a price
    file. rates: such as "USD=10.5". Everything else as people write it.
    """

    name: str = "Farm"
    timezone: str = "America/Chicago"
    rate: Sequence[str] = ()
    currency: str = USD
    machines: Sequence[str] = ("1 Antminer S21",)
    site_mw: str = ""
    pue: str = "1.03"
    price: str | Mapping[str, Any] = "50"
    adders: str = "0"
    demand: str = ""
    btc_price: str = f"{BTC_PRICE_USD}"
    difficulty: str = f"{DIFFICULTY / _TERA}"
    pool_fee: str = "0.01"
    start: str = ""
    hours: str = ""


def groups_of(machines: Sequence[str]) -> list[tuple[int, str, float]]:
    """Machines, model and MW of each group. Raises InputError where a model is not in the catalogue that ships."""
    known = load_catalogue(shipped("machines.yaml")).by_model()
    groups = []
    for text in machines:
        group = _MACHINES.fullmatch(text)
        if group is None:
            raise InputError(f'must be so many of a model, such as "2500 Antminer S21" (got {text!r})')
        units, model = int(re.sub("[_,]", "", group[1]) or 0), group[2]
        named = {name.casefold(): name for name in known}.get(model.casefold())
        if named is None:
            raise InputError(f"the catalogue has no model {model!r}; {meant(model, list(known))}")
        groups.append((units, named, units * known[named].power_w / 1e6))
    return groups


def farm_text(answers: Answers) -> str:
    """The farm file. Raises InputError with what is wrong with an answer."""
    groups = groups_of(answers.machines)
    pue, currency = in_unit(answers.pue), answers.currency.upper()
    site = in_unit(answers.site_mw, mw=1.0, kw=1e-3, gw=1e3) if answers.site_mw else 0.0
    site = site or round(sum(mw for _, _, mw in groups) * pue * 1.02, 1) or 0.1
    if not CURRENCY.fullmatch(currency):
        raise InputError(f"must be three letters such as NOK (got {answers.currency!r})")
    rates = dict(_rate(text) for text in answers.rate)
    cut = round(site / 4, 1)
    difficulty, day = in_unit(answers.difficulty, t=1.0), answers.start[:10]
    lines = [
        "# Written by `curtail new`. Take the # away from what applies. Every key: curtail schema farm",
        f"name: {_text(answers.name)}",
        f"timezone: {_text(answers.timezone) if ':' in answers.timezone else answers.timezone}",
        *([f"currency: {currency}  # of every amount below that names no other"] if currency != USD else []),
        *(
            [f"exchange_rates: {{{', '.join(f'{k}: {v}' for k, v in rates.items())}}}  # what one is worth"]
            if rates
            else []
        ),
        f"site: {{import_limit_mw: {site:g}, pue: {pue:g}}}",
        "fleet:",
        *_fleet(groups),
        "revenue:",
        f"  btc_price_usd: {in_unit(answers.btc_price, usd=1.0):.10g}",
        f"  difficulty: {difficulty / (_TERA if difficulty >= _TERA / 1e3 else 1.0):.6g}e12",
        f"  pool_fee_share: {in_unit(answers.pool_fee, **{'%': 0.01}):g}",
        "energy:",
        f"  price_per_mwh: {_amount(answers.price) if isinstance(answers.price, str) else _keys(answers.price)}",
        f"  adders_per_mwh: {_amount(answers.adders)}",
        *_or_not(
            bool(answers.demand),
            "  demand:  # expected_peak_mw: what the month's peak will be anyway",
            f"    - {{name: Demand charge, per_kw: {_amount(answers.demand or '6')}, expected_peak_mw: {site:g}}}",
        ),
        *_or_not(
            False,
            "  coincident_peaks:  # such as ERCOT's 4CP, and when a peak is how likely",
            "    - name: 4CP",
            "      rule: ercot_4cp",
            "      per_kw_year: 60",
            f"      chances: [{{start: {day} 16:00, end: {day} 18:00, share: 0.4}}]",
        ),
        *_or_not(
            False,
            "events:  # calls to cut load",
            f"  - {{name: Grid call, start: {day} 14:00, end: {day} 16:00, cut: {{form: to_level, mw: {cut:g}}}}}",
        ),
        f"horizon: {{start: {_moment(answers.start)}, hours: {in_unit(answers.hours, h=1.0, hours=1.0):g}}}",
    ]
    if not re.match(r"\d+-\d+-01 00:00", answers.start):
        lines += _or_not(
            bool(answers.demand),
            "state:  # the month's highest import so far, off the meter; without a metered one: as it is expected",
            f"  {{at: {_moment(answers.start)}, bill: {{peaks_mw: {{Demand charge: {site:g}}}}}}}",
        )
    return "\n".join(lines) + "\n"


def _or_not(there: bool, *lines: str) -> list[str]:
    """Lines of the file, or behind a # for whoever may need them."""
    return [f"{'' if there else '#'}{line}" for line in lines]


def in_unit(text: str, **units: float) -> float:
    """A number, in a unit of the first's or in another.

    >>> in_unit("20"), in_unit("20,500 kW", mw=1.0, kw=1e-3)
    (20.0, 20.5)
    """
    number = _IN_UNIT.fullmatch(text.replace(",", ""))
    try:
        if number is None or number[2].casefold() not in {"", *units}:
            raise ValueError
        return float(number[1]) * units.get(number[2].casefold(), 1.0)
    except ValueError:
        known = f" in {next(iter(units)).upper()}" if units else ""
        raise InputError(f"must be a number{known} (got {text!r})") from None


def _fleet(groups: list[tuple[int, str, float]]) -> list[str]:
    names = [model if [one for _, one, _ in groups].count(model) == 1 else "" for _, model, _ in groups]
    return [
        f"  - {{name: {name or f'{model} {i + 1}'}, model: {model}, units: {units}, restart_minutes: 10}}"
        for i, (name, (units, model, _)) in enumerate(zip(names, groups, strict=True))
    ]


def _rate(text: str) -> tuple[str, str]:
    rate = _RATE.fullmatch(text)
    if rate is None or not (_is_number(rate[2]) or "." in rate[2]):
        raise InputError(f"must be such as USD=10.5, what one is worth, or USD=rates.csv (got {text!r})")
    return rate[1].upper(), rate[2] if _is_number(rate[2]) else f"{{file: {_text(rate[2])}}}"


def _moment(text: str) -> str:
    return text if re.fullmatch(r"[\d-]+ [\d:]+", text) else _text(text)


def _keys(section: Mapping[str, Any]) -> str:
    return f"{{{', '.join(f'{key}: {_text(value)}' for key, value in section.items())}}}"


def _amount(text: str) -> str:
    return text if _is_number(text) or not re.search(r"[:#{}\[\],&*!|>'\"%@`]", text) else _text(text)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _text(text: Any) -> str:
    return json.dumps(text, ensure_ascii=False)
