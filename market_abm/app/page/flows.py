"""Who ships to whom: a network of the zones, width for tonnes, closed ways crossed out."""

import math
from typing import Any

import numpy as np
import solara

from market_abm.app.overview import Flow
from market_abm.app.page.chart import Chart
from market_abm.app.page.look import Figure, faded, plain
from market_abm.app.page.parts import Choose, empty, table
from market_abm.app.page.prices import MaterialChoice
from market_abm.app.page.session import Session, use_drawn
from market_abm.app.world import World
from market_abm.report.style import INK, zone_colours, zone_label
from market_abm.report.words import number

SPANS = {4: "the last 4 weeks", 13: "the last quarter", 52: "the last year"}
PLACES = {
    "EU": (-1.0, 0.55),
    "CN": (0.0, 0.35),
    "JP": (0.75, 0.75),
    "KR": (0.5, -0.1),
    "US": (1.3, 0.1),
    "RW": (0.1, -0.85),
}
WIDEST, NARROWEST = 18.0, 1.0  # px of a line
BEND = 0.16  # of a line, as a share of its length, so that both directions show
POINTS = np.linspace(0.0, 1.0, 24)


def places(zones: list[str]) -> dict[str, tuple[float, float]]:
    """Where zones stand: as on a Pacific map when known, else on a circle."""
    if all(zone in PLACES for zone in zones):
        return {zone: PLACES[zone] for zone in zones}
    turn = 2 * math.pi / max(len(zones), 1)
    return {zone: (math.cos(turn * at), math.sin(turn * at)) for at, zone in enumerate(zones)}


def flow_figure(world: World, material: str, flows: list[Flow], span: str) -> Figure:
    """Lines between zones, as wide as the tonnes; smuggled ones dotted, closed ways dashed with a cross."""
    scenario = world.scenario
    where, hues = places(list(scenario.zone)), zone_colours(scenario)
    most = max((flow.tonnes for flow in flows), default=0.0) or 1.0
    traces: list[dict[str, Any]] = []
    arrows: list[dict[str, Any]] = []
    for flow in sorted(flows, key=lambda one: -one.tonnes):
        if not flow.tonnes and not flow.closed:
            continue
        x, y = _bent(where[flow.origin], where[flow.destination], BEND * (1.8 if flow.way == "smuggled" else 1.0))
        width = NARROWEST + (WIDEST - NARROWEST) * flow.tonnes / most if flow.tonnes else 0.0
        hue = hues[flow.origin]
        way = f"{zone_label(scenario, flow.origin)} to {zone_label(scenario, flow.destination)}"
        state = ", smuggled" if flow.way == "smuggled" else ", closed by embargo" if flow.closed else ""
        said = f"{way}{state}: {number(flow.tonnes)} t"
        shared = {"type": "scatter", "showlegend": False, "x": plain(x), "y": plain(y)}
        pen = {"color": faded(hue, 0.35 if flow.closed else 0.75), "width": width}
        pen["dash"] = "dot" if flow.way == "smuggled" else "solid"
        traces.append(shared | {"mode": "lines", "line": pen, "hoverinfo": "skip"})
        if flow.closed:
            dashes = {"color": INK, "width": 1.6, "dash": "5px,4px"}
            traces.append(shared | {"mode": "lines", "line": dashes, "hoverinfo": "skip"})
        cross = {"symbol": "x", "size": 13, "color": INK, "line": {"color": "#fff", "width": 1.5}}
        marker = cross if flow.closed else {"size": 18, "color": "rgba(0,0,0,0)"}
        middle = {"x": [float(x[12])], "y": [float(y[12])], "mode": "markers", "marker": marker}
        traces.append(shared | middle | {"hoverinfo": "text", "hovertext": [said]})
        if flow.tonnes:
            arrows.append(_arrow(x, y, faded(hue, 0.9), width))
    traces.append(_zones(world, where, hues))
    still = {"visible": False, "fixedrange": True}
    layout = {
        "hovermode": "closest",
        "xaxis": still | {"range": [-1.75, 1.95]},
        "yaxis": still | {"range": [-1.2, 1.15]},
        "annotations": arrows,
    }
    closed = [flow for flow in flows if flow.closed]
    largest = max(flows, key=lambda one: one.tonnes, default=None)
    words = f"The widest line is {number(most)} t" if largest and largest.tonnes else "Nothing moved"
    if largest and largest.tonnes:
        words += f", {zone_label(scenario, largest.origin)} to {zone_label(scenario, largest.destination)}"
    words += f"; {len(closed)} way{'s are' if len(closed) != 1 else ' is'} closed." if closed else "."
    title = f"{material}: who ships to whom"
    return Figure(title, f"t, {span}", traces, layout, words + " Dotted: smuggled.", 470, f"flows-{material}")


def _zones(world: World, where: dict[str, tuple[float, float]], hues: dict[str, str]) -> dict[str, Any]:
    names = list(world.scenario.zone)
    return {
        "type": "scatter",
        "mode": "markers+text",
        "x": [where[zone][0] for zone in names],
        "y": [where[zone][1] for zone in names],
        "text": [f"<b>{zone_label(world.scenario, zone)}</b>" for zone in names],
        "textposition": ["bottom center" if where[zone][1] < 0 else "top center" for zone in names],
        "textfont": {"color": INK, "size": 12},
        "marker": {"size": 22, "color": [hues[zone] for zone in names], "line": {"color": "#fff", "width": 3}},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _bent(start: tuple[float, float], end: tuple[float, float], bend: float) -> tuple[Any, Any]:
    """Points on a curve that leaves the straight line to its right."""
    (x0, y0), (x1, y1) = start, end
    middle_x, middle_y = (x0 + x1) / 2 + bend * (y1 - y0), (y0 + y1) / 2 - bend * (x1 - x0)
    before, middle, after = (1 - POINTS) ** 2, 2 * POINTS * (1 - POINTS), POINTS**2
    return before * x0 + middle * middle_x + after * x1, before * y0 + middle * middle_y + after * y1


def _arrow(x: Any, y: Any, colour: str, width: float) -> dict[str, Any]:
    """An arrow head three quarters along the way."""
    head = {"x": float(x[18]), "y": float(y[18]), "ax": float(x[16]), "ay": float(y[16]), "text": ""}
    look = {"showarrow": True, "arrowhead": 2, "arrowsize": 0.55 if width > 6 else 0.9, "arrowcolor": colour}
    return head | look | {"axref": "x", "ayref": "y", "xref": "x", "yref": "y", "arrowwidth": min(max(width, 1.8), 9.0)}


@solara.component
def Flows(session: Session) -> None:
    """The view of trade."""
    use_drawn(session)
    span, set_span = solara.use_state(52)
    world = session.world
    if world is None:
        return
    with solara.Div(classes=["ma-choices"]):
        MaterialChoice(session)
        Choose("Over", span, list(SPANS.items()), set_span)
    with session.lock:
        flows = [flow for flow in world.flows(weeks=span) if flow.material == session.material.value]
    if not flows:
        empty("Nothing has moved between zones yet. Play a week.")
        return
    Chart(flow_figure(world, session.material.value, flows, SPANS[span]), "flows")
    label = {zone: zone_label(world.scenario, zone) for zone in world.scenario.zone}
    rows = [
        [label[one.origin], label[one.destination], "closed" if one.closed else one.way, number(one.tonnes)]
        for one in sorted(flows, key=lambda one: -one.tonnes)
    ]
    table(["from", "to", "way", "t"], rows, 1, f"Shipments in {SPANS[span]}")
