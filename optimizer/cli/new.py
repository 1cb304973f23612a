"""`new`: a first farm file, asked for or answers_given by options."""

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
    from optimizer.plan.begin import first_day, require_a_plan

    if file.exists():
        raise InputError(f"{file}: is there already; name another file")
    given: dict[str, Any] = {
        "name": name, "timezone": timezone, "currency": currency, "rate": rate, "machines": machines,
        "site_mw": site_mw, "pue": pue, "price": price, "adders": adders, "demand": demand, "btc_price": btc_price,
        "difficulty": difficulty, "pool_fee": pool_fee,
    }  # fmt: skip
    answers_given = _asked(given) if sys.stdin.isatty() and not (machines and price) else given
    lacking = [f"--{key}" for key in ("machines", "price") if not answers_given[key]]
    if lacking:
        raise InputError(f"give {' and '.join(lacking)}, or run this on a terminal to be asked; see curtail new --help")
    if str(answers_given["currency"] or "USD").upper() == "USD" and answers_given["rate"] and not rate:
        answers_given["rate"] = None
    zone = str(answers_given["timezone"] or "America/Chicago")
    answers = Answers(
        name=str(answers_given["name"] or file.stem.replace("_", " ")),
        timezone=zone,
        machines=answers_given["machines"],
        price=str(answers_given["price"]),
        currency=str(answers_given["currency"] or "USD"),
        rates=answers_given["rate"] or (),
        price_currency=price_currency,
        site_mw=_number("site-mw", answers_given["site_mw"]),
        pue=_number("pue", answers_given["pue"]) or 1.03,
        adders=str(answers_given["adders"] or "0"),
        demand=str(answers_given["demand"] or ""),
        btc_price=_number("btc-price", answers_given["btc_price"]) or BTC_PRICE_USD,
        difficulty=(_number("difficulty", answers_given["difficulty"]) or DIFFICULTY / 1e12) * 1e12,
        pool_fee=0.01
        if answers_given["pool_fee"] in (None, "")
        else _number("pool-fee", answers_given["pool_fee"]) or 0.0,
        start=start
        or first_day(
            str(answers_given["price"]), file.parent, zone, price_currency or str(answers_given["currency"] or "USD")
        ),
        hours=hours,
    )
    text = farm_text(answers)
    require_a_plan(text, file)
    write_file(file, text)
    if answers_given["btc_price"] in (None, "") or answers_given["difficulty"] in (None, ""):
        taken = f"${answers.btc_price:,.0f} and difficulty {answers.difficulty / 1e12:g} T"
        say(f"bitcoin at {taken} are those of 11 February 2026: put today's in their place")
    say(f"{file} written; plan it with\ncurtail plan {file}")


def _asked(given: dict[str, Any]) -> dict[str, Any]:
    """What is not given, asked for on the terminal."""
    answers_given = dict(given)
    for key, (question, default) in _ASKED.items():
        if (
            key not in answers_given
            or answers_given[key] is not None
            or (key == "rate" and str(answers_given["currency"]).upper() == "USD")
        ):
            continue
        answer = str(typer.prompt(question, default=default, show_default=bool(default), err=True)).strip()
        answers_given[key] = answer or None
        if key == "machines" and answer:
            answers_given[key] = [part.strip().strip('"') for part in answer.split(";")]
        if key == "rate" and answer:
            answers_given[key] = [answer if "=" in answer else f"USD={answer}"]
    return answers_given


def _number(option: str, value: object) -> float | None:
    if value in (None, ""):
        return None
    try:
        return float(str(value))
    except ValueError:
        raise InputError(f"--{option} must be a number (got {value!r})") from None
