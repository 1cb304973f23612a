"""The reader: what YAML 1.2 means, where everything stands, and every trap ends at a place."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from optimizer.config.files import MOST_BYTES, read_document
from optimizer.config.yaml12 import DEEPEST, MOST_NODES, parse
from optimizer.errors import InputError
from tests.sampling import examples


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        *(("true", True), ("False", False), ("no", "no"), ("yes", "yes"), ("on", "on"), ("y", "y")),
        *(("null", None), ("~", None), ("", None), ("nil", "nil")),
        *(("010", 10), ("0o10", 8), ("0x1F", 31), ("-0x1F", "-0x1F"), ("0b1", "0b1"), ("+12", 12)),
        *(("1e3", 1000.0), ("125.86e12", 125.86e12), ("1.", 1.0), (".5", 0.5), ("-.5e-1", -0.05)),
        *((".inf", math.inf), ("-.INF", -math.inf), ("inf", "inf"), ("nan", "nan"), ("1_000", "1_000")),
        *(("14:00", "14:00"), ("190:20:30", "190:20:30"), ("2026-02-11", "2026-02-11"), ("1.2.3", "1.2.3")),
        *(("'12'", "12"), ('"true"', "true"), ("!!str 12", "12"), ("!!float 3", 3.0), ("! 12", "12")),
    ],
)
def test_scalars_are_read_by_the_core_schema(text: str, meaning: object) -> None:
    value = parse(f"a: {text}").data["a"]
    assert value == meaning
    assert type(value) is type(meaning)


def test_nan_is_a_number() -> None:
    assert math.isnan(parse("a: .nan").data["a"])


TEXT = """\
# a comment
site: &site
  pue: 1.05
  limits: [1, {deep: x}]
