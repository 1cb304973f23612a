"""LuxOS, as far as a driver speaks with it."""

from __future__ import annotations

import json
from typing import Any

from optimizer.simulated.body import Body

_SESSION_S = 60.0


def answer(body: Body, request: bytes, now: float) -> bytes:
    """One JSON object, ended by NUL."""
    try:
        asked = json.loads(request)
        command, parameter = asked["command"], str(asked.get("parameter", ""))
    except (ValueError, KeyError, TypeError):
        return _reply("E")
    session, given = body.session, parameter.split(",")
    open_until = session.get("until")
    is_open = isinstance(open_until, float) and now < open_until
    if command == "power":
        return _reply("S", POWER=[{"Watts": round(body.power_w(now))}])
    if command == "summary":
        return _reply("S", SUMMARY=[{"GHS 5s": body.hashes_th(now) * 1e3, "Mining": True}])
    if command == "config":
        return _reply("S", CONFIG=[{"MACAddr": body.mac}])
    if command == "logon":
        if is_open:
            return _reply("E")
        session.update(id=f"s{now:.3f}", until=now + _SESSION_S)
        return _reply("S", SESSION=[{"SessionID": session["id"]}])
    if not is_open or given[0] != session["id"]:
        return _reply("E")
    if command == "logoff":
        session.clear()
        return _reply("S")
    if command == "curtail" and given[1:] in (["sleep"], ["wakeup"]):
        return _reply("S" if body.ask(given[1] == "wakeup", now) else "E")
    if command == "powertargetset" and given[1].startswith("power="):
        body.step(float(given[1].removeprefix("power=")), now)
        return _reply("S")
    return _reply("E")


def _reply(status: str, **more: Any) -> bytes:
    return json.dumps({"STATUS": [{"STATUS": status}]} | more).encode() + b"\0"
