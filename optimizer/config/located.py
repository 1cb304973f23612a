"""What pydantic found, in the words and at the place of the file it came from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag, ValidationError
from pydantic_core import ErrorDetails

from optimizer.config.amount_keys import others
from optimizer.config.document import Document, Keys
from optimizer.config.plain import got
from optimizer.config.rates import RATES_TAG
from optimizer.config.state import State, state_form
from optimizer.errors import Fault


@dataclass(frozen=True)
class _Spot:
    """Where an error stands: its path, its section's class, between what pydantic had to choose."""

    path: Keys
    section: type[BaseModel] | None = None
    description: str | None = None
    choices: tuple[str, ...] = ()
    is_key: bool = False


def faults_of(error: ValidationError, model: type[BaseModel], document: Document) -> Iterator[Fault]:
    """One fault for each error of a validation of ``document.data`` against ``model``."""
    for detail in error.errors(include_url=False):
        kind, value = detail["type"], detail["input"]
        if kind == "too_short" and len(value) >= detail["ctx"]["min_length"]:
            continue  # pydantic leaves out the entries with faults before it counts; those are told already
        spot = _spot(model, detail["loc"])
        sentence = _sentence(detail, spot)
        if kind == "extra_forbidden":
            sentence = f"is not a known key; {_known(spot, model)}"
        of_key = spot.is_key or kind == "extra_forbidden" or (kind == "value_error" and isinstance(value, dict))
        yield document.fault(spot.path, sentence, of_key=of_key)


def _spot(model: type[BaseModel], loc: tuple[str | int, ...]) -> _Spot:
    """Follow an error's location through the types; names of union branches are not in the file's path."""
    here: Any = model
    path: list[str | int] = []
    section: type[BaseModel] | None = None
    description: str | None = None
    choices: tuple[str, ...] = ()
    for item in loc:
        here = _bare(here)
        members = _members(here)
        if item in members:
            choices = tuple(members)
            here = members[str(item)]
            continue
        if item == "[key]":
            return _Spot(tuple(path), section, is_key=True)
        choices = ()
        path.append(item)
        if isinstance(here, type) and issubclass(here, BaseModel):
            section = here
            field = here.model_fields.get(str(item))
            description = field.description if field else None
            here = field.annotation if field else None
        else:
            arguments = () if members else get_args(here)
            here = arguments[-1 if get_origin(here) is dict else 0] if arguments else None
    return _Spot(tuple(path), section, description, choices or tuple(_members(_bare(here))))


def _bare(annotation: Any) -> Any:
    """The type without its annotations and without `| None`."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif _is_union(annotation):
            rest = [member for member in get_args(annotation) if member is not type(None)]
            if len(rest) != 1:
                return annotation
            annotation = rest[0]
        else:
            return state_form() if annotation is State else annotation


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, UnionType)


def _members(annotation: Any) -> dict[str, Any]:
    """Branches of a union by the names pydantic puts into locations: tags, or values of the telling key."""
    named: dict[str, Any] = {}
    for member in get_args(annotation) if _is_union(annotation) else ():
        bare = _bare(member)
        tags = [meta.tag for meta in get_args(member)[1:] if isinstance(meta, Tag)]
        if not tags and isinstance(bare, type) and issubclass(bare, BaseModel):
            literals = (_bare(field.annotation) for field in bare.model_fields.values() if field.is_required())
            tags = [str(value) for a in literals if get_origin(a) is Literal for value in get_args(a)]
        named |= dict.fromkeys(tags or [getattr(bare, "__name__", str(bare))], member)
    return named


_TYPES = {
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "dict_type": "must be a section of keys",
    "model_type": "must be a section of keys",
    "model_attributes_type": "must be a section of keys",
    "tuple_type": "must be a list",
    "finite_number": "must be a finite number",
    "string_pattern_mismatch": "must be a name: no / or line break in it; "
    "before it no blank, nor = + - @, which spreadsheets read as formulas",
    "string_unicode": "must be text",
}
_LIMITS = {
    "greater_than": ("must be more than", "gt"),
    "greater_than_equal": ("must be at least", "ge"),
    "less_than": ("must be less than", "lt"),
    "less_than_equal": ("must be at most", "le"),
}
_SURELY_PER_CENT, _HUNDRED = 2.0, 100.0
_LENGTHS = {
    "too_short": "must have at least {min_length} entries (got {actual_length})",
    "too_long": "must have at most {max_length} entries (got {actual_length})",
    "string_too_short": "must not be shorter than {min_length} characters",
    "string_too_long": "must not be longer than {max_length} characters",
}


def _sentence(detail: ErrorDetails, spot: _Spot) -> str:
    """One sentence: what is wrong, what was got, what to do."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    got_what = f"(got {got(value)})"
    if kind == "rule":
        return detail["msg"]
    if kind == "missing":
        return f"is missing ({spot.description})" if spot.description else "is missing"
    if kind in _TYPES:
        return f"{_TYPES[kind]}{_alternative(kind, value, spot)} {got_what}"
    if kind in _LIMITS:
        words, limit = _LIMITS[kind]
        return f"{words} {_number(context[limit])} {got_what}{_of_a_hundred(context[limit], value)}"
    if kind in _LENGTHS:
        sentence = _LENGTHS[kind].format(**context).replace(" 1 entries", " 1 entry")
        sentence = sentence.replace("shorter than 1 characters", "empty")
        return sentence if "(got" in sentence else f"{sentence} {got_what}"
    if kind in ("literal_error", "enum"):
        expected = context["expected"].replace("'", "`")
        return f"must be {expected} {got_what}{_close(value, expected)}"
    if kind == "union_tag_not_found":
        options = ", ".join(f"`{choice}`" for choice in spot.choices)
        return f"needs the key {context['discriminator'].replace(chr(39), '`')}: one of {options}"
    if kind == "union_tag_invalid":
        key, expected = (context[part].replace("'", "`") for part in ("discriminator", "expected_tags"))
        return f"{key} must be one of {expected} (got {got(context['tag'])}){_close(context['tag'], expected)}"
    sentence = str(context.get("error", detail["msg"])) if kind == "value_error" else _plain(detail["msg"])
    return sentence if isinstance(value, dict | BaseModel) or "(got" in sentence else f"{sentence} {got_what}"


