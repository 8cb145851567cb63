"""A server started as a person starts it, and what a person does on the page."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

WAIT_SECONDS = 60


class Server:
    """`market-abm app` in a process of its own."""

    def __init__(self, scenario: str, port: int = 0) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        command = [sys.executable, "-m", "market_abm.cli", "app", scenario, "--port", str(self.port), "--no-browser"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | {"PYTHONUNBUFFERED": "1"}
        )
        deadline = time.monotonic() + WAIT_SECONDS
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the page did not come up: {self.stop()}")
            time.sleep(0.1)

    def ready(self) -> bool:
        """Whether the server answers."""
        try:
            with urllib.request.urlopen(self.url + "readyz", timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> str:
        """Stop as Ctrl-C does; what it said comes back."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            said, _ = self.process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            said, _ = self.process.communicate()
        return said.decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def date(page: Any) -> str:
    """Date of the world on show."""
    return str(page.locator(".ma-clock strong").inner_text())


def press(page: Any, name: str) -> None:
    """Press the button of that name."""
    page.get_by_role("button", name=name, exact=True).first.click()


def look_at(page: Any, tab: str) -> None:
    """Turn to a view."""
    page.get_by_role("tab", name=tab, exact=True).click()


def note(page: Any) -> str:
    """What the page says."""
    page.wait_for_selector(".ma-note")
    return str(page.locator(".ma-note").inner_text())


def saved(download: Any, folder: Path) -> Path:
    """File of a download."""
    path = folder / download.suggested_filename
    download.save_as(path)
    return path
