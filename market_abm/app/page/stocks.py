"""Stocks by holder, and how many weeks of use the makers hold."""

import solara

from market_abm.app.page.chart import Chart
from market_abm.app.page.look import Figure, dates, faded, line
from market_abm.app.page.parts import Choose
from market_abm.app.page.prices import MaterialChoice
from market_abm.app.page.session import Session, use_drawn
from market_abm.app.world import World
from market_abm.report.style import HOLDERS as HUES
from market_abm.report.style import with_spares, zone_colours, zone_label
from market_abm.report.words import number

EVERYWHERE = ""


def stock_figure(world: World, material: str, zone: str) -> Figure:
    """Stack what each kind of holder has, in one zone or everywhere."""
    traces, said = [], []
    holders = world.model.recorder.holders
    hues = with_spares(holders, HUES)
    for holder in holders:
        name = f"stock.{holder}.{material}" + (f".{zone}" if zone else "")
        trace = line(world, name, holder, hues[holder], stackgroup="held", fillcolor=faded(hues[holder], 0.55))
        if any(trace["y"]):
            traces.append(trace | {"line": {"color": hues[holder], "width": 0.8}})
            said.append(f"{holder} {number(trace['y'][-1] or 0)}")
    where = zone_label(world.scenario, zone) if zone else "all zones"
    title = f"{material}: stocks in {where}"
    words = f"Now, in t: {', '.join(said)}." if said else "Nobody holds any."
    layout = {"xaxis": dates(world), "yaxis": {"rangemode": "tozero", "tickformat": ",~g"}}
    return Figure(title, "t", traces, layout, words, 340, f"stocks-{material}-{zone}")


def cover_figure(world: World) -> Figure:
    """Weeks of use that makers hold or have under way, all materials."""
    hues = zone_colours(world.scenario)
    names = [info for info in world.list_series() if info.group == "cover"]
    traces = [line(world, one.name, zone_label(world.scenario, one.zone), hues[one.zone]) for one in names]
    traces = [trace for trace in traces if any(trace["y"])]
    said = [f"{trace['name']} {number(trace['y'][-1])}" for trace in traces if trace["y"][-1]]
    layout = {"xaxis": dates(world), "yaxis": {"rangemode": "tozero"}}
    words = f"Now: {', '.join(said)}." if said else ""
    return Figure("Makers' stock and goods under way", "weeks of use", traces, layout, words, 280, "cover")


@solara.component
def Stocks(session: Session) -> None:
    """The view of stocks."""
    use_drawn(session)
    zone, set_zone = solara.use_state(EVERYWHERE)
    world = session.world
    if world is None:
        return
    here = zone if zone in world.scenario.zone else EVERYWHERE
    names = [(EVERYWHERE, "All zones"), *((one, zone_label(world.scenario, one)) for one in world.scenario.zone)]
    with solara.Div(classes=["ma-choices"]):
        MaterialChoice(session)
        Choose("Where", here, names, set_zone)
    with session.lock:
        figures = [stock_figure(world, session.material.value, here), cover_figure(world)]
    for figure in figures:
        Chart(figure, "stocks")
