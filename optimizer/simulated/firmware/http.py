"""What simulated machines that speak HTTP share."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_WORDS = {200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


@dataclass(frozen=True)
class Request:
    """A request as it came; header names in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, raw: bytes) -> Request:
        """A request out of its bytes; an empty one where they are none."""
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        method, path, *_ = [*first.split(" "), "", ""]
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        return cls(method, path, headers, body)

    def json(self) -> dict[str, Any]:
        """The body; nothing where it is no object."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}


def response(status: int, body: Any = None, headers: str = "") -> bytes:
    """An answer that ends its connection."""
    content = b"" if body is None else json.dumps(body).encode()
    length = f"Content-Length: {len(content)}\r\nConnection: close\r\n"
    return f"HTTP/1.1 {status} {_WORDS[status]}\r\n{headers}{length}\r\n".encode() + content