_MACHINE = (
    "say it of a machine, `machine: {model: ..., hashrate_th: ..., power_w: ...}`, or name a `model` of the catalogue"
)
_MEANT = {
    **dict.fromkeys(("hashrate_th", "hashrate", "power_w", "watts", "efficiency", "efficiency_j_per_th"), _MACHINE),
    **dict.fromkeys(("miners", "machines", "groups"), "groups of machines stand under `fleet`"),
    "prices": "energy prices stand as `price_per_mwh` under `energy`",
    "tariff": "what energy costs is told by keys of `energy`; `curtail tariff import` makes a `contract` file",
}
_AT_THE_TOP = ("miners", "machines", "groups", "prices", "tariff")


def _known(spot: _Spot, model: type[BaseModel]) -> str:
    """What an unknown key was meant to be, where it belongs, or which keys the section has."""
    key = str(spot.path[-1])
    known = [field.alias or name for name, field in spot.section.model_fields.items()] if spot.section else []
    folded = key[:100].lower().replace("-", "_")
    if folded in _MEANT and (spot.path[:-1] or folded in _AT_THE_TOP):
        return _MEANT[folded]
    spelt = {written: name for name in known for written in (name, *others(name))}
    if (
        re.fullmatch("price(_[a-z]{3})?(_per_[mk]wh)?", folded)
        and folded != "price_usd"
        and "price_usd_per_mwh" in known
    ):
        return 'did you mean `price_per_mwh`? A currency goes with the amount, such as "62 CAD/MWh"'
    short = [written for written in spelt if written.startswith(f"{folded}_")]
    close = short[:1] if len(folded) > 2 and len(short) in (1, 2) else get_close_matches(folded, list(spelt), n=1)
    if close:
        return f"did you mean `{close[0]}`?"
    for name, field in model.model_fields.items():
        home = _bare(field.annotation)
        if isinstance(home, type) and issubclass(home, BaseModel) and key in home.model_fields:
            return f"it belongs under `{name}`"
    return f"known here: {', '.join(known)}"


def _close(value: Any, expected: str) -> str:
    options = [option.strip(" `") for option in expected.replace(" or ", ", ").split(", ")]
    close = get_close_matches(value[:100], options, n=1) if isinstance(value, str) else []
    return f"; did you mean `{close[0]}`?" if close else ""


def _alternative(kind: str, value: Any, spot: _Spot) -> str:
    """What else would have been right, or how the value came to be what it is."""
    if kind == "float_type" and RATES_TAG in spot.choices:
        return ", a section with a `file`, or one with `rates`"
    if kind == "float_type" and "file" in spot.choices:
        return ", or a section with a `file`"
    if kind == "float_type" and "curve" in spot.choices:
        return ", or a section with `temperature_c` and `pue`"
    if kind == "tuple_type" and value is not None:
        return ": each entry begins with `- `, or write [ ]"
    if kind == "string_type" and isinstance(value, int | float):
        return ": put it in quotes"
    return ""


def _of_a_hundred(limit: Any, value: Any) -> str:
    """How a share that was given in per cent is written; nothing where it hardly was."""
    if limit != 1 or not isinstance(value, int | float) or not _SURELY_PER_CENT < value <= _HUNDRED:
        return ""
    return f"; {value:g} % is written {value / _HUNDRED:g}"


def _number(limit: Any) -> str:
    return f"{limit:,}".replace(",", "_") if isinstance(limit, int) and limit < 10**15 else f"{limit:g}"


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:]
