"""Fifty sessions opened, played and closed: the server's memory returns to within one world of the start.

    python -m experiments.checks.page [--sessions 50] [--scenario baseline]

Needs Chromium. Exit code 1 when the memory does not come back.
"""

import argparse
import shutil
import time
from pathlib import Path
from typing import Any

from market_abm.app.server import serve_apart

WORLD_MB = 60.0  # one world of default size with its record, twelve years played: what the check allows
WARM = 5  # sessions before memory counts: caches fill with the first ones


def memory_mb(process: int) -> float:
    """Resident memory of a process [MB]."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def visit(browser: Any, port: int, seconds: float) -> None:
    """Open the page, play a little, and leave."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/")
    page.wait_for_selector(".ma-figure .main-svg", timeout=60_000)
    page.get_by_role("button", name="Play", exact=True).click()
    time.sleep(seconds)
    page.close(run_before_unload=True)
    context.close()


def main() -> int:
    """Run the check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--scenario", default="baseline")
    parser.add_argument("--seconds", type=float, default=1.0, help="played in each session")
    parser.add_argument("--port", type=int, default=8791)
    asked = parser.parse_args()
    from playwright.sync_api import sync_playwright

    server = serve_apart(asked.scenario, asked.port)
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            for count in range(1, WARM + asked.sessions + 1):
                visit(browser, asked.port, asked.seconds)
                if count == WARM:
                    time.sleep(5)
                    start = memory_mb(server.pid)
                if count >= WARM and (count - WARM) % 10 == 0:
                    print(f"after {count - WARM} sessions: {memory_mb(server.pid):.0f} MB", flush=True)
            browser.close()
        time.sleep(10)
        end = memory_mb(server.pid)
    finally:
        server.terminate()
        server.wait(20)
    print(f"start {start:.0f} MB, end {end:.0f} MB, {end - start:+.0f} MB; allowed {WORLD_MB:.0f} MB")
    return int(end - start > WORLD_MB)


if __name__ == "__main__":
    raise SystemExit(main())
