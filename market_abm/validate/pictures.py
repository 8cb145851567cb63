"""Pictures of a validation: rows in their bands, prices against history, forecast scores.

A pass is a filled dot, a miss a hollow diamond, so that colour is not needed.
"""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from market_abm.report.evidence import draw_dots, price_dots
from market_abm.report.frame import LEFT, date_axis, header, legend, log_prices, panels
from market_abm.report.spread import draw_spread
from market_abm.report.style import BLUE, FAINT, GREEN, GREY, INK, ORANGE, RULE, SILVER, SKY, styled
from market_abm.report.words import shorten
from market_abm.validate.forecast import ENSEMBLE, NAIVE
from market_abm.validate.measured_run import fob, inside
from market_abm.validate.scorecard import Row

ROW, NAMES, EDGE = 0.175, 2.35, 0.18  # inch: height of a row, room for its name, right margin
REACH = 1.0  # widths of the band that are shown on either side of it
FANS = (
    ("NdPr", fob("NdPr"), "fob", "NdPr, FOB price at China's export gate"),
    ("NdPr", inside("NdPr"), "domestic", "NdPr, price inside China (quotes with VAT)"),
    ("Dy", fob("Dy"), "fob", "Dy, FOB price at China's export gate"),
    ("Dy", inside("Dy"), "domestic", "Dy, price inside China (quotes with VAT)"),
)
HUES = {ENSEMBLE: BLUE, "last value": SILVER, "drift": GREY, "mean reversion": SKY}


# -- rows in their bands -------------------------------------------------------------------------
def ends(row: Row) -> tuple[float, float]:
    """Band as drawn: a missing limit lies as far beyond history as the other one before it."""
    low, high, centre = row.metric.band.low, row.metric.band.high, row.metric.figure.value
    if math.isinf(high):
        return low, low + 2 * max(abs(centre - low), 1e-9)
    return low, high


def placed(row: Row, value: float) -> float:
    """Place of a number: 0 and 1 are the ends of its band, by ratio for prices and by difference for shares.

    What is never reached lies beyond everything; numbers far outside are drawn at the rim.
    """
    if math.isnan(value):
        return math.nan
    low, high = ends(row)
    if row.metric.log and low > 0 and math.isfinite(value):
        low, high, value = (math.log(max(one, 1e-12)) for one in (low, high, value))
    place = (value - low) / (high - low) if high > low else 0.5 + (value - low)
    return float(np.clip(place, -REACH, 1 + REACH))


@styled
def band_figure(theme: str, rows: Sequence[Row]) -> Figure:
    """Dots and intervals of a theme's rows, each in its own band."""
    shown = [row for row in rows if row.runs]
    labels = ["median passes", "median misses", "p10 to p90", "history", "band"]
    figure, (axes,) = panels([max(len(shown), 1) * ROW], theme, labels, left=NAMES, right=EDGE, bottom=0.28)
    header(axes, "", "each row in its own band")
    axes.axvspan(0, 1, color=GREEN, alpha=0.12, linewidth=0)
    axes.set_xlim(-REACH - 0.08, 1 + REACH + 0.08)
    axes.set_ylim(len(shown), 0)
    axes.grid(visible=False)
    for place, row in enumerate(shown):
        _row(axes, place + 0.5, row)
    axes.set_yticks(np.arange(len(shown)) + 0.5, [shorten(row.metric.label, 48) for row in shown], fontsize=6.6)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_xticks([0, 1], ["lower end", "upper end"], fontsize=7.6)
    legend(figure, _handles(), labels)
    return figure


