"""Any page of the project as self-contained HTML: no address outside it, the same bytes for the same figures."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from optimizer.report.kit.packing import script_json
from optimizer.report.kit.text import number, plural, share, usd

_KIT = "optimizer.report.kit"
_SCRIPTS = ("vendor/uPlot.iife.min.js", "charts.js", "rows.js")
_STYLES = ("vendor/uPlot.min.css", "report.css")


def render(folder: str, name: str = "page", *, charts: Any = None, **values: Any) -> str:
    """A template that lies in a package beside the code of its page, and its styles where it has some of its own.

    charts: what scripts draw; without any the page has no script.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined  # not needed by most commands

    env = Environment(
        loader=ChoiceLoader([PackageLoader(package, "") for package in (folder, _KIT)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(number=number, plural=plural, share=share, usd=usd, script_json=script_json)
    script = "\n".join(_text(_KIT, part) for part in _SCRIPTS)
    styles = [_text(_KIT, part) for part in _STYLES]
    if (files(folder) / f"{name}.css").is_file():
        styles.append(_text(folder, f"{name}.css"))
    return env.get_template(f"{name}.html").render(
        style="\n".join(styles),
        script=script,
        script_hash=_hash(script),
        licence=_text(_KIT, "vendor/uPlot.LICENSE"),
        charts=charts,
        **values,
    )


@cache
def _text(folder: str, name: str) -> str:
    """A file of a package. A minified file's first comment, an address, is left out; its licence is on the page."""
    text = (files(folder) / name).read_text(encoding="utf-8").strip()
    return text.partition("*/")[2].strip() if text.startswith("/*!") else text


def _hash(script: str) -> str:
    """What a content security policy calls the script by, so that no other script can run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
