"""Set-points handed to what controls machines: Proto Fleet by its curtailment service, Foreman by a file, a webhook.

Each call brings the other side to what the document wants, whatever came before it, so that it may be repeated.
"""

from __future__ import annotations

import csv
import io
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from optimizer.config.farm import Farm
from optimizer.daily.document import SetPoints
from optimizer.errors import CurtailError, InputError
from optimizer.execution.wanted import Wanted, wanted_at

_SERVICE = "/curtailment.v1.CurtailmentService/"
_TIMEOUT_S, _MOST_BYTES = 8.0, 1_000_000
_LONGEST_S = 604_800  # that Proto Fleet lets an event last
_SAME_KW = 1.0
_ENDING = "CURTAILMENT_EVENT_STATE_RESTORING"
Post = Callable[[str, Mapping[str, Any]], dict[str, Any]]


class _Straight(urllib.request.HTTPRedirectHandler):
    """Follows no other address: what is sent may hold a token."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def posting(address: str, token: str) -> Post:
    """Posts JSON below an address, with a bearer token where there is one. Raises InputError for what is no address."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise InputError("the address must begin with http:// or https:// and hold no user and password")
    opener = urllib.request.build_opener(_Straight())

    def post(path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(  # noqa: S310 - http or https, see above
            address.rstrip("/") + path, json.dumps(body).encode(), headers, method="POST"
        )
        try:
            with opener.open(request, timeout=_TIMEOUT_S) as answer:
                content = answer.read(_MOST_BYTES)
        except urllib.error.HTTPError as error:
            error.close()
            raise CurtailError(f"{parts.hostname} refused {path or 'it'}: HTTP {error.code}") from None
        except (OSError, ValueError) as error:
            raise CurtailError(f"{parts.hostname} cannot be reached ({type(error).__name__})") from None
        try:
            reply = json.loads(content or b"{}")
        except (ValueError, RecursionError):
            reply = {}
        return reply if isinstance(reply, dict) else {}

    return post


def cut_kw(wanted: Wanted, farm: Farm) -> float:
    """How much less is to be drawn than with every machine at its strongest, kW of machines."""
    watts = 0.0
    for group in farm.fleet:
        counts = wanted.counts.get(group.name, {})
        strongest = max(at.power_w for at in group.points.values())
        drawn = sum(n * group.points[mode].power_w for mode, n in counts.items())
        asleep = max(group.units - sum(counts.values()), 0)
        watts += group.units * strongest - drawn - asleep * group.standby_w
    return watts / 1e3


def to_proto_fleet(document: SetPoints, wanted: Wanted, farm: Farm, post: Post) -> str:
    """Start, keep or stop a FIXED_KW event of the whole organization; what was done, in a sentence.

    Proto Fleet holds one event at a time and freezes its machines when it starts. Where more is to be cut than by the
    event under way, or one is still restoring, that is an error: told, and tried again by whoever calls.
    """
    kw = round(cut_kw(wanted, farm), 3)
    event = post(_SERVICE + "GetActiveCurtailment", {}).get("event") or {}
    held = float((event.get("fixedKw") or {}).get("targetKw") or 0.0)
    restoring = event.get("state") == _ENDING
    if kw < _SAME_KW:
        if not event or restoring:
            return "nothing to cut, and nothing is"
        post(_SERVICE + "StopCurtailment", {"eventUuid": event["eventUuid"]})
        return f"the cut of {held:g} kW is stopped"
    if event and not restoring and kw <= held + _SAME_KW:
        return f"{kw:g} kW are to be cut, and {held:g} kW are"
    if event:
        state = "is still restoring" if restoring else f"holds {held:g} kW and cannot be deepened"
        raise CurtailError(f"{kw:g} kW are to be cut, but an event {state}; stop it in Proto Fleet")
    reasons = sorted({reason for reason in wanted.why.values() if reason})
    request = {
        "wholeOrg": {},
        "mode": "CURTAILMENT_MODE_FIXED_KW",
        "strategy": "CURTAILMENT_STRATEGY_LEAST_EFFICIENT_FIRST",
        "level": "CURTAILMENT_LEVEL_FULL",
        "priority": "CURTAILMENT_PRIORITY_NORMAL",
        "fixedKw": {"targetKw": kw},
        "maxDurationSeconds": _LONGEST_S,
        "idempotencyKey": f"{document.farm.id}-{document.epoch}-{document.sequence}"[:256],
        "reason": f"curtail {document.plan or ''}: {', '.join(reasons) or 'plan'}"[:256],
        "externalSource": "curtail",
        "externalReference": document.plan or "",
    }
    post(_SERVICE + "StartCurtailment", request)
    return f"a cut of {kw:g} kW is begun"


def to_foreman(document: SetPoints, farm: Farm) -> str:
    """Commitments as CSV, of the Foreman program called as the farm: to which watts it is reduced, now and next.

    A stretch in which every machine runs at its strongest is no commitment.
    """
    at = document.made_at
    changes = {point.next.at for point in document.setpoints if point.next is not None}
    moments = sorted(one for one in {at, *changes, document.valid_until} if at <= one <= document.valid_until)
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(("program", "target", "watts", "ramp_seconds", "start", "end"))
    for start, end in pairwise(moments):
        wanted = wanted_at(document, start)
        if wanted is None or cut_kw(wanted, farm) < _SAME_KW:
            continue
        points = ((group.points, wanted.counts.get(group.name, {})) for group in farm.fleet)
        watts = sum(n * modes[mode].power_w for modes, counts in points for mode, n in counts.items())
        target = ("Reduce wattage to", f"{watts:.0f}") if watts else ("Reduce all", "")
        writer.writerow((farm.name, *target, 0, start.isoformat(), end.isoformat()))
    return buffer.getvalue()


def to_webhook(document: SetPoints, post: Post) -> str:
    """Post the document as it is."""
    post("", json.loads(document.text()))
    return "handed over"
