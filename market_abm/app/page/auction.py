"""The last auction of a zone: supply and demand, clearing price, rents."""

import solara

from market_abm.app.curves import Curves, supply_and_demand
from market_abm.app.page.chart import Chart
from market_abm.app.page.look import Figure, Trace, plain
from market_abm.app.page.parts import empty, table
from market_abm.app.page.prices import MaterialChoice, ZoneChoice
from market_abm.app.page.session import Session, use_drawn
from market_abm.app.world import World
from market_abm.report.style import BLUE, GREY, INK, VERMILLION, zone_label
from market_abm.report.words import number

ABOVE = 3.0  # prices shown up to this multiple of the clearing price, when the curves reach it


def curve_figure(world: World, curves: Curves) -> Figure:
    """Two step curves that cross at the clearing price."""
    where = f"{zone_label(world.scenario, curves.zone)}, week of {world.date_of(curves.week):%d %b %Y}"
    title = f"{curves.material}: auction in {where}"
    traces: list[Trace] = []
    for name, hue, tonnes, prices in (
        ("demand, with what was shipped out", BLUE, curves.demand_t, curves.demand_price),
        ("supply, with what was shipped in", VERMILLION, curves.supply_t, curves.supply_price),
    ):
        shape = {"type": "scatter", "mode": "lines", "name": name, "line": {"color": hue, "width": 2}}
        traces.append(shape | {"x": plain(tonnes), "y": plain(prices), "hovertemplate": "%{x:,.4~g} t at %{y:,.4~g}"})
    point = {
        "type": "scatter",
        "mode": "markers",
        "name": "clearing price",
        "x": [curves.traded_t],
        "y": [curves.price],
    }
    dot = {"size": 11, "color": INK, "line": {"color": "#fff", "width": 2}}
    traces.append(point | {"marker": dot, "hovertemplate": "%{x:,.4~g} t at %{y:,.4~g} US$/kg"})
    layout = {
        "hovermode": "closest",
        "xaxis": {"title": {"text": "t in the week"}, "rangemode": "tozero", "tickformat": ",~g"},
        "yaxis": {"range": [0, ABOVE * curves.price] if curves.price > 0 else None, "tickformat": ",~g"},
        "shapes": [
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": curves.price, "y1": curves.price}
            | {"line": {"color": GREY, "width": 1, "dash": "dot"}}
        ],
    }
    words = f"{number(curves.traded_t)} t changed hands at {number(curves.price)} US$/kg."
    return Figure(title, "US$/kg", traces, layout, words, 420, f"auction-{curves.material}-{curves.zone}")


@solara.component
def Auction(session: Session) -> None:
    """The view of supply and demand."""
    use_drawn(session)
    world = session.world
    if world is None:
        return
    with solara.Div(classes=["ma-choices"]):
        MaterialChoice(session)
        ZoneChoice(session)
    with session.lock:
        curves = supply_and_demand(world, session.material.value, session.zone.value)
    if curves is None:
        empty("There has been no auction here yet. Play a week.")
        return
    Chart(curve_figure(world, curves), "auction")
    table(
        ["", "value", "unit"],
        [
            ["Clearing price", number(curves.price), "US$/kg"],
            ["Changed hands", number(curves.traded_t), "t"],
            ["Shipped in", number(curves.shipped_in_t), "t"],
            ["Shipped out", number(curves.shipped_out_t), "t"],
            ["Rent of a licence at the gate", number(curves.licence_rent), "US$/kg"],
            ["Rent of a scarce way into the zone", number(curves.scarcity_rent), "US$/kg"],
        ],
        2,
        "The auction in numbers",
    )
