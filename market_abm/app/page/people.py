"""The agent inspector: choose a mine, plant, maker, trader or state body and see why it acts."""

import solara

from market_abm.app.inspector import Choice, History, Inspection, agents, inspect
from market_abm.app.page.chart import Chart
from market_abm.app.page.look import Figure, dates, plain
from market_abm.app.page.parts import Choose, Press, empty, html, part, table
from market_abm.app.page.session import Session, use_drawn
from market_abm.app.world import World
from market_abm.report.style import zone_colours, zone_label
from market_abm.report.words import shorten

v = solara.v


def history_figure(world: World, history: History, choice: Choice) -> Figure:
    """What was sampled of one quantity."""
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [world.date_of(int(week)).isoformat() for week in history.weeks],
        "y": plain(history.values),
        "line": {"color": zone_colours(world.scenario)[choice.zone], "width": 1.6},
        "marker": {"size": 4},
        "hovertemplate": "%{y:,.4~g}",
        "name": history.label,
    }
    layout = {"xaxis": dates(world), "yaxis": {"rangemode": "tozero", "tickformat": ",~g"}}
    return Figure(history.label, history.unit, [trace], layout, "", 200, f"{choice.kind}-{choice.row}-{history.label}")


@solara.component
def Agents(session: Session) -> None:
    """The view of agents."""
    use_drawn(session)
    kind, set_kind = solara.use_state("mine")
    row, set_row = solara.use_state(0)
    world = session.world
    if world is None:
        return
    with session.lock:
        everybody = agents(world)
    kinds = list(dict.fromkeys(one.kind for one in everybody))
    if not kinds:
        empty("This scenario has no agents to look at.")
        return
    kind = kind if kind in kinds else kinds[0]
    of_kind = [one for one in everybody if one.kind == kind]
    chosen = next((one for one in of_kind if one.row == row), of_kind[0])
    labels = [(one.row, f"{one.label}, {zone_label(world.scenario, one.zone)}") for one in of_kind]

    def turn_to(other: str) -> None:
        set_kind(other)
        set_row(0)

    def sample() -> None:
        session.act(lambda: world.watch(kind, chosen.row))
        session.say(f"{chosen.label} is sampled every week from now on.")

    with solara.Div(classes=["ma-choices"]):
        Choose("Kind", kind, [(one, one.capitalize()) for one in kinds], turn_to)
        Choose("Who", chosen.row, labels, set_row, kind="ma-wide")
        Press("Sample weekly", sample, icon="mdi-eye-outline")
    with session.lock:
        found = inspect(world, kind, chosen.row)
    _Shown(world, found)


def _Shown(world: World, found: Inspection) -> None:
    with solara.Div(classes=["ma-pair"]):
        with solara.Div():
            facts = [[fact.label, f"{fact.value} {fact.unit}".strip()] for fact in found.facts]
            table(["", "now"], facts, 1, f"{found.choice.label}, as it stands")
        with solara.Div():
            html("h3", "Why it last acted")
            html("ul", *(part("li", reason) for reason in found.reasons), kind="ma-list")
            html("h3", "Its lines of the log")
            lines = [part("li", part("time", f"{day:%d %b %Y}"), " ", shorten(text, 140)) for day, text in found.events]
            html("ul", *lines, kind="ma-list") if lines else empty("Nothing yet.")
    shown = [one for one in found.history if len(one.weeks) > 1]
    if not shown:
        empty("Its history is sampled every quarter; play on, or sample it weekly.")
        return
    with solara.Div(classes=["ma-pair", "ma-apart"]):
        for one in shown:
            Chart(history_figure(world, one, found.choice), "agent")
