"""JSON Schemas of the file kinds, for editors that complete and check YAML while it is written."""

from __future__ import annotations

from typing import Any

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
    body: dict[str, Any] = _tidy(model.model_json_schema())
    return head | body


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
