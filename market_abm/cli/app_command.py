"""The command `market-abm app`: the interactive page."""

from importlib.util import find_spec
from typing import Annotated

import typer

from market_abm.cli.app import ScenarioName, app
from market_abm.console import WRONG_INPUT, fail, plainly


@app.command("app", epilog="Example: market-abm app japan-2010 --port 8765")
@plainly
def serve_page(
    scenario: ScenarioName = "japan-2010",
    seed: Annotated[int, typer.Option(min=0, help="Seed a new session begins with.")] = 1,
    host: Annotated[str, typer.Option(metavar="H", help="Address to listen on; 0.0.0.0 lets others in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Port; 0 takes a free one.")] = 8765,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Open the page on which a market is watched and governed while it runs."""
    missing = [name for name in ("solara", "plotly", "uvicorn") if find_spec(name) is None]
    if missing:
        raise fail(
            f"The page needs {', '.join(missing)}, which the extra 'app' brings: pip install 'market-abm[app]'",
            WRONG_INPUT,
        )
    from market_abm.app.page import entrance
    from market_abm.app.server import ServeError, serve
    from market_abm.scenario.loading import load_scenario

    load_scenario(scenario)  # a wrong name is told here, not in the browser
    entrance.beginning.scenario, entrance.beginning.seed = scenario, seed
    try:
        serve(host, port, browser=not no_browser)
    except ServeError as fault:
        raise fail(str(fault), WRONG_INPUT) from None
    except KeyboardInterrupt:
        pass
