"""The `$1$` crypt of passwords that Whatsminer tokens are made of; Python has none since 3.13."""

from __future__ import annotations

import hashlib
from functools import lru_cache

_SIGNS = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ORDER = ((0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5))
_ROUNDS = 1000


@lru_cache(maxsize=10_000)  # a machine's salt stays; a thousand rounds take a millisecond
def md5crypt(password: str, salt: str) -> str:
    """The hash alone, without ``$1$`` and the salt.

    >>> md5crypt("password", "saltsalt")  # as `openssl passwd -1 -salt saltsalt password`
    'qjXMvbEw8oaL.CzflDtaK/'
    """
    secret, grain = password.encode(), salt.encode()[:8]
    other = hashlib.md5(secret + grain + secret, usedforsecurity=False).digest()
    start = secret + b"$1$" + grain + (other * (len(secret) // 16 + 1))[: len(secret)]
    length = len(secret)
    while length:
        start += b"\0" if length & 1 else secret[:1]
        length >>= 1
    digest = hashlib.md5(start, usedforsecurity=False).digest()
    for k in range(_ROUNDS):
        text = secret if k % 2 else digest
        text += grain if k % 3 else b""
        text += secret if k % 7 else b""
        text += digest if k % 2 else secret
        digest = hashlib.md5(text, usedforsecurity=False).digest()
    shown = "".join(_shown(digest[a] << 16 | digest[b] << 8 | digest[c], 4) for a, b, c in _ORDER)
    return shown + _shown(digest[11], 2)


def _shown(value: int, signs: int) -> str:
    return "".join(_SIGNS[value >> 6 * k & 63] for k in range(signs))
