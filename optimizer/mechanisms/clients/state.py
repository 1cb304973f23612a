"""Downtime and maintenance of the billing period so far."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field

from optimizer.accounts.conditions import Conditions, fact
from optimizer.accounts.dispatch import Dispatch
from optimizer.config.base import Name, NonNegative
from optimizer.config.farm import Farm
from optimizer.config.state import StateSection
from optimizer.mechanisms.clients.config import Client
from optimizer.mechanisms.clients.facts import Promise, promises


class Standing(StateSection):
    """Where promises of uptime stand in the billing period so far."""

    KEY: ClassVar[str] = "uptime"

    downtime_machine_hours: dict[Name, NonNegative] = Field(
        default={}, description="Machine-hours of downtime that is not excused, by client"
    )
    maintenance_machine_hours: dict[Name, NonNegative] = Field(
        default={}, description="Machine-hours of excused maintenance, by client"
    )

    def after(self, c: Conditions, dispatch: Dispatch) -> Self:
        """With those of the schedule; a period that ends with it leaves nothing."""
        billing, names = c.billing, [client.name for client in c.farm.sections(Client)]
        last = billing.periods[-1]
        if not billing.goes_on(last):
            return type(self)()
        old = self if billing.begun_before(last) else type(self)()
        downtime, maintenance = dict(old.downtime_machine_hours), dict(old.maintenance_machine_hours)
        for promise in promised(c):
            if billing.periods[promise.period] is last:
                name = names[promise.client]
                down = float(promise.downtime(dispatch).sum())
                downtime[name] = downtime.get(name, 0.0) + max(down, 0.0)
                maintenance[name] = maintenance.get(name, 0.0) + promise.maintained
        return self.model_copy(update={"downtime_machine_hours": downtime, "maintenance_machine_hours": maintenance})

    def fitted(self, farm: Farm) -> Self:
        """Without clients that are gone."""
        there = {client.name for client in farm.sections(Client)}
        kept = {
            key: {name: hours for name, hours in getattr(self, key).items() if name in there}
            for key in ("downtime_machine_hours", "maintenance_machine_hours")
        }
        return self.model_copy(update=kept)


@fact
def promised(c: Conditions) -> tuple[Promise, ...]:
    """Every promise, from where it stands as the plan begins."""
    return promises(c, c.state.section(Standing))
