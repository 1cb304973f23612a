"""Sweeps: one or two keys of a scenario that vary, a scenario for each value or pair of values."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

from pydantic import ValidationError

from optimizer.config.base import Section
from optimizer.config.document import Document, Keys, dotted, shortened
from optimizer.config.located import faults_of
from optimizer.errors import Fault, InputError
from optimizer.scenario.language import Change, ScenarioFile, Sweep
from optimizer.scenario.placed import Placed, Scenario

MOST_SCENARIOS = 10_000
_NOUNS = {"btc_price": "BTC"}
_UNITS = {"usd": "", "usd_per_mwh": "/MWh", "usd_per_ph_day": "/PH/day", "usd_per_month": "/month"}
_LARGE = ((1e12, " T"), (1e9, " G"))
_LONGEST = 30  # signs of a value in the name of a scenario
Chosen = tuple[tuple[int, int], ...]  # (which sweep, which of its values)


class _One(Section):
    """A change by itself, for validation."""

    change: Change


def swept(whole: Scenario, file: ScenarioFile) -> tuple[Scenario, ...]:
    """The scenario with every combination of its file's sweeps, the last one varying fastest; itself without any.

    Raises InputError with every fault, at the key or value it comes from.
    """
    if not file.sweep:
        return (whole,)
    count = prod(len(sweep.values) for sweep in file.sweep)
    if count > MOST_SCENARIOS:
        message = f"makes {count:,} scenarios; at most {MOST_SCENARIOS:,} can be made"
        raise InputError([whole.document.fault(("sweep",), message, of_key=True)])
    given: Any = whole.document.data["changes"]
    first = len(whole.changes) - len(file.changes)
    _judge(whole.document, file.sweep)
    labels, texts = _labels(file.sweep), [_texts(sweep) for sweep in file.sweep]
    varied: dict[tuple[int, Chosen], Change] = {}
    made: list[Scenario] = []
    faults: list[Fault] = []
    for places in product(*(range(len(sweep.values)) for sweep in file.sweep)):
        changes = list(whole.changes)
        for i in {sweep.change for sweep in file.sweep}:
            chosen = tuple((s, j) for s, j in enumerate(places) if file.sweep[s].change == i)
            if (i, chosen) not in varied:
                varied[i, chosen] = file.changes[i]
                try:
                    varied[i, chosen] = _varied(whole.document, file, i, chosen)
                except InputError as error:
                    faults += error.faults
            changes[first + i] = replace(changes[first + i], change=varied[i, chosen])
        values = tuple(
            (label, file.sweep[s].values[j]) for s, (label, j) in enumerate(zip(labels, places, strict=True))
        )
        named = ", ".join(f"{label}={texts[s][j]}" for s, (label, j) in enumerate(zip(labels, places, strict=True)))
        name = f"{whole.name} [{named}]"
        chosen_values = [(sweep, sweep.values[j]) for sweep, j in zip(file.sweep, places, strict=True)]
        words = tuple(value_in_words(given[sweep.change]["kind"], sweep.key, value) for sweep, value in chosen_values)
        made.append(replace(whole, name=name, changes=tuple(changes), values=values, swept=whole.name, words=words))
    if faults:
        raise InputError(set(faults))
    return tuple(made)


def figure(value: float) -> str:
    """A number as people read it.

    >>> figure(66680.4), figure(141.67e12)
    ('66,680.4', '141.67 T')
    """
    size, letter = next(((size, letter) for size, letter in _LARGE if abs(value) >= size), (1.0, ""))
    return f"{value / size:,.10g}{letter}"


def value_in_words(kind: str, key: str, value: Any) -> str:
    """A value of a sweep as people say it.

    >>> value_in_words("btc_price", "set_usd", 60000), value_in_words("difficulty", "set", 125.86e12)
    ('BTC $60,000', 'difficulty 125.86 T')
    >>> value_in_words("price", "spike.usd_per_mwh", 900), value_in_words("event", "event.name", "x")
    ('price spike $900/MWh', 'event name x')
    """
    *inside, last = key.split(".")
    noun = " ".join(dict.fromkeys(_NOUNS.get(word, word.replace("_", " ")) for word in (kind, *inside)))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"{noun} {last.replace('_', ' ')} {shortened(str(value), _LONGEST)}"
    text = figure(value)
    plain = last.removeprefix("set_").removeprefix("cap_")
    if last == "scale":
        return f"{noun} x {text}"
    if plain in _UNITS:
        sign = "+" if last.startswith("shift_") and value > 0 else ""
        return f"{noun} {sign}${text}{_UNITS[plain]}"
    return f"{noun} {text}" if last == "set" else f"{noun} {last.replace('_', ' ')} {text}"


def _judge(document: Document, sweeps: tuple[Sweep, ...]) -> None:
    """Refuse values that stand twice in a sweep, and a second sweep of the same key, or of one around or within it."""
    faults = [
        document.fault(("sweep", s, "values", j), f"stands twice (got {shortened(str(value))}); leave one out")
        for s, sweep in enumerate(sweeps)
        for j, value in enumerate(sweep.values)
        if str(value) in map(str, sweep.values[:j])
    ]
    for s, sweep in enumerate(sweeps):
        for other in sweeps[:s]:
            if other.change == sweep.change and all(a == b for a, b in zip(_keys(other), _keys(sweep), strict=False)):
                message = (
                    f"changes[{other.change}].{other.key} is swept already (got {sweep.key}); keep one of the sweeps"
                )
                faults.append(document.fault(("sweep", s, "key"), message))
    if faults:
        raise InputError(faults)


def _keys(sweep: Sweep) -> Keys:
    return tuple(int(part) if part.isdecimal() else part for part in sweep.key.split("."))


def _texts(sweep: Sweep) -> list[str]:
    """The values as names have them: shortened, and numbered where values are alike by that.

    >>> _texts(Sweep(change=0, key="series.file", values=("a" * 30 + "b", "a" * 30 + "c", "d")))
    ['aaaaaaaaaaaaaaaaaaaaaaaaaaa... (1)', 'aaaaaaaaaaaaaaaaaaaaaaaaaaa... (2)', 'd']
    """
    texts = [shortened(str(value), _LONGEST) for value in sweep.values]
    return [f"{text} ({texts[: j + 1].count(text)})" if texts.count(text) > 1 else text for j, text in enumerate(texts)]


def _labels(sweeps: tuple[Sweep, ...]) -> list[str]:
    """What varies, short: the last part of each key, or more of it where these are alike."""
    short = [sweep.key.rpartition(".")[2] for sweep in sweeps]
    return short if len(set(short)) == len(short) else [f"changes[{sweep.change}].{sweep.key}" for sweep in sweeps]


def _varied(document: Document, file: ScenarioFile, i: int, chosen: Chosen) -> Change:
    """One change with the chosen values in place."""
    data: Any = document.data["changes"][i]
    origins: dict[Keys, Keys] = {}
    for s, j in chosen:
        keys = _keys(file.sweep[s])
        origins["change", *keys] = origins["change",] = ("sweep", s, "values", j)
        try:
            data = _put(data, keys, file.sweep[s].values[j])
        except (KeyError, IndexError, TypeError):
            message = f"changes[{i}] has no {dotted(keys)} to vary; give it a value there first"
            raise InputError([document.fault(("sweep", s, "key"), message)]) from None
    try:
        return _One.model_validate({"change": data}).change
    except ValidationError as error:
        there = Placed(file.changes[i], document).standing_for(origins)
        raise InputError(faults_of(error, _One, there)) from None


def _put(data: Any, keys: Keys, value: Any) -> Any:
    """Plain data with the value at the end of ``keys`` replaced; raises where the data have no such place.

    >>> _put({"spike": {"minutes": 5}}, ("spike", "minutes"), 10)
    {'spike': {'minutes': 10}}
    """
    if not keys:
        return value
    inner = _put(data[keys[0]], keys[1:], value)
    if isinstance(data, dict):
        return data | {keys[0]: inner}
    return tuple(inner if k == keys[0] else item for k, item in enumerate(data))
