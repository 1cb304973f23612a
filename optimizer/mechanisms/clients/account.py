"""Clients: fees by the hour, credits for uptime that is missed, their share of what cuts earn; an invoice to each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from optimizer.accounts.bill import BillLine
from optimizer.accounts.breach import UNIT_TOLERANCE, Breach
from optimizer.accounts.conditions import Conditions
from optimizer.accounts.dispatch import Dispatch
from optimizer.accounts.ledger import Account, Kind, offered, title
from optimizer.accounts.settlement import Books
from optimizer.arrays import F
from optimizer.config.farm import Farm
from optimizer.mechanisms.clients.config import Client, Credit
from optimizer.mechanisms.clients.facts import Promise, allowed, credit_steps, fee_usd_per_hour
from optimizer.mechanisms.clients.state import promised

ACCOUNT = Account()
_EASED = Credit(usd_per_machine_hour=100.0)  # what no machine earns in an hour, and far below what a missed call costs


def missed(c: Conditions, dispatch: Dispatch) -> Iterator[tuple[Promise, F, F]]:
    """Each promise that is missed: machine-hours beyond the promised uptime, and their credits, USD, (intervals,)."""
    credit = credit_steps(c, promised(c))
    for k, promise in enumerate(promised(c)):
        mine = [step for step in credit if step.promise == k and step.adds_usd is not None]
        total, usd = np.cumsum(promise.downtime(dispatch)), np.zeros(len(c.grid))
        beyond = [np.diff(np.maximum(total - step.left, 0.0), prepend=0.0) for step in mine]
        for step, hours in zip(mine, beyond, strict=True):
            usd += hours * (step.adds_usd or 0.0)
        if mine and beyond[0].any():
            yield promise, beyond[0], usd


@ACCOUNT.line("Clients' monthly fees", Kind.MACHINES, place=25)
def client_fees(b: Books) -> F:
    """The fees, by the hour."""
    fees = (fee_usd_per_hour(b.c, client) for client in b.c.farm.sections(Client))
    return sum(fees, np.zeros(len(b.c.grid))) * b.c.grid.hours


@ACCOUNT.line(
    "Service credits: uptime below the promised",
    Kind.PENALTY | Kind.BY_PERIOD,
    place=147,
    broken="Clients' machines run less than they are promised, and it is credited to them",
)
def uptime_credits(b: Books) -> F:
    """Machine-hours beyond each step, times what it adds, in the intervals that go beyond it."""
    return -sum((usd for *_, usd in missed(b.c, b.dispatch)), np.zeros(len(b.c.grid)))


@ACCOUNT.line("Clients' share of cuts paid for", Kind.CUT, place=165)
def client_cut_share(b: Books) -> F:
    """What events pay for cuts, times the clients' shares."""
    share = sum(client.cut_income_share for client in b.c.farm.sections(Client))
    return -share * offered("cut_income", b.c, b)


@ACCOUNT.owners
def owners(farm: Farm) -> dict[str, str]:
    """Clients, by their groups."""
    return {group: client.name for client in farm.sections(Client) for group in client.groups}


@ACCOUNT.bill
def invoiced(b: Books, p: int) -> Iterator[BillLine]:
    """What each client pays for a billing period besides energy: the fee, less credits and the share of cuts."""
    for k, client in enumerate(b.c.farm.sections(Client)):
        for line in _invoice(b, p, k, client):
            yield replace(line, party=client.name)


def _invoice(b: Books, p: int, k: int, client: Client) -> Iterator[BillLine]:
    c, period = b.c, b.c.billing.periods[p]
    inside = slice(period.first, period.stop)
    hours = float(c.grid.hours[inside].sum())
    if fee := float((fee_usd_per_hour(c, client) * c.grid.hours)[inside].sum()):
        yield BillLine(period.label, "client_fees", "Monthly fee, by the hour", hours, "h", fee / hours, fee)
    for promise, beyond, usd in missed(c, b.dispatch):
        if (promise.client, promise.period) == (k, p) and (credit := float(usd.sum())):
            short = float(beyond.sum())
            name = title("uptime_credits")
            yield BillLine(period.label, "uptime_credits", name, short, "machine-hour", -credit / short, -credit)
    if cut := client.cut_income_share * float(offered("cut_income", c, b)[inside].sum()):
        yield BillLine(period.label, "client_cut_share", "Share of cuts paid for", 1.0, "period", -cut, -cut)


@ACCOUNT.check
def breaches(c: Conditions, dispatch: Dispatch) -> Iterator[Breach]:
    """More downtime in a billing period than a promise without credits allows for all of it."""
    for promise in promised(c):
        client = c.farm.sections(Client)[promise.client]
        if client.uptime is None or client.uptime.credits:
            continue
        most = max(allowed(c, promise, client.uptime.share, whole=True), promise.unavoidable)
        total = np.cumsum(promise.downtime(dispatch))
        if total[-1] > most + UNIT_TOLERANCE * max(promise.hours.sum(), 1.0):
            at = int(np.argmax(total > most))
            yield Breach("promised uptime", client.name, at, float(total[-1] - most), "machine-hours")


@ACCOUNT.ease
def credited(farm: Farm) -> Farm:
    """A promise without credits gives way before calls do, for more than a machine can earn."""
    clients = []
    for client in farm.sections(Client):
        uptime = client.uptime
        if uptime is not None and not uptime.credits:
            client = client.model_copy(update={"uptime": uptime.model_copy(update={"credits": (_EASED,)})})
        clients.append(client)
    return farm.model_copy(update={Client.KEY: tuple(clients)})


@ACCOUNT.by_period
def by_period(farm: Farm) -> bool:
    """Uptime is promised over one."""
    return any(client.uptime is not None for client in farm.sections(Client))


@ACCOUNT.rest("downtime_machine_hours")
def downtime_after(s: Books, head: int) -> dict[tuple[str, str], float]:
    """Downtime from an interval on, by client, in the last billing period."""
    c, last = s.c, len(s.c.billing.periods) - 1
    return {
        (c.farm.sections(Client)[promise.client].name, c.billing.periods[last].label): float(
            promise.downtime(s.dispatch)[head:].sum()
        )
        for promise in promised(c)
        if promise.period == last
    }
