"""What every test has: examples that are the same everywhere, little looking for garbage, a browser."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.sampling import examples

settings.register_profile(
    "ours", examples(45), deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ours")
gc.set_threshold(50_000, 20, 20)  # of what tests make little is garbage that only a look finds


def pytest_collection_finish() -> None:
    """What all tests share is looked through no more."""
    gc.freeze()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A browser to look at pages with; a visible skip where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    installed = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with api.sync_playwright() as playwright:
        try:
            opened = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        except api.Error as error:
            pytest.skip(f"no browser to look at the page with: {error.message.splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture
def look(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page at a width and in a scheme once it says it is ready; whatever goes wrong in one fails the test."""
    troubles: list[str] = []
    pages = []

    def show(path: Path, ready: str = "true", width: int = 1400, scheme: str = "light") -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        pages.append(page)
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("dialog", lambda dialog: (troubles.append("a name ran as a script"), dialog.dismiss()))
        page.on("request", lambda asked: None if asked.url == path.as_uri() else troubles.append(asked.url))
        page.goto(path.as_uri())
        page.wait_for_function(ready)
        page.wait_for_timeout(50)
        return page

    yield show
    for page in pages:
        page.close()
    assert troubles == []
