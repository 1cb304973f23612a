"""Two ways to ask a machine: one line of JSON over TCP, and HTTP with JSON, by digest or bearer. Answers are bounded.

http.client and its like open connections of their own; here each goes through the gate.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
from typing import Any

from optimizer.execution.gate import MOST_BYTES, Gate, UnansweredError

_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')
TIMEOUT_S = 5.0  # a machine that is silent for so long is deaf


async def ask_json(gate: Gate, address: str, port: int, request: Any, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    """The answer to one JSON request, which ends with NUL or with the connection. Raises UnansweredError, HeldError."""
    answer = await _exchange(gate, address, port, json.dumps(request).encode() + b"\n", timeout_s)
    return _object(answer.rstrip(b"\0\r\n "))


async def ask_http(
    gate: Gate,
    address: str,
    port: int,
    method: str,
    path: str,
    body: Any = None,
    *,
    bearer: str | None = None,
    digest: tuple[str, str] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> dict[str, Any]:
    """The JSON answer to an HTTP request; ``digest`` is a user and a password. Raises UnansweredError, HeldError."""
    content = b"" if body is None else json.dumps(body).encode()
    given = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
    status, headers, answer = await _request(gate, address, port, method, path, content, given, timeout_s)
    if status == 401 and digest is not None:
        given = {"Authorization": digest_answer(headers.get("www-authenticate", ""), method, path, *digest)}
        status, headers, answer = await _request(gate, address, port, method, path, content, given, timeout_s)
    if not 200 <= status < 300:
        raise UnansweredError(f"refused: HTTP {status}")
    return _object(answer) if answer.strip() else {}


async def _request(
    gate: Gate, address: str, port: int, method: str, path: str, body: bytes, given: dict[str, str], timeout_s: float
) -> tuple[int, dict[str, str], bytes]:
    headers = {"Host": address, "Connection": "close", "Content-Length": str(len(body))} | given
    if body:
        headers["Content-Type"] = "application/json"
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    raw = await _exchange(gate, address, port, head.encode() + b"\r\n" + body, timeout_s)
    start, _, content = raw.partition(b"\r\n\r\n")
    first, *rest = start.decode("latin-1").split("\r\n")
    match = re.fullmatch(r"HTTP/1\.[01] (\d{3})(?: .*)?", first)
    if match is None:
        raise UnansweredError("answered what is not HTTP")
    received = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    if received.get("transfer-encoding", "").lower() == "chunked":
        content = _unchunked(content)
    return int(match[1]), received, content


def _unchunked(content: bytes) -> bytes:
    parts = []
    while content:
        size, _, content = content.partition(b"\r\n")
        try:
            length = int(size.split(b";")[0], 16)
        except ValueError:
            raise UnansweredError("answered a broken chunk") from None
        parts.append(content[:length])
        content = content[length + 2 :] if length else b""
    return b"".join(parts)


async def _exchange(gate: Gate, address: str, port: int, request: bytes, timeout_s: float) -> bytes:
    """All that is answered until NUL, the length that was told, or the end of the connection."""
    writer = None
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await gate.open(address, port)
            writer.write(request)
            await writer.drain()
            answer = b""
            while len(answer) <= MOST_BYTES:
                part = await reader.read(65_536)
                answer += part
                if not part or part.endswith(b"\0") or _is_whole(answer):
                    break
    except TimeoutError:
        raise UnansweredError(f"silent for {timeout_s:g} s") from None
    except OSError as error:
        raise UnansweredError(f"broke off ({error.strerror or type(error).__name__})") from None
    finally:
        if writer is not None:
            writer.close()
    if len(answer) > MOST_BYTES:
        raise UnansweredError("answered without end")
    return answer


def _is_whole(answer: bytes) -> bool:
    """Whether an HTTP answer with a length is all there, so that one that keeps the connection open costs nothing."""
    head, gap, content = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length:\s*(\d{1,9})\s*(?:\r\n|$)", head) if gap else None
    return length is not None and len(content) >= int(length[1])


def _object(answer: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(answer)
    except (ValueError, RecursionError):
        raise UnansweredError("answered what is not JSON") from None
    if not isinstance(parsed, dict):
        raise UnansweredError("answered JSON that is not an object")
    return parsed


def digest_answer(challenge: str, method: str, path: str, user: str, password: str, nonce: str | None = None) -> str:
    """The Authorization header for a challenge (RFC 7616 with MD5, as machines ask for it).

    >>> challenge = 'Digest realm="testrealm@host.com", qop="auth", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    >>> "6629fae49393a05397450978507c4ef1" in digest_answer(
    ...     challenge, "GET", "/dir/index.html", "Mufasa", "Circle Of Life", "0a4f113b")
    True
    """
    fields = {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(challenge)}
    own, count = nonce or secrets.token_hex(8), "00000001"
    first = _md5(f"{user}:{fields.get('realm', '')}:{password}")
    second, server = _md5(f"{method}:{path}"), fields.get("nonce", "")
    if "qop" in fields:
        response = _md5(f"{first}:{server}:{count}:{own}:auth:{second}")
        more = f', qop=auth, nc={count}, cnonce="{own}"'
    else:
        response, more = _md5(f"{first}:{server}:{second}"), ""
    named = f'username="{user}", realm="{fields.get("realm", "")}", nonce="{server}", uri="{path}"'
    return f'Digest {named}, response="{response}"{more}'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
