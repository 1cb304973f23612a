"""The address of a price feed and what it asks of us: taken from the environment, told to nobody else."""

from __future__ import annotations

import base64
import re
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

from optimizer.errors import InputError
from optimizer.outside import printable

USER, PASSWORD = "CURTAIL_PRICES_USER", "CURTAIL_PRICES_PASSWORD"
TOKEN, TOKEN_HEADER = "CURTAIL_PRICES_TOKEN", "CURTAIL_PRICES_TOKEN_HEADER"


def is_address(place: str) -> bool:
    """Whether a text is an address with http or https."""
    try:
        parts = urlsplit(place)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and place.isprintable()
    except ValueError:
        return False


def credentials(environment: Mapping[str, str]) -> dict[str, str]:
    """The header that lets us in: Basic for a name and a password, Bearer for a token, or the token's own header.

    Raises InputError, which tells no secret.

    >>> credentials({"CURTAIL_PRICES_TOKEN": "abc", "CURTAIL_PRICES_TOKEN_HEADER": "x-api-key"})
    {'x-api-key': 'abc'}
    """
    given = {name: environment.get(name, "") for name in (USER, PASSWORD, TOKEN, TOKEN_HEADER)}
    for name, value in given.items():
        if not (value.isascii() and (value.isprintable() or not value)):
            raise InputError(f"{name}: must be ASCII without control characters")
    if not re.fullmatch(r"[A-Za-z0-9-]*", given[TOKEN_HEADER]):
        raise InputError(f"{TOKEN_HEADER}: must be the name of a header, such as x-api-key")
    if given[TOKEN] and given[USER]:
        raise InputError(f"give {TOKEN}, or {USER} and {PASSWORD}, not both")
    if given[TOKEN]:
        header = given[TOKEN_HEADER]
        return {header: given[TOKEN]} if header else {"Authorization": f"Bearer {given[TOKEN]}"}
    if given[USER]:
        both = base64.b64encode(f"{given[USER]}:{given[PASSWORD]}".encode()).decode()
        return {"Authorization": f"Basic {both}"}
    return {}


def shown_address(address: str) -> str:
    """An address without what may be secret in it.

    >>> shown_address("https://me:pass@prices.example/now?key=secret")
    'https://prices.example/now'
    """
    try:
        parts = urlsplit(address)
        return printable(f"{parts.scheme}://{parts.hostname or ''}{parts.path}")
    except ValueError:
        return "the address"


def without_secrets(reason: str, address: str, headers: Mapping[str, str]) -> str:
    """What a failed request said, without what is secret in its address, its headers or the proxies' addresses.

    >>> without_secrets("no /now?key=ab", "https://prices.example/now?key=ab", {})
    'no /now?...'
    """
    parts = urlsplit(address)
    proxies = (urlsplit(proxy).netloc.rpartition("@")[0] for proxy in urllib.request.getproxies().values())
    for secret in (address, parts.netloc.rpartition("@")[0], parts.query, parts.fragment, *headers.values(), *proxies):
        reason = reason.replace(secret, "...") if secret else reason
    return reason
