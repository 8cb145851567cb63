"""The look of every chart on the page: the reports' colours, one type, numbers a browser can read."""

import datetime as dt
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from market_abm.app.decree import Standing
from market_abm.app.series import SeriesInfo
from market_abm.core.units import FloatArray, IntArray
from market_abm.report.style import FAINT, GREY, INK, RULE
from market_abm.scenario.schema import Scenario

FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
WEEK_MS = 7 * 86_400_000  # Plotly counts time in milliseconds
LEAST_FACTOR = 4.0  # between the ends of a logarithmic axis
DIGITS = 5  # significant digits sent to a browser; a pixel shows fewer
Trace = dict[str, Any]


class Charted(Protocol):
    """What a chart over time asks of a world; a bare model can answer it too."""

    @property
    def scenario(self) -> Scenario: ...  # noqa: D102
    @property
    def today(self) -> dt.date: ...  # noqa: D102
    @property
    def policies(self) -> list[Standing]: ...  # noqa: D102

    def date_of(self, week: int) -> dt.date: ...  # noqa: D102
    def week_of(self, day: dt.date) -> int: ...  # noqa: D102
    def list_series(self) -> list[SeriesInfo]: ...  # noqa: D102
    def series(self, name: str) -> tuple[IntArray, FloatArray]: ...  # noqa: D102


@dataclass(frozen=True)
class Figure:
    """A chart as Plotly wants it, with the words around it.

    Attributes
    ----------
    title : what is shown.
    unit : unit of the value axis, shown beside the title.
    traces, layout : Plotly's figure, without title.
    words : the chart in one sentence, for those who cannot see it.
    height : of the drawing [px].
    keep : while this word stays the same, zoom and hidden lines survive an update.
    """

    title: str
    unit: str
    traces: list[Trace]
    layout: dict[str, Any] = field(default_factory=dict)
    words: str = ""
    height: int = 360
    keep: str = ""

    def as_json(self) -> str:
        """Text that the browser draws; equal text means that nothing has to be drawn again."""
        return json.dumps({"traces": self.traces, "layout": base_layout(self)}, separators=(",", ":"))


def base_layout(figure: Figure) -> dict[str, Any]:
    """Layout of a figure on top of the house look."""
    axis = {"gridcolor": FAINT, "linecolor": RULE, "zeroline": False, "automargin": True, "title": {"standoff": 8}}
    layout: dict[str, Any] = {
        "height": figure.height,
        "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
        "font": {"family": FONT, "size": 12, "color": GREY},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "x unified",
        "hoverlabel": {"font": {"family": FONT, "size": 12, "color": INK}, "bgcolor": "#fff", "bordercolor": RULE},
        "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "font": {"size": 12, "color": INK}},
        "uirevision": figure.keep or figure.title,
        "xaxis": axis | {"showgrid": False},
        "yaxis": dict(axis),
    }
    for key, value in figure.layout.items():
        layout[key] = layout[key] | value if isinstance(layout.get(key), dict) and isinstance(value, dict) else value
    return layout


def plain(values: Iterable[float]) -> list[float | None]:
    """Numbers for JSON: few digits, gaps where there is no number."""
    return [float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None for value in map(float, values)]


def weekly(world: Charted, weeks: Any) -> Trace:
    """The x of a weekly series: first day and distance, or all days when weeks are missing."""
    weeks = np.asarray(weeks)
    if len(weeks) > 1 and weeks[-1] - weeks[0] != len(weeks) - 1:
        return {"x": [world.date_of(int(week)).isoformat() for week in weeks]}
    first = world.date_of(int(weeks[0])) if len(weeks) else world.scenario.time.record_from
    return {"x0": first.isoformat(), "dx": WEEK_MS}


def line(world: Charted, name: str, label: str, colour: str, **more: Any) -> Trace:
    """One line: a series of the world since recording began."""
    weeks, values = world.series(name)
    shown = weeks >= first_week(world)
    trace: Trace = {
        "type": "scatter",
        "mode": "lines",
        "name": label,
        "line": {"color": colour, "width": 1.8},
        "y": plain(values[shown]),
        "hovertemplate": "%{y:,.4~g}",
        **weekly(world, weeks[shown]),
    }
    return trace | more


def first_week(world: Charted) -> int:
    """First week shown; what comes before is the market settling in."""
    return world.week_of(world.scenario.time.record_from)


def dates(world: Charted) -> dict[str, Any]:
    """Time axis that grows by whole years as the world is played, so that it rarely moves."""
    time = world.scenario.time
    least = time.record_from.replace(year=time.record_from.year + 3, day=1)
    end = min(time.end, max(least, dt.date(world.today.year + 2, 1, 1)))
    return {"type": "date", "range": [time.record_from.isoformat(), end.isoformat()], "hoverformat": "%d %b %Y"}


def value_axis(on_log: bool, values: Iterable[float | None]) -> dict[str, Any]:
    """Axis of prices: from zero, or logarithmic over at least a factor of four, so that calm looks calm."""
    if not on_log:
        return {"type": "linear", "rangemode": "tozero", "tickformat": ",~g"}
    above = [value for value in values if value and value > 0]
    low, high = (min(above), max(above)) if above else (1.0, 10.0)
    spare = max(0.0, math.log10(LEAST_FACTOR) - math.log10(high / low)) / 2
    bottom, top = math.log10(low) - spare - 0.05, math.log10(high) + spare + 0.05
    steps = (1, 2, 5) if top - bottom > 1 else (1, 1.5, 2, 3, 4, 5, 6, 8)
    ticks = [step * 10.0**power for power in range(math.floor(bottom), math.ceil(top) + 1) for step in steps]
    kept = [tick for tick in ticks if bottom <= math.log10(tick) <= top]
    return {"type": "log", "range": [bottom, top], "tickvals": kept, "ticktext": [f"{tick:,g}" for tick in kept]}


def faded(colour: str, strength: float) -> str:
    """A colour let through by `strength` (0 to 1)."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{strength})"
