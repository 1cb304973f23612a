"""How reasons look on pages."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from optimizer.accounts import reasons as declared
from optimizer.accounts.reasons import Kin, Reason, reasons
from optimizer.report.kit.reasons import looks, looks_of

STYLE = Path("optimizer/report/kit/report.css").read_text()


def test_every_reason_has_its_own_look() -> None:
    """A reason without one would leave a hole in the strips."""
    assert set(looks()) == set(reasons())
    assert len({(look.color, look.hatch) for look in looks().values()}) == len(looks())


def test_every_kin_has_a_colour_by_day_and_by_night() -> None:
    assert all(STYLE.count(f"--r-{kin}: #") == 2 for kin in Kin)


def test_a_reason_declared_elsewhere_is_drawn_like_its_kin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared, "_DECLARED", dict(declared._DECLARED))
    heat = Reason("heat", "heat is sold", Kin.LIMIT)
    assert [(look.label, look.meaning, look.color, look.hatch) for look in looks_of({"heat"})] == [
        ("heat", "heat is sold", "r-limit", "-")
    ]
    assert pickle.loads(pickle.dumps(heat)).kin is Kin.LIMIT