def _row(axes: Axes, height: float, row: Row) -> None:
    passed = row.verdict == "pass"
    hue = GREEN if passed else ORANGE
    axes.axhline(height, color=FAINT, linewidth=0.6, zorder=0)
    axes.hlines(height, placed(row, row.p10), placed(row, row.p90), color=hue, linewidth=1.8, zorder=2)
    centre = row.metric.figure.value
    if math.isfinite(centre):
        axes.vlines(placed(row, centre), height - 0.32, height + 0.32, color=INK, linewidth=1.1, zorder=3)
    axes.plot(
        placed(row, row.median), height, marker="o" if passed else "D", markersize=4.2 if passed else 4.6,
        markerfacecolor=hue if passed else "white", markeredgecolor=hue, markeredgewidth=1.3, zorder=4,
    )  # fmt: skip


def _handles() -> list[Line2D | Patch]:
    return [
        Line2D([], [], color=GREEN, marker="o", linestyle="none", markersize=4.2),
        Line2D([], [], color=ORANGE, marker="D", linestyle="none", markersize=4.6, markerfacecolor="white"),
        Line2D([], [], color=GREY, linewidth=1.8),
        Line2D([], [], color=INK, marker="|", linestyle="none", markersize=7),
        Patch(color=GREEN, alpha=0.2, linewidth=0),
    ]


# -- prices --------------------------------------------------------------------------------------
def fans(monthly: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Title, basis and runs of every price that can be drawn: rows are months, columns runs."""
    found = []
    for _, series, basis, title in FANS:
        if series in monthly.columns and monthly[series].notna().any():
            wide = monthly[series].unstack(level=0)
            wide.index = pd.PeriodIndex(wide.index, freq="M").to_timestamp() + pd.Timedelta(days=14)
            found.append((title, basis, wide))
    return found


@styled
def price_figure(monthly: pd.DataFrame) -> Figure:
    """Median and spread of monthly prices over the runs, and what was quoted."""
    parts = fans(monthly)
    labels = ["median of runs, middle 50 % and 80 %", "history: quotes, months", "history: years"]
    figure, axes = panels([1.35] * len(parts), "Prices: runs and history", labels, left=LEFT)
    for axis, (title, basis, wide) in zip(axes, parts, strict=True):
        draw_spread(axis, wide, BLUE)
        dots = price_dots(title.split(",")[0], "fob" if basis == "fob" else "domestic")
        inside_window = (dots["date"] >= wide.index[0]) & (dots["date"] <= wide.index[-1])
        draw_dots(axis, dots[inside_window], "price_usd_per_kg")
        header(axis, title, "US$/kg, log scale")
        log_prices(axis)
    if parts:
        months = parts[0][2].index
        date_axis(axes, months[0].date(), months[-1].date())
    legend(
        figure,
        [
            Line2D([], [], color=BLUE),
            Line2D([], [], color=INK, marker="o", linestyle="none", markersize=3.4),
            Line2D([], [], color=INK, marker="o", linestyle="none", markersize=3.6, markerfacecolor="white"),
        ],
        labels,
    )
    return figure


# -- forecast scores -----------------------------------------------------------------------------
@styled
def score_figure(scores: pd.DataFrame) -> Figure:
    """CRPS by year ahead, the ensemble beside three naive forecasts; shorter bars are better."""
    materials = list(dict.fromkeys(scores["material"]))
    kinds = [ENSEMBLE, *NAIVE]
    figure, axes = panels(
        [1.1] * len(materials), "Forecast from the end of 2009", kinds, list(range(len(materials) - 1)), bottom=0.34
    )
    for axis, material in zip(axes, materials, strict=True):
        own = scores[scores["material"] == material].pivot(index="year", columns="forecast", values="crps")
        for shift, kind in enumerate(kinds):
            axis.bar(
                np.arange(len(own)) + (shift - 1.5) * 0.2, own[kind], 0.18, color=HUES[kind],
                edgecolor=INK if kind == ENSEMBLE else RULE, linewidth=0.8 if kind == ENSEMBLE else 0.4,
            )  # fmt: skip
        axis.set_xticks(np.arange(len(own)), [str(year) for year in own.index])
        header(axis, f"{material}, FOB, yearly means", "CRPS of log price")
    legend(figure, [Patch(color=HUES[kind], linewidth=0) for kind in kinds], kinds)
    return figure
