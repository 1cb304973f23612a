"""What sources are asked by HTTP: bounded in time and length, and no other address is followed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from optimizer.errors import InputError
from optimizer.signals.signal import MOST_BYTES, MessageError, UnheardError, parsed
from optimizer.signals.sources import OpenAdr3

_TIMEOUT_S, _PAGE, _MOST_PAGES = 20.0, 50, 20


def session() -> Any:
    """A client with one deadline for each request. Raises InputError where packages are missing."""
    try:
        import aiohttp
    except ImportError:
        raise InputError("signals by network need more packages: pip install 'curtail[signals]'") from None
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S))


async def got(session: Any, url: str, headers: dict[str, str], **asked: Any) -> Any:
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


async def posted(session: Any, url: str, headers: dict[str, str], body: str) -> None:
    """Post JSON; what is there already is as good. Raises UnheardError."""
    import aiohttp

    sent = headers | {"Content-Type": "application/json"}
    try:
        async with session.post(url, headers=sent, data=body, allow_redirects=False) as answer:
            if answer.status not in (200, 201, 204, 409):
                raise UnheardError(f"HTTP {answer.status}")
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise UnheardError(type(error).__name__) from None


async def pages(session: Any, source: OpenAdr3, headers: dict[str, str]) -> AsyncIterator[Any]:
    """The events of a VTN, page by page. Raises UnheardError, MessageError."""
    asked = {} if source.program_id is None else {"programID": source.program_id}
    for page in range(_MOST_PAGES):
        url = source.url.rstrip("/") + "/events"
        events = await got(session, url, headers, skip=page * _PAGE, limit=_PAGE, **asked)
        if not isinstance(events, list):
            raise MessageError("has no list of events")
        for event in events:
            yield event
        if len(events) < _PAGE:
            return
    raise MessageError(f"has more than {_PAGE * _MOST_PAGES:,} events")
