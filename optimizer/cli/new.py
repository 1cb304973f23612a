"""`new`: a first farm file, asked for or told by options."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.cli.shared import say
from optimizer.errors import InputError

_ASKED = {
    "name": ("Name of the farm", ""),
    "timezone": ("Time zone, such as America/Chicago or Europe/Oslo", "America/Chicago"),
    "currency": ("Currency of its money", "USD"),
    "rate": ("What one USD is worth in it", ""),
    "machines": ('Machines, such as "2500 Antminer S21", "900 Whatsminer M50"; several with ;', ""),
    "site_mw": ("Interconnection limit, MW", ""),
    "pue": ("Site load per MW of machines (PUE)", "1.03"),
    "price": ('Energy price: an amount such as "62 CAD/MWh" or a price file', ""),
    "adders": ("Charges per MWh on top", "0"),
    "demand": ("Demand charge per kW and month; none: leave empty", ""),
    "btc_price": ("Bitcoin price, USD", ""),
    "difficulty": ("Difficulty, in T", ""),
    "pool_fee": ("Share the pool keeps", "0.01"),
}


def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Farm file to write.", show_default=False)],
    name: Annotated[str | None, typer.Option(help="Name of the farm.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Such as America/Chicago.")] = None,
    machines: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help='A group such as "2500 Antminer S21"; give it again for more.'),
    ] = None,
    price: Annotated[
        str | None, typer.Option(metavar="PRICE", help='An amount such as "62 CAD/MWh", or a price file beside FILE.')
    ] = None,
    price_currency: Annotated[
        str, typer.Option(metavar="XXX", help="Currency of a price file, if not the farm's.")
    ] = "",
    currency: Annotated[str | None, typer.Option(metavar="XXX", help="Currency of the farm. [default: USD]")] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option(metavar="XXX=RATE", help="What one of another currency is worth, such as USD=10.5."),
    ] = None,
    site_mw: Annotated[
        float | None, typer.Option(help="Interconnection limit; what all machines draw if absent.")
    ] = None,
    pue: Annotated[float | None, typer.Option(help="Site load per MW of machines. [default: 1.03]")] = None,
    adders: Annotated[str | None, typer.Option(help="Charges per MWh on top of the price. [default: 0]")] = None,
    demand: Annotated[str | None, typer.Option(help="Demand charge per kW and month.")] = None,
    btc_price: Annotated[float | None, typer.Option(help="USD.")] = None,
    difficulty: Annotated[float | None, typer.Option(help="In T, such as 125.86.")] = None,
    pool_fee: Annotated[float | None, typer.Option(help="Share the pool keeps. [default: 0.01]")] = None,
    start: Annotated[str | None, typer.Option(help="Begin of a plan; the price file's first day, or today.")] = None,
    hours: Annotated[float, typer.Option(help="Length of a plan.")] = 48.0,
) -> None:
    """Write a farm file that plans, from a dozen answers: asked on a terminal, or given as options."""
    from optimizer.config.new import BTC_PRICE_USD, DIFFICULTY, Answers, farm_text
    from optimizer.files.outputs import write_file
    from optimizer.plan.begin import checked, first_day

    if file.exists():
        raise InputError(f"{file}: is there already; name another file")
    given: dict[str, Any] = {
        "name": name, "timezone": timezone, "currency": currency, "rate": rate, "machines": machines,
        "site_mw": site_mw, "pue": pue, "price": price, "adders": adders, "demand": demand, "btc_price": btc_price,
        "difficulty": difficulty, "pool_fee": pool_fee,
    }  # fmt: skip
    told = _asked(given) if sys.stdin.isatty() and not (machines and price) else given
    lacking = [f"--{key}" for key in ("machines", "price") if not told[key]]
    if lacking:
        raise InputError(f"give {' and '.join(lacking)}, or run this on a terminal to be asked; see curtail new --help")
    if str(told["currency"] or "USD").upper() == "USD" and told["rate"] and not rate:
        told["rate"] = None
    zone = str(told["timezone"] or "America/Chicago")
    answers = Answers(
        name=str(told["name"] or file.stem.replace("_", " ")),
        timezone=zone,
        machines=told["machines"],
        price=str(told["price"]),
        currency=str(told["currency"] or "USD"),
        rates=told["rate"] or (),
        price_currency=price_currency,
        site_mw=_number("site-mw", told["site_mw"]),
        pue=_number("pue", told["pue"]) or 1.03,
        adders=str(told["adders"] or "0"),
        demand=str(told["demand"] or ""),
        btc_price=_number("btc-price", told["btc_price"]) or BTC_PRICE_USD,
        difficulty=(_number("difficulty", told["difficulty"]) or DIFFICULTY / 1e12) * 1e12,
        pool_fee=0.01 if told["pool_fee"] in (None, "") else _number("pool-fee", told["pool_fee"]) or 0.0,
        start=start
        or first_day(str(told["price"]), file.parent, zone, price_currency or str(told["currency"] or "USD")),
        hours=hours,
    )
    text = farm_text(answers)
    checked(text, file)
    write_file(file, text)
    if told["btc_price"] in (None, "") or told["difficulty"] in (None, ""):
        taken = f"${answers.btc_price:,.0f} and difficulty {answers.difficulty / 1e12:g} T"
        say(f"bitcoin at {taken} are those of 11 February 2026: put today's in their place")
    say(f"{file} written; plan it with\ncurtail plan {file}")


def _asked(given: dict[str, Any]) -> dict[str, Any]:
    """What is not given, asked for on the terminal."""
    told = dict(given)
    for key, (question, default) in _ASKED.items():
        if key not in told or told[key] is not None or (key == "rate" and str(told["currency"]).upper() == "USD"):
            continue
        answer = str(typer.prompt(question, default=default, show_default=bool(default), err=True)).strip()
        told[key] = answer or None
        if key == "machines" and answer:
            told[key] = [part.strip().strip('"') for part in answer.split(";")]
        if key == "rate" and answer:
            told[key] = [answer if "=" in answer else f"USD={answer}"]
    return told


def _number(option: str, value: object) -> float | None:
    if value in (None, ""):
        return None
    try:
        return float(str(value))
    except ValueError:
        raise InputError(f"--{option} must be a number (got {value!r})") from None
