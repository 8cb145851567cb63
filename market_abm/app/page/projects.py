"""Lives of projects: from a resource to a mine, and to its end."""

import solara

from market_abm.app.overview import ProjectLife
from market_abm.app.page.chart import Chart
from market_abm.app.page.look import WEEK_MS, Figure, dates
from market_abm.app.page.parts import Press, empty
from market_abm.app.page.session import Session, use_drawn
from market_abm.app.world import World
from market_abm.report.style import INK, SILVER, STATUSES
from market_abm.report.words import shorten

ROW = 24  # px
MOST_ROWS = 40
QUIET = ("planned", "resource")


def life_figure(world: World, lives: list[ProjectLife]) -> Figure:
    """One row a project, one colour a stage."""
    first = world.scenario.time.record_from
    labels = [shorten(life.label, 34) for life in lives]
    bars: dict[str, dict[str, list[object]]] = {}
    for label, life in zip(labels, lives, strict=True):
        for stage, since, until in life.spans:
            begin = max(since, first)
            if until <= begin:
                continue
            bar = bars.setdefault(stage, {"base": [], "x": [], "y": [], "hovertext": []})
            bar["base"].append(begin.isoformat())
            bar["x"].append((until - begin).days * (WEEK_MS // 7))
            bar["y"].append(label)
            bar["hovertext"].append(f"{label}: {stage}, {since:%b %Y} to {until:%b %Y}")
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": stage,
            "marker": {"color": STATUSES.get(stage.replace(" ", "_"), SILVER)},
            "hoverinfo": "text",
            "width": 0.7,
            **bars[stage],
        }
        for stage in sorted(bars, key=_order)
    ]
    layout = {
        "barmode": "overlay",
        "hovermode": "closest",
        "xaxis": dates(world) | {"showgrid": True},
        "yaxis": {"autorange": "reversed", "categoryorder": "array", "categoryarray": labels[::-1], "showgrid": False}
        | {"tickfont": {"color": INK}},
    }
    running = sum(life.spans[-1][0] == "operating" for life in lives if life.spans)
    words = f"{running} of the {len(lives)} projects shown are operating."
    return Figure("Lives of projects", "stages over time", traces, layout, words, 110 + ROW * len(lives), "projects")


def _order(stage: str) -> int:
    known = [name.replace("_", " ") for name in STATUSES]
    return known.index(stage) if stage in known else len(known)


@solara.component
def Projects(session: Session) -> None:
    """The view of projects."""
    use_drawn(session)
    all_of_them, show_all = solara.use_state(False)
    world = session.world
    if world is None:
        return
    with session.lock:
        lives = world.projects()
    moved = [life for life in lives if any(stage not in QUIET for stage, _, _ in life.spans)]
    with solara.Div(classes=["ma-choices"]):
        Press("Also those that never began", lambda: show_all(not all_of_them), pressed=all_of_them)
    shown = (lives if all_of_them else moved)[:MOST_ROWS]
    if not shown:
        empty("No project has begun yet. A price floor, equity or an offtake may bring one forward.")
        return
    Chart(life_figure(world, shown), "projects")
    left = (len(lives) if all_of_them else len(moved)) - len(shown)
    if left > 0:
        empty(f"{left} more are in the tables to take away.")
