"""Public money: what each government has spent, on what, and when."""

import solara

from market_abm.app.overview import Payment
from market_abm.app.page.chart import Chart
from market_abm.app.page.look import Figure, dates, line, plain
from market_abm.app.page.parts import empty, table
from market_abm.app.page.prices import ZoneChoice
from market_abm.app.page.session import Session, use_drawn
from market_abm.app.world import World
from market_abm.report.style import SPARE, with_spares, zone_colours, zone_label
from market_abm.report.words import number

MILLION = 1e6


def total_figure(world: World) -> Figure:
    """Money spent since the run began, by government."""
    hues = zone_colours(world.scenario)
    names = [info for info in world.list_series() if info.group == "public_money"]
    traces = [line(world, one.name, zone_label(world.scenario, one.zone), hues[one.zone]) for one in names]
    traces = [trace for trace in traces if any(trace["y"])] or traces[:1]
    said = [f"{trace['name']} {number(trace['y'][-1])}" for trace in traces if trace["y"] and trace["y"][-1]]
    words = f"So far, in US$ m: {', '.join(said)}." if said else "No government has spent anything yet."
    layout = {"xaxis": dates(world), "yaxis": {"rangemode": "tozero", "tickformat": ",~g"}}
    return Figure("Public money spent since the start", "US$ m", traces, layout, words, 300, "public-money")


def year_figure(world: World, zone: str, payments: list[Payment]) -> Figure:
    """A government's money by year and purpose."""
    purposes = sorted({one.purpose for one in payments})
    hues = with_spares(purposes, dict(zip(purposes, SPARE, strict=False)))
    years = sorted({one.year for one in payments})
    traces = []
    for purpose in purposes:
        sums = [sum(one.usd for one in payments if (one.purpose, one.year) == (purpose, year)) for year in years]
        bar = {
            "type": "bar",
            "name": purpose,
            "x": [str(year) for year in years],
            "y": plain(s / MILLION for s in sums),
        }
        traces.append(bar | {"marker": {"color": hues[purpose]}, "hovertemplate": "%{y:,.3~g}"})
    layout = {"barmode": "stack", "xaxis": {"type": "category"}, "yaxis": {"tickformat": ",~g"}, "bargap": 0.4}
    title = f"{zone_label(world.scenario, zone)}: what the money went for"
    return Figure(title, "US$ m a year", traces, layout, "", 300, f"money-{zone}")


@solara.component
def Money(session: Session) -> None:
    """The view of public money."""
    use_drawn(session)
    world = session.world
    if world is None:
        return
    zone = session.zone.value
    with session.lock:
        figure = total_figure(world)
        payments = [one for one in world.money() if one.government == zone]
    Chart(figure, "public-money")
    with solara.Div(classes=["ma-choices", "ma-apart"]):
        ZoneChoice(session)
    if not payments:
        empty(f"{zone_label(world.scenario, zone)} has paid nothing to private hands so far.")
        return
    Chart(year_figure(world, zone, payments), f"money-{zone}")
    rows = sorted(payments, key=lambda one: (-one.year, -one.usd))[:30]
    table(
        ["year", "payer", "paid to", "for", "US$ m"],
        [[str(one.year), one.payer, one.payee, one.purpose, number(one.usd / MILLION)] for one in rows],
        1,
        "Payments by year, the latest and largest first",
    )
