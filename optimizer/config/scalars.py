"""What a plain scalar means, by the core schema of YAML 1.2.2, section 10.3 (https://yaml.org/spec/1.2.2/#103-core-schema)."""

from __future__ import annotations

import re

MOST_DIGITS = 60  # far beyond any quantity; Python refuses integers of 4,300 digits with an error of its own
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def scalar(text: str) -> str | int | float | bool | None:
    """What a plain (unquoted) scalar means in YAML 1.2. Raises ValueError for an absurdly long number.

    >>> [scalar(text) for text in ("no", "14:00", "010", "0o10", "0x1F", "1e3", "2026-02-11", "~")]
    ['no', '14:00', 10, 8, 31, 1000.0, '2026-02-11', None]
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    for pattern, base in ((_DECIMAL, 10), (_OCTAL, 8), (_HEXADECIMAL, 16)):
        if pattern.fullmatch(text):
            if len(text) > MOST_DIGITS:
                raise ValueError(f"is a number of {len(text)} digits; write at most {MOST_DIGITS}")
            return int(text if base == 10 else text[2:], base)
    return float(text) if _FLOAT.fullmatch(text) else text