"other key":
- first
-   - second
copy: *site
"""


def test_every_key_and_value_has_its_place() -> None:
    document = parse(TEXT)
    assert document.data["copy"] == document.data["site"] == {"pue": 1.05, "limits": (1, {"deep": "x"})}
    assert document.place(("site",), of_key=True) == (2, 1)
    assert document.place(("site", "pue")) == (3, 8)
    assert document.place(("site", "pue"), of_key=True) == (3, 3)
    assert document.place(("site", "limits", 1, "deep")) == (4, 22)
    assert document.place(("other key", 1, 0)) == (7, 7)
    assert document.place(("copy",)) == (8, 7)


def test_a_missing_key_is_missed_at_its_section() -> None:
    assert parse(TEXT).place(("site", "nothing", "here")) == (2, 1)
    assert parse(TEXT).place(("nothing",)) == (2, 1)
    assert parse("# first\na: 1").place(("b",)) == (2, 1)


def test_what_an_alias_stands_for_is_faulted_where_it_is_written() -> None:
    assert parse(TEXT).place(("copy", "pue")) == (3, 8)


BOMB = "b0: &b0 [x]\n" + "".join(f"b{i + 1}: &b{i + 1} [{', '.join([f'*b{i}'] * 9)}]\n" for i in range(9))


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", (1, 1), "the file is empty"),
        ("# nothing\n", (1, 1), "the file is empty"),
        ("a: 1\n---\nb: 1\n", (2, 1), "a second YAML document"),
        ("a: [1\nb: 2\n", (2, 2), "not YAML"),
        ("a:\n\tb: 1\n", (2, 1), "indent with spaces"),
        ("a: b: c\n", (1, 5), "quotes"),
        ("a: 'x\n", (2, 1), "a quote is not closed"),
        ("a: &a [1, *a]\n", (1, 11), "without end"),
        ("a: &a\n  b: {c: *a}\n", (2, 10), "without end"),
        (BOMB, (6, 40), f"more than {MOST_NODES:,} values"),
        ("[" * 100_000, (1, DEEPEST + 1), "nested deeper"),
        ("- " * 100_000, (1, 2 * DEEPEST + 1), "nested deeper"),
        ("a: [" + "1," * (MOST_NODES + 9) + "]", None, f"more than {MOST_NODES:,} values"),
        ("a: 1\nb: \x07\n", (2, 4), "U+0007"),
        ("%YAML 3.0\n---\na: 1\n", (1, 1), "not YAML"),
    ],
)
def test_reading_ends_at_a_place(text: str, place: tuple[int, int] | None, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, "farm.yaml")
    (fault,) = caught.value.faults
    assert words in fault.message
    assert place is None or (fault.line, fault.column) == place


@pytest.mark.parametrize("least", ["&b0 []", "&b0 {}", "&b0", "&other [x]"])
def test_a_bomb_of_nothing_goes_off_no_later(least: str) -> None:
    """Sections without a value and aliases of no anchor are values that whoever walks over the file meets."""
    with pytest.raises(InputError) as caught:
        parse(BOMB.replace("&b0 [x]", least), "farm.yaml")
    assert f"more than {MOST_NODES:,} values" in caught.value.faults[-1].message
    assert caught.value.faults[-1].line <= 8


def test_lesser_faults_are_all_told_and_reading_goes_on() -> None:
    document = parse("a: 1\na: {b: 2}\n3: x\n? [k]\n: y\nb: !mine 4\nc: *none\n<<: {d: 1}\ne: !!int x\nf: " + "7" * 61)
    assert [(fault.line, fault.column, fault.path) for fault in document.faults] == [
        *(
            (2, 1, "a"),
            (3, 1, ""),
            (4, 3, ""),
            (6, 4, "b"),
            (7, 4, "c"),
            (8, 1, "<<"),
            (9, 4, "e"),
            (10, 4, "f"),
        ),
    ]
    assert document.faults[0].message == "is given twice; the first stands in line 1"
    assert document.data["a"] == 1, "the first of two equal keys counts"


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (b"", (1, 1), "the file is empty"),
        (b"a: 1\nb: caf\xe9\n", (2, 7), "0xE9 is not UTF-8"),
        ("é: \udcff".encode("utf-8", "surrogateescape"), (1, 4), "0xFF is not UTF-8"),
        ("a: 1".encode("utf-16"), (1, 1), "UTF-16"),
        (b"x: 1\n" * (10_000_000 // 5), (1, 1), f"larger than {MOST_BYTES / 1e6:g} MB"),
        (bytes(range(256)), (2, 118), "0x80 is not UTF-8"),
    ],
)
def test_files_that_are_not_text(tmp_path: Path, data: bytes, place: tuple[int, int], words: str) -> None:
    path = tmp_path / "farm.yaml"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_document(path)
    (fault,) = caught.value.faults
    assert words in fault.message
    assert (fault.line, fault.column) == place
    assert fault.file == str(path)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "farm.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    document = read_document(path)
    assert document.data == {"a": 1, "b": 2}
    assert document.place(("b",)) == (2, 4)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path, words in (
        (tmp_path / "missing.yaml", "there is no such file"),
        (tmp_path, "this is a folder"),
        (tmp_path / ("x" * 5_000), "cannot be read"),
        (Path("nul\0"), "cannot be read"),
    ):
        with pytest.raises(InputError, match=words):
            read_document(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "farm.yaml"
    path.touch(mode=0)
    with pytest.raises(InputError, match="may not read"):
        read_document(path)


def test_the_slow_parser_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML came without libyaml, nothing may change."""
    fast = parse(TEXT)
    monkeypatch.delattr(yaml, "CSafeLoader")
    assert parse(TEXT) == fast
    with pytest.raises(InputError, match="nested deeper"):
        parse("[" * 5_000)


# JSON writes signs beyond U+FFFF as two escapes, which YAML does not join; no editor writes them so.
WORDS = st.text(st.characters(max_codepoint=0xD7FF), max_size=9).filter(lambda word: word != "<<")
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


def _tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _tuples(inner) for key, inner in value.items()}
    return tuple(_tuples(inner) for inner in value) if isinstance(value, list) else value


@examples(150)
@given(st.dictionaries(WORDS, JSON, min_size=1))
def test_json_is_yaml(data: dict[str, Any]) -> None:
    assert parse(json.dumps(data)).data == _tuples(data)


@examples(200)
@given(st.text())
def test_any_text_is_data_or_a_fault_at_a_place(text: str) -> None:
    try:
        document = parse(text)
    except InputError as error:
        faults = error.faults
    else:
        faults = document.faults
    assert faults or document.data is not None
    assert all(fault.line >= 1 and fault.column >= 1 for fault in faults)
