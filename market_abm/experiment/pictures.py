"""The picture of a finding: every arm with its median and interval, or outcomes along a number the arms carry."""

import io
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from market_abm.experiment.finding import Finding
from market_abm.experiment.plan import Outcome
from market_abm.experiment.statistics import median_estimate
from market_abm.report.style import BLUE, GREY, INK, SILVER, VERMILLION, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE = 7.2  # inches, as in the report
DOT_BAND = 0.5  # part of an arm's row over which its seeds are spread


def picture_bytes(finding: Finding) -> bytes:
    """Draw the finding as PNG, the same bytes for the same numbers."""
    picture = io.BytesIO()
    finding_figure(finding).savefig(picture, format="png", dpi=130, metadata={"Software": None})
    return picture.getvalue()


@styled
def finding_figure(finding: Finding) -> "Figure":
    """Figure with one panel an outcome, from top to bottom."""
    from matplotlib.figure import Figure

    experiment = finding.plan.experiment
    is_curve = experiment.picture == "curve"
    tall = 2.1 if is_curve else 0.62 + 0.3 * len(experiment.arm)
    count = len(experiment.outcome)
    figure = Figure(figsize=(WIDE, tall * count + 0.35), layout="constrained")
    panels = figure.subplots(count, 1, squeeze=False)[:, 0]
    for axes, outcome in zip(panels, experiment.outcome, strict=True):
        (_draw_curve if is_curve else _draw_arms)(axes, finding, outcome)
        unit = f" [{outcome.shown_unit}]" if outcome.shown_unit != "1" else ""
        axes.ticklabel_format(axis="y" if is_curve else "x", useOffset=False)
        axes.set_title(f"{outcome.shown}{unit}", loc="left", fontsize=9.5, color=INK)
    seeds = len(finding.seeds)
    said = (
        "one dot a seed; line and bar: median with 95 % interval"
        if not is_curve
        else ("one dot a seed; line: median, band: its 95 % interval")
    )
    figure.supxlabel(f"{seeds} common seed{'' if seeds == 1 else 's'}; {said}", fontsize=8.2, color=GREY)
    return figure


def _draw_arms(axes: "Axes", finding: Finding, outcome: Outcome) -> None:
    names = list(finding.arms)
    for row, name in enumerate(names):
        values = finding.arms[name][outcome.name].to_numpy(dtype=float)
        colour = BLUE if row == 0 else VERMILLION
        heights = row + DOT_BAND * (np.linspace(0, 1, len(values)) - 0.5 if len(values) > 1 else 0.0)
        axes.plot(
            values,
            np.broadcast_to(heights, values.shape),
            "o",
            color=colour,
            alpha=0.35,
            markersize=3.2,
            markeredgewidth=0,
        )
        found = median_estimate(values)
        if np.isfinite(found.low):
            axes.plot([found.low, found.high], [row, row], color=colour, linewidth=1.8, solid_capstyle="butt")
        axes.plot([found.value], [row], "|", color=colour, markersize=12, markeredgewidth=2.2)
    reference = median_estimate(finding.arms[names[0]][outcome.name].to_numpy(dtype=float)).value
    if np.isfinite(reference):
        axes.axvline(reference, color=SILVER, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    labels = [arm.label or arm.name for arm in finding.plan.experiment.arm]
    axes.set_yticks(range(len(names)), [_short(label) for label in labels])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(False)
    axes.grid(True, axis="x")


def _draw_curve(axes: "Axes", finding: Finding, outcome: Outcome) -> None:
    arms = sorted((arm for arm in finding.plan.experiment.arm if arm.x is not None), key=lambda arm: arm.x or 0.0)
    tables = [finding.arms[arm.name][outcome.name].to_numpy(dtype=float) for arm in arms]
    for arm, values in zip(arms, tables, strict=True):
        axes.plot(np.full(len(values), arm.x), values, "o", color=BLUE, alpha=0.3, markersize=3.2, markeredgewidth=0)
    found = pd.DataFrame(
        [(arm.x, one.value, one.low, one.high) for arm, one in zip(arms, map(median_estimate, tables), strict=True)],
        columns=["x", "value", "low", "high"],
    )
    axes.fill_between(found["x"], found["low"], found["high"], color=BLUE, alpha=0.18, linewidth=0)
    axes.plot(found["x"], found["value"], color=BLUE, marker="o", markersize=4)
    axes.grid(True, axis="x")


def _short(label: str, most: int = 38) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"
