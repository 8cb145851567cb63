"""A server, and browsers without a network; skipped with a reason where something is missing."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from browsing import Server

OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"
CHROMIUM = shutil.which("chromium")
DESK = {"width": 1280, "height": 860}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    pytest.importorskip("solara", reason="the page's libraries are not installed: pip install -e '.[app]'")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium in the PATH")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", OFFLINE])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium: Any) -> Iterator[Server]:
    running = Server("tiny")
    yield running
    said = running.stop()
    assert "Traceback" not in said, said


@pytest.fixture(scope="session")
def shared(chromium: Any) -> Any:
    """One browser whose cache makes the second page quick; each page is a session of its own all the same."""
    return chromium.new_context(viewport=DESK, accept_downloads=True)


@pytest.fixture
def visit(chromium: Any, server: Server, shared: Any) -> Iterator[Callable[..., Any]]:
    """Open the page and wait until its world is there; `apart` takes a browser of its own."""
    opened = []

    def open_page(url: str = server.url, apart: bool = False, width: int = DESK["width"]) -> Any:
        context = chromium.new_context(viewport=DESK) if apart else shared
        page = context.new_page()
        opened.append(context if apart else page)
        page.set_default_timeout(20_000)
        page.set_viewport_size(DESK | {"width": width})
        page.goto(url)
        page.wait_for_selector(".ma-clock")
        page.wait_for_selector(".ma-figure .main-svg")
        return page

    yield open_page
    for one in opened:
        one.close()
