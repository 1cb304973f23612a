"""JSON over HTTP, asked for and posted; no other address is followed, and what fails tells no secret."""

from __future__ import annotations

from typing import Any

from optimizer.errors import CurtailError, InputError
from optimizer.signals.signal import MOST_BYTES, parsed

_TIMEOUT_S = 20.0


class UnheardError(CurtailError):
    """A source that cannot be heard; the text tells no secret."""


def network_session() -> Any:
    """A client. Raises InputError where its package is not installed."""
    try:
        import aiohttp
    except ImportError:
        raise InputError("signals by network need more packages: pip install 'curtail[signals]'") from None
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S))


async def json_at(session: Any, url: str, headers: dict[str, str], **asked: Any) -> Any:
    """The JSON at an address; no other address is followed. Raises UnheardError, MessageError."""
    import aiohttp

    try:
        async with session.get(url, headers=headers, allow_redirects=False, params=asked) as answer:
            if answer.status != 200:
                raise UnheardError(f"HTTP {answer.status}")
            content = b""
            async for part in answer.content.iter_chunked(65_536):
                content += part
                if len(content) > MOST_BYTES:
                    break
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise UnheardError(type(error).__name__) from None
    return parsed(content)


async def post_json(session: Any, url: str, headers: dict[str, str], body: str) -> None:
    """Post JSON; what is there already is as good. Raises UnheardError."""
    import aiohttp

    sent = headers | {"Content-Type": "application/json"}
    try:
        async with session.post(url, headers=sent, data=body, allow_redirects=False) as answer:
            if answer.status not in (200, 201, 204, 409):
                raise UnheardError(f"HTTP {answer.status}")
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise UnheardError(type(error).__name__) from None
