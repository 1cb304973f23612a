"""Antminer with its maker's firmware: pages behind a digest; it restarts in the background after a change."""

from __future__ import annotations

import re

from optimizer.execution.wire import digest_answer
from optimizer.simulated.body import Body
from optimizer.simulated.firmware.http import Request, response

_USER, _NONCE = "root", "5ca1ab1e"
_CHALLENGE = f'Digest realm="antMiner Configuration", nonce="{_NONCE}", algorithm=MD5, qop="auth"'
_CNONCE = re.compile(r'cnonce="([^"]*)"')


def answer(body: Body, raw: bytes, now: float) -> bytes:
    """An HTTP answer."""
    request = Request.of(raw)
    given = request.headers.get("authorization", "")
    own = _CNONCE.search(given)
    right = digest_answer(_CHALLENGE, request.method, request.path, _USER, body.password, own[1] if own else "none")
    if given != right:
        return response(401, headers=f"WWW-Authenticate: {_CHALLENGE}\r\n")
    if request.path == "/cgi-bin/stats.cgi":
        return response(200, {"STATS": [{"rate_5s": body.hashes_th(now) * 1e3, "rate_unit": "GH/s"}]})
    if request.path == "/cgi-bin/get_system_info.cgi":
        return response(200, {"minertype": "Antminer", "macaddr": body.mac})
    if request.path == "/cgi-bin/get_miner_conf.cgi":
        mode = 0 if body.calls_itself_running(now) else 1
        return response(200, {"pools": [{"url": "stratum+tcp://pool.invalid:3333"}], "bitmain-work-mode": mode})
    if request.path == "/cgi-bin/set_miner_conf.cgi" and request.method == "POST":
        asked = request.json()
        if "pools" not in asked or asked.get("bitmain-work-mode") not in (0, 1):
            return response(400)
        if not body.ask(asked["bitmain-work-mode"] == 0, now):
            return response(400)
        return response(200, {"stats": "success", "code": "M000"})
    return response(404)
