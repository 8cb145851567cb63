"""Two worlds side by side and as differences."""

import numpy as np
import solara

from market_abm.app.compare import comparable, difference, first_difference
from market_abm.app.page.chart import Chart
from market_abm.app.page.look import Figure, dates, first_week, line, plain, weekly
from market_abm.app.page.parts import Choose, empty, table
from market_abm.app.page.prices import MaterialChoice, ZoneChoice
from market_abm.app.page.session import Session, use_drawn
from market_abm.app.world import World
from market_abm.report.style import BLUE, INK, VERMILLION, zone_label
from market_abm.report.words import number

HUES = (BLUE, VERMILLION)
QUANTITIES = {
    "price": ("Price", "US$/kg", 1.0),
    "dependence": ("Dependence", "% of imports", 100.0),
    "lost": ("Lost activity", "US$ m a week", 1.0),
    "public_money": ("Public money spent", "US$ m", 1.0),
    "activity": ("Activity", "% of normal", 100.0),
    "cover": ("Makers' stock", "weeks of use", 1.0),
}


def series_name(what: str, material: str, zone: str) -> str:
    """Name of the series that holds a quantity of the material and zone chosen."""
    return f"price.{material}.{zone}" if what == "price" else f"{what}.{zone}"


def both_figure(worlds: tuple[World, World], what: str, name: str) -> Figure:
    """One quantity in both worlds."""
    title, unit, scale = QUANTITIES[what]
    traces = []
    for world, hue, dash in zip(worlds, HUES, ("solid", "5px,2px"), strict=True):
        trace = line(world, name, f"world {world.name}", hue)
        trace["y"] = [value * scale if value is not None else None for value in trace["y"]]
        traces.append(trace | {"line": {"color": hue, "width": 1.8, "dash": dash}})
    said = [
        f"{world.name} {number(trace['y'][-1] or 0)}" for world, trace in zip(worlds, traces, strict=True) if trace["y"]
    ]
    later = max(worlds, key=lambda world: world.week)
    layout = {"xaxis": dates(later), "yaxis": {"rangemode": "tozero", "tickformat": ",~g"}}
    return Figure(title, unit, traces, layout, f"Now: {', '.join(said)}." if said else "", 320, f"both-{name}")


def difference_figure(worlds: tuple[World, World], what: str, name: str) -> Figure:
    """The second world less the first."""
    one, other = worlds
    title, unit, scale = QUANTITIES[what]
    weeks, values = difference(one, other, name)
    kept = weeks >= first_week(one)
    fill = {"fill": "tozeroy", "fillcolor": "rgba(29,39,51,0.10)"}
    trace = {
        "type": "scatter",
        "mode": "lines",
        "name": f"{other.name} less {one.name}",
        "y": plain(values[kept] * scale),
    }
    pen = {"line": {"color": INK, "width": 1.6}, "hovertemplate": "%{y:+,.4~g}"}
    layout = {"xaxis": dates(one), "yaxis": {"tickformat": ",~g", "zeroline": True}}
    traces = [trace | pen | fill | weekly(one, weeks[kept])]
    return Figure(f"{title}: {other.name} less {one.name}", unit, traces, layout, "", 320, f"less-{name}")


def summary(worlds: tuple[World, World], material: str, zone: str) -> list[list[str]]:
    """What an adviser would be asked: both worlds over the weeks that both have played."""
    rows = []
    for what, words, unit, scale, take in (
        ("price", f"{material} in {zone_label(worlds[0].scenario, zone)}, mean", "US$/kg", 1.0, np.nanmean),
        ("price", f"{material} in {zone_label(worlds[0].scenario, zone)}, highest", "US$/kg", 1.0, np.nanmax),
        ("dependence", "Dependence, at the end", "%", 100.0, _last),
        ("lost", "Lost activity, sum", "US$ m", 1.0, np.nansum),
        ("public_money", "Public money spent", "US$ m", 1.0, _last),
    ):
        name = series_name(what, material, zone)
        try:
            found = [dict(zip(*map(list, world.series(name)), strict=True)) for world in worlds]
        except KeyError:
            continue
        common = sorted(set(found[0]) & set(found[1]))
        if not common:
            continue
        values = [scale * float(take(np.array([one[week] for week in common]))) for one in found]
        rows.append([words, unit, number(values[0]), number(values[1]), number(values[1] - values[0])])
    return rows


def _last(values: np.ndarray) -> float:
    return float(values[-1])


@solara.component
def Versus(session: Session) -> None:
    """The view that compares."""
    use_drawn(session)
    names, set_names = solara.use_state(("", ""))
    what, set_what = solara.use_state("price")
    worlds = list(session.worlds)
    if len(worlds) < 2:
        empty(
            "There is one world only. Choose a past week on the time bar and branch, or press Open and then "
            "Open beside; the two appear here side by side and as differences."
        )
        return
    known = {world.name: world for world in worlds}
    one = known.get(names[0], worlds[0])
    other = known.get(names[1], next(world for world in reversed(worlds) if world is not one))
    labels = [(world.name, f"{world.name}: {world.scenario.name}, {world.today:%d %b %Y}") for world in worlds]
    with solara.Div(classes=["ma-choices"]):
        Choose("World", one.name, labels, lambda name: set_names((name, other.name)))
        Choose("Other world", other.name, labels, lambda name: set_names((one.name, name)))
        Choose("Quantity", what, [(key, QUANTITIES[key][0]) for key in QUANTITIES], set_what)
        if what == "price":
            MaterialChoice(session)
        ZoneChoice(session)
    if one is other:
        empty("Choose two different worlds.")
        return
    why = comparable(one, other)
    if why:
        empty(why)
        return
    name = series_name(what, session.material.value, session.zone.value)
    pair = (one, other)
    with session.lock:
        if any(name not in {info.name for info in world.list_series()} for world in pair):
            empty(
                f"{QUANTITIES[what][0]} of {zone_label(one.scenario, session.zone.value)} is not told in both worlds."
            )
            return
        figures = [both_figure(pair, what, name), difference_figure(pair, what, name)]
        parted = first_difference(one, other)
        rows = summary(pair, session.material.value, session.zone.value)
    with solara.Div(classes=["ma-pair"]):
        for figure in figures:
            Chart(figure, "compare")
    said = (
        "They agree in every number so far."
        if parted is None
        else f"They part in the week of {one.date_of(parted):%d %b %Y}."
    )
    if one.week != other.week:
        said += " One has been played further; press Play together to bring both to the same week."
    table(["", "unit", one.name, other.name, f"{other.name} less {one.name}"], rows, 3, said)
