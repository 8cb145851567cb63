"""The server of the page: Solara under uvicorn, without telemetry, without the network."""

import asyncio
import socket
import subprocess
import sys
import time
import urllib.request
import warnings
import webbrowser
from pathlib import Path
from typing import Any

from market_abm.app.limits import LARGEST_UPLOAD

PAGE = "market_abm.app.page.site"
CULL_TIMEOUT = "2m"  # a session whose browser fell silent is let go after this
LARGEST_MESSAGE = 4 * LARGEST_UPLOAD  # bytes in one message from a browser
SWITCH_SECONDS = 0.002  # between threads, so that a press is heard while a world is played


class ServeError(RuntimeError):
    """The page cannot be served; the message says why and how to mend it."""


def free_socket(host: str, port: int) -> socket.socket:
    """Listening socket.

    Raises
    ------
    ServeError
        When the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as fault:
        listening.close()
        why = fault.strerror or str(fault)
        raise ServeError(f"{host}:{port} cannot be listened on ({why}). Try another --port, or --port 0.") from fault
    return listening


def serve(host: str, port: int, browser: bool = True) -> None:
    """Serve until stopped.

    Parameters
    ----------
    host, port : where to listen; port 0 takes a free one.
    browser : open the page when the server is up.

    Raises
    ------
    ServeError
        When the address cannot be had.
    """
    listening = free_socket(host, port)
    shown = "127.0.0.1" if host == "0.0.0.0" else f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{listening.getsockname()[1]}/"
    application = _application()
    import uvicorn

    sys.setswitchinterval(SWITCH_SECONDS)
    config = uvicorn.Config(
        application,
        log_level="warning",
        access_log=False,
        ws_max_size=LARGEST_MESSAGE,
        timeout_graceful_shutdown=2,
    )
    asyncio.run(_run(uvicorn.Server(config), listening, url, browser))


def serve_apart(scenario: str, port: int) -> "subprocess.Popen[bytes]":
    """Serve in a process of its own, as `market-abm app` does, and wait until the page answers.

    Parameters
    ----------
    scenario : name in the library, or a file.
    port : where to listen, on this machine only.

    Raises
    ------
    ServeError
        When it has not answered within a minute.
    """
    command = [sys.executable, "-m", "market_abm.cli", "app", scenario, "--port", str(port), "--no-browser"]
    server = subprocess.Popen(command)
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
                return server
        except OSError:
            time.sleep(0.1)
    server.terminate()
    raise ServeError("the page did not come up")


async def _run(server: Any, listening: socket.socket, url: str, browser: bool) -> None:
    from market_abm.console import told

    task = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not task.done():
        await asyncio.sleep(0.05)
    if not task.done():
        told(f"The page is at {url}  (Ctrl-C stops it)")
        if browser:
            webbrowser.open(url)
    await task


def _application() -> Any:
    """Solara's application, told to stay quiet and offline."""
    warnings.filterwarnings("ignore", "Cookies with samesite=none", UserWarning)
    import plotly
    import solara.server.settings as settings

    own = Path(__file__).parent / "page" / "assets"
    settings.telemetry.mixpanel_enable = False
    settings.main.mode = "production"
    settings.theme.loader = "plain"
    settings.theme.title = "Mineral markets"
    settings.theme.show_banner = False
    settings.assets.fontawesome_enabled = False
    settings.assets.extra_locations = [str(own), str(Path(plotly.__file__).parent / "package_data")]
    settings.kernel.cull_timeout = CULL_TIMEOUT
    settings.session.same_site = "lax"
    from solara.server import app as solara_app
    from solara.server.starlette import app as application

    solara_app.apps["__default__"] = solara_app.AppScript(PAGE)
    return application
