"""Makes the pictures of the page in `docs/images/page-*.png`, so that they stay true.

    python docs/screenshots.py [--only WORD]

Starts the page as a user does and drives it with Chromium (needs the `app` extra and playwright).
"""

import argparse
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from market_abm.app.server import serve_apart

IMAGES = Path(__file__).parent / "images"
PORT = 8793
WIDE, TELEPHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def press(page: Any, name: str) -> None:
    """Press a button."""
    page.get_by_role("button", name=name, exact=True).first.click()


def play_to(page: Any, day: str, shown: str) -> None:
    """Play to a date as fast as it goes."""
    page.locator(".ma-speed").click()
    page.get_by_role("option", name="fastest").click()
    page.get_by_label("Play to date").fill(day)
    press(page, "Go")
    wanted = f"() => document.querySelector('.ma-clock strong').innerText === '{shown}'"
    page.wait_for_function(wanted, timeout=120_000)
    page.get_by_role("button", name="Play", exact=True).wait_for()


def branch(page: Any) -> None:
    """Branch from January 2010, lift the export quota, and play both worlds to the same week."""
    at = page.get_by_label("Choose a past week")
    at.evaluate("(bar) => { bar.value = 261; bar.dispatchEvent(new Event('input')); }")
    press(page, "Branch from this week")
    page.wait_for_function("() => /world B/.test(document.querySelector('.ma-name').innerText)")
    press(page, "Lift export-quota")
    page.locator(".ma-note", has_text="first day without it").wait_for()
    press(page, "Play together")
    play_to(page, "2012-01-02", "02 Jan 2012")


def seeds(page: Any) -> None:
    """Run a few seeds and wait for them."""
    page.get_by_label("Seeds").fill("6")
    press(page, "Run seeds")
    page.get_by_text("6 of 6 runs, done").wait_for(timeout=300_000)


def nothing(page: Any) -> None:
    """Show the view as it stands."""


SHOTS: dict[str, tuple[str, Callable[[Any], None]]] = {
    "prices": ("Prices", nothing),
    "trade": ("Trade", nothing),
    "dependence": ("Dependence", nothing),
    "stocks": ("Stocks", nothing),
    "auction": ("Auction", nothing),
    "projects": ("Projects", nothing),
    "money": ("Money", nothing),
    "agents": ("Agents", nothing),
    "uncertainty": ("Uncertainty", seeds),
    "compare": ("Compare", branch),
    "take-away": ("Take away", nothing),
}


def main() -> None:
    """Entry point."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--only", default="", help="pictures whose name contains the word")
    chosen = asked.parse_args()
    from playwright.sync_api import sync_playwright

    server = serve_apart("japan-2010", PORT)
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport=WIDE)
            page.goto(f"http://127.0.0.1:{PORT}/")
            page.wait_for_selector(".ma-figure .main-svg", timeout=60_000)
            play_to(page, "2012-01-02", "02 Jan 2012")
            for name, (tab, first) in SHOTS.items():
                if chosen.only in name:
                    page.get_by_role("tab", name=tab, exact=True).click()
                    first(page)
                    take(page, name)
            if chosen.only in "telephone":
                page.get_by_role("tab", name="Prices", exact=True).click()
                page.set_viewport_size(TELEPHONE)
                take(page, "telephone")
            browser.close()
    finally:
        server.terminate()
        server.wait(20)


def take(page: Any, name: str) -> None:
    """Save what is on show, without the note that would cover it."""
    if page.locator(".ma-note").is_visible():
        press(page, "Dismiss")
    page.evaluate("window.scrollTo(0, 0)")
    time.sleep(1.0)
    page.screenshot(path=IMAGES / f"page-{name}.png")
    print(f"images/page-{name}.png", flush=True)


if __name__ == "__main__":
    main()
