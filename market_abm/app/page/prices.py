"""Prices of a material by zone, with history as dots and policies as bands."""

import functools
from typing import Any

import pandas as pd
import solara

from market_abm.app.decree import Standing
from market_abm.app.page.chart import Chart
from market_abm.app.page.look import WEEK_MS, Charted, Figure, dates, faded, line, plain, value_axis
from market_abm.app.page.parts import Choose, Press
from market_abm.app.page.session import Session, use_drawn
from market_abm.report.evidence import HISTORY_ZONE, price_dots
from market_abm.report.strip import FAMILY, touches
from market_abm.report.style import GREEN, INK, VERMILLION, gates, material_label, zone_colours, zone_label
from market_abm.report.words import number, shorten

MOST_BARS = 9
PLOT, BAR = 400, 22  # height of the lines and of one bar [px]
GATE_DASH = "4px,2px"
DAY_MS = WEEK_MS // 7


@functools.cache
def history(material: str, basis: Any) -> pd.DataFrame:
    """Observed prices; read once for all sessions."""
    return price_dots(material, basis)


def price_figure(world: Charted, material: str, log_scale: bool) -> Figure:
    """Draw one line a zone; the export gate's price is dashed, FOB quotes are filled dots, domestic ones hollow.

    A line is thin and dotted in weeks in which nothing was traded at the quote.
    """
    scenario = world.scenario
    hues = zone_colours(scenario)
    traces, said = [], []
    for info in world.list_series():
        if info.group != "price" or info.material != material:
            continue
        zone = info.name.split(".", 2)[2]
        hue = hues.get(zone.removesuffix(" export"), INK)
        trace = line(world, info.name, zone_label(scenario, zone), hue)
        trace["y"] = [price if price else None for price in trace["y"]]
        if zone.endswith(" export"):
            trace["line"] = trace["line"] | {"dash": GATE_DASH}
        if trace["y"] and trace["y"][-1]:
            said.append(f"{zone_label(scenario, zone)} {number(trace['y'][-1])}")
        traces += [*_without_trade(world, f"traded.{material}.{zone}", trace), trace]
    if HISTORY_ZONE in gates(scenario):
        traces += [*_dots(world, material, "fob", INK), *_dots(world, material, "domestic", "#fff")]
    bars, layout = _bands(world, material)
    axis = value_axis(log_scale, (value for trace in traces for value in trace["y"])) | {
        "domain": [layout.pop("top"), 1.0]
    }
    return Figure(
        f"{material}: prices",
        "US$/kg, log scale" if log_scale else "US$/kg",
        [*traces, *bars],
        {"xaxis": dates(world) | {"anchor": "y2" if bars else "y"}, "yaxis": axis, **layout},
        f"Now, in US$/kg: {', '.join(said)}." if said else "",
        PLOT + BAR * len(bars),
        f"{material}-{log_scale}",
    )


def _without_trade(world: Charted, name: str, trace: dict[str, Any]) -> list[dict[str, Any]]:
    """Take the weeks without trade out of a line; return a thin line through all weeks, which tells them."""
    traded = line(world, name, "", INK)["y"]
    idle = [tonnes == 0 for tonnes in traded]
    if not any(idle) or len(idle) != len(trace["y"]):
        return []
    whole = trace["y"]
    leads = [not rest or not after for rest, after in zip(idle, [*idle[1:], True], strict=True)]
    trace["y"] = [price if kept else None for price, kept in zip(whole, leads, strict=True)]
    trace["legendgroup"] = name
    thin = trace | {
        "y": whole,
        "line": trace["line"] | {"dash": "dot", "width": 1},
        "showlegend": False,
        "text": [", no trade" if rest else "" for rest in idle],
        "hovertemplate": "%{y:,.4~g}%{text}",
    }
    trace["hoverinfo"] = "skip"
    del trace["hovertemplate"]
    return [thin]


