"""Guided tours: a few steps that set the page and say what to look at."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import solara

from market_abm.app.page.parts import Press, html, part
from market_abm.app.page.session import Session
from market_abm.scenario.loading import load_scenario

v = solara.v


@dataclass(frozen=True)
class Stop:
    """One step of a tour: what is told, and what the page does on arrival."""

    title: str
    words: str
    view: str
    scenario: str = ""  # opened on arrival
    until: dt.date | None = None  # played to on arrival
    material: str = ""


TOURS: dict[str, tuple[Stop, ...]] = {
    "2010 in five minutes": (
        Stop(
            "Calm before the storm",
            "China digs, separates and sells almost all rare earths. Exports need licences under a quota, but "
            "there are enough of them. Look how close the lines of all zones lie: what stands between them is "
            "freight and tax.",
            "prices",
            "japan-2010",
            dt.date(2010, 1, 4),
            "NdPr",
        ),
        Stop(
            "The quota is cut",
            "In July 2010 the licences of the second half-year are cut by two fifths. The dashed line at the gate "
            "leaves the price inside China: the gap is what a licence is worth.",
            "prices",
            until=dt.date(2010, 9, 13),
        ),
        Stop(
            "The gate shuts",
            "From 20 September shipments to Japan stop, but for a leak. See the crossed way, and the detours "
            "through third zones.",
            "flows",
            until=dt.date(2010, 11, 1),
        ),
        Stop(
            "Fear fills the stores",
            "Makers who fear for their supply hold longer stocks and so buy just when metal is scarce. Watch "
            "their weeks of use below.",
            "stocks",
            until=dt.date(2011, 7, 4),
        ),
        Stop(
            "The bust",
            "The gate has long been open again. Stocks are full, makers use less, smugglers found their way: the "
            "price falls for years.",
            "prices",
            until=dt.date(2013, 1, 7),
        ),
        Stop(
            "Now you",
            "Pull the round knob of the time bar back to August 2010 and branch. Build a Japanese stockpile at "
            "the policy desk, press Play together, and compare both worlds.",
            "versus",
        ),
    ),
    "Mines without plants": (
        Stop(
            "A hundred mines",
            "Nothing restricts trade here, and new mines outside China are plenty. Do they free anybody?",
            "projects",
            "mines-without-plants",
            dt.date(2010, 1, 4),
        ),
        Stop(
            "Three stages",
            "What is mined elsewhere must be separated somewhere. Compare China's share of what is mined with its "
            "share of what is refined.",
            "dependence",
            until=dt.date(2016, 1, 4),
        ),
        Stop(
            "Where the metal goes",
            "Concentrate travels to the plants there are. The oxide comes back over the same gate.",
            "flows",
            until=dt.date(2018, 1, 1),
        ),
        Stop(
            "Now you",
            "Branch from 2012, choose Japan or the United States and support processing. Is a plant worth more "
            "than ten mines? Compare the worlds.",
            "versus",
        ),
    ),
}


@solara.component
def TourChoice(session: Session) -> None:
    """Buttons that begin a tour."""
    with solara.Div(classes=["ma-choices"]):
        for name in TOURS:
            Press(name, lambda name=name: arrive(session, name, 0), icon="mdi-map-marker-path")


@solara.component
def Guide(session: Session) -> None:
    """The step of the tour that runs."""
    if session.tour.value is None:
        return
    name, place = session.tour.value
    stops = TOURS[name]
    stop = stops[place]
    with v.Html(tag="section", class_="ma-guide", attributes={"aria-label": f"Tour: {name}", "role": "region"}):
        where = part("span", f"{name}, step {place + 1} of {len(stops)}", kind="ma-unit")
        html("div", where, part("h2", stop.title), part("p", stop.words))
        with solara.Div(classes=["ma-row"]):
            if place + 1 < len(stops):
                Press("Next", _onward(session, name, place + 1), main=True)
            if place:
                Press("Back", lambda: session.tour.set((name, place - 1)))
            Press("Leave the tour", lambda: session.tour.set(None))


def _onward(session: Session, name: str, place: int) -> Callable[[], None]:
    return lambda: arrive(session, name, place)


def arrive(session: Session, name: str, place: int) -> None:
    """Set the page as a stop wants it."""
    stop = TOURS[name][place]
    session.tour.value = (name, place)
    session.view.value = stop.view
    if stop.scenario:
        session.open(lambda: load_scenario(stop.scenario), 1, until=stop.until)
    elif stop.until is not None and session.world is not None:
        session.player.pause()
        session.player.play(session.world.week_of(stop.until), quietly=True)
    if stop.material:
        session.material.value = stop.material
