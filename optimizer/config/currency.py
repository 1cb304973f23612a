"""A farm's currency, and what others are worth in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from optimizer.config.base import File
from optimizer.config.plain import get

USD = "USD"
CURRENCY = re.compile("[A-Z]{3}")


@dataclass(frozen=True)
class FarmCurrency:
    """A farm's currency, and how much of it one of another is worth: a number, or the keys of a file of rates.

    ``given`` is False for a file that is read without a farm: what it says in other currencies is judged as it stands.
    """

    currency: str = USD
    rates: Mapping[str, Any] = field(default_factory=dict)
    given: bool = True

    def rate(self, currency: str) -> Any:
        """What one of a currency is worth; None where that is not said."""
        if currency == self.currency:
            return 1.0
        return self.rates.get(currency) or (None if self.given else 1.0)


def money_of(farm: Any) -> FarmCurrency:
    """The money of a farm, a validated one or the plain data of a file; of a file that is no farm's, any."""
    currency, rates = get(farm, "currency"), get(farm, "exchange_rates")
    rates = rates if isinstance(rates, dict) else {}
    plain = {
        name: rate.model_dump(exclude_unset=True) if isinstance(rate, File) else rate for name, rate in rates.items()
    }
    fits = isinstance(currency, str) and CURRENCY.fullmatch(currency)
    return FarmCurrency(currency if fits else USD, plain, given=get(farm, "fleet") is not None)