def _dots(world: Charted, material: str, basis: str, face: str) -> list[dict[str, Any]]:
    rows = history(material, basis)
    past = rows[(rows["date"] >= pd.Timestamp(world.scenario.time.record_from)) & (rows["date"] < str(world.today))]
    if past.empty:
        return []
    name = "history, at the gate" if basis == "fob" else "history, inside"
    small = past["period"].eq("month_avg")
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": name,
            "x": [day.date().isoformat() for day in past["date"]],
            "y": plain(past["price_usd_per_kg"]),
            "marker": {
                "size": [4 if one else 6 for one in small],
                "color": face,
                "opacity": 1,
                "line": {"color": INK, "width": 1},
            },
            "hovertemplate": "%{y:,.4~g}",
        }
    ]


def _bands(world: Charted, material: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Bars of the policies beneath the lines, and shade behind them while an embargo holds."""
    shown = _policies_shown(world, material)
    height = BAR * len(shown) / (PLOT + BAR * len(shown))
    first, end = world.scenario.time.record_from, world.scenario.time.end
    bars, shapes = [], []
    for row, standing in enumerate(shown):
        since = max(standing.since, first)
        until = min(standing.until or end, end)
        hue = FAMILY.get(standing.type, GREEN)
        words = shorten(
            f"{zone_label(world.scenario, standing.government)}: {standing.title}"
            if standing.government
            else standing.title,
            40,
        )
        bars.append(
            {
                "type": "bar",
                "orientation": "h",
                "base": [since.isoformat()],
                "x": [(until - since).days * DAY_MS],
                "y": [row],
                "yaxis": "y2",
                "width": [0.8],
                "marker": {"color": faded(hue, 0.25 if not standing.decreed else 0.5), "line": {"width": 0}},
                "text": [words],
                "textposition": "inside",
                "textangle": 0,
                "insidetextanchor": "start",
                "textfont": {"color": INK, "size": 11},
                "constraintext": "none",
                "cliponaxis": True,
                "hoverinfo": "text",
                "hovertext": [f"{words}, {since:%d %b %Y} to {until:%d %b %Y}"],
                "showlegend": False,
            }
        )
        if standing.type == "embargo":
            edges = {"x0": since.isoformat(), "x1": until.isoformat(), "y0": height, "y1": 1}
            shape = {"type": "rect", "xref": "x", "yref": "paper", "layer": "below", "line": {"width": 0}}
            shapes.append(shape | edges | {"fillcolor": faded(VERMILLION, 0.12)})
    axis = {
        "domain": [0, max(height - 0.02, 0.001)],
        "range": [len(shown) - 0.5, -0.5],
        "visible": False,
        "fixedrange": True,
    }
    return bars, {"yaxis2": axis, "shapes": shapes, "top": height + (0.03 if shown else 0), "barmode": "overlay"}


def _policies_shown(world: Charted, material: str) -> list[Standing]:
    """What began or ended in sight and bears on the material; the player's decrees first."""
    first = world.scenario.time.record_from
    touching = {policy.label for policy in world.scenario.policy if touches(policy, material)}
    found = [
        one
        for one in world.policies
        if one.label in touching
        and one.since < world.today
        and (one.since > first or (one.until is not None and first < one.until <= world.today))
    ]
    kept = sorted(found, key=lambda one: (not one.decreed, one.type != "embargo", one.since))[:MOST_BARS]
    return sorted(kept, key=lambda one: one.since)


@solara.component
def MaterialChoice(session: Session) -> None:
    """Which material is looked at, in all views."""
    world = session.world
    if world is None:
        return
    names = [(name, material_label(world.scenario, name)) for name in world.scenario.material]
    Choose("Material", session.material.value, names, session.material.set)


@solara.component
def ZoneChoice(session: Session) -> None:
    """Which zone is looked at, in all views."""
    world = session.world
    if world is None:
        return
    names = [(name, zone_label(world.scenario, name)) for name in world.scenario.zone]
    Choose("Zone", session.zone.value, names, session.zone.set)


@solara.component
def Prices(session: Session) -> None:
    """The view of prices."""
    use_drawn(session)
    world = session.world
    if world is None:
        return
    with solara.Div(classes=["ma-choices"]):
        MaterialChoice(session)
        Press("Log scale", lambda: session.log_scale.set(not session.log_scale.value), pressed=session.log_scale.value)
    with session.lock:
        figure = price_figure(world, session.material.value, session.log_scale.value)
    Chart(figure, f"prices-{session.material.value}")
