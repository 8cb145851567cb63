"""How sure is it: the scenario as governed under many seeds, played in the background, as fans."""

import threading

import solara

from market_abm.app.ensemble import Ensemble, Fan
from market_abm.app.limits import MOST_SEEDS
from market_abm.app.page.chart import Chart
from market_abm.app.page.look import Figure, Trace, faded, first_week, line, plain, value_axis, weekly
from market_abm.app.page.parts import Choose, Press, empty, html, wrong
from market_abm.app.page.prices import MaterialChoice, ZoneChoice
from market_abm.app.page.session import Session, use_drawn
from market_abm.app.page.versus import QUANTITIES, series_name
from market_abm.app.world import World
from market_abm.report.style import BLUE, INK, zone_label

v = solara.v
POLL_SECONDS = 0.5


def fan_figure(world: World, fan: Fan, what: str, name: str, log_scale: bool) -> Figure:
    """The middle 90 and 50 % of runs, their median, and the world on show."""
    title, unit, scale = QUANTITIES[what]
    kept = fan.weeks >= first_week(world)
    weeks, values = fan.weeks[kept], fan.values[:, kept] * scale
    x = weekly(world, weeks)
    none = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "line": {"width": 0}, "showlegend": False} | x
    traces: list[Trace] = []
    for low, high, words, strength in ((0, 4, "90 % of runs", 0.18), (1, 3, "50 % of runs", 0.3)):
        traces.append(none | {"y": plain(values[low])})
        band = {"fill": "tonexty", "fillcolor": faded(BLUE, strength), "name": words, "showlegend": True}
        traces.append(none | band | {"y": plain(values[high])})
    middle = {"type": "scatter", "mode": "lines", "name": "median", "line": {"color": BLUE, "width": 2}}
    traces.append(middle | x | {"y": plain(values[2]), "hovertemplate": "%{y:,.4~g}"})
    own = line(world, name, f"world {world.name}", INK)
    own["y"] = [value * scale if value is not None else None for value in own["y"]]
    traces.append(own)
    axis = value_axis(log_scale and what == "price", (value for trace in traces for value in trace["y"]))
    time = world.scenario.time
    layout = {"xaxis": {"type": "date", "range": [time.record_from.isoformat(), time.end.isoformat()]}, "yaxis": axis}
    words = f"{fan.runs} run{'s' if fan.runs != 1 else ''} so far, to the end of the scenario."
    return Figure(f"{title} under many seeds", unit, traces, layout, words, 400, f"fan-{name}-{log_scale}")


def wanted(world: World, material: str) -> list[str]:
    """Series kept of every run: all quantities of all zones, prices of the material on show."""
    known = [info for info in world.list_series() if info.group in QUANTITIES]
    return [info.name for info in known if info.group != "price" or info.material == material]


@solara.component
def Uncertainty(session: Session) -> None:
    """The view of uncertainty."""
    use_drawn(session)
    seeds, set_seeds = solara.use_state("20")
    what, set_what = solara.use_state("price")
    beat, set_beat = solara.use_state(0)
    ensemble = session.ensemble.value
    world = session.world

    def poll() -> None:
        while ensemble is not None and not ensemble.wait(POLL_SECONDS):
            set_beat(lambda count: count + 1)
        set_beat(lambda count: count + 1)

    def follow() -> None:
        if ensemble is not None and ensemble.state == "running":
            threading.Thread(target=poll, daemon=True).start()

    solara.use_effect(follow, [id(ensemble)])
    if world is None:
        return

    def begin() -> None:
        try:
            number = int(str(seeds).strip())
        except ValueError:
            session.say(f"Seeds are a whole number from 1 to {MOST_SEEDS}.", wrong=True)
            return
        made = session.act(lambda: Ensemble(world.scenario, number, wanted(world, session.material.value), world.seed))
        if made is not None:
            if ensemble is not None:
                ensemble.cancel()
            made.start()
            session.ensemble.value = made

    running = ensemble is not None and ensemble.state == "running"
    html("p", "Plays the world on show, with all that was decreed so far, under other luck.", kind="ma-words")
    with solara.Div(classes=["ma-choices"]):
        v.TextField(
            label=f"Seeds (at most {MOST_SEEDS})",
            v_model=seeds,
            on_v_model=set_seeds,
            attributes={"inputmode": "numeric"},
            dense=True,
            outlined=True,
            hide_details=True,
            class_="ma-few",
        )
        Press("Run seeds", begin, main=True, disabled=running)
        Press("Cancel", lambda: ensemble and (ensemble.cancel(), set_beat(beat + 1)), disabled=not running)
    if ensemble is None:
        empty("No seeds have been run. The fans appear here as the runs come in.")
        return
    v.ProgressLinear(
        value=100 * ensemble.progress,
        height=6,
        rounded=True,
        attributes={"aria-label": "Runs done"},
        class_="ma-progress",
    )
    html("p", f"{ensemble.done} of {ensemble.total} runs, {ensemble.state}.", kind="ma-words", role="status")
    if ensemble.faults:
        wrong(ensemble.faults)
    with solara.Div(classes=["ma-choices"]):
        Choose("Quantity", what, [(key, QUANTITIES[key][0]) for key in QUANTITIES], set_what)
        if what == "price":
            MaterialChoice(session)
        ZoneChoice(session)
    name = series_name(what, session.material.value, session.zone.value)
    fan = ensemble.fan(name)
    if fan is None and ensemble.done and name not in ensemble.series:
        here = zone_label(world.scenario, session.zone.value)
        empty(f"These runs do not tell {QUANTITIES[what][0].lower()} of {here}. Run the seeds again with this choice.")
    elif fan is None:
        empty("The first run is on its way.")
    else:
        with session.lock:
            figure = fan_figure(world, fan, what, name, session.log_scale.value)
        Chart(figure, "fan")
