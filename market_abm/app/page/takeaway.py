"""What a person takes away: tables, scenario, report; pictures are saved at each chart."""

from collections.abc import Callable
from typing import Any

import solara

from market_abm.app.page.parts import Press, html, part
from market_abm.app.page.session import Session, use_drawn
from market_abm.app.saving import file_stem, report_html, scenario_toml, tables_zip

v = solara.v


@solara.component
def Offer(session: Session, title: str, words: str, suffix: str, make: Callable[[Any], bytes | str]) -> None:
    """One thing to download, made when it is asked for."""
    world = session.world
    if world is None:
        return

    def data() -> bytes:
        with session.lock:
            made = make(world)
        return made.encode() if isinstance(made, str) else made

    with solara.Div(classes=["ma-offer"]):
        with solara.Div():
            html("h3", title)
            html("p", words, kind="ma-words")
        with solara.FileDownload(data, filename=f"{file_stem(world)}{suffix}"):
            Press(f"Download {title.lower()}", lambda: None, icon="mdi-download", main=True)


@solara.component
def TakeAway(session: Session) -> None:
    """The view of what can be taken away."""
    use_drawn(session)
    world = session.world
    if world is None:
        return
    acts = len(world.decrees)
    done = f"with the {acts} act{'s' if acts != 1 else ''} of this session" if acts else "as it was opened"
    Offer(
        session,
        "Scenario",
        f"The scenario {done}. `market-abm run FILE --seed {world.seed}` replays this world to the same digest.",
        ".toml",
        scenario_toml,
    )
    Offer(session, "Tables", "All tables as CSV in one archive; units stand in the columns.", "-tables.zip", tables_zip)
    Offer(
        session, "Report", "One HTML page with pictures and tables that opens without a network.", ".html", report_html
    )
    html("p", "Every chart has its own Save picture.", kind="ma-words")
    if world.decrees:
        html("h3", "The log of this session")
        lines = [part("li", part("time", f"{one.day:%d %b %Y}"), " ", one.words) for one in world.decrees]
        html("ol", *lines, kind="ma-list")
