"""A plan as one self-contained HTML page: no address outside it, the same bytes for the same plan."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from optimizer.report import words
from optimizer.report.charts import describe
from optimizer.report.data import figures
from optimizer.report.packing import script_json
from optimizer.report.text import number, plural, share, usd

if TYPE_CHECKING:
    from optimizer.planning import Plan

MOST_BLOCKS = 60  # rows of the shutdown list on the page; shutdowns.csv holds all
_SCRIPTS = ("vendor/uPlot.iife.min.js", "assets/charts.js", "assets/rows.js")
_STYLES = ("vendor/uPlot.min.css", "assets/report.css")


def render_page(plan: Plan) -> str:
    """The report of a plan, HTML text of less than 300 kB."""
    from optimizer.terms import contract_terms, measurable  # brings the solver with it

    unmeasured = measurable(plan)
    return render(
        "plan.html",
        f=figures(plan),
        charts=describe(plan),
        most_blocks=MOST_BLOCKS,
        effects=() if unmeasured else contract_terms(plan),
        unmeasured=unmeasured,
    )


def render(template: str, **values: Any) -> str:
    """Any page of the project: a template of ``templates/`` with styles, scripts and formats at hand."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # not needed by most commands

    env = Environment(
        loader=PackageLoader("optimizer.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(number=number, plural=plural, share=share, usd=usd, script_json=script_json)
    script = "\n".join(read_asset(name) for name in _SCRIPTS)
    return env.get_template(template).render(
        style="\n".join(read_asset(name) for name in _STYLES),
        script=script,
        script_hash=_hash(script),
        licence=read_asset("vendor/uPlot.LICENSE"),
        words=words,
        **values,
    )


@cache
def read_asset(name: str) -> str:
    """A file of this package. A minified file's first comment, an address, is left out; its licence is on the page."""
    text = (files("optimizer.report") / name).read_text(encoding="utf-8").strip()
    return text.partition("*/")[2].strip() if text.startswith("/*!") else text


def _hash(script: str) -> str:
    """What a content security policy calls the script by, so that no other script can run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
