"""Pictures of an outcome over the factors: a heat map of two, response curves of each."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from market_abm.console import number
from market_abm.report.frame import WIDTH, header, legend, panels
from market_abm.report.style import BLUE, INK, SILVER, NothingToShowError, styled
from market_abm.report.words import shorten
from market_abm.sweep.pictures import EDGE, SIDE, few_marks
from market_abm.sweep.response import Response, factor_title, is_number, levels, told_value

if TYPE_CHECKING:
    from market_abm.sweep.plan import Factor
    from market_abm.sweep.results import SweepResults

CURVE = 1.15  # inch: height of a panel
MOST_CURVES = 6
BINS = 10  # of a factor that was sampled
FEW_LEVELS = 12
MOST_COLUMNS, MOST_ROWS = 9, 16  # of cells with their numbers
MOST_SHAPES = 2_000  # cells drawn one by one; more become one image
PALE = LinearSegmentedColormap.from_list("house", ["#f4f8fb", "#9cc9e6", "#0072B2", "#013a5e"], N=24)


@styled
def heat_figure(results: "SweepResults", of: Response, across: "Factor", up: "Factor") -> Figure:
    """Means over two factors of a grid, one cell a pair of levels; further factors are averaged over.

    Raises
    ------
    NothingToShowError
        When no cell has a mean.
    """
    table = results.points.assign(mean=of.means)
    columns, rows = levels(across, results.points[across.name]), levels(up, results.points[up.name])
    cells = table.pivot_table(index=up.name, columns=across.name, values="mean", aggfunc="mean", observed=True)
    cells = cells.reindex(index=rows, columns=columns)
    if cells.isna().all(axis=None):
        raise NothingToShowError(f"No point has a result for {of.label}.")
    written = len(columns) <= MOST_COLUMNS and len(rows) <= MOST_ROWS
    left, right = 0.95, 0.62
    height = min(3.6, max(1.1, 0.3 * len(rows)))
    figure, (axes,) = panels([height], of.label, left=left, right=right, bottom=0.5)
    values = cells.to_numpy(dtype=float)
    scale = Normalize(float(np.nanmin(values)), float(np.nanmax(values)))
    axes.set_facecolor("white")
    axes.patch.set(hatch="////", edgecolor=SILVER)
    edges = (np.arange(len(columns) + 1) - 0.5, np.arange(len(rows) + 1) - 0.5)
    image = axes.pcolormesh(*edges, values, cmap=PALE, norm=scale, rasterized=values.size > MOST_SHAPES)
    if written:
        for (row, column), value in np.ndenumerate(values):
            if math.isfinite(value):
                dark = scale(value) > 0.55 and scale.vmax != scale.vmin
                axes.text(
                    column, row, number(value), ha="center", va="center", fontsize=7.4, color="white" if dark else INK
                )
    for axis, names, most in ((axes.xaxis, columns, MOST_COLUMNS), (axes.yaxis, rows, MOST_ROWS)):
        step = math.ceil(len(names) / most)
        marks = range(0, len(names), step)
        axis.set_ticks(marks, [shorten(told_value(names[mark]), 13) for mark in marks])
        axis.set_tick_params(length=0)
    axes.grid(False)
    box = axes.get_position()
    bar = figure.add_axes((box.x1 + 0.06 / WIDTH, box.y0, 0.1 / WIDTH, box.height))
    figure.colorbar(image, cax=bar, format=lambda value, _: number(value) or "0")
    bar.tick_params(length=0, labelsize=7.4)
    bar.yaxis.get_offset_text().set_visible(False)
    header(axes, shorten(factor_title(up), 40), shorten(of.unit if of.unit != "1" else "", 18))
    axes.set_xlabel(shorten(factor_title(across), 56), fontsize=8.8)
    return figure


def heat_words(results: "SweepResults", of: Response, across: "Factor", up: "Factor") -> str:
    """Caption of a heat map."""
    others = [one.shown for one in results.sweep.factor if one.name not in (across.name, up.name)]
    rest = f", averaged over {', '.join(others)}" if others else ""
    empty = " Hatched: no result." if of.missing else ""
    return f"Mean of {of.label} over {of.seeds_told}, by {across.shown} (across) and {up.shown} (up){rest}.{empty}"


@styled
def curve_figure(results: "SweepResults", of: Response, factors: "list[Factor]") -> Figure:
    """Response to each factor, one panel each: mean, and a band (see `curve_words`)."""
    shown = factors[:MOST_CURVES]
    labels = ["mean", "95 % of the mean" if len(results.sweep.factor) == 1 else "middle 80 % of the points"]
    figure, axes = panels(
        [CURVE] * len(shown), of.label, labels, list(range(len(shown) - 1)), left=SIDE, right=EDGE, bottom=0.3
    )
    handles: list[Any] = [
        Line2D([], [], color=BLUE, marker="o", markersize=3),
        Patch(color=BLUE, alpha=0.2, linewidth=0),
    ]
    for axis, factor in zip(axes, shown, strict=True):
        line = _curve(results, of, factor)
        places = line["x"] if is_number(results.points[factor.name]) else np.arange(len(line))
        points = results.points[factor.name]
        if len(results.sweep.factor) > 1 and is_number(points):
            axis.plot(points, of.means, "o", color=SILVER, markersize=1.8, markeredgewidth=0, alpha=0.6)
        if is_number(points):
            axis.fill_between(places, line["low"], line["high"], color=BLUE, alpha=0.2, linewidth=0)
            axis.plot(places, line["mean"], color=BLUE, marker="o", markersize=3)
        else:
            axis.vlines(places, line["low"], line["high"], color=BLUE, alpha=0.2, linewidth=9)
            axis.plot(places, line["mean"], "o", color=BLUE, markersize=4)
            axis.set_xlim(-0.6, len(line) - 0.4)
            axis.set_xticks(places, [shorten(told_value(one), 16) for one in line["x"]])
        if factor.scale == "log" and is_number(points) and points.min() > 0:
            axis.set_xscale("log")
        elif is_number(points):
            few_marks(axis, "x")
        few_marks(axis, "y")
        header(axis, shorten(factor_title(factor), 46), of.unit if of.unit != "1" else "")
    legend(figure, handles, labels)
    return figure


def curve_words(results: "SweepResults", of: Response, factors: "list[Factor]") -> str:
    """Caption of response curves."""
    if len(results.sweep.factor) == 1:
        return f"Mean of {of.label} over {of.seeds_told}, with its 95 % interval (Student's t over seeds)."
    left = len(factors) - MOST_CURVES
    rest = f" The {MOST_CURVES} strongest of {len(factors)} factors." if left > 0 else ""
    return (
        f"{of.label} (mean over {of.seeds_told}) along each factor while all others vary too; sampled factors in up to "
        f"{BINS} groups of equal size. The band is the spread of the points, no doubt about the line.{rest}"
    )


def _curve(results: "SweepResults", of: Response, factor: "Factor") -> pd.DataFrame:
    """Columns x, mean, low, high along a factor."""
    column = results.points[factor.name]
    if len(results.sweep.factor) == 1:
        table = of.intervals().assign(x=column).dropna(subset=["mean"]).sort_values("x", kind="stable")
        return table.assign(low=table["low"].fillna(table["mean"]), high=table["high"].fillna(table["mean"]))
    table = pd.DataFrame({"x": column, "mean": of.means}).dropna(subset=["mean"])
    if not is_number(column) or column.nunique() <= FEW_LEVELS:
        order = {value: place for place, value in enumerate(levels(factor, column))}
        group = table["x"].map(order)
    else:
        group = pd.qcut(table["x"], min(BINS, max(2, len(table) // 5)), labels=False, duplicates="drop")
    groups = table.groupby(group, sort=True)
    middle = groups["x"].mean() if is_number(column) else groups["x"].first()
    return pd.DataFrame(
        {
            "x": middle,
            "mean": groups["mean"].mean(),
            "low": groups["mean"].quantile(0.1),
            "high": groups["mean"].quantile(0.9),
        }
    )
