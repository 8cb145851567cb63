"""The page: control strip above, the desk beside, the views in tabs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import solara
import solara.lab
from reacton.core import get_render_context

from market_abm.app.page import entrance
from market_abm.app.page.controls import Clock, Transport, Worlds
from market_abm.app.page.govern import Desk, InForce
from market_abm.app.page.headlines import Headlines, Pulse
from market_abm.app.page.opening import Opening
from market_abm.app.page.parts import Press, empty, html, part
from market_abm.app.page.session import Session
from market_abm.app.page.timebar import TimeBar
from market_abm.app.page.tours import Guide, TourChoice
from market_abm.app.page.views import VIEWS

v = solara.v
ACCENT = "#0b4f7d"


@solara.component
def Page() -> None:
    """One browser session: a world of its own, let go when the browser leaves."""
    solara.lab.theme.themes.light.primary = ACCENT
    solara.Title("Mineral markets")
    admitted = solara.use_memo(entrance.enter, [])
    session = solara.use_memo(Session, [])

    def live() -> Callable[[], None]:
        if admitted:
            session.open(entrance.beginning.read, entrance.beginning.seed)

        def leave() -> None:
            session.close()
            if admitted:
                entrance.leave()

        return leave

    solara.use_effect(live, [])
    if not admitted:
        with solara.Div(classes=["ma-app"]):
            empty(
                f"All {entrance.beginning.places} places are taken. Close another tab, or try again in a few minutes."
            )
        return
    Board(session)


@solara.component
def Board(session: Session) -> None:
    """Everything on the page."""
    session.rendering = get_render_context()
    opening, set_opening = solara.use_state(False)
    with solara.Div(classes=["ma-app"]):
        with v.Html(tag="header", class_="ma-top"):
            with solara.Div(classes=["ma-brand"]):
                Name(session)
                Clock(session)
                Press("Open", lambda: set_opening(True), icon="mdi-folder-open-outline")
            Transport(session)
            TimeBar(session)
            Worlds(session)
        Opening(session, opening, lambda: set_opening(False))
        Said(session)
        with solara.Div(classes=["ma-body"]):
            with v.Html(tag="main", class_="ma-main"):
                Waiting(session)
                Guide(session)
                Pulse(session)
                Views(session)
            with v.Html(tag="aside", class_="ma-side", attributes={"aria-label": "Govern"}):
                with panel("Policy desk"):
                    Desk(session)
                with panel("Headlines"):
                    Headlines(session)
                with panel("In force and planned"):
                    InForce(session)
                with panel("Guided tours"):
                    TourChoice(session)


@contextmanager
def panel(title: str) -> Iterator[None]:
    """Put what follows into a titled box."""
    with v.Html(tag="section", class_="ma-panel", attributes={"aria-label": title}):
        html("h2", title)
        yield


@solara.component
def Name(session: Session) -> None:
    """What is being played."""
    session.shown.value  # noqa: B018
    session.opening.value  # noqa: B018
    world = session.world
    title = world.scenario.title or world.scenario.name if world else "Mineral markets"
    below = f"world {world.name} \u00b7 {world.scenario.name} \u00b7 seed {world.seed}" if world else "market_abm"
    if world is not None and world.origin:
        below += f" \u00b7 left {world.origin}"
    html("div", part("h1", title), part("span", below), kind="ma-name")


@solara.component
def Waiting(session: Session) -> None:
    """What is going on while a world opens."""
    if session.opening.value:
        html("p", session.opening.value, kind="ma-waiting", role="status")


@solara.component
def Said(session: Session) -> None:
    """The last note, read aloud by screen readers."""
    note = session.note.value
    kind = "" if note is None else "ma-note ma-note-wrong" if note.wrong else "ma-note"
    role = "alert" if note is not None and note.wrong else "status"
    with v.Html(tag="div", attributes={"role": role, "aria-live": "polite"}):
        if note is not None:
            with solara.Div(classes=[kind]).key(f"note-{note.count}"):  # a new note begins its time anew
                html("span", note.text)
                Press("Dismiss", lambda: session.note.set(None), icon="mdi-close", only_icon=True)


@solara.component_vue("tabs.vue")
def _Tabs(tabs: Any = None, shown: str = "", event_choose: Callable[[str], None] | None = None) -> None: ...


@solara.component
def Views(session: Session) -> None:
    """Tabs, and the view on show; the others cost nothing."""
    session.shown.value  # noqa: B018
    opening = session.opening.value
    shown = session.view.value if session.view.value in VIEWS else next(iter(VIEWS))
    with solara.Div(classes=["ma-views"]):
        tabs = [{"name": name, "title": view.title} for name, view in VIEWS.items()]
        _Tabs(tabs=tabs, shown=shown, event_choose=session.view.set)
        with v.Html(tag="section", class_="ma-view", attributes={"aria-label": VIEWS[shown].title}):
            if session.world is not None:
                VIEWS[shown].component(session).key(shown)
            elif not opening:
                empty("No world is open. Press Open and choose a scenario.")


@solara.component
def Layout(children: list[solara.Element]) -> None:
    """No frame of Solara's own."""
    solara.Div(children=children)
