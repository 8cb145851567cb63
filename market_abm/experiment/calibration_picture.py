"""The picture of a calibration: loss against the value of each parameter, the set marked."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from market_abm.experiment.fitting import Fit
from market_abm.experiment.free_parameter import FreeParameter
from market_abm.experiment.moment import WORST_MISS
from market_abm.report.frame import header, legend, panels
from market_abm.report.style import GREY, INK, SILVER, VERMILLION, styled

HEIGHT = 1.1  # inch, of a panel
SHOWN = 4.0  # losses up to this many times the least are shown; what is above lies at the upper edge


@styled
def calibration_figure(fit: Fit) -> Figure:
    """One panel a parameter: every trial, and the vectors of the set."""
    parameters = fit.calibration.parameters
    labels = ["a trial", "a vector of the set", "start"]
    figure, axes = panels([HEIGHT] * len(parameters), fit.calibration.title, labels, range(len(parameters) - 1))
    losses = np.array([trial.loss for trial in fit.trials])
    top = _top(losses)
    for place, (axis, parameter) in enumerate(zip(axes, parameters, strict=True)):
        _panel(axis, parameter, fit, np.minimum(losses, top))
        header(axis, parameter.path.removeprefix("parameters."), "loss on the search's seeds" if place == 0 else "")
        axis.set_ylim(0, top * 1.06)
    legend(figure, [*axes[0].collections[:2], axes[0].lines[0]], labels)
    return figure


def _top(losses: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    """Highest loss shown: failed and hopeless trials would press the others flat."""
    known = losses[losses < WORST_MISS]
    if not len(known):
        return WORST_MISS
    return float(max(min(known.max(), known.min() * SHOWN), 1e-9))


def _panel(
    axis: Axes, parameter: FreeParameter, fit: Fit, losses: "np.ndarray[tuple[int], np.dtype[np.float64]]"
) -> None:
    values = [trial.values[parameter.path] for trial in fit.trials]
    axis.scatter(values, losses, s=9, color=SILVER, edgecolors="none", zorder=2)
    kept = fit.fit_set.vectors
    axis.scatter(
        [one.values[parameter.path] for one in kept],
        [one.search_loss for one in kept],
        s=26,
        color=VERMILLION,
        edgecolors="white",
        linewidths=0.5,
        zorder=3,
    )
    axis.axvline(parameter.start, color=GREY, linewidth=0.9, linestyle=(0, (3, 2)), zorder=1)
    if parameter.log:
        axis.set_xscale("log")
        axis.set_xticks([_at(parameter, share) for share in (0, 0.25, 0.5, 0.75, 1)], minor=False)
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:.2g}")
        axis.xaxis.set_minor_locator(NullLocator())
    margin = 0.02
    axis.set_xlim(_at(parameter, -margin), _at(parameter, 1 + margin))
    for edge in (parameter.low, parameter.high):
        axis.axvline(edge, color=INK, linewidth=0.7, zorder=1)


def _at(parameter: FreeParameter, share: float) -> float:
    """Value at a place between the bounds or somewhat beyond."""
    if parameter.log:
        return float(parameter.low * (parameter.high / parameter.low) ** share)
    return parameter.low + share * (parameter.high - parameter.low)
