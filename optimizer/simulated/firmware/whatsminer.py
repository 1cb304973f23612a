"""Whatsminer with API v2: plain questions, sealed commands."""

from __future__ import annotations

import json
from typing import Any

from optimizer.execution.drivers.whatsminer import seal, unseal
from optimizer.execution.gate import UnansweredError
from optimizer.execution.md5crypt import md5crypt
from optimizer.simulated.body import Body

_SALT, _NEW_SALT = "BQ5hoXV9", "aP1vQe2x"


def answer(body: Body, request: bytes, now: float) -> bytes:
    """One JSON object, ended by NUL."""
    try:
        asked = json.loads(request)
    except ValueError:
        return _reply({"STATUS": "E"})
    if not isinstance(asked, dict):
        return _reply({"STATUS": "E"})
    if asked.get("cmd") == "summary":
        return _reply({"SUMMARY": [{"Power": round(body.power_w(now)), "HS RT": body.hashes_th(now) * 1e6}]})
    if asked.get("cmd") == "get_miner_info":
        return _reply({"STATUS": "S", "Msg": {"mac": body.mac}})
    if asked.get("cmd") == "get_token":
        body.session["time"] = f"{now:.0f}"
        given = {"time": body.session["time"], "salt": _SALT, "newsalt": _NEW_SALT}
        return _reply({"STATUS": "S", "Msg": given})
    if asked.get("enc") != 1 or "time" not in body.session:
        return _reply({"STATUS": "E"})
    key = md5crypt(body.password, _SALT)
    try:
        command = unseal(key, str(asked.get("data")))
    except UnansweredError:
        return _reply({"STATUS": "E"})
    if command.get("token") != md5crypt(key + str(body.session["time"])[-4:], _NEW_SALT):
        return _reply({"STATUS": "E"})
    if command["cmd"] == "adjust_power_limit":
        body.step(float(command["power_limit"]), now)
        accepted = True
    else:
        accepted = command["cmd"] in ("power_on", "power_off") and body.ask(command["cmd"] == "power_on", now)
    return _reply({"STATUS": "S", "enc": seal(key, {"STATUS": "S" if accepted else "E"})})


def _reply(content: dict[str, Any]) -> bytes:
    return json.dumps(content).encode() + b"\0"
