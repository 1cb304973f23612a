"""The process that asks an address: the request as JSON on standard input, the answer on standard output.

It knows the standard library only and is run by its path, so that it starts in a twentieth of a second. The kernel ends
it at the deadline, whatever it waits for: a name to be resolved, a status line, headers, a body. It ends with 0 after
a whole answer, with 1 after the reason why there is none.
"""

from __future__ import annotations

import json
import signal
import sys
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import urlsplit

WHOLE, OPEN = b"whole\n", b"open\n"  # what comes before an answer: it told its length, or it did not


class _SamePlace(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to the same scheme, host and port only."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if (old.scheme, old.hostname, _port(old)) != (new.scheme, new.hostname, _port(new)):
            raise urllib.error.URLError(f"redirects to another place, {new.scheme}://{new.hostname}: give that address")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _port(parts: Any) -> int:
    return parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)


def fetched(address: str, headers: dict[str, str], most_bytes: int, deadline_s: float) -> bytes:
    """What the address answers. Raises OSError, HTTPException or ValueError where that is nothing whole."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,  # as the environment says
        urllib.request.UnknownHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        _SamePlace,
        urllib.request.HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    request = urllib.request.Request(address, headers={"User-Agent": "curtail"})  # noqa: S310  # see feed_of
    for name, value in headers.items():
        request.add_unredirected_header(name, value)
    with opener.open(request, timeout=deadline_s) as answered:
        if answered.status != 200:
            raise OSError(f"the answer is {answered.status}, not 200")
        length = answered.length
        if length is not None and length > most_bytes:
            raise OSError(f"the answer is larger than {most_bytes / 1e6:g} MB")
        body: bytes = answered.read(most_bytes + 1)
        if len(body) > most_bytes:
            raise OSError(f"the answer is larger than {most_bytes / 1e6:g} MB")
        if length is not None and len(body) != length:
            raise OSError(f"the answer ended after {len(body)} of {length} bytes")
        return (OPEN if length is None and not answered.chunked else WHOLE) + body


def main() -> None:
    """Answer one request."""
    asked = json.load(sys.stdin)
    signal.setitimer(signal.ITIMER_REAL, asked["deadline_s"])
    try:
        reply = fetched(**asked)
    except (OSError, HTTPException, ValueError) as error:
        code = f"{error.code} " if isinstance(error, urllib.error.HTTPError) else ""
        reason = str(getattr(error, "reason", None) or error) or type(error).__name__
        sys.stdout.buffer.write((code + reason).encode("utf-8", "replace"))
        sys.exit(1)
    sys.stdout.buffer.write(reply)


if __name__ == "__main__":
    main()
