"""Stacked bars by period, the form in which trade and mining are shown."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from market_abm.report.frame import plain_axis
from market_abm.report.style import GREY

SHORT_WINDOW_YEARS = 3


def period_of(weeks: pd.Series, first: dt.date, last: dt.date) -> "pd.Series[str]":
    """Calendar year of each week, or quarter where the window is short."""
    stamps = pd.to_datetime(weeks)
    if (last - first).days > SHORT_WINDOW_YEARS * 365.25:
        return stamps.dt.year.astype(str)
    return stamps.dt.year.astype(str) + " Q" + stamps.dt.quarter.astype(str)


def period_word(first: dt.date, last: dt.date) -> str:
    """`year` or `quarter`, for units."""
    return "year" if (last - first).days > SHORT_WINDOW_YEARS * 365.25 else "quarter"


def periods_of(first: dt.date, last: dt.date) -> list[str]:
    """All periods of a window."""
    weeks = pd.Series(pd.date_range(first, last, freq="W-MON", inclusive="left"))
    return list(dict.fromkeys(period_of(weeks, first, last)))


def draw_stack(
    axes: Axes, wide: pd.DataFrame, colours: Mapping[Any, str], hatched: Sequence[Any] = (), edge: str = "white"
) -> None:
    """Stack the columns of `wide` (rows: periods) in their order; hatch some."""
    foot = pd.Series(0.0, index=wide.index)
    places = range(len(wide))
    for name in wide.columns:
        tall = wide[name].clip(lower=0)
        hatch = "/////" if name in hatched else None
        kind: dict[str, Any] = {"color": colours[name], "linewidth": 0}
        if hatch:
            kind = {"facecolor": "white", "edgecolor": colours[name], "hatch": hatch, "linewidth": 0.5}
        axes.bar(places, tall, 0.78, bottom=foot, **kind)
        foot = foot + tall
    axes.set_xlim(-0.6, len(wide) - 0.4)
    plain_axis(axes)


def period_axis(axes: Sequence[Axes], periods: Sequence[str]) -> None:
    """Names of periods under the last panel, every second one if there are many."""
    step = 1 if len(periods) <= 7 else 2 if len(periods) <= 16 else 4
    marks = list(range(0, len(periods), step))
    for axis in axes:
        axis.set_xticks(marks, [periods[mark] for mark in marks])
        axis.tick_params(axis="x", labelbottom=axis is axes[-1])


def swatches(
    colours: Mapping[str, str], labels: Mapping[str, str], smuggled: str = ""
) -> tuple[list[Patch], list[str]]:
    """Legend entries: one swatch a name, and one for hatching."""
    patches, names = [Patch(color=hue, linewidth=0) for hue in colours.values()], [labels[name] for name in colours]
    if smuggled:
        patches.append(Patch(facecolor="white", edgecolor=GREY, hatch="/////", linewidth=0.5))
        names.append(smuggled)
    return patches, names
