"""The frame of every picture: stacked panels laid out in inches, their headers, legend and axes."""

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import dates as mdates
from matplotlib import ticker
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from market_abm.report.style import GREY
from market_abm.report.words import shorten

WIDTH = 4.8  # inch; 460 CSS pixels
LEFT, RIGHT, GAP, DATES, TITLE, LEGEND_ROW = 0.58, 0.2, 0.38, 0.18, 0.35, 0.19  # inch
LETTER, SWATCH = 0.076, 0.36  # inch: mean width of a letter in a legend; a swatch with its gaps


def panels(
    heights: Sequence[float],
    title: str,
    legend_labels: Sequence[str] = (),
    dated: Sequence[int] = (),
    left: float = LEFT,
    right: float = RIGHT,
    bottom: float = 0.3,
) -> tuple[Figure, list[Axes]]:
    """A figure of stacked panels of the given heights [inch], each with room for its header.

    `dated` are panels, counted from 0, other than the last that have a time axis of their own.
    """
    rows = math.ceil(len(legend_labels) / legend_columns(legend_labels)) if legend_labels else 0
    head = TITLE + LEGEND_ROW * rows
    tall = head + sum(heights) + GAP * len(heights) + DATES * len(dated) + bottom
    figure = Figure(figsize=(WIDTH, tall), facecolor="white")
    FigureCanvasAgg(figure)
    top, axes = tall - head, []
    for place, height in enumerate(heights):
        top -= GAP + height + (DATES if place - 1 in dated else 0)
        box = (left / WIDTH, top / tall, 1 - (left + right) / WIDTH, height / tall)
        axes.append(figure.add_axes(box))
    figure.text(0.08 / WIDTH, 1 - 0.06 / tall, shorten(title, 62), fontsize=10.8, fontweight="bold", va="top")
    return figure, axes


def header(axes: Axes, text: str, unit: str = "") -> None:
    """Name of a panel at its left, unit at its right."""
    figure_left = -(axes.get_position().x0 * WIDTH - 0.08) * 72
    place: dict[str, Any] = {"textcoords": "offset points", "va": "bottom", "annotation_clip": False}
    axes.annotate(text, (0, 1), (figure_left, 6), "axes fraction", fontweight="bold", **place)
    axes.annotate(unit, (1, 1), (0, 6), "axes fraction", color=GREY, ha="right", **place)


def legend_columns(labels: Sequence[str]) -> int:
    """Most columns in which the labels fit the width of a figure."""
    for rows in range(1, len(labels)):
        columns = math.ceil(len(labels) / rows)
        groups = np.array_split([len(label) for label in labels], columns)
        if sum(group.max() * LETTER + SWATCH for group in groups) < WIDTH:
            return columns
    return 1


def legend(figure: Figure, handles: Sequence[Artist], labels: Sequence[str]) -> None:
    """One legend for the whole figure, under its title."""
    tall = figure.get_size_inches()[1]
    figure.legend(
        handles,
        [shorten(label, 60) for label in labels],
        loc="upper left",
        bbox_to_anchor=(0.02 / WIDTH, 1 - (TITLE - 0.06) / tall),
        ncols=legend_columns(labels),
        borderpad=0.2,
        handlelength=1.3,
        handleheight=0.8,
        handletextpad=0.5,
        columnspacing=1.2,
        labelspacing=0.35,
    )


def date_axis(axes: Sequence[Axes], first: dt.date, last: dt.date) -> None:
    """Years (or months in a short window) below the last panel only; the same window for all."""
    for axis in axes:
        axis.set_xlim(mdates.date2num(first), mdates.date2num(last))  # type: ignore[no-untyped-call]
        years = (last - first).days / 365.25
        locator: Any
        if years > 3:
            locator = mdates.YearLocator(2 if years > 7 else 1)  # type: ignore[no-untyped-call]
            axis.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))  # type: ignore[no-untyped-call]
        else:
            locator = mdates.AutoDateLocator(minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
            locator.intervald[mdates.MONTHLY] = [1, 2, 3, 4, 6, 12]  # three years have too many half-years
            axis.xaxis.set_major_formatter(mdates.DateFormatter("%b %Y"))  # type: ignore[no-untyped-call]
        axis.xaxis.set_major_locator(locator)
        axis.tick_params(axis="x", labelbottom=axis is axes[-1])


def _round_marks(low: float, high: float) -> list[float]:
    """Three to six round numbers on a log axis; evenly spaced ones where it spans too little."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for bases in ((1, 2, 5), (1, 3), (1,)):
        marks = [base * 10.0**power for power in decades for base in bases]
        marks = [mark for mark in marks if low <= mark <= high]
        if 3 <= len(marks) <= 6:
            return marks
    return [float(mark) for mark in ticker.MaxNLocator(4).tick_values(low, high) if low <= mark <= high]


def log_prices(axes: Axes) -> None:
    """Log axis with plain numbers at 1, 2, 5 and their tenfolds."""
    axes.set_yscale("log")
    least, most = axes.dataLim.minposy, axes.dataLim.y1
    low, high = (least * 0.88, most * 1.18) if 0 < least <= most < math.inf else (1.0, 10.0)
    marks = _round_marks(low, high)
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(ticker.FixedLocator(marks))
    axes.yaxis.set_minor_locator(ticker.NullLocator())
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.10g}"))


def plain_axis(axes: Axes, ticks: int = 4, zero: bool = True, percent: bool = False) -> None:
    """Linear axis from zero with few round numbers."""
    if zero:
        most = axes.dataLim.y1
        axes.set_ylim(0.0, most * 1.06 if 1e-9 < most < math.inf else 1.0)
    axes.yaxis.set_major_locator(ticker.MaxNLocator(ticks, min_n_ticks=2))
    sign = " %" if percent else ""
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.10g}{sign}"))
