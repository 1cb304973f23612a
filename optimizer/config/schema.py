"""JSON Schemas of the file kinds, for editors that complete and check YAML while it is written."""

from __future__ import annotations

from typing import Any

from optimizer.config.amount_keys import others
from optimizer.config.base import Section
from optimizer.config.catalogue import Catalogue
from optimizer.config.contract import Contract
from optimizer.config.farm import Farm
from optimizer.errors import InputError

KINDS: dict[str, tuple[type[Section], str]] = {
    "farm": (Farm, "A farm file of curtail"),
    "catalogue": (Catalogue, "A machine catalogue of curtail"),
    "contract": (Contract, "A power contract of curtail"),
}

_TEXT = {"type": "string", "pattern": "[0-9]", "description": "With its currency and unit, such as 62 CAD/MWh or 14 F"}


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a file kind: "farm", "catalogue" or "contract".

    With `# yaml-language-server: $schema=farm.schema.json` in its first line, an editor knows a file's keys.
    Raises InputError for any other kind.

    >>> schema("catalogue")["required"]
    ['machines']
    """
    if kind not in KINDS:
        raise InputError(f"there is no schema for {kind!r}; there is: {', '.join(KINDS)}")
    return schema_of(*KINDS[kind])


def schema_of(model: type[Section], title: str) -> dict[str, Any]:
    """The JSON Schema of a section that is a file of its own."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title}
    body: dict[str, Any] = _with_amounts(_tidy(model.model_json_schema()))
    return head | body


def _with_amounts(part: Any) -> Any:
    """With every way to write an amount: text such as "62 CAD/MWh", and the keys of `amounts.others`."""
    if isinstance(part, list):
        return [_with_amounts(item) for item in part]
    if not isinstance(part, dict):
        return part
    part = {key: _with_amounts(value) for key, value in part.items()}
    properties, required = part.get("properties"), part.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        return part
    either = []
    for name in [name for name in properties if others(name)]:
        annotations = {key: properties[name][key] for key in ("description", "default") if key in properties[name]}
        properties[name] = {"anyOf": [properties[name], _TEXT]} | annotations
        properties |= dict.fromkeys(set(others(name)) - set(properties), properties[name])
        if name in required:
            either.append({"anyOf": [{"required": [key]} for key in (name, *others(name))]})
    if either:
        kept = [name for name in required if not others(name)]
        part = {key: value for key, value in part.items() if key != "required"} | ({"required": kept} if kept else {})
        part["allOf"] = [*part.get("allOf", ()), *either]
    return part


def _tidy(part: Any, *, names: bool = False) -> Any:
    """Without what editors make nothing of: titles made of key names, OpenAPI's discriminators."""
    if isinstance(part, list):
        return [_tidy(item) for item in part]
    if not isinstance(part, dict):
        return part
    unwanted = () if names else ("title", "discriminator")
    # Under these two stand names of keys and of sections, which may be called anything, "title" included.
    return {
        key: _tidy(value, names=not names and key in ("properties", "$defs"))
        for key, value in part.items()
        if key not in unwanted
    }
