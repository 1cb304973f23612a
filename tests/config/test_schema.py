"""The JSON Schemas that editors use."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from optimizer.config.schema import schema
from optimizer.config.yaml12 import parse
from optimizer.errors import InputError
from tests.config.mutations import CONFIGS, FARMS


def _data(name: str) -> Any:
    return json.loads(json.dumps(parse((CONFIGS / name).read_text(encoding="utf-8")).data))


@pytest.mark.parametrize("kind", ["farm", "catalogue"])
def test_it_is_a_schema(kind: str) -> None:
    Draft202012Validator.check_schema(schema(kind))
    json.dumps(schema(kind), allow_nan=False)


@pytest.mark.parametrize("name", FARMS)
def test_sample_farms_are_valid(name: str) -> None:
    Draft202012Validator(schema("farm")).validate(_data(name))


def test_the_catalogue_is_valid() -> None:
    Draft202012Validator(schema("catalogue")).validate(_data("machines.yaml"))


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        *(("site", "pue_", 1), ("site", "pue", 0.9), ("site", "import_limit_mw", -1), ("revenue", "x", 1)),
        *(
            ("energy", "price_usd_per_mwh", {"file": "x.csv", "fil": 1}),
            ("horizon", "intervals", [{"minutes": 7}]),
            ("state", "groups", {"Hall A S19j Pro": {"running": 1}}),
            ("state", "grid_import_mw", 1),
        ),
    ],
)
def test_what_curtail_refuses_the_schema_refuses(section: str, key: str, value: object) -> None:
    data = _data("west_texas.yaml")
    data.setdefault(section, {})[key] = value
    assert not Draft202012Validator(schema("farm")).is_valid(data)


@pytest.mark.parametrize("kind", ["farm", "catalogue"])
def test_every_key_is_described(kind: str) -> None:
    whole = schema(kind)
    for section in (whole, *whole["$defs"].values()):
        assert section["additionalProperties"] is False
        for key, value in section["properties"].items():
            assert value.get("description"), key


def test_no_such_kind() -> None:
    with pytest.raises(InputError, match="there is: farm, catalogue"):
        schema("frm")
