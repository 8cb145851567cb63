"""Pictures of an analysis: tornado, frontier, and the runs with the boxes that were found."""

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from market_abm.experiment.calibration_page import counted
from market_abm.report.frame import header, legend, panels
from market_abm.report.style import BLUE, GREY, INK, ORANGE, SILVER, VERMILLION, styled
from market_abm.report.words import shorten
from market_abm.sweep.box import Limit
from market_abm.sweep.discover import Discovery, Region
from market_abm.sweep.frontier import Frontier
from market_abm.sweep.response import factor_title, is_number, levels, told_value
from market_abm.sweep.sensitivity import INDEX_NAMES, Sensitivity

if TYPE_CHECKING:
    from market_abm.sweep.plan import Factor
    from market_abm.sweep.results import SweepResults

ROW, NAMES, EDGE = 0.23, 1.75, 0.2  # inch: height of a bar, room for its name, right margin
MOST_BARS = 25
MOST_DOTS = 3_000  # runs drawn
PLANE = 2.7  # inch: height of a plane of two numbers
SIDE = 0.72  # inch: room for numbers at the left
HUES = (BLUE, VERMILLION, ORANGE)
SOLID = {"total", "mu_star", "rank_coefficient"}


# -- tornado -------------------------------------------------------------------------------------
@styled
def tornado_figure(found: Sensitivity) -> Figure:
    """Bars of the factors from the strongest, with 95 % intervals; a second index as a hollow dot."""
    wide, of = found.wide().head(MOST_BARS), found.indices
    lead = of.rank_by
    second = next((name for name in found.index_names if name in ("first", "mu") and name != lead), None)
    labels = [f"{INDEX_NAMES[lead]}, 95 %", *([f"{INDEX_NAMES[second]}, 95 %"] if second else [])]
    height = ROW * len(wide) + 0.1
    figure, (axes,) = panels([height], found.response.label, labels, left=NAMES, right=EDGE, bottom=0.34)
    header(axes, "", of.unit if of.unit != "1" else "")
    places = np.arange(len(wide), dtype=float)
    axes.barh(places, wide[lead], 0.62, color=BLUE, alpha=0.35, linewidth=0)
    _whiskers(axes, places - (0.12 if second else 0), wide, lead, BLUE)
    handles: list[Any] = [Patch(color=BLUE, alpha=0.5, linewidth=0)]
    if second:
        _whiskers(axes, places + 0.16, wide, second, VERMILLION)
        axes.plot(wide[second], places + 0.16, "o", color=VERMILLION, markerfacecolor="white", markersize=3.8)
        handles.append(Line2D([], [], color=VERMILLION, marker="o", markerfacecolor="white", markersize=3.8))
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_yticks(places, [shorten(str(one), 27) for one in wide["label"]], fontsize=8)
    axes.set_ylim(len(wide) - 0.4, -0.6)
    axes.tick_params(axis="y", labelcolor=INK)
    few_marks(axes, "x")
    axes.grid(False)
    axes.grid(True, axis="x")
    legend(figure, handles, labels)
    return figure


def _whiskers(axes: Axes, places: Any, wide: Any, index: str, hue: str) -> None:
    axes.hlines(places, wide[f"{index}_low"], wide[f"{index}_high"], color=hue, linewidth=1.3)


def tornado_words(found: Sensitivity) -> str:
    """Caption of a tornado."""
    of = found.indices
    left = len(found.labels) - MOST_BARS
    rest = f" The {MOST_BARS} strongest of {len(found.labels)} factors." if left > 0 else ""
    return f"{of.method[:1].upper()}{of.method[1:]}, because {of.why}. Intervals: {of.intervals}.{rest}"


