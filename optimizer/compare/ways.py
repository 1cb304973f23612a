"""The ways in which a farm meets a scenario."""

from __future__ import annotations

from enum import StrEnum


class Way(StrEnum):
    """How a farm meets a scenario: the code in files, short for a table's head, and as a sentence."""

    short: str
    meaning: str

    def __new__(cls, code: str, short: str = "", meaning: str = "") -> Way:
        """A member is its code; the words go with it."""
        way = str.__new__(cls, code)
        way._value_ = code
        way.short, way.meaning = short, meaning
        return way

    KNOWING = "knowing", "knowing", "planned with everything known from the beginning"
    NOTICED = (
        "noticed",
        "as noticed",
        "planned again whenever notice arrives, without what is not known by then",
    )
    STRIKE_RULE = (
        "strike_rule",
        "strike rule",
        "each group runs where its strike price is above the price at the meter",
    )
    ALWAYS_ON = "always_on", "always on", "every machine runs, except where a limit forbids it"
