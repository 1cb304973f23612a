"""What a mechanism nobody here knows offers of conditions and of a schedule: a made-up kiln beside the machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import EXPORT, Dispatch
from optimizer.accounts.ledger import Account, accounts, ledger, offered
from optimizer.accounts.limits import hard_limit
from optimizer.accounts.reasons import Reason
from optimizer.accounts.settlement import Books
from optimizer.arrays import F
from optimizer.mechanisms.calls.facts import caps
from optimizer.mechanisms.contents import parts
from optimizer.mechanisms.onsite.account import there
from optimizer.report.kit.power import power_text
from tests.farms import call, conditions, farm


class Kiln:
    """Draws up to 3 MW, and returns 2 MW of heat as power that may leave through the meter."""

    ACCOUNT = Account()


@Kiln.ACCOUNT.offer("most_load")
def most(c: Conditions) -> F:
    return np.full(len(c.grid), 3.0)


@Kiln.ACCOUNT.offer("exportable")
def returned(c: Conditions, _: Dispatch) -> F:
    return np.full(len(c.grid), 2.0)


@Kiln.ACCOUNT.columns("")
def shown(b: Books) -> dict[str, F]:
    return {"Kiln/celsius": np.full(len(b.c.grid), 900.0)}


@pytest.fixture
def kiln(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("optimizer.accounts.ledger.parts", lambda part: (*parts(part), Kiln))
    accounts.cache_clear()
    ledger.cache_clear()
    yield
    accounts.cache_clear()
    ledger.cache_clear()


def schedule(**mw: float) -> Dispatch:
    one = {name: np.full(1, value) for name, value in mw.items()}
    return Dispatch.of(
        {("G", "normal"): np.full(1, 4.0)}, one.get("onsite", np.zeros(1)), one.get("export", np.zeros(1))
    )


@pytest.mark.usefixtures("kiln")
def test_it_counts_to_the_most_that_is_drawn() -> None:
    """Ten machines of 1 MW and the kiln draw at most 13 MW, 11 where no more may be imported."""
    assert conditions(farm(), [0.5]).most_import_mw.tolist() == [13.0]
    assert conditions(farm(limit_mw=11.0), [0.5]).most_import_mw.tolist() == [11.0]
    after = call("06:00", "07:00", 6.0, restore_mw_per_hour=5.5)
    capped = caps(conditions(farm(events=(after,)), [0.5] * 3))
    assert [cap.cap_mw for cap in capped] == [6.0, 11.5], "full load is reached then, and not what may be drawn"


@pytest.mark.usefixtures("kiln")
def test_what_it_returns_may_be_exported() -> None:
    energy = {"onsite": {"available_mw": 1.0, "export_limit_mw": 9.0}}
    kept = there(conditions(farm(energy=energy), [0.5]), schedule(onsite=5.0, export=5.0))
    assert (kept.onsite_mw.tolist(), kept.table["export_mw"][EXPORT].tolist()) == ([1.0], [3.0])


@pytest.mark.usefixtures("kiln")
def test_what_it_shows_is_a_column() -> None:
    header, row = power_text(conditions(farm(), [0.5]), schedule()).splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=True))["Kiln/celsius"] == "900"


SOLD = {"name": "Block", "mw": 2.0, "price_usd_per_mwh": 9.0, "resale": {"fee_usd_per_mwh": 2.0}}
CAPPED = SOLD | {"resale": {"fee_usd_per_mwh": 2.0, "cap_usd_per_mwh": 2.0}}
TAKEN = {"mwh_per_month": 9.0, "shortfall_usd_per_mwh": 4.0}
SUPPLY = {"name": "Gas", "limit_mw": 2.0, "price_usd_per_mwh": 3.0}


@pytest.mark.parametrize(
    ("energy", "site", "where"),
    [
        ({}, {}, [0, 0, 1]),  # below zero
        ({"adders_usd_per_mwh": 2.0}, {}, [0, 0, 0]),
        ({"blocks": (SOLD,)}, {}, [0, 1, 1]),  # below the fee
        ({"blocks": (SOLD | {"resale": None},)}, {}, [0, 0, 1]),
        ({"blocks": (CAPPED,)}, {}, [0, 1, 1]),  # at the cap, which is the fee, nothing is lost
        ({"blocks": (CAPPED,), "adders_usd_per_mwh": -0.5}, {}, [1, 1, 1]),  # but drawing is paid for
        ({"supplies": (SUPPLY,)}, {}, [0, 0, 1]),
        ({"supplies": (SUPPLY | {"minimum_take": TAKEN},)}, {}, [1, 1, 1]),
        ({"supplies": (SUPPLY | {"price_usd_per_mwh": -1.0},)}, {}, [1, 1, 1]),
        ({"onsite": {"available_mw": 1.0, "export_price_usd_per_mwh": 9.0}}, {}, [0, 0, 1]),
        ({"onsite": {"available_mw": 1.0, "export_price_usd_per_mwh": 9.0, "export_limit_mw": 1.0}}, {}, [1, 1, 1]),
        ({}, {"ramp_down_mw_per_hour": 20.0}, [1, 1, 1]),
    ],
)
def test_where_drawing_more_may_be_worth_money(energy: dict[str, Any], site: dict[str, Any], where: list[int]) -> None:
    """At 5, 1 and -1 USD/MWh."""
    c = conditions(farm(energy=energy, site=site), [5.0, 1.0, -1.0])
    assert (offered("paid_to_draw", c) > 0).astype(int).tolist() == where


@Kiln.ACCOUNT.limit(Reason.EVENT)
def firing(c: Conditions, _priced: bool) -> F:
    """While it is fired the site may import 7 MW."""
    return np.full(len(c.grid), 7.0)


@pytest.mark.usefixtures("kiln")
def test_of_two_limits_for_one_reason_the_lower_binds() -> None:
    """A call to 6 MW from 06:00 to 07:00, and 7 MW at all times."""
    c = conditions(farm(events=(call("06:00", "07:00", 6.0),)), [0.5] * 2)
    assert hard_limit(c).import_mw.tolist() == [6.0, 7.0]
    assert hard_limit(c).reason(1) == Reason.EVENT
