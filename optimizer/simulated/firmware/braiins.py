"""Braiins OS, REST, as far as a driver speaks with it."""

from __future__ import annotations

from optimizer.simulated.body import Body
from optimizer.simulated.firmware.http import Request, response

_USER = "root"


def answer(body: Body, raw: bytes, now: float) -> bytes:
    """An HTTP answer."""
    request = Request.of(raw)
    path = request.path.removeprefix("/api/v1/")
    if path == "auth/login":
        if request.json() != {"username": _USER, "password": body.password}:
            return response(401)
        body.session["token"] = f"t{now:.3f}"
        return response(200, {"token": body.session["token"], "timeout_s": 3600})
    if "token" not in body.session or request.headers.get("authorization") != f"Bearer {body.session['token']}":
        return response(401)
    if path == "miner/stats":
        hashrate = {"last_5s": {"gigahash_per_second": body.hashes_th(now) * 1e3}}
        power = {"approximated_consumption": {"watt": round(body.power_w(now))}}
        status = 2 if body.calls_itself_running(now) else 3
        return response(200, {"power_stats": power, "miner_stats": {"real_hashrate": hashrate}, "miner_status": status})
    if path == "miner/details":
        return response(200, {"mac_address": body.mac})
    if request.method != "PUT":
        return response(404)
    if path == "performance/power-target":
        body.step(float(request.json().get("watt", body.watts)), now)
        return response(200, {})
    if path in ("actions/pause", "actions/resume"):
        return response(204) if body.ask(path.endswith("resume"), now) else response(400)
    return response(404)
