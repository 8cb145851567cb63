"""Key figures of the week and its headlines."""

import numpy as np
import solara

from market_abm.app.decree import title_of
from market_abm.app.overview import Event
from market_abm.app.page.parts import empty, html, part
from market_abm.app.page.session import Session, use_drawn
from market_abm.app.world import World
from market_abm.report.style import gates, zone_label
from market_abm.report.words import number, shorten

LAST = 14
YEAR = 52  # weeks
POLICY = "policy"  # kind of the events that say that a policy begins or ends


@solara.component
def Pulse(session: Session) -> None:
    """Four numbers that tell how the market stands."""
    use_drawn(session)
    world = session.world
    if world is None or not session.material.value:
        return
    with session.lock:
        tiles = _tiles(world, session.material.value, session.zone.value)
    shown = [
        part("div", part("span", label), part("strong", value, part("span", unit)), part("em", beside), kind="ma-tile")
        for label, value, unit, beside in tiles
    ]
    html("div", *shown, kind="ma-pulse")


def _tiles(world: World, material: str, zone: str) -> list[tuple[str, str, str, str]]:
    scenario = world.scenario
    there = zone_label(scenario, zone)
    known = {info.name for info in world.list_series()}
    tiles = []
    gate = next((f"price.{material}.{name} export" for name in gates(scenario)), "")
    for name, label in ((gate, f"{material} at the gate"), (f"price.{material}.{zone}", f"{material} in {there}")):
        if name in known:
            now, before = _now_and_year_ago(world, name)
            change = f"{now / before - 1:+.0%} in a year" if before > 0 and now > 0 else "no price a year ago"
            tiles.append((label, number(now), "US$/kg", change.replace("-", "\u2212")))
    for name, label, unit, scale in (
        (f"dependence.{zone}", f"{there}: dependence", "%", 100.0),
        (f"cover.{zone}", f"{there}: makers' stock", "weeks of use", 1.0),
        (f"public_money.{zone}", f"{there}: public money", "US$ m so far", 1.0),
    ):
        if name in known and len(tiles) < 5:
            now, before = _now_and_year_ago(world, name)
            tiles.append((label, number(now * scale), unit, f"{number(before * scale)} a year ago"))
    return tiles


def _now_and_year_ago(world: World, name: str) -> tuple[float, float]:
    _, values = world.series(name)
    if not len(values):
        return np.nan, np.nan
    return float(values[-1]), float(values[-1 - YEAR]) if len(values) > YEAR else np.nan


def _who(event: Event) -> str:
    return title_of(event.actor) if event.kind == POLICY else event.actor


def _what(event: Event) -> str:
    """Text of an event; a policy's numbers stand in the list of policies."""
    text = event.text.partition(" (")[0] if event.kind == POLICY else event.text
    return shorten(text, 140)


@solara.component
def Headlines(session: Session) -> None:
    """The last events, newest first."""
    use_drawn(session)
    world = session.world
    if world is None:
        return
    with session.lock:
        events = world.events(LAST)
    if not events:
        empty("Nothing has happened yet. Press Play.")
        return
    newest = sorted(events, key=lambda event: event.week, reverse=True)
    rows = [
        part(
            "li",
            part("time", f"{event.day:%d %b %Y}"),
            part("span", part("b", _who(event)), " ", _what(event)),
            kind="ma-fresh" if event.week >= world.week - 1 else "",
        )
        for event in newest
    ]
    html("ol", *rows, kind="ma-headlines")