# -- frontier ------------------------------------------------------------------------------------
@styled
def frontier_figure(found: Frontier) -> Figure:
    """All points by cost and benefit; those on the frontier joined, with intervals and their numbers."""
    labels = ["on the frontier, 95 %", "beaten"]
    figure, (axes,) = panels([PLANE], "Points that no other beats", labels, left=SIDE, right=EDGE, bottom=0.5)
    table, best = found.table, found.best
    others = table[~table["on_frontier"]]
    axes.plot(others["cost"], others["benefit"], "o", color=SILVER, markersize=3.4, markeredgewidth=0)
    axes.step(best["cost"], best["benefit"], where="post", color=BLUE, linewidth=0.9, linestyle=(0, (4, 2)))
    axes.hlines(best["benefit"], best["cost_low"], best["cost_high"], color=BLUE, linewidth=1.1)
    axes.vlines(best["cost"], best["benefit_low"], best["benefit_high"], color=BLUE, linewidth=1.1)
    axes.plot(best["cost"], best["benefit"], "o", color=BLUE, markersize=4.6)
    few_marks(axes, "x")
    few_marks(axes, "y")
    _number_points(figure, axes, best)
    axes.grid(True, axis="x")
    better = "less is better" if found.less_is_better else "more is better"
    header(axes, shorten(found.benefit.title, 44), better)
    axes.set_xlabel(f"{shorten(found.cost.title, 52)}, less is better", fontsize=8.8)
    legend(figure, [Line2D([], [], color=BLUE, marker="o", markersize=4.6),
                    Line2D([], [], color=SILVER, marker="o", markersize=3.4, linestyle="none")], labels)  # fmt: skip
    return figure


def _number_points(figure: Figure, axes: Axes, best: Any) -> None:
    """Numbers beside the points, but for those that would lie over another."""
    axes.autoscale_view()
    taken: list[Any] = []
    for point, row in best.iterrows():
        spot = axes.transData.transform((row["cost"], row["benefit"])) * 72 / figure.dpi  # points
        if all(abs(spot[0] - other[0]) > 20 or abs(spot[1] - other[1]) > 10 for other in taken):
            axes.annotate(str(point), (row["cost"], row["benefit"]), (4, 4), textcoords="offset points", fontsize=8)
            taken.append(spot)


def frontier_words(found: Frontier) -> str:
    """Caption of a frontier."""
    return (
        f"Beaten by no other: {len(found.best)} of {counted(len(found.table), 'point')}, numbered as in the table. "
        + " ".join(found.notes)
    )


# -- boxes ---------------------------------------------------------------------------------------
@styled
def box_figure(results: "SweepResults", found: Discovery) -> Figure:
    """Runs in the plane of the two factors that the first box limits most, and the boxes over them."""
    across, up = _plane(results, found)
    labels = [f"run {found.asked}", "other run", *(f"box {n}" for n in range(1, len(found.regions) + 1))]
    figure, (axes,) = panels(
        [PLANE], f"{found.response.label} {found.asked}", labels, left=SIDE, right=EDGE, bottom=0.5
    )
    table = found.table if len(found.table) <= MOST_DOTS else found.table.sample(MOST_DOTS, random_state=0)
    draw = np.random.default_rng(0)
    spots = []
    for factor in (across, up):
        place = _Scale(factor, results)
        spots.append(place(table[factor.name]) + place.blur * draw.uniform(-0.5, 0.5, len(table)))
    case = table["case"].to_numpy(dtype=bool)
    axes.plot(spots[0][~case], spots[1][~case], "o", color=SILVER, markersize=2.6, markeredgewidth=0, alpha=0.7)
    axes.plot(spots[0][case], spots[1][case], "o", color=INK, markersize=3, markeredgewidth=0, alpha=0.8)
    for region, hue in zip(found.regions, HUES, strict=False):
        _draw_box(axes, region, (_Scale(across, results), _Scale(up, results)), hue)
    for axis, factor in ((axes.xaxis, across), (axes.yaxis, up)):
        _Scale(factor, results).mark(axis)
    axes.grid(False)
    header(axes, shorten(factor_title(up), 50))
    axes.set_xlabel(shorten(factor_title(across), 60), fontsize=8.8)
    dot: dict[str, Any] = {"marker": "o", "linestyle": "none"}
    handles = [Line2D([], [], color=INK, markersize=3, **dot), Line2D([], [], color=SILVER, markersize=2.6, **dot)]
    boxes = [Patch(facecolor="none", edgecolor=hue, linewidth=1.6) for _, hue in zip(found.regions, HUES, strict=False)]
    legend(figure, [*handles, *boxes], labels)
    return figure


