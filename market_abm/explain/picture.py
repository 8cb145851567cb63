"""Picture of an explanation: bars with intervals in a panel for the rise and one for the fall; then single causes."""

import io
import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from market_abm.explain.explanation import Explanation
from market_abm.explain.move import FALL, RISE
from market_abm.report.style import BLUE, GREY, INK, VERMILLION, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLACES = {"export": BLUE, "domestic": VERMILLION}
ROW, PANEL = 0.36, 0.62  # inches a row, and around a panel
TICKS = ((0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0), (0.6, 0.8, 1.0, 1.25, 1.5, 2.0), (0.8, 0.9, 1.0, 1.1, 1.2))
LEAST_REACH = math.log(1.2)  # an axis shows at least this much to both sides
MARGIN = 1.08


def picture_bytes(found: Explanation) -> bytes:
    """Draw as PNG, the same bytes for the same numbers."""
    file = io.BytesIO()
    explanation_figure(found).savefig(file, format="png", dpi=130, metadata={"Software": None})
    return file.getvalue()


@styled
def explanation_figure(found: Explanation) -> "Figure":
    """Figure with the groups' contributions to rise and fall, and below them the single causes, if there are any."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    table, window = found.tables(), found.plan.periods
    kinds = [kind for kind in ("group", "cause") if (table["kind"] == kind).any()]
    rows = [table.loc[table["kind"] == kind, "name"].nunique() for kind in kinds for _ in (RISE, FALL)]
    heights = [ROW * count + PANEL for count in rows]
    figure = Figure(figsize=(7.2, sum(heights) + 0.75), layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    panels = iter(figure.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0])
    for kind in kinds:
        for move in (RISE, FALL):
            axes = next(panels)
            _draw(axes, found, table[table["kind"] == kind], move)
            against = f"{window.base}" if move == RISE else f"{window.last}"
            what = "Shapley values" if kind == "group" else "each taken away alone"
            name = "Peak" if move == RISE else "Crash"
            axes.set_title(f"{name}: peak quarter over {against} ({what})", loc="left", fontsize=9.5, color=INK)
    labels = {move.place: move.label.removeprefix(f"{move.kind} ") for move in found.plan.moves}
    handles = [Patch(color=PLACES[place], linewidth=0) for place in labels]
    material, seeds = found.plan.chosen_material, len(found.seeds)
    names = [f"price of {material} {label}" for label in labels.values()]
    figure.legend(handles, names, loc="outside upper left", ncols=len(names), borderpad=0.2)
    said = f"factor by which each multiplies; {seeds} common seed{'' if seeds == 1 else 's'}, line: 95 % interval"
    figure.supxlabel(f"{said}; diamond: seed {found.plan.seed}", fontsize=8.2, color=GREY)
    return figure


def _draw(axes: "Axes", found: Explanation, table: pd.DataFrame, kind: str) -> None:
    """Bars of one panel: a row a cause, a bar a place."""
    moves = [move for move in found.plan.moves if move.kind == kind]
    thick = 0.8 / len(moves)
    low, high = -LEAST_REACH, LEAST_REACH
    for number, move in enumerate(moves):
        rows = table[table["move"] == move.name]
        at = np.arange(len(rows)) - 0.4 + thick * (number + 0.5)
        axes.barh(at, rows["mean"], thick * 0.9, color=PLACES[move.place], linewidth=0, alpha=0.85)
        axes.hlines(at, rows["low"], rows["high"], color=INK, linewidth=1.0)
        axes.plot(rows["own"], at, "D", color="white", markeredgecolor=INK, markersize=3.6, markeredgewidth=0.8)
        axes.set_yticks(range(len(rows)), list(rows["label"]))
        shown = rows[["mean", "low", "high", "own"]].to_numpy(dtype=float)
        low, high = min(low, float(np.nanmin(shown))), max(high, float(np.nanmax(shown)))
    axes.set_ylim(len(axes.get_yticks()) - 0.4, -0.6)
    axes.set_xlim(low * MARGIN, high * MARGIN)
    fitting = ([one for one in ticks if low * MARGIN <= math.log(one) <= high * MARGIN] for ticks in TICKS)
    ticks = next((ticks for ticks in fitting if len(ticks) > 2), [1.0])
    axes.set_xticks([math.log(one) for one in ticks], [f"x{one:g}" for one in ticks])
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
