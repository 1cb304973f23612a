"""`new`: a first farm file, of answers that are asked for or given as options, each judged as it is given."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizer.cli.shared import say
from optimizer.errors import CurtailError, InputError, Unsaid

_ASKED = {
    "name": "Name of the farm",
    "timezone": "Time zone, such as America/Chicago or Europe/Oslo",
    "currency": "Currency of its money",
    "machines": 'Machines, such as "2500 Antminer S21", "900 Whatsminer M50"; several with ;',
    "site_mw": "Interconnection limit, MW; empty: what all machines draw",
    "pue": "Site load per MW of machines (PUE)",
    "price": 'Energy price: an amount such as "62 CAD/MWh" or a price file',
    "adders": "Charges per MWh on top",
    "demand": 'Demand charge, such as "6 USD/kW-month"; none: leave empty',
    "btc_price": "Bitcoin price, USD",
    "difficulty": "Difficulty, in T",
    "pool_fee": "Share the pool keeps",
}
_USUAL = ("name", "timezone", "currency", "pue", "adders", "pool_fee")  # whose usual answer is shown
_FIRST = ("name", "timezone", "rate", "currency")  # what the others are judged by
_OPTIONS = (*_FIRST, *(key for key in _ASKED if key not in _FIRST), "start", "hours")


def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Farm file to write.", show_default=False)],
    name: Annotated[str | None, typer.Option(help="Name of the farm.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Such as America/Chicago.")] = None,
    machines: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help='A group such as "2500 Antminer S21"; give it again for more.'),
    ] = None,
    price: Annotated[
        str | None,
        typer.Option(
            metavar="PRICE",
            help='An amount such as "62 CAD/MWh", a price file beside FILE, or "{file: F, location: HB_WEST}".',
        ),
    ] = None,
    price_currency: Annotated[
        str, typer.Option(metavar="XXX", help="Currency of a price file that does not say it, if not the farm's.")
    ] = "",
    currency: Annotated[str | None, typer.Option(metavar="XXX", help="Currency of the farm. [default: USD]")] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option(metavar="XXX=RATE", help="What one of another currency is worth, such as USD=10.5."),
    ] = None,
    site_mw: Annotated[
        str | None, typer.Option(metavar="MW", help="Interconnection limit; what all machines draw if absent.")
    ] = None,
    pue: Annotated[str | None, typer.Option(help="Site load per MW of machines. [default: 1.03]")] = None,
    adders: Annotated[str | None, typer.Option(help="Charges per MWh on top of the price. [default: 0]")] = None,
    demand: Annotated[str | None, typer.Option(help='Demand charge, such as "6 USD/kW-month".')] = None,
    btc_price: Annotated[str | None, typer.Option(help="USD.")] = None,
    difficulty: Annotated[str | None, typer.Option(help="In T, such as 125.86.")] = None,
    pool_fee: Annotated[str | None, typer.Option(help="Share the pool keeps. [default: 0.01]")] = None,
    start: Annotated[str | None, typer.Option(help="Begin of a plan; the price file's first day, or today.")] = None,
    hours: Annotated[
        str | None, typer.Option(help="Length of a plan; 48, or what the price file covers, if absent.")
    ] = None,
) -> None:
    """Write a farm file that plans, from a dozen answers: asked on a terminal, or given as options."""
    from optimizer.config.new import BTC_PRICE_USD, DIFFICULTY, Answers
    from optimizer.files.outputs import write_file
    from optimizer.plan.begin import first_plan

    if file.exists():
        raise InputError(f"{file}: is there already; name another file")
    given: dict[str, Any] = {
        "name": name, "timezone": timezone, "rate": rate, "currency": currency, "machines": machines,
        "site_mw": site_mw, "pue": pue, "price": price, "adders": adders, "demand": demand, "btc_price": btc_price,
        "difficulty": difficulty, "pool_fee": pool_fee, "start": start, "hours": hours,
    }  # fmt: skip
    given = {key: value for key, value in given.items() if value not in (None, "")}
    begun = _Begun(file, price_currency.upper(), Answers(name=file.stem.replace("_", " ")))
    if asked := _on_a_terminal() and not (machines and price):
        begun.ask(given)
    else:
        begun.take(given)
    try:
        text, _ = first_plan(begun.answers, file)
        write_file(file, text)
    except CurtailError as error:
        raise type(error)(f"{error}\n{begun.kept()}" if asked else str(error)) from None
    if not {"btc_price", "difficulty"} <= begun.given.keys():
        taken = f"${BTC_PRICE_USD:,.0f} and difficulty {DIFFICULTY / 1e12:g} T"
        say(f"bitcoin at {taken} are those of 11 February 2026: put today's in their place")
    say(f"{file} written; plan it with\ncurtail plan {shlex.quote(str(file))}")


def _on_a_terminal() -> bool:
    return sys.stdin.isatty()


@dataclass
class _Begun:
    """A farm file that is being made: the answers that have been judged right, and those of them that were given."""

    file: Path
    price_currency: str
    answers: Any
    given: dict[str, Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    asks: bool = False

    def take(self, given: dict[str, Any]) -> None:
        """Options. Raises InputError with everything that is wrong with them."""
        faults = []
        for key in (key for key in _OPTIONS if key in given):
            try:
                self.accept(key, given[key])
            except CurtailError as error:
                faults.append(f"{_option(key)}: {self.wrong(key, given[key], error)}")
                if key in _FIRST:
                    break
        if lacking := [_option(key) for key in ("machines", "price") if key not in given]:
            faults.append(
                f"give {' and '.join(lacking)}, or run this on a terminal to be asked; see curtail new --help"
            )
        if faults:
            raise InputError("\n".join(faults))

    def ask(self, given: dict[str, Any]) -> None:
        """Questions for what is not given, each again until its answer is right."""
        self.asks = True
        try:
            if "rate" in given:
                self.accept("rate", given["rate"])
            for key in _ASKED:
                self.until_right(key, given.get(key))
            for key in ("start", "hours"):
                if key in given:
                    self.accept(key, given[key])
        except (typer.Abort, KeyboardInterrupt, EOFError):
            raise CurtailError(f"\ninterrupted, and nothing is written\n{self.kept()}") from None

    def until_right(self, key: str, value: Any) -> None:
        """One question; what was given with an option is judged first."""
        usual = getattr(self.answers, key) if key in _USUAL else ""
        while True:
            if value is None:
                text = str(typer.prompt(_ASKED[key], default=usual, show_default=bool(usual), err=True)).strip()
                value = [part.strip().strip('"') for part in text.split(";")] if key == "machines" else text
            try:
                if value or key in ("price", "machines"):
                    self.accept(key, value)
                return
            except CurtailError as error:
                say(self.wrong(key, value, error))
                value = None

    def accept(self, key: str, value: Any) -> None:
        """Judge an answer beside those before it, by the farm file that they make. Raises CurtailError."""
        from optimizer.plan.begin import first_plan

        if key == "price" and self.price_currency and isinstance(value, str) and not value.startswith("{"):
            value = {"file": value, "currency": self.price_currency}
        trial = replace(self.answers, **{key: value})
        try:
            _, remarks = first_plan(trial, self.file)
        except InputError as error:
            lacking = _lacking(error)
            if not (lacking and self.asks):
                raise
            self.answers, before = replace(trial, rate=(*trial.rate, self.rate(lacking[0], trial))), self.answers
            try:
                self.accept(key, value)
            except CurtailError:
                self.answers = before
                raise
            return
        for remark in remarks:
            if remark not in self.remarks:
                say(f"remark: {remark}")
        self.answers, self.remarks, self.given = trial, remarks, self.given | {key: value, "rate": trial.rate}

    def rate(self, currency: str, trial: Any) -> str:
        """What one of a currency is worth, asked until it is right."""
        from optimizer.plan.begin import first_plan

        while True:
            text = str(typer.prompt(f"What one {currency} is worth in {trial.currency.upper()}", err=True)).strip()
            rate = text if "=" in text else f"{currency}={text}"
            try:
                first_plan(replace(trial, rate=(*trial.rate, rate), price="50", adders="0", demand=""), self.file)
                return rate
            except CurtailError as error:
                if isinstance(error, InputError) and _lacking(error) not in ([], [currency]):
                    return rate
                say(self.wrong("rate", rate, error))

    def wrong(self, key: str, value: Any, error: CurtailError) -> str:
        """What is wrong with an answer, in words for a file that is not written yet."""
        if not isinstance(error, InputError) or not error.faults:
            return str(error)
        if lacking := _lacking(error):
            mine = value.upper() if key == "currency" else self.answers.currency.upper()
            what = "bitcoin is priced in USD" if key == "currency" else f"is in {' and '.join(lacking)}"
            rates = " ".join(f"--rate {currency}=..." for currency in lacking)
            return f"{what}: give {rates}, what one is worth in {mine}"
        own_file = str(self.file)
        sentences = "\n".join(fault.message if fault.file == own_file else str(fault) for fault in error.faults)
        if key == "price" and any(fault.file != own_file for fault in error.faults):
            beside = f"{{file: {error.faults[0].file}, location: HB_WEST}}"
            sentences += f'\nkeys that go with the file are written as in "{beside}"'
        return sentences

    def kept(self) -> str:
        """The command that goes on from the answers that were right."""
        words = ["curtail", "new", str(self.file)]
        for key, value in self.given.items():
            if isinstance(value, dict):
                value = "{" + ", ".join(f"{name}: {one}" for name, one in value.items()) + "}"
            for one in (value,) if isinstance(value, str) else value:
                words += [_option(key), one]
        return f"to go on from your answers:\n{shlex.join(words)}"


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"


def _lacking(error: InputError) -> list[str]:
    """The currencies whose rates an answer needs."""
    keys = (pair for fault in error.faults if isinstance(fault, Unsaid) for pair in fault.keys)
    return list(dict.fromkeys(value for key, value in keys if key == "exchange_rates"))
