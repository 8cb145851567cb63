"""Dependence at three stages: who mines, refines and makes magnets, and whose imports come from there."""

import pandas as pd
import solara

from market_abm.app.page.chart import Chart
from market_abm.app.page.look import Charted, Figure, dates, line, plain
from market_abm.app.page.parts import empty
from market_abm.app.page.session import Session, use_drawn
from market_abm.record.recorder import STAGES
from market_abm.report.evidence import HISTORY_ZONE, share_dots
from market_abm.report.style import BLUE, GREEN, INK, VERMILLION, gates, zone_colours, zone_label
from market_abm.report.words import number

HUES = {"mined": VERMILLION, "refined": BLUE, "magnets": GREEN}
PERCENT = {"range": [0, 1.04], "tickformat": ".0%"}


def stage_figure(world: Charted, zone: str) -> Figure:
    """A zone's share of what is mined, refined and made into magnets, with history as dots."""
    traces, said = [], []
    for stage in STAGES:
        trace = line(world, f"share.{stage}.{zone}", stage, HUES[stage], hovertemplate="%{y:.0%}")
        if any(trace["y"]):
            traces.append(trace)
            said.append(f"{stage} {number(100 * (trace['y'][-1] or 0))} %")
            traces += _dots(world, stage) if zone == HISTORY_ZONE else []
    title = f"{zone_label(world.scenario, zone)} at three stages"
    words = f"Share of the world's output: {', '.join(said)}." if said else ""
    layout = {"xaxis": dates(world), "yaxis": PERCENT}
    return Figure(title, "share of the world's output in a year", traces, layout, words, 340, f"stages-{zone}")


def _dots(world: Charted, stage: str) -> list[dict[str, object]]:
    rows = share_dots(stage)  # type: ignore[arg-type]
    first = pd.Timestamp(world.scenario.time.record_from)
    past = rows[(rows["date"] >= first) & (rows["date"] < pd.Timestamp(world.today))]
    dot = {"size": 7, "color": HUES[stage], "line": {"color": INK, "width": 1}}
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": f"history, {stage}",
            "x": [day.date().isoformat() for day in past["date"]],
            "y": plain(past["share"]),
            "marker": dot,
            "hovertemplate": "%{y:.0%}",
        }
    ] * bool(len(past))


def import_figure(world: Charted) -> Figure:
    """Share of each open zone's imports of the lead material that comes from gated zones."""
    hues = zone_colours(world.scenario)
    found = [info for info in world.list_series() if info.group == "dependence" and info.name.count(".") == 1]
    traces = [
        line(world, info.name, zone_label(world.scenario, info.zone), hues[info.zone], hovertemplate="%{y:.0%}")
        for info in found
    ]
    said = [f"{trace['name']} {number(100 * trace['y'][-1])} %" for trace in traces if trace["y"] and trace["y"][-1]]
    words = f"From {', '.join(zone_label(world.scenario, zone) for zone in gates(world.scenario))}: {', '.join(said)}."
    layout = {"xaxis": dates(world), "yaxis": PERCENT}
    what = found[0].material if found else ""
    title = f"Imports of {what} from behind the gate"
    return Figure(title, "share of imports in half a year", traces, layout, words, 320, "imports")


@solara.component
def Dependence(session: Session) -> None:
    """The view of dependence."""
    use_drawn(session)
    world = session.world
    if world is None:
        return
    gated = gates(world.scenario)
    if not gated:
        empty("No zone of this scenario has an export gate, so nobody depends on one.")
        return
    with session.lock:
        figures = [stage_figure(world, gated[0]), import_figure(world)]
    for figure in figures:
        Chart(figure, "dependence")
