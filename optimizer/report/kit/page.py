"""Any page of the project as self-contained HTML: no address outside it, the same bytes for the same figures."""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from contextlib import suppress
from functools import cache
from importlib.resources import files
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.money import currency
from optimizer.report.kit.packing import script_json
from optimizer.report.kit.text import begun, number, plural, share, usd

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.bccache import Bucket

_KIT = "optimizer.report.kit"
_SCRIPTS = ("vendor/uPlot.iife.min.js", "charts.js", "rows.js", "tables.js")
_STYLES = ("vendor/uPlot.min.css", "report.css")


def render(folder: str, name: str = "page", *, charts: Any = None, **values: Any) -> str:
    """A template that lies in a package beside the code of its page, and its styles where it has some of its own.

    charts: what scripts draw; without any the page has no script.
    """
    script = "\n".join(_text(_KIT, part) for part in _SCRIPTS)
    styles = [_text(_KIT, part) for part in _STYLES]
    if (files(folder) / f"{name}.css").is_file():
        styles.append(_text(folder, f"{name}.css"))
    return (
        _environment(folder)
        .get_template(f"{name}.html")
        .render(
            style="\n".join(styles),
            script=script,
            script_hash=_hash(script),
            licence=_text(_KIT, "vendor/uPlot.LICENSE"),
            charts=charts,
            **values,
        )
    )


@cache
def _environment(folder: str) -> Environment:
    """The templates of a package and of this one, compiled once; where Python keeps what it compiles, for good."""
    from jinja2 import ChoiceLoader, Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined

    class Kept(FileSystemBytecodeCache):
        def dump_bytecode(self, bucket: Bucket) -> None:
            if not sys.dont_write_bytecode:
                with suppress(OSError):  # no folder, no right to write there, no room: compiled again next time
                    super().dump_bytecode(bucket)

    env = Environment(
        loader=ChoiceLoader([PackageLoader(package, "") for package in (folder, _KIT)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=Kept(str(Path(cache_from_source(__file__)).parent)),
    )
    env.globals["currency"] = currency
    env.filters.update(
        number=number, plural=plural, share=share, usd=usd, begun=begun, coded=_coded, script_json=script_json
    )
    return env


def _coded(sentence: str) -> Any:
    """A sentence in which what stands between backticks, a key or a command, is shown as such."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))  # noqa: S704  # escaped


@cache
def _text(folder: str, name: str) -> str:
    """A file of a package. A minified file's first comment, an address, is left out; its licence is on the page."""
    text = (files(folder) / name).read_text(encoding="utf-8").strip()
    return text.partition("*/")[2].strip() if text.startswith("/*!") else text


def _hash(script: str) -> str:
    """What a content security policy calls the script by, so that no other script can run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
