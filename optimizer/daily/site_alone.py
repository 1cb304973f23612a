"""The site of a farm file that is wrong somewhere, read key by key: a slip in one takes no limit along."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from optimizer.config.document import Document
from optimizer.config.site import Site

_NEEDED: dict[str, Any] = {"import_limit_mw": 0.0}  # for a look at another key by itself


def site_of(document: Document, before: Site) -> Site:
    """The site as its right keys say; of ``before`` are those that are wrong, or that a file in pieces may have lost.

    >>> from optimizer.config.yaml12 import parse
    >>> site = site_of(parse("site: {import_limit_mw: 6, pue: abc}"), Site(import_limit_mw=20, pue=1.1))
    >>> site.import_limit_mw, site.pue
    (6.0, 1.1)
    """
    data = document.data.get("site") if isinstance(document.data, dict) else None
    if not isinstance(data, dict):
        return before
    right = {key: value for key, value in data.items() if not wrong_keys({key: value})}
    if not right:
        return before
    read = Site.model_validate(_NEEDED | right)
    sure = ("site",) in document.keys and all(key in Site.model_fields for key in data)
    gone = set(Site.model_fields) - set(data) - set(_NEEDED) if sure else set()
    return before.model_copy(update={key: getattr(read, key) for key in (*right, *sorted(gone))})


def wrong_keys(data: dict[str, Any]) -> set[str]:
    """The keys of a site's section that are wrong by themselves."""
    try:
        Site.model_validate(_NEEDED | data)
    except ValidationError as error:
        return {str(detail["loc"][0]) if detail["loc"] else "" for detail in error.errors()}
    return set()