def box_words(found: Discovery) -> str:
    """Caption of the boxes."""
    if not found.regions:
        return "No box was found."
    told = [f"Box {place}: {one.sentence}." for place, one in enumerate(found.regions, 1)]
    drawn = "" if len(found.table) <= MOST_DOTS else f" {MOST_DOTS:,} of {len(found.table):,} runs are drawn."
    return (
        " ".join(told) + " Limits on other factors are not drawn." * any(len(r.box) > 2 for r in found.regions) + drawn
    )


class _Scale:
    """Places of a factor's values along an axis: numbers as they are, others at 0, 1, 2 ..."""

    def __init__(self, factor: "Factor", results: "SweepResults") -> None:
        self.factor, column = factor, results.points[factor.name]
        self.numeric, self.values = is_number(column), levels(factor, column)
        spread = np.diff([float(one) for one in self.values]) if self.numeric else np.ones(1)
        few = len(self.values) <= 12
        self.blur = 0.5 * float(spread.min()) if few and len(spread) and factor.scale != "log" else 0.0
        self.low, self.high = self._ends()

    def _ends(self) -> tuple[float, float]:
        if not self.numeric:
            return -0.5, len(self.values) - 0.5
        low, high = float(self.values[0]), float(self.values[-1])
        room = self.blur or 0.02 * (high - low)
        return (low / 1.05, high * 1.05) if self.factor.scale == "log" and low > 0 else (low - room, high + room)

    def __call__(self, column: Any) -> Any:
        return column.to_numpy(dtype=float) if self.numeric else column.map(self.values.index).to_numpy(dtype=float)

    def spans(self, limit: Limit | None) -> list[tuple[float, float]]:
        """Ends of a limit; several of a factor that is no quantity and whose values are not neighbours."""
        if limit is None:
            return [(self.low, self.high)]
        if limit.among is not None:
            places = sorted(self.values.index(one) for one in limit.among)
            breaks = np.flatnonzero(np.diff(places) > 1) + 1
            return [(float(part[0]) - 0.45, float(part[-1]) + 0.45) for part in np.split(np.array(places), breaks)]
        return [(self.low if limit.low is None else limit.low, self.high if limit.high is None else limit.high)]

    def mark(self, axis: Any) -> None:
        """Limits and marks of an axis."""
        name = axis.axis_name
        if self.numeric and self.factor.scale == "log" and self.low > 0:
            getattr(axis.axes, f"set_{name}scale")("log")
        getattr(axis.axes, f"set_{name}lim")(self.low, self.high)
        if not self.numeric:
            axis.set_ticks(range(len(self.values)), [shorten(told_value(one), 14) for one in self.values])
        elif self.factor.scale != "log":
            few_marks(axis.axes, name)


def _plane(results: "SweepResults", found: Discovery) -> "tuple[Factor, Factor]":
    """The two factors that the first box limits most (a lone one beside the next in the file)."""
    box = found.regions[0].box if found.regions else {}
    share = {name: float(limit.holds(results.points[name]).mean()) for name, limit in box.items()}
    names = sorted(share, key=lambda one: share[one])
    names += [one.name for one in results.sweep.factor if one.name not in names]
    across, up = names[0], names[1] if len(names) > 1 else names[0]
    return results.sweep.factor_named(across), results.sweep.factor_named(up)


def _draw_box(axes: Axes, region: Region, scales: tuple[_Scale, _Scale], hue: str) -> None:
    style = (0, (3, 2)) if region.is_luck else "-"
    across, up = (scale.spans(region.box.get(scale.factor.name)) for scale in scales)
    for left, right in across:
        for foot, top in up:
            corner, wide, tall = (left, foot), right - left, top - foot
            axes.add_patch(Rectangle(corner, wide, tall, facecolor=hue, alpha=0.1, linewidth=0))
            axes.add_patch(
                Rectangle(corner, wide, tall, fill=False, edgecolor=hue, linewidth=1.6, linestyle=style, zorder=5)
            )


def few_marks(axes: Axes, which: str) -> None:
    """At most six plain numbers along the x or y axis."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(5, min_n_ticks=2, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
